"""What the oracle is asked: a message, the Network's book, and who had earlier messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from natcbus.contract.types.core import Header
from tests.support.oracle_book import Book, Yaml


@dataclass(frozen=True)
class Question:
    """One message under one Network.

    ``present`` names the sealed compartments of the message; ``prior`` says what earlier recipients
    of the thread could open.
    """

    message_type: str
    header: Header
    open_part: Mapping[str, object]
    present: frozenset[str]
    book: Book
    prior: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def audience(self) -> Yaml:
        """The audience table of the event type."""
        return self.book.audiences[self.message_type]

    @property
    def sending_member(self) -> str:
        """A desk id is ``<member>.<desk>``."""
        return self.header.from_.split(".")[0]

    def names(self, desk: str) -> bool:
        """Whether the sender named this very desk."""
        return desk in self.header.addressing.desks


def at(value: object, pointer: str) -> list[object]:
    """Everything in the open part that a pointer points at; ``*`` is every item of a list."""
    found = [value]
    for step in pointer.strip("/").split("/"):
        found = [inner for each in found for inner in _step(each, step)]
    return found


def _step(value: object, step: str) -> Iterator[object]:
    if step == "*":
        yield from value if isinstance(value, list) else ()
    elif isinstance(value, dict) and value.get(step) is not None:
        yield value[step]
