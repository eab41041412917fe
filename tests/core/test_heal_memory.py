"""What is remembered of healed requests, in memory and in a file."""

from __future__ import annotations

import json
import logging
import os
import pickle
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.heal import POLICIES, WEEK, Memory, Remedy
from franca.heal.memory import plain_url
from franca.learnt import FileMemory

NOW = 1_795_215_000.0
URL = "https://api.example.com/v1"
USER, TIER = Remedy("drop", "user"), Remedy("drop", "service_tier", "flex")


def test_memory_is_by_server_and_model():
    memory = Memory()
    assert memory.recall(URL, "m", NOW) == ()
    assert memory.remember(URL, "m", [USER, TIER], NOW)
    assert not memory.remember(URL + "/", "m", [USER], NOW)
    assert memory.recall("https://me:secret@api.example.com/v1?key=x#y", "m", NOW) == (USER, TIER)
    assert memory.recall(URL, "other", NOW) == ()
    assert not memory.remember(URL, None, [Remedy("drop", "messages")], NOW)
    assert memory.recall(URL, None, NOW) == ()
    assert repr(memory) == "<Memory: 1 of at most 256 models>"


def test_what_was_learnt_runs_out():
    """After the ttl; and at once when the clock had been wrong."""
    memory = Memory()
    memory.remember(URL, "m", [USER], NOW)
    memory.remember(URL, "m", [TIER], NOW + 10)
    assert memory.recall(URL, "m", NOW + WEEK - 1) == (USER, TIER)
    assert memory.recall(URL, "m", NOW + WEEK) == (TIER,)
    memory.remember(URL, "m", [USER], NOW + WEEK)
    assert memory.recall(URL, "m", NOW + WEEK + 20) == (USER,)
    assert memory.recall(URL, "m", NOW - WEEK) == ()


def test_a_server_that_changes_its_mind_is_believed():
    there, back = (
        Remedy("rename", "max_tokens", "max_completion_tokens"),
        Remedy("rename", "max_completion_tokens", "max_tokens"),
    )
    memory = Memory()
    memory.remember(URL, "m", [there], NOW)
    memory.remember(URL, "m", [back], NOW)
    assert memory.recall(URL, "m", NOW) == (back,)
    any_, required = (Remedy("rewrite", "tool_choice", pair) for pair in (["required", "any"], ["any", "required"]))
    memory.remember(URL, "m", [any_], NOW)
    memory.remember(URL, "m", [required], NOW)
    assert memory.recall(URL, "m", NOW) == (back, required)


def test_memory_is_bounded_and_the_unused_goes_first():
    memory = Memory(limit=2)
    for model in "ab":
        memory.remember(URL, model, [USER], NOW)
    memory.recall(URL, "a", NOW)
    memory.remember(URL, "c", [USER], NOW)
    assert [model for model in "abc" if memory.recall(URL, model, NOW)] == ["a", "c"]
    many = [
        Remedy("drop", field)
        for field, policy in POLICIES.items()
        if policy.actions[0] == "drop" and field != "tool_choice"
    ]
    memory.remember(URL, "a", many, NOW)
    assert len(memory.recall(URL, "a", NOW)) == 16
    memory.remember("https://" + "x" * 5000, "y" * 5000, [USER], NOW)
    assert len(memory.to_json(NOW)) < 5000


def test_memory_forgets():
    def fresh():
        memory = Memory()
        for url in (URL, "http://other"):
            for model in "ab":
                memory.remember(url, model, [USER], NOW)
        return memory

    for given_, left in (((), 0), ((URL,), 2), ((URL, "a"), 3), ((None, "a"), 2)):
        memory = fresh()
        memory.forget(*given_)
        assert len(memory) == left


