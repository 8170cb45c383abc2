"""How YAML becomes the Network, and what each mistake is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Clearance
from natcbus.routing.errors import Located, NetworkError
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Cell, Clock, Network, Reach, Tier
from tests.support.networks import SMALL, SMALL_AUDIENCES, small_files, small_network


def load(files: Mapping[str, str]) -> Network:
    return load_network(files, SMALL_AUDIENCES)


def problems_of(files: Mapping[str, str]) -> tuple[Located, ...]:
    with pytest.raises(NetworkError) as refused:
        load(files)
    return refused.value.problems


def test_members_and_desks_are_found_by_id_country_and_topic() -> None:
    network = small_network()
    assert network.members["rs"].country == "RS"
    assert network.desks["rs.spoc"].member == "rs"
    assert [desk.id for desk in network.desks_by_country["HU"]] == ["hu.border-police", "hu.spoc"]
    by_topic = network.desks_by_topic["MISSING_CHILDREN"]
    assert [desk.id for desk in by_topic] == ["hu.border-police", "rs.spoc"]


def test_the_row_for_every_other_urgency_is_asked_last() -> None:
    rows = small_network().policy.roles["missing_person"]
    assert [row.urgencies for row in rows] == [frozenset({"IMMEDIATE"}), None]


def test_a_cell_is_for_the_types_it_names_or_those_of_its_row_or_all() -> None:
    immediate, otherwise = small_network().policy.roles["missing_person"]
    assert immediate.roles["ADJACENT"] == Cell(Reach.REDUCED, frozenset({"BORDER_POLICE"}))
    assert immediate.roles["LAST_SEEN"] == Cell(Reach.FULL, None)
    assert immediate.topics == Cell(Reach.NOTICE, None)
    assert otherwise.roles["LAST_SEEN"] == Cell(Reach.FULL, frozenset({"SPOC_24_7"}))
    assert otherwise.roles["HEADING"] == Cell(Reach.REDUCED, None)
    assert otherwise.topics is None


def test_a_scope_tells_nobody_from_everybody() -> None:
    tlp = small_network().policy.tlp
    assert tlp["RED"].tiers == {}
    assert tlp["AMBER_STRICT"].tiers == {Tier.MEMBER: frozenset({"SPOC_24_7"})}
    assert tlp["GREEN"].tiers == {Tier.MEMBER: None}


def test_clocks_are_durations_and_the_shortest_comes_first() -> None:
    immediate, otherwise = small_network().policy.clocks["missing_person"]
    assert immediate.clocks == (
        Clock("delivered", timedelta(minutes=1)),
        Clock("read", timedelta(minutes=15)),
    )
    assert otherwise.clocks == (Clock("read", timedelta(days=1, hours=12)),)


def test_what_is_not_written_of_a_desk_is_the_least() -> None:
    desk = small_network().desks["rs.spoc"]
    assert (desk.clearance, desk.suspended) == (Clearance.NONE, False)
    assert desk.majors == {1}
    assert not small_network().members["rs"].suspended


def test_agreements_are_found_by_who_gives_and_name_the_members_of_groups() -> None:
    (transfer,) = small_network().transfers["rs"]
    assert transfer.agreement.name == "Police of two countries"
    assert transfer.receivers == {"rs", "hu"}
    assert transfer.agreement.until is None
    assert not transfer.agreement.crossing


def test_a_list_may_be_spread_over_files() -> None:
    more = "border_points:\n  - {code: HUTMP, name: Tompa, between: [HU, RS], locode: true}\n"
    points = load({**SMALL, "more.yaml": more}).border_points
    assert set(points) == {"RSHRG", "HUROZ", "HUTMP"}
    assert [code for code, point in points.items() if point.locode] == ["HUTMP"]


def test_corridors_and_small_cells_are_policy() -> None:
    policy = small_network().policy
    assert policy.corridors["RS-HU"].countries == {"RS", "HU"}
    assert policy.small_cell == 5


def test_an_organisation_has_no_country_and_is_in_no_country_index() -> None:
    network = load(small_files("members/hu.yaml", "    country: HU\n", ""))
    assert network.members["hu"].country is None
    assert set(network.desks_by_country) == {"RS"}


class Mistake(NamedTuple):
    """Write ``new`` for ``old`` in ``file``; the problem is on the line of ``line``."""

    code: str
    file: str
    old: str
    new: str
    line: str
    fix: str


NETWORK, RS, HU, POLICY = "network.yaml", "members/rs.yaml", "members/hu.yaml", "policy.yaml"
TRANSFERS = "transfers.yaml"
MISTAKES = [
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
]


@pytest.mark.parametrize(
    "mistake", MISTAKES, ids=lambda each: f"{each.code}-{each.new.strip()[:20]}"
)
def test_a_mistake_is_named_with_its_file_its_line_and_what_to_write(mistake: Mistake) -> None:
    files = small_files(mistake.file, mistake.old, mistake.new)
    found = [problem for problem in problems_of(files) if problem.code == mistake.code]
    assert len(found) == 1
    problem = found[0]
    assert mistake.fix in problem.fix
    if mistake.line:
        lines = files[problem.file].splitlines(keepends=True)
        assert mistake.line in lines[problem.line - 1]
    assert str(problem).startswith(f"{problem.file}:{problem.line}: {mistake.code}: ")


def test_one_mistake_is_one_problem() -> None:
    alone = [each for each in MISTAKES if each.code.startswith(("UNKNOWN", "BAD_FORM", "FOREIGN"))]
    for mistake in alone:
        problems = problems_of(small_files(mistake.file, mistake.old, mistake.new))
        # A table whose key is misspelt also lacks the row that was meant.
        assert {each.code for each in problems if not each.code.startswith("MISSING")} == {
            mistake.code
        }


def test_all_problems_are_told_at_once_and_in_the_order_of_the_files() -> None:
    files = small_files(RS, "country: RS", "country: YU")
    files[HU] = files[HU].replace("hu.border-police:", "rs.border-police:").replace("LED", "LDE", 1)
    files[POLICY] = files[POLICY].replace("PT15M", "soon")
    problems = problems_of(files)
    assert [(each.file, each.code) for each in problems] == [
        (HU, "UNKNOWN_REGIME"),
        (HU, "FOREIGN_DESK"),
        (RS, "UNKNOWN_COUNTRY"),
        (POLICY, "BAD_FORM"),
    ]


def test_the_error_says_every_problem_and_has_the_code_of_the_first() -> None:
    with pytest.raises(NetworkError) as refused:
        load(small_files(RS, "country: RS", "country: YU"))
    assert refused.value.code == "UNKNOWN_COUNTRY"
    assert "members/rs.yaml:5: UNKNOWN_COUNTRY: YU is no country known here" in str(refused.value)


def test_a_policy_must_speak_of_every_event_type_of_the_contract() -> None:
    more = {**SMALL_AUDIENCES, "recruitment_ad": SMALL_AUDIENCES["missing_person"]}
    with pytest.raises(NetworkError) as refused:
        load_network(SMALL, more)
    assert len(refused.value.problems) == 4
    assert {each.code for each in refused.value.problems} == {"MISSING_EVENT_TYPE"}


def test_a_network_without_files_lacks_every_section() -> None:
    assert {each.code for each in problems_of({})} == {"MISSING_SECTION"}


def test_a_file_that_holds_only_comments_says_nothing() -> None:
    assert load({**SMALL, "members/later.yaml": "# soon\n"}) == small_network()


@pytest.mark.parametrize(
    "text", ["- a list", "a word", "network: 3", "\x00", "a: \ud800", "[" * 5000]
)
def test_a_file_that_is_no_mapping_of_sections_is_refused(text: str) -> None:
    problems = problems_of({**SMALL, "odd.yaml": text})
    assert [each.file for each in problems] == ["odd.yaml"]


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_whatever_a_file_holds_the_loader_answers_with_problems(text: str) -> None:
    try:
        load({**SMALL, "odd.yaml": text})
    except NetworkError as refused:
        problems = refused.problems
    else:
        problems = ()
    assert {problem.file for problem in problems} <= {"odd.yaml"}


def test_a_member_and_a_desk_are_added_by_yaml_alone() -> None:
    new = SMALL[RS].replace(" rs", " ro").replace(": RS", ": RO").replace("Serbia", "Romania")
    network = load({**SMALL, "members/ro.yaml": new})
    assert [desk.id for desk in network.desks_by_country["RO"]] == ["ro.spoc"]


def test_a_desk_is_removed_by_yaml_alone_even_the_last_of_its_member() -> None:
    start = SMALL[RS].index("    desks:")
    network = load({**SMALL, RS: SMALL[RS][:start]})
    assert "rs.spoc" not in network.desks
    assert "RS" not in network.desks_by_country


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("network.yaml", True),
        ("members/rs.yaml", True),
        ("policy/tlp.yml", True),
        ("schema/network.schema.json", False),
        ("keys/rs.json", False),
        (".network.yaml", False),
        (".git/config.yaml", False),
    ],
)
def test_only_yaml_belongs_to_the_network(name: str, *, read: bool) -> None:
    assert is_network_file(name) is read
