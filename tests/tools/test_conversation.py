"""`Conversation`: what it keeps, what it sends, and how it is saved."""

from __future__ import annotations

import copy
import json
import os
import stat

import pytest

import franca
from franca import BadUsage, Conversation
from franca.io.fake import FakeTransport

from .scripts import asks, call, says


def count(messages):
    """A token each character of content, and one each message."""
    return sum(1 + len(message.get("content") or "") for message in messages)


def tool_round(id, text="r"):
    """An answer that asks for a tool, and the result."""
    return [
        {"role": "assistant", "content": None, "tool_calls": [call("f", {}, id)]},
        {"role": "tool", "tool_call_id": id, "content": text},
    ]


def contents(messages):
    return [message["content"] for message in messages]


# ---- what goes in, what comes out -------------------------------------------------------------------


def test_what_may_be_added():
    """Text of the user, messages of both kinds, the answer in a Chat."""
    chat = franca.Client("http://fake/v1", model="m", transport=FakeTransport([says("Hi")])).chat("x")
    talk = Conversation("Be brief.").add(
        "Hello", franca.assistant_message("Yes?"), {"role": "user", "content": "Go"}, chat
    )
    assert [message.role for message in talk] == ["system", "user", "assistant", "user", "assistant"]
    assert talk.messages[-1] == chat.message
    assert len(talk) == 5
    assert [message.role for message in Conversation(franca.developer_message("x"))] == ["developer"]
    assert [message.role for message in Conversation({"role": "system", "content": "x"})] == ["system"]


def test_a_chat_of_a_tool_loop_adds_what_is_new():
    """The rounds of its tools and the answer, but not again what was given."""

    def f() -> str:
        """F."""
        return "result"

    script = FakeTransport([asks(call("f")), says("done"), says("again")])
    client = franca.Client("http://fake/v1", model="m", transport=script)
    talk = Conversation("Be brief.").add("Hello")
    talk.add(client.run_tools(talk, [f]))
    assert [message.role for message in talk] == ["system", "user", "assistant", "tool", "assistant"]
    talk.add("And?")
    client.chat(talk)
    assert script.bodies[-1]["messages"] == [message.to_dict() for message in talk]


def test_an_error_of_a_tool_loop_can_be_added():
    """Its partial Chat has the rounds that were finished."""

    def f() -> str:
        """F."""
        return "result"

    client = franca.Client("http://fake/v1", model="m", transport=FakeTransport([asks(call("f"))] * 2))
    talk = Conversation().add("Hello")
    with pytest.raises(franca.ToolsUnfinished) as caught:
        client.run_tools(talk, [f], max_turns=2)
    talk.add(caught.value.partial)
    assert [message.role for message in talk] == ["user", "assistant", "tool"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (5, r"add: messages\[1\]: expected text, a Message, a dict or a Chat, got int"),
        (["x"], "got list"),
        ({"content": "x"}, "a message needs its role"),
        (franca.Chat({"choices": []}), "this Chat has no choices"),
    ],
)
def test_what_may_not_be_added(wrong, told):
    """Then nothing is."""
    talk = Conversation()
    with pytest.raises(BadUsage, match=told):
        talk.add("fine", wrong)
    assert len(talk) == 0


def test_nothing_is_shared():
    """What went in and what came out may be changed; the conversation stays as it was."""
    given = {"role": "user", "content": [{"type": "text", "text": "a"}]}
    talk = Conversation().add(given)
    given["content"][0]["text"] = "b"
    for handed in (talk.messages, talk.window(), list(talk), talk.__messages__(), copy.copy(talk).__messages__()):
        handed[0]["content"][0]["text"] = "c"
    fork = talk.fork()
    fork.add("more")
    assert talk.messages[0]["content"] == [{"type": "text", "text": "a"}]
    assert (len(talk), len(fork)) == (1, 2)


