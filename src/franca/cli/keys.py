"""Keys of the gateway: make, list, change, rotate and revoke them. A running gateway takes them up within a second.

franca keys create alice --budget-month 20 --rpm 60
franca keys list
franca keys rotate alice --grace 24h
franca keys revoke alice
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from time import time
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .books import add_books, with_books
from .exits import OK
from .openrouter_cells import count, money, print_facts, print_rows
from .show import day, print_json
from .terminal import is_terminal, note

if TYPE_CHECKING:
    from ..gateway.config.shape import Config
    from ..gateway.keys.record import VirtualKey
    from ..gateway.keys.wish import KeyWish
    from ..gateway.store.base import Store, Sums

__all__ = ["configure", "run"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NOTHING = ("", "none")


class _Command(argparse.ArgumentParser):
    """The parser of one of the commands, with what all of them have."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "allow_abbrev": False})
        # Without a default: it would undo the --debug that stood before the command's name.
        self.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show an error's traceback")
        self.add_argument("--json", action="store_true", help="one object or array, with everything")
        add_books(self)


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = (__doc__ or "").partition("\n\n")[2]
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True, parser_class=_Command)
    create = commands.add_parser("create", help="make a key; its secret is shown only now")
    create.add_argument("name", metavar="NAME", help="whose it is")
    _add_wishes(create)
    create.set_defaults(run=_create)
    listing = commands.add_parser("list", help="list the keys of configuration and store")
    listing.add_argument("--all", action="store_true", help="also those that were revoked or have expired")
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", help="tell all about one key, but for its secret, which nobody knows")
    update = commands.add_parser("update", help='change what a key may do; "none" takes a limit away')
    update.add_argument("--name", metavar="NEW", dest="new_name", help="another name")
    _add_wishes(update)
    rotate = commands.add_parser("rotate", help="give a key a new secret; usage and limits go on")
    rotate.add_argument(
        "--grace",
        metavar="TIME",
        default="0",
        help="how long the old secret goes on: 30m, 24h, 7d (default: not at all)",
    )
    revoke = commands.add_parser("revoke", help="end a key; what it used stays in the books")
    for command, act in ((show, _show), (update, _update), (rotate, _rotate), (revoke, _revoke)):
        command.add_argument("key", metavar="KEY", help="its name or its id")
        command.set_defaults(run=act)


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what it may do")
    group.add_argument("--models", metavar="A,B", help="only these models; a * at the end stands for anything")
    group.add_argument("--routes", metavar="A,B", help="only these endpoints: chat, embeddings, files, raw ...")
    group.add_argument("--rpm", metavar="N", help="requests a minute")
    group.add_argument("--tpm", metavar="N", help="tokens a minute")
    group.add_argument("--parallel", metavar="N", help="requests at once")
    for period, about in (("day", "on a day (UTC)"), ("month", "in a month (UTC)"), ("total", "ever")):
        group.add_argument(f"--budget-{period}", metavar="$", help=f"dollars {about}")
    group.add_argument("--team", metavar="NAME", help="a team of the configuration, whose limits count too")
    group.add_argument("--tags", metavar="A,B", help="words that its usage is reported by")
    group.add_argument("--expires", metavar="WHEN", help="a date (its end, UTC), a moment, or a time from now: 30d")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    act: Callable[[argparse.Namespace], int] = args.run
    return act(args)


# ---- what was asked for -----------------------------------------------------------------------------


def _wish(args: argparse.Namespace, name: str | None) -> KeyWish:
    """The options as a wish; what is not said stays as it is."""
    from ..gateway.keys.wish import BudgetWish, KeyWish
    from ..gateway.store.report import words_of

    said: dict[str, Any] = {} if name is None else {"name": name}
    for field in ("models", "routes", "tags"):
        text = getattr(args, field)
        if text is not None and not text.strip():
            raise BadUsage(f'--{field} is empty (a variable that is not set?); write "none" for no restriction')
        if text is not None:
            said[field] = None if text in _NOTHING else words_of(text)
    for field in ("rpm", "tpm", "parallel"):
        text = getattr(args, field)
        if text is not None:
            said[field] = None if text in _NOTHING else _number(f"--{field}", text, int)
    dollars = {period: getattr(args, f"budget_{period}") for period in ("day", "month", "total")}
    budget = {
        period: None if text in _NOTHING else _number(f"--budget-{period}", text.lstrip("$"), float)
        for period, text in dollars.items()
        if text is not None
    }
    if budget:
        said["budget"] = BudgetWish(**budget)
    if args.team is not None:
        said["team"] = None if args.team in _NOTHING else args.team
    if args.expires is not None:
        said["expires"] = None if args.expires in _NOTHING else _expiry(args.expires)
    return KeyWish(**said)


