"""The message that goes round: a whole alert with a sealed part, of status SYSTEM.

Desks that are not enrolled for SYSTEM never see one, whoever is named in it; and only the desk that
waits for it is named. Its content is constant, with nothing about anybody.
"""

from __future__ import annotations

from typing import Final

from natcbus.contract.assembly import Json

MESSAGE_TYPE: Final = "joint_action_day"
SENDS: Final = "canary.sends"
READS: Final = "canary.reads"
"""The desks of the example Network that do nothing else."""

_DAY: Final[dict[str, Json]] = {
    "from": "2026-01-01T00:00:00Z",
    "to": "2026-01-01T00:01:00Z",
    "time_zone": "UTC",
}
_NOTHING: Final[dict[str, Json]] = {
    "persons_checked": 0,
    "vehicles_checked": 0,
    "locations_checked": 0,
    "arrests": 0,
    "new_cases": 0,
}


def canary_event(message_id: str, sends: str, reads: str) -> dict[str, Json]:
    """The event that the desk ``sends`` publishes and the desk ``reads`` waits for."""
    return {
        "type": MESSAGE_TYPE,
        "header": {
            "message_id": message_id,
            "from": sends,
            "kind": "ALERT",
            "status": "SYSTEM",
            "urgency": "IMMEDIATE",
            "purpose": "PREVENT",
            "legal_basis": {"regime": "GDPR", "reference": "EU:GDPR/Art.32"},
            "handling": {"tlp": "RED", "pap": "RED"},
            "addressing": {"desks": [reads], "only": True},
        },
        "open": {
            "operation": "CANARY-2026-1",
            "step": "RESULT",
            "theme": "FORCED_LABOUR",
            "window": _DAY,
        },
        "sealed": {"results": _NOTHING},
    }
