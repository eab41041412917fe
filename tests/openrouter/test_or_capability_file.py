"""The file that keeps lists of models: whatever is in it, and whatever its place is, no call suffers."""

from __future__ import annotations

import json
import logging
import os
import pickle
import threading

import pytest

from franca.flow.openrouter.capability import Table
from franca.openrouter import capability
from franca.openrouter.capability import Catalogue, FileStore

URL = "http://fake/api/v1"
ROWS = [{"id": "a/b", "supported_parameters": ["tools"]}]


def kept(**changes):
    """A file's content as it should be, but for the changes."""
    one = {"base_url": URL, "as_of": 5.0, "models": ROWS}
    content = {"format": "franca models of openrouter", "version": 1, "lists": [one]}
    for name, value in changes.items():
        (one if name in one else content)[name] = value
    return json.dumps(content).encode()


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "models.json")


def ids(table):
    return None if table is None else list(table.rows)


def test_what_is_kept_is_loaded(store):
    """By any store of the same path, for the same address."""
    assert store.load(URL) is None
    store.keep(URL, Table(ROWS, 7))
    table = FileStore(store.path).load(URL)
    assert (ids(table), table.as_of, table.rows["a/b"]) == (["a/b"], 7.0, ROWS[0])
    assert store.load("http://other/api/v1") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"no JSON at all",
        b"[" * 100_000,
        b"null",
        b"[]",
        kept()[:-20],
        kept(format="something else"),
        kept(version=2),
        kept(version=None),
        kept(lists=None),
        kept(lists={"a": 1}),
        kept(lists=[None, 7, [], {}]),
        kept(base_url=None),
        kept(as_of="5"),
        kept(as_of=None),
        kept(as_of=10**400),
        kept(models=None),
        kept(models=[]),
        kept(models=[7, {"name": "no id"}]),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_broken_or_foreign_file_counts_as_empty_and_is_written_anew(store, content, caplog):
    """Nobody is asked to clean up."""
    with open(store.path, "wb") as file:
        file.write(content)
    assert store.load(URL) is None
    store.keep(URL, Table(ROWS, 9.0))
    assert ids(store.load(URL)) == ["a/b"]
    assert caplog.records == []


def test_a_date_that_is_none_is_old(store):
    """NaN is no time; such a list is better than none, and never fresh."""
    with open(store.path, "wb") as file:
        file.write(kept(as_of=float("nan")))
    catalogue = Catalogue(models_cache=store.path)
    table = catalogue.kept(URL, 10.0)
    assert ids(table) == ["a/b"]
    assert not catalogue.is_fresh(table, 10.0)


def test_too_large_a_file_is_not_read(store, monkeypatch):
    """Nor is one written that would not be read: the lists of other servers are left out first."""
    store.keep("http://other/api/v1", Table(ROWS, 1.0))
    store.keep(URL, Table(ROWS, 2.0))
    size = os.path.getsize(store.path)
    monkeypatch.setattr(capability, "_LARGEST", size - 1)
    assert store.load(URL) is None
    store.keep(URL, Table(ROWS, 3.0))
    monkeypatch.setattr(capability, "_LARGEST", size)
    store.keep("http://other/api/v1", Table(ROWS, 4.0))
    monkeypatch.setattr(capability, "_LARGEST", os.path.getsize(store.path) - 1)
    store.keep(URL, Table([*ROWS, {"id": "x" * 200}], 5.0))
    monkeypatch.setattr(capability, "_LARGEST", 1 << 20)
    assert store.load(URL).as_of == 3.0
    assert os.path.getsize(store.path) == size


def test_the_newest_lists_stay(store):
    """Of more servers than a file holds, the one that was asked longest ago goes."""
    for number in range(12):
        store.keep(f"http://s{number}", Table(ROWS, float(number)))
    there = [number for number in range(12) if store.load(f"http://s{number}") is not None]
    assert there == list(range(4, 12))


@pytest.mark.parametrize("kind", ["directory", "pipe", "unreadable", "below a file", "nul"])
def test_a_place_that_cannot_be_used_is_told_once(tmp_path, kind, caplog):
    """As a warning; and no thread waits for a pipe that nobody writes to."""
    place = tmp_path / "place"
    if kind == "directory":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "unreadable":
        place.symlink_to(place)  # a loop of links: also root cannot read it
    elif kind == "below a file":
        (tmp_path / "file").write_text("x")
        place = tmp_path / "file" / "models.json"
    store = FileStore("bad\0place" if kind == "nul" else place)
    with caplog.at_level(logging.WARNING, "franca"):
        for _ in range(2):
            assert store.load(URL) is None
            if kind != "unreadable":  # a link is replaced by the file, as nothing is behind it
                store.keep(URL, Table(ROWS, 1.0))
    assert [one.levelname for one in caplog.records] == ["WARNING"]
    assert "kept in memory only" in caplog.text
    assert not list(tmp_path.glob("*.new"))


def test_a_link_that_somebody_put_there_is_not_followed(tmp_path):
    """What it points at stays as it is."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    link = tmp_path / "models.json"
    link.symlink_to(precious)
    FileStore(link).keep(URL, Table(ROWS, 1.0))
    assert precious.read_text() == "mine"
    assert ids(FileStore(link).load(URL)) == ["a/b"]


def test_a_disk_that_is_full_leaves_nothing_behind(store, monkeypatch, caplog):
    """The old list stays."""
    store.keep(URL, Table(ROWS, 1.0))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    store.keep(URL, Table(ROWS, 2.0))
    assert store.load(URL).as_of == 1.0
    assert os.listdir(os.path.dirname(store.path)) == ["models.json"]
    assert "No space left" in caplog.text


def test_many_may_write_at_once(store):
    """Whoever reads sees one whole list, never half of two."""
    stop, seen = threading.Event(), []

    def write(number):
        one = FileStore(store.path)
        while not stop.is_set():
            one.keep(URL, Table([{"id": f"w{number}/{row}"} for row in range(50)], float(number)))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    store.keep(URL, Table([{"id": f"w0/{row}"} for row in range(50)], 0.0))
    for one in writers:
        one.start()
    try:
        seen = [store.load(URL) for _ in range(200)]
    finally:
        stop.set()
        for one in writers:
            one.join()
    for table in seen:
        assert list(table.rows) == [f"w{int(table.as_of)}/{row}" for row in range(50)]


def test_a_catalogue_pickles_as_its_settings(tmp_path):
    """With what the user said; and prints short."""
    catalogue = Catalogue(60, tmp_path / "x", {"a/b": True})
    catalogue.say("c/d", False)
    copy = pickle.loads(pickle.dumps(catalogue))
    assert copy.settings() == catalogue.settings()
    assert copy.settings()["models_said"] == {"a/b": True, "c/d": False}
    assert repr(copy) == "<Catalogue of 0 models>"
    copy.leave(0.0, Table(ROWS, 1.0))
    assert repr(copy) == "<Catalogue of 1 models>"
