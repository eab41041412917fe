"""The tool loop without sockets, threads or time: its verbs are played, and the clock is set by hand."""

from __future__ import annotations

import pytest

import franca
from franca.errors import ConnectionLost, TimedOut, ToolsUnfinished
from franca.flow.core import advance, run
from franca.flow.tools import ToolLoop
from franca.wire.headers import Headers


def act(x: int = 0) -> str:
    """Act."""
    raise AssertionError("the script says what it returns")


async def later(x: int = 0) -> str:
    """Later."""
    raise AssertionError("the script says what it returns")


def asks(*names):
    calls = [{"id": f"c{place}", "type": "function", "function": {"name": name, "arguments": "{}"}}
             for place, name in enumerate(names)]  # fmt: skip
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


SAYS = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "done"}, "finish_reason": "stop"}]}


class Job:
    """A job that is done when the script says so."""

    def __init__(self, function, how):
        self.function, self.how = function, how
        self.done, self.value, self.error, self.ended, self.dropped = False, "did", None, 0.0, False

    def drop(self):
        self.dropped = True
        return self.how == "await"


class Io:
    """Plays the verbs: answers in order; `wait` does what the script's next function does to the jobs."""

    def __init__(self, clock, answers, waits=()):
        self.clock, self.answers, self.waits = clock, list(answers), list(waits)
        self.jobs, self.events, self.asked = [], [], []

    def send(self, request):
        self.asked.append(request)
        item = self.answers.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def read(self, reply, until):
        return reply.body

    def read_some(self, reply, until):
        block = reply.blocks.pop(0)
        if isinstance(block, BaseException):
            raise block
        return block

    def sleep(self, seconds):
        self.clock.now += seconds

    def call(self, function, arguments):
        return function(*arguments)

    def begin(self, function, arguments, how):
        self.jobs.append(Job(function, how))
        if how == "here":
            self.jobs[-1].done = True
        return self.jobs[-1]

    def wait(self, jobs, until):
        self.waits.pop(0)(self, jobs, until)

    def emit(self, event):
        self.events.append(event)


def finish(*places):
    """The jobs at these places are done after a second."""

    def step(io, jobs, until):
        io.clock.now += 1.0
        for place in places:
            io.jobs[place].done = True
            io.jobs[place].ended = io.clock.now

    return step


def pass_time(io, jobs, until):
    """Nothing is done until the time has come."""
    io.clock.now = until


@pytest.fixture
def loop(make_session, answer, clock):
    """(flow, io) of a loop with these answers, waits and options."""

    def make(answers, waits=(), tools=(act, later), streamed=False, **given):
        made = [answer(item) if isinstance(item, dict) else item for item in answers]
        io = Io(clock, made, waits)
        loop = ToolLoop(make_session(), "Hello", list(tools), None, None, given, coroutines=True, streamed=streamed)
        return loop, io

    return make


def test_how_each_kind_of_function_is_begun(loop):
    """A coroutine function as such; a blocking one in a thread, or here when nothing can interrupt it."""
    tools, io = loop([asks("act", "later"), SAYS], [finish(0), finish(1)])
    assert run(tools.flow(), io).content == "done"
    assert [job.how for job in io.jobs] == ["thread", "await"]
    tools, io = loop([asks("act", "later"), SAYS], [finish(1)], parallel=1)
    run(tools.flow(), io)
    assert [job.how for job in io.jobs] == ["here", "await"]


def test_only_so_many_are_begun(loop):
    """The next one when one is done."""
    seen = []

    def step(io, jobs, until):
        seen.append(len(jobs))
        next(job for job in jobs if not job.done).done = True

    tools, io = loop([asks("act", "act", "act"), SAYS], [step] * 3, parallel=2)
    run(tools.flow(), io)
    assert seen == [2, 2, 1]


def test_a_call_has_its_own_time(loop):
    """Counted from when it began; the seconds are those of the job."""
    tools, io = loop([asks("act", "later"), SAYS], [pass_time, finish(1)], tool_timeout=5.0, parallel=1)
    chat = run(tools.flow(), io)
    first, second = [event for event in io.events if isinstance(event, franca.ToolFinished)]
    assert first.error == "TimeoutError: the tool gave no result within 5 s; it may still be running"
    assert (first.seconds, second.seconds, second.text) == (5.0, 1.0, "did")
    assert io.jobs[0].dropped
    assert chat.history[-1].content == "done"


def test_a_result_that_came_at_the_last_moment_counts(loop):
    """Done is done, even when the time is over by now."""

    def just(io, jobs, until):
        io.clock.now = until + 1
        io.jobs[0].done = True

    tools, io = loop([asks("act", "later"), SAYS], [just], tool_timeout=5.0)
    io.waits.append(finish(1))
    run(tools.flow(), io)
    told = [event.text for event in io.events if isinstance(event, franca.ToolFinished)]
    assert told == ["did", "TimeoutError: the tool gave no result within 5 s; it was cancelled"]


