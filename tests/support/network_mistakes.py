"""Mistakes in the YAML of the small network, and what their author is told.

The first cannot be loaded; the others can be, and cannot be meant.

``python -m tests.support.network_mistakes`` writes down what is told today, to be reviewed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from natcbus.routing.checking import check_network
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import load_network
from tests.support.networks import SMALL, SMALL_AUDIENCES, small_files, small_network

TOLD: Final = Path(__file__).parents[1] / "policy" / "network_mistakes.txt"


class Mistake(NamedTuple):
    """Write ``new`` for ``old`` in ``file``; the problem is on the line of ``line``."""

    code: str
    file: str
    old: str
    new: str
    line: str
    fix: str


NETWORK: Final = "network.yaml"
RS: Final = "members/rs.yaml"
HU: Final = "members/hu.yaml"
POLICY: Final = "policy.yaml"
TRANSFERS: Final = "transfers.yaml"
MISTAKES: Final = (
    Mistake("BAD_YAML", HU, "tier: MEMBER", "tier: [MEMBER", "country: HU", "notation"),
    Mistake(
        "NOT_PLAIN_YAML",
        HU,
        "hours: 24/7",
        "hours: !!python/name:os.system x",
        "os.system",
        "remove it",
    ),
    Mistake(
        "NOT_PLAIN_YAML",
        RS,
        "name: Serbia",
        "name: &x Serbia\n    country: *x",
        "*x",
        "write it out",
    ),
    Mistake("NOT_PLAIN_YAML", RS, "country: RS", "[a]: b\n    country: RS", "[a]", "write a word"),
    Mistake("NOT_PLAIN_YAML", POLICY, "purposes:", "---\npurposes:", "---", "remove ---"),
    Mistake(
        "DUPLICATE_KEY", HU, "tier: MEMBER", "tier: MEMBER\n    tier: GUEST", "GUEST", "keep one"
    ),
    Mistake("DUPLICATE_KEY", HU, "hu.border-police:", "hu.spoc:", "hu.spoc:", "keep one"),
    Mistake("DUPLICATE_KEY", RS, "  rs:", "  hu:", "  hu:", "keep one"),
    Mistake("UNKNOWN_KEY", HU, "hours: 24/7", "hour: 24/7", "hour:", "hours"),
    Mistake("UNKNOWN_KEY", POLICY, "competence:", "competences:", "competences:", "competence"),
    Mistake("MISSING_KEY", HU, "    tier: MEMBER\n", "", "name: Hungary", "add tier"),
    Mistake(
        "MISSING_SECTION", POLICY, "lifetimes:\n  missing_person: P30D\n", "", "", "add lifetimes"
    ),
    Mistake(
        "WRONG_TYPE", HU, "statuses: [ACTUAL]", "statuses: ACTUAL", "statuses: ACTUAL", "[ONE, TWO]"
    ),
    Mistake(
        "WRONG_TYPE", NETWORK, "HU: [RS]", "HU: [RS]\n  NO: [RS]", "NO:", 'put it in quotes: "NO"'
    ),
    Mistake("WRONG_TYPE", NETWORK, "version: 3", 'version: "3"', "version", "write 1"),
    Mistake("WRONG_TYPE", NETWORK, "example: true", "example: yep", "example", "write true"),
    Mistake("WRONG_TYPE", RS, "name: Serbia", "name:", "name:", "a word"),
    Mistake("OUT_OF_BOUNDS", NETWORK, "version: 3", "version: 0", "version", "from 1"),
    Mistake(
        "UNKNOWN_ORGANISATION_TYPE",
        HU,
        "BORDER_POLICE",
        "border-police",
        "border-police\n",
        "BORDER_POLICE?",
    ),
    Mistake("UNKNOWN_TIER", RS, "tier: MEMBER", "tier: MEMBERS", "MEMBERS", "MEMBER?"),
    Mistake(
        "UNKNOWN_TOPIC",
        RS,
        "MISSING_CHILDREN",
        "MISSING_CHILD",
        "MISSING_CHILD",
        "MISSING_CHILDREN?",
    ),
    Mistake("UNKNOWN_PURPOSE", RS, "LOCATE_PERSON", "LOCATE", "LOCATE", "LOCATE_PERSON?"),
    Mistake("UNKNOWN_STATUS", RS, "EXERCISE", "DRAFT", "DRAFT", "ACTUAL, EXERCISE, SYSTEM, TEST"),
    Mistake("UNKNOWN_REGIME", RS, "regime: LED", "regime: LDE", "LDE", "LED?"),
    Mistake("UNKNOWN_COUNTRY", RS, "country: RS", "country: YU", "YU", "ISO 3166-1"),
    Mistake("UNKNOWN_ROLE", POLICY, "HEADING: F", "HEADED: F", "HEADED", "HEADING?"),
    Mistake("UNKNOWN_REACH", POLICY, "HEADING: F", "HEADING: X", "HEADING: X", "F, N, R"),
    Mistake("UNKNOWN_SCOPE", POLICY, "to: ALL", "to: EVERYBODY", "EVERYBODY", "ALL"),
    Mistake("UNKNOWN_URGENCY", POLICY, "IMMEDIATE:", "IMEDIATE:", "IMEDIATE", "IMMEDIATE?"),
    Mistake(
        "UNKNOWN_TLP_LEVEL",
        POLICY,
        "AMBER_STRICT:",
        "AMBER+STRICT:",
        "AMBER+STRICT",
        "AMBER_STRICT?",
    ),
    Mistake(
        "UNKNOWN_EVENT_TYPE",
        POLICY,
        "publishes: [missing_person]",
        "publishes: [missing_persons]",
        "persons]",
        "missing_person?",
    ),
    Mistake(
        "MISSING_EVENT_TYPE",
        POLICY,
        "competence:\n  missing_person: [SPOC_24_7, BORDER_POLICE]",
        "competence: {}",
        "competence",
        "add missing_person",
    ),
    Mistake("MISSING_PURPOSE", POLICY, "  PROSECUTE: {}\n", "", "purposes:", "add PROSECUTE"),
    Mistake("MISSING_TLP_LEVEL", POLICY, "  RED: {}\n", "", "tlp:", "add RED"),
    Mistake("MISSING_TIER", POLICY, "  GUEST: {publishes: []}\n", "", "tiers:", "add GUEST"),
    Mistake(
        "MISSING_URGENCY",
        POLICY,
        "OTHERWISE: {read: P1DT12H}",
        "FUTURE: {read: P1DT12H}",
        "    IMMEDIATE: {read",
        "add OTHERWISE",
    ),
    Mistake("BAD_FORM", POLICY, "PT15M", "15 min", "15 min", "ISO 8601"),
    Mistake("BAD_FORM", POLICY, "PT15M", "PT0M", "PT0M", "ISO 8601"),
    Mistake("BAD_FORM", RS, "sr-Cyrl", "Serbian", "Serbian", "BCP 47"),
    Mistake("BAD_FORM", RS, "hours: 24/7", "hours: always", "always", "Mo-Fr 08:00-16:00"),
    Mistake("BAD_FORM", RS, "rs.spoc:", "spoc:", "spoc:", "rs.spoc"),
    Mistake(
        "DUPLICATE_ITEM", RS, "[ACTUAL, EXERCISE]", "[ACTUAL, ACTUAL]", "ACTUAL, ACTUAL", "keep one"
    ),
    Mistake("TOO_FEW", RS, "purposes: [LOCATE_PERSON]", "purposes: []", "purposes", "at least 1"),
    Mistake(
        "FOREIGN_DESK",
        HU,
        "hu.border-police:",
        "rs.border-police:",
        "rs.border",
        "hu.border-police",
    ),
    Mistake("COUNTRY_TAKEN", RS, "country: RS", "country: HU", "country: HU", "one member"),
    Mistake("OWN_NEIGHBOUR", NETWORK, "RS: [HU]", "RS: [HU, RS]", "[HU, RS]", "take it out"),
    Mistake(
        "ONE_WAY_ADJACENCY", NETWORK, "HU: [RS]", "HU: []", "RS: [HU]", "add RS to the row of HU"
    ),
    Mistake(
        "ONE_WAY_ADJACENCY", NETWORK, "RS: [HU]", "RS: [HU, RO]", "RS: [HU, RO]", "add RO: [RS]"
    ),
    Mistake(
        "UNREACHABLE_ORGANISATION_TYPE",
        HU,
        "organisation: BORDER_POLICE",
        "organisation: HEALTH",
        "HEALTH",
        "competence",
    ),
    Mistake("UNREACHABLE_ORGANISATION_TYPE", POLICY, "BORDER_POLICE: F, ", "", "", "purposes"),
    Mistake(
        "UNREACHABLE_DESK",
        RS,
        "purposes: [LOCATE_PERSON]",
        "purposes: [PREVENT]",
        "[PREVENT]",
        "LOCATE_PERSON",
    ),
    Mistake("UNKNOWN_MEMBER", TRANSFERS, "[rs, hu]", "[rs, hun]", "[rs, hun]", "hu?"),
    Mistake(
        "UNKNOWN_PARTY", TRANSFERS, "from: [neighbours]", "from: [neighbour]", "from", "neighbours?"
    ),
    Mistake(
        "GROUP_IS_MEMBER", TRANSFERS, "neighbours: [rs, hu]", "hu: [rs]", "hu: [rs]", "another"
    ),
    Mistake("DUPLICATE_NAME", TRANSFERS, "code: HUROZ", "code: RSHRG", "Röszke", "rename one"),
    Mistake("UNKNOWN_BASIS", TRANSFERS, "AGREEMENT", "AGREEMENTS", "AGREEMENTS", "AGREEMENT?"),
    Mistake("BAD_FORM", TRANSFERS, "until: null", "until: 30.06.2027", "until", "2027-06-30"),
    Mistake("BAD_FORM", TRANSFERS, "name: RS-HU", "name: Balkan", "Balkan", "TR-BG-RS-HU"),
    Mistake("TOO_FEW", TRANSFERS, "[HU, RS]", "[HU]", "Röszke", "at least 2"),
    Mistake("TOO_MANY", TRANSFERS, "[HU, RS]", "[HU, RS, RO]", "Röszke", "at most 2"),
    Mistake("DUPLICATE_ITEM", TRANSFERS, "[HU, RS]", "[HU, HU]", "Röszke", "keep one"),
    Mistake("MISSING_KEY", TRANSFERS, "    basis: AGREEMENT\n", "", "name: Police", "add basis"),
    Mistake("UNKNOWN_KEY", TRANSFERS, "until: null", "til: null", "til", "until"),
    Mistake("WRONG_TYPE", POLICY, "small_cell: 5", "small_cell: [5]", "small_cell", "the colon"),
    Mistake("WRONG_TYPE", POLICY, "small_cell: 5", "corridors: {}", "corridors", "write - ..."),
    Mistake("OUT_OF_BOUNDS", POLICY, "small_cell: 5", "small_cell: -1", "small_cell", "from 0"),
    Mistake("MISSING_SECTION", POLICY, "small_cell: 5", "", "", "add small_cell"),
    Mistake("DUPLICATE_KEY", TRANSFERS, "groups:", "small_cell: 4\ngroups:", "small_cell", "keep"),
    Mistake(
        "UNKNOWN_CLEARANCE", RS, "regime: LED", "regime: LED\n        clearance: TOP", "TOP", "of"
    ),
    Mistake(
        "OUT_OF_BOUNDS", RS, "regime: LED", "regime: LED\n        majors: [0]", "majors", "from 1"
    ),
    Mistake(
        "TOO_FEW", RS, "regime: LED", "regime: LED\n        majors: []", "majors", "at least 1"
    ),
    Mistake(
        "WRONG_TYPE", RS, "tier: MEMBER", "tier: MEMBER\n    suspended: since May", "May", "true"
    ),
)


class Unmeant(NamedTuple):
    """What somebody cannot mean: changes of files, each what stands there and what instead."""

    about: str
    changes: tuple[tuple[str, str, str], ...]
    in_use: int = 2


_NOW: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_HOTLINES_MAY = (
    (POLICY, "{SPOC_24_7: F, BORDER_POLICE: F,", "{HOTLINE: R, SPOC_24_7: F, BORDER_POLICE: F,"),
    (POLICY, "person: [SPOC_24_7, BORDER_POLICE]", "person: [HOTLINE, SPOC_24_7, BORDER_POLICE]"),
)
UNMEANT: Final = (
    Unmeant(
        "a cell for types of organisation that have no desk",
        (
            *_HOTLINES_MAY,
            (POLICY, "HEADING: F", "HEADING: {reach: F, to: [NATIONAL_COORDINATOR, HOTLINE]}"),
            (POLICY, "[HOTLINE, SPOC_24_7,", "[NATIONAL_COORDINATOR, HOTLINE, SPOC_24_7,"),
        ),
    ),
    Unmeant("a cell for nobody", ((POLICY, "HEADING: F", "HEADING: {reach: F, to: []}"),)),
    Unmeant(
        "a topic that no desk of the type works on",
        (
            (POLICY, "topics: {reach: N}", "topics: {reach: N, to: [BORDER_POLICE]}"),
            (HU, "        competences: [MISSING_CHILDREN]\n", ""),
        ),
    ),
    Unmeant(
        "a type that competence shuts out",
        ((POLICY, "to: [BORDER_POLICE]}", "to: [BORDER_POLICE, NATIONAL_COORDINATOR]}"),),
    ),
    Unmeant(
        "topics that no desk at all works on",
        (
            (RS, "        competences: [MISSING_CHILDREN]\n", ""),
            (HU, "        competences: [MISSING_CHILDREN]\n", ""),
        ),
    ),
    Unmeant(
        "a type that competence shuts out, for a whole row",
        ((POLICY, "to: [SPOC_24_7]\n      roles", "to: [SPOC_24_7, DPO]\n      roles"),),
    ),
    Unmeant(
        "a type that no purpose admits",
        (
            (POLICY, "to: [BORDER_POLICE]}", "to: [BORDER_POLICE, HOTLINE]}"),
            _HOTLINES_MAY[1],
        ),
    ),
    Unmeant(
        "an event that nobody may publish",
        ((POLICY, "MEMBER: {publishes: [missing_person]}", "MEMBER: {publishes: []}"),),
    ),
    Unmeant(
        "an event that only a tier without members may publish",
        (
            (POLICY, "MEMBER: {publishes: [missing_person]}", "MEMBER: {publishes: []}"),
            (POLICY, "GUEST: {publishes: []}", "GUEST: {publishes: [missing_person]}"),
        ),
    ),
    Unmeant(
        "cells that no level lets through unnamed",
        (
            (POLICY, "CLEAR: {MEMBER: ALL, PARTNER: ALL}", "CLEAR: {PARTNER: ALL}"),
            (POLICY, "GREEN: {MEMBER: ALL}", "GREEN: {}"),
            (POLICY, "AMBER: {MEMBER: [SPOC_24_7, BORDER_POLICE]}", "AMBER: {}"),
            (POLICY, "AMBER_STRICT: {MEMBER: [SPOC_24_7]}", "AMBER_STRICT: {}"),
        ),
    ),
    Unmeant(
        "cells for a type that no level lets through unnamed",
        (
            (POLICY, "CLEAR: {MEMBER: ALL, PARTNER: ALL}", "CLEAR: {MEMBER: [BORDER_POLICE]}"),
            (POLICY, "GREEN: {MEMBER: ALL}", "GREEN: {}"),
            (POLICY, "AMBER: {MEMBER: [SPOC_24_7, BORDER_POLICE]}", "AMBER: {}"),
            (POLICY, "AMBER_STRICT: {MEMBER: [SPOC_24_7]}", "AMBER_STRICT: {}"),
        ),
    ),
    Unmeant(
        "a scope of a row that no cell needs",
        ((POLICY, "        LAST_SEEN: F\n        HEADING: {reach", "        HEADING: {reach"),),
    ),
    Unmeant(
        "a level that covers more than a looser one",
        ((POLICY, "AMBER_STRICT: {MEMBER: [SPOC_24_7]}", "AMBER_STRICT: {MEMBER: ALL}"),),
    ),
    Unmeant(
        "types that a looser level does not cover",
        ((POLICY, "AMBER: {MEMBER: [SPOC_24_7, BORDER_POLICE]}", "AMBER: {MEMBER: []}"),),
    ),
    Unmeant(
        "types of a tier that a looser level does not cover",
        ((POLICY, "GREEN: {MEMBER: ALL}", "GREEN: {MEMBER: ALL, GUEST: [HOTLINE, SPOC_24_7]}"),),
    ),
    Unmeant("RED for the unnamed", ((POLICY, "RED: {}", "RED: {MEMBER: [SPOC_24_7]}"),)),
    Unmeant(
        "clocks out of order",
        ((POLICY, "{read: PT15M, delivered: PT1M}", "{substantive: PT30S, read: PT45S}"),),
    ),
    Unmeant(
        "an agreement and a version that have ended",
        (
            (TRANSFERS, "until: null", "until: 2026-11-23"),
            (NETWORK, "version: 3", "version: 4\n  expires: 2026-11-23"),
        ),
    ),
    Unmeant(
        "a version older than the one in use", ((NETWORK, "version: 3", "version: 2"),), in_use=3
    ),
    Unmeant("another policy under the version in use", ((POLICY, "PT15M", "PT20M"),), in_use=3),
)


def told() -> str:
    """Each mistake, and every problem that is found with it."""
    return "\n".join([*map(_of_mistake, MISTAKES), *map(_of_unmeant, UNMEANT)])


def _of_mistake(mistake: Mistake) -> str:
    files = small_files(mistake.file, mistake.old, mistake.new)
    about = f"{mistake.file}: {mistake.new!r} for {mistake.old!r}"
    return _said(about, lambda: load_network(files, SMALL_AUDIENCES))


def _of_unmeant(unmeant: Unmeant) -> str:
    files, in_use = _changed(unmeant), replace(small_network(), version=unmeant.in_use)
    return _said(unmeant.about, lambda: check_network(files, SMALL_AUDIENCES, _NOW, in_use))


def _changed(unmeant: Unmeant) -> dict[str, str]:
    files = dict(SMALL)
    for file, old, new in unmeant.changes:
        if old not in files[file]:
            raise ValueError(f"{old!r} is not in {file}")
        files[file] = files[file].replace(old, new, 1)
    return files


def _said(about: str, read: Callable[[], object]) -> str:
    try:
        read()
    except NetworkError as refused:
        return "\n".join([about, *(f"  {problem}" for problem in refused.problems), ""])
    return f"{about}\n  nothing\n"


if __name__ == "__main__":
    TOLD.write_text(told(), "utf-8")
