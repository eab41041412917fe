"""`franca openrouter endpoints` and `providers`: who serves a model, under which conditions, and who there is."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .exits import ERROR, OK
from .openrouter_cells import able, figure, prices, print_rows, size, tell_conditions
from .openrouter_connect import add_command, make_router
from .show import print_json
from .terminal import note

if TYPE_CHECKING:
    from ..wire.openrouter.catalogue import Endpoint, Percentiles

__all__ = ["add_endpoints", "add_providers"]

_ENDPOINTS = """\
Prices are in dollars for a million tokens. ANSWER is the most tokens of an answer,
BITS the quantisation, UP the share of the last half hour in which the provider
answered; TOK/S and WAIT are the median speed and the median seconds to the first
token of that time, which OpenRouter tells only to those who have a key. A narrow
terminal shows fewer of them. PROVIDER is what `provider.order`, `only` and `ignore`
of a request take."""


def add_endpoints(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "endpoints", run_endpoints, "list who serves a model, and how", _ENDPOINTS)
    parser.add_argument("name", metavar="MODEL", help="as author/model, with or without a :variant")


def add_providers(commands: Any) -> None:
    """Add the command."""
    add_command(commands, "providers", run_providers, "list the providers")


def run_endpoints(args: argparse.Namespace) -> int:
    """Ask, and print a table."""
    with make_router(args) as router:
        model = router.model_endpoints(args.name)
    if args.json:
        print_json(model.to_dict())
    else:
        heads = ("PROVIDER", "CONTEXT", "ANSWER", "IN $/M", "OUT $/M", "BITS", "UP", "TOK/S", "WAIT", "CAN")
        rows = [_row(one) for one in model.endpoints]
        print_rows(heads, rows, flexible=(0, 9), spare=(2, 8, 7, 5), before_name=(6, 9, 4, 1))
        tell_conditions(one.pricing for one in model.endpoints)
    sys.stdout.flush()
    if not model.endpoints:
        note(f"franca: nobody serves {args.name}")
        return ERROR
    return OK


def _row(endpoint: Endpoint) -> tuple[str, ...]:
    up = endpoint.uptime_last_30m
    return (
        endpoint.tag or endpoint.provider_name or "",
        size(endpoint.context_length),
        size(endpoint.max_completion_tokens),
        *prices(endpoint.pricing),
        (endpoint.quantization or "").replace("unknown", ""),
        "" if up is None else f"{up:.4g}%",
        _median(endpoint.throughput_last_30m, 1),
        _median(endpoint.latency_last_30m, 1000),  # it comes in milliseconds
        able(endpoint.supported_parameters),
    )


def _median(told: Percentiles | None, unit: int) -> str:
    return "" if told is None or told.p50 is None else figure(told.p50 / unit)


def run_providers(args: argparse.Namespace) -> int:
    """Ask, and print a table."""
    with make_router(args) as router:
        found = list(router.providers())
    if args.json:
        print_json([one.to_dict() for one in found])
    else:
        rows = [(one.slug or "", one.name or "", one.headquarters or "", " ".join(one.datacenters)) for one in found]
        print_rows(("PROVIDER", "NAME", "SEAT", "DATA CENTRES"), rows, flexible=(1, 3))
    sys.stdout.flush()
    return OK
