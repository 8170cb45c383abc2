"""Small numbers for the names that stand in every row: topics, desks, lists of compartments."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Names(Generic[T]):
    """Numbers each thing by when it was first met; the first is 0."""

    def __init__(self, *first: T) -> None:
        self._numbers: dict[T, int] = {}
        self._things: list[T] = []
        for thing in first:
            self.number(thing)

    def number(self, thing: T) -> int:
        """The number of a thing; a new one where it was not met before."""
        found = self._numbers.get(thing)
        if found is None:
            found = self._numbers[thing] = len(self._things)
            self._things.append(thing)
        return found

    def __getitem__(self, number: int) -> T:
        """The thing of a number."""
        return self._things[number]