def test_undo_takes_the_last_exchange_back():
    """From the last user message on; and tells what it took."""
    talk = Conversation("s").add(
        "one", franca.assistant_message("1"), "two", *tool_round("x"), franca.assistant_message("2")
    )
    assert contents(talk.undo()) == ["two", None, "r", "2"]
    assert contents(talk.messages) == ["s", "one", "1"]
    assert contents(talk.undo()) == ["one", "1"]
    assert talk.undo() == ()
    assert contents(talk.messages) == ["s"]


def test_the_rest():
    """A short repr, a length that does not make an empty one false, an estimate."""
    talk = Conversation(limit=1000)
    assert talk
    assert repr(talk) == "<Conversation: 0 messages, limit=1000>"
    assert (talk.limit, talk.reserve) == (1000, 250)
    assert repr(Conversation("s")) == "<Conversation: 1 message>"
    assert (Conversation().limit, Conversation().reserve, Conversation(limit=10**6).reserve) == (None, 0, 4096)
    assert Conversation("a long text of some words").tokens > Conversation("text").tokens
    assert Conversation(estimate=count).add("abc").tokens == 4


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"limit": 0}, "limit is a number of tokens above 0"),
        ({"limit": True}, "limit is a number of tokens"),
        ({"reserve": -1}, "reserve is a number of tokens"),
        ({"limit": 10, "reserve": 10}, r"reserve \(10\) leaves nothing of the limit \(10\)"),
        ({"trim": "newest"}, 'trim is "oldest", "error" or a function'),
        ({"estimate": 5}, "estimate is a function, not int"),
        ({"system": 5}, "system: expected text, a Message"),
    ],
)
def test_wrong_settings(options, told):
    with pytest.raises(BadUsage, match=told):
        Conversation(**options)


# ---- the window -------------------------------------------------------------------------------------


def window(*messages, room, system="S", **options):
    """What is sent of these messages when `room` tokens are left."""
    talk = Conversation(system, limit=room, reserve=0, estimate=count, **options).add(*messages)
    return contents(talk.window())


def answer(text):
    return franca.assistant_message(text)


def test_everything_is_sent_that_fits():
    """To the last token, and without a limit anything."""
    assert window("aa", answer("bb"), "cc", room=11) == ["S", "aa", "bb", "cc"]
    assert contents(Conversation().add("x" * 10**6).window()) == ["x" * 10**6]


def test_the_oldest_exchanges_go_first():
    """Whole, so that what is sent begins with a user message; the system message stays."""
    talk = ("aa", answer("bb"), "cc", answer("dd"), "ee")
    assert window(*talk, room=16) == ["S", "cc", "dd", "ee"]
    assert window(*talk, room=11) == ["S", "cc", "dd", "ee"]
    assert window(*talk, room=10) == ["S", "ee"]
    assert window(*talk, room=5) == ["S", "ee"]
    assert window(answer("hello"), *talk, room=17) == ["S", "aa", "bb", "cc", "dd", "ee"]


def test_rounds_of_tools_go_whole():
    """The oldest ones since the last user message; the newest always stays, with its results."""
    talk = ("aa", *tool_round("x", "1"), *tool_round("y", "22"), *tool_round("z", "333"))
    whole = 2 + 3 + 3 + 4 + 5
    assert window(*talk, room=whole) == ["S", "aa", None, "1", None, "22", None, "333"]
    assert window(*talk, room=whole - 1) == ["S", "aa", None, "22", None, "333"]
    assert window(*talk, room=whole - 4) == ["S", "aa", None, "333"]
    with pytest.raises(BadUsage, match="are about 10 tokens, more than the 9 that the limit leaves"):
        window(*talk, room=9)


def test_results_without_their_call_are_a_round_too():
    """Of a history that somebody cut."""
    orphan = {"role": "tool", "tool_call_id": "x", "content": "1"}
    assert window("aa", orphan, answer("bb"), room=8) == ["S", "aa", "bb"]


