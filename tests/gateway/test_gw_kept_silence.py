"""A server that thinks for long before its first word: who asked can leave, and come back for the answer."""

from __future__ import annotations

import threading
from pathlib import Path

from gw_kept import KEEP, PLACE, begun, read_whole
from gw_relay import DONE, USAGE, Call, Caller, Puppet, books, chunk_of, relaying


def test_the_id_comes_before_the_first_word(tmp_path: Path) -> None:
    """However rarely silent callers are sent comments else: the head does not wait for the server."""
    thought = threading.Event()

    def play(call: Call) -> None:
        call.begin_stream()
        assert thought.wait(30)
        for piece in (chunk_of("At last"), chunk_of(None, "stop") + USAGE, DONE):
            call.piece(piece)
        call.end()

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 3600.0}) as gateway,
    ):
        caller, name = begun(gateway)
        caller.reset()
        thought.set()
        with Caller(gateway).post(PLACE + name, b"", KEEP, "GET") as again:
            assert b"At last" in read_whole(again)
        (row,) = books(gateway, 1)
        assert row.outcome == "ok"
