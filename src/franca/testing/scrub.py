"""Secrets out of what a cassette keeps: keys, cookies, organisations, and what the user's own function takes out.

A request that is replayed goes through the same scrubbing before it is compared, so a recording made with one key
is found with another, or with none.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

from ..wire.headers import is_secret_header

__all__ = ["HIDDEN", "Scrubber"]

HIDDEN = "***"
_SHORTEST = 8  # what is shorter, and has no digit, is a placeholder: hiding it everywhere would eat words
_PLACEHOLDERS = frozenset({"lm-studio", "not-needed", "no-key-required", "placeholder", "anything"})
_MOST = 1_000  # secrets kept in mind; a test has one or two

_IDENTIFYING = frozenset(
    {"openai-organization", "openai-project", "anthropic-organization-id", "x-goog-user-project", "x-organization-id"}
    | {"x-org-id", "x-project-id", "x-account-id", "x-user-id", "cf-aig-account-id", "x-amz-account-id"}
)
_PRIVATE = frozenset({"x-forwarded-for", "x-real-ip", "x-client-ip", "client-ip"})
_QUERY = re.compile(
    r"(?i)(?<=[?&])((?:[\w.-]*[-_])?(?:key|apikey|token|secret|password|sig|signature|code|credential)=)[^&#\s\"]*"
)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s\"']+@")
# Keys by the look of them (the prefixes that servers gave theirs in November 2026), also half masked; and JWTs.
# All have a digit: "hf-internal-testing" is the name of somebody's models.
_KEY = re.compile(
    r"(?<![\w-])(?:(?:sk|gsk|rk|pk|xai|csk|nvapi|pplx|tgp|fw|hf|r8|dapi|ghp|gho|ghs|github_pat|sess)[-_]"
    r"(?=[\w*-]*[\d*])[\w*-]{8,}|AIza[\w-]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic) +(?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}")
_IDS = re.compile(r"\b(org|proj|user|acct)([-_])(?=[A-Za-z]*\d)[A-Za-z0-9]{16,}\b")
_MEMBER = re.compile(
    r'(?i)("(?:[a-z]+[_-])*(?:api[_-]?key|(?:access|refresh|id|auth|bearer)[_-]?token|client[_-]?secret|code[_-]?verifier|password'
    r'|authorization|cookie|org(?:anization)?[_-]?id|user[_-]?id|account[_-]?id|project[_-]?id)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)


class Scrubber:
    """Takes secrets out of texts, one line at a time. `more` is the user's own function, applied last.

    It learns the keys of the requests that it sees, and hides them wherever they come back.
    """

    def __init__(self, more: Callable[[str], str] | None = None) -> None:
        self._more = more
        self._secrets: list[str] = []

    def learn(self, headers: Iterable[tuple[str, str]]) -> None:
        """Note the secrets that the headers of a request or an answer carry."""
        for name, value in headers:
            lower, value = name.lower(), value.strip()
            if lower in ("cookie", "set-cookie"):
                crumbs = value.split(";") if lower == "cookie" else [value.partition(";")[0]]
                self._note(*(crumb.partition("=")[2].strip() for crumb in crumbs))
            elif lower in _IDENTIFYING or is_secret_header(lower):
                scheme, _, rest = value.partition(" ")
                self._note(rest.strip() if rest and scheme.isalpha() else value)  # "Bearer" itself is no secret
                self._note(*(_parts_of_basic(rest) if scheme.lower() == "basic" else ()))

    def _note(self, *secrets: str) -> None:
        for secret in secrets:
            long = len(secret) >= _SHORTEST or (len(secret) >= 6 and any(char.isdigit() for char in secret))
            if long and secret not in _PLACEHOLDERS and secret not in self._secrets and len(self._secrets) < _MOST:
                in_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
                forms = {secret, quote(secret, ""), quote_plus(secret), *in_json, *self._secrets}
                self._secrets = sorted(forms, key=len, reverse=True)  # one may begin with another

    def text(self, text: str) -> str:
        """One line without its secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _MEMBER.sub(lambda found: f'{found[1]}"{HIDDEN}"', text)
        text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        text = _KEY.sub(HIDDEN, text)
        text = _IDS.sub(rf"\1\2{HIDDEN}", text)
        text = _USER_INFO.sub("", _QUERY.sub(rf"\1{HIDDEN}", text))
        return text if self._more is None else self._more(text)

    def header(self, name: str, value: str) -> str:
        """The value of a header without its secrets."""
        lower = name.lower()
        if is_secret_header(lower) or lower in _PRIVATE or lower in _IDENTIFYING:
            return HIDDEN
        return self.text(value)

    def chunks(self, chunks: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
        """A body in its chunks. A secret that is split over two of them is found all the same: its line goes
        whole to the chunk where it began."""
        whole = b"".join(data for _, data in chunks)
        lines = whole.split(b"\n")
        clean = [self._line(line) for line in lines]
        if clean == lines:
            return chunks
        ends, place = [], 0
        for _, data in chunks:
            place += len(data)
            ends.append(place)
        moved = _moved(ends, lines, clean)
        joined = b"\n".join(clean)
        return [(at, joined[a:b]) for (at, _), a, b in zip(chunks, [0, *moved], moved, strict=False)]

    def body(self, body: bytes) -> bytes:
        """A body in one piece."""
        return b"\n".join(map(self._line, body.split(b"\n")))

    def _line(self, line: bytes) -> bytes:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            # Not text: only the secrets that were learnt are looked for.
            for secret in self._secrets:
                line = line.replace(secret.encode(), HIDDEN.encode())
            return line
        clean = self.text(text)
        return line if clean == text else clean.encode("utf-8", "surrogatepass")


def _moved(ends: list[int], lines: list[bytes], clean: list[bytes]) -> list[int]:
    """Where chunks that ended at `ends` end when each line is replaced by its clean form."""
    moved, old, new, number = [], 0, 0, 0
    for end in ends:
        while number < len(lines) and old + len(lines[number]) + 1 <= end:
            old += len(lines[number]) + 1
            new += len(clean[number]) + 1
            number += 1
        inside = end - old
        if number < len(lines) and inside:
            inside = inside if lines[number] == clean[number] else len(clean[number])
        moved.append(min(new + inside, sum(map(len, clean)) + len(clean) - 1))
    return moved


def _parts_of_basic(value: str) -> list[str]:
    try:
        user, _, password = base64.b64decode(value.strip()).decode().partition(":")
    except ValueError:
        return []
    return [user, password]
