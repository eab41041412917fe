"""`franca openrouter login`: a key by logging in with a browser, written where it was told to be."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, FrancaError, TimedOut
from .connect import add_connection
from .exits import ERROR, OK
from .terminal import is_terminal, note, safe

if TYPE_CHECKING:
    from ..openrouter.login import Login

__all__ = ["add_login", "run"]

_WAIT = 300.0
_MORE = """A browser opens OpenRouter's page; when you agree there, the page sends the browser back to this program,
and the program gets a key of your account. Where no browser can come back here (over ssh, in a container) the page
shows a code instead, which you paste; that is so by itself where there is no screen. The key is shown nowhere
unless you ask for it.

franca openrouter login --output ~/.openrouter-key
export OPENROUTER_API_KEY="$(franca openrouter login --print)"
"""


def add_login(commands: Any) -> None:
    """Add the command."""
    about = "get a key by logging in with a browser"
    parser: argparse.ArgumentParser = commands.add_parser(
        "login", help=about, description=f"{about[0].upper()}{about[1:]}.\n\n{_MORE}"
    )
    parser.set_defaults(run=run)
    parser.add_argument("-o", "--output", metavar="FILE", help="write the key to this new file, for its owner only")
    parser.add_argument("--print", action="store_true", help="print the key on standard output")
    parser.add_argument("--paste", action="store_true", help="the page shows a code to paste here; nobody comes back")
    parser.add_argument("--no-browser", action="store_true", help="tell the address only; you open it yourself")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="where the browser comes back to (any free)")
    parser.add_argument("--wait", type=float, default=_WAIT, metavar="SECONDS", help="for you to agree (300)")
    parser.add_argument("--label", default="franca", metavar="NAME", help="what the key is called (franca)")
    group = parser.add_argument_group("server")
    group.add_argument("--base-url", metavar="URL", help="another address (default: OPENROUTER_BASE_URL, else theirs)")
    add_connection(group)


def run(args: argparse.Namespace) -> int:
    """Log in, and hand the key over. Where it cannot be kept is found out before."""
    from .openrouter_connect import make_router

    if not args.print and not args.output:
        raise BadUsage("where shall the key go? --output FILE writes it, --print prints it")
    if not 0 < args.wait < 86400:
        raise BadUsage("--wait is a number of seconds above 0, below a day")
    place = _new_file(args.output) if args.output else None
    with make_router(args) as router:
        code, login = _pasted(router.base_url, args) if _must_paste(args) else _sent_back(router.base_url, args)
        made = router.exchange_code(code, login.verifier)
    key = made.key or ""
    if args.print:
        print(key, flush=True)
    if place is not None and not _written(place, key):
        return ERROR
    if made.settings_url is not None and is_terminal(sys.stderr):
        note(f"the key can be revoked at {made.settings_url}")
    return OK


def _must_paste(args: argparse.Namespace) -> bool:
    """Whether no browser of this machine can be opened, and come back."""
    if args.paste or args.no_browser or os.environ.get("BROWSER"):
        return bool(args.paste)
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return True
    return sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _pasted(base_url: str, args: argparse.Namespace) -> tuple[str, Login]:
    from ..flow.openrouter.login import code_in
    from ..openrouter.login import start_login

    login = start_login(key_label=args.label, base_url=base_url)
    _tell(f"open this page, agree, and paste the code that it shows:\n{login.url}")
    if is_terminal(sys.stdin):
        print("code: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline(8192)
    if not line.strip():
        raise BadUsage("no code was pasted")
    return code_in(line), login


def _sent_back(base_url: str, args: argparse.Namespace) -> tuple[str, Login]:
    from ..openrouter.callback import Callback
    from ..openrouter.login import start_login

    with Callback(args.port) as callback:
        login = start_login(callback.url, key_label=args.label, base_url=base_url)
        if args.no_browser or not _opened(login.url):
            _tell(f"open this page with a browser of this machine, and agree:\n{login.url}")
        else:
            _tell(f"waiting for you to agree on the page that your browser shows; if it shows none:\n{login.url}")
        try:
            return callback.wait(args.wait), login
        except TimedOut as error:  # not one of the connection: --timeout has no part in it
            raise FrancaError(f"{error.message}; --wait SECONDS waits longer") from None


def _opened(url: str) -> bool:
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        return webbrowser.open(url)
    return False


def _tell(text: str) -> None:
    print(f"franca: {safe(text)}", file=sys.stderr, flush=True)


def _new_file(name: str) -> Path:
    place = Path(name).expanduser()
    if place.exists() or place.is_symlink():
        raise BadUsage(f"{place} is there already; --output names a new file")
    if not place.parent.is_dir() or not os.access(place.parent, os.W_OK):
        raise BadUsage(f"{place.parent} is no directory that can be written to")
    return place


def _written(place: Path, key: str) -> bool:
    """Whether the key is in the file now; where not, it is told how to be rid of it."""
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(key + "\n")
    except OSError as error:
        _tell(
            f"{place} could not be written: {error.strerror or error}. The key was made all the same: "
            "revoke it at https://openrouter.ai/settings/keys"
        )
        return False
    _tell(f'the key is in {place}; OPENROUTER_API_KEY="$(cat {quote(str(place))})" gives it to a program')
    return True
