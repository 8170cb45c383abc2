"""The policy in words: one sentence for each rule, so that a person can say whether it is meant.

The sentences say what the tables say and nothing more; each names the place of its rule in the
YAML, the same that ``network check`` gives where a rule is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from natcbus.contract.types.core import CountryRole, Tlp
from natcbus.routing.describing import in_words
from natcbus.routing.network import (
    Agreement,
    Cell,
    ClockRow,
    Network,
    Reach,
    Tier,
    TlpScope,
)
from natcbus.routing.places import country_name, country_names, designation_notes
from natcbus.routing.reasons import tlp_label
from natcbus.routing.vocabulary import OTHERWISE

ORGANISATIONS: Final[Mapping[str, str]] = {
    "NATIONAL_COORDINATOR": "national coordinators",
    "SPOC_24_7": "single points of contact",
    "POLICE_THB": "police units against trafficking",
    "BORDER_POLICE": "border police",
    "CYBERCRIME": "cybercrime units",
    "PROSECUTION": "prosecutors",
    "LABOUR_INSPECTION": "labour inspectorates",
    "NRM_CONTACT": "national referral mechanisms",
    "MOBILE_TEAM": "mobile teams",
    "SOCIAL_SERVICE": "social services",
    "HEALTH": "health services",
    "HOTLINE": "hotlines",
    "NGO_SHELTER": "shelters",
    "ASYLUM_RECEPTION": "asylum and reception authorities",
    "CONSULAR": "consular services",
    "SECRETARIAT": "the secretariat",
    "DPO": "data-protection officers",
    "AUDITOR": "auditors",
    "INTL_ORG_OBSERVER": "international organisations",
    "PARTNER_TECH": "partners in technology",
    "PARTNER_TOURISM": "partners in tourism",
    "EMPLOYER_ASSOC": "employers' associations",
    "TRADE_UNION": "trade unions",
    "ACADEMIA": "academia",
}
"""Organisation type -> its name in a sentence."""

WHERE: Final[Mapping[str, str]] = {
    CountryRole.LAST_SEEN: "In the country where the person was last seen",
    CountryRole.HEADING: "In a country where the person may be heading",
    CountryRole.NATIONALITY: "In a country of which the person may be a national",
    CountryRole.ORIGIN: "In a country whose people are the target",
    CountryRole.TRANSIT: "In a country through which the way leads",
    CountryRole.DESTINATION: "In a country of destination",
    CountryRole.ADJACENT: "In a country beside the one where the person was last seen",
    CountryRole.RECRUITMENT: "In a country where people are recruited",
    CountryRole.RESIDENCE: "In a country where the person may live",
    CountryRole.POSTING: "In a country from which workers are posted",
    CountryRole.HOLDING_EVIDENCE: "In a country where evidence may be held",
    CountryRole.CORRIDOR: "In a country on a route that the sender names",
}
"""Country role -> which countries play it."""

_TIERS: Final = {
    Tier.MEMBER: "members",
    Tier.OBSERVER: "observers",
    Tier.GUEST: "guests",
    Tier.PARTNER: "partners",
}
_CLOCKS: Final = {"delivered": "delivered", "read": "read", "substantive": "answered in substance"}
_BASES: Final = {
    "ADEQUACY": "adequate protection",
    "AGREEMENT": "an agreement",
    "SAFEGUARDS": "appropriate safeguards",
}
_ALL: Final = "desks of every kind"


class Sentence(NamedTuple):
    """A rule in words; ``rule`` is its place in the YAML."""

    rule: str
    text: str


class Chapter(NamedTuple):
    """Rules of one kind."""

    title: str
    sentences: tuple[Sentence, ...]


def policy_in_words(network: Network) -> tuple[Chapter, ...]:
    """Every rule of the policy; chapters without a rule are left out."""
    chapters = (
        Chapter("Who is found", tuple(_matrix(network))),
        Chapter("Who may deal with what", tuple(_competence(network))),
        Chapter("Whom a purpose admits", tuple(_purposes(network))),
        Chapter("Who gets it without being named", tuple(_tlp(network))),
        Chapter("Who may give personal data to whom", tuple(_agreements(network))),
        Chapter("Who may publish", tuple(_publishing(network))),
        Chapter("By when", tuple(_clocks(network))),
        Chapter("Routes", tuple(_corridors(network))),
        Chapter("Other rules", tuple(_others(network))),
    )
    return tuple(chapter for chapter in chapters if chapter.sentences)


def _matrix(network: Network) -> Iterator[Sentence]:
    for event, rows in sorted(network.policy.roles.items()):
        for row in rows:
            rule = f"roles.{event}.{_row_name(row.urgencies)}"
            what = _message(event, row.urgencies, alone=len(rows) == 1)
            for role, cell in row.roles.items():
                where = WHERE.get(role, f"In a country with the role {role}")
                yield Sentence(f"{rule}.roles.{role}", _cell(where, what, cell, event, network))
            if row.topics is not None:
                where = "Wherever desks work on a topic that the sender names"
                yield Sentence(f"{rule}.topics", _cell(where, what, row.topics, event, network))
            if not row.roles and row.topics is None:
                text = f"{_capital(what)} goes to the desks that its sender names, and to no other."
                yield Sentence(rule, text)


def _cell(where: str, what: str, cell: Cell, event: str, network: Network) -> str:
    return f"{where}, {what} goes {_reach(cell.reach, event, network)} to {_kinds(cell.to)}."


def _reach(reach: Reach, event: str, network: Network) -> str:
    if reach is Reach.FULL:
        return "in full"
    audience = network.audiences.get(event)
    reduced = sorted(audience.reduced) if audience is not None else []
    if reach is Reach.NOTICE or not reduced:
        return "as a notice"
    return f"reduced ({_listed(reduced, 'and')})"


def _competence(network: Network) -> Iterator[Sentence]:
    for event, kinds in sorted(network.policy.competence.items()):
        alert = _alert(event)
        text = f"{_capital(alert)} is for {_kinds(kinds)} alone, named or not."
        yield Sentence(f"competence.{event}", text if kinds else f"Nobody may get {alert}.")


def _purposes(network: Network) -> Iterator[Sentence]:
    words = {
        Reach.FULL: "{} in full",
        Reach.REDUCED: "{} reduced",
        Reach.NOTICE: "{} with a notice",
    }
    for purpose, row in sorted(network.policy.purposes.items()):
        groups = [
            words[reach].format(_kinds(kind for kind in row if row[kind] is reach))
            for reach in Reach
            if reach in row.values()
        ]
        text = f"{purpose} admits {'; '.join(groups)}." if groups else f"{purpose} admits nobody."
        yield Sentence(f"purposes.{purpose}", text)


def _tlp(network: Network) -> Iterator[Sentence]:
    for level in Tlp:
        scope = network.policy.tlp.get(level, TlpScope({}))
        groups = [
            f"all desks of {words}"
            if scope.tiers[tier] is None
            else f"{_kinds(scope.tiers[tier])} of {words}"
            for tier, words in _TIERS.items()
            if tier in scope.tiers
        ]
        reached = "".join(f"; to {group}" for group in groups) or ", and to nobody else"
        text = f"{tlp_label(level)} goes to desks that are named{reached}."
        yield Sentence(f"tlp.{level}", text)


def _agreements(network: Network) -> Iterator[Sentence]:
    for group, members in sorted(network.policy.groups.items()):
        text = f"{group} stands for {_parties(members, network)}."
        yield Sentence(f"groups.{group}", text + _notes(members, network))
    for agreement in network.policy.agreements:
        yield Sentence(f"agreements.{agreement.name}", _agreement(agreement, network))
    if network.policy.agreements:
        text = "What no agreement covers goes to no other member, unless it is TLP:CLEAR."
        yield Sentence("agreements", text)


def _agreement(agreement: Agreement, network: Network) -> str:
    across = ", also data of police and justice to desks under GDPR" if agreement.crossing else ""
    until = f", until {agreement.until}" if agreement.until is not None else ""
    text = (
        f"{agreement.name}: {_parties(agreement.from_, network)} may give personal data to desks of"
        f" {_parties(agreement.to, network)} under {_listed(sorted(agreement.regimes), 'and')}"
        f"{across}, on the basis of {_BASES.get(agreement.basis, agreement.basis)}{until}."
    )
    return text + _notes(agreement.from_ | agreement.to, network)


def _parties(codes: Iterable[str], network: Network) -> str:
    """Members and groups by name."""
    named = []
    for code in sorted(codes):
        member = network.members.get(code)
        country = member.country if member is not None else None
        name = code if member is None else member.name
        named.append(name if country is None else country_name(country, network))
    return _listed(named, "and")


def _notes(codes: Iterable[str], network: Network) -> str:
    members = (network.members[code] for code in sorted(codes) if code in network.members)
    return designation_notes([each.country for each in members if each.country], network)


def _publishing(network: Network) -> Iterator[Sentence]:
    for tier, words in _TIERS.items():
        events = network.policy.publishes.get(tier, frozenset())
        what = (
            _listed([f"{_name(event)}s" for event in sorted(events)], "and")
            if events
            else "nothing"
        )
        yield Sentence(f"tiers.{tier}", f"{words.capitalize()} may publish {what}.")


def _clocks(network: Network) -> Iterator[Sentence]:
    for event, rows in sorted(network.policy.clocks.items()):
        for row in rows:
            if row.clocks:
                rule = f"clocks.{event}.{_row_name(row.urgencies)}"
                yield Sentence(rule, _clock_row(event, row, alone=len(rows) == 1))
    for event, lives in sorted(network.policy.lifetimes.items()):
        text = f"{_capital(_alert(event))} lives {in_words(lives)} if its sender does not say."
        yield Sentence(f"lifetimes.{event}", text)


def _clock_row(event: str, row: ClockRow, *, alone: bool) -> str:
    due = [
        f"{_CLOCKS.get(clock.name, clock.name)} within {in_words(clock.after)}"
        for clock in row.clocks
    ]
    what = _capital(_message(event, row.urgencies, alone=alone))
    return f"{what} is to be {_listed(due, 'and')} of its receipt at the hub."


def _corridors(network: Network) -> Iterator[Sentence]:
    for name, corridor in sorted(network.policy.corridors.items()):
        countries = sorted(corridor.countries)
        notes = designation_notes(countries, network)
        through = country_names(countries, network)
        text = f"The route {name}, version {corridor.version}, leads through {through}.{notes}"
        yield Sentence(f"corridors.{name}", text)


def _others(network: Network) -> Iterator[Sentence]:
    smallest = network.policy.small_cell
    if smallest:
        text = f"Counts of persons below {smallest} open for named desks alone."
        yield Sentence("small_cell", text)
    for code, member in network.members.items():
        if member.suspended:
            text = f"{member.name} is suspended: its desks get nothing."
            yield Sentence(f"members.{code}.suspended", text)
    for desk_id, desk in network.desks.items():
        if desk.suspended:
            text = f"{desk_id} is suspended: it gets nothing."
            yield Sentence(f"members.{desk.member}.desks.{desk_id}.suspended", text)


def _message(event: str, urgencies: frozenset[str] | None, *, alone: bool) -> str:
    if urgencies is not None:
        return _article(f"{'/'.join(sorted(urgencies))} {_name(event)}")
    return _alert(event) if alone else f"{_alert(event)} of any other urgency"


def _row_name(urgencies: frozenset[str] | None) -> str:
    return OTHERWISE if urgencies is None else ",".join(sorted(urgencies))


def _alert(event: str) -> str:
    return _article(_name(event))


def _name(event: str) -> str:
    return f"{event.replace('_', ' ')} alert"


def _article(words: str) -> str:
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _kinds(kinds: Iterable[str] | None) -> str:
    if kinds is None:
        return _ALL
    return _listed(sorted(ORGANISATIONS.get(kind, kind) for kind in kinds), "and")


def _listed(words: Iterable[str], last: str) -> str:
    listed = list(words)
    if len(listed) < 2:  # noqa: PLR2004 - nothing to put between
        return "".join(listed) or "nobody"
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"
