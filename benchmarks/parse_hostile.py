"""How long the tolerant parser takes for texts that stall others: CPU milliseconds each, and what came of it.

    python benchmarks/parse_hostile.py [repeats]

Every text must be done within 100 ms of CPU on the machine of the README, and in time that grows with its length.
"""

from __future__ import annotations

import sys
from time import process_time

import msgspec

from franca.errors import OutputInvalid
from franca.schema.parsing import parse

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PEOPLE = {"type": "array", "items": PERSON}
NUMBERS = {"type": "array", "items": {"type": "number"}}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
NEXT = {"type": "object", "properties": {"a": {"$ref": "#"}}}
ANSWER = '{"name": "Ada", "age": 36,}'
WORDS = "It was a bright cold day in April, and the clocks (all of them) weren't striking: 13 of 'em. "


def people(size: int) -> str:
    """A list of objects of about so many characters, with one comma too many."""
    one = msgspec.json.encode({"name": "Ada Lovelace", "age": 36}).decode()
    return "[" + ", ".join([one] * (size // (len(one) + 2))) + ",]"


def texts(scale: float = 1.0) -> dict[str, tuple[str, object]]:
    """Name -> text and schema; `scale` makes them longer."""

    def times(number: int) -> int:
        return int(number * scale)

    return {
        "1 MB of prose": (WORDS * (times(1_000_000) // len(WORDS)), PERSON),
        "1 MB of prose, then an answer": (WORDS * (times(1_000_000) // len(WORDS)) + ANSWER, PERSON),
        "20,000 open brackets": ("[" * times(20_000), PEOPLE),
        "20,000 open braces": ("{" * times(20_000), PERSON),
        '{"a": 5,000 times': ('{"a":' * times(5_000), NEXT),
        "640 kB of objects, one trailing comma": (people(times(640_000)), PEOPLE),
        "640 kB of numbers, one trailing comma": ("[" + "12345.5, " * times(71_000) + "]", NUMBERS),
        "20,000 {x}, then an answer": ("{x} " * times(20_000) + ANSWER, PERSON),
        '20,000 {"x":1}, then an answer': ('{"x":1} ' * times(20_000) + ANSWER, PERSON),
        '20,000 {"x":1}, no answer': ('{"x":1} ' * times(20_000), PERSON),
        "20,000 inner quotes": ('{"text": "' + 'say "hi" ' * times(10_000) + '"}', TEXT),
        "20,000 inner quotes and commas": ('{"text": "' + 'a", ' * times(20_000) + '"}', TEXT),
        "200 kB string, cut": ('{"text": "' + "lorem ipsum\\n" * times(15_400), TEXT),
        "200 kB of open comments": ('{"text": ' + "/* " * times(66_000), TEXT),
        "200 kB of blanks behind quotes": ('{"text": "' + ('"' + " " * 1000) * times(200), TEXT),
        "200 kB of words without quotes": ('{"text": ' + "a, b; " * times(33_000), TEXT),
        "100 kB of commas": ("[" + "," * times(100_000), PEOPLE),
        "20,000 think tags": ("<think>" * times(20_000) + ANSWER, PERSON),
        "20,000 fences": ("```json\n" * times(20_000) + ANSWER, PERSON),
        "200 kB number": ('{"age": ' + "9" * times(200_000) + "}", PERSON),
    }


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    worst = 0.0
    for name, (text, schema) in texts().items():
        spent = []
        for _ in range(repeats):
            begun = process_time()
            try:
                outcome = f"a value, cost {parse(text, schema).cost}"
            except OutputInvalid as error:
                outcome = f"refused: {error.problems[0][:60]}"
            spent.append((process_time() - begun) * 1000)
        worst = max(worst, min(spent))
        print(f"{min(spent):8.1f} ms  {name:42} {outcome}")
    print(f"{worst:8.1f} ms  the slowest")


if __name__ == "__main__":
    main()
