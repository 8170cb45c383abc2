"""Rules that cannot be meant are found, each with its place; the policy can be read in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from natcbus.contract.catalogue import load_catalogue
from natcbus.routing.checking import check_network
from natcbus.routing.errors import Located, NetworkError
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network, Reach
from natcbus.routing.sentences import ORGANISATIONS, WHERE, policy_in_words
from natcbus.routing.vocabulary import COUNTRY_ROLES, ORGANISATION_TYPES
from tests.support.networks import (
    SMALL,
    SMALL_AUDIENCES,
    example_files,
    example_network,
    small_network,
)
from tests.support.strategies import networks

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def written(*changes: tuple[str, str, str]) -> dict[str, str]:
    """The small network's YAML; each change is a file, what stands there, and what instead."""
    files = dict(SMALL)
    for file, old, new in changes:
        assert old in files[file], f"{old!r} is not in {file}"
        files[file] = files[file].replace(old, new, 1)
    return files


def check(
    files: Mapping[str, str], now: datetime | None = None, in_use: Network | None = None
) -> tuple[Located, ...]:
    """What is wrong with a small network; nothing where it is right."""
    try:
        check_network(files, SMALL_AUDIENCES, now, in_use)
    except NetworkError as error:
        return error.problems
    return ()


def line_of(files: Mapping[str, str], problem: Located) -> str:
    return files[problem.file].splitlines()[problem.line - 1].strip()


def only(
    files: Mapping[str, str], now: datetime | None = None, in_use: Network | None = None
) -> tuple[Located, str]:
    """The one problem, and the line it stands on."""
    (problem,) = check(files, now, in_use)
    return problem, line_of(files, problem)


# Nothing is found where nothing is wrong.


def test_the_example_network_and_the_small_one_have_no_rule_that_cannot_be_meant() -> None:
    assert check_network(example_files(), load_catalogue().audiences, NOW) == example_network()
    assert check(written()) == ()


# Rules that can never fire.


def test_a_cell_whose_organisation_types_have_no_desk() -> None:
    files = written(
        (
            "policy.yaml",
            "ADJACENT: {reach: R, to: [BORDER_POLICE]}",
            "ADJACENT: {reach: R, to: [HOTLINE]}",
        ),
        (
            "policy.yaml",
            "missing_person: [SPOC_24_7, BORDER_POLICE]",
            "missing_person: [SPOC_24_7, BORDER_POLICE, HOTLINE]",
        ),
        ("policy.yaml", "NATIONAL_COORDINATOR: N}", "NATIONAL_COORDINATOR: N, HOTLINE: R}"),
    )
    problem, line = only(files)
    assert problem.code == "RULE_NEVER_FIRES"
    assert problem.text == (
        "roles.missing_person.IMMEDIATE.roles.ADJACENT reaches nobody: "
        "no desk of HOTLINE is in a country"
    )
    assert "until there is one" in problem.fix
    assert line == "ADJACENT: {reach: R, to: [HOTLINE]}"


def test_a_type_that_the_competence_table_shuts_out_is_named_in_vain() -> None:
    files = written(
        ("policy.yaml", "to: [BORDER_POLICE]}", "to: [BORDER_POLICE, NATIONAL_COORDINATOR]}")
    )
    problem, line = only(files)
    assert problem.code == "RULE_NEVER_FIRES"
    assert "names NATIONAL_COORDINATOR, and competence.missing_person" in problem.text
    assert problem.fix == ("take it out, or add NATIONAL_COORDINATOR to competence.missing_person")
    assert "NATIONAL_COORDINATOR" in line


def test_a_type_that_no_purpose_admits_is_named_in_vain() -> None:
    files = written(
        ("policy.yaml", "to: [BORDER_POLICE]}", "to: [BORDER_POLICE, HOTLINE]}"),
        (
            "policy.yaml",
            "missing_person: [SPOC_24_7, BORDER_POLICE]",
            "missing_person: [SPOC_24_7, BORDER_POLICE, HOTLINE]",
        ),
    )
    problem, _ = only(files)
    assert problem.text.endswith("names HOTLINE, which no row of purposes admits")


def test_topics_that_no_desk_of_the_right_type_works_on() -> None:
    files = written(
        ("policy.yaml", "topics: {reach: N}", "topics: {reach: N, to: [BORDER_POLICE]}"),
        ("members/hu.yaml", "        competences: [MISSING_CHILDREN]\n", ""),
    )
    problem, line = only(files)
    assert problem.text.endswith("topics reaches nobody: no desk of BORDER_POLICE works on a topic")
    assert line == "topics: {reach: N, to: [BORDER_POLICE]}"


