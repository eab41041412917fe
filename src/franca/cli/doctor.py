"""Examine a server: what it does of the Chat Completions format, what it does not, and how it says so.

franca doctor http://localhost:8080/v1
franca doctor groq -m llama-3.3-70b-versatile --yes --toml
franca doctor --only tools,json_schema --json
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from ..servers import server_named
from .connect import add_options, client_options
from .exits import AUTH, ERROR, INTERRUPTED, NETWORK, OK
from .show import shortened
from .terminal import can_repaint, is_terminal, note, safe, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..doctor import Examination, Finding, Probe
    from .examined import Report

__all__ = ["configure", "run"]

_TIMEOUT = 60.0
_COSTS = "it costs tokens (--yes allows it)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = __doc__.partition("\n\n")[2] + "\n`franca doctor --list` tells what each probe finds out."
    add = parser.add_argument
    add("where", nargs="?", metavar="URL_OR_NAME", help="the server; as -S")
    add("--only", metavar="PROBE,...", help="these probes or groups of probes only")
    add("--list", action="store_true", help="list the probes, and ask nobody")
    add("-y", "--yes", action="store_true", help="do not ask before probes that cost tokens")
    add("--embedding-model", metavar="NAME", help="the model for embeddings (default: one whose name says so)")
    add("--max-tokens", type=int, default=16, metavar="N", help="room of an ordinary answer in tokens (default: 16)")
    add(
        "--as", dest="row", metavar="NAME", help="compare with this row of `franca servers` (default: the server's own)"
    )
    add("--toml", action="store_true", help="print the row for the table of servers, and nothing else")
    add("--json", action="store_true", help="print everything as one object")
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Examine, and print what was found."""
    from ..doctor import PROBES, chosen

    if args.json and args.toml:
        raise BadUsage("--json holds the row too: give one of --json and --toml")
    probes = chosen(args.only.split(",")) if args.only else PROBES
    if args.list:
        from .examined import print_probes

        print_probes(probes, args.json)
        return OK
    if args.row:
        server_named(args.row)  # that it is one must be known before anything is spent
    with _examination(args) as examination:
        _choose_models(examination)
        allowed = _allowed(args, examination, probes)
        report, interrupted = _examine(args, examination, probes, allowed)
    report.print(as_json=args.json, as_toml=args.toml)
    sys.stdout.flush()
    return INTERRUPTED if interrupted else _code(report.findings)


def _examination(args: argparse.Namespace) -> Examination:
    from ..doctor import Examination

    if args.where and args.server:
        raise BadUsage("give the server once: as a word, or with -S")
    args.server = args.server or args.where
    timeout = args.timeout if args.timeout is not None else _TIMEOUT
    args.timeout = args.retries = None
    options: dict[str, Any] = dict(client_options(args))
    model = options.pop("model", None)
    return Examination(
        args.server,
        model=model,
        embedding_model=args.embedding_model,
        timeout=timeout,
        room=args.max_tokens,
        **options,
    )


def _choose_models(examination: Examination) -> None:
    """Where none is named: the only chat model of the list, and the first whose name speaks of embeddings."""
    if examination.model and examination.embedding_model != examination.model:
        return
    ids = examination.model_ids()
    embedding = [one for one in ids if "embed" in one.lower()]
    others = [one for one in ids if one not in embedding] or ids
    single = others[0] if len(others) == 1 else None
    examination.choose(model=single, embedding_model=embedding[0] if embedding else None)
    if examination.model is None:
        names = ", ".join(others[:4]) + (", ..." if len(others) > 4 else "")
        which = f"which model? It has {names}" if names else "it lists no models"
        note(f"franca: {which}; without -m only the server is examined")


def _allowed(args: argparse.Namespace, examination: Examination, probes: Sequence[Probe]) -> frozenset[str]:
    """The names of the probes that may run; asks when some cost more than a few tokens."""
    able = [probe for probe in probes if probe.needs != "chat" or examination.model]
    dear = [probe for probe in able if not probe.cheap]
    if args.yes or not dear:
        return frozenset(probe.name for probe in probes)
    cheap = frozenset(probe.name for probe in probes if probe.cheap)
    costs = _estimate(dear, args.max_tokens)
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        note(f"franca: {len(dear)} probes are left out, as they cost tokens ({costs}); --yes allows them")
        return cheap
    note(f"{len(able)} probes of {examination.base_url}, model {examination.model}: {costs}.", "")
    sys.stderr.write(f"Go on? [y]es, [c]heap ones only ({len(able) - len(dear)} probes), or [N]o: ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip().lower()
    if answer in ("y", "yes"):
        return frozenset(probe.name for probe in probes)
    if answer in ("c", "cheap"):
        return cheap
    raise KeyboardInterrupt


def _estimate(probes: Sequence[Probe], room: int) -> str:
    """What the probes cost together with what they are compared with: the plain answer, and two cold ones."""
    from ..doctor import chosen

    if any(probe.needs == "chat" for probe in probes):
        probes = [*probes, *(probe for probe in chosen(["chat", "temperature"]) if probe not in probes)]
    requests = sum(probe.requests for probe in probes)
    more = max(room - 16, 0)
    read = sum(probe.read for probe in probes)
    written = sum(probe.written + (probe.requests * more if probe.written else 0) for probe in probes)
    spent = f"{requests} requests, about {read:,} tokens in and at most {written:,} out"
    return f"{spent} where limits of tokens are heeded"


def _examine(
    args: argparse.Namespace, examination: Examination, probes: Sequence[Probe], allowed: frozenset[str]
) -> tuple[Report, bool]:
    """All findings, or those made until Ctrl-C."""
    from ..doctor import Finding
    from .examined import Report

    findings: list[Finding] = []
    interrupted = False
    try:
        for number, probe in enumerate(probes):
            _progress(f"{number + 1}/{len(probes)} {probe.group}: {probe.name} …")
            if probe.name in allowed:
                findings.append(examination.run(probe))
            else:
                findings.append(Finding(probe.name, probe.group, "skipped", _COSTS, (), 0.0, None))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        _progress("")
    if interrupted:
        note(f"franca: interrupted after {len(findings)} of {len(probes)} probes")
    return Report(examination, findings, args.row, time.strftime("%Y-%m-%d", time.gmtime()), interrupted), interrupted


def _progress(text: str) -> None:
    """One line on standard error that is written over; nothing where it cannot be."""
    if can_repaint(sys.stderr):
        sys.stderr.write(f"\r\x1b[K{shortened(safe(text), width() - 1)}")
        sys.stderr.flush()


def _code(findings: Sequence[Finding]) -> int:
    """0 when the server was examined; what kept it from being examined else."""
    verdicts = {finding.name: finding for finding in findings}
    if "reachable" in verdicts and verdicts["reachable"].verdict == "no":
        return NETWORK
    chat = verdicts.get("chat")
    if chat is not None and chat.verdict in ("skipped", "unknown") and chat.evidence:
        return AUTH if chat.evidence[-1].status in (401, 403) else ERROR
    return OK
