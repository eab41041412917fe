"""`Hooks`, the functions a user gives; and `Watch`, through which the flows tell them what happens, guarded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, FrancaError
from .call import Call, SentRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire.headers import Headers
    from ..wire.told import Metrics

__all__ = ["Hooks", "Watch", "watching"]

_STEPS = ("request", "response", "retry", "event", "error", "done")
_COROUTINE = 0x80 | 0x200  # inspect.CO_COROUTINE, CO_ASYNC_GENERATOR; inspect costs more than all of this package

Report = Callable[[str, Exception], object]


class Hooks:
    """Functions that are told what happens in a call; any of them may be left out.

        request(call, request)                    before each HTTP request: a `SentRequest`
        response(call, status, headers, seconds)  the head of its answer came, so long after the request
        retry(call, error, delay)                 a try failed; the next one follows after `delay` seconds
        event(call, event)                        an event of a stream, before the caller sees it
        error(call, error)                        the call failed for good, or was cancelled; its last hook
        done(call, answer, metrics)               the call succeeded; its last hook. Of a stream that the caller left,
                                                  `call.left` is true and `answer` is the part that had come

    `call` is a `Call`, the same object in all of them. They run where the call is made, between its steps: they
    should be quick. What they return is ignored, and what they raise too: it is reported once to the logger
    "franca". They are plain functions for both clients; a coroutine function is a BadUsage.
    """

    __slots__ = _STEPS

    def __init__(
        self,
        *,
        request: Callable[[Call, SentRequest], object] | None = None,
        response: Callable[[Call, int, Headers, float], object] | None = None,
        retry: Callable[[Call, FrancaError, float], object] | None = None,
        event: Callable[[Call, Any], object] | None = None,
        error: Callable[[Call, BaseException], object] | None = None,
        done: Callable[[Call, Any, Metrics | None], object] | None = None,
    ) -> None:
        self.request = request
        self.response = response
        self.retry = retry
        self.event = event
        self.error = error
        self.done = done
        for step in _STEPS:
            _check(step, getattr(self, step))

    def __repr__(self) -> str:
        return f"Hooks({', '.join(step for step in _STEPS if getattr(self, step) is not None)})"


def _check(step: str, function: Any) -> None:
    if function is None:
        return
    if not callable(function):
        raise BadUsage(f"the hook {step} is a function, not {type(function).__name__}")
    if _is_coroutine_function(function):
        raise BadUsage(
            f"the hook {step} is a coroutine function: hooks are plain functions, also for AsyncClient; to do slow "
            "work, put what it needs into a queue that a task of yours reads"
        )


def _is_coroutine_function(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    for candidate in (function, getattr(function.__call__, "__func__", None)):
        code = getattr(candidate, "__code__", None)
        if code is not None and code.co_flags & _COROUTINE:
            return True
    return False


class Watch:
    """What the flows tell. Each method runs the functions of all hooks for that step, one after another; none of them
    can break the call."""

    __slots__ = (
        "_clock",
        "_done",
        "_error",
        "_event",
        "_prefix",
        "_report",
        "_reported",
        "_request",
        "_response",
        "_retry",
        "_wall",
    )

    def __init__(
        self,
        hooks: tuple[Hooks, ...],
        clock: Callable[[], float],
        wall: Callable[[], float],
        report: Report | None,
        prefix: str,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._report = report
        self._prefix = prefix
        self._reported: set[int] = set()
        self._request = _functions(hooks, "request")
        self._response = _functions(hooks, "response")
        self._retry = _functions(hooks, "retry")
        self._event = _functions(hooks, "event")
        self._error = _functions(hooks, "error")
        self._done = _functions(hooks, "done")

    @property
    def wants_events(self) -> bool:
        """Whether anyone hears of events: a stream need not tell them otherwise."""
        return bool(self._event)

    def begin(
        self,
        operation: str,
        *,
        server: str,
        base_url: str = "",
        model: str | None = None,
        stream: bool = False,
        parameters: Mapping[str, Any] | None = None,
    ) -> Call:
        """The `Call` that begins now; what the arguments mean is told there."""
        return Call(
            operation,
            server=server,
            clock=self._clock,
            wall=self._wall,
            base_url=base_url,
            model=model,
            stream=stream,
            parameters=parameters,
            prefix=self._prefix,
        )

    def request(self, call: Call, request: Any) -> None:
        """An HTTP request (`franca.wire.http.Request`) is about to be sent."""
        call.attempt += 1
        if self._request:
            self._tell("request", self._request, (call, SentRequest.of(call, request)))

    def response(self, call: Call, status: int, headers: Headers, seconds: float) -> None:
        """The head of its answer came."""
        self._tell("response", self._response, (call, status, headers, seconds))

    def retry(self, call: Call, error: FrancaError, delay: float) -> None:
        """A try failed; the next begins after `delay` seconds."""
        self._tell("retry", self._retry, (call, error, delay))

    def event(self, call: Call, event: Any) -> None:
        """An event of a stream is handed out."""
        self._tell("event", self._event, (call, event))

    def error(self, call: Call, error: BaseException) -> None:
        """The call failed for good. A call that has ended already ends no second time."""
        if call._end():
            self._tell("error", self._error, (call, error))

    def done(self, call: Call, answer: Any, metrics: Metrics | None) -> None:
        """The call succeeded. A call that has ended already ends no second time."""
        if call._end():
            self._tell("done", self._done, (call, answer, metrics))

    def left(self, call: Call, partial: Any, metrics: Metrics | None) -> None:
        """The caller left the stream before its end. Nothing, when it had ended."""
        if call._end():
            call.left = True
            self._tell("done", self._done, (call, partial, metrics))

    def _tell(self, step: str, functions: tuple[Callable[..., object], ...], arguments: tuple[Any, ...]) -> None:
        for function in functions:
            try:
                result = function(*arguments)
                if result is not None and hasattr(result, "__await__"):
                    if hasattr(result, "close"):  # or Python would warn of a coroutine that nobody awaited
                        result.close()
                    raise BadUsage("it returned a coroutine, which nobody awaits: hooks are plain functions")
            except Exception as error:
                self._failed(step, function, error)

    def _failed(self, step: str, function: Callable[..., object], error: Exception) -> None:
        """Report a hook's exception: once for each, as a hook that fails at every event would fill the log."""
        if self._report is None or id(function) in self._reported:
            return
        self._reported.add(id(function))
        try:
            self._report(f"the hook {step} {_name(function)} failed and was ignored (told once)", error)
        except Exception:
            # The last resort has failed as well; the call matters more than the complaint.
            self._report = None