def test_rows_of_an_event_that_nobody_may_publish() -> None:
    files = written(
        ("policy.yaml", "MEMBER: {publishes: [missing_person]}", "MEMBER: {publishes: []}")
    )
    problem, line = only(files)
    assert problem.text.startswith("roles.missing_person: no tier that has a member may publish it")
    assert line == "IMMEDIATE:"


def test_an_event_that_nobody_may_publish_hides_no_mistake_of_the_next() -> None:
    files = written(
        (
            "policy.yaml",
            "roles:\n",
            "roles:\n  exercise:\n    OTHERWISE:\n      roles: {LAST_SEEN: F}\n",
        ),
        ("policy.yaml", "competence:\n", "competence:\n  exercise: [SPOC_24_7]\n"),
        ("policy.yaml", "clocks:\n", "clocks:\n  exercise: {OTHERWISE: {}}\n"),
        ("policy.yaml", "lifetimes:\n", "lifetimes:\n  exercise: P1D\n"),
        ("policy.yaml", "to: [BORDER_POLICE]}", "to: [BORDER_POLICE, NATIONAL_COORDINATOR]}"),
    )
    audiences = {**SMALL_AUDIENCES, "exercise": SMALL_AUDIENCES["missing_person"]}
    with pytest.raises(NetworkError) as refused:
        check_network(files, audiences)
    assert [problem.text.split(":")[0].split(" ")[0] for problem in refused.value.problems] == [
        "roles.exercise",
        "roles.missing_person.IMMEDIATE.roles.ADJACENT",
    ]


def test_cells_that_no_tlp_level_lets_through_unnamed() -> None:
    files = written(
        ("policy.yaml", "CLEAR: {MEMBER: ALL, PARTNER: ALL}", "CLEAR: {PARTNER: ALL}"),
        ("policy.yaml", "GREEN: {MEMBER: ALL}", "GREEN: {}"),
        ("policy.yaml", "AMBER: {MEMBER: [SPOC_24_7, BORDER_POLICE]}", "AMBER: {}"),
        ("policy.yaml", "AMBER_STRICT: {MEMBER: [SPOC_24_7]}", "AMBER_STRICT: {}"),
    )
    problems = check(files)
    assert {problem.code for problem in problems} == {"RULE_NEVER_FIRES"}
    assert all("no TLP level" in problem.text for problem in problems)
    assert len(problems) == 6


def test_a_row_whose_cells_all_say_themselves_to_whom_needs_no_scope_of_its_own() -> None:
    files = written(
        (
            "policy.yaml",
            "        LAST_SEEN: F\n        HEADING: {reach: R, to: ALL}",
            "        HEADING: {reach: R, to: ALL}",
        )
    )
    problem, line = only(files)
    assert problem.text.startswith("roles.missing_person.OTHERWISE.to applies to no cell")
    assert line == "to: [SPOC_24_7]"


def test_what_a_stricter_tlp_level_covers_and_a_looser_one_does_not() -> None:
    files = written(
        (
            "policy.yaml",
            "AMBER: {MEMBER: [SPOC_24_7, BORDER_POLICE]}",
            "AMBER: {MEMBER: [BORDER_POLICE]}",
        )
    )
    problem, line = only(files)
    assert problem.text == "tlp.AMBER_STRICT.MEMBER covers SPOC_24_7, and the looser AMBER does not"
    assert line.startswith("AMBER_STRICT")
    everybody = written(("policy.yaml", "GREEN: {MEMBER: ALL}", "GREEN: {MEMBER: ALL, GUEST: ALL}"))
    problem, _ = only(everybody)
    assert "tlp.GREEN.GUEST covers every organisation type" in problem.text


def test_red_covers_nobody_that_is_not_named() -> None:
    problem, line = only(written(("policy.yaml", "RED: {}", "RED: {MEMBER: [SPOC_24_7]}")))
    assert problem.text.startswith("tlp.RED.MEMBER covers somebody")
    assert line.startswith("RED")


