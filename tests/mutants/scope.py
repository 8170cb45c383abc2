"""What is mutated, and which tests must notice."""

from __future__ import annotations

from typing import Final, NamedTuple


class Group(NamedTuple):
    """Modules of routing, and the tests that are about them.

    Each mutant meets every one of these tests that reaches it; none of them needs a broker.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]


DECIDING: Final = Group(
    modules=(
        "decide",
        "candidates",
        "country_roles",
        "crossings",
        "gates",
        "transfers",
        "days",
        "views",
        "digests",
        "narrowing",
        "handling",
        "supported",
        "clocks",
        "why_not",
        "reasons",
        "telling",
        "addressing",
        "nearest",
        "places",
    ),
    tests=(
        "policy/test_addressing.py",
        "policy/test_addressing_told.py",
        "policy/test_candidates.py",
        "policy/test_clocks.py",
        "policy/test_days.py",
        "policy/test_decide.py",
        "policy/test_decision_invariants.py",
        "policy/test_decision_symmetries.py",
        "policy/test_gates.py",
        "policy/test_golden_decisions.py",
        "policy/test_handling.py",
        "policy/test_narrowing.py",
        "policy/test_nearest.py",
        "policy/test_network_changes.py",
        "policy/test_network_loading.py",
        "policy/test_network_rules.py",
        "policy/test_reasons.py",
        "policy/test_restrictions.py",
        "policy/test_simulating.py",
        "policy/test_supported.py",
        "policy/test_telling.py",
        "policy/test_transfers.py",
        "policy/test_views.py",
        "policy/test_why_not.py",
    ),
)
"""What decides and says why, in the order of a decision."""

LOADING: Final = Group(
    modules=(
        "documents",
        "coherence",
        "compiling",
        "canonical",
        "loading",
        "soundness",
        "checking",
        "signed",
    ),
    tests=(
        "policy/test_days.py",
        "policy/test_network_digest.py",
        "policy/test_network_example.py",
        "policy/test_network_loading.py",
        "policy/test_network_register.py",
        "policy/test_network_rules.py",
        "policy/test_network_schema.py",
        "policy/test_network_shown.py",
        "policy/test_nearest.py",
        "contract/test_network_document.py",
    ),
)
"""What reads the Network and refuses one that cannot be meant."""
