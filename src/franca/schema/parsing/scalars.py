"""Numbers, truth values, null and choices that were written as text: accepted where exactly one thing is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from .limits import LONGEST_NUMBER, SENTENCE

__all__ = ["choice", "choice_in_sentence", "number_from", "number_text", "numbers_in", "truth", "is_null", "word_value"]

_SPACES = "\u00a0\u202f\u2009 "
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:([,_' \u00a0\u202f\u2009\u2019])[0-9]{3}(?:\1[0-9]{3})*)(?:\.[0-9]+)?")
_EUROPEAN = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+|[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}")
_UNDERSCORES = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)+")
_BASED = re.compile(r"([+-]?)0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+))")
_SUFFIX = re.compile(r"([0-9.])[nNlLfFdDmM]$")  # of literals: 5n, 5L, 1.5f
_NUMBER = re.compile(r"[+-]?(?:[0-9][0-9.,_']*[0-9]|[0-9])(?:[eE][+-]?[0-9]+)?|[+-]?\.[0-9]+")
_MARKS = "*_`\"'“”‘’ \t\r\n"
_CURRENCY = re.compile(
    r"^(?:US\$|[$€£¥₹₩₽₺]|(?:USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|MXN|KRW|NZD|SGD|HKD|ZAR|TRY)\s)\s*"
)
_UNIT_FAMILIES: tuple[tuple[frozenset[str], ...], ...] = tuple(
    tuple(frozenset(unit.split()) for unit in family.split("|"))
    for family in (
        "year years yr yrs|month months mo|week weeks wk wks|day days|hour hours hr hrs h|minute minutes min mins"
        "|second seconds sec secs s|millisecond milliseconds ms|microsecond microseconds us µs"
        "|nanosecond nanoseconds ns",
        "kilogram kilograms kg|gram grams g|milligram milligrams mg|pound pounds lb lbs|ounce ounces oz|tonne tonnes t",
        "kilometer kilometers kilometre kilometres km|meter meters metre metres|centimeter centimeters centimetre"
        " centimetres cm|millimeter millimeters millimetre millimetres mm|mile miles mi|foot feet ft|inch inches in",
        "usd dollar dollars $ us$|eur euro euros €|gbp £ sterling|jpy yen ¥|chf|inr rupee rupees ₹|cad|aud|cny yuan"
        "|cents cent ct",
        "liter liters litre litres l|milliliter milliliters millilitre millilitres ml",
        "byte bytes b|kilobyte kilobytes kb kib|megabyte megabytes mb mib|gigabyte gigabytes gb gib",
        "celsius °c c|fahrenheit °f f|kelvin",
        "degree degrees °",
        "item items|unit units|piece pieces pcs pc|person people persons|time times|star stars|point points pts"
        "|page pages|word words|token tokens|row rows|line lines|pixel pixels px|character characters chars|year-old",
    )
)
_UNIT_OF = {
    word: (row, column)
    for row, family in enumerate(_UNIT_FAMILIES)
    for column, one in enumerate(family)
    for word in one
}
_COUNTED = len(_UNIT_FAMILIES) - 1
_TRUE = frozenset({"true", "yes", "y", "t", "on", "1"})
_FALSE = frozenset({"false", "no", "n", "f", "off", "0"})
_NULLS = frozenset(
    {"null", "none", "nil", "undefined", "n/a", "na", "nan", "-", "", "unknown", "not available", "not applicable"}
)
_WORD_NULLS = frozenset({"null", "none", "nil", "undefined"})
_WORDS = {"true": True, "false": False}
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|non|isn|wasn|aren|doesn|don|cannot|can|without|rather|instead|except|unlike|than|between"
    r"|or|either|versus|vs|but|if|unless|almost|nearly|opposite|hardly|barely)\b|n['’]t\b",
    re.IGNORECASE,
)
_KEY_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def number_from(text: str, whole: bool) -> int | float | None:
    """The number of a plain decimal text: an int where it is whole or `whole` is asked; None where a digit would be
    lost, or where Python cannot hold it."""
    if len(text) > LONGEST_NUMBER:
        return None
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    if exact.is_zero():
        return 0 if whole or not set(text) & set(".eE") else 0.0
    if exact.adjusted() > 308 or exact.adjusted() < -308:
        return None
    if exact == exact.to_integral_value() and (whole or not set(text) & set(".eE")):
        return int(exact)
    found = float(exact)
    return found if not whole and Decimal(repr(found)) == exact else None


def number_text(text: str, whole: bool, field: str = "") -> tuple[int | float, int] | None:
    """The one number that a text says, and what it costs to read it so; None where it says none, or another reading is
    as good. `field`: the name of the field, whose unit must not differ from the text's."""
    text = text.strip(_MARKS)
    if not text or len(text) > LONGEST_NUMBER:
        return None
    found = _bare_number(text.replace("\u2212", "-"), whole)
    if found is not None:
        return found, 1
    found = _with_unit(text.replace("\u2212", "-"), whole, field)
    return None if found is None else (found, 2)