def test_memory_goes_through_json_without_secrets():
    memory = Memory()
    memory.remember("https://me:secret@api.example.com/v1?key=secret", "m", [USER, TIER], NOW)
    memory.remember(URL, "old", [USER], NOW - WEEK)
    data = memory.to_json(NOW)
    assert b"secret" not in data
    assert b'"old"' not in data
    twin = Memory()
    assert twin.from_json(data, NOW) is None
    assert twin.recall(URL, "m", NOW) == (USER, TIER)
    assert twin.to_json(NOW) == data
    assert Memory().from_json(data, NOW + WEEK) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no memory"),
        (b'{"version": 1}', "no memory"),
        (b'{"version": 2, "entries": []}', "version 2"),
        (b'{"entries": []}', "version None"),
        (b'{"version": 1, "entries": [1, {}, {"remedies": []}]}', "3 of its entries"),
        (b'{"version": 1, "entries": [{"base_url": "u", "model": "m", "remedies": [1]}]}', "1 of its entries"),
        (
            b'{"version": 1, "entries": [{"base_url": "u", "model": "m", "remedies":'
            b' [{"action": "drop", "field": "messages", "until": 1795215001}]}]}',
            "1 of its entries",
        ),
        (
            b'{"version": 1, "entries": [{"base_url": "u", "model": "m", "remedies":'
            b' [{"action": "drop", "field": "user", "until": "soon"}]}]}',
            "1 of its entries",
        ),
    ],
)
def test_json_that_makes_no_sense_is_left_out_with_a_reason(data, reason):
    memory = Memory()
    assert reason in memory.from_json(data, NOW)
    assert len(memory) == 0


NAMES = ["version", "entries", "base_url", "model", "remedies", "action", "field", "value", "until"]
VALUES = st.recursive(
    st.none() | st.integers() | st.text(), lambda some: st.lists(some) | st.dictionaries(st.sampled_from(NAMES), some)
)


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
@settings(deadline=None)
def test_no_json_raises(data):
    memory = Memory()
    memory.from_json(data, NOW)
    assert len(memory) == 0


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://a.b/v1/", "https://a.b/v1"),
        ("https://u:p@a.b:8443/v1?k=v", "https://a.b:8443/v1"),
        ("https://u:p%40@a.b", "https://a.b"),
        ("a.b/v1", "a.b/v1"),
        ("me@a.b/v1/", "a.b/v1"),
        ("https://a.b?q=/x@y", "https://a.b"),
    ],
)
def test_base_urls_are_kept_without_what_may_be_secret(url, plain):
    assert plain_url(url) == plain


# ---- the file ------------------------------------------------------------------------------------------


def told(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "franca"]


def test_a_file_keeps_it_between_programs(tmp_path, caplog):
    """It is made with its folder, for its owner only, and leaves nothing beside it."""
    path = tmp_path / "a" / "b" / "learnt.json"
    one = FileMemory(path)
    assert one.recall(URL, "m", NOW) == ()
    assert one.remember(URL, "m", [USER], NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["learnt.json"]
    assert FileMemory(str(path)).recall(URL, "m", NOW) == (USER,)
    assert FileMemory(os.fsencode(path)).recall(URL, "m", NOW + WEEK) == ()
    assert told(caplog) == []


def test_what_is_known_is_not_written_again(tmp_path):
    path = tmp_path / "learnt.json"
    memory = FileMemory(path)
    memory.remember(URL, "m", [USER], NOW)
    path.unlink()
    assert not memory.remember(URL, "m", [USER], NOW)
    assert not path.exists()


def test_two_programs_learn_together(tmp_path):
    """Each write keeps what the other wrote meanwhile."""
    path = tmp_path / "learnt.json"
    one, two = FileMemory(path), FileMemory(path)
    one.recall(URL, "m", NOW)
    two.recall(URL, "m", NOW)
    one.remember(URL, "m", [USER], NOW)
    two.remember(URL, "m", [TIER], NOW)
    assert set(FileMemory(path).recall(URL, "m", NOW)) == {USER, TIER}


def test_to_forget_is_to_forget_in_the_file(tmp_path):
    path = tmp_path / "learnt.json"
    now = __import__("time").time()
    FileMemory(path).forget()
    assert not path.exists()
    memory = FileMemory(path)
    memory.remember(URL, "a", [USER], now)
    memory.remember(URL, "b", [USER], now)
    memory.forget(URL, "a")
    FileMemory(path).forget(URL, "c")
    twin = FileMemory(path)
    assert [model for model in "ab" if twin.recall(URL, model, now)] == ["b"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"my own notes", "it is no JSON"),
        (b'{"version": 99, "entries": []}', "it has version 99, not 1"),
        (b" " * (1024 * 1024 + 1), "it is longer than 1048576 bytes"),
    ],
)
def test_a_file_of_others_is_left_alone(tmp_path, caplog, content, why):
    """A wrong path must not cost anyone a file, and an old franca not the memory of a new one. Told once."""
    path = tmp_path / "precious"
    path.write_bytes(content)
    memory = FileMemory(path)
    assert memory.recall(URL, "m", NOW) == ()
    assert memory.remember(URL, "m", [USER], NOW)
    assert memory.recall(URL, "m", NOW) == (USER,)
    assert path.read_bytes() == content
    assert told(caplog) == [f"{path} was left out: {why}. What is learnt about servers is kept in memory only."]


