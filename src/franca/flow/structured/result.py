"""What the caller gets: the value, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ...errors import FrancaError
from ...wire.chat import Chat
from ...wire.cost import Cost
from ...wire.usage import Usage, total_usage

if TYPE_CHECKING:
    from ...schema.parsing import Repair

__all__ = ["Attempt", "Spending", "Structured", "total_cost"]

T = TypeVar("T", covariant=True)


class Attempt(NamedTuple):
    """One request of the ladder.

    mode      "strict", "native", "tool", "json_object" or "prompt"
    chat      the answer, of one that broke off what had come of it; None when none came
    error     why no answer came, or why it is not what was asked for; None for the one that was taken
    problems  what was wrong with the answer, a line each
    repairs   what had to be mended to read it
    """

    mode: str
    chat: Chat | None = None
    error: FrancaError | None = None
    problems: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()


class Structured(Generic[T]):
    """A validated value out of a model's answer.

    value     what was asked for: an instance of the type, or the decoded JSON where a schema was given
    data      the same as decoded JSON, before it was made one
    chat      the answer it was read from
    mode      how the model was brought to it: "strict", "native", "tool", "json_object" or "prompt"
    attempts  every request that was made for it, refused and failed ones too, the last one last
    votes     of several candidates: how many gave each value, the chosen one first; () without a vote
    """

    __slots__ = ("attempts", "chat", "data", "mode", "value", "votes")

    def __init__(
        self,
        value: T,
        data: Any,
        chat: Chat,
        mode: str,
        attempts: Sequence[Attempt],
        votes: Sequence[tuple[Any, int]] = (),
    ) -> None:
        self.value = value
        self.data = data
        self.chat = chat
        self.mode = mode
        self.attempts = tuple(attempts)
        self.votes = tuple(votes)

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What had to be mended to read the answer that was taken; () when it was right as it came."""
        return next((one.repairs for one in reversed(self.attempts) if one.chat is self.chat), ())

    @property
    def usage(self) -> Usage | None:
        """The tokens of all attempts together; None when an answer told none."""
        chats = [one.chat for one in self.attempts if one.chat is not None]
        return total_usage([chat.usage for chat in chats]) if chats else None

    @property
    def cost(self) -> Cost | None:
        """What all attempts cost together in US dollars; None when that of an answer is not known."""
        return total_cost(self.attempts)

    def __repr__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= 80 else shown[:79] + "…"
        more = f", attempts={len(self.attempts)}" if len(self.attempts) > 1 else ""
        return f"Structured({shown}, mode={self.mode!r}{more})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Structured, (self.value, self.data, self.chat, self.mode, self.attempts, self.votes)


class Spending:
    """The requests for one value, of all its candidates, against the budgets for it. What a server does not tell cannot
    be counted."""

    __slots__ = ("_budget", "_tokens", "attempts")

    def __init__(self, tokens: int | None, budget: float | None) -> None:
        self._tokens = tokens
        self._budget = budget
        self.attempts: list[Attempt] = []

    @property
    def over(self) -> bool:
        """Whether a budget is used up."""
        chats = [one.chat for one in self.attempts if one.chat is not None]
        if self._tokens is not None:
            usages = [chat.usage for chat in chats]
            if sum((usage.total_tokens or 0) for usage in usages if usage is not None) >= self._tokens:
                return True
        if self._budget is None:
            return False
        costs = [chat.cost for chat in chats]
        return sum(float(cost) for cost in costs if cost is not None) >= self._budget


def total_cost(attempts: Sequence[Attempt]) -> Cost | None:
    """The sum over all answers; None when one of them is not known, because a sum without it would be too low."""
    costs = [one.chat.cost for one in attempts if one.chat is not None]
    if not costs or any(cost is None for cost in costs):
        return None
    told = [cost for cost in costs if cost is not None]
    breakdown: dict[str, float] = {}
    for cost in told:
        for name, part in cost.breakdown.items():
            breakdown[name] = breakdown.get(name, 0.0) + part
    return Cost(
        sum(float(cost) for cost in told),
        exact=all(cost.exact for cost in told),
        source=told[-1].source,
        as_of=told[-1].as_of,
        breakdown=breakdown,
    )