def _bare_number(text: str, whole: bool) -> int | float | None:
    if _PLAIN.fullmatch(text):
        return number_from(text, whole)
    if _THOUSANDS.fullmatch(text):
        return number_from(re.sub(r"[^0-9.+-]", "", text), whole)
    if _UNDERSCORES.fullmatch(text):
        return number_from(text.replace("_", ""), whole)
    if _EUROPEAN.fullmatch(text):
        return number_from(text.replace(".", "").replace(",", "."), whole)
    based = _BASED.fullmatch(text)
    if based:
        sign, *digits = based.groups()
        base, number = next((base, one) for base, one in zip((16, 8, 2), digits, strict=True) if one)
        return int(number, base) * (-1 if sign == "-" else 1)
    return None


def _with_unit(text: str, whole: bool, field: str) -> int | float | None:
    """A number with a currency before it or a unit behind it. Units that scale ("k", "million") are none."""
    money = _CURRENCY.match(text)
    unit = money.group().strip() if money else ""
    sign = ""
    if not money and text[:1] == "-" and _CURRENCY.match(text[1:]):
        money, sign, text = _CURRENCY.match(text[1:]), "-", text[1:]
        unit = money.group().strip() if money else ""
    rest = text[money.end() :] if money else text
    match = re.match(r"[+-]?[0-9.][0-9.,_'\u2019\u00a0\u202f\u2009]*(?:[eE][+-]?[0-9]+(?![\w]))?", rest)
    if not match:
        return None
    number, behind = match.group().rstrip(".,"), rest[match.end() :].strip()
    if behind == "%":
        return (
            _bare_number(sign + number, whole) if whole or _speaks_of(field, {"percent", "percentage", "pct"}) else None
        )
    if behind.endswith(" old"):
        behind = behind[:-4].strip()
    if (behind and behind.casefold() not in _UNIT_OF) or (len(behind) == 1 and behind in "mMkKbBcCfFtT"):
        return None
    if not behind and not unit:
        return None
    if any(_clash(field, one) for one in (behind, unit) if one) or (behind and unit and not _same(behind, unit)):
        return None
    return _bare_number(sign + number, whole)


def _speaks_of(field: str, words: set[str]) -> bool:
    return any(word.casefold() in words for word in _KEY_WORD.findall(field))


def _clash(field: str, unit: str) -> bool:
    """Whether the field's own name has another unit of the same kind."""
    row, column = _UNIT_OF.get(unit.casefold(), (_COUNTED, 0))
    if row == _COUNTED:
        return False
    words = _KEY_WORD.findall(field)
    others = [_UNIT_OF.get(word.casefold()) for word in words if len(word) > 1 or word is words[-1]]
    return any(other is not None and other[0] == row and other[1] != column for other in others)


def _same(one: str, other: str) -> bool:
    return _UNIT_OF.get(one.casefold()) == _UNIT_OF.get(other.casefold())


def numbers_in(text: str) -> set[str]:
    """The numbers in a sentence, as written."""
    return {match.group() for match in _NUMBER.finditer(text)}


def truth(text: str) -> bool | None:
    """What a word says of true and false; None for any other text."""
    word = text.strip(_MARKS + ".!✅❌✓✗").casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def is_null(text: str) -> bool:
    """Whether a text says that there is no value."""
    return text.strip(_MARKS + ".").casefold() in _NULLS


def word_value(text: str) -> Any:
    """What a word without quotes is in Python, JavaScript and the like: True, False, None; itself for any other."""
    word = text.casefold()
    if word in _WORD_NULLS:
        return None
    return _WORDS.get(word, text)


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def choice(text: str, values: Sequence[Any]) -> tuple[Any, int] | None:
    """The one of the values that the text is but for case, blanks, underscores, markup and quotes; with the cost."""
    texts = [value for value in values if isinstance(value, str)]
    same = [value for value in texts if value.strip().casefold() == text.strip().casefold()]
    if len(same) == 1:
        return same[0], 1
    folded = _folded(text)
    if not folded:
        return None
    tight = folded.replace(" ", "")
    same = [value for value in texts if _folded(value).replace(" ", "") == tight]
    if len(same) == 1 and not _signs_differ(text, same[0]):
        return same[0], 2
    return None


def _signs_differ(text: str, value: str) -> bool:
    """Signs that carry a meaning ("C" and "C++", "A+" and "A-")."""
    return sorted(re.findall(r"[+#%<>=!-]", text)) != sorted(re.findall(r"[+#%<>=!-]", value)) and not re.search(
        r"[\w][-_ ][\w]", text + " " + value
    )


def choice_in_sentence(text: str, values: Sequence[Any]) -> Any:
    """The one of the values that a sentence names, as whole words; None where it names none or two, or says "not"."""
    if len(text) > SENTENCE or _NEGATION.search(text):
        return None
    found: list[tuple[int, int, str]] = []
    texts = sorted({value for value in values if isinstance(value, str) and value.strip()}, key=len, reverse=True)
    for value in texts:
        for match in re.finditer(rf"(?<![\w+#-]){re.escape(value)}(?![\w+#-])", text, re.IGNORECASE):
            if not any(start <= match.start() and match.end() <= stop for start, stop, _ in found):
                found.append((match.start(), match.end(), value))
    named = {value for _, _, value in found}
    return named.pop() if len(named) == 1 else None
