"""How marks of handling combine: every code of each holds, and of two levels the stricter one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import EuropolCode, Handling, Pap, Tlp
from natcbus.routing.handling import combined, effective, lowers

OPEN = Handling(tlp=Tlp.CLEAR, europol=(), pap=Pap.CLEAR)

HANDLINGS = st.builds(
    Handling,
    tlp=st.sampled_from(Tlp),
    europol=st.lists(st.sampled_from(EuropolCode), unique=True, max_size=4).map(tuple),
    pap=st.sampled_from(Pap),
)


def marks(tlp: Tlp, *europol: EuropolCode, pap: Pap = Pap.AMBER) -> Handling:
    return Handling(tlp=tlp, europol=europol, pap=pap)


def test_the_stricter_level_and_every_code_hold() -> None:
    one = marks(Tlp.GREEN, EuropolCode.H1, pap=Pap.RED)
    other = marks(Tlp.AMBER_STRICT, EuropolCode.H3, EuropolCode.H1, pap=Pap.GREEN)

    assert combined(one, other) == Handling(
        tlp=Tlp.AMBER_STRICT, europol=(EuropolCode.H1, EuropolCode.H3), pap=Pap.RED
    )


@pytest.mark.parametrize(
    ("codes", "court_use", "onward", "read_first"),
    [
        ((), True, True, False),
        ((EuropolCode.H0,), True, True, False),
        ((EuropolCode.H1,), False, True, False),
        ((EuropolCode.H2,), True, False, False),
        ((EuropolCode.H3,), True, True, True),
        (tuple(EuropolCode), False, False, True),
    ],
)
def test_the_codes_of_europol_say_what_recipients_may_do(
    codes: tuple[EuropolCode, ...], *, court_use: bool, onward: bool, read_first: bool
) -> None:
    meant = effective(marks(Tlp.AMBER, *codes))

    assert (meant.court_use, meant.onward, meant.read_first) == (court_use, onward, read_first)
    assert meant.europol == tuple(sorted(codes))


def test_what_an_earlier_message_forbade_stays_forbidden() -> None:
    earlier, later = marks(Tlp.AMBER, EuropolCode.H2), marks(Tlp.GREEN)

    assert not effective(later, earlier).onward
    assert effective(later, earlier).tlp is Tlp.AMBER


@pytest.mark.parametrize(
    ("later", "lowered"),
    [
        (marks(Tlp.AMBER, EuropolCode.H1), False),
        (marks(Tlp.RED, EuropolCode.H1, EuropolCode.H2, pap=Pap.RED), False),
        (marks(Tlp.GREEN, EuropolCode.H1), True),
        (marks(Tlp.RED), True),
        (marks(Tlp.AMBER, EuropolCode.H1, pap=Pap.GREEN), True),
    ],
)
def test_handling_is_lowered_where_anything_is_allowed_that_was_not(
    later: Handling, *, lowered: bool
) -> None:
    assert lowers(later, marks(Tlp.AMBER, EuropolCode.H1)) is lowered


@given(HANDLINGS, HANDLINGS, HANDLINGS)
def test_marks_combine_in_any_order_and_once_is_enough(
    one: Handling, other: Handling, third: Handling
) -> None:
    whole = combined(one, other, third)

    assert whole == combined(third, combined(other, one)) == combined(whole, one, one)
    assert combined(whole, OPEN) == whole
    assert not lowers(whole, one)
    assert lowers(one, whole) == (combined(one) != whole)
