"""Extraction into the types that a program already has: a dataclass, a msgspec Struct, a pydantic model.

    python examples/structured_types.py

Runs against FRANCA_SERVER and FRANCA_MODEL, or against the embedded simulator when there is no such server: its model
`structured` writes what stands behind "answer:", and here it writes it badly. Needs `pip install "franca[structured]"`;
pydantic is used when it is there.
"""

from __future__ import annotations

import datetime
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

import franca
from franca.simulator import Simulator

LETTER = """Invoice 2026-118 of 3 November 2026. Two cables at 4.50 euros and one lamp at 39 euros, for Ada Lovelace,
12 St James's Square, London. Please pay within 14 days."""

# What the simulated model writes: think tags, prose, a fence, trailing commas, and a price in words at first.
SCRIPT = """
answer: {"number": "2026-118", "date": "2026-11-03", "lines": [{"what": "cable", "count": 2, "price": "four fifty"}]}
{"number": "2026-118", "date": "2026-11-03", "lines": [{"what": "cable", "count": 2, "price": "4.50"}, \
{"what": "lamp", "count": "1", "price": 39}], "currency": "eur"}"""
ADDRESS = """
answer: {"name": "Ada Lovelace", "street": "12 St James's Square", "city": "London"}"""


@dataclass
class Line:
    what: str
    count: int
    price: Annotated[float, "of one, without the currency sign"]


@dataclass
class Invoice:
    """An invoice.

    Attributes:
        number: as it is printed
        currency: three-letter code
    """

    number: str
    date: datetime.date
    lines: list[Line]
    currency: Literal["EUR", "GBP", "USD"] = "EUR"


class Address(msgspec.Struct):
    name: str
    street: str
    city: str
    country: str | None = None


def pydantic_address() -> Any:
    """The same as a pydantic model, with a validator of its own; None where pydantic is not installed."""
    try:
        import pydantic
    except ImportError:
        return None

    class Checked(pydantic.BaseModel):
        name: str
        street: str
        city: Annotated[str, pydantic.Field(min_length=2)]

        @pydantic.field_validator("city")
        @classmethod
        def capitals(cls, value: str) -> str:
            return value.upper()

    return Checked


def tell(found: franca.Structured[Any]) -> None:
    print(found.value)
    print(f"  mode {found.mode}, {found.usage}")
    for attempt in found.attempts:
        print(f"  {attempt.mode}: {attempt.problems[0] if attempt.problems else attempt.error or 'taken'}")
    for repair in found.repairs:
        print(f"  {repair.path or 'the text'}: {repair.kind}: {repair.before!r} -> {repair.after!r}"[:110])


def main() -> None:
    server = os.environ.get("FRANCA_SERVER")
    with ExitStack() as stack:
        url = server or stack.enter_context(Simulator()).url
        client = stack.enter_context(franca.Client(url))
        model = client.model or "structured:prompt-only+messy"
        scripted = model.startswith("structured")

        invoice = client.structured(LETTER + SCRIPT * scripted, Invoice, model=model, attempts=4)
        tell(invoice)
        print(f"  to pay: {sum(line.count * line.price for line in invoice.value.lines):.2f}\n")

        for wanted in (Address, pydantic_address()):
            if wanted is not None:
                tell(client.structured(["Whose invoice is it?", LETTER + ADDRESS * scripted], wanted, model=model))

        if scripted:  # what cannot be had is an error that says why, and what was tried
            try:
                client.structured(LETTER + ADDRESS, Invoice, model="structured:prompt-only", attempts=2)
            except franca.OutputInvalid as error:
                print(f"\n{error.message}")
                print(*(f"  {problem}" for problem in error.problems), sep="\n")
                print(f"  {len(error.attempts)} attempts; the model wrote: {error.text[:60]}...")


if __name__ == "__main__":
    main()
