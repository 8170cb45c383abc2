"""What somebody who mistyped a name may have meant."""

from __future__ import annotations

from natcbus.routing.nearest import closest, did_you_mean, nearest_desks
from tests.support.building import a_desk, a_network


def test_a_desk_of_the_same_member_is_meant_even_if_another_looks_more_like_it() -> None:
    network = a_network(a_desk("rs.shelter"), a_desk("hu.shelter-north"))

    assert nearest_desks("hu.shelter", network) == ("hu.shelter-north",)
    assert nearest_desks("hu.shelter.north", network) == ("hu.shelter-north",)


def test_where_the_member_is_unknown_any_desk_may_be_meant() -> None:
    network = a_network(a_desk("rs.shelter"), a_desk("hu.spoc"))

    assert nearest_desks("sr.shelter", network) == ("rs.shelter",)


def test_at_most_three_are_proposed_the_closest_first() -> None:
    desks = [a_desk(f"rs.shelter-{number}") for number in ("1", "22", "333", "4444")]
    network = a_network(*desks)

    assert nearest_desks("rs.shelter", network) == (
        "rs.shelter-1",
        "rs.shelter-22",
        "rs.shelter-333",
    )
    assert did_you_mean("rs.shelter", network) == (
        "did you mean rs.shelter-1 or rs.shelter-22 or rs.shelter-333?"
    )


def test_where_nothing_looks_like_it_the_list_is_named() -> None:
    network = a_network(a_desk("rs.spoc"))

    assert did_you_mean("zz.qqqqqqq", network) == "`natcbus network show` lists the desks"
    assert closest("QQQ", ["CHILDREN"]) is None
