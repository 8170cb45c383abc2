"""What the digest of a Network covers, and what it does not."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.routing.canonical import canonical_network, network_digest
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network
from tests.support.networks import SMALL, SMALL_AUDIENCES, shuffled, small_files, small_network

CANONICAL: Final = Path(__file__).with_name("network_canonical.json")
NETWORK, RS, HU, POLICY = "network.yaml", "members/rs.yaml", "members/hu.yaml", "policy.yaml"
TRANSFERS = "transfers.yaml"


def load(files: Mapping[str, str]) -> Network:
    return load_network(files, SMALL_AUDIENCES)


def merged(texts: Mapping[str, str]) -> dict[str, object]:
    """All sections in one mapping."""
    whole: dict[str, object] = {}
    for text in texts.values():
        for section, content in yaml.safe_load(text).items():
            earlier = whole.setdefault(section, content)
            if isinstance(earlier, dict):
                earlier.update(content)
    return whole


@settings(max_examples=25, deadline=None)
@given(st.integers())
def test_neither_order_nor_files_nor_comments_change_the_network_or_its_digest(seed: int) -> None:
    whole = shuffled(merged(SMALL), random.Random(seed))  # noqa: S311 - an order, not a secret
    network = load({"all.yaml": f"# one file\n{yaml.safe_dump(whole, sort_keys=False)}"})
    assert network == small_network()
    assert network.digest == small_network().digest


CHANGES = [
    (NETWORK, "Two countries", "Other countries"),
    (NETWORK, "Search for missing children", "Search for children"),
    (NETWORK, "RS: [HU]\n  HU: [RS]", "RS: [HU, RO]\n  HU: [RS]\n  RO: [RS]"),
    (RS, "name: Serbia", "name: The Republic of Serbia"),
    (RS, "tier: MEMBER", "tier: OBSERVER"),
    (RS, "[ACTUAL, EXERCISE]", "[ACTUAL]"),
    (RS, "[sr-Cyrl, en]", "[en]"),
    (HU, "hours: 24/7", "hours: Mo-Fr 08:00-16:00"),
    (HU, "regime: LED", "regime: GDPR"),
    (POLICY, "HEADING: F", "HEADING: R"),
    (POLICY, "to: ALL", "to: []"),
    (POLICY, "topics: {reach: N}", "topics: {reach: N, to: []}"),
    (POLICY, "PREVENT: {}", "PREVENT: {SPOC_24_7: N}"),
    (POLICY, "GREEN: {MEMBER: ALL}", "GREEN: {MEMBER: []}"),
    (
        POLICY,
        "missing_person: [SPOC_24_7, BORDER_POLICE]",
        "missing_person: [SPOC_24_7, BORDER_POLICE, DPO]",
    ),
    (POLICY, "GUEST: {publishes: []}", "GUEST: {publishes: [missing_person]}"),
    (POLICY, "PT15M", "PT16M"),
    (POLICY, "P30D", "P31D"),
    (POLICY, "small_cell: 5", "small_cell: 6"),
    (RS, "tier: MEMBER", "tier: MEMBER\n    suspended: true"),
    (HU, "hours: 24/7", "hours: 24/7\n        suspended: true"),
    (HU, "hours: 24/7", "hours: 24/7\n        clearance: SECRET"),
    (HU, "hours: 24/7", "hours: 24/7\n        majors: [1, 2]"),
    (TRANSFERS, "[rs, hu]", "[hu]"),
    (TRANSFERS, "from: [neighbours]", "from: [rs]"),
    (TRANSFERS, "to: [neighbours]", "to: [rs]"),
    (TRANSFERS, "regimes: [LED]", "regimes: [LED, GDPR]"),
    (TRANSFERS, "basis: AGREEMENT", "basis: SAFEGUARDS"),
    (TRANSFERS, "until: null", "until: 2027-12-31"),
    (TRANSFERS, "until: null", "crossing: true"),
    (TRANSFERS, "name: Police of two", "name: Police of both"),
    (TRANSFERS, "name: RS-HU, version: 1", "name: RS-HU, version: 2"),
    (TRANSFERS, "countries: [RS, HU]", "countries: [RS, HU, SI]"),
    (TRANSFERS, "name: Horgoš", "name: Horgos"),
    (TRANSFERS, "between: [RS, HU]", "between: [RS, RO]"),
    (TRANSFERS, "between: [RS, HU]", "between: [RS, HU], locode: true"),
]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (RS, "tier: MEMBER", "tier: MEMBER\n    suspended: false"),
        (HU, "hours: 24/7", "hours: 24/7\n        clearance: NONE"),
        (HU, "hours: 24/7", "hours: 24/7\n        majors: [1]"),
        (
            HU,
            "    purposes: [LOCATE_PERSON]",
            "    competences: []\n        purposes: [LOCATE_PERSON]",
        ),
        (TRANSFERS, "until: null", "crossing: false"),
    ],
)
def test_what_holds_when_nothing_is_written_is_not_in_the_digest_when_it_is_written(
    file: str, old: str, new: str
) -> None:
    assert load(small_files(file, old, new)).digest == small_network().digest


@pytest.mark.parametrize(("file", "old", "new"), CHANGES)
def test_whatever_the_network_says_is_in_its_digest(file: str, old: str, new: str) -> None:
    assert load(small_files(file, old, new)).digest != small_network().digest


def test_the_audience_tables_are_in_the_digest() -> None:
    narrower = replace(SMALL_AUDIENCES["missing_person"], reduced=frozenset({"recognition"}))
    network = load_network(SMALL, {"missing_person": narrower})
    assert network.digest != small_network().digest


def test_the_version_number_is_not_in_the_digest() -> None:
    network = load(small_files(NETWORK, "version: 3", "version: 4"))
    assert network.version == 4
    assert network.digest == small_network().digest


def whole_network() -> Network:
    """The small network with everything written that may be left out."""
    additions = (
        (NETWORK, "example: true", "example: true\n  about: Invented\n  expires: 2027-06-30"),
        (NETWORK, "topics:", "  designations:\n    XK: A note\ntopics:\n  ALSO: Something else"),
        (RS, "tier: MEMBER", "tier: MEMBER\n    suspended: true\n    local_names: {sr: Srbija}"),
        (HU, "hours: 24/7", "hours: 24/7\n        suspended: true\n        clearance: SECRET"),
        (
            HU,
            "hours: 24/7",
            "hours: 24/7\n        majors: [3, 1]\n        local_names: {hu: a, en: b}",
        ),
        (
            TRANSFERS,
            "until: null",
            (
                "until: 2027-12-31\n    crossing: true\n  - {name: An earlier one, "
                "from: [rs], to: [hu], regimes: [GDPR, LED], basis: ADEQUACY}"
            ),
        ),
        (TRANSFERS, "corridors:", "corridors:\n  - {name: HU-RS, version: 2, countries: [HU, RS]}"),
        (TRANSFERS, "between: [RS, HU]", "between: [RS, HU], locode: true"),
        (TRANSFERS, "groups:", "groups:\n  alone: [hu]"),
    )
    files = dict(SMALL)
    for file, old, new in additions:
        assert old in files[file]
        files[file] = files[file].replace(old, new, 1)
    return load(files)


def test_the_canonical_form_is_written_down_so_that_every_version_finds_the_same_digest() -> None:
    network = whole_network()

    assert canonical_network(network) == CANONICAL.read_bytes()
    assert network.digest.hex() == (
        "41ea9224d04c6713b93ce18b4f0438007123f261b2c9ae1e7219c3194ebddcf6"
    )
    assert network.expires_at == datetime(2027, 7, 1, tzinfo=UTC)


def test_the_indexes_and_tables_of_a_network_are_in_an_order_of_their_own() -> None:
    network = whole_network()

    assert list(network.members) == ["hu", "rs"]
    assert list(network.desks) == ["hu.border-police", "hu.spoc", "rs.spoc"]
    assert list(network.desks_by_country) == ["HU", "RS"]
    assert list(network.border_points) == ["HUROZ", "RSHRG"]
    assert list(network.policy.groups) == ["alone", "neighbours"]
    assert list(network.policy.corridors) == ["HU-RS", "RS-HU"]
    assert [each.name for each in network.policy.agreements] == [
        "An earlier one",
        "Police of two countries",
    ]


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="float has no canonical form; add one"):
        canonical_network(replace(small_network(), topics={"ALSO": 0.5}))  # type: ignore[dict-item]


def test_the_digest_can_be_computed_again_from_the_network() -> None:
    network = small_network()
    assert network_digest(network) == network.digest
    assert b'"clocks":[{"after":60,"name":"delivered"}' in canonical_network(network)
