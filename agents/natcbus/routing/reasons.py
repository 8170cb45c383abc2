"""The reasons of a decision in words that an officer understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from natcbus.contract.types.core import Header, Tlp
from natcbus.routing.candidates import BY_TOPIC, EARLIER, NAMED
from natcbus.routing.network import Network
from natcbus.routing.places import country_name, country_names, country_of, designation_notes
from natcbus.routing.rules import RULES, WITHHOLDING

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
}
_ADJACENT: Final = "ROLE_ADJACENT"
_CORRIDOR: Final = "ROLE_CORRIDOR"
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
    if code == _CORRIDOR and about:
        return _explain_corridor(about, network, desk)
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


def explain_withheld(code: str, network: Network, desk: str, header: Header | None = None) -> str:
    """Why ``desk``, which gets the message, does not open a compartment: one sentence about it."""
    rule = WITHHOLDING.get(code)
    if rule is None:
        return f"Withheld by rule {code}, {_NO_WORDS}"
    text = rule.says.format_map(_words(network, desk, header))
    return f"{text[0].upper()}{text[1:]}."


def tlp_label(tlp: Tlp) -> str:
    """The level as FIRST writes it, for example ``TLP:AMBER+STRICT``."""
    return f"TLP:{tlp.replace('_', '+')}"


def _words(network: Network, desk: str, header: Header | None) -> Mapping[str, str]:
    return {**_of_desk(network, desk), **_of_message(network, header)}


def _of_desk(network: Network, desk: str) -> Mapping[str, str]:
    known = network.desks.get(desk)
    if known is None:
        return {
            "organisation": "unlisted",
            "member": "its member",
            "regime": "its regime",
            "cleared": "less",
            "majors": "others",
        }
    majors = [f"{major}.x" for major in sorted(known.majors)]
    return {
        "organisation": known.organisation,
        "member": _member_name(known.member, network),
        "regime": known.regime,
        "cleared": known.clearance.value,
        "majors": _listed(majors) if majors else "none",
    }


def _of_message(network: Network, header: Header | None) -> Mapping[str, str]:
    small_cell = str(network.policy.small_cell)
    if header is None:
        return {
            "provider": "its provider",
            "tlp": "the message's TLP level",
            "purpose": "that the sender chose",
            "status": "such",
            "event": "such events",
            "clearance": "that the sender chose",
            "version": "unknown here",
            "small_cell": small_cell,
        }
    return {
        "provider": _member_name(header.from_.partition(".")[0], network),
        "tlp": tlp_label(header.handling.tlp),
        "purpose": header.purpose.value,
        "status": header.status.value,
        "event": header.type,
        "clearance": header.clearance.value,
        "version": header.version or "unknown",
        "small_cell": small_cell,
    }


def _member_name(code: str, network: Network) -> str:
    member = network.members.get(code)
    return member.name if member is not None else code


def _explain_adjacent(about: Sequence[str], network: Network, desk: str) -> str:
    own = country_of(desk, network)
    here = country_name(own, network) if own is not None else "This desk's country"
    last_seen = [country for country in about if country != own]
    notes = designation_notes([*([own] if own is not None else []), *last_seen], network)
    if not last_seen:
        return f"The sender counts {here} among the countries around.{notes}"
    there = country_names(last_seen, network)
    return f"{here} borders {there}, where the person was last seen.{notes}"


def _explain_corridor(about: Sequence[str], network: Network, desk: str) -> str:
    own = country_of(desk, network)
    here = country_name(own, network) if own is not None else "this desk's country"
    notes = designation_notes([own] if own is not None else [], network)
    routes = [name for name in about if name != own]
    if not routes:
        return f"The sender counts {here} among the countries of the route.{notes}"
    leads = "The route {} leads" if len(routes) == 1 else "The routes {} lead"
    return f"{leads.format(_listed(routes))} through {here}.{notes}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _about(about: Sequence[str]) -> str:
    return f" ({', '.join(about)})" if about else ""
