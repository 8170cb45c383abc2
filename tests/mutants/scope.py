"""What is mutated, and which tests must notice."""

from __future__ import annotations

from typing import Final

DECIDING: Final = (
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
)
"""The modules that decide and say why, in the order of a decision."""

LOADING: Final = (
    "documents",
    "notation",
    "drafting",
    "coherence",
    "compiling",
    "canonical",
    "loading",
    "soundness",
    "checking",
    "signed",
)
"""The modules that read the Network and refuse one that cannot be meant."""

_POLICY: Final = (
    "addressing",
    "addressing_told",
    "candidates",
    "clocks",
    "days",
    "decide",
    "decision_invariants",
    "decision_symmetries",
    "gates",
    "golden_decisions",
    "handling",
    "narrowing",
    "nearest",
    "network_changes",
    "network_digest",
    "network_example",
    "network_loading",
    "network_register",
    "network_rules",
    "network_schema",
    "network_shown",
    "reasons",
    "restrictions",
    "simulating",
    "supported",
    "telling",
    "transfers",
    "views",
    "why_not",
)
TESTS: Final = (
    *(f"tests/policy/test_{name}.py" for name in _POLICY),
    "tests/contract/test_network_document.py",
)
"""The tests that need no broker: each mutant meets all of them that reach it."""
