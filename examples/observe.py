"""Watch calls: a meter of one's own made of hooks, log records, and OpenTelemetry spans if its SDK is installed.

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from contextlib import ExitStack, suppress
from typing import Any

import franca
from franca.observe import Call, Hooks, logging_hooks, otel_hooks
from franca.simulator import Simulator


class Meter:
    """Counts what calls cost and how they end. Hooks are plain functions, so methods will do."""

    def __init__(self) -> None:
        self.tokens: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.hooks = Hooks(done=self.done, error=self.error)

    def done(self, call: Call, answer: Any, metrics: Any) -> None:
        self.ends["left" if call.left else "done"] += 1
        if answer.usage is not None:
            self.tokens[call.model or ""] += answer.usage.total_tokens or 0

    def error(self, call: Call, error: BaseException) -> None:
        self.ends[type(error).__name__] += 1


def telemetry() -> list[Hooks]:
    """Hooks that make spans, when OpenTelemetry's SDK is there to print them."""
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
    except ImportError:
        return []
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stdout)))
    return [otel_hooks(tracer_provider=provider)]


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    server = os.environ.get("FRANCA_SERVER")
    meter = Meter()
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url, hooks=[meter.hooks, logging_hooks(), *telemetry()]))
        client.chat("Hello", model=client.model or "echo")
        for event in client.chat_stream("Count to a million.", model=client.model or "lorem", max_tokens=500):
            if event.content:
                break
        if not server:
            with suppress(franca.RateLimited):
                client.chat("Hello", model="scenario:limit-seconds", retries=0)
    print(f"tokens: {dict(meter.tokens)}; ends: {dict(meter.ends)}")


if __name__ == "__main__":
    main()