def test_an_agreement_that_has_ended() -> None:
    files = written(("transfers.yaml", "until: null", "until: 2026-11-23"))
    problem, line = only(files, now=NOW)
    assert problem.text == (
        "agreements: Police of two countries ended on 2026-11-23 and covers nothing"
    )
    assert line == "until: 2026-11-23"
    still = written(("transfers.yaml", "until: null", "until: 2026-11-24"))
    assert check(still, now=NOW) == ()


# Clocks.


def test_a_clock_that_runs_out_before_the_one_it_waits_for() -> None:
    files = written(("policy.yaml", "read: PT15M, delivered", "read: PT30S, delivered"))
    problem, line = only(files)
    assert problem.code == "CLOCKS_OUT_OF_ORDER"
    assert problem.text == (
        "clocks.missing_person.IMMEDIATE: read is due after 30 s, before delivered (1 min)"
    )
    assert problem.fix == "give read at least as long as delivered"
    assert line.startswith("IMMEDIATE: {read: PT30S")


def test_two_clocks_may_run_out_together() -> None:
    files = written(
        ("policy.yaml", "{read: PT15M, delivered: PT1M}", "{read: PT1M, delivered: PT1M}")
    )
    assert check(files) == ()


def test_clocks_are_compared_also_when_one_between_is_left_out() -> None:
    files = written(
        ("policy.yaml", "{read: PT15M, delivered: PT1M}", "{substantive: PT30S, delivered: PT1M}")
    )
    problem, _ = only(files)
    assert "substantive is due after 30 s, before delivered" in problem.text


# Versions.


@pytest.mark.parametrize(("day", "codes"), [("2026-11-23", ["EXPIRED"]), ("2026-11-24", [])])
def test_a_version_holds_until_the_end_of_its_last_day(day: str, codes: list[str]) -> None:
    files = written(("network.yaml", "version: 3", f"version: 3\n  expires: {day}"))
    problems = check(files, now=NOW)
    assert [problem.code for problem in problems] == codes
    for problem in problems:
        assert line_of(files, problem) == f"expires: {day}"


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC), set()),
        (datetime(2026, 11, 24, tzinfo=UTC), {"EXPIRED", "RULE_NEVER_FIRES"}),
    ],
)
def test_versions_and_agreements_end_with_the_stroke_of_midnight_in_utc(
    now: datetime, codes: set[str]
) -> None:
    files = written(
        ("network.yaml", "version: 3", "version: 3\n  expires: 2026-11-23"),
        ("transfers.yaml", "until: null", "until: 2026-11-23"),
    )
    assert {problem.code for problem in check(files, now=now)} == codes


@pytest.mark.parametrize("day", ["2026-02-30", "26-11-24", "20261124", "tomorrow", "9999-12-31"])
def test_a_last_day_is_a_day(day: str) -> None:
    files = written(("network.yaml", "version: 3", f"version: 3\n  expires: {day}"))
    problem, line = only(files)
    assert problem.code == "BAD_FORM"
    assert line == f"expires: {day}"


def test_the_expiry_is_no_part_of_the_policys_digest() -> None:
    files = written(("network.yaml", "version: 3", "version: 3\n  expires: 2027-06-30"))
    network = load_network(files, SMALL_AUDIENCES)
    assert network.expires_at == datetime(2027, 7, 1, tzinfo=UTC)
    assert network.digest == small_network().digest


def test_a_version_that_is_older_than_the_one_in_use() -> None:
    problem, line = only(written(), in_use=replace(small_network(), version=5))
    assert problem.code == "ROLLED_BACK"
    assert problem.text == "network.version: 3 is older than 5, which is in use"
    assert problem.fix == "write 6"
    assert line == "version: 3"


def test_another_policy_under_the_version_in_use() -> None:
    problem, _ = only(written(), in_use=replace(small_network(), digest=bytes(32)))
    assert (problem.code, problem.fix) == ("VERSION_NOT_RAISED", "write 4")


def test_the_version_in_use_itself_and_a_later_one_are_right() -> None:
    assert check(written(), in_use=small_network()) == ()
    assert check(written(), in_use=replace(small_network(), version=2)) == ()


def test_everything_is_said_at_once() -> None:
    files = written(
        ("policy.yaml", "read: PT15M, delivered", "read: PT30S, delivered"),
        ("policy.yaml", "RED: {}", "RED: {MEMBER: [SPOC_24_7]}"),
    )
    codes = {problem.code for problem in check(files, in_use=replace(small_network(), version=9))}
    assert codes == {"CLOCKS_OUT_OF_ORDER", "RULE_NEVER_FIRES", "ROLLED_BACK"}


