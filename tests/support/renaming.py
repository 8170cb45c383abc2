"""The same message under the same network, with other names for all members and desks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from natcbus.routing.network import Agreement, Desk, Member, Network
from natcbus.routing.transfers import transfers_by_sender
from tests.support.strategies import Case


def new_name(party: str) -> str:
    """Another code for a member, or another id for a desk; the order of names turns around."""
    member, dot, desk = party.partition(".")
    turned = "".join(chr(ord("a") + ord("z") - ord(letter)) for letter in member)
    return f"{turned}x{dot}{desk[::-1]}"


def renamed(case: Case) -> Case:
    """The case with every name in it changed."""
    header, addressing = case.header, case.header.addressing
    return replace(
        case,
        header=replace(
            header,
            from_=new_name(header.from_),
            conflicts=tuple(map(new_name, header.conflicts)),
            addressing=replace(
                addressing,
                desks=tuple(map(new_name, addressing.desks)),
                exclude=tuple(map(new_name, addressing.exclude)),
            ),
        ),
        network=_network(case.network),
        prior={new_name(desk): had for desk, had in case.prior.items()},
    )


def _network(network: Network) -> Network:
    policy = network.policy
    groups = {name: frozenset(map(new_name, each)) for name, each in policy.groups.items()}
    agreements = tuple(_agreement(each, policy.groups) for each in policy.agreements)
    desks = {desk.id: desk for desk in map(_desk, network.desks.values())}
    return replace(
        network,
        members={member.code: member for member in map(_member, network.members.values())},
        desks=desks,
        policy=replace(policy, groups=groups, agreements=agreements),
        transfers=transfers_by_sender(agreements, groups),
        desks_by_country=_index(desks, network.desks_by_country),
        desks_by_topic=_index(desks, network.desks_by_topic),
    )


def _member(member: Member) -> Member:
    return replace(member, code=new_name(member.code))


def _desk(desk: Desk) -> Desk:
    return replace(desk, id=new_name(desk.id), member=new_name(desk.member))


def _agreement(agreement: Agreement, groups: Mapping[str, object]) -> Agreement:
    def parties(names: Iterable[str]) -> frozenset[str]:
        return frozenset(name if name in groups else new_name(name) for name in names)

    return replace(agreement, from_=parties(agreement.from_), to=parties(agreement.to))


def _index(
    desks: Mapping[str, Desk], index: Mapping[str, tuple[Desk, ...]]
) -> Mapping[str, tuple[Desk, ...]]:
    turned: defaultdict[str, list[Desk]] = defaultdict(list)
    for key, each in index.items():
        turned[key] = [desks[new_name(desk.id)] for desk in reversed(each)]
    return {key: tuple(each) for key, each in turned.items()}
