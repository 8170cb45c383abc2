"""The records of ``natcbus.joint_action_day.v1``.

Generated from the .avsc files by ``python -m natcbus.contract.generate``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from natcbus.contract.types.core import ExploitationForm, PlaceRef, Sector, Sex

Native = dict[str, Any]
"""What the Avro codec hands over; checked by the codec, typed from here on."""


class NeedKind(StrEnum):
    """See natcbus.joint_action_day.v1.NeedKind."""

    UNKNOWN = "UNKNOWN"
    INTERPRETER = "INTERPRETER"
    NGO_STANDBY = "NGO_STANDBY"
    SHELTER_BED = "SHELTER_BED"
    MOBILE_TEAM = "MOBILE_TEAM"
    FORENSIC_IT = "FORENSIC_IT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """See natcbus.joint_action_day.v1.Need."""

    kind: NeedKind
    quantity: int

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            kind=NeedKind(native["kind"]),
            quantity=native["quantity"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "kind": self.kind.value,
            "quantity": self.quantity,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """See natcbus.joint_action_day.v1.Officer."""

    name: str
    desk: str
    phone: str

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            name=native["name"],
            desk=native["desk"],
            phone=native["phone"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "name": self.name,
            "desk": self.desk,
            "phone": self.phone,
        }


class Step(StrEnum):
    """See natcbus.joint_action_day.v1.Step."""

    UNKNOWN = "UNKNOWN"
    PLAN = "PLAN"
    START = "START"
    STAND_DOWN = "STAND_DOWN"
    RESULT = "RESULT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """See natcbus.joint_action_day.v1.Window."""

    from_: datetime
    to: datetime
    time_zone: str
    """IANA name."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            from_=native["from"],
            to=native["to"],
            time_zone=native["time_zone"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "from": self.from_,
            "to": self.to,
            "time_zone": self.time_zone,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A joint action day is planned, starts, stands down or has results."""

    operation: str
    """For example JAD-2026-017."""
    step: Step
    window: Window
    theme: ExploitationForm
    sector: Sector | None = None
    participating: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    smallest_cell: int = 0
    """The smallest count of potential victims in the sealed results, 0 when there is none: small counts open for named desks alone."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            operation=native["operation"],
            step=Step(native["step"]),
            window=Window.from_native(native["window"]),
            theme=ExploitationForm(native["theme"]),
            sector=None if native["sector"] is None else Sector.from_native(native["sector"]),
            participating=tuple(native["participating"]),
            needs=tuple(Need.from_native(item) for item in native["needs"]),
            smallest_cell=native["smallest_cell"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "operation": self.operation,
            "step": self.step.value,
            "window": self.window.to_native(),
            "theme": self.theme.value,
            "sector": None if self.sector is None else self.sector.to_native(),
            "participating": list(self.participating),
            "needs": [item.to_native() for item in self.needs],
            "smallest_cell": self.smallest_cell,
        }


class TargetKind(StrEnum):
    """See natcbus.joint_action_day.v1.TargetKind."""

    UNKNOWN = "UNKNOWN"
    PERSON = "PERSON"
    COMPANY = "COMPANY"
    VEHICLE = "VEHICLE"
    PREMISES = "PREMISES"
    ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """See natcbus.joint_action_day.v1.Target."""

    kind: TargetKind
    name: str
    identifier: str = ""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            kind=TargetKind(native["kind"]),
            name=native["name"],
            identifier=native["identifier"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "identifier": self.identifier,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where and whom; endangers people before the start."""

    places: tuple[PlaceRef, ...] = ()
    targets: tuple[Target, ...] = ()
    lead_officers: tuple[Officer, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            places=tuple(PlaceRef.from_native(item) for item in native["places"]),
            targets=tuple(Target.from_native(item) for item in native["targets"]),
            lead_officers=tuple(Officer.from_native(item) for item in native["lead_officers"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "places": [item.to_native() for item in self.places],
            "targets": [item.to_native() for item in self.targets],
            "lead_officers": [item.to_native() for item in self.lead_officers],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VictimCount:
    """See natcbus.joint_action_day.v1.VictimCount."""

    sex: Sex
    minor: bool
    form: ExploitationForm
    count: int

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            sex=Sex(native["sex"]),
            minor=native["minor"],
            form=ExploitationForm(native["form"]),
            count=native["count"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "sex": self.sex.value,
            "minor": self.minor,
            "form": self.form.value,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Counts; small ones can identify, so they are sealed."""

    persons_checked: int
    vehicles_checked: int
    locations_checked: int
    arrests: int
    new_cases: int
    potential_victims: tuple[VictimCount, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            persons_checked=native["persons_checked"],
            vehicles_checked=native["vehicles_checked"],
            locations_checked=native["locations_checked"],
            arrests=native["arrests"],
            new_cases=native["new_cases"],
            potential_victims=tuple(VictimCount.from_native(item) for item in native["potential_victims"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "persons_checked": self.persons_checked,
            "vehicles_checked": self.vehicles_checked,
            "locations_checked": self.locations_checked,
            "arrests": self.arrests,
            "new_cases": self.new_cases,
            "potential_victims": [item.to_native() for item in self.potential_victims],
        }