def _number(option: str, text: str, kind: type[int] | type[float]) -> Any:
    try:
        return kind(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise BadUsage(f'{option} takes a number, or "none", not {text!r}') from None


def _expiry(text: str) -> str | float:
    seconds = _seconds(text)
    return text if seconds is None else time() + seconds


def _seconds(text: str) -> float | None:
    """Seconds of "90", "30m", "24h", "7d"; None for what is no length of time."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    return float(int(number) * _UNITS[unit]) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _found(keys: Sequence[VirtualKey], wanted: str) -> VirtualKey:
    """The key of this id or name; of several with the name, the one that is not revoked. Raises BadUsage."""
    for key in keys:
        if key.id == wanted:
            return key
    named = [key for key in keys if key.name == wanted]
    several = [key for key in named if key.revoked is None] or named
    if len(several) == 1:
        return several[0]
    if several:
        raise BadUsage(f"several keys are called {wanted!r}; which id? {', '.join(key.id for key in several)}")
    raise BadUsage(f"no key has the name or id {wanted!r}; `franca keys list --all` lists them")


async def _every(store: Store, config: Config | None) -> list[VirtualKey]:
    from ..gateway.keys.made import config_keys

    own: list[VirtualKey] = []
    if config is not None:
        try:
            own = config_keys(config)
        except BadUsage as error:
            note(f"the keys of the configuration cannot be told: {error.message}")
    return [*own, *await store.keys()]


async def _kept(store: Store, config: Config | None, wanted: str) -> VirtualKey:
    """A key that can be changed. Raises BadUsage."""
    key = _found(await _every(store, config), wanted)
    if key.source == "file":
        raise BadUsage(f"the key {wanted!r} stands in the configuration: change it there")
    return key


# ---- the commands -----------------------------------------------------------------------------------


def _create(args: argparse.Namespace) -> int:
    from ..gateway.keys.made import made_key, state_of

    async def act(store: Store, config: Config | None) -> tuple[str, VirtualKey]:
        secret, key = made_key(_wish(args, args.name), _teams(config), time())
        if any(one.name == key.name and state_of(one, time()) == "valid" for one in await _every(store, config)):
            raise BadUsage(f"there is a key called {key.name!r} already: choose another name, or rotate that one")
        await store.put_key(key)
        return secret, key

    return _print_secret(args, *with_books(args, act, missing="made"))


def _rotate(args: argparse.Namespace) -> int:
    from ..gateway.keys.made import rotated_key

    grace, now, secrets = _seconds(args.grace), time(), [""]
    if grace is None:
        raise BadUsage(f"--grace takes a length of time, such as 24h, not {args.grace!r}")

    def rotated(key: VirtualKey) -> VirtualKey:
        secrets[0], changed = rotated_key(key, grace, now)
        return changed

    key = _changed(args, rotated)
    return _print_secret(args, secrets[0], key)


def _update(args: argparse.Namespace) -> int:
    from ..gateway.keys.wish import wished

    wish, now = _wish(args, args.new_name), time()

    async def act(store: Store, config: Config | None) -> VirtualKey | None:
        kept = await _kept(store, config, args.key)
        return await store.change_key(kept.id, lambda key: wished(key, wish, _teams(config), now))

    return _print_key(args, with_books(args, act))


def _revoke(args: argparse.Namespace) -> int:
    from ..gateway.keys.made import revoked_key

    now = time()
    return _print_key(args, _changed(args, lambda key: revoked_key(key, now)))


def _changed(args: argparse.Namespace, change: Callable[[VirtualKey], VirtualKey]) -> VirtualKey:
    async def act(store: Store, config: Config | None) -> VirtualKey:
        changed = await store.change_key((await _kept(store, config, args.key)).id, change)
        if changed is None:
            raise BadUsage(f"the key {args.key!r} is gone")
        return changed

    return with_books(args, act)


def _teams(config: Config | None) -> Sequence[str] | None:
    return None if config is None else list(config.teams)


def _show(args: argparse.Namespace) -> int:
    async def act(store: Store, config: Config | None) -> tuple[VirtualKey, Sums]:
        return _found(await _every(store, config), args.key), await store.spent(time())

    return _print_key(args, *with_books(args, act))


def _list(args: argparse.Namespace) -> int:
    from ..gateway.admin.keys import described

    async def act(store: Store, config: Config | None) -> tuple[list[VirtualKey], Sums]:
        return await _every(store, config), await store.spent(time())

    found, sums = with_books(args, act, missing="empty")
    told = [described(key, sums, time()) for key in found]
    told = [one for one in told if args.all or one["state"] == "valid"]
    if args.json:
        print_json(told)
        return OK
    heads = ("NAME", "ID", "STATE", "ENDS ON", "TEAM", "TODAY", "MONTH", "TOTAL", "BUDGET", "LIMITS", "MODELS", "FROM")
    print_rows(heads, [_row(one) for one in told], flexible=(0, 9, 10), spare=(11, 10, 4, 9, 7), name=1)
    sys.stdout.flush()
    return OK


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    spent = told["spent"]
    return (
        told["name"], told["id"], told["state"], day(told["expires"]), told["team"] or "", money(spent["day"]),
        money(spent["month"]), money(spent["total"]), _budget(told), _limits(told), " ".join(told["models"]),
        told["source"],
    )  # fmt: skip


def _budget(told: dict[str, Any]) -> str:
    words = {"day": "a day", "month": "a month", "total": "in all"}
    return ", ".join(
        f"{money(told['budget'][name])} {word}" for name, word in words.items() if told["budget"][name] is not None
    )


def _limits(told: dict[str, Any]) -> str:
    words = {"rpm": "requests/min", "tpm": "tokens/min", "parallel": "at once"}
    return ", ".join(f"{count(told[name])} {word}" for name, word in words.items() if told[name] is not None)


# ---- what is shown ----------------------------------------------------------------------------------


def _print_secret(args: argparse.Namespace, secret: str, key: VirtualKey) -> int:
    """The secret: alone on standard output, so that a script can take it."""
    from ..gateway.admin.keys import described
    from ..gateway.store.base import Sums

    if args.json:
        print_json({"key": secret, **described(key, Sums(), time())})
        return OK
    print(secret)
    note(f"this is the key of {key.name} ({key.id}); it is not shown again" if is_terminal(sys.stdout) else key.id)
    return OK


def _print_key(args: argparse.Namespace, key: VirtualKey | None, sums: Sums | None = None) -> int:
    from ..gateway.admin.keys import described
    from ..gateway.store.base import Sums

    if key is None:
        raise BadUsage(f"the key {args.key!r} is gone")
    told = described(key, sums or Sums(), time())
    if args.json:
        print_json(told)
        return OK
    print_facts(
        [
            ("name", told["name"]),
            ("id", told["id"]),
            ("state", told["state"]),
            ("secret", f"ends in {told['shown']}" if told["shown"] else ""),
            ("from", told["source"]),
            ("models", " ".join(told["models"])),
            ("endpoints", " ".join(told["routes"])),
            ("limits", _limits(told)),
            ("budget", _budget(told)),
            *([(f"spent {name}", money(told["spent"][name])) for name in told["spent"]] if sums is not None else []),
            ("team", told["team"] or ""),
            ("tags", " ".join(told["tags"])),
            ("made", told["created"] or ""),
            ("ends", told["expires"] or ""),
            ("revoked", told["revoked"] or ""),
            ("old secret until", told["previous_until"] or ""),
        ]
    )
    return OK
