"""Puts the files of the Network together and reads each section.

A section may stand in one file or in several: in the example, ``members`` has a file for each
member. What the sections say about each other is checked in ``coherence``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from natcbus.routing.documents import Entries, Entry, Node, Place, Report
from natcbus.routing.entries import Draft
from natcbus.routing.notation import At, Notation, nearest
from natcbus.routing.sections import grammar_for

T = TypeVar("T")


def gather(
    documents: Mapping[str, Node | None], sections: Collection[str], report: Report
) -> Mapping[str, Entries]:
    """The sections of all files, each put together from wherever it stands.

    Reports UNKNOWN_KEY for a section that is none, WRONG_TYPE and DUPLICATE_KEY.
    """
    gathered: dict[str, dict[str, Entry]] = {}
    places: dict[str, Place] = {}
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
        for key, value in document.entries:
            if key.text not in sections:
                report.add(
                    key.at, "UNKNOWN_KEY", f"{key.text} is no section", nearest(key.text, sections)
                )
            elif not isinstance(value, Entries):
                report.add(
                    value.at,
                    "WRONG_TYPE",
                    f"{key.text} is no mapping",
                    "write KEY: ... below it, indented",
                )
            else:
                places.setdefault(key.text, key.at)
                _merge(gathered.setdefault(key.text, {}), value, report)
    return {
        name: Entries(tuple(entries.values()), places[name]) for name, entries in gathered.items()
    }


def _merge(into: dict[str, Entry], entries: Entries, report: Report) -> None:
    for entry in entries.entries:
        first = into.setdefault(entry.key.text, entry).key
        if first.at != entry.key.at:
            where = f"{first.at.file}, line {first.at.line}"
            text = f"{entry.key.text} stands here a second time (first in {where})"
            report.add(entry.key.at, "DUPLICATE_KEY", text, "keep one of them")


def read_draft(
    documents: Mapping[str, Node | None], event_types: Collection[str], report: Report
) -> Draft:
    """Every section of the Network as it is written.

    Reports what each lacks and what is no part of it.
    """
    grammar = grammar_for(event_types)
    expected = grammar.sections()
    sections = gather(documents, expected.keys(), report)
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
    )


def _section(notation: Notation[T], node: Entries | None, report: Report) -> At[T] | None:
    return notation.read(node, report) if node is not None else None
