"""What goes through the gateway goes through byte for byte, in both directions."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from gw_relay import DONE, USAGE, Call, Caller, Puppet, answer_of, body_of, chunk_of, event_of, only, relaying

ODD = (
    b'{"messages":[{"role":"user","content":"a\\u00e9\\ud83d\\ude00 \\/ \xc3\xa9"}],  '
    b'"seed" : 123456789012345678901234567890,'
    b'\n"temperature":1.0E-00,"top_p":0.10000000000000000555, "logit_bias":{"2":-1e2,"1":5}, "zz":null,"a":[ 1 , 2.50 ]'
)


def sent(head: bytes, model: bytes = b"m") -> bytes:
    """The odd body as it must reach a server."""
    return b'{"model":"%s",%s' % (model, head)


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_the_rest_of_a_body_reaches_the_server_as_it_came(tmp_path: Path, where: str) -> None:
    """Order, numbers of any size, escapes of every value stay; only `model` is another, and stands first."""
    members = ODD[1:].split(b"  ", 1)
    model = b'"model":"sim/m"'
    body = {
        "first": b"{" + model + b"," + ODD[1:] + b"}",
        "middle": b"{" + members[0] + model + b"," + members[1] + b"}",
        "last": ODD + b"," + model + b"}",
    }[where]
    with Puppet(lambda call: call.reply(answer_of())) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.ask("POST", "/v1/chat/completions", body).status == 200
        got = server.calls[0].body
    for value in (
        b'"a\\u00e9\\ud83d\\ude00 \\/ \xc3\xa9"',
        b"123456789012345678901234567890",
        b"1.0E-00",
        b"0.10000000000000000555",
        b'{"2":-1e2,"1":5}',
        b"null",
        b"[ 1 , 2.50 ]",
    ):
        assert value in got
    assert list(json.loads(got)) == ["model", "messages", "seed", "temperature", "top_p", "logit_bias", "zz", "a"]
    assert json.loads(got)["model"] == "m"
    assert server.calls[0].target == "/v1/chat/completions"


def test_a_name_that_comes_twice_is_sent_once(tmp_path: Path) -> None:
    """No two readers can disagree about a body: of a name that comes twice the last counts, and it alone is sent on;
    an escaped `model` is the model too."""
    body = b'{"model":"other/x","messages":[],"temperature":1,"temperature":2,"\\u006dodel":"sim/m"}'
    with Puppet(lambda call: call.reply(answer_of())) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.ask("POST", "/v1/chat/completions", body).status == 200
        assert server.calls[0].body == b'{"model":"m","messages":[],"temperature":2}'


def test_a_model_with_slashes_and_quotes_is_spliced_as_json(tmp_path: Path) -> None:
    """What follows the server's name is the model, whatever is in it."""
    name = 'org/"a\\b"é:free'
    with Puppet(lambda call: call.reply(answer_of())) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.chat(f"sim/{name}").status == 200
        assert server.calls[0].json()["model"] == name


ANSWERS = [
    b'{"id":"x","choices":[{"message":{"content":"\\u00e9 \xc3\xa9 \\ud83d"}}],'
    b'"usage":{"prompt_tokens":1,  "x":1e400},"n":NaN}',
    b' \n{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}\n\n',
    json.dumps(answer_of("long " * 1_000_000)).encode(),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=["odd", "spaces", "five-megabytes"])
def test_a_whole_answer_comes_as_the_server_sent_it(tmp_path: Path, answer: bytes) -> None:
    """A body of any size, with what no JSON reader likes in it, is the server's to the byte."""
    with Puppet(lambda call: call.reply(answer)) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.chat("sim/m")
        assert (got.status, got.body == answer) == (200, True)
        assert got.headers["content-type"] == "application/json"
        assert only(gateway).outcome == "ok"


