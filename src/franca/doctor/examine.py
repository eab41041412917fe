"""Runs probes one after another against one server; one that fails, or takes too long, never stops the others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from ..client import Client
from ..configure import transport_options
from ..errors import BadUsage, FrancaError
from ..io.sync import SyncTransport
from ..wire.headers import is_secret_header
from .finding import Evidence, Finding, Found, NotPossible, Undecided
from .table import PROBES, Probe
from .tap import Tap
from .visit import Visit

__all__ = ["ROOM", "Examination", "chosen"]

ROOM = 16  # tokens; some servers refuse less than that
_TIMEOUT = 60.0  # seconds for one probe
_LISTING = 15.0  # seconds for the list of models, when it is only a convenience


class Examination:
    """An examination of one server.

        with Examination("http://localhost:8080/v1", model="tiny") as examination:
            for finding in examination.findings():
                print(finding.name, finding.verdict, finding.fact)

    server           a base URL, a name or a row, as for `Client`; `options` are the client's too. Requests are sent
                     as they are: not healed, not adapted, not tried again
    model            the chat model; without one, only what needs none is probed
    embedding_model  the one for embeddings, if that is another
    timeout          seconds for one probe with all its requests
    room             tokens that an ordinary answer may have; reasoning models need hundreds to come to a word
    """

    def __init__(
        self,
        server: Any = None,
        *,
        model: str | None = None,
        embedding_model: str | None = None,
        timeout: float = _TIMEOUT,
        room: int = ROOM,
        **options: Any,
    ) -> None:
        if not isinstance(room, int) or room < 1:
            raise BadUsage(f"room is a number of tokens above 0, not {room!r}")
        if isinstance(timeout, bool) or not 0 < timeout < float("inf"):
            raise BadUsage(f"timeout is a number of seconds above 0, not {timeout!r}")
        tap = Tap(options.pop("transport", None) or SyncTransport(**transport_options(options)))
        plain: dict[str, Any] = {**options, "retries": 0, "heal": False, "limits": False}
        self._client = Client(server, model=model, transport=tap, **plain)
        verify = options.get("verify", True)
        keys = [name for name in dict(options.get("headers") or {}) if is_secret_header(name)]
        self._visit = Visit(self._client, tap, embedding_model=embedding_model, room=room, verify=verify, keys=keys)
        self._timeout = timeout
        self._silent = False
        self.base_url = self._client.base_url
        self.server = self._client.server
        self.model = self._client.model

    @property
    def embedding_model(self) -> str | None:
        """The model whose embeddings are asked for."""
        return self._visit.embedding_model or self.model

    def model_ids(self) -> list[str]:
        """The models that the server lists; [] when it lists none. Costs one request.

        Raises BadUsage when the server's key is missing.
        """
        self._visit.begin(min(self._timeout, _LISTING))
        try:
            return self._client.list_models(timeout=self._visit.remaining()).ids
        except BadUsage:
            raise
        except (FrancaError, Undecided):
            return []

    def choose(self, *, model: str | None = None, embedding_model: str | None = None) -> None:
        """Take these models where none were given."""
        self._visit.model = self.model = self.model or model
        self._visit.embedding_model = self._visit.embedding_model or embedding_model

    def findings(self, probes: Sequence[Probe] = PROBES) -> Iterator[Finding]:
        """Run the probes, in order; each finding as soon as it is there."""
        for probe in probes:
            yield self.run(probe)

    def run(self, probe: Probe) -> Finding:
        """Run one probe. KeyboardInterrupt passes through; everything else becomes a finding."""
        visit, start = self._visit, time.monotonic()
        visit.begin(self._timeout)
        try:
            if self._silent:
                raise NotPossible("the server cannot be reached")
            if probe.needs == "chat":
                visit.plain()
            made = probe.run(visit)
        except NotPossible as error:
            made = Found("skipped", str(error))
        except Undecided as error:
            made = Found("no" if probe.name == "reachable" else "unknown", str(error))
        except BadUsage as error:
            made = Found("unknown", error.message)
        except Exception as error:  # an answer so odd that the probe itself fails must not end the examination
            made = Found("unknown", f"the answer could not be judged ({type(error).__name__}: {error})")
        self._silent = self._silent or (probe.name == "reachable" and made.verdict == "no")
        evidence = tuple(Evidence(one.asked, one.status, visit.scrub(one.message)) for one in visit.evidence)
        seconds = time.monotonic() - start
        fact = visit.scrub(made.fact)
        return Finding(probe.name, probe.group, made.verdict, fact, evidence, seconds, visit.tokens, made.quirks)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Examination:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def chosen(names: Iterable[str]) -> tuple[Probe, ...]:
    """The probes, or groups of them, of these names, in the table's order. BadUsage for one that is none."""
    wanted = [" ".join(name.split()).lower() for name in names]
    known = {probe.name.lower() for probe in PROBES} | {probe.group for probe in PROBES}
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            guess = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(p.name for p in PROBES)}"
            raise BadUsage(f"no probe is called {name!r}; {guess}")
    return tuple(probe for probe in PROBES if {probe.name.lower(), probe.group} & set(wanted))
