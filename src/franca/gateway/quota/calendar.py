"""Days and months of budgets as plain numbers, in UTC, so that no request costs a date."""

from __future__ import annotations

__all__ = ["DAY", "day_of", "month_of"]

DAY = 86_400
_ERA = 146_097  # days of 400 years of the Gregorian calendar


def day_of(now: float) -> int:
    """The number of the UTC day; 0 is 1 January 1970."""
    return int(now // DAY)


def month_of(day: int) -> int:
    """The number of the calendar month of a day (by `day_of`); 0 is January 1970."""
    # Years that begin in March put the day of leap years last, so that months follow a line.
    shifted = day + 719_468
    era, of_era = divmod(shifted, _ERA)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // (_ERA - 1)) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # 0 is March
    return (era * 400 + year - 1970) * 12 + month + 2
