"""The published schema of the Network's YAML says what the loader says."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from natcbus.contract.catalogue import load_catalogue
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import load_network
from natcbus.routing.published import network_schema, schema_text
from tests.support.networks import EXAMPLE, SMALL, SMALL_AUDIENCES, example_files


def test_the_published_schema_is_the_one_that_the_loader_gives() -> None:
    published = (EXAMPLE / "schema" / "network.schema.json").read_text("utf-8")
    assert published == schema_text(load_catalogue().types)
    Draft202012Validator.check_schema(json.loads(published))


@pytest.mark.parametrize(("file", "text"), sorted(example_files().items()))
def test_the_published_schema_accepts_the_example(file: str, text: str) -> None:
    validator = Draft202012Validator(json.loads(schema_text(load_catalogue().types)))
    assert not list(validator.iter_errors(as_editors_read(yaml.safe_load(text))))
    head = text.splitlines()[0]
    assert head.startswith("# yaml-language-server: $schema=")
    schema = (EXAMPLE / file).parent / head.partition("=")[2]
    assert schema.resolve().is_file()


def as_editors_read(value: object) -> object:
    """YAML 1.2 has no dates: an editor sees the text."""
    if isinstance(value, dict):
        return {key: as_editors_read(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_editors_read(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


ODD: Final[list[object]] = [
    *(None, True, 0, 1, -1, 3.5, "", "X", "F", "ALL", "MEMBER", "RS", "rs", "rs.spoc", "P3D"),
    *("missing_person", "IMMEDIATE", "SPOC_24_7", "24/7", "x" * 700, "two\nlines", " ", []),
    *({}, ["RS"], ["X"], ["SPOC_24_7", "SPOC_24_7"], {"X": 1}, {"reach": "F"}, {"en": "Name"}),
]
# What several files say together, and which topics there are.
ONLY_THE_LOADER_SEES: Final = {
    *("MISSING_SECTION", "MISSING_EVENT_TYPE", "MISSING_PURPOSE", "MISSING_TLP_LEVEL"),
    *("MISSING_TIER", "MISSING_URGENCY", "UNKNOWN_TOPIC", "DUPLICATE_KEY"),
    *("FOREIGN_DESK", "COUNTRY_TAKEN", "OWN_NEIGHBOUR", "ONE_WAY_ADJACENCY"),
    *("UNREACHABLE_ORGANISATION_TYPE", "UNREACHABLE_DESK"),
    *("GROUP_IS_MEMBER", "UNKNOWN_MEMBER", "UNKNOWN_PARTY", "DUPLICATE_NAME"),
}


def places_in(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The paths of everything inside ``value``."""
    inside: list[tuple[object, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    below = [place for key, each in inside for place in places_in(each, (*path, key))]
    return [path, *below] if path else below


@st.composite
def changed_file(draw: st.DrawFn) -> tuple[str, object]:
    """A file of the small network with one change somewhere."""
    name = draw(st.sampled_from(sorted(SMALL)))
    whole = deepcopy(yaml.safe_load(SMALL[name]))
    *path, last = draw(st.sampled_from(places_in(whole)))
    holder = whole
    for key in path:
        holder = holder[key]
    match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
        case "replace":
            holder[last] = deepcopy(draw(st.sampled_from(ODD)))
        case "remove":
            del holder[last]
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(["odd", "RS", "OTHERWISE", "hu.spoc"]))] = holder.pop(last)
        case _ if isinstance(holder, dict):
            holder["odd"] = deepcopy(draw(st.sampled_from(ODD)))
        case _:
            holder.append(deepcopy(draw(st.sampled_from(ODD))))
    return name, whole


@settings(max_examples=400, deadline=None)
@given(changed_file())
def test_schema_and_loader_agree_on_what_a_file_may_say(changed: tuple[str, object]) -> None:
    name, whole = changed
    try:
        load_network({**SMALL, name: yaml.safe_dump(whole)}, SMALL_AUDIENCES)
    except NetworkError as error:
        codes = {problem.code for problem in error.problems}
    else:
        codes = set()
    validator = Draft202012Validator(network_schema(SMALL_AUDIENCES))
    accepted = validator.is_valid(as_editors_read(whole))
    if accepted:
        assert codes <= ONLY_THE_LOADER_SEES
    else:
        assert codes
