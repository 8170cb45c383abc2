"""The records of ``natcbus.recruitment_ad.v1``.

Generated from the .avsc files by ``python -m natcbus.contract.generate``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from natcbus.contract.types.core import Account, Evidence, LocalText, Platform, Sector

Native = dict[str, Any]
"""What the Avro codec hands over; checked by the codec, typed from here on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """The advertisement as it stood."""

    texts: tuple[LocalText, ...]
    url: str = ""
    evidence: tuple[Evidence, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            texts=tuple(LocalText.from_native(item) for item in native["texts"]),
            url=native["url"],
            evidence=tuple(Evidence.from_native(item) for item in native["evidence"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "texts": [item.to_native() for item in self.texts],
            "url": self.url,
            "evidence": [item.to_native() for item in self.evidence],
        }


class RegisterResult(StrEnum):
    """See natcbus.recruitment_ad.v1.RegisterResult."""

    NOT_CHECKED = "NOT_CHECKED"
    LISTED = "LISTED"
    NOT_LISTED = "NOT_LISTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertiser:
    """Who the advertisement says it is from."""

    name: str = ""
    country: str | None = None
    registration: str = ""
    registered_agency: RegisterResult
    """Result of the check against the register of licensed agencies."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            name=native["name"],
            country=native["country"],
            registration=native["registration"],
            registered_agency=RegisterResult(native["registered_agency"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "name": self.name,
            "country": self.country,
            "registration": self.registration,
            "registered_agency": self.registered_agency.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """How to reach the advertiser; what two advertisements are matched by."""

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            phones=tuple(native["phones"]),
            emails=tuple(native["emails"]),
            accounts=tuple(Account.from_native(item) for item in native["accounts"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "phones": list(self.phones),
            "emails": list(self.emails),
            "accounts": [item.to_native() for item in self.accounts],
        }


class IndicatorCode(StrEnum):
    """See natcbus.recruitment_ad.v1.IndicatorCode."""

    UNKNOWN = "UNKNOWN"
    NO_EXPERIENCE_NEEDED = "NO_EXPERIENCE_NEEDED"
    URGENT_START = "URGENT_START"
    VAGUE_DUTIES = "VAGUE_DUTIES"
    NO_COMPANY_NAMED = "NO_COMPANY_NAMED"
    MESSENGER_ONLY = "MESSENGER_ONLY"
    DEBT_FOR_TRAVEL = "DEBT_FOR_TRAVEL"
    WAGE_DEDUCTIONS = "WAGE_DEDUCTIONS"
    VISA_GUARANTEED = "VISA_GUARANTEED"
    TOURIST_VISA = "TOURIST_VISA"
    ASKS_PHOTO = "ASKS_PHOTO"
    ASKS_DOCUMENT_SCAN = "ASKS_DOCUMENT_SCAN"
    WOMEN_ONLY = "WOMEN_ONLY"
    MINORS_TARGETED = "MINORS_TARGETED"
    SECRECY = "SECRECY"
    SAME_TEXT_ELSEWHERE = "SAME_TEXT_ELSEWHERE"


class Stated(StrEnum):
    """See natcbus.recruitment_ad.v1.Stated."""

    NOT_STATED = "NOT_STATED"
    PRESENT = "PRESENT"
    CONTRADICTED = "CONTRADICTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """See natcbus.recruitment_ad.v1.Indicator."""

    code: IndicatorCode
    state: Stated

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            code=IndicatorCode(native["code"]),
            state=Stated(native["state"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "code": self.code.value,
            "state": self.state.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """See natcbus.recruitment_ad.v1.Offer."""

    pay_above_norm: Stated
    lodging: Stated
    transport: Stated
    upfront_fee: Stated

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            pay_above_norm=Stated(native["pay_above_norm"]),
            lodging=Stated(native["lodging"]),
            transport=Stated(native["transport"]),
            upfront_fee=Stated(native["upfront_fee"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "pay_above_norm": self.pay_above_norm.value,
            "lodging": self.lodging.value,
            "transport": self.transport.value,
            "upfront_fee": self.upfront_fee.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A suspicious recruitment advertisement. One indicator alone says little: 98.4 % of ordinary advertisements show at least one (Volodko, Cockbain and Kleinberg 2019)."""

    platform: Platform
    languages: tuple[str, ...] = ()
    sector: Sector | None = None
    targeted: tuple[str, ...] = ()
    """Countries whose people the advertisement addresses."""
    destination: tuple[str, ...] = ()
    """Countries where the work is said to be."""
    captured_at: datetime
    offer: Offer
    """Not stated is not absent."""
    indicators: tuple[Indicator, ...] = ()

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            platform=Platform(native["platform"]),
            languages=tuple(native["languages"]),
            sector=None if native["sector"] is None else Sector.from_native(native["sector"]),
            targeted=tuple(native["targeted"]),
            destination=tuple(native["destination"]),
            captured_at=native["captured_at"],
            offer=Offer.from_native(native["offer"]),
            indicators=tuple(Indicator.from_native(item) for item in native["indicators"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "platform": self.platform.value,
            "languages": list(self.languages),
            "sector": None if self.sector is None else self.sector.to_native(),
            "targeted": list(self.targeted),
            "destination": list(self.destination),
            "captured_at": self.captured_at,
            "offer": self.offer.to_native(),
            "indicators": [item.to_native() for item in self.indicators],
        }

