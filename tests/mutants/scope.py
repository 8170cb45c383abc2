"""What is mutated, and which tests must notice."""

from __future__ import annotations

from typing import Final

MODULES: Final = (
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

TESTS: Final = (
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
"""The tests of tests/policy that need no broker: each mutant meets all of them that reach it."""
