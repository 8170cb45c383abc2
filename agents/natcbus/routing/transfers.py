"""Which agreements let a member give personal data to another (rule R07)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from natcbus.contract.types.core import Regime
from natcbus.routing.network import Agreement, Transfer


def transfers_by_sender(
    agreements: Iterable[Agreement], groups: Mapping[str, frozenset[str]]
) -> Mapping[str, tuple[Transfer, ...]]:
    """For each member that is a party to one, the agreements by which it may give data."""
    index: defaultdict[str, list[Transfer]] = defaultdict(list)
    for agreement in agreements:
        transfer = Transfer(agreement, _members(agreement.to, groups))
        for sender in _members(agreement.from_, groups):
            index[sender].append(transfer)
    return {sender: tuple(index[sender]) for sender in sorted(index)}


def covering(
    transfers: Iterable[Transfer], regime: str, sent_at: datetime
) -> Mapping[str, tuple[frozenset[str], ...]]:
    """Regime of a receiving desk -> the sets of members that may receive.

    Parameters
    ----------
    transfers
        Those of the sending member.
    regime
        Of the message's legal basis: what was collected under LED goes to a desk under GDPR only
        where an agreement says so (Directive (EU) 2016/680 Art. 9).
    sent_at
        The clock of the decision; an agreement holds until the end of its last day, in UTC.
    """
    day = sent_at.astimezone(UTC).date()
    sets: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for transfer in transfers:
        agreement = transfer.agreement
        if agreement.until is not None and agreement.until < day:
            continue
        for receiving in agreement.regimes:
            crosses = regime == Regime.LED and receiving == Regime.GDPR
            if agreement.crossing or not crosses:
                sets[receiving].append(transfer.receivers)
    return {receiving: tuple(each) for receiving, each in sets.items()}


def _members(names: Iterable[str], groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """A name is that of a group or of a member, and of no two things."""
    return frozenset().union(*(groups.get(name, {name}) for name in names))
