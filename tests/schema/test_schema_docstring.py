"""Docstrings in three styles, and in none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.schema.docstring import parse_docstring

NAMES = ("city", "days", "unit")

GOOGLE = """Weather for a city.

    Looks it up.

    Args:
        city (str): The city: with
            its country.
        days (Optional[Tuple[int, str]]):
            How many days.

        unit: C or F.
        other: Not a parameter.

    Returns:
        city: not this.
    """

NUMPY = """Weather for a city.

    Looks it up.

    Parameters
    ----------
    city : str
        The city: with
        its country.
    days : int, optional
        How many days.
    unit
        C or F.
    other : int
        Not a parameter.

    Returns
    -------
    city : str
        not this
    """

SPHINX = """Weather for a city.

    Looks it up.

    :param str city: The city: with
        its country.
    :type city: str
    :param days:
        How many days.
    :param unit: C or F.

    Not of the unit.
    :param other: Not a parameter.
    :raises ValueError: never
    :returns: not this
    :rtype: str
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_styles(text):
    """All three styles say the same."""
    assert parse_docstring(text, NAMES) == (
        "Weather for a city.\n\nLooks it up.",
        {"city": "The city: with its country.", "days": "How many days.", "unit": "C or F."},
    )


@pytest.mark.parametrize(
    ("text", "description", "said"),
    [
        (None, "", {}),
        ("", "", {}),
        ("One line.", "One line.", {}),
        ("\n    Indented.\n      More.\n    ", "Indented.\n  More.", {}),
        ("Note: this is prose.", "Note: this is prose.", {}),
        ("Args:\n    days: n", "", {"days": "n"}),
        ("A.\n\nArgs:\n    *days: n\n    **unit: m", "A.", {"days": "n", "unit": "m"}),
        ("A.\n\nArgs:\n    days:\n    unit: m", "A.", {"unit": "m"}),
        ("A.\n\nArgs:\n    prose without an entry\n    days: n", "A.", {"days": "n"}),
        ("A.\n\nParameters\n----------\ncity, days : x\n    both", "A.", {"city": "both", "days": "both"}),
        ("A.\n\nReturns:\n    days: n", "A.", {}),
        (":param int days: n", "", {"days": "n"}),
        (":returns: n\n:param days: m", "", {"days": "m"}),
        ("A :param days: inside", "A :param days: inside", {}),
        ("A.\n\nArgs:\n    days: a\n\nNotes\n-----\nx\n:param unit: b", "A.", {"days": "a", "unit": "b"}),
    ],
)
def test_forms(text, description, said):
    """Edge forms of each style."""
    assert parse_docstring(text, NAMES) == (description, said)


@given(st.text("ab:-= \n\tArgsParametersparamcity(),*", max_size=120))
def test_any_text(text):
    """No text raises, and only names that were asked for are told of."""
    description, said = parse_docstring(text, NAMES)
    assert isinstance(description, str)
    assert set(said) <= set(NAMES)
