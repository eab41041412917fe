"""What the page asks of the gateway beside its models: settings, schemas from examples, whether a text fits."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
from gw_gateway import ThreadGateway, wait_until

from franca import __version__
from franca.gateway.page import api, judge

KEY = "sk-a-caller-0123456789"
SERVERS = ["https://*.example.com", "http://127.0.0.1:11434"]
QUIET = {"store": {"url": "none"}, "log": {"form": "off"}}
LIMIT = 256 * 1024


@pytest.fixture(scope="module")
def open_one():
    """A gateway for this machine alone, without keys."""
    with ThreadGateway(QUIET) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def keyed():
    """A gateway whose callers have keys, with an admin."""
    tables = {
        "gateway": {"admin_key": "an-admin-key-0123456789", "max_body": 1000 * 1000},
        "keys": {"ann": {"key": KEY}},
        "page": {"servers": SERVERS, "remote_images": False},
        "replay": {"enabled": False},
    }
    with ThreadGateway({**QUIET, **tables}) as gateway:
        yield gateway


def check(gateway, schema, text, **more):
    return gateway.ask("POST", "/page/api/check", {"schema": schema, "text": text}, **more)


# ---- settings ---------------------------------------------------------------------------------------


def test_settings_of_a_fresh_gateway(open_one):
    """No key is needed, none to read this, and nothing of it is kept by a browser."""
    answer = open_one.ask("GET", "/page/api/settings")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found == {
        "version": __version__, "keys": False, "status": False, "replay": True, "remote_images": True, "servers": [],
        "max_body": 32 * 1024 * 1024,
    }  # fmt: skip


def test_settings_tell_what_is_set_and_no_secret(keyed):
    """Before there is a key the page must know that one is wanted."""
    answer = keyed.ask("GET", "/page/api/settings")
    found = answer.json()
    assert (found["keys"], found["status"], found["remote_images"], found["replay"]) == (True, True, False, False)
    assert (found["servers"], found["max_body"]) == (SERVERS, 1000 * 1000)
    assert KEY.encode() not in answer.body
    assert b"an-admin-key" not in answer.body
    assert keyed.ask("HEAD", "/page/api/settings").body == b""


def test_without_the_page_there_is_none_of_it():
    """`page = false` takes its API away too."""
    with ThreadGateway({**QUIET, "gateway": {"page": False}}) as gateway:
        assert gateway.ask("GET", "/page/api/settings").status == 404
        assert gateway.ask("POST", "/page/api/schema", {"example": 1}).status == 404
        assert check(gateway, {}, "1").status == 404


# ---- who may ask ------------------------------------------------------------------------------------


def test_only_callers_with_a_key_may_ask(keyed):
    """It is work for the gateway, so it is for those who may use it."""
    for path, body in (("schema", {"example": 1}), ("check", {"schema": {}, "text": "1"})):
        assert keyed.ask("POST", f"/page/api/{path}", body).status == 401
        assert keyed.ask("POST", f"/page/api/{path}", body, key="sk-wrong").status == 401
        assert keyed.ask("POST", f"/page/api/{path}", body, key=KEY).status == 200


def test_pages_of_others_may_not_ask(open_one):
    """Without keys a page of another origin is a stranger here as everywhere."""
    answer = open_one.ask("POST", "/page/api/schema", {"example": 1}, headers={"Origin": "https://evil.example"})
    assert (answer.status, answer.json()["error"]["code"]) == (403, "foreign_origin")


def test_methods(open_one):
    """What is asked is posted, what is told is read."""
    assert open_one.ask("GET", "/page/api/schema").status == 405
    assert open_one.ask("POST", "/page/api/settings", {}).status == 405


def test_it_makes_no_row_of_usage(open_one):
    """No model was asked."""
    noted = []
    ledger = open_one.app.gateway.ledger
    original = ledger.note
    ledger.note = noted.append
    try:
        check(open_one, {}, "1")
        open_one.ask("POST", "/page/api/schema", {"example": 1})
        open_one.ask("GET", "/page/api/settings")
    finally:
        ledger.note = original
    assert noted == []


# ---- schemas from examples --------------------------------------------------------------------------


def test_a_schema_from_an_example(open_one):
    """The schema fits what it was made from."""
    example = {"name": "Ann", "age": 3, "tags": ["a"], "none": None}
    schema = open_one.ask("POST", "/page/api/schema", {"example": example}).json()["schema"]
    assert schema["type"] == "object"
    assert schema["properties"]["age"] == {"type": "integer"}
    assert check(open_one, schema, json.dumps(example)).json() == {"valid": True, "value": example}


@pytest.mark.parametrize("example", [None, 1, "text", [], {}, [1, "a", None]])
def test_any_json_is_an_example(open_one, example):
    """Also null, which is not the same as none."""
    assert open_one.ask("POST", "/page/api/schema", {"example": example}).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"), (b"[1]", "bad_json"), (b"{}", "missing_example"),
        (b'{"example": ' + b"[" * 300 + b"]" * 300 + b"}", "bad_example"),
        (b'{"example": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad_json"),
        (b'{"example": tru}', "bad_json"),
    ],
    ids=["empty", "list", "without", "deep", "deeper", "broken"],
)  # fmt: skip
def test_examples_that_are_none(open_one, body, code):
    """Each says what is wrong."""
    answer = open_one.ask("POST", "/page/api/schema", body)
    assert (answer.status, answer.json()["error"]["code"]) == (400, code)


def test_bodies_are_small(open_one):
    """256 KiB, however they come."""
    assert open_one.ask("POST", "/page/api/schema", b'{"example": "' + b"a" * LIMIT + b'"}').status == 413
    assert check(open_one, {}, json.dumps("a" * LIMIT)).status == 413


# ---- whether a text fits ----------------------------------------------------------------------------

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


def test_a_text_that_fits(open_one):
    """Its value comes back as it was written: a long number keeps its digits."""
    answer = check(open_one, {}, ' {"n": 123456789012345678901234567890.10} ')
    assert b"123456789012345678901234567890.10" in answer.body
    assert answer.json()["valid"] is True
    assert check(open_one, PERSON, '{"name": "Ann"}').json() == {"valid": True, "value": {"name": "Ann"}}
    assert check(open_one, True, "1").json() == {"valid": True, "value": 1}


def test_what_is_wrong_is_told_with_its_place(open_one):
    """A JSON Pointer and words, for each problem."""
    found = check(open_one, {"type": "array", "items": PERSON}, '[{"name": "A"}, {"name": 3, "age": -1}]').json()
    assert found["valid"] is False
    assert {one["path"] for one in found["problems"]} == {"/1/name", "/1/age"}
    assert any("a string" in one["message"] for one in found["problems"])
    assert "value" not in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": ', "the text is no JSON"), ("", "the text is no JSON"), ("Here: {}", "the text is no JSON"),
        ('{"name": "a", "name": "b"}', "name"), ("[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
    ids=["cut", "empty", "prose", "twice", "deep"],
)  # fmt: skip
def test_a_text_that_is_no_json(open_one, text, said):
    """One problem, which says where or why."""
    found = check(open_one, {}, text).json()
    assert found["valid"] is False
    assert found["problems"][0]["path"] == ""
    assert said in found["problems"][0]["message"]


@pytest.mark.parametrize(
    "schema",
    [{"type": "nothing"}, {"$ref": "https://evil.example/schema"}, {"$ref": "file:///etc/passwd"}, {"pattern": "("},
     {"required": "name"}],
    ids=["type", "remote", "file", "pattern", "required"],
)  # fmt: skip
def test_a_schema_that_is_none(open_one, schema):
    """400, in words; nothing is fetched for it."""
    answer = check(open_one, schema, "1")
    assert (answer.status, answer.json()["error"]["code"]) == (400, "bad_schema")


@pytest.mark.parametrize("body", [{"schema": {}}, {"text": "1"}, {"schema": 3, "text": "1"}, {"schema": {}, "text": 3}])
def test_a_request_that_is_none(open_one, body):
    """Both parts are needed, each of its kind."""
    assert open_one.ask("POST", "/page/api/check", body).status == 400


# ---- the hostile ones -------------------------------------------------------------------------------


def _doubling():
    rules = {f"r{n}": {"allOf": [{"$ref": f"#/$defs/r{n + 1}"}] * 2} for n in range(40)}
    return {"$defs": {**rules, "r40": {"type": "string"}}, "$ref": "#/$defs/r0"}


def _deep(depth):
    schema = {}
    for _ in range(depth):
        schema = {"properties": {"a": schema}}
    return schema


HOSTILE = {
    "doubling references": (_doubling(), "1"),
    "backtracking": ({"items": {"pattern": r"^(?:(a|aa)+)\1b$"}}, json.dumps(["a" * 40 + "!"] * 5000)),
    "a deep schema": (_deep(400), '{"a":' * 400 + "1" + "}" * 400),
    "a huge repetition": ({"items": {"pattern": r"^((a{1,500}){1,500}){1,500}$"}}, json.dumps(["a" * 5000] * 20)),
    "all the same": ({"uniqueItems": True}, json.dumps([{"a": n} for n in range(12_000)])),
    "turning in a circle": ({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "1"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_schemas_hold_nobody_up(open_one, name):
    """Each ends by itself or is ended, and the gateway answers others meanwhile."""
    schema, text = HOSTILE[name]
    held_up, done = [], threading.Event()

    def others():
        while not done.is_set():
            try:
                open_one.ask("GET", "/healthz", timeout=5)
            except OSError as error:
                held_up.append(error)

    asking = threading.Thread(target=others)
    asking.start()
    try:
        answer = check(open_one, schema, text, timeout=60)
    finally:
        done.set()
        asking.join()
    assert held_up == []
    assert answer.status in (200, 400)
    if answer.status == 400:
        assert answer.json()["error"]["code"] in ("too_hard", "bad_schema")


def test_one_that_takes_too_long_is_ended(open_one):
    """By the limits of its process, with an error that says so; the next one is checked as ever."""
    schema, text = HOSTILE["doubling references"]
    answer = check(open_one, schema, text, timeout=60)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "too_hard")
    assert check(open_one, {}, "1").json()["valid"] is True


def test_the_judge_has_nothing_of_our_environment(monkeypatch):
    """No key of a server is in the process that a stranger's schema runs in."""
    seen = {}

    class Done:
        stdout = b'{"valid": true}'

    def run(command, **options):
        seen.update(options)
        return Done

    monkeypatch.setenv("OPENAI_API_KEY", "sk-ours-0123456789")
    monkeypatch.setattr(api.subprocess, "run", run)
    assert api._judged(b"{}") == {"valid": True}
    assert set(seen["env"]) == {"PYTHONPATH", "PYTHONUTF8"}


