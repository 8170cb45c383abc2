"""What this version cannot do yet is said to the sender."""

from __future__ import annotations

import pytest

from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Kind
from natcbus.routing.supported import ROUTED, unsupported
from tests.support.building import a_header


@pytest.mark.parametrize("kind", sorted(ROUTED))
def test_what_is_routed_is_no_problem(kind: Kind) -> None:
    assert list(unsupported(a_header(kind=kind))) == []


@pytest.mark.parametrize("kind", sorted(set(Kind) - ROUTED))
def test_a_kind_that_is_not_routed_is_refused_with_those_that_are(kind: Kind) -> None:
    text = f"this version does not route {kind} yet: it routes ALERT, CANCEL, UPDATE"

    assert list(unsupported(a_header(kind=kind))) == [
        Problem("/header/kind", "KIND_NOT_SUPPORTED", text)
    ]
