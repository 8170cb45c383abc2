"""How a last day is written in the Network's YAML."""

from __future__ import annotations

from datetime import date

import pytest

from natcbus.routing.days import Day
from natcbus.routing.documents import Entries, Report, read_document


def read(written: str) -> tuple[date | None, list[str]]:
    """The day after ``until:``, and what is said about it."""
    report = Report()
    document = read_document("transfers.yaml", f"until: {written}\n", report)
    assert isinstance(document, Entries)
    day = Day().read(document.entries[0].value, report)
    said = [f"{each.line}: {each.code}: {each.text}: {each.fix}" for each in report.problems]
    return (day.value if day is not None else None), said


@pytest.mark.parametrize("written", ["2027-06-30", '"2027-06-30"', "'2027-06-30'"])
def test_a_day_is_written_with_year_month_and_day_in_quotes_or_not(written: str) -> None:
    assert read(written) == (date(2027, 6, 30), [])


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2199, 12, 31)])
def test_days_are_those_of_this_century_and_the_next(day: date) -> None:
    assert read(day.isoformat()) == (day, [])


@pytest.mark.parametrize(
    "written", ["1999-12-31", "2200-01-01", "2027-02-30", "20270630", "2027-W26-3", "30.06.2027"]
)
def test_what_is_no_day_is_shown_with_the_way_to_write_one(written: str) -> None:
    said = f"'{written}' is no day: write year, month and day, such as 2027-06-30"

    assert read(written) == (None, [f"1: BAD_FORM: {said}"])


@pytest.mark.parametrize("written", ["[2027-06-30]", "{}", '""'])
def test_what_is_no_single_value_is_no_day(written: str) -> None:
    said = "a day is wanted: write year, month and day, such as 2027-06-30"

    assert read(written) == (None, [f"1: BAD_FORM: {said}"])