def test_without_a_user_message_the_newest_stays():
    assert window(answer("aa"), answer("bb"), room=5) == ["S", "bb"]
    assert window(answer("aa"), room=5) == ["S", "aa"]
    with pytest.raises(BadUsage, match="about 5 tokens, more than the 4"):
        window(answer("aa"), room=4)


def test_every_room_gives_a_valid_window():
    """At any limit: system first, then a user message; each result behind its call; never more than fits; and with
    more room never less."""
    talk = Conversation("S", estimate=count)
    for turn in range(4):
        talk.add(f"{turn}" * turn, *tool_round(f"x{turn}"), *tool_round(f"y{turn}", "long result"), answer("ok"))
    whole, before = count(talk.__messages__()), 0
    for room in range(1, whole + 2):
        some = Conversation("S", limit=room, reserve=0, estimate=count).add(*talk.messages[1:])
        try:
            sent = some.__messages__()
        except BadUsage:
            assert before == 0
            continue
        assert count(sent) <= room
        assert len(sent) >= before
        before = len(sent)
        assert [message["role"] for message in sent[:2]] == ["system", "user"]
        assert sent[-1] == talk.messages[-1]
        known = set()
        for message in sent:
            known |= {one["id"] for one in message.get("tool_calls", ())}
            assert message["role"] != "tool" or message["tool_call_id"] in known
    assert before == len(talk)


def test_the_reserve_is_kept_free():
    talk = Conversation(limit=20, reserve=15, estimate=count).add("aaa", answer("b"), "cc")
    assert contents(talk.window()) == ["cc"]


def test_trim_error():
    """Nothing is left out without a word."""
    with pytest.raises(BadUsage, match="the conversation is about 10 tokens, more than the 9"):
        window("aaaa", answer("b"), "", room=9, trim="error")


def test_a_trim_function():
    """It gets all messages and the room, and only when there is need; what it returns must fit."""
    seen = []

    def last(messages, room):
        seen.append((contents(messages), room))
        return messages[-1:]

    assert window("aa", "b", room=4, trim=last) == ["b"]
    assert window("aa", "b", room=100, trim=last) == ["S", "aa", "b"]
    assert seen == [(["S", "aa", "b"], 4)]
    with pytest.raises(BadUsage, match="what the trim function left is about 7 tokens"):
        window("aa", "b", room=4, trim=lambda messages, room: messages)
    assert window("aa", "b", room=4, trim=lambda messages, room: "abc") == ["abc"]


def test_an_estimate_that_is_no_number():
    with pytest.raises(BadUsage, match="the estimate function returned str"):
        _ = Conversation(estimate=lambda messages: "many").tokens
    for wrong in (float("nan"), float("inf"), -1):
        with pytest.raises(BadUsage, match=f"the estimate function returned {wrong}, which is no number"):
            _ = Conversation(estimate=lambda messages, wrong=wrong: wrong).tokens


def test_an_estimate_gets_copies():
    """What a function of the caller's does to its messages changes neither what is kept nor what is sent."""

    def estimate(messages):
        for message in messages:
            message["content"] = "mine"
        messages.clear()
        return 1

    talk = Conversation(limit=8, estimate=estimate).add("a", answer("b"), "c")
    assert talk.tokens == 1
    assert contents(talk.window()) == ["a", "b", "c"]
    assert contents(talk.messages) == ["a", "b", "c"]


def test_a_message_in_a_circle():
    """It has no JSON, and a copy of it would never end."""
    circle = {"role": "user", "content": []}
    circle["content"].append(circle)
    with pytest.raises(BadUsage, match=r"add: messages\[1\]: the message is nested too deeply, or in a circle"):
        Conversation().add("fine", circle)
    odd = Conversation().add({"role": "user", "content": [franca.user_message("x"), {1: float("nan")}]})
    assert len(odd) == 1