def test_done_between_the_looks(loop):
    """One that gets done while another's result is told is not given up for its time."""

    def after(call, result):
        io.jobs[1].done = True
        io.clock.now += 100

    tools, io = loop([asks("act", "act"), SAYS], [finish(0)], tool_timeout=5.0, after_call=after)
    run(tools.flow(), io)
    assert [event.text for event in io.events if isinstance(event, franca.ToolFinished)] == ["did", "did"]


def test_the_deadline_between_turns_and_amid_tools(loop, clock):
    """What runs is dropped; each turn gets what is left."""
    tools, io = loop([asks("act")], [pass_time], deadline=10.0)
    with pytest.raises(TimedOut, match="while act ran") as caught:
        run(tools.flow(), io)
    assert io.jobs[0].dropped
    assert caught.value.phase == "deadline"

    def slow(io, jobs, until):
        io.clock.now += 11
        io.jobs[0].done = True

    tools, io = loop([asks("act")], [slow], deadline=10.0)
    with pytest.raises(TimedOut, match="between two turns") as caught:
        run(tools.flow(), io)
    assert [message.role for message in caught.value.partial.history] == ["user", "assistant", "tool"]
    tools, io = loop([asks("act"), SAYS], [finish(0)], deadline=10.0)
    run(tools.flow(), io)
    assert io.asked[1].until == io.asked[0].until  # one deadline for both


def test_what_waits_is_named_when_nothing_runs(loop):
    """With one at a time, the deadline may pass between two calls."""

    def slow(io, jobs, until):
        io.clock.now += 11
        io.jobs[0].done = True

    tools, io = loop([asks("act", "later")], [slow], deadline=10.0, parallel=1)
    with pytest.raises(TimedOut, match="while later ran"):
        run(tools.flow(), io)


def test_an_interrupt_drops_what_runs(loop):
    """And passes."""

    def interrupt(io, jobs, until):
        raise KeyboardInterrupt

    tools, io = loop([asks("act", "later")], [interrupt])
    with pytest.raises(KeyboardInterrupt):
        run(tools.flow(), io)
    assert [job.dropped for job in io.jobs] == [True, True]


def test_closing_the_flow_drops_what_runs(loop):
    """As a stream that is left."""
    tools, io = loop([asks("act")])
    flow = tools.flow()
    step = next(flow)
    while step[0] != "wait":
        step = flow.send(getattr(io, step[0])(*step[1:]))
    flow.close()
    assert io.jobs[0].dropped


def test_one_error_drops_the_others(loop):
    """A tool that stops the loop stops what runs beside it."""

    def stop(io, jobs, until):
        io.jobs[0].done = True
        io.jobs[0].error = ToolsUnfinished("stop")

    tools, io = loop([asks("act", "later")], [stop])
    with pytest.raises(ToolsUnfinished, match="stop"):
        run(tools.flow(), io)
    assert io.jobs[1].dropped


class Stream:
    """A scripted reply that is read block by block."""

    status = 200
    headers = Headers({"content-type": "text/event-stream"}.items())

    def __init__(self, *blocks):
        self.blocks, self.ended = list(blocks), []

    def release(self):
        self.ended.append("released")

    def close(self):
        self.ended.append("closed")


EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
END = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


def test_a_streamed_turn(loop):
    """Events are handed out as they come, one at a time; the reply is given back at the end."""
    reply = Stream(EVENT, END)
    tools, io = loop([reply], streamed=True)
    flow = tools.flow()
    assert tools.so_far() is None
    assert advance(flow, io).content == "Hi"
    assert tools.so_far().content == "Hi"
    assert advance(flow, io).finish_reason == "stop"
    with pytest.raises(StopIteration) as stop:
        advance(flow, io)
    assert stop.value.value.content == "Hi"
    assert reply.ended == ["released"]
    assert tools.so_far().content == "Hi"


def test_a_streamed_turn_that_breaks(loop):
    """The reply is closed, and the error has what came."""
    reply = Stream(EVENT, ConnectionLost("gone", began=True))
    tools, io = loop([reply], streamed=True)
    with pytest.raises(franca.StreamBroken) as caught:
        run(tools.flow(), io)
    assert caught.value.partial.content == "Hi"
    assert caught.value.partial.history[0].content == "Hello"
    assert reply.ended == ["closed"]
    assert len(io.events) == 1


@pytest.mark.parametrize("left", [True, False])
def test_a_streamed_turn_that_is_left(loop, left):
    """Closed or interrupted: the reply is closed at once."""
    reply = Stream(EVENT, KeyboardInterrupt())
    tools, io = loop([reply], streamed=True)
    flow = tools.flow()
    advance(flow, io)
    if left:
        flow.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            advance(flow, io)
    assert reply.ended == ["closed"]


def test_the_deadline_may_pass_while_it_is_looked_at(make_session, answer, monkeypatch, clock):
    """What is left of it is read once: read twice, nothing could be left of it for the request, which is no mistake of
    the caller's."""
    tools = ToolLoop(make_session(), "Hello", [act], None, None, {"deadline": 10.0}, coroutines=True, streamed=False)
    times = iter([1009.5])
    monkeypatch.setattr(tools._ask, "_clock", lambda: next(times, 1010.0))
    assert run(tools.flow(), Io(clock, [answer(SAYS)])).content == "done"
