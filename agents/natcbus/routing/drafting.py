"""Puts the files of the Network together and reads each section.

A section may stand in one file or in several: in the example, ``members`` has a file for each
member. What the sections say about each other is checked in ``coherence``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from natcbus.routing.documents import Entries, Entry, Items, Node, Place, Report, Word
from natcbus.routing.entries import Draft
from natcbus.routing.notation import At, Notation, nearest
from natcbus.routing.sections import Section, grammar_for

T = TypeVar("T")


def gather(
    documents: Mapping[str, Node | None], sections: Mapping[str, Section], report: Report
) -> Mapping[str, Node]:
    """The sections of all files, each put together from wherever it stands.

    Reports UNKNOWN_KEY for a section that is none, WRONG_TYPE and DUPLICATE_KEY.
    """
    gathered: dict[str, list[Entry]] = {}
    for file, document in documents.items():
        if not isinstance(document, Entries):
            if document is not None:
                report.add(
                    Place(file, document.at.line),
                    "WRONG_TYPE",
                    "the file is no mapping",
                    "write SECTION: ...",
                )
            continue
        for entry in document.entries:
            key, value = entry
            section = sections.get(key.text)
            if section is None:
                report.add(
                    key.at, "UNKNOWN_KEY", f"{key.text} is no section", nearest(key.text, sections)
                )
            elif not isinstance(value, section.written_as):
                what, fix = _WRITTEN[section.written_as]
                report.add(value.at, "WRONG_TYPE", f"{key.text} is no {what}", fix)
            else:
                gathered.setdefault(key.text, []).append(entry)
    return {name: _put_together(parts, report) for name, parts in gathered.items()}


_WRITTEN: Final[Mapping[type[Node], tuple[str, str]]] = {
    Entries: ("mapping", "write KEY: ... below it, indented"),
    Items: ("list", "write - ... below it, indented"),
    Word: ("single value", "write it behind the colon"),
}


def _put_together(parts: list[Entry], report: Report) -> Node:
    """One section of its parts, which are of one kind."""
    first = parts[0]
    if isinstance(first.value, Entries):
        rows: dict[str, Entry] = {}
        for part in parts:
            if isinstance(part.value, Entries):
                _merge(rows, part.value, report)
        return Entries(tuple(rows.values()), first.key.at)
    if isinstance(first.value, Items):
        lists = [part.value.items for part in parts if isinstance(part.value, Items)]
        return Items(tuple(item for items in lists for item in items), first.key.at)
    for part in parts[1:]:
        _twice(part.key, first.key, report)
    return first.value


def _merge(into: dict[str, Entry], entries: Entries, report: Report) -> None:
    for entry in entries.entries:
        first = into.setdefault(entry.key.text, entry).key
        if first.at != entry.key.at:
            _twice(entry.key, first, report)


def _twice(again: Word, first: Word, report: Report) -> None:
    where = f"{first.at.file}, line {first.at.line}"
    text = f"{again.text} stands here a second time (first in {where})"
    report.add(again.at, "DUPLICATE_KEY", text, "keep one of them")


def read_draft(
    documents: Mapping[str, Node | None], event_types: Collection[str], report: Report
) -> Draft:
    """Every section of the Network as it is written.

    Reports what each lacks and what is no part of it.
    """
    grammar = grammar_for(event_types)
    expected = grammar.sections()
    sections = gather(documents, expected, report)
    anywhere = Place(min(documents, default="network.yaml"), 1)
    for name in expected.keys() - sections.keys():
        fix = f"add {name}: {expected[name].about}"
        report.add(anywhere, "MISSING_SECTION", f"no file has the section {name}", fix)
    topics = _section(grammar.topics, sections.get("topics"), report)
    if topics is not None:
        grammar = grammar_for(event_types, topics.value.keys())
    return Draft(
        network=_section(grammar.network, sections.get("network"), report),
        topics=topics,
        members=_section(grammar.members, sections.get("members"), report),
        adjacency=_section(grammar.adjacency, sections.get("adjacency"), report),
        roles=_section(grammar.roles, sections.get("roles"), report),
        purposes=_section(grammar.purposes, sections.get("purposes"), report),
        tlp=_section(grammar.tlp, sections.get("tlp"), report),
        competence=_section(grammar.competence, sections.get("competence"), report),
        tiers=_section(grammar.tiers, sections.get("tiers"), report),
        clocks=_section(grammar.clocks, sections.get("clocks"), report),
        lifetimes=_section(grammar.lifetimes, sections.get("lifetimes"), report),
        groups=_section(grammar.groups, sections.get("groups"), report),
        agreements=_section(grammar.agreements, sections.get("agreements"), report),
        corridors=_section(grammar.corridors, sections.get("corridors"), report),
        border_points=_section(grammar.border_points, sections.get("border_points"), report),
        small_cell=_section(grammar.small_cell, sections.get("small_cell"), report),
    )


def _section(notation: Notation[T], node: Node | None, report: Report) -> At[T] | None:
    return notation.read(node, report) if node is not None else None
