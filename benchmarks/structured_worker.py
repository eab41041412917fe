"""One reader of structured output in a process of its own, which works through cases when `structured.py` asks for it.

    python benchmarks/structured_worker.py PEER                    answers lines of JSON, see `main`
    python benchmarks/structured_worker.py PEER --hostile TEXT     reads that one text and ends

CPU is user and system time of this whole process, in seconds.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from typing import Any

from structured_cases import CORPORA, HOSTILE, Case, corpus, hostile, verdict
from structured_peers import PEERS, Peer

from franca.schema.validate import validator_for

__all__ = ["main"]

Read = Callable[[str], Any]
Work = list[tuple[Case, Read]]


def _reader(peer: Peer, schema: Any) -> Read:
    """The peer's function for a schema; one that refuses everything where the schema cannot be said to it."""
    try:
        return peer.prepared(schema)
    except Exception as error:
        kept = error

        def refuse(text: str) -> Any:
            raise kept

        return refuse


def _work(peer: Peer, name: str, size: int) -> Work:
    readers: dict[str, Read] = {}
    made = []
    for case in corpus(name, size):
        key = json.dumps(case.schema)
        if key not in readers:
            readers[key] = _reader(peer, case.schema)
        made.append((case, readers[key]))
    return made


def _pass(work: Work) -> float:
    """CPU seconds of reading every text once."""
    begun = process_time()
    for case, read in work:
        try:
            read(case.text)
        except Exception:
            continue
    return process_time() - begun


def _verdicts(peer: Peer, work: Work) -> list[str]:
    """What came of each case: "right", "refused", "wrong", or "RecursionError", which no reader should raise."""
    return [_judged(peer, case, read) for case, read in work]


def _judged(peer: Peer, case: Case, read: Read) -> str:
    try:
        value = read(case.text)
    except RecursionError:
        return "RecursionError"
    except Exception:
        return "right" if case.refusal else "refused"
    try:
        fits = validator_for(case.schema).valid(value)
    except Exception:  # what is no JSON value at all
        fits = False
    return verdict(case, value, fits, nulls_are_absent=peer.nulls_are_absent)


def _spent() -> float:
    """CPU seconds so far. Where CPU is limited, `process_time` lags behind by up to a tick of the kernel's clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _one_hostile(peer: Peer, name: str, limit: int) -> dict[str, Any]:
    case = hostile(name)
    read = _reader(peer, case.schema)
    with suppress(Exception):
        read('{"name": 1,}')  # what is loaded with the first text is not this text's cost
    resource.setrlimit(resource.RLIMIT_CPU, (int(process_time()) + limit + 1, resource.RLIM_INFINITY))
    begun = _spent()
    with suppress(Exception):
        read(case.text)
    cpu = _spent() - begun
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    found = "over" if cpu > limit else _judged(peer, case, read)
    return {"cpu": cpu, "verdict": "refused rightly" if found == "right" and case.refusal else found}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--hostile", choices=HOSTILE)
    parser.add_argument("--limit", type=int, default=10)
    options = parser.parse_args()
    peer = PEERS[options.peer]
    if options.hostile:
        print(json.dumps(_one_hostile(peer, options.hostile, options.limit)))
        return
    prepared: dict[str, Work] = {}
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["corpus"]
        if name not in prepared:
            assert name in CORPORA
            prepared[name] = _work(peer, name, asked["size"])
        gc.collect()
        if asked["job"] == "verdicts":
            print(json.dumps({"verdicts": _verdicts(peer, prepared[name])}), flush=True)
        else:
            print(json.dumps({"cpu": _pass(prepared[name])}), flush=True)


if __name__ == "__main__":
    main()