def test_the_default_estimate_trims():
    """franca's own, without downloads."""
    talk = Conversation("Be brief.", limit=400)
    for turn in range(50):
        talk.add(f"Question {turn} about the weather in a town.", answer(f"Answer {turn}: it is sunny there."))
    talk.add("The last question.")
    sent = talk.window()
    assert len(talk) == 102
    assert 3 < len(sent) < 60
    assert sent[0].role == "system"
    assert sent[-1].content == "The last question."


# ---- saved ------------------------------------------------------------------------------------------


def test_json_there_and_back():
    """Messages and settings, every field of a message."""
    talk = Conversation("Be brief.", limit=500, reserve=7, trim="error").add(
        {"role": "user", "content": [{"type": "text", "text": "ä€😀"}]},
        *tool_round("x"),
        {"role": "assistant", "odd": None},
    )
    again = Conversation.from_json(talk.to_json())
    assert again.messages == talk.messages
    assert (again.limit, again.reserve) == (500, 7)
    assert again.to_json() == talk.to_json()
    assert Conversation.from_json(talk.to_json().encode(), trim="oldest").to_json() != talk.to_json()


def test_a_trim_function_is_asked_for_again():
    """It cannot be saved, and must not be replaced in silence."""

    def keep(messages, room):
        return messages

    text = Conversation(trim=keep).add("x").to_json()
    with pytest.raises(BadUsage, match=r"give it as trim=\.\.\."):
        Conversation.from_json(text)
    assert len(Conversation.from_json(text, trim=keep, estimate=count)) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", 'it has no "kind"'),
        ('{"messages": []}', 'it has no "kind"'),
        ('{"kind": "franca.conversation"}', "no version, but None"),
        ('{"kind": "franca.conversation", "version": 2}', "of version 2, and this franca reads up to 1"),
        ('{"kind": "franca.conversation", "version": 1}', "no list of messages"),
        ('{"kind": "franca.conversation", "version": 1, "messages": [{"role": "user"}, 5]}', r"messages\[1\]"),
        ('{"kind": "franca.conversation", "version": 1, "messages": [], "limit": "x", "trim": "error"}', "limit is"),
        ('{"kind": "franca.conversation", "version": 1, "messages": [], "trim": 5}', "trim is"),
    ],
)
def test_garbage_is_refused(text, told, tmp_path):
    """With what is wrong, and in a file with its name."""
    with pytest.raises(BadUsage, match=told):
        Conversation.from_json(text)
    place = tmp_path / "talk.json"
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadUsage, match=rf"talk\.json: .*{told}"):
        Conversation.load(place)


def test_files(tmp_path):
    """Only for their owner, replaced whole, through a link to where it leads."""
    place = tmp_path / "talk.json"
    talk = Conversation("s").add("one")
    talk.save(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    link = tmp_path / "link.json"
    link.symlink_to(place)
    talk.add("two").save(str(link))
    assert link.is_symlink()
    assert Conversation.load(place).messages == talk.messages
    assert json.loads(place.read_text())["version"] == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.json", "talk.json"]


def test_files_that_cannot_be(tmp_path):
    """Told with the path; what was there stays as it was."""
    talk = Conversation("s")
    with pytest.raises(BadUsage, match="there is no folder"):
        talk.save(tmp_path / "no" / "talk.json")
    with pytest.raises(BadUsage, match="is a folder"):
        talk.save(tmp_path)
    with pytest.raises(BadUsage, match=r"none\.json: cannot be read: No such file"):
        Conversation.load(tmp_path / "none.json")
    place = tmp_path / "talk.json"
    talk.save(place)
    with pytest.raises(BadUsage, match="nan is no JSON number"):
        talk.add({"role": "user", "content": float("nan")}).save(place)
    assert len(Conversation.load(place)) == 1
    with pytest.raises(BadUsage, match="cannot be written: File name too long"):
        Conversation("s").save(tmp_path / ("x" * 250))
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(BadUsage, match="cannot be written: Permission denied"):
            Conversation("s").save(place)
        tmp_path.chmod(0o700)
    assert [one.name for one in tmp_path.iterdir()] == ["talk.json"]