def test_an_empty_file_is_filled_and_a_broken_entry_left_out(tmp_path, caplog):
    path = tmp_path / "learnt.json"
    path.touch()
    FileMemory(path).remember(URL, "m", [USER], NOW)
    data = json.loads(path.read_bytes())
    data["entries"].append("odd")
    path.write_text(json.dumps(data))
    memory = FileMemory(path)
    assert memory.recall(URL, "m", NOW) == (USER,)
    memory.remember(URL, "m", [TIER], NOW)
    assert FileMemory(path).recall(URL, "m", NOW) == (USER, TIER)
    assert len(told(caplog)) == 1


def test_a_place_that_cannot_be_used_breaks_nothing(tmp_path, caplog):
    """A folder in place of the file, and a file in place of the folder."""
    caplog.set_level(logging.WARNING, "franca")
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "learnt.json"):
        caplog.clear()
        memory = FileMemory(path)
        memory.remember(URL, "m", [USER], NOW)
        memory.remember(URL, "m", [TIER], NOW)
        assert memory.recall(URL, "m", NOW) == (USER, TIER)
        assert len(told(caplog)) == 1


def test_a_failed_write_leaves_nothing_beside(tmp_path, monkeypatch, caplog):
    path = tmp_path / "learnt.json"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    FileMemory(path).remember(URL, "m", [USER], NOW)
    assert list(tmp_path.iterdir()) == []
    assert "cannot be written: No space left on device" in told(caplog)[0]


def test_a_file_memory_pickles_as_its_path(tmp_path):
    path = tmp_path / "learnt.json"
    memory = FileMemory(path, limit=7, ttl=60)
    memory.remember(URL, "m", [USER], NOW)
    twin = pickle.loads(pickle.dumps(memory))
    assert (twin.path, twin.limit, twin.ttl) == (str(path), 7, 60)
    assert twin.recall(URL, "m", NOW) == (USER,)


@pytest.mark.parametrize("kind", ["fifo", "link to a device"])
def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path, caplog, kind):
    """Reading a pipe would wait for ever; and a program of root's must not make a file of /dev/null."""
    path = tmp_path / "odd"
    os.mkfifo(path) if kind == "fifo" else path.symlink_to("/dev/null")
    memory = FileMemory(path)
    assert memory.recall(URL, "m", NOW) == ()
    assert memory.remember(URL, "m", [USER], NOW)
    memory.forget()
    assert told(caplog) == [
        f"{path} is left alone: it is no regular file. What is learnt about servers is kept in memory only."
    ]
    assert not path.is_file()
    assert os.listdir(tmp_path) == ["odd"]
