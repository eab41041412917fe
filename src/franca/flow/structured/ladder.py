"""The ladder of one call: its options, checked before anything is sent, and the servers at which it is climbed.

Nothing that does not validate is ever given out. What was learnt of a server's modes is remembered for its model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import BadUsage, FrancaError
from ...wire.chat import Chat
from ...wire.messages import normalize_messages
from ..ask import Ask
from ..core import Flow
from ..fallback import over_servers
from ..kinds import CHAT, StreamKind
from ..session import Session
from .climb import Climb
from .goal import Goal
from .modes import chosen_modes
from .request import Manner, checked_examples
from .result import Attempt, Spending, Structured

if TYPE_CHECKING:
    from ..openrouter.capability import Capability
    from ..trip import Journey
    from .growing import Growing

__all__ = ["NOT_ALONGSIDE", "Ladder", "Settings"]

_MOST_ATTEMPTS = 20
_THINKS = "think_first goes with the mode 'prompt' alone: in the others an answer is nothing but the value"

NOT_ALONGSIDE = {
    "n": "several candidates are asked for with candidates=",
    "response_format": "the mode decides about it: say mode=",
    "tools": "the answer is the object; run tools with run_tools",
    "tool_choice": "the mode decides about it: say mode=",
    "functions": "the answer is the object; run tools with run_tools",
    "function_call": "the mode decides about it: say mode=",
}


class Settings(NamedTuple):
    """The options of `structured`.

    mode          one mode or several, in order; None: chosen
    examples      values, or (input, output) pairs, told in the prompt
    attempts      answers that are asked for at most, continued and repeated ones too, at each server
    think_first   whether the model may reason in its text before the value
    style         the notation of the schema in the prompt: "typescript" or "json-schema"
    token_budget  tokens of all answers together after which nothing more is asked
    budget        the same in US dollars
    """

    mode: Any = None
    examples: Any = ()
    attempts: int = 3
    think_first: bool = False
    style: str = "typescript"
    token_budget: int | None = None
    budget: float | None = None


class Ladder:
    """One value, asked for once by `flow`. Raises BadUsage before anything is sent for what cannot work.

    kind      what the answers are made of
    capable   asks what a model can do, where there is a list of that: a model, and options of a call
    watch     takes the events of streamed answers, and emits what they hold so far; None: nothing is streamed
    spending  counts against the budgets, together with the ladders of other candidates
    """

    def __init__(
        self,
        session: Session,
        messages: Any,
        goal: Goal,
        model: str | None,
        extra: Mapping[str, Any] | None,
        given: Mapping[str, Any],
        settings: Settings,
        *,
        kind: StreamKind = CHAT,
        capable: Callable[[str, Mapping[str, Any]], Flow[Capability]] | None = None,
        watch: Growing | None = None,
        spending: Spending | None = None,
    ) -> None:
        if extra is not None and not isinstance(extra, Mapping):
            raise BadUsage(f"extra is a dict of further fields, not {type(extra).__name__}", param="extra")
        for name, instead in NOT_ALONGSIDE.items():
            if given.get(name) is not None or (extra and extra.get(name) is not None):
                raise BadUsage(f"{name}: {instead}", param=name)
        _check(settings)
        self.session = session
        self.messages = normalize_messages(messages)
        self.goal = goal
        self.settings = settings
        self.manner = Manner(checked_examples(settings.examples, goal.schema), settings.think_first, settings.style)
        self.kind = kind
        self.capable = capable
        self.watch = watch
        self.spending = Spending(settings.token_budget, settings.budget) if spending is None else spending
        self.attempts: list[Attempt] = []
        self.began: float | None = None
        """When the call began, on the session's clock."""
        self.under_way: Callable[[], Chat] | None = None
        """Gives what has come of the answer that is being streamed."""
        self.modes = _modes(settings)
        self._ask = Ask("structured", "", kind.build, None, model, extra, given, home=kind.home)

    @property
    def shown(self) -> bool:
        """Whether the caller has seen a part of an answer: then nobody else is asked, and nothing again."""
        return self.watch is not None and self.watch.handed_out

    def note(self, attempt: Attempt) -> None:
        """Keep an attempt."""
        self.attempts.append(attempt)
        self.spending.attempts.append(attempt)

    def partial(self) -> Chat | None:
        """What has come of the answer under way, else the last one; None before the first."""
        if self.under_way is not None:
            return self.under_way()
        return next((one.chat for one in reversed(self.attempts) if one.chat is not None), None)

    def flow(self) -> Flow[Structured[Any]]:
        """The value. Errors carry `attempts`.

        Raises OutputInvalid, OutputCut, Flagged (a refusal, a content filter), and whatever a chat raises.
        """
        if self.began is None:
            self.began = self.session.clock()
        try:
            found: Structured[Any] | FrancaError = yield from over_servers(self.session, self._ask, self._climbed)
            if isinstance(found, FrancaError):
                raise found
        except FrancaError as error:
            error.attempts = tuple(self.attempts)
            raise
        return found

    def _climbed(self, place: Session, ask: Ask, journey: Journey | None) -> Flow[Structured[Any] | FrancaError]:
        """The value from one server; an error that is to be the last word."""
        try:
            return (yield from Climb(self, place, ask, journey).flow())
        except FrancaError as error:
            if not self.shown:
                raise
            error.tried = error.tried if journey is None else journey.tried
            return error


def _modes(settings: Settings) -> tuple[str, ...] | None:
    """The modes that the caller leaves; None: all."""
    chosen = chosen_modes(settings.mode)
    if not settings.think_first:
        return chosen
    if chosen is not None and chosen != ("prompt",):
        raise BadUsage(_THINKS, param="think_first")
    return ("prompt",)


def _check(settings: Settings) -> None:
    attempts = settings.attempts
    if not isinstance(attempts, int) or isinstance(attempts, bool) or not 1 <= attempts <= _MOST_ATTEMPTS:
        raise BadUsage(f"attempts is a whole number from 1 to {_MOST_ATTEMPTS}, not {attempts!r}", param="attempts")
    for name, kinds in (("token_budget", int), ("budget", (int, float))):
        value = getattr(settings, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not value > 0):
            raise BadUsage(f"{name} is a number above 0, or None for no limit; not {value!r}", param=name)
    if settings.style not in ("typescript", "json-schema"):
        raise BadUsage(f"style is 'typescript' or 'json-schema', not {settings.style!r}", param="style")
    if not isinstance(settings.think_first, bool):
        raise BadUsage(f"think_first is True or False, not {settings.think_first!r}", param="think_first")
