"""Who gets a message: the one function that SDK, preview, hub, simulation and auditor all call.

1. ``candidates``: whom do the header and the thread point at, and why?
2. ``gates``: what says no to each of them?
3. ``views``: what may those that remain open?
4. ``digests``: the fingerprint by which two decisions are compared.

It is a pure function of the message, the network version and the earlier recipients. Its only clock
is ``header.sent_at``, which is signed; whether a message has expired is for the hub to say when it
arrives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import Header
from natcbus.routing.candidates import candidates
from natcbus.routing.decision import ENGINE, Decision, Delivery, Denial, Prior
from natcbus.routing.digests import decision_digest
from natcbus.routing.gates import conditions, first_refusal
from natcbus.routing.network import Network
from natcbus.routing.views import Openings, small_counts

NO_PRIOR: Final[Prior] = MappingProxyType({})
"""The first message of a thread: nobody had anything before."""

_OPENS_NOTHING: Final = Audience({}, frozenset(), frozenset(), {})


def decide(
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    present: Collection[str],
    network: Network,
    prior: Prior = NO_PRIOR,
) -> Decision:
    """Who gets a message, what each desk may open, and which candidates are refused.

    Nothing here raises for what a message says: what this version does not know is treated as the
    most restrictive, and what points at nobody yields nobody.

    Parameters
    ----------
    message_type
        The event type of the frame.
    open_part
        In the codec's native form.
    present
        The names of the sealed compartments that the message has.
    prior
        Earlier recipients of the thread and what they could open. They are candidates like others,
        and every gate applies to them; those that no longer pass are owed a recall.
    """
    sealed = frozenset(present)
    audience = network.audiences.get(message_type, _OPENS_NOTHING)
    demanded = conditions(message_type, header, network)
    guarded = small_counts(open_part, network.policy.small_cell)
    openings = Openings(sealed, audience, demanded.purposes, guarded)
    deliveries: list[Delivery] = []
    denials: list[Denial] = []
    for candidate in candidates(message_type, header, open_part, network, prior):
        desk = candidate.desk
        refusal = first_refusal(candidate, demanded)
        if refusal is not None:
            denials.append(Denial(desk.id, refusal.value))
            continue
        compartments, withheld, view = openings.of(candidate)
        deliveries.append(Delivery(desk.id, compartments, candidate.because, view, withheld))
    return Decision(
        deliveries=tuple(deliveries),
        denials=tuple(denials),
        network_version=network.version,
        network_digest=network.digest,
        engine=ENGINE,
        digest=decision_digest(deliveries, network.version, network.digest, ENGINE),
    )
