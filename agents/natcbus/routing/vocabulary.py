"""The closed lists of words in which the Network is written."""

from __future__ import annotations

from typing import Final

from natcbus.contract.types.core import (
    Clearance,
    CountryRole,
    Purpose,
    Regime,
    Status,
    Tlp,
    Urgency,
)
from natcbus.routing.network import Reach, Tier

ORGANISATION_TYPES: Final = frozenset(
    {
        "NATIONAL_COORDINATOR",
        "SPOC_24_7",
        "POLICE_THB",
        "BORDER_POLICE",
        "CYBERCRIME",
        "PROSECUTION",
        "LABOUR_INSPECTION",
        "NRM_CONTACT",
        "MOBILE_TEAM",
        "SOCIAL_SERVICE",
        "HEALTH",
        "HOTLINE",
        "NGO_SHELTER",
        "ASYLUM_RECEPTION",
        "CONSULAR",
        "SECRETARIAT",
        "DPO",
        "AUDITOR",
        "INTL_ORG_OBSERVER",
        "PARTNER_TECH",
        "PARTNER_TOURISM",
        "EMPLOYER_ASSOC",
        "TRADE_UNION",
        "ACADEMIA",
    }
)
"""Types of organisation (IOM HTCDS 2.0, extended by what the Network needs)."""

EVERYBODY: Final = "ALL"
"""Stands for every organisation type."""
OTHERWISE: Final = "OTHERWISE"
"""The row for every urgency that has no row of its own."""

PURPOSES: Final = frozenset(Purpose) - {Purpose.UNKNOWN}
STATUSES: Final = frozenset(Status)
COUNTRY_ROLES: Final = frozenset(CountryRole) - {CountryRole.UNKNOWN}
TLP_LEVELS: Final = frozenset(Tlp)
URGENCIES: Final = frozenset(Urgency) - {Urgency.UNKNOWN}
REGIMES: Final = frozenset({Regime.LED, Regime.GDPR})
"""Directive (EU) 2016/680 or Regulation (EU) 2016/679, or the national law in its place."""
CLEARANCES: Final = frozenset(Clearance)
BASES: Final = frozenset({"ADEQUACY", "AGREEMENT", "SAFEGUARDS"})
"""On what a transfer rests: an adequacy decision (or membership of the Union), an international
agreement, or appropriate safeguards."""
TIERS: Final = frozenset(Tier)
REACHES: Final = frozenset(Reach)