def test_too_many_at_once_are_told_to_come_back(open_one, monkeypatch):
    """The queue is bounded."""
    hold, running = threading.Event(), []

    def slow(body):
        running.append(body)
        hold.wait(20)
        return {"valid": True}

    monkeypatch.setattr(api, "_judged", slow)
    most = api._AT_ONCE + api._WAITING
    answers = []
    callers = [threading.Thread(target=lambda: answers.append(check(open_one, {}, "1").status)) for _ in range(most)]
    try:
        for caller in callers:
            caller.start()
        wait_until(lambda: api._threads._room._value == 0, "all places to be taken")
        answer = check(open_one, {}, "1")
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        assert len(running) == api._AT_ONCE
    finally:
        hold.set()
        for caller in callers:
            caller.join()
    assert answers == [200] * most


def test_the_judge_judges():
    """The same without a process."""
    assert judge.judged(PERSON, '{"name": "A"}') == {"valid": True}
    assert judge.judged(PERSON, "{}")["problems"] == [
        {"path": "", "message": "expected the field 'name', which is missing"}
    ]
    assert "error" in judge.judged({"type": 3}, "1")


def test_what_the_judge_says_is_bounded():
    """Whoever asks writes the texts that it repeats: many times many would be far more than was sent."""
    long = judge.judged({"items": {"pattern": "a" * 20_000}}, json.dumps(["b"] * 100))["problems"]
    twice = judge.judged({}, "{" + ",".join(f'"{number % 100}":1' for number in range(200)) + "}")["problems"]
    for problems in (long, twice):
        assert len(problems) <= 20
        assert len(json.dumps(problems)) < 100_000


def test_the_judge_bounds_itself():
    """Its time, its memory, and the dump that the system would write when those end it."""
    said = (
        "from resource import *; from franca.gateway.page import judge; judge._limit();"
        "print(*(getrlimit(one)[0] for one in (RLIMIT_CPU, RLIMIT_CORE)))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["2", "0"]
