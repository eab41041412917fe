"""Calls that look as if they fitted, answers that look like answers, and loops that are stopped amid their tools."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum

import pytest

import franca
from franca import RateLimits, ToolsUnfinished
from franca.io.aio_jobs import TaskJob
from franca.io.fake import AsyncFakeTransport, FakeTransport

from .scripts import asks, call, says, streamed


@dataclass
class Filter:
    """Which files."""

    name: str | None = None


class Colour(str, Enum):  # noqa: UP042 - a StrEnum prints as its value anyway
    """A colour."""

    RED = "red"


def told(bodies):
    return [message["content"] for message in bodies[-1]["messages"] if message["role"] == "tool"]


def test_a_misspelt_name_inside_an_argument_is_not_run(kind):
    """A dataclass passes over it, and its default would mean every file. The schema that was offered is closed."""
    ran = []

    def delete(files: Filter) -> str:
        """Delete files."""
        ran.append(files)
        return "deleted"

    script = [
        asks(call("delete", {"files": {"nmae": "x"}})),
        asks(call("delete", {"files": {"name": "x"}})),
        says("ok"),
    ]
    _, bodies = kind.play(script, [delete])
    assert ran == [Filter("x")]
    assert told(bodies) == [
        "Error: this call was not run: the arguments do not fit:\n- files.nmae: no such argument; there are: name",
        "deleted",
    ]


def test_a_pydantic_model_s_unknown_names_are_refused(whole):
    """pydantic ignores what it does not know unless the model says `extra`."""
    pydantic = pytest.importorskip("pydantic")

    class Closed(pydantic.BaseModel):
        a: int = 0

    class Open(pydantic.BaseModel, extra="allow"):
        a: int = 0

    def act(closed: Closed | None = None, open: Open | None = None) -> str:
        return repr(closed or open)

    act.__annotations__ = {"closed": Closed | None, "open": Open | None, "return": str}
    script = [asks(call("act", {"closed": {"b": 1}}), call("act", {"open": {"b": 1}}, id="call_2")), says("ok")]
    _, bodies = whole.play(script, [act])
    assert "closed.b: no such argument; there are: a" in told(bodies)[0]
    assert told(bodies)[1] == "Open(a=0, b=1)"


def test_a_name_that_is_given_twice_is_not_run(kind):
    """Which of the values is meant nobody knows; `before_call` might have been shown another than the function gets."""
    ran = []

    def pay(amount: int) -> None:
        """Pay."""
        ran.append(amount)

    tool = franca.Tool("send", "Send", {"type": "object"}, lambda **given: ran.append(given))
    wrong = '{"amount": 1, "amount": 1000}'
    _, bodies = kind.play([asks(call("pay", wrong), call("send", wrong, id="call_2")), says("ok")], [pay, tool])
    assert ran == []
    assert all("amount: given more than once" in text for text in told(bodies))


def test_an_enum_that_is_a_str_is_told_by_its_value(whole):
    """As its JSON would be, not as `Colour.RED`."""

    def pick() -> Colour:
        """Pick."""
        return Colour.RED

    _, bodies = whole.play([asks(call("pick")), says("ok")], [pick])
    assert told(bodies) == ["red"]


def test_a_result_whose_json_cannot_be_made_is_told(kind):
    """The tool ran: an exception of its result must not hide that from the model, nor end the loop."""

    class Odd:
        def tolist(self):
            raise RuntimeError("gone")

    def act() -> object:
        """Act."""
        return Odd()

    _, bodies = kind.play([asks(call("act")), says("ok")], [act])
    assert told(bodies) == ["TypeError: the tool ran, but its result is no JSON: RuntimeError: gone"]


def test_an_answer_that_asks_for_tools_and_has_none_is_no_answer(kind):
    """The finish reason says that calls were made, and none arrived: that is not the model's answer."""
    with pytest.raises(ToolsUnfinished, match=r"says that it asks for tools .*holds no call") as caught:
        kind.play([asks(finish="tool_calls")], [])
    assert caught.value.partial.finish_reason == "tool_calls"
    chat, _ = kind.play([says("Here you are.", finish="tool_calls")], [])
    assert chat.content == "Here you are."


class Stop(BaseException):
    """As KeyboardInterrupt, which would end pytest."""


@pytest.mark.parametrize("error", [Stop(), ValueError("mine")], ids=["interrupt", "error"])
def test_what_ran_before_an_exception_of_a_hook_stays_in_the_history(error):
    """The loop's exception is the program's own; `partial` must still say which calls were run, or they would be run
    twice by who goes on from it."""

    def act(n: int) -> int:
        """Act."""
        return n

    def after(call, result):
        if result == 2:
            raise error

    script = [streamed(asks(call("act", {"n": 1}), call("act", {"n": 2}, id="call_2"))), streamed(says("ok"))]
    stream = franca.Client("http://fake/v1", model="m", transport=FakeTransport(script)).run_tools_stream(
        "Go", [act], parallel=1, after_call=after
    )
    with pytest.raises(type(error)):
        stream.finish()
    results = [message.content for message in stream.partial.history if message.role == "tool"]
    assert results == ["1", "Error: the program stopped before this call had a result; it had begun"]


def test_a_stream_that_is_left_amid_its_tools_has_them_in_its_history():
    """As above, for `break`."""

    def act(n: int) -> int:
        """Act."""
        return n

    script = [streamed(asks(call("act", {"n": 1}), call("act", {"n": 2}, id="call_2")))]
    client = franca.Client("http://fake/v1", model="m", transport=FakeTransport(script))
    with client.run_tools_stream("Go", [act], parallel=1) as stream:
        for event in stream:
            if isinstance(event, franca.ToolFinished):
                break
    results = [message.content for message in stream.partial.history if message.role == "tool"]
    assert results == ["1", "Error: the program stopped before this call had a result"]


def test_a_task_that_is_cancelled_before_it_began_has_no_result():
    """Or a tool that never ran would have returned None."""

    async def main():
        async def act() -> str:
            raise AssertionError("it never runs")

        job = TaskJob(act, {}, coroutine=True)
        job.task.cancel()
        await asyncio.wait([job.task])
        return job

    job = asyncio.run(main())
    assert job.done
    assert isinstance(job.error, asyncio.CancelledError)


@pytest.mark.parametrize("parallel", [1, 8])
def test_tools_and_hooks_may_ask_the_same_client(kind, parallel):
    """Also when it lets one call run at a time: an answer has given up its place before its tools run."""
    inner = says("inner")
    script = [streamed(item) if kind.streams else item for item in (asks(call("ask")), says("outer"))]
    script[1:1] = [inner, inner]  # plain chats, also amid a streamed loop
    transport = (AsyncFakeTransport if kind.asynchronous else FakeTransport)(script)
    made = franca.AsyncClient if kind.asynchronous else franca.Client
    client = made("http://fake/v1", model="m", transport=transport, limits=RateLimits(concurrency=1))

    if kind.asynchronous:

        async def ask() -> str:
            """Ask."""
            return (await client.chat("x")).content

        async def before(call):
            await client.chat("y")
    else:

        def ask() -> str:
            """Ask."""
            return client.chat("x").content

        def before(call):
            client.chat("y")

    chat = kind.run_tools(client, "Go", [ask], parallel=parallel, before_call=before, deadline=30)
    assert chat.content == "outer"
