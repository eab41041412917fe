"""A key for a user by OAuth with PKCE: the page that the user is sent to, and the exchange of the code for the key.

The user says yes on OpenRouter's page; the code that comes back is worth a key only together with the verifier, which
never left the program (RFC 7636). A code is good once, and for ten minutes.
Source: OpenRouter's documentation, "OAuth PKCE", November 2026.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ...errors import BadUsage, ProtocolError
from ...faults import Origin
from ...wire import codec
from ...wire.openrouter.user_key import UserKey
from ...wire.response import Response
from ..ask import split_options
from ..core import Flow
from ..plain import address, plain, raise_error, without_key
from ..session import Session

__all__ = ["challenge_of", "code_in", "exchange_code", "login_url"]

_LOCAL = ("localhost", "127.0.0.1", "::1")
_VERIFIER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_LONGEST = 4096  # characters of a code, or of the address that it came in


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def login_url(base_url: str, verifier: str, callback_url: str | None, more: Mapping[str, Any]) -> str:
    """The page to send the user to. Raises BadUsage for what cannot work."""
    asked: dict[str, str] = {}
    if callback_url is not None:
        asked["callback_url"] = _checked_callback(callback_url)
    asked["code_challenge"] = challenge_of(_checked_verifier(verifier))
    asked["code_challenge_method"] = "S256"
    for name, value in more.items():
        if value is None:
            continue
        if name in ("callback_url", "code_challenge", "code_challenge_method"):
            raise BadUsage(f"{name} is set by start_login itself", param=name)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise BadUsage(f"{name} is text or a number, not {type(value).__name__}", param=name)
        asked[name] = str(value)
    return f"{base_url.removesuffix('/api/v1')}/auth?{urlencode(asked)}"


def _checked_callback(url: Any) -> str:
    text: str = url if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        fits = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        fits = fits and bool(parts.hostname)
    except ValueError:  # http://[
        fits = False
    if not fits or not text.isprintable() or " " in text:
        raise BadUsage(
            f"callback_url is an https address, or http on localhost, not {str(url)[:200]!r}; without one the page "
            "shows the code, for the user to copy",
            param="callback_url",
        )
    return text


def _checked_verifier(verifier: Any) -> str:
    if not isinstance(verifier, str) or not 43 <= len(verifier) <= 128 or not _VERIFIER.issuperset(verifier):
        # The verifier itself stays out of the text: it is a secret.
        raise BadUsage("the verifier is that of start_login: 43 to 128 letters, digits and -._~", param="verifier")
    return verifier


def code_in(text: str) -> str:
    """The code in what a user pasted, or a browser was sent to: the code itself, or an address with `code=` in it.

    Raises BadUsage where there is none.
    """
    if not isinstance(text, str):
        raise BadUsage(f"a code is text, not {type(text).__name__}", param="code")
    code = text.strip()
    if "?" in code or "://" in code:
        try:
            code = parse_qs(urlsplit(code).query).get("code", [""])[0]
        except ValueError:
            code = ""
    if not code or len(code) > _LONGEST or not code.isprintable() or " " in code:
        raise BadUsage("there is no code: paste what the page shows, or the whole address with code=...", param="code")
    return code


def exchange_code(session: Session, code: str, verifier: str, given: Mapping[str, Any]) -> Flow[UserKey]:
    """The user's key for a code. No key of one's own is sent along: the verifier is the proof."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"exchange_code takes no {', '.join(rest)}")
    limits = without_key(session, limits)
    told = {"code": code_in(code), "code_verifier": _checked_verifier(verifier), "code_challenge_method": "S256"}
    return plain(
        session, "exchange_code", "POST", address(session, "auth/keys"), limits, _read_key,
        body=codec.encode_body(told), shown=lambda _: None, secrets=(told["code"], verifier),
    )  # fmt: skip


def _read_key(response: Response, origin: Origin, session: Session) -> UserKey:
    """The new key. No error text may quote this answer: it holds the key itself."""
    payload: Any = None
    with suppress(ValueError):
        payload = codec.decode_json(response.content)
    found: dict[str, Any] = payload if isinstance(payload, dict) else {}
    key = found.get("key")
    data = {name: value for name, value in found.items() if name != "key"}
    raise_error(data, response, origin, session)
    if not isinstance(key, str) or not key:
        raise ProtocolError(
            "the answer holds no key (it is not shown, as it may hold one in another place)",
            status=response.status, headers=response.headers, request_id=response.request_id,
        )  # fmt: skip
    return UserKey(data, response.status, response.headers, origin.server, key=key)
