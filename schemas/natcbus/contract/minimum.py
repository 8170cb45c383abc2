"""The least that an event must say to be of use, as a table beside its schema.

The hub sees the open part and the names of the compartments; the SDK and the recipient see the
sealed fields as well. ``open_problems`` and ``sealed_problems`` are those two halves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from natcbus.contract.problems import Problem


@dataclass(frozen=True, slots=True)
class Minimum:
    """Minimum data of one event type.

    ``fields`` and ``any_of`` are pointers into the event with ``*`` for some item of a list;
    ``waived_when`` is a pointer and the symbol that waives the whole table.
    """

    source: str
    compartments: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    waived_when: tuple[str, str] | None = None

    def _waived(self, open_part: Mapping[str, object]) -> bool:
        if self.waived_when is None:
            return False
        pointer, symbol = self.waived_when
        return symbol in found({"open": open_part}, pointer)

    def open_problems(
        self, open_part: Mapping[str, object], present: Collection[str]
    ) -> list[Problem]:
        """What is missing as far as the open part and the names of the compartments show."""
        if self._waived(open_part):
            return []
        return [
            Problem(
                f"/sealed/{name}",
                "MINIMUM_DATA_MISSING",
                f"add the compartment {name} ({self.source})",
            )
            for name in self.compartments
            if name not in present
        ]

    def sealed_problems(
        self, open_part: Mapping[str, object], sealed: Mapping[str, Mapping[str, object]]
    ) -> list[Problem]:
        """What is missing inside the compartments of ``sealed``; absent ones are not judged."""
        if self._waived(open_part):
            return []
        event = {"sealed": sealed}
        missing = [
            pointer
            for pointer in self.fields
            if _readable(pointer, sealed) and not _filled(event, pointer)
        ]
        problems = [
            Problem(
                pointer.replace("/*", "/0"), "MINIMUM_DATA_MISSING", f"required by {self.source}"
            )
            for pointer in missing
        ]
        for choices in self.any_of:
            if all(_readable(pointer, sealed) for pointer in choices) and not any(
                _filled(event, pointer) for pointer in choices
            ):
                wanted = " or ".join(pointer.rsplit("/", 1)[-1] for pointer in choices)
                problems.append(
                    Problem(
                        choices[0].replace("/*", "/0"),
                        "MINIMUM_DATA_MISSING",
                        f"give {wanted} ({self.source})",
                    )
                )
        return problems


def _readable(pointer: str, sealed: Mapping[str, object]) -> bool:
    return pointer.split("/")[2] in sealed


def _filled(event: Mapping[str, object], pointer: str) -> bool:
    return any(value not in (None, "", "UNKNOWN", (), []) for value in found(event, pointer))


def found(value: object, pointer: str) -> list[object]:
    """Every value that ``pointer`` leads to; ``*`` stands for each item of a list."""
    values = [value]
    for step in pointer.split("/")[1:]:
        if step == "*":
            values = [item for each in values if isinstance(each, list | tuple) for item in each]
        else:
            values = [each[step] for each in values if isinstance(each, Mapping) and step in each]
    return values
