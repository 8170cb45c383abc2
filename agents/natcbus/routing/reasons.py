"""The reasons of a decision in words that an officer understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from natcbus.contract.types.core import Header, Tlp
from natcbus.routing.candidates import BY_TOPIC, EARLIER, NAMED
from natcbus.routing.gates import Refusal
from natcbus.routing.network import Network
from natcbus.routing.places import country_name, country_names, country_of, designation_notes


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that refuses a desk.

    Attributes
    ----------
    number
        The rule's number in the network's list of reason codes; empty for a rule of the engine
        itself.
    says
        What an officer is told, with ``{words}`` of the message and the desk.
    may_fix
        Who can change it: ``publisher``, ``secretariat`` or ``nobody``.
    fix
        What that party would change.
    """

    number: str
    says: str
    may_fix: str
    fix: str


RULES: Final[Mapping[str, Rule]] = {
    Refusal.NOT_CANDIDATE: Rule(
        "R01",
        "no name, country role, topic or earlier message points at this desk",
        "publisher",
        "address it",
    ),
    Refusal.EXCLUDED_BY_SENDER: Rule(
        "R02",
        "the sender excluded this desk or all of {member}",
        "publisher",
        "take it out of addressing.exclude",
    ),
    Refusal.TLP_RED_NOT_NAMED: Rule(
        "R03",
        "TLP:RED goes to named desks only, and this desk is not named",
        "publisher",
        "name the desk in addressing.desks",
    ),
    Refusal.TLP_SCOPE: Rule(
        "R04",
        "{tlp} does not cover {organisation} desks of {member}, and this desk is not named",
        "publisher",
        "name the desk in addressing.desks, or choose a TLP level that covers it",
    ),
    Refusal.PURPOSE_MISMATCH: Rule(
        "R06",
        "this {organisation} desk is not accredited for the purpose {purpose}",
        "secretariat",
        "accredit the desk and its type of organisation for the purpose",
    ),
    Refusal.COMPETENCE: Rule(
        "R10",
        "{organisation} desks have no competence for {event}",
        "secretariat",
        "add the type of organisation to the competence table",
    ),
    Refusal.STATUS_ISOLATION: Rule(
        "R12",
        "this desk is not enrolled for {status} messages",
        "secretariat",
        "enrol the desk for the status",
    ),
    Refusal.UNKNOWN_CODE_FAIL_CLOSED: Rule(
        "R21",
        "the kind of message is unknown to this version, so it goes to nobody",
        "publisher",
        "use a kind that the Network's version knows",
    ),
    Refusal.OWN_DESK: Rule(
        "", "this desk sent the message itself", "nobody", "nothing: it has the message"
    ),
    Refusal.PARTNER_NO_BACKFLOW: Rule(
        "",
        "a partner gets only what names it or what is TLP:CLEAR",
        "publisher",
        "name the desk in addressing.desks, or publish as TLP:CLEAR",
    ),
}
"""Every rule that can refuse a desk, by its code."""

_CODES_ALONE: Final = {
    NAMED: "The sender named this desk.",
    EARLIER: "This desk already has earlier messages of the case.",
}
_BY_COUNTRY: Final = {
    "ROLE_LAST_SEEN": "The person was last seen in {places}.",
    "ROLE_HEADING": "The person may be heading for {places}.",
    "ROLE_NATIONALITY": "The person may be a national of {places}.",
    "ROLE_ORIGIN": "People from {places} are the target.",
    "ROLE_TRANSIT": "The route leads through {places}.",
    "ROLE_DESTINATION": "The destination is {places}.",
    "ROLE_RECRUITMENT": "People are recruited in {places}.",
    "ROLE_RESIDENCE": "The person may live in {places}.",
    "ROLE_POSTING": "Workers are posted from {places}.",
    "ROLE_HOLDING_EVIDENCE": "Evidence may be held in {places}.",
    "ROLE_CORRIDOR": "A known route leads through {places}.",
}
_ADJACENT: Final = "ROLE_ADJACENT"
_NO_WORDS: Final = "which this version of natcbus cannot put into words: update it."


def explain(code: str, about: Sequence[str], network: Network, desk: str) -> str:
    """Why ``desk`` gets a message: one sentence for one reason of a delivery.

    Never raises: a reader may have an older network, or an older version, than the hub that
    decided.
    """
    if code in _CODES_ALONE:
        return _CODES_ALONE[code]
    if code == BY_TOPIC and about:
        return (
            f"This desk works on {_listed([topic.replace('_', ' ').lower() for topic in about])}."
        )
    if code == _ADJACENT and about:
        return _explain_adjacent(about, network, desk)
    if code in _BY_COUNTRY and about:
        text = _BY_COUNTRY[code].format(places=country_names(about, network))
        return text + designation_notes(about, network)
    return f"Reason {code}{_about(about)}, {_NO_WORDS}"


def explain_denial(code: str, network: Network, desk: str, header: Header | None = None) -> str:
    """Why ``desk``, a candidate, does not get a message: one sentence, more exact with the header.

    For the publisher, data-protection officers and auditors. The desk itself must not learn from it
    that the message exists.
    """
    rule = RULES.get(code)
    if rule is None:
        return f"Refused by rule {code}, {_NO_WORDS}"
    text = rule.says.format_map(_words(network, desk, header))
    return f"{text[0].upper()}{text[1:]}."


def tlp_label(tlp: Tlp) -> str:
    """The level as FIRST writes it, for example ``TLP:AMBER+STRICT``."""
    return f"TLP:{tlp.replace('_', '+')}"


def _words(network: Network, desk: str, header: Header | None) -> Mapping[str, str]:
    known = network.desks.get(desk)
    member = network.members.get(known.member) if known is not None else None
    return {
        "organisation": known.organisation if known is not None else "such",
        "member": member.name if member is not None else "its member",
        "tlp": tlp_label(header.handling.tlp) if header is not None else "the message's TLP level",
        "purpose": str(header.purpose) if header is not None else "of the message",
        "status": str(header.status) if header is not None else "such",
        "event": str(header.type) if header is not None else "such events",
    }


def _explain_adjacent(about: Sequence[str], network: Network, desk: str) -> str:
    own = country_of(desk, network)
    here = country_name(own, network) if own is not None else "This desk's country"
    last_seen = [country for country in about if country != own]
    notes = designation_notes([*([own] if own is not None else []), *last_seen], network)
    if not last_seen:
        return f"The sender counts {here} among the countries around.{notes}"
    there = country_names(last_seen, network)
    return f"{here} borders {there}, where the person was last seen.{notes}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _about(about: Sequence[str]) -> str:
    return f" ({', '.join(about)})" if about else ""
