"""The records of ``natcbus.core``.

Generated from the .avsc files by ``python -m natcbus.contract.generate``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

Native = dict[str, Any]
"""What the Avro codec hands over; checked by the codec, typed from here on."""


class Platform(StrEnum):
    """Recruitment websites and apps (IOM HTCDS 2.0), extended."""

    UNKNOWN = "UNKNOWN"
    FACEBOOK = "FACEBOOK"
    INSTAGRAM = "INSTAGRAM"
    WHATSAPP = "WHATSAPP"
    TELEGRAM = "TELEGRAM"
    FACEBOOK_MESSENGER = "FACEBOOK_MESSENGER"
    VIBER = "VIBER"
    SNAPCHAT = "SNAPCHAT"
    TIKTOK = "TIKTOK"
    TWITTER = "TWITTER"
    JOB_SITE = "JOB_SITE"
    CLASSIFIEDS = "CLASSIFIEDS"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """See natcbus.core.Account."""

    platform: Platform
    handle: str

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            platform=Platform(native["platform"]),
            handle=native["handle"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "platform": self.platform.value,
            "handle": self.handle,
        }


class CountryRole(StrEnum):
    """See natcbus.core.CountryRole."""

    UNKNOWN = "UNKNOWN"
    LAST_SEEN = "LAST_SEEN"
    HEADING = "HEADING"
    NATIONALITY = "NATIONALITY"
    ORIGIN = "ORIGIN"
    TRANSIT = "TRANSIT"
    DESTINATION = "DESTINATION"
    ADJACENT = "ADJACENT"
    RECRUITMENT = "RECRUITMENT"
    RESIDENCE = "RESIDENCE"
    POSTING = "POSTING"
    HOLDING_EVIDENCE = "HOLDING_EVIDENCE"
    CORRIDOR = "CORRIDOR"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryInRole:
    """See natcbus.core.CountryInRole."""

    code: str
    role: CountryRole

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            code=native["code"],
            role=CountryRole(native["role"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "code": self.code,
            "role": self.role.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """See natcbus.core.Addressing."""

    desks: tuple[str, ...] = ()
    """Desks by name."""
    roles: tuple[CountryRole, ...] = ()
    """Country roles to use; a role that is not listed yields nobody."""
    countries: tuple[CountryInRole, ...] = ()
    """Countries that play a role without an open field saying so."""
    corridors: tuple[str, ...] = ()
    """Named routes of the Network, for the role CORRIDOR."""
    topics: tuple[str, ...] = ()
    """Adds desks with this competence."""
    exclude: tuple[str, ...] = ()
    """Desks or whole members that must not have it."""
    only: bool = False
    """True keeps the named desks alone."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            desks=tuple(native["desks"]),
            roles=tuple(CountryRole(item) for item in native["roles"]),
            countries=tuple(CountryInRole.from_native(item) for item in native["countries"]),
            corridors=tuple(native["corridors"]),
            topics=tuple(native["topics"]),
            exclude=tuple(native["exclude"]),
            only=native["only"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "desks": list(self.desks),
            "roles": [item.value for item in self.roles],
            "countries": [item.to_native() for item in self.countries],
            "corridors": list(self.corridors),
            "topics": list(self.topics),
            "exclude": list(self.exclude),
            "only": self.only,
        }


class AssertionBasis(StrEnum):
    """Fact or assessment (Directive (EU) 2016/680 Art. 7)."""

    UNKNOWN = "UNKNOWN"
    FACT = "FACT"
    ASSESSMENT = "ASSESSMENT"
    MACHINE_ASSESSMENT = "MACHINE_ASSESSMENT"


class Change(StrEnum):
    """See natcbus.core.Change."""

    NONE = "NONE"
    CORRECTED = "CORRECTED"
    ANNULLED = "ANNULLED"
    ENDED = "ENDED"


class Clearance(StrEnum):
    """See natcbus.core.Clearance."""

    SECRET = "SECRET"
    CONFIDENTIAL = "CONFIDENTIAL"
    RESTRICTED = "RESTRICTED"
    NONE = "NONE"


class DatePrecision(StrEnum):
    """See natcbus.core.DatePrecision."""

    UNKNOWN = "UNKNOWN"
    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    RANGE = "RANGE"


class DocumentKind(StrEnum):
    """See natcbus.core.DocumentKind."""

    UNKNOWN = "UNKNOWN"
    PASSPORT = "PASSPORT"
    IDENTITY_CARD = "IDENTITY_CARD"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"
    TRAVEL_DOCUMENT = "TRAVEL_DOCUMENT"


