"""Makes a case small: leaves things out for as long as the oracle and routing still differ."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml

from natcbus.contract.types.core import Header
from natcbus.routing.errors import NetworkError
from tests.support.oracle_book import Yaml
from tests.support.oracle_question import Question
from tests.support.oracle_worlds import World, as_files, world

Differs = Callable[[Question, World], bool]

_Path = tuple[str | int, ...]

_PLAIN: Final[tuple[tuple[_Path, Any], ...]] = (
    (("header", "kind"), "ALERT"),
    (("header", "status"), "ACTUAL"),
    (("header", "urgency"), "IMMEDIATE"),
    (("header", "version"), "1.0"),
    (("header", "clearance"), "NONE"),
    (("header", "change"), "NONE"),
    (("header", "handling", "tlp"), "GREEN"),
    (("header", "legal_basis", "regime"), "GDPR"),
    (("header", "addressing", "only"), False),
    (("open", "last_seen", "border_point"), None),
)
_MESSAGE_LISTS: Final[tuple[_Path, ...]] = (
    ("prior",),
    ("present",),
    ("open",),
    ("open", "likely_heading"),
    ("open", "targeted"),
    ("open", "destination"),
    ("header", "conflicts"),
    ("header", "handling", "europol"),
    *(
        ("header", "addressing", name)
        for name in ("desks", "roles", "countries", "corridors", "topics", "exclude")
    ),
)
_NETWORK_LISTS: Final = ("members", "agreements", "corridors", "border_points")


@dataclass(frozen=True)
class _Case:
    question: Question
    world: World


def smallest(question: Question, within: World, differs: Differs) -> tuple[Question, World]:
    """A case with nothing in it that could be left out alone; ``differs`` still holds of it."""
    case = _Case(question, within)
    while True:
        smaller = _one_round(case, differs)
        if smaller is case:
            return case.question, case.world
        case = smaller


def described(question: Question, within: World) -> str:
    """A case as text: the message, and what of the Network could not be left out."""
    sections = within.book.sections
    told = {
        "message": _as_plain(question),
        "network": {
            name: sections[name]
            for name in (*_NETWORK_LISTS, "groups", "small_cell")
            if sections.get(name)
        },
        "rows": {
            "roles": sections["roles"].get(question.message_type),
            "purpose": sections["purposes"].get(str(question.header.purpose)),
            "tlp": sections["tlp"],
            "competence": sections["competence"].get(question.message_type),
            "audience": question.audience,
        },
    }
    return yaml.safe_dump(
        told, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None
    )


def _one_round(case: _Case, differs: Differs) -> _Case:
    """Tries each thing once; what could be left out is left out."""
    for path, plain in _PLAIN:
        case = _kept(case, _with_message(case, _set, path, plain), differs)
    for path in _message_paths(case):
        case = _kept(case, _with_message(case, _delete, path), differs)
    for path in _network_paths(case):
        case = _kept(case, _without_part(case, path), differs)
    return case


def _kept(case: _Case, smaller: _Case | None, differs: Differs) -> _Case:
    if smaller is None:
        return case
    return smaller if differs(smaller.question, smaller.world) else case


def _message_paths(case: _Case) -> list[_Path]:
    """From the end of each list, so that the places of the others stay what they are."""
    message = _as_native(case.question)
    return [
        (*path, key) for path in _MESSAGE_LISTS for key in reversed(list(_keys(_at(message, path))))
    ]


def _network_paths(case: _Case) -> list[_Path]:
    sections = case.world.book.sections
    members = [
        ("members", code, "desks", desk)
        for code, member in sections["members"].items()
        for desk in member["desks"]
    ]
    whole = [
        (name, key) for name in _NETWORK_LISTS for key in reversed(list(_keys(sections.get(name))))
    ]
    return [*whole, *members]


def _with_message(case: _Case, edit: Callable[..., bool], path: _Path, *value: Any) -> _Case | None:  # noqa: ANN401 - Avro natives
    message = _as_native(case.question)
    if not edit(message, path, *value):
        return None
    try:
        header = Header.from_native(message["header"])
    except KeyError:
        return None
    question = replace(
        case.question,
        header=header,
        open_part=message["open"],
        present=frozenset(message["present"]),
        prior=message["prior"],
    )
    return _Case(question, case.world)


def _without_part(case: _Case, path: _Path) -> _Case | None:
    sections: Yaml = copy.deepcopy(case.world.book.sections)
    if not _delete(sections, path):
        return None
    try:
        smaller = world(as_files(sections), case.world.book.audiences)
    except NetworkError:  # such a Network may not be
        return None
    return _Case(replace(case.question, book=smaller.book), smaller)


def _as_native(question: Question) -> dict[str, Any]:
    return {
        "header": question.header.to_native(),
        "open": copy.deepcopy(dict(question.open_part)),
        "present": sorted(question.present),
        "prior": dict(question.prior),
    }


def _as_plain(question: Question) -> dict[str, Any]:
    told = _as_native(question)
    told["prior"] = {desk: sorted(names) for desk, names in question.prior.items()}
    plain: dict[str, Any] = _words(told)
    return plain


def _words(value: Any) -> Any:  # noqa: ANN401 - any part of a native message
    """The same with words in place of enumerations, which YAML does not know."""
    if isinstance(value, dict):
        return {str(key): _words(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_words(each) for each in value]
    return str(value) if isinstance(value, str) else value


def _at(value: Any, path: _Path) -> Any:  # noqa: ANN401 - any part of a native message
    for key in path:
        if key not in _keys(value):
            return None
        value = value[key]
    return value


def _keys(value: object) -> Iterator[str | int]:
    if isinstance(value, dict):
        yield from value
    elif isinstance(value, list):
        yield from range(len(value))


def _delete(whole: Any, path: _Path) -> bool:  # noqa: ANN401 - any part of a native message
    parent = _at(whole, path[:-1])
    if path[-1] not in _keys(parent):
        return False
    del parent[path[-1]]
    return True


def _set(whole: Any, path: _Path, value: Any) -> bool:  # noqa: ANN401 - any part of a native message
    parent = _at(whole, path[:-1])
    if path[-1] not in _keys(parent) or parent[path[-1]] == value:
        return False
    parent[path[-1]] = value
    return True
