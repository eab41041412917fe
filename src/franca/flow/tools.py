"""The tool loop: ask, run the calls that the model makes, tell it the results, ask again, until it answers.

A call is run only if it is whole: of a known tool, with arguments that parse and fit. Everything else goes back to the
model as text. Nothing that is asked for and was not run ever looks like an answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import BadUsage, FrancaError, ToolsUnfinished
from ..wire.calls import ToolCall
from ..wire.chat import Chat
from ..wire.message import Message
from ..wire.messages import kept_message, normalize_messages
from ..wire.params import LoopParams
from ..wire.told import Told
from ..wire.tools import ToolFinished, ToolStarted
from .core import Flow
from .kinds import CHAT, StreamKind
from .options import CALL_OPTIONS, LOOP_OPTIONS, reject_unknown
from .session import Session
from .toolbox import Plan, Toolbox, bounded, error_text, is_coroutine_function, result_text, shut
from .turns import NOT_IN_A_LOOP, Turns, calls_of

__all__ = ["ToolLoop"]


_KNOWN = LOOP_OPTIONS | CALL_OPTIONS | frozenset(LoopParams.__annotations__) | NOT_IN_A_LOOP.keys()


class _Settings(NamedTuple):
    max_turns: int = 10
    tool_timeout: float | None = None
    parallel: int = 8
    max_result: int | None = 100_000
    before_call: Callable[[Any], Any] | None = None
    after_call: Callable[[Any, Any], Any] | None = None


class ToolLoop:
    """One conversation with tools, run once by `flow`.

    `given` are the options of the loop and of its calls, and the fields of the requests. `coroutines`: whether the
    driver can run coroutine functions. `streamed`: whether answers are streamed, and their events emitted. `kind`: what
    the answers are made of; `fields`: the names of request fields that it knows beyond everybody's.
    Raises BadUsage before anything is sent for what cannot work.
    """

    def __init__(
        self,
        session: Session,
        messages: Any,
        tools: Sequence[Any],
        model: str | None,
        extra: Mapping[str, Any] | None,
        given: Mapping[str, Any],
        *,
        coroutines: bool,
        streamed: bool,
        kind: StreamKind = CHAT,
        fields: frozenset[str] = frozenset(),
    ) -> None:
        reject_unknown(given, _KNOWN | fields, "parameter of run_tools")
        options = {name: value for name, value in given.items() if name in LOOP_OPTIONS}
        self._settings = settings = _checked(options, coroutines)
        asked = {name: value for name, value in given.items() if name not in options}
        self._box = Toolbox(tools, coroutines=coroutines)
        self._ask = Turns(session, model, extra, {**asked, "tools": self._box.sent}, streamed=streamed, kind=kind)
        self._clock = session.clock
        self._width = 1 if asked.get("parallel_tool_calls") is False else settings.parallel
        self._history = normalize_messages(messages)
        self._given = len(self._history)
        self._turns: list[Chat] = []
        self._open: tuple[dict[str, Any], list[Plan], bool] | None = None  # the answer whose calls are run, its plans

    def flow(self) -> Flow[Chat]:
        """The loop; its result is the model's answer, with `history` and `turns`.

        Errors: those of a chat, ToolsUnfinished, and what hooks raise; those of franca carry `partial`, the last
        Chat, whose `history` holds the conversation so far.
        """
        try:
            for _ in range(self._settings.max_turns):
                chat = yield from self._ask.turn(self._history)
                self._turns.append(chat)
                message = kept_message(chat.message)
                calls, legacy = calls_of(message)
                if not calls:
                    _require_answer(chat)
                    self._history.append(message)
                    return self._noted(chat, self._turns[:-1])
                _require_whole(chat)
                if len(self._turns) < self._settings.max_turns:
                    yield from self._answered(message, calls, legacy)
            turns = "1 turn" if self._settings.max_turns == 1 else f"{self._settings.max_turns} turns"
            names = ", ".join(sorted({call.name or "?" for call in calls}))
            raise ToolsUnfinished(f"the model still asks for tools after {turns} (max_turns): {names}")
        except BaseException as error:
            self._close_turn()  # what was run stays in `so_far`, whoever stopped the loop
            if isinstance(error, FrancaError):
                self._tell(error)
            raise

    def so_far(self) -> Chat | None:
        """What has come of the answer under way, else the last one; None before the first."""
        partial = self._ask.partial()
        if partial is not None:
            return self._noted(partial, self._turns)
        return self._noted(self._turns[-1], self._turns[:-1]) if self._turns else None

    # ---- the calls of one answer ------------------------------------------------------------------

    def _answered(self, message: dict[str, Any], calls: Sequence[ToolCall], legacy: bool) -> Flow[None]:
        """Run the calls of an answer; then it and their results are history."""
        plans = [self._box.plan(call) for call in calls]
        self._open = message, plans, legacy
        before = self._settings.before_call
        for plan in plans:
            if before is not None and plan.text is None:
                self._box.decide(plan, (yield ("call", before, (plan.call,))))
        for plan in plans:
            if plan.text is not None:
                yield ("emit", ToolFinished(plan.call, None, plan.text, 0.0, plan.text))
        yield from self._run([plan for plan in plans if plan.text is None])
        self._close_turn()
        self._ask.relax()

    def _run(self, plans: Sequence[Plan]) -> Flow[None]:
        """Run the planned calls, several at once, each as long as it may take."""
        waiting = deque(plans)
        running: list[Plan] = []
        try:
            while waiting or running:
                while waiting and len(running) < self._width:
                    plan = waiting.popleft()
                    yield from self._begun(plan)
                    running.append(plan)
                if not any(plan.job.done for plan in running):
                    yield ("wait", [plan.job for plan in running], self._next_limit(running))
                for plan in [plan for plan in running if plan.job.done]:
                    running.remove(plan)
                    yield from self._settled(plan)
                now = self._clock()
                for plan in [plan for plan in running if plan.until is not None and now >= plan.until]:
                    if not plan.job.done:
                        running.remove(plan)
                        yield from self._given_up(plan)
                if running or waiting:
                    self._ask.require_time(f"while {_names(running) or _names(waiting)} ran")
        finally:
            for plan in running:
                plan.job.drop()

    def _begun(self, plan: Plan) -> Flow[None]:
        bound = plan.bound
        assert bound is not None, "only a call with its function is run"
        yield ("emit", ToolStarted(plan.call))
        limit = self._settings.tool_timeout
        unlimited = limit is None and self._ask.deadline is None
        how = "await" if bound.coroutine else "here" if unlimited and self._width == 1 else "thread"
        plan.begun = True
        plan.started = self._clock()
        plan.until = None if limit is None else plan.started + limit
        plan.job = yield ("begin", bound.function, plan.arguments, how)

    def _next_limit(self, running: Sequence[Plan]) -> float | None:
        limits = [plan.until for plan in running if plan.until is not None]
        if self._ask.deadline is not None:
            limits.append(self._ask.deadline)
        return min(limits, default=None)

    def _settled(self, plan: Plan) -> Flow[None]:
        """A call is done: its result or its exception is told to the model."""
        error = plan.job.error
        if error is not None and (isinstance(error, FrancaError) or not isinstance(error, Exception)):
            raise error
        value = plan.job.value
        if hasattr(value, "__await__"):
            shut(value)
            raise BadUsage(f"the tool {plan.call.name} returned a {type(value).__name__}; use AsyncClient for it")
        yield from self._told(plan, value, error, plan.job.ended - plan.started)

    def _given_up(self, plan: Plan) -> Flow[None]:
        """The time of a call is over. A function in a thread cannot be stopped, and the model should know."""
        stopped = plan.job.drop()
        limit = self._settings.tool_timeout or 0.0
        what = "it was cancelled" if stopped else "it may still be running"
        error = TimeoutError(f"the tool gave no result within {limit:g} s; {what}")
        yield from self._told(plan, None, error, limit)

    def _told(self, plan: Plan, value: Any, error: BaseException | None, seconds: float) -> Flow[None]:
        after = self._settings.after_call
        if after is not None:
            other = yield ("call", after, (plan.call, value if error is None else error))
            if hasattr(other, "__await__"):
                shut(other)
                raise BadUsage("after_call returned a coroutine; use AsyncClient for a coroutine function")
            if other is not None:
                value, error = other, None
        if error is None:
            try:
                text = result_text(value)
            except BadUsage as problem:
                error = TypeError(f"the tool ran, but its result is no JSON: {problem.message}")
            except Exception as problem:  # of the result's own methods: the call was made, so the model must hear of it
                error = TypeError(f"the tool ran, but its result is no JSON: {error_text(problem)}")
        if error is not None:
            value, text = None, error_text(error)
        plan.text = text = bounded(text, self._settings.max_result)
        failure = None if error is None else text
        yield ("emit", ToolFinished(plan.call, value, failure, seconds, text))

    # ---- what is remembered -----------------------------------------------------------------------

    def _close_turn(self) -> None:
        """The answer with its calls becomes history, each call with its result: servers refuse it without. When the
        loop was stopped amid them, a call without a result says so."""
        if self._open is None:
            return
        (message, plans, legacy), self._open = self._open, None
        if all(plan.text is None for plan in plans) and not any(plan.begun for plan in plans):
            return  # nothing of it happened: the model may ask again
        self._history.append(message)
        for plan in plans:
            stopped = "Error: the program stopped before this call had a result"
            text = plan.text or (f"{stopped}; it had begun" if plan.begun else stopped)
            if legacy:
                self._history.append({"role": "function", "name": plan.call.name or "", "content": text})
            else:
                self._history.append({"role": "tool", "tool_call_id": plan.call.id or "", "content": text})

    def _tell(self, error: FrancaError) -> None:
        """Give an error the conversation so far."""
        if error.partial is not None:  # of the answer that failed, or of a call that a tool made by itself
            if self._ask.under_way and isinstance(error.partial, Chat):
                self._noted(error.partial, self._turns)
        elif self._turns:
            error.partial = self._noted(self._turns[-1], self._turns[:-1])

    def _noted(self, chat: Chat, before: Sequence[Chat]) -> Chat:
        if chat.told is None:
            chat.told = Told()
        chat.told.history = tuple(Message(message) for message in self._history)
        chat.told.given = self._given
        chat.told.turns = tuple(before)
        return chat


def _names(plans: Sequence[Plan] | deque[Plan]) -> str:
    return ", ".join(sorted({plan.call.name or "?" for plan in plans}))


_CUT = {
    "length": "was cut at its token limit",
    "content_filter": "was stopped by a content filter",
    "error": "ended in an error of the server",
}


def _require_whole(chat: Chat) -> None:
    """Calls of an answer that did not end by itself are not run, whole as they may look."""
    how = _CUT.get(chat.finish_kind or "")
    if how is not None:
        raise ToolsUnfinished(
            f"the answer {how} (finish_reason {chat.finish_reason!r}) while it asked for tools; none of them was run",
            server=chat.server,
            model=chat.model,
        )


def _require_answer(chat: Chat) -> None:
    """An answer that says it asks for tools, and holds neither a call nor a text, is none."""
    if chat.finish_kind == "tool_calls" and not chat.content:
        raise ToolsUnfinished(
            f"the answer says that it asks for tools (finish_reason {chat.finish_reason!r}), and holds no call",
            server=chat.server,
            model=chat.model,
        )


def _checked(options: Mapping[str, Any], coroutines: bool) -> _Settings:
    settings = _Settings(**options)
    for name, least in (("max_turns", 1), ("parallel", 1), ("max_result", 100)):
        value = getattr(settings, name)
        if value is None and name == "max_result":
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise BadUsage(f"{name} is a whole number, at least {least}; not {value!r}")
    limit = settings.tool_timeout
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float)) or not 0 < limit < 1e9):
        raise BadUsage(f"tool_timeout is a number of seconds above 0, or None for no limit; not {limit!r}")
    for name, hook in (("before_call", settings.before_call), ("after_call", settings.after_call)):
        if hook is not None and not callable(hook):
            raise BadUsage(f"{name} is a function, not {type(hook).__name__}")
        if hook is not None and not coroutines and is_coroutine_function(hook):
            raise BadUsage(f"{name} is a coroutine function; use AsyncClient for it")
    return settings
