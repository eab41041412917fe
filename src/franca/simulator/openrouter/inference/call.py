"""One call on its way through the router: who asked, which tries failed, and what the router tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from ...dialects.serve import Wanted
from ..house import House
from ..keys import Key
from .faults import Fault
from .route import Candidate
from .taken import Taken
from .trouble import Trouble, error_of, type_of

__all__ = ["Call"]

_HINTS = (429, 503)


@dataclass(slots=True)
class Call:
    """One call. `tries` are those that the router made, `considered` those that it could have made."""

    house: House
    wanted: Wanted
    headers: Mapping[str, str]
    key: Key
    path: str
    taken: Taken
    considered: list[Candidate] = field(default_factory=list)
    tries: list[tuple[Candidate, int]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    pipeline: list[dict[str, Any]] = field(default_factory=list)
    _first: dict[str, bool] = field(default_factory=dict)

    @property
    def wants_metadata(self) -> bool:
        """Whether the caller asked for `openrouter_metadata`."""
        names = ("x-openrouter-metadata", "x-openrouter-experimental-metadata")
        return any(self.headers.get(name, "").lower() == "enabled" for name in names)

    def retry_after(self, seconds: str) -> tuple[tuple[str, str], ...]:
        """The header Retry-After, with the seconds that the request asks for instead."""
        seconds = self.headers.get("x-sim-retry-after", seconds)
        return () if seconds == "none" else (("retry-after", seconds),)

    def due(self, fault: Fault | None, word: str) -> Fault | None:
        """The fault, unless it happens only once and has happened."""
        if fault is None or not fault.once:
            return fault
        if word not in self._first:
            digest = blake2b(self.wanted.raw + b"\0" + f"{self.path}\0{word}".encode(), digest_size=16)
            self._first[word] = self.house.repeats.is_first(digest.digest())
        return fault if self._first[word] else None

    def failed(self, candidate: Candidate, trouble: Trouble) -> None:
        """Note a try that failed."""
        self.tries.append((candidate, trouble.status))
        self.troubles.append(trouble)

    def given_up(self) -> Trouble:
        """The error after every try failed: the last one, with those before in its metadata. Retry-After is told
        only where every provider gave a hint."""
        *before, last = self.troubles
        if before and last.status != 500:
            told = [  # this form, without the provider's own words, since 19 August 2026
                {
                    "provider": candidate.provider,
                    "code": (one.error.get("metadata") or {}).get("error_type") or type_of(one.status),
                    "status": one.status,
                }
                for (candidate, _), one in zip(self.tries, before, strict=False)
            ]
            last.error["metadata"] = {**(last.error.get("metadata") or {}), "previous_errors": told}
        if last.status in _HINTS and not all(one.headers for one in self.troubles):
            last.headers = ()
        return self.with_metadata(last)

    def with_metadata(self, trouble: Trouble) -> Trouble:
        """The error, with what the router has to tell where the caller wants it."""
        if self.wants_metadata and self.considered:
            trouble.told = self.metadata(None)
        return trouble

    def metadata(self, chosen: Candidate | None) -> dict[str, Any]:
        """`openrouter_metadata`; of an error where nothing was chosen."""
        first = self.taken.models[0]
        fell_back = chosen is not None and chosen.model is not first
        shown = self.considered
        told: dict[str, Any] = {
            "requested": first.asked,
            "strategy": "fallback" if fell_back else first.strategy,
            "region": "sim",
            "summary": f"available={len(shown)}" + (f", selected={chosen.provider}" if chosen else ""),
            "attempt": len(self.tries) or 1,  # so also where a guardrail let nobody try
            "is_byok": False,
            "endpoints": {
                "total": len(shown),
                "available": [
                    {"provider": one.provider, "model": one.model.shown, "selected": one is chosen} for one in shown
                ],
            },
        }
        if self.tries:
            told["attempts"] = [
                {"provider": one.provider, "model": one.model.shown, "status": status} for one, status in self.tries
            ]
        if self.pipeline:
            told["pipeline"] = self.pipeline
        return told | ({"generation_time": 138} if chosen else {})

    def provider_trouble(self, candidate: Candidate, fault: Fault) -> Trouble:
        """A provider's failure: in today's form, or in the older one."""
        metadata: dict[str, Any] = {"provider_name": candidate.provider}
        if fault.how == "raw":
            metadata["raw"] = f'{{"detail":"{candidate.provider} failed with {fault.status}"}}'
        else:
            metadata |= {"error_type": fault.type, "provider_code": f"upstream_{fault.status}"}
        message = "Provider returned error" if fault.how == "raw" or fault.status not in _HINTS else ""
        headers = self.retry_after("1") if fault.status in _HINTS else ()
        return Trouble(fault.status, message, metadata, headers=headers)

    def inner_error(self, candidate: Candidate, fault: Fault) -> dict[str, Any]:
        """The error object of a provider that failed while it answered."""
        metadata = {"error_type": fault.type, "provider_name": candidate.provider}
        return error_of(fault.status, "Provider disconnected" if fault.status == 502 else "", metadata)