class EuropolCode(StrEnum):
    """See natcbus.core.EuropolCode."""

    H3 = "H3"
    H2 = "H2"
    H1 = "H1"
    H0 = "H0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A file held by the sender, named by its digest."""

    sha256: str
    media_type: str
    bytes: int
    collected_at: datetime

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            sha256=native["sha256"],
            media_type=native["media_type"],
            bytes=native["bytes"],
            collected_at=native["collected_at"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "sha256": self.sha256,
            "media_type": self.media_type,
            "bytes": self.bytes,
            "collected_at": self.collected_at,
        }


class ExploitationForm(StrEnum):
    """Forms of exploitation (IOM HTCDS 2.0), with forced criminality, which HTCDS lacks and Directive 2011/36/EU Art. 2(3) names."""

    UNKNOWN = "UNKNOWN"
    FORCED_LABOUR = "FORCED_LABOUR"
    SEXUAL_EXPLOITATION = "SEXUAL_EXPLOITATION"
    CHILD_LABOUR = "CHILD_LABOUR"
    FORCED_MARRIAGE = "FORCED_MARRIAGE"
    SERVITUDE = "SERVITUDE"
    FORCED_MILITARY = "FORCED_MILITARY"
    ORGAN_REMOVAL = "ORGAN_REMOVAL"
    FORCED_BEGGING = "FORCED_BEGGING"
    FORCED_ADOPTION = "FORCED_ADOPTION"
    SURROGACY = "SURROGACY"
    FORCED_CRIMINALITY = "FORCED_CRIMINALITY"
    OTHER = "OTHER"


class SourceEvaluation(StrEnum):
    """See natcbus.core.SourceEvaluation."""

    X = "X"
    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAssertion:
    """A suspected form of exploitation, who says so and how well it is known (Europol evaluation codes)."""

    form: ExploitationForm
    basis: AssertionBasis
    source: SourceEvaluation
    information: int

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            form=ExploitationForm(native["form"]),
            basis=AssertionBasis(native["basis"]),
            source=SourceEvaluation(native["source"]),
            information=native["information"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "form": self.form.value,
            "basis": self.basis.value,
            "source": self.source.value,
            "information": self.information,
        }


class Tlp(StrEnum):
    """See natcbus.core.Tlp."""

    RED = "RED"
    AMBER_STRICT = "AMBER_STRICT"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"