def _functions(hooks: tuple[Hooks, ...], step: str) -> tuple[Callable[..., object], ...]:
    return tuple(function for one in hooks if (function := getattr(one, step)) is not None)


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def watching(
    hooks: Hooks | Iterable[Hooks] | None,
    *,
    clock: Callable[[], float],
    wall: Callable[[], float],
    report: Report | None = None,
    prefix: str = "",
) -> Watch | None:
    """The `Watch` for what a client was given as `hooks`; None when there is nobody to tell.

    `clock`: monotonic seconds; `wall`: Unix seconds; `report(text, exception)` is told once of each hook that
    raises; `prefix` begins the ids of calls. Raises BadUsage for what are no hooks.
    """
    if hooks is None:
        return None
    if isinstance(hooks, Hooks):
        given: tuple[Any, ...] = (hooks,)
    elif isinstance(hooks, Iterable) and not isinstance(hooks, (str, bytes, dict)):
        given = tuple(hooks)
    else:
        raise BadUsage(f"hooks is a Hooks or several of them, not {type(hooks).__name__}")
    for one in given:
        if not isinstance(one, Hooks):
            raise BadUsage(f"hooks holds Hooks, not {type(one).__name__}")
    if not any(getattr(one, step) for one in given for step in _STEPS):
        return None
    return Watch(given, clock, wall, report, prefix)
