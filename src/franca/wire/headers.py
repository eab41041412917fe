"""HTTP headers as they came: order and repeats kept, looked up without regard to case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SECRET_HEADERS", "Headers", "is_secret_header", "secret_values", "without_secrets"]

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "api-key", "apikey", "x-api-key", "cookie", "set-cookie", "x-goog-api-key"}
)
# Also of gateways: helicone-auth, ocp-apim-subscription-key, x-functions-key, x-auth-key, cf-access-client-secret.
_SECRET_ENDS = ("-key", "-token", "-secret", "-auth", "-authorization", "-password")
_NO_SECRETS = frozenset({"idempotency-key", "x-idempotency-key", "sec-websocket-key"})
_SECRET_PARAMETERS = ("key", "token", "secret", "sig", "auth", "password", "credential", "code")
_REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "x-generation-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-litellm-call-id",
    "x-amzn-requestid",
)
_HIDDEN = "***"


def is_secret_header(name: str) -> bool:
    """Whether a header of this name carries a secret that no text, log, repr or pickle may show."""
    lower = name.lower()
    return lower in SECRET_HEADERS or (lower.endswith(_SECRET_ENDS) and lower not in _NO_SECRETS)


def secret_values(query: str) -> list[str]:
    """The values in a query whose names say that they are secrets (`?key=`, Azure's `?code=`), as they are written."""
    pairs = (one.partition("=") for one in query.split("&"))
    return [value for name, _, value in pairs if value and any(word in name.lower() for word in _SECRET_PARAMETERS)]


def without_secrets(headers: Mapping[str, str | None]) -> dict[str, str | None]:
    """Request headers without those that carry a secret, for another server than they were meant for."""
    return {name: value for name, value in headers.items() if not is_secret_header(name)}


class Headers(Mapping[str, str]):
    """A read-only mapping; of a repeated header the values are joined by ", " (RFC 9110, 5.3).

    `items()` and iteration give each lower-case name once; `pairs` is every header as it came.
    Printing and pickling hide the values of headers that carry secrets.
    """

    __slots__ = ("_pairs", "_raw")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(pairs)
        self._raw: Iterable[tuple[bytes, bytes]] = ()

    @classmethod
    def of_bytes(cls, raw: Iterable[tuple[bytes, bytes]]) -> Headers:
        """From the wire's bytes, decoded when they are first looked at: most answers' headers never are."""
        made = cls()
        made._raw = raw
        return made

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every header as it came: (name, value)."""
        if self._raw:
            decoded = [(name.decode("latin-1"), value.strip(b" \t").decode("latin-1")) for name, value in self._raw]
            self._pairs = tuple(decoded)
            self._raw = ()
        return self._pairs

    @property
    def raw(self) -> Iterable[tuple[bytes, bytes]]:
        """Every header as bytes; those of a whole answer as they came, without decoding them."""
        return self._raw or [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._pairs]

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The value of one header, or `default`."""
        wanted = name.lower()
        found = [value for key, value in self.pairs if key.lower() == wanted]
        return ", ".join(found) if found else default

    def get_all(self, name: str) -> list[str]:
        """Every value of a repeated header (set-cookie is one that must not be joined)."""
        wanted = name.lower()
        return [value for key, value in self.pairs if key.lower() == wanted]

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from whichever header it uses; None when it tells none."""
        return next((value for value in map(self.get, _REQUEST_ID_HEADERS) if value), None)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.lower() for key, _ in self.pairs))

    def __len__(self) -> int:
        return len({key.lower() for key, _ in self.pairs})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Mapping):
            return dict(self) == {str(key).lower(): value for key, value in other.items()}
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _shown(self) -> list[tuple[str, str]]:
        return [(key, _HIDDEN if is_secret_header(key) else value) for key, value in self.pairs]

    def __repr__(self) -> str:
        return f"Headers({self._shown()!r})"

    def __reduce__(self) -> tuple[type[Headers], tuple[list[tuple[str, str]]]]:
        return Headers, (self._shown(),)
