"""The books of a soak compared: what the callers saw, what the servers saw, and what the gateway's ledger says."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["PRICES", "Books", "compare", "read_lines", "told_by_servers"]

PRICES = {"m": (1.0, 4.0), "echo": (0.5, 2.0), "lorem": (0.5, 2.0)}
"""Dollars for a million tokens, of prompts and of answers."""
_MOST_TOLD = 20
_LOST = ("reset", "close", "half-head")
"""Actions that end a connection before an answer: a kept connection that ends so is asked once more."""

Row = dict[str, Any]


class Books(NamedTuple):
    """What came of comparing.

    problems  what does not agree, the first ones
    wrong     how many do not
    outcomes  requests by what the caller saw and by the outcome in the ledger
    totals    sums that were found equal (or not), by name
    leaving   seconds between a caller's leaving and the server's seeing it
    """

    problems: list[str]
    wrong: int
    outcomes: Counter[tuple[str, str]]
    totals: dict[str, tuple[float, float]]
    leaving: list[float]


def read_lines(path: Path) -> list[Row]:
    """The objects of a file with a line for each."""
    with path.open() as lines:
        return [json.loads(line) for line in lines]


def told_by_servers(books: Iterable[list[Row]]) -> dict[str, list[Row]]:
    """The requests that reached a server, by the caller's id, in their order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for rows in books:
        for row in rows:
            found[row["id"]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row["at"])
    return found


def compare(calls: list[Row], ledger: list[Row], reached: dict[str, list[Row]], strangers: set[str]) -> Books:
    """Compare. `ledger` are rows of the store; `strangers` are callers whose key is none: they have no rows."""
    problems: list[str] = []
    wrong = 0
    outcomes: Counter[tuple[str, str]] = Counter()
    leaving: list[float] = []
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ledger:
        rows[row["id"]].append(row)
    for call in calls:
        found = rows.pop(call["id"], [])
        seen = reached.get(call["id"], [])
        if call["key"] in strangers:
            problem = _of_stranger(call, found, seen)
            outcomes[call["saw"], "none"] += 1
        elif len(found) != 1:
            problem = f"{len(found)} rows"
        else:
            outcomes[call["saw"], found[0]["outcome"]] += 1
            problem = _of_one(call, found[0], seen)
        if call["saw"] == "left" and seen and seen[-1]["ended"] == "left" and seen[-1]["over"]:
            leaving.append(seen[-1]["over"] - call["over"])
        if problem:
            wrong += 1
            if len(problems) < _MOST_TOLD:
                problems.append(f"{call['id']}: {problem}\n  caller {call}\n  ledger {found}\n  servers {seen}")
    for id in rows:
        wrong += 1
        problems.append(f"{id}: a row of nobody's: {rows[id]}")
    return Books(problems[:_MOST_TOLD], wrong, outcomes, _totals(calls, ledger, reached), leaving)


def _of_stranger(call: Row, found: list[Row], seen: list[Row]) -> str:
    if found or seen:
        return "a request without a valid key is in the books, or reached a server"
    return "" if call["status"] == 401 or call["saw"] in ("left", "broken") else "it was not refused"


def _of_one(call: Row, row: Row, seen: list[Row]) -> str:
    """What does not agree about one request; "" when all does."""
    return (
        _tries(call, row, seen)
        or _outcome(call, row, seen)
        or _tokens(call, row, seen)
        or ("" if call["code"] != "usage that nobody asked for" else call["code"])
    )


def _tries(call: Row, row: Row, seen: list[Row]) -> str:
    lost = sum(one["action"] in _LOST or "reset" in one["action"] for one in seen)
    low, high = row["tries"], row["tries"] + lost
    if call["saw"] == "left":
        low -= 1  # it may have left while the request was on its way
    return "" if low <= len(seen) <= high else f"{row['tries']} tries, and the servers saw {len(seen)}"


def _outcome(call: Row, row: Row, seen: list[Row]) -> str:
    saw, outcome = call["saw"], row["outcome"]
    last = seen[-1] if seen else None
    if saw == "left":
        if last is not None and last["ended"] == "left" and "stall" not in last["action"]:
            allowed: tuple[str, ...] = ("left",)
        elif last is not None and not row["tries"]:
            return "a server was asked, and the row has no tries"
        else:
            allowed = ("left", "ok", "error", "cut") if last is not None else ("left", "refused", "error")
        return "" if outcome in allowed else f"the caller left, the row says {outcome}"
    if row["status"] != call["status"]:
        return f"status {call['status']} for the caller, {row['status']} in the row"
    if saw == "whole":
        return "" if outcome == "ok" else f"whole for the caller, {outcome} in the row"
    if saw == "failed":
        wanted = "error" if row["tries"] else "refused"
        return "" if outcome == wanted and row["error"] == call["code"] else f"{call['code']}: {outcome} {row['error']}"
    if saw == "told":
        if last is None or last["action"].startswith("simulator"):
            return "" if outcome in ("cut", "error") else f"an error event for the caller, {outcome} in the row"
        wanted = "error" if last["action"] == "error-event" or not row["generation"] else "cut"
        return "" if outcome == wanted else f"an error event after {last['action']}, {outcome} in the row"
    return f"{saw} for the caller, {outcome} in the row"


def _tokens(call: Row, row: Row, seen: list[Row]) -> str:
    counted = (row["prompt_tokens"], row["completion_tokens"])
    if call["prompt"] is not None and counted != (call["prompt"], call["completion"]):
        return f"tokens: {call['prompt']}, {call['completion']} for the caller, {counted} in the row"
    last = seen[-1] if seen else None
    if row["outcome"] == "ok" and last is not None and not last["action"].startswith("simulator"):
        if counted != (last["prompt"], last["completion"]):
            return f"tokens: {last['prompt']}, {last['completion']} by the server, {counted} in the row"
        if last["action"] != "garbage" and row["generation"] != last["generation"] and row["route"] != "embeddings":
            return f"generation {last['generation']} by the server, {row['generation']} in the row"
    price = PRICES.get(row["model"])
    if price is not None and counted[0] is not None:
        cost = (counted[0] * price[0] + (counted[1] or 0) * price[1]) / 1e6
        if row["cost"] is None or abs(row["cost"] - cost) > 1e-12:
            return f"cost {row['cost']}, not {cost}"
    return ""


def _totals(calls: list[Row], ledger: list[Row], reached: dict[str, list[Row]]) -> dict[str, tuple[float, float]]:
    """Sums of tokens of whole answers: of the raw servers' books, and of the ledger."""
    ended = {call["id"] for call in calls if call["saw"] == "whole"}
    told = [
        rows[-1]
        for id, rows in reached.items()
        if id in ended and rows[-1]["prompt"] is not None and not rows[-1]["action"].startswith("simulator")
    ]
    booked = [row for row in ledger if row["id"] in ended and row["server"] in ("a", "b")]
    return {
        "prompt tokens": (sum(row["prompt"] for row in told), sum(row["prompt_tokens"] or 0 for row in booked)),
        "completion tokens": (
            sum(row["completion"] for row in told), sum(row["completion_tokens"] or 0 for row in booked),
        ),
    }  # fmt: skip