class Pap(StrEnum):
    """See natcbus.core.Pap."""

    RED = "RED"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """See natcbus.core.Handling."""

    tlp: Tlp
    """Traffic Light Protocol 2.0 (FIRST); AMBER+STRICT is written AMBER_STRICT because Avro symbols allow no plus sign."""
    europol: tuple[EuropolCode, ...] = ()
    """Europol handling codes H0 to H3."""
    pap: Pap = Pap.RED
    """Permissible Actions Protocol: RED allows nothing that a suspect could notice."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            tlp=Tlp(native["tlp"]),
            europol=tuple(EuropolCode(item) for item in native["europol"]),
            pap=Pap(native["pap"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "tlp": self.tlp.value,
            "europol": [item.value for item in self.europol],
            "pap": self.pap.value,
        }


class Kind(StrEnum):
    """See natcbus.core.Kind."""

    UNKNOWN = "UNKNOWN"
    ALERT = "ALERT"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"
    REQUEST = "REQUEST"
    RESPONSE = "RESPONSE"
    RECALL = "RECALL"
    GRANT = "GRANT"
    EVIDENCE = "EVIDENCE"


class Status(StrEnum):
    """See natcbus.core.Status."""

    TEST = "TEST"
    EXERCISE = "EXERCISE"
    ACTUAL = "ACTUAL"
    SYSTEM = "SYSTEM"


class Urgency(StrEnum):
    """See natcbus.core.Urgency."""

    UNKNOWN = "UNKNOWN"
    IMMEDIATE = "IMMEDIATE"
    EXPECTED = "EXPECTED"
    FUTURE = "FUTURE"
    PAST = "PAST"


class Purpose(StrEnum):
    """See natcbus.core.Purpose."""

    UNKNOWN = "UNKNOWN"
    LOCATE_PERSON = "LOCATE_PERSON"
    PROTECT_VICTIM = "PROTECT_VICTIM"
    INVESTIGATE = "INVESTIGATE"
    PROSECUTE = "PROSECUTE"
    PREVENT = "PREVENT"
    LABOUR_INSPECTION = "LABOUR_INSPECTION"
    RESEARCH_STATISTICS = "RESEARCH_STATISTICS"
    COORDINATE = "COORDINATE"


class Regime(StrEnum):
    """See natcbus.core.Regime."""

    UNKNOWN = "UNKNOWN"
    LED = "LED"
    GDPR = "GDPR"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBasis:
    """See natcbus.core.LegalBasis."""

    regime: Regime
    reference: str
    """Law and article as a code, for example RS:ZKP-2011/Art.72."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            regime=Regime(native["regime"]),
            reference=native["reference"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "regime": self.regime.value,
            "reference": self.reference,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """See natcbus.core.Retention."""

    review_by: date
    erase_by: date

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            review_by=native["review_by"],
            erase_by=native["erase_by"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "review_by": self.review_by,
            "erase_by": self.erase_by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """See natcbus.core.Reference."""

    message_id: str
    signed_sha256: str
    """Of its signed bytes."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            message_id=native["message_id"],
            signed_sha256=native["signed_sha256"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "message_id": self.message_id,
            "signed_sha256": self.signed_sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What routing needs of every message. Codes, places and times; never free text about a person."""

    message_id: str
    """UUIDv7, unique within the sending member."""
    thread_id: str
    """The case: <member>.<uuid>; its member owns it."""
    type: str
    """Event type; agrees with the schema id of the frame."""
    version: str
    """Schema version major.minor; agrees with the schema id of the frame."""
    from_: str
    """The sending desk, <member>.<desk>."""
    kind: Kind
    """What this message does to its thread (CAP 1.2 msgType, EDXL-DE distributionType, extended)."""
    status: Status
    """ACTUAL reaches desks on duty; EXERCISE and TEST only desks enrolled for them (CAP 1.2 status)."""
    urgency: Urgency
    """CAP 1.2 urgency."""
    sent_at: datetime
    """The only clock of the decision; signed."""
    expires_at: datetime
    """Not delivered to anybody after this instant."""
    purpose: Purpose
    """Why the data is processed (Directive (EU) 2016/680 Art. 4(1)(b))."""
    legal_basis: LegalBasis
    """The law the sender relies on."""
    handling: Handling
    """How recipients must treat the content."""
    addressing: Addressing
    """Whom the sender points at. Empty means nobody and is refused, never everybody."""
    retention: Retention
    """Time limits of storage (Directive (EU) 2016/680 Art. 5)."""
    change: Change = Change.NONE
    """Why an UPDATE or CANCEL: the facts were wrong, never true, or true until now. Recipients act differently on each."""
    supersedes: Reference | None = None
    """The message that this one replaces whole (CAP 1.2 references)."""
    conflicts: tuple[str, ...] = ()
    """Desks or members that the case itself concerns; they must not get it."""
    clearance: Clearance = Clearance.NONE
    """The least clearance a desk must hold."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            message_id=native["message_id"],
            thread_id=native["thread_id"],
            type=native["type"],
            version=native["version"],
            from_=native["from"],
            kind=Kind(native["kind"]),
            status=Status(native["status"]),
            urgency=Urgency(native["urgency"]),
            sent_at=native["sent_at"],
            expires_at=native["expires_at"],
            purpose=Purpose(native["purpose"]),
            legal_basis=LegalBasis.from_native(native["legal_basis"]),
            handling=Handling.from_native(native["handling"]),
            addressing=Addressing.from_native(native["addressing"]),
            retention=Retention.from_native(native["retention"]),
            change=Change(native["change"]),
            supersedes=None if native["supersedes"] is None else Reference.from_native(native["supersedes"]),
            conflicts=tuple(native["conflicts"]),
            clearance=Clearance(native["clearance"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "message_id": self.message_id,
            "thread_id": self.thread_id,
            "type": self.type,
            "version": self.version,
            "from": self.from_,
            "kind": self.kind.value,
            "status": self.status.value,
            "urgency": self.urgency.value,
            "sent_at": self.sent_at,
            "expires_at": self.expires_at,
            "purpose": self.purpose.value,
            "legal_basis": self.legal_basis.to_native(),
            "handling": self.handling.to_native(),
            "addressing": self.addressing.to_native(),
            "retention": self.retention.to_native(),
            "change": self.change.value,
            "supersedes": None if self.supersedes is None else self.supersedes.to_native(),
            "conflicts": list(self.conflicts),
            "clearance": self.clearance.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDocument:
    """See natcbus.core.IdentityDocument."""

    kind: DocumentKind
    country: str
    number: str

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            kind=DocumentKind(native["kind"]),
            country=native["country"],
            number=native["number"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "kind": self.kind.value,
            "country": self.country,
            "number": self.number,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalText:
    """See natcbus.core.LocalText."""

    lang: str
    text: str
    machine_translated: bool = False

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            lang=native["lang"],
            text=native["text"],
            machine_translated=native["machine_translated"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "lang": self.lang,
            "text": self.text,
            "machine_translated": self.machine_translated,
        }


class NameKind(StrEnum):
    """See natcbus.core.NameKind."""

    UNKNOWN = "UNKNOWN"
    OFFICIAL = "OFFICIAL"
    ALIAS = "ALIAS"
    TRANSLITERATION = "TRANSLITERATION"
    NICKNAME = "NICKNAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameForm:
    """One way a name is written. Every form is kept as it came; nothing is overwritten."""

    full: str
    family: str = ""
    given: str = ""
    script: str
    """ISO 15924."""
    lang: str
    """BCP 47."""
    kind: NameKind

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            full=native["full"],
            family=native["family"],
            given=native["given"],
            script=native["script"],
            lang=native["lang"],
            kind=NameKind(native["kind"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "full": self.full,
            "family": self.family,
            "given": self.given,
            "script": self.script,
            "lang": self.lang,
            "kind": self.kind.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The ciphertext of one compartment."""

    compartment: str
    ciphertext: bytes

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            compartment=native["compartment"],
            ciphertext=native["ciphertext"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "compartment": self.compartment,
            "ciphertext": self.ciphertext,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Ed25519 (RFC 8032)."""

    key_id: str
    value: bytes

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            key_id=native["key_id"],
            value=native["value"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "key_id": self.key_id,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A signed body that is copied and never re-encoded: slip, grant or relay."""

    schema_id: int
    body: bytes
    signature: Signature

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            schema_id=native["schema_id"],
            body=native["body"],
            signature=Signature.from_native(native["signature"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "schema_id": self.schema_id,
            "body": self.body,
            "signature": self.signature.to_native(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A date known to a year, a month or a day: the true one lies between from and to."""

    from_: date
    to: date
    precision: DatePrecision

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            from_=native["from"],
            to=native["to"],
            precision=DatePrecision(native["precision"]),
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "from": self.from_,
            "to": self.to,
            "precision": self.precision.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRef:
    """An exact place; only ever sealed."""

    country: str
    municipality: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            country=native["country"],
            municipality=native["municipality"],
            address=native["address"],
            latitude=native["latitude"],
            longitude=native["longitude"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "country": self.country,
            "municipality": self.municipality,
            "address": self.address,
            "latitude": self.latitude,
            "longitude": self.longitude,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Names a sealed compartment inside what the sender signs."""

    compartment: str
    schema_id: int
    """Schema of the plaintext."""
    ciphertext_sha256: bytes
    """Of the ciphertext only: a digest of plaintext could be guessed."""
    key_commitment: bytes
    """AES-GCM does not bind its key; this does."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            compartment=native["compartment"],
            schema_id=native["schema_id"],
            ciphertext_sha256=native["ciphertext_sha256"],
            key_commitment=native["key_commitment"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "compartment": self.compartment,
            "schema_id": self.schema_id,
            "ciphertext_sha256": self.ciphertext_sha256,
            "key_commitment": self.key_commitment,
        }


class SectorScheme(StrEnum):
    """See natcbus.core.SectorScheme."""

    UNKNOWN = "UNKNOWN"
    ISIC4 = "ISIC4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """See natcbus.core.Sector."""

    scheme: SectorScheme
    code: str
    """ISIC Rev. 4 section, A to U."""

    @classmethod
    def from_native(cls, native: Native) -> Self:
        """The record of the codec's native form."""
        return cls(
            scheme=SectorScheme(native["scheme"]),
            code=native["code"],
        )

    def to_native(self) -> Native:
        """The codec's native form."""
        return {
            "scheme": self.scheme.value,
            "code": self.code,
        }


class Sex(StrEnum):
    """See natcbus.core.Sex."""

    UNKNOWN = "UNKNOWN"
    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"

