"""What must hold of an event beyond the shape of its fields.

``check_open`` is what the SDK says and the hub repeats, for a sender that skipped the SDK: all that
the open part and the framing show. ``check_sealed`` is what the SDK says and the recipient repeats.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC
from functools import cache

from natcbus.contract import small_cells
from natcbus.contract.catalogue import EventType
from natcbus.contract.changes import change_problems
from natcbus.contract.problems import Problem
from natcbus.contract.schema import Schema
from natcbus.contract.shapes import Shape, escape
from natcbus.contract.shaping import compile_shape
from natcbus.contract.types.core import Header, Native, Purpose, Regime


def check_open(
    event_type: EventType, header: Header, open_part: Native, present: Collection[str]
) -> list[Problem]:
    """Every problem that the header, the open part and the names of the compartments show."""
    problems: list[Problem] = []
    header_shape(event_type).check(header.to_native(), "/header", problems)
    open_shape(event_type).check(open_part, "/open", problems)
    return problems or check_meaning(event_type, header, open_part, present)


def check_meaning(
    event_type: EventType, header: Header, open_part: Native, present: Collection[str]
) -> list[Problem]:
    """The part of ``check_open`` that looks beyond single fields."""
    return [
        *_type_problems(event_type, header),
        *change_problems(header),
        *_legal_problems(header),
        *_time_problems(header),
        *_compartment_problems(event_type, present),
        *event_type.minimum.open_problems(open_part, present),
        *small_cells.open_problems(event_type, open_part, present),
    ]


def check_sealed(
    event_type: EventType, open_part: Native, sealed: Mapping[str, Native]
) -> list[Problem]:
    """Every problem inside the compartments of ``sealed``; absent ones are not judged."""
    problems: list[Problem] = []
    for name, content in sealed.items():
        compartment_shape(event_type, name).check(content, f"/sealed/{name}", problems)
    return [
        *problems,
        *event_type.minimum.sealed_problems(open_part, sealed),
        *small_cells.sealed_problems(event_type, open_part, sealed),
    ]


def header_shape(event_type: EventType) -> Shape:
    """The shape of the header, in the version that it is read as."""
    return _shape((event_type.read_as or event_type).header)


def open_shape(event_type: EventType) -> Shape:
    """The shape of an event type's open part, in the version that it is read as."""
    return _shape((event_type.read_as or event_type).open)


def compartment_shape(event_type: EventType, compartment: str) -> Shape:
    """The shape of a compartment, in the version that it is read as."""
    return _shape((event_type.read_as or event_type).compartments[compartment].schema)


@cache
def _shape(schema: Schema) -> Shape:
    return compile_shape(schema.definition)


def _type_problems(event_type: EventType, header: Header) -> list[Problem]:
    problems = []
    if header.type != event_type.name:
        problems.append(
            Problem("/header/type", "TYPE_MISMATCH", f"the frame says {event_type.name}")
        )
    if header.version != event_type.version:
        problems.append(
            Problem("/header/version", "VERSION_MISMATCH", f"the frame says {event_type.version}")
        )
    return problems


def _legal_problems(header: Header) -> list[Problem]:
    problems = []
    if header.purpose is Purpose.UNKNOWN:
        text = "say why the data is processed (Directive (EU) 2016/680 Art. 4(1)(b))"
        problems.append(Problem("/header/purpose", "PURPOSE_MISSING", text))
    if header.legal_basis.regime is Regime.UNKNOWN:
        text = "LED for police and justice, GDPR for others, NONE without personal data"
        problems.append(Problem("/header/legal_basis/regime", "LEGAL_BASIS_MISSING", text))
    return problems


def _time_problems(header: Header) -> list[Problem]:
    problems = []
    if header.expires_at <= header.sent_at:
        problems.append(
            Problem("/header/expires_at", "EXPIRES_BEFORE_SENT", "must be after sent_at")
        )
    if header.retention.review_by > header.retention.erase_by:
        problems.append(
            Problem("/header/retention/review_by", "RETENTION_ORDER", "must not be after erase_by")
        )
    if header.retention.erase_by < header.sent_at.astimezone(UTC).date():
        problems.append(
            Problem(
                "/header/retention/erase_by",
                "RETENTION_PAST",
                "must not be before the day of sending",
            )
        )
    return problems


def _compartment_problems(event_type: EventType, present: Collection[str]) -> list[Problem]:
    return [
        Problem(
            f"/sealed/{escape(name)}",
            "UNKNOWN_COMPARTMENT",
            f"{event_type.name} has the compartments {', '.join(event_type.compartments)}",
        )
        for name in sorted(present)
        if name not in event_type.compartments
    ]
