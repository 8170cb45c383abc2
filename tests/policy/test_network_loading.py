"""How YAML becomes the Network, and what each mistake is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Clearance
from natcbus.routing.errors import Located, NetworkError
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Cell, Clock, Network, Reach, Tier
from tests.support.network_mistakes import HU, MISTAKES, POLICY, RS, TOLD, Mistake, told
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


def test_what_the_author_is_told_of_each_mistake_is_what_is_written_down() -> None:
    assert told() == TOLD.read_text("utf-8")


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


@pytest.mark.parametrize("text", ["- a list", "a word"])
def test_a_file_that_is_no_mapping_is_told_how_a_section_is_written(text: str) -> None:
    problems = problems_of({**SMALL, "odd.yaml": f"# a remark\n{text}\n"})
    assert [str(each) for each in problems] == [
        "odd.yaml:2: WRONG_TYPE: the file is no mapping; write SECTION: ..."
    ]


@pytest.mark.parametrize("text", ["a: \x00", "a: \ud800"])
def test_what_no_reader_can_read_is_told_of_the_whole_file(text: str) -> None:
    (problem,) = problems_of({**SMALL, "odd.yaml": f"# a remark\n{text}"})
    assert (problem.file, problem.code, problem.fix) == (
        "odd.yaml",
        "BAD_YAML",
        "correct the notation",
    )
    assert problem.line == 1
    assert problem.text.removeprefix("this is not YAML: ")


def test_a_network_without_files_lacks_every_section() -> None:
    problems = problems_of({})
    assert {each.code for each in problems} == {"MISSING_SECTION"}
    assert {(each.file, each.line) for each in problems} == {("network.yaml", 1)}
    assert len(problems) == 16


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
        ("members/.rs.yaml", False),
        ("policy/.old/tlp.yaml", False),
    ],
)
def test_only_yaml_belongs_to_the_network(name: str, *, read: bool) -> None:
    assert is_network_file(name) is read
