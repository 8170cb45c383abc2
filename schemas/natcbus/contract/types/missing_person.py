"""The records of ``natcbus.missing_person.v1``.

Generated from the .avsc files by ``python -m natcbus.contract.generate``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from natcbus.contract.types.core import Account, FormAssertion, IdentityDocument, NameForm, PartialDate, PlaceRef, Sex

Native = dict[str, Any]
"""What the Avro codec hands over; checked by the codec, typed from here on."""


class ActionOnHit(StrEnum):
    """See natcbus.missing_person.v1.ActionOnHit."""

    DO_NOT_APPROACH = "DO_NOT_APPROACH"
    INFORM_ONLY = "INFORM_ONLY"
    PLACE_UNDER_PROTECTION = "PLACE_UNDER_PROTECTION"
    PREVENT_TRAVEL = "PREVENT_TRAVEL"


class AgeBand(StrEnum):
    """See natcbus.missing_person.v1.AgeBand."""

    UNKNOWN = "UNKNOWN"
    CHILD_0_5 = "CHILD_0_5"
    CHILD_6_11 = "CHILD_6_11"
    CHILD_12_15 = "CHILD_12_15"
    CHILD_16_17 = "CHILD_16_17"
    ADULT_18_24 = "ADULT_18_24"
    ADULT_25_59 = "ADULT_25_59"
    ADULT_60_PLUS = "ADULT_60_PLUS"


class Certainty(StrEnum):
    """See natcbus.missing_person.v1.Certainty."""

    UNKNOWN = "UNKNOWN"
    OBSERVED = "OBSERVED"
    LIKELY = "LIKELY"
    POSSIBLE = "POSSIBLE"
    UNLIKELY = "UNLIKELY"


class SisCategory(StrEnum):
    """See natcbus.missing_person.v1.SisCategory."""

    UNKNOWN = "UNKNOWN"
    A_I_OWN_PROTECTION = "A_I_OWN_PROTECTION"
    A_II_THREAT = "A_II_THREAT"
    B_NO_PROTECTION = "B_NO_PROTECTION"
    C_PARENTAL_ABDUCTION = "C_PARENTAL_ABDUCTION"
    D_I_CHILD_TRAFFICKING_RISK = "D_I_CHILD_TRAFFICKING_RISK"
    D_II_CHILD_TERRORISM_RISK = "D_II_CHILD_TERRORISM_RISK"
    D_III_CHILD_ARMED_GROUPS_RISK = "D_III_CHILD_ARMED_GROUPS_RISK"
    E_VULNERABLE_ADULT_RISK = "E_VULNERABLE_ADULT_RISK"


class Relation(StrEnum):
    """See natcbus.missing_person.v1.Relation."""

    UNKNOWN = "UNKNOWN"
    FAMILY = "FAMILY"
    ACQUAINTANCE = "ACQUAINTANCE"
    RECRUITER = "RECRUITER"
    STRANGER = "STRANGER"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """See natcbus.missing_person.v1.Companion."""

    relation: Relation
    description: str

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            relation=Relation(native["relation"]),
            description=native["description"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "relation": self.relation.value,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """How the person went missing."""

    category: SisCategory
    """Regulation (EU) 2018/1862 Art. 32(1); the category travels, not the SIS alert."""
    place: PlaceRef | None = None
    seen_at: datetime | None = None
    companions: tuple[Companion, ...] = ()
    suspected_forms: tuple[FormAssertion, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            category=SisCategory(native["category"]),
            place=None if native["place"] is None else PlaceRef.from_native(native["place"]),
            seen_at=native["seen_at"],
            companions=tuple(Companion.from_native(item) for item in native["companions"]),
            suspected_forms=tuple(FormAssertion.from_native(item) for item in native["suspected_forms"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "category": self.category.value,
            "place": None if self.place is None else self.place.to_native(),
            "seen_at": self.seen_at,
            "companions": [item.to_native() for item in self.companions],
            "suspected_forms": [item.to_native() for item in self.suspected_forms],
        }


class HeadingReason(StrEnum):
    """See natcbus.missing_person.v1.HeadingReason."""

    UNKNOWN = "UNKNOWN"
    ROUTE_OBSERVED = "ROUTE_OBSERVED"
    TICKET = "TICKET"
    COMMUNICATION = "COMMUNICATION"
    FAMILY_TIES = "FAMILY_TIES"
    RECRUITER_LINK = "RECRUITER_LINK"
    NEAR_BORDER = "NEAR_BORDER"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """See natcbus.missing_person.v1.Heading."""

    country: str
    border_point: str | None = None
    certainty: Certainty
    """CAP 1.2 certainty."""
    reason: HeadingReason

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            country=native["country"],
            border_point=native["border_point"],
            certainty=Certainty(native["certainty"]),
            reason=HeadingReason(native["reason"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "country": self.country,
            "border_point": self.border_point,
            "certainty": self.certainty.value,
            "reason": self.reason.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the person is."""

    names: tuple[NameForm, ...]
    sex: Sex
    birth: PartialDate | None = None
    nationalities: tuple[str, ...] = ()
    documents: tuple[IdentityDocument, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            names=tuple(NameForm.from_native(item) for item in native["names"]),
            sex=Sex(native["sex"]),
            birth=None if native["birth"] is None else PartialDate.from_native(native["birth"]),
            nationalities=tuple(native["nationalities"]),
            documents=tuple(IdentityDocument.from_native(item) for item in native["documents"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "names": [item.to_native() for item in self.names],
            "sex": self.sex.value,
            "birth": None if self.birth is None else self.birth.to_native(),
            "nationalities": list(self.nationalities),
            "documents": [item.to_native() for item in self.documents],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """Leads and sources; for those who investigate."""

    phones: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    police_record: str = ""
    reported_at: datetime | None = None

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            phones=tuple(native["phones"]),
            accounts=tuple(Account.from_native(item) for item in native["accounts"]),
            police_record=native["police_record"],
            reported_at=native["reported_at"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "phones": list(self.phones),
            "accounts": [item.to_native() for item in self.accounts],
            "police_record": self.police_record,
            "reported_at": self.reported_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """To the day and hour, and no nearer than a subdivision or a border point."""

    country: str
    subdivision: str | None = None
    """ISO 3166-2."""
    border_point: str | None = None
    """UN/LOCODE of the nearest border point."""
    day: date
    hour: int | None = None
    """UTC."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            country=native["country"],
            subdivision=native["subdivision"],
            border_point=native["border_point"],
            day=native["day"],
            hour=native["hour"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "country": self.country,
            "subdivision": self.subdivision,
            "border_point": self.border_point,
            "day": self.day,
            "hour": self.hour,
        }


class MinimumData(StrEnum):
    """See natcbus.missing_person.v1.MinimumData."""

    NOT_YET_KNOWN = "NOT_YET_KNOWN"
    MET = "MET"


class YesNo(StrEnum):
    """See natcbus.missing_person.v1.YesNo."""

    UNKNOWN = "UNKNOWN"
    YES = "YES"
    NO = "NO"


class Publicity(StrEnum):
    """See natcbus.missing_person.v1.Publicity."""

    NOT_ALLOWED = "NOT_ALLOWED"
    ALLOWED = "ALLOWED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A person is missing and others must look out (SIS alerts on missing persons, Regulation (EU) 2018/1862 Art. 32; Interpol Yellow Notice)."""

    age_band: AgeBand
    last_seen: LastSeen
    likely_heading: tuple[Heading, ...] = ()
    suspected_exploitation: YesNo
    """Whether, never which: the form is sealed."""
    publicity: Publicity
    """Whether the image may be shown to the public."""
    action_on_hit: ActionOnHit
    """What to do when the person is met."""
    minimum_data: MinimumData = MinimumData.MET
    """NOT_YET_KNOWN waives the Interpol minimum when minutes count; recipients see that it is waived."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            age_band=AgeBand(native["age_band"]),
            last_seen=LastSeen.from_native(native["last_seen"]),
            likely_heading=tuple(Heading.from_native(item) for item in native["likely_heading"]),
            suspected_exploitation=YesNo(native["suspected_exploitation"]),
            publicity=Publicity(native["publicity"]),
            action_on_hit=ActionOnHit(native["action_on_hit"]),
            minimum_data=MinimumData(native["minimum_data"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "age_band": self.age_band.value,
            "last_seen": self.last_seen.to_native(),
            "likely_heading": [item.to_native() for item in self.likely_heading],
            "suspected_exploitation": self.suspected_exploitation.value,
            "publicity": self.publicity.value,
            "action_on_hit": self.action_on_hit.value,
            "minimum_data": self.minimum_data.value,
        }


class PhotoType(StrEnum):
    """See natcbus.missing_person.v1.PhotoType."""

    UNKNOWN = "UNKNOWN"
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """See natcbus.missing_person.v1.Photo."""

    media_type: PhotoType
    data: bytes

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            media_type=PhotoType(native["media_type"]),
            data=native["data"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "media_type": self.media_type.value,
            "data": self.data,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """See natcbus.missing_person.v1.Vehicle."""

    plate: str
    country: str
    make: str = ""
    colour: str = ""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            plate=native["plate"],
            country=native["country"],
            make=native["make"],
            colour=native["colour"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "plate": self.plate,
            "country": self.country,
            "make": self.make,
            "colour": self.colour,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a border officer needs to recognise the person, and nothing of the case."""

    description: str = ""
    height_cm: int | None = None
    marks: tuple[str, ...] = ()
    clothing: str = ""
    vehicle: Vehicle | None = None
    photo: Photo | None = None

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            description=native["description"],
            height_cm=native["height_cm"],
            marks=tuple(native["marks"]),
            clothing=native["clothing"],
            vehicle=None if native["vehicle"] is None else Vehicle.from_native(native["vehicle"]),
            photo=None if native["photo"] is None else Photo.from_native(native["photo"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "description": self.description,
            "height_cm": self.height_cm,
            "marks": list(self.marks),
            "clothing": self.clothing,
            "vehicle": None if self.vehicle is None else self.vehicle.to_native(),
            "photo": None if self.photo is None else self.photo.to_native(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who reported the person missing. Apart from the investigation, because a source is safety-critical and goes to named desks only."""

    reporter: str
    phones: tuple[str, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            reporter=native["reporter"],
            phones=tuple(native["phones"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "reporter": self.reporter,
            "phones": list(self.phones),
        }

