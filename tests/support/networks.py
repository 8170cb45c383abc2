"""Networks for tests: the example that the repository ships, and a small one written here."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Final

from natcbus.contract.audience import Audience
from natcbus.contract.catalogue import load_catalogue
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Network

EXAMPLE: Final = Path(__file__).parents[2] / "infra" / "network"

SMALL_AUDIENCES: Final[Mapping[str, Audience]] = {
    "missing_person": Audience(
        compartments={
            "SPOC_24_7": frozenset({"identity", "recognition", "circumstances"}),
            "BORDER_POLICE": frozenset({"identity", "recognition"}),
            "NATIONAL_COORDINATOR": frozenset(),
        },
        reduced=frozenset({"identity", "recognition"}),
        named_only=frozenset(),
        country_roles={
            "LAST_SEEN": ("/last_seen/country",),
            "HEADING": ("/likely_heading/*/country",),
        },
    ),
}

SMALL: Final[Mapping[str, str]] = {
    name: dedent(text).lstrip()
    for name, text in {
        "network.yaml": """
            network:
              version: 3
              name: Two countries
              example: true
            topics:
              MISSING_CHILDREN: Search for missing children
            adjacency:
              RS: [HU]
              HU: [RS]
            """,
        "members/rs.yaml": """
            members:
              rs:
                name: Serbia
                tier: MEMBER
                country: RS
                desks:
                  rs.spoc:
                    name: Single point of contact
                    organisation: SPOC_24_7
                    competences: [MISSING_CHILDREN]
                    purposes: [LOCATE_PERSON]
                    statuses: [ACTUAL, EXERCISE]
                    regime: LED
                    languages: [sr-Cyrl, en]
                    hours: 24/7
            """,
        "members/hu.yaml": """
            members:
              hu:
                name: Hungary
                tier: MEMBER
                country: HU
                desks:
                  hu.spoc:
                    name: Single point of contact
                    organisation: SPOC_24_7
                    purposes: [LOCATE_PERSON]
                    statuses: [ACTUAL]
                    regime: LED
                    languages: [hu]
                    hours: 24/7
                  hu.border-police:
                    name: Border police
                    organisation: BORDER_POLICE
                    competences: [MISSING_CHILDREN]
                    purposes: [LOCATE_PERSON]
                    statuses: [ACTUAL]
                    regime: LED
                    languages: [hu, en]
                    hours: Mo-Fr 08:00-16:00
            """,
        "policy.yaml": """
            roles:
              missing_person:
                IMMEDIATE:
                  roles:
                    LAST_SEEN: F
                    HEADING: F
                    ADJACENT: {reach: R, to: [BORDER_POLICE]}
                  topics: {reach: N}
                OTHERWISE:
                  to: [SPOC_24_7]
                  roles:
                    LAST_SEEN: F
                    HEADING: {reach: R, to: ALL}
            purposes:
              LOCATE_PERSON: {SPOC_24_7: F, BORDER_POLICE: F, NATIONAL_COORDINATOR: N}
              PROTECT_VICTIM: {}
              INVESTIGATE: {}
              PROSECUTE: {}
              PREVENT: {}
              LABOUR_INSPECTION: {}
              RESEARCH_STATISTICS: {}
              COORDINATE: {}
            tlp:
              RED: {}
              AMBER_STRICT: {MEMBER: [SPOC_24_7]}
              AMBER: {MEMBER: [SPOC_24_7, BORDER_POLICE]}
              GREEN: {MEMBER: ALL}
              CLEAR: {MEMBER: ALL, PARTNER: ALL}
            competence:
              missing_person: [SPOC_24_7, BORDER_POLICE]
            tiers:
              MEMBER: {publishes: [missing_person]}
              OBSERVER: {publishes: []}
              GUEST: {publishes: []}
              PARTNER: {publishes: []}
            clocks:
              missing_person:
                IMMEDIATE: {read: PT15M, delivered: PT1M}
                OTHERWISE: {read: P1DT12H}
            lifetimes:
              missing_person: P30D
            small_cell: 5
            """,
        "transfers.yaml": """
            groups:
              neighbours: [rs, hu]
            agreements:
              - name: Police of two countries
                from: [neighbours]
                to: [neighbours]
                regimes: [LED]
                basis: AGREEMENT
                until: null
            corridors:
              - {name: RS-HU, version: 1, countries: [RS, HU]}
            border_points:
              - {code: RSHRG, name: Horgoš, between: [RS, HU]}
              - {code: HUROZ, name: Röszke, between: [HU, RS]}
            """,
    }.items()
}


def example_files() -> dict[str, str]:
    """The YAML of the example Network, by file name."""
    files = {
        path.relative_to(EXAMPLE).as_posix(): path for path in EXAMPLE.rglob("*") if path.is_file()
    }
    return {name: path.read_text("utf-8") for name, path in files.items() if is_network_file(name)}


def example_network() -> Network:
    """The example Network under the contract of this installation."""
    return load_network(example_files(), load_catalogue().audiences)


def small_network() -> Network:
    """Serbia and Hungary, neighbours, with three desks and one event type."""
    return load_network(SMALL, SMALL_AUDIENCES)


def small_files(file: str = "", old: str = "", new: str = "") -> dict[str, str]:
    """The small network's YAML; in ``file``, the first ``old`` is ``new``."""
    files = dict(SMALL)
    if file:
        assert old in files[file], f"{old!r} is not in {file}"
        files[file] = files[file].replace(old, new, 1)
    return files


def shuffled(value: object, chance: random.Random) -> object:
    """The same tables and lists in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(each, chance)) for key, each in value.items()]
        return dict(chance.sample(items, len(items)))
    if isinstance(value, list):
        return chance.sample(value, len(value))
    return value