# In words.


def sentences(network: Network) -> dict[str, str]:
    chapters = policy_in_words(network)
    return {each.rule: each.text for chapter in chapters for each in chapter.sentences}


def test_every_cell_row_and_level_of_the_policy_has_one_sentence() -> None:
    network = example_network()
    policy = network.policy
    cells = {
        f"roles.{event}.{next(iter(row.urgencies or {'OTHERWISE'}))}.{name}"
        for event, rows in policy.roles.items()
        for row in rows
        for name in [
            *(f"roles.{role}" for role in row.roles),
            *(["topics"] if row.topics is not None else []),
        ]
    }
    said = [each.rule for chapter in policy_in_words(network) for each in chapter.sentences]
    assert len(said) == len(set(said))
    assert cells <= set(said)
    assert {f"purposes.{each}" for each in policy.purposes} <= set(said)
    assert {f"competence.{each}" for each in policy.competence} <= set(said)
    assert {f"tlp.{each}" for each in policy.tlp} <= set(said)
    assert {f"tiers.{each}" for each in policy.publishes} <= set(said)
    assert {f"agreements.{each.name}" for each in policy.agreements} <= set(said)
    assert {f"corridors.{each}" for each in policy.corridors} <= set(said)


def test_the_sentences_say_what_the_tables_say() -> None:
    said = sentences(small_network())
    assert said["roles.missing_person.IMMEDIATE.roles.ADJACENT"] == (
        "In a country beside the one where the person was last seen, an IMMEDIATE missing person"
        " alert goes reduced (identity and recognition) to border police."
    )
    assert said["roles.missing_person.IMMEDIATE.roles.LAST_SEEN"] == (
        "In the country where the person was last seen, an IMMEDIATE missing person alert goes in"
        " full to desks of every kind."
    )
    assert said["roles.missing_person.IMMEDIATE.topics"].startswith(
        "Wherever desks work on a topic that the sender names, an IMMEDIATE missing person alert"
        " goes as a notice to"
    )
    assert said["purposes.LOCATE_PERSON"] == (
        "LOCATE_PERSON admits border police and single points of contact in full;"
        " national coordinators with a notice."
    )
    assert said["purposes.PREVENT"] == "PREVENT admits nobody."
    assert said["tlp.RED"] == "TLP:RED goes to desks that are named, and to nobody else."
    assert said["tlp.AMBER"] == (
        "TLP:AMBER goes to desks that are named; to border police and single points of contact of"
        " members."
    )
    assert said["clocks.missing_person.IMMEDIATE"] == (
        "An IMMEDIATE missing person alert is to be delivered within 1 min and read within 15 min"
        " of its receipt at the hub."
    )
    assert said["tiers.MEMBER"] == "Members may publish missing person alerts."
    assert said["tiers.PARTNER"] == "Partners may publish nothing."
    assert said["small_cell"] == "Counts of persons below 5 open for named desks alone."


def test_a_country_with_a_designation_keeps_its_note() -> None:
    text = sentences(example_network())["groups.see"]
    assert "Kosovo* (XK)" in text
    assert "without prejudice" in text


def test_every_organisation_type_and_country_role_has_words() -> None:
    assert ORGANISATIONS.keys() == ORGANISATION_TYPES
    assert WHERE.keys() == COUNTRY_ROLES


def test_a_sentence_is_one_sentence() -> None:
    for rule, text in sentences(example_network()).items():
        without_note = text.split(" * ")[0]
        assert re.fullmatch(r"[^\n]+\.", without_note), rule
        assert "  " not in text, rule


@given(networks())
def test_any_policy_can_be_put_into_words(network: Network) -> None:
    for chapter in policy_in_words(network):
        assert all(each.text for each in chapter.sentences)


def test_narrowing_a_cell_changes_its_sentence_alone() -> None:
    network = small_network()
    immediate, otherwise = network.policy.roles["missing_person"]
    cell = replace(immediate.roles["HEADING"], reach=Reach.NOTICE)
    changed = replace(immediate, roles={**immediate.roles, "HEADING": cell})
    policy = replace(network.policy, roles={"missing_person": (changed, otherwise)})
    before, after = sentences(network), sentences(replace(network, policy=policy))
    assert {rule for rule in before if before[rule] != after[rule]} == {
        "roles.missing_person.IMMEDIATE.roles.HEADING"
    }
