"""The whole examination: every call of every scenario, asked of the program, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..errors import BadUsage, ProtocolError
from ..simulator import Simulator
from ..simulator.scenarios import SCENARIOS, Outcome, Scenario
from ..simulator.scenarios.blocks import INPUTS, TEXT, good
from .claims import EVERYBODY, GROUPS, claims_of
from .judge import Verdict, judge
from .program import Crashed, Hung, Program
from .protocol import hello, question

__all__ = ["Examined", "examine"]

_START_LIMIT = 60.0  # seconds to import whatever the client imports
_CALLS = ("chat", "stream", "embeddings", "models")
# What nothing is wrong with, as OpenAI documents it.
_PLAIN = Scenario(
    "conform-plain",
    "A good answer.",
    "OpenAI",
    good,
    {
        "chat": Outcome(check={"content": TEXT, "finish_reason": "stop"}),
        "stream": Outcome(check={"content": TEXT, "finish_reason": "stop"}),
        "embeddings": Outcome(),
        "models": Outcome(check={"ids": ["one", "two"]}),
    },
    request={"input": list(INPUTS)},
)


class Examined(NamedTuple):
    """A client and how it did."""

    client: str
    version: str
    claims: frozenset[str]
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> list[Verdict]:
        """The counted calls that came out wrong."""
        return [one for one in self.verdicts if one.counted and one.result not in ("pass", "unsupported")]

    def share(self, group: str) -> tuple[int, int, bool]:
        """Of a group: how many calls passed, how many were played, and whether the client claims it. (Of a group that
        it claims, those that count.)"""
        claimed = group in self.claims
        played = [
            one
            for one in self.verdicts
            if group in one.groups and one.result != "unsupported" and (one.counted or not claimed)
        ]
        return sum(one.result == "pass" for one in played), len(played), claimed


def examine(
    program: Program,
    *,
    names: Iterable[str] | None = None,
    limit: float = 10.0,
    tell: Callable[[Verdict], object] | None = None,
) -> Examined:
    """Play scenarios (all, or those `names`) to a client's program; `tell` hears each verdict as it is made.

    `limit`: seconds for a call. Raises OSError when the program cannot be started, ProtocolError when it does not say
    who it is.
    """
    client, version, claims = _introduced(program)
    chosen = _chosen(names)
    verdicts = []
    with Simulator(scenarios={_PLAIN.name: _PLAIN}) as simulator:
        asking = _Asking(program, simulator, limit, claims)
        for scenario in chosen:
            for call in scenario.expect:
                if call not in _CALLS:
                    continue
                verdict = asking.verdict(scenario, call)
                verdicts.append(verdict)
                if tell is not None:
                    tell(verdict)
    return Examined(client, version, claims, tuple(verdicts))


def _introduced(program: Program) -> tuple[str, str, frozenset[str]]:
    try:
        answer = program.ask(hello(), _START_LIMIT)
    except (Hung, Crashed) as error:
        said = str(error) or "it said nothing"
        raise ProtocolError(f"the program did not answer its first question: {said}") from None
    claims = answer.get("claims")
    told = {claim for claim in claims if isinstance(claim, str)} if isinstance(claims, list) else set()
    unknown = sorted(told - GROUPS.keys() - {"all"})
    if unknown:
        raise ProtocolError(f"the program claims {', '.join(unknown)}; the names are: all, {', '.join(GROUPS)}")
    claimed = frozenset(GROUPS) if "all" in told else EVERYBODY | told
    return str(answer.get("client") or "the client"), str(answer.get("version") or ""), claimed


def _chosen(names: Iterable[str] | None) -> list[Scenario]:
    if names is None:
        return list(SCENARIOS.values())
    found = []
    for name in names:
        if name not in SCENARIOS:
            raise BadUsage(f"there is no scenario {name!r}; `franca simulate --list` tells them")
        found.append(SCENARIOS[name])
    return found


class _Asking:
    """Asks a program one call after another, and judges."""

    def __init__(self, program: Program, simulator: Simulator, limit: float, claims: frozenset[str]) -> None:
        self._program = program
        self._simulator = simulator
        self._limit = limit
        self._claims = claims
        self._number = 0
        self._plain: dict[str, bool] = {}

    def verdict(self, scenario: Scenario, call: str) -> Verdict:
        """How the client does in one call of a scenario."""
        groups = claims_of(scenario.name)
        outcome = scenario.expect[call]
        fields = self._judged(scenario, call, _server(groups, self._claims))
        if call != "stream":
            fields.pop("partial", None)  # a plain answer is handed out whole or not at all
        if fields["result"] in ("pass", "wrong", "error") and "retries" in scenario.options:
            fields["requests"] = len(self._simulator.requests) == outcome.requests
        counted = bool(groups & self._claims) and (outcome.error is not None or self._reads_plain(groups, call))
        return Verdict(scenario.name, call, tuple(sorted(groups)), counted, **fields)

    def _judged(self, scenario: Scenario, call: str, server: str) -> dict[str, Any]:
        self._number += 1
        asked = question(self._number, scenario, call, self._simulator.base(scenario.name), server)
        try:
            if not self._program.running:  # started anew after a hang: what it imports may take a while
                self._program.ask(hello(), _START_LIMIT)
            self._simulator.requests.clear()
            return judge(scenario.expect[call], self._program.ask(asked, self._limit))
        except Hung:
            return {"result": "hang", "detail": f"no end after {self._limit:g} s"}
        except Crashed as error:
            return {"result": "crash", "detail": str(error)[-200:]}

    def _reads_plain(self, groups: frozenset[str], call: str) -> bool:
        """Whether a good answer in the scenarios of everybody is one for this client. They are written as OpenAI
        documents them; a client that is not for OpenAI, and cannot read the plain one, is not asked for more."""
        if "openai" in self._claims or not groups <= EVERYBODY:
            return True
        if call not in self._plain:
            self._plain[call] = self._judged(_PLAIN, call, "openai")["result"] == "pass"
        return self._plain[call]


def _server(groups: frozenset[str], claims: frozenset[str]) -> str:
    """The one server that the question names: one of those whose behaviour it is, if it can be one that the client
    claims; "compatible" where it is nobody's own."""
    servers = groups - EVERYBODY
    return next(iter(sorted(servers & claims) or sorted(servers)), "compatible")
