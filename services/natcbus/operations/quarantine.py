"""What the hub put aside, why, and what people had done with it since; nothing here changes it.

``hub.quarantine`` holds both: a held record as it came, its reason in headers that the hub wrote,
and behind it framed ``hub.treatment`` records, which carry no such headers. So the state of a held
record is whatever its treatments say, and it stays where it is whatever is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from natcbus.contract.codec import decode_record, schema_id_of, unframe
from natcbus.contract.errors import DecodingError
from natcbus.contract.types.hub import Action, Step, Treatment
from natcbus.operations.errors import HeldRecordMissingError
from natcbus.operations.topic_reading import Stored, stored_records
from natcbus.routing.topics import QUARANTINE

_PREFIX: Final = "natcbus_"
_NO_SECURITY: Final[Mapping[str, object]] = {}


class State(StrEnum):
    """What became of a held record."""

    HELD = "HELD"
    RESENT = "RESENT"
    """It stands on its member's topic once more, and the hub decided about it again."""
    RETURNED = "RETURNED"
    """Its member was told that nothing more will be done with it."""


_DONE: Final = {Action.RESEND: State.RESENT, Action.RETURN: State.RETURNED}


@dataclass(frozen=True, slots=True)
class Held:
    """A quarantined record, without its content.

    Attributes
    ----------
    number
        Its offset in ``hub.quarantine``: the name to ask for it by.
    at
        When it was put aside.
    code, text
        Why.
    topic, partition, offset
        Where it stood; the topic names the member that wrote it.
    size, sha256
        Of the value as it came.
    treatments
        What was done with it, the oldest first.
    """

    number: int
    at: datetime
    code: str
    text: str
    topic: str
    partition: int
    offset: int
    size: int
    sha256: bytes
    treatments: tuple[Treatment, ...] = ()

    @property
    def state(self) -> State:
        """What the treatments say: one that was begun and not done leaves it held."""
        done = (_DONE[each.action] for each in self.treatments if _is_done(each))
        return next(done, State.HELD)

    @property
    def done(self) -> Treatment | None:
        """The treatment that ended its stay."""
        return next((each for each in self.treatments if _is_done(each)), None)

    @property
    def unfinished(self) -> Treatment | None:
        """A treatment that was begun last, and of which nobody wrote how it ended."""
        last = self.treatments[-1] if self.treatments else None
        return last if last is not None and last.step is Step.BEGUN else None


@dataclass(frozen=True, slots=True)
class Content:
    """Key and value of a held record, as they came."""

    key: bytes | None
    value: bytes


def held_records(bootstrap: str, security: Mapping[str, object] = _NO_SECURITY) -> list[Held]:
    """Every record that was put aside and is still kept, oldest first, whatever its state.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    TopicMissingError
        The brokers have no quarantine.
    """
    with closing(stored_records(bootstrap, [QUARANTINE], security, checked=False)) as found:
        return _with_treatments(found)


def held_record(
    bootstrap: str, number: int, security: Mapping[str, object] = _NO_SECURITY
) -> tuple[Held, Content]:
    """The record of this number, with its content.

    Raises
    ------
    BrokerUnreachableError, TopicMissingError
        As for ``held_records``.
    HeldRecordMissingError
        There is none.
    """
    with closing(stored_records(bootstrap, [QUARANTINE], security, start=number)) as found:
        first = next(found, None)
        if first is None or first.offset != number or treatment_in(first) is not None:
            raise HeldRecordMissingError(number)
        treatments = [each for each in map(treatment_in, found) if each is not None]
    return _held(first, treatments), Content(first.key, first.value)


def contents(
    bootstrap: str, numbers: Sequence[int], security: Mapping[str, object] = _NO_SECURITY
) -> Iterator[tuple[int, Content]]:
    """Number and content of each of these records, in order; one that is gone is left out.

    Raises
    ------
    BrokerUnreachableError, TopicMissingError
        As for ``held_records``.
    """
    wanted = sorted(set(numbers))
    if not wanted:
        return
    with closing(stored_records(bootstrap, [QUARANTINE], security, start=wanted[0])) as found:
        for record in found:
            if record.offset in wanted:
                yield record.offset, Content(record.key, record.value)
            if record.offset >= wanted[-1]:
                return


def treatment_in(record: Stored) -> Treatment | None:
    """The treatment that a record of ``hub.quarantine`` is; None for one that was put aside."""
    if any(name.startswith(_PREFIX) for name, _ in record.headers):
        return None
    with suppress(DecodingError):
        schema_id, body = unframe(record.value)
        if schema_id == schema_id_of(Treatment):
            return decode_record(Treatment, body)
    return None


def _is_done(treatment: Treatment) -> bool:
    return treatment.step is Step.DONE and treatment.action in _DONE


def _with_treatments(records: Iterable[Stored]) -> list[Held]:
    held: dict[int, Held] = {}
    treatments: dict[int, list[Treatment]] = {}
    for record in records:
        treatment = treatment_in(record)
        if treatment is None:
            held[record.offset] = _held(record, ())
        else:
            treatments.setdefault(treatment.number, []).append(treatment)
    return [
        replace(each, treatments=tuple(treatments.get(number, ()))) for number, each in held.items()
    ]


def put_aside(record: Stored) -> Held | None:
    """A record of ``hub.quarantine`` that the hub put aside; None for a treatment of one."""
    return None if treatment_in(record) is not None else _held(record, ())


def _held(record: Stored, treatments: Iterable[Treatment]) -> Held:
    headers = {
        name.removeprefix(_PREFIX): value.decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith(_PREFIX) and value is not None
    }
    return Held(
        number=record.offset,
        at=record.at,
        code=headers.get("code", "UNKNOWN"),
        text=headers.get("text", ""),
        topic=headers.get("topic", ""),
        partition=_number(headers.get("partition")),
        offset=_number(headers.get("offset")),
        size=len(record.value),
        sha256=hashlib.sha256(record.value).digest(),
        treatments=tuple(each for each in treatments if each.number == record.offset),
    )


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else -1
