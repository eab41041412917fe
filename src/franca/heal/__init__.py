"""Healing: a request that a server refuses because of one field is sent once more without it, and the next time it is
right from the start. Pure: an error and a body in, a remedy out.

    found = remedy(error, body)              # Remedy("drop", "stream_options"), or None
    made = applied(body, found)              # (new body, Change), or None when this body has no such field
    memory.remember(base_url, model, [found], now)
    body, changes = recalled(body, memory.recall(base_url, model, now))

The rules for who wires it into a call:

1. Remembered remedies are applied before the first request (`recalled`), after what the server's row says.
2. A refusal is looked at before the policy of retries sees it (a 500 that names a field is no reason to wait), and
   costs no token of the retry budget.
3. At most `MOST` healings in a call; each remedy once, which `remedy(..., done=...)` sees to.
4. What was learnt in a call is remembered only when its last request succeeded: a remedy that did not help was a
   misreading. For a stream that is when its head came.
5. A stream is healed before its head only. An `error` object in the body of a 200 answer counts as a refusal.
6. The `Change`s of all applied remedies go to `told.adapted`, in order.
7. When the healed request is refused too, the new error is raised; it concerns the changed request, so it carries the
   changes (`error.adapted`).
8. `done` holds the remedies of this call only, not the remembered ones: when a server has changed its mind, the
   remedy that turns an old one back replaces it in the memory.
9. Embeddings go the same way: "encoding_format" is a field like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ..wire.told import Change
from .apply import applied
from .find import remedy
from .memory import WEEK, Memory
from .policy import KINDS, POLICIES, Policy, Remedy

__all__ = ["KINDS", "MOST", "POLICIES", "WEEK", "Memory", "Policy", "Remedy", "applied", "recalled", "remedy"]

MOST = 8
"""How many healings one call may take. Servers that check with pydantic name all refused fields at once, others one
after another; and a call that fails in the end has taught nothing, so that the next one would fail again."""


def recalled(
    body: dict[str, Any], remedies: Iterable[Remedy], *, keeps: Collection[str] = ()
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """A body with remembered remedies applied, and the changes; the very same body and () when none concerns it.
    `keeps`: the kinds of change (of `KINDS`) that are not made."""
    changes: list[Change] = []
    for one in remedies:
        policy = POLICIES.get(one.field)
        done = None if policy is None or policy.kind in keeps else applied(body, one, "remembered")
        if done is not None:
            body, change = done
            changes.append(change)
    return body, tuple(changes)
