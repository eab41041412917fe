"""How much is done for one text at most. A text beyond a limit is refused with a sentence that names the limit."""

from __future__ import annotations

__all__ = [
    "DEEPEST",
    "LONGEST",
    "LONGEST_NUMBER",
    "LOOK_AHEAD",
    "MOST_CANDIDATES",
    "MOST_NOTES",
    "MOST_STEPS",
    "SENTENCE",
]

LONGEST = 16_000_000  # characters of a text
DEEPEST = 200  # levels of brackets
MOST_CANDIDATES = 100_000  # pieces of a text that begin with a bracket
MOST_NOTES = 200  # repairs that are told one by one; the others count only in the cost
MOST_STEPS = 400_000  # pairs of a value and a schema that are looked at
LOOK_AHEAD = 600  # characters behind a quote that tell whether a string ends there
SENTENCE = 4_000  # characters of a text in which a lone number, word or list is looked for
LONGEST_NUMBER = 400  # characters of a number that is given as text