def test_a_long_answer_tells_its_usage_though_it_is_not_kept(tmp_path: Path) -> None:
    """Of an answer of several megabytes the tokens at its end are counted all the same."""
    with (
        Puppet(lambda call: call.reply(ANSWERS[2])) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        assert gateway.chat("sim/m").status == 200
        assert (only(gateway).prompt_tokens, only(gateway).completion_tokens) == (3, 4)


def test_a_compressed_answer_comes_decompressed(tmp_path: Path) -> None:
    """What a server compressed is the caller's as plain bytes, with no header that says otherwise."""
    body = json.dumps(answer_of()).encode()

    def play(call: Call) -> None:
        call.reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.chat("sim/m")
        assert got.body == body
        assert got.headers["content-encoding"] is None


STREAMS = {
    "plain": [chunk_of("He"), chunk_of("llo"), chunk_of(None, "stop"), DONE],
    "crlf": [
        chunk_of("He").replace(b"\n", b"\r\n"),
        chunk_of(None, "stop").replace(b"\n", b"\r\n"),
        b"data: [DONE]\r\n\r\n",
    ],
    "cr": [chunk_of("He").replace(b"\n", b"\r"), chunk_of(None, "stop").replace(b"\n", b"\r"), b"data: [DONE]\r\r"],
    "comments": [
        b": OPENROUTER PROCESSING\n\n",
        chunk_of("é"),
        b": more\n\n",
        b"event: x\nid: 7\n" + chunk_of(None, "stop"),
        DONE,
    ],
    "multi-line": [
        b'data: {"id":"q",\ndata: "choices":[{"index":0,"delta":{"content":"x"}}]}\n\n',
        chunk_of(None, "stop"),
        DONE,
    ],
    "unknown-events": [chunk_of("a"), event_of({"odd": 1}), b"data: not json\n\n", chunk_of(None, "stop"), DONE],
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("how", ["event", "byte", "random", "all"])
def test_a_stream_comes_as_the_server_sent_it(tmp_path: Path, name: str, how: str) -> None:
    """However a stream is cut into chunks, the caller gets its bytes, in their order and none besides."""
    whole = b"".join(STREAMS[name])
    chance = random.Random(f"{name}{how}")

    def play(call: Call) -> None:
        call.begin_stream()
        place = 0
        while place < len(whole):
            size = {"byte": 1, "random": chance.randrange(1, 40), "all": len(whole)}.get(how, len(STREAMS[name][0]))
            call.piece(whole[place : place + size])
            place += size
        call.end()

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.chat("sim/m", stream=True)
        assert got.body == whole
        assert got.headers["content-type"].startswith("text/event-stream")
        assert got.headers["x-accel-buffering"] == "no"
        assert only(gateway).outcome == "ok"


def test_events_come_when_they_come(tmp_path: Path) -> None:
    """An event is with the caller before the server writes the next one."""
    gates: list[Any] = []

    def play(call: Call) -> None:
        call.begin_stream()
        for number in range(3):
            call.piece(chunk_of(f"<{number}>"))
            assert gates.pop().wait(10)
        call.piece(chunk_of(None, "stop") + DONE)
        call.end()

    import threading

    waits = [threading.Event() for _ in range(3)]
    gates += reversed(waits)
    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
        Caller(gateway).chat("sim/m", stream=True) as caller,
    ):
        for number, gate in enumerate(waits):
            caller.until(b"<%d>" % number)
            gate.set()
        caller.until(b"0\r\n\r\n")


@pytest.mark.parametrize("glued", [False, True])
@pytest.mark.parametrize(
    ("options", "hidden"),
    [
        (None, True),
        ({"include_usage": True}, False),
        ({"include_usage": False}, True),
        ({"include_obfuscation": False}, True),
    ],
)
def test_usage_is_asked_for_and_kept_from_who_did_not_ask(
    tmp_path: Path, options: dict[str, bool] | None, hidden: bool, glued: bool
) -> None:
    """The server is always asked for the usage of a stream; its event reaches only a caller who asked too, and what
    else stands in the stream options is left. The books have the tokens either way."""
    pieces = [chunk_of("Hi"), chunk_of(None, "stop"), USAGE, DONE]
    more = {} if options is None else {"stream_options": options}

    def play(call: Call) -> None:
        call.stream([b"".join(pieces)] if glued else pieces)

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.chat("sim/m", stream=True, **more)
        assert server.calls[0].json()["stream_options"] == {**(options or {}), "include_usage": True}
        assert got.body == b"".join(one for one in pieces if not (hidden and one is USAGE))
        assert (only(gateway).prompt_tokens, only(gateway).completion_tokens) == (3, 2)


def test_usage_beside_choices_is_never_withheld(tmp_path: Path) -> None:
    """An event that holds usage and an answer is the caller's."""
    pieces = [chunk_of("Hi"), chunk_of(None, "stop", usage={"prompt_tokens": 5, "completion_tokens": 6}), DONE]
    with Puppet(lambda call: call.stream(pieces)) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.chat("sim/m", stream=True).body == b"".join(pieces)
        assert only(gateway).completion_tokens == 6


def test_an_event_of_two_megabytes_goes_through(tmp_path: Path) -> None:
    """An event too long to be looked into reaches the caller unchanged (pictures come so)."""
    pieces = [chunk_of("Hi"), chunk_of("x" * 2_000_000), chunk_of(None, "stop"), DONE]
    with Puppet(lambda call: call.stream(pieces)) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.chat("sim/m", stream=True).body == b"".join(pieces)
        assert only(gateway).outcome == "ok"


def test_a_server_that_answers_a_stream_with_json_is_passed_on(tmp_path: Path) -> None:
    """A server that knows no streams answers with JSON, and says so to the caller."""
    with Puppet(lambda call: call.reply(answer_of())) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.chat("sim/m", stream=True)
        assert (got.headers["content-type"], got.json()) == ("application/json", answer_of())
        assert only(gateway).completion_tokens == 4


def test_a_form_reaches_the_server_with_its_file(tmp_path: Path) -> None:
    """A multipart request is sent on with the same parts, its model by the server's name for it."""
    edge = "----x42"
    audio = bytes(range(256)) * 200
    form = (
        (
            f'--{edge}\r\nContent-Disposition: form-data; name="model"\r\n\r\nsim/whisper\r\n--{edge}\r\n'
            f"Content-Disposition: "
            f'form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        ).encode()
        + audio
        + f"\r\n--{edge}--\r\n".encode()
    )
    with (
        Puppet(lambda call: call.reply({"text": "hi"})) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        got = gateway.ask("POST", "/v1/audio/transcriptions", form, headers=kind)
        assert got.json() == {"text": "hi"}
        assert server.calls[0].body == form.replace(b"sim/whisper", b"whisper")
        assert server.calls[0].headers["content-type"] == kind["Content-Type"]
        assert server.calls[0].target == "/v1/audio/transcriptions"


def test_speech_comes_as_the_server_sent_it(tmp_path: Path) -> None:
    """Sound is bytes of its own type, of unknown length."""
    sound = bytes(range(256)) * 30_000

    def play(call: Call) -> None:
        call.write(call.start(200, {"Content-Type": "audio/mpeg", "Transfer-Encoding": "chunked"}))
        for place in range(0, len(sound), 100_000):
            call.piece(sound[place : place + 100_000])
        call.end()

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.ask("POST", "/v1/audio/speech", {"model": "sim/tts", "input": "Hi"})
        assert (got.headers["content-type"], got.body == sound) == ("audio/mpeg", True)


def test_a_connection_serves_one_request_after_another(tmp_path: Path) -> None:
    """Kept-alive connections on both sides: the answers never mix, and the server sees one connection."""
    with (
        Puppet(lambda call: call.reply(answer_of(str(call.number)))) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        with Caller(gateway) as caller:
            for number in range(20):
                caller.got = b""
                caller.chat("sim/m").until(b'"total_tokens": 7}}')
                assert b'"content": "%d"' % number in body_of(caller.got)
        assert len({call.connection for call in server.calls}) == 1
