"""`franca openrouter credits`, `key`, `keys` and `activity`: what was paid in and spent, with which key, on what."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .exits import OK
from .openrouter_cells import count, money, print_facts, print_rows
from .openrouter_connect import add_command, make_router
from .show import day, print_json
from .terminal import is_terminal, note

if TYPE_CHECKING:
    from ..wire.openrouter.account import ApiKey, KeyInfo

__all__ = ["add_activity", "add_credits", "add_key", "add_keys"]


def add_credits(commands: Any) -> None:
    """Add the command."""
    add_command(commands, "credits", run_credits, "tell what was paid in, used, and is left (management key)")


def add_key(commands: Any) -> None:
    """Add the command."""
    add_command(commands, "key", run_key, "tell what the key in use may spend, and has spent")


def add_keys(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "keys", run_keys, "list the keys of the account (management key)")
    parser.add_argument("do", nargs="?", choices=["list"], default="list", help="the default, and all there is")
    parser.add_argument("--disabled", action="store_true", help="also those that are switched off")


def add_activity(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands, "activity", run_activity, "tell what was used on each of the last 30 days (management key)"
    )
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="that day (UTC) only")
    parser.add_argument("--model", metavar="TEXT", help="only models with this text in the name")


def run_credits(args: argparse.Namespace) -> int:
    """Ask, and print the sums."""
    with make_router(args, manages=True) as router:
        found = router.credits()
    if args.json:
        print_json(found.to_dict())
    else:
        paid, used, left = found.total_credits, found.total_usage, found.remaining
        print_facts([("paid in", money(paid)), ("used", money(used)), ("left", money(left))])
    return OK


def run_key(args: argparse.Namespace) -> int:
    """Ask, and print what is known of the key; never the key itself."""
    with make_router(args) as router:
        found = router.key()
    if args.json:
        print_json(found.to_dict())
    else:
        print_facts(_of_key(found))
    return OK


def _of_key(key: KeyInfo) -> list[tuple[str, str]]:
    limit = "none" if key.limit is None else money(key.limit)
    kinds = [word for word, so in (("management", key.is_management_key), ("free tier", key.is_free_tier)) if so]
    return [
        ("key", key.label or ""),
        ("kind", ", ".join(kinds)),
        ("limit", f"{limit}, each {_period(key.limit_reset)}" if key.limit is not None and key.limit_reset else limit),
        ("left", money(key.limit_remaining)),
        ("used", money(key.usage)),
        ("used today", money(key.usage_daily)),
        ("used this week", money(key.usage_weekly)),
        ("used this month", money(key.usage_monthly)),
        ("used with own keys", money(key.byok_usage or None)),
        ("free requests", _free(key)),
        ("ends", key.expires_at or ""),
    ]


def _free(key: KeyInfo) -> str:
    told = key.free_model_daily_requests
    return "" if told is None or told.limit is None else f"{count(told.remaining)} of {count(told.limit)} left today"


def _period(reset: str) -> str:
    return {"daily": "day", "weekly": "week", "monthly": "month"}.get(reset, reset)


def run_keys(args: argparse.Namespace) -> int:
    """Ask, and print a table. The server tells no key's text, only its label."""
    with make_router(args, manages=True) as router:
        found = list(router.keys.list(include_disabled=True if args.disabled else None))
    if args.json:
        print_json([key.to_dict() for key in found])
    else:
        heads = ("NAME", "KEY", "USED", "LIMIT", "LEFT", "STATE", "MADE", "HASH")
        print_rows(heads, [_key_row(key) for key in found], flexible=(0, 7), spare=(7, 4))
    sys.stdout.flush()
    return OK


def _key_row(key: ApiKey) -> tuple[str, ...]:
    return (
        key.name or "",
        key.label or "",
        money(key.usage),
        money(key.limit),
        money(key.limit_remaining),
        "off" if key.disabled else "on",
        day(key.created_at),
        key.hash or "",
    )


def run_activity(args: argparse.Namespace) -> int:
    """Ask, and print a table; its sum below it in a terminal."""
    with make_router(args, manages=True) as router:
        found = list(router.activity(args.date))
    wanted = (args.model or "").casefold()
    found = [row for row in found if wanted in (row.model or "").casefold()]
    if args.json:
        print_json([row.to_dict() for row in found])
        return OK
    heads = ("DAY", "MODEL", "PROVIDER", "REQUESTS", "IN", "OUT", "REASONING", "COST")
    rows = [
        (
            day(row.date),
            row.model or "",
            row.provider_name or "",
            count(row.requests),
            count(row.prompt_tokens),
            count(row.completion_tokens),
            count(row.reasoning_tokens or None),
            money(row.usage),
        )
        for row in found
    ]
    print_rows(heads, rows, flexible=(1, 2), spare=(6,), name=1, before_name=(4, 5, 2))
    if is_terminal(sys.stdout):
        spent, asked = sum(row.usage or 0 for row in found), sum(row.requests or 0 for row in found)
        note(f"{money(spent)} for {asked:,} request{'' if asked == 1 else 's'}")
    return OK
