"""The closed forms of short texts.

An open part holds codes, places and times. Every string in it names one of these forms, so that
neither a sentence nor a telephone number fits anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from natcbus.contract.countries import COUNTRIES


@dataclass(frozen=True, slots=True)
class Format:
    """A form: its pattern, what it looks like for people, and whether an open part may use it."""

    pattern: re.Pattern[str]
    looks_like: str
    open: bool = True

    def accepts(self, text: str) -> bool:
        """Whether ``text`` has this form."""
        return self.pattern.fullmatch(text) is not None


_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MEMBER: Final = r"[a-z][a-z0-9]{1,15}"
_DESK: Final = rf"{_MEMBER}\.[a-z][a-z0-9-]{{1,39}}"
_NO_PHONE: Final = r"(?!.*[0-9]{7})"


def _form(pattern: str, looks_like: str, *, open_: bool = True) -> Format:
    return Format(re.compile(pattern), looks_like, open_)


FORMATS: Final = {
    "uuid": _form(_UUID, "a UUID in lower case"),
    "thread": _form(rf"{_MEMBER}\.{_UUID}", "<member>.<uuid>"),
    "delivery": _form(rf"{_MEMBER}/{_UUID}/{_DESK}", "<member>/<message id>/<desk>"),
    "event_type": _form(r"[a-z][a-z_]{2,39}", "an event type such as missing_person"),
    "version": _form(r"[1-9][0-9]{0,2}\.[0-9]{1,3}", "major.minor"),
    "member": _form(_MEMBER, "a member code such as rs"),
    "desk": _form(_DESK, "a desk such as rs.spoc"),
    "party": _form(
        rf"{_MEMBER}(\.[a-z][a-z0-9-]{{1,39}})?", "a desk or a member such as rs.spoc or rs"
    ),
    "compartment": _form(r"[a-z][a-z_]{2,39}", "a compartment such as identity"),
    "corridor": _form(r"[A-Z]{2}(-[A-Z]{2}){1,9}", "a corridor such as TR-BG-RS-HU"),
    "topic": _form(r"[A-Z][A-Z_]{2,39}", "a topic such as MISSING_CHILDREN"),
    "reason": _form(r"[A-Z][A-Z0-9_]{2,59}", "a code in capitals"),
    "clock": _form(r"[a-z][a-z_]{2,29}", "a clock such as read"),
    "word": _form(r"[A-Za-z0-9._-]{1,64}", "a code"),
    "key_id": _form(r"[0-9a-f]{16}", "the first 16 hexadecimal digits of the key's SHA-256"),
    "country": _form(r"[A-Z]{2}", "an ISO 3166-1 alpha-2 code or XK, such as RS"),
    "subdivision": _form(r"[A-Z]{2}-[A-Z0-9]{1,3}", "an ISO 3166-2 code such as RS-08"),
    "border_point": _form(r"[A-Z]{2}[A-Z2-9]{3}", "a UN/LOCODE without space such as RSHRG"),
    "language": _form(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", "a BCP 47 tag such as sr-Cyrl"),
    "script": _form(r"[A-Z][a-z]{3}", "an ISO 15924 code such as Cyrl"),
    "isic_section": _form(r"[A-U]", "an ISIC Rev. 4 section from A to U"),
    "time_zone": _form(
        r"UTC|(Europe|Asia|Africa|America|Atlantic)/[A-Z][A-Za-z_-]{1,29}",
        "an IANA zone such as Europe/Belgrade",
    ),
    "operation": _form(r"[A-Z]{2,12}-20[0-9]{2}-[0-9]{1,4}", "an operation such as JAD-2026-017"),
    "legal_reference": _form(
        rf"{_NO_PHONE}[A-Z]{{2}}:[A-Za-z0-9][A-Za-z0-9./()-]{{0,47}}",
        "law and article such as RS:ZKP-2011/Art.72",
    ),
    "e164": _form(r"\+[1-9][0-9]{6,14}", "an E.164 number such as +381000000001", open_=False),
    "sha256_hex": _form(r"[0-9a-f]{64}", "64 hexadecimal digits"),
}


def is_country(code: str) -> bool:
    """Whether ``code`` is in ISO 3166-1 alpha-2, or XK: user-assigned, and never to be rejected."""
    return code in COUNTRIES
