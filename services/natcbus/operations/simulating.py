"""What a changed Network would do to messages: deliveries gained and lost, desk by desk.

Each message is decided twice by the function that decides it on the bus, once under the Network
that is in use and once under the changed one, and the two answers are compared. No key is needed
and nothing sealed is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, NamedTuple

from natcbus.contract.types.core import Header
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import NO_PRIOR, decide
from natcbus.routing.decision import Decision, Delivery, Prior
from natcbus.routing.gates import Refusal
from natcbus.routing.network import Network
from natcbus.routing.reasons import explain, explain_denial, explain_withheld

NO_SUCH_DESK: Final = "NO_SUCH_DESK"
"""The desk is not in that Network."""
MESSAGE_REFUSED: Final = "MESSAGE_REFUSED"
"""That Network refuses the message altogether."""

_NOTHING: Final[Mapping[str, Delivery]] = {}


@dataclass(frozen=True, slots=True)
class Message:
    """What deciding needs of a message.

    Attributes
    ----------
    name
        What people find it by: its id, or the place in a file of one that has none.
    present
        The names of its sealed compartments.
    """

    name: str
    type: str
    header: Header
    open: Mapping[str, object]
    present: frozenset[str]
    prior: Prior = field(default_factory=lambda: NO_PRIOR)


class Effect(StrEnum):
    """What a changed Network does to a desk."""

    GAINED = "gained"
    """A delivery that it would not have had."""
    LOST = "lost"
    WIDER = "wider"
    """A delivery of which it could open more."""
    NARROWER = "narrower"


GAINS: Final = (Effect.GAINED, Effect.WIDER)


@dataclass(frozen=True, slots=True)
class Why:
    """A reason, with how often it was one and its sentence for one of those messages."""

    code: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """One effect on one desk.

    Attributes
    ----------
    reasons
        What keeps the delivery, or the compartment, from the desk in the Network that does: for
        GAINED and WIDER the one in use, for LOST and NARROWER the changed one. The most frequent
        first.
    because
        Why the desk is chosen, by the Network that gives it the delivery. The most frequent first.
    compartments
        For WIDER and NARROWER how often each one changed; for GAINED and LOST how often each could
        be opened.
    example
        The first of the messages.
    """

    count: int
    reasons: tuple[Why, ...]
    because: tuple[Why, ...]
    compartments: Mapping[str, int]
    example: Message


@dataclass(frozen=True, slots=True)
class DeskChanges:
    """What changes for one desk; ``before`` and ``after`` count its deliveries."""

    desk: str
    before: int
    after: int
    effects: Mapping[Effect, Change]


@dataclass(frozen=True, slots=True)
class Refusals:
    """Messages that one of the two Networks refuses and the other delivers."""

    code: str
    text: str
    count: int
    example: Message


@dataclass(frozen=True, slots=True)
class Simulation:
    """The answer.

    Attributes
    ----------
    types
        How many messages of each event type were decided.
    before, after
        How many deliveries there are under the Network in use, and under the changed one.
    desks
        Those for which something changes, by id.
    refused
        Messages that only the changed Network refuses.
    accepted
        Messages that only the Network in use refuses, under its codes.
    """

    types: Mapping[str, int]
    before: int
    after: int
    desks: tuple[DeskChanges, ...]
    refused: tuple[Refusals, ...]
    accepted: tuple[Refusals, ...]

    @property
    def messages(self) -> int:
        """How many messages were decided."""
        return sum(self.types.values())

    @property
    def totals(self) -> Mapping[Effect, int]:
        """How often each effect happens."""
        return {
            effect: sum(each.effects[effect].count for each in self.desks if effect in each.effects)
            for effect in Effect
        }

    @property
    def somebody_gains(self) -> bool:
        """Whether any desk would get, or could open, anything that it could not before."""
        return any(self.totals[effect] for effect in GAINS)


class _Reasons:
    """Codes, how often each was a reason, and the first sentence that was said for it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._texts: dict[str, str] = {}

    def add(self, why: Mapping[str, str]) -> None:
        self._counts.update(why.keys())
        self._texts = {**why, **self._texts}

    def most_first(self) -> tuple[Why, ...]:
        ordered = sorted(self._counts.items(), key=lambda each: (-each[1], each[0]))
        return tuple(Why(code, self._texts[code], count) for code, count in ordered)


class _Tally:
    """One effect on one desk, while it is counted."""

    def __init__(self, example: Message) -> None:
        self._count = 0
        self._reasons = _Reasons()
        self._because = _Reasons()
        self._compartments: Counter[str] = Counter()
        self._example = example

    @property
    def change(self) -> Change:
        return Change(
            count=self._count,
            reasons=self._reasons.most_first(),
            because=self._because.most_first(),
            compartments=dict(sorted(self._compartments.items())),
            example=self._example,
        )

    def add(
        self, compartments: Iterable[str], why: Mapping[str, str], because: Mapping[str, str]
    ) -> None:
        self._count += 1
        self._compartments.update(compartments)
        self._reasons.add(why)
        self._because.add(because)


class _Side(NamedTuple):
    """One message under one Network: why it is refused, or who gets it."""

    network: Network
    refused: tuple[tuple[str, str], ...]
    decision: Decision
    deliveries: Mapping[str, Delivery]


class Comparison:
    """Takes one message after the other; ``simulation`` is what they have shown so far."""

    def __init__(self, changed: Network, in_use: Network) -> None:
        self._changed = changed
        self._in_use = in_use
        self._types: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()
        self._tallies: dict[tuple[str, Effect], _Tally] = {}
        self._refused: dict[str, Refusals] = {}
        self._accepted: dict[str, Refusals] = {}

    def add(self, message: Message) -> None:
        """Decide one message under both Networks."""
        before, after = _decided(message, self._in_use), _decided(message, self._changed)
        self._types[message.type] += 1
        self._before.update(before.deliveries.keys())
        self._after.update(after.deliveries.keys())
        if after.refused and not before.refused:
            _count_refusal(self._refused, after, message)
        if before.refused and not after.refused:
            _count_refusal(self._accepted, before, message)
        for desk in before.deliveries.keys() | after.deliveries.keys():
            self._compare(desk, before, after, message)

    @property
    def simulation(self) -> Simulation:
        """The answer over every message that was added."""
        touched = sorted({desk for desk, _ in self._tallies})
        return Simulation(
            types=dict(sorted(self._types.items())),
            before=self._before.total(),
            after=self._after.total(),
            desks=tuple(map(self._desk, touched)),
            refused=_most_first(self._refused),
            accepted=_most_first(self._accepted),
        )

    def _desk(self, desk: str) -> DeskChanges:
        effects = {
            effect: self._tallies[desk, effect].change
            for effect in Effect
            if (desk, effect) in self._tallies
        }
        return DeskChanges(desk, self._before[desk], self._after[desk], effects)

    def _compare(self, desk: str, before: _Side, after: _Side, message: Message) -> None:
        old, new = before.deliveries.get(desk), after.deliveries.get(desk)
        if new is not None and old is None:
            why = _denied(desk, before, message)
            self._count(Effect.GAINED, new, after, message, new.compartments, why)
        elif old is not None and new is None:
            why = _denied(desk, after, message)
            self._count(Effect.LOST, old, before, message, old.compartments, why)
        elif old is not None and new is not None and old.compartments != new.compartments:
            opened = set(new.compartments) - set(old.compartments)
            closed = set(old.compartments) - set(new.compartments)
            if opened:
                why = _withheld(old, opened, before, message)
                self._count(Effect.WIDER, new, after, message, opened, why)
            if closed:
                why = _withheld(new, closed, after, message)
                self._count(Effect.NARROWER, old, before, message, closed, why)

    def _count(
        self,
        effect: Effect,
        delivery: Delivery,
        giving: _Side,
        message: Message,
        compartments: Iterable[str],
        why: Mapping[str, str],
    ) -> None:
        tally = self._tallies.setdefault((delivery.desk, effect), _Tally(message))
        tally.add(compartments, why, _because(delivery, giving))


def simulate(messages: Iterable[Message], changed: Network, in_use: Network) -> Simulation:
    """Decide every message under both Networks and compare, in one pass."""
    comparison = Comparison(changed, in_use)
    for message in messages:
        comparison.add(message)
    return comparison.simulation


def _decided(message: Message, network: Network) -> _Side:
    decision = decide(
        message.type, message.header, message.open, message.present, network, message.prior
    )
    problems = addressing_problems(message.type, message.header, message.open, network)
    nobody = nobody_problem(decision)
    refused = problems or ([nobody] if nobody is not None else [])
    deliveries = _NOTHING if refused else {each.desk: each for each in decision.deliveries}
    return _Side(network, tuple((each.code, each.text) for each in refused), decision, deliveries)


def _because(delivery: Delivery, side: _Side) -> dict[str, str]:
    return {
        each.code: explain(each.code, each.about, side.network, delivery.desk)
        for each in delivery.because
    }


def _denied(desk: str, side: _Side, message: Message) -> dict[str, str]:
    """Why a desk that got the message under the other Network does not get it under this one."""
    if desk not in side.network.desks:
        return {NO_SUCH_DESK: f"There is no desk {desk}."}
    if side.refused:
        codes = ", ".join(dict.fromkeys(code for code, _ in side.refused))
        if any(code != "NOBODY" for code, _ in side.refused):
            return {MESSAGE_REFUSED: f"The whole message is refused ({codes})."}
    code = next(
        (each.code for each in side.decision.denials if each.desk == desk), Refusal.NOT_CANDIDATE
    )
    return {str(code): explain_denial(code, side.network, desk, message.header)}


def _withheld(
    delivery: Delivery, compartments: Iterable[str], side: _Side, message: Message
) -> dict[str, str]:
    wanted = set(compartments)
    return {
        code.value: explain_withheld(code, side.network, delivery.desk, message.header)
        for name, code in delivery.withheld
        if name in wanted
    }


def _count_refusal(into: dict[str, Refusals], side: _Side, message: Message) -> None:
    for code, text in _first_of_each(side.refused):
        known = into.get(code, Refusals(code, text, 0, message))
        into[code] = replace(known, count=known.count + 1)


def _first_of_each(refused: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    seen = set()
    for code, text in refused:
        if code not in seen:
            seen.add(code)
            yield code, text


def _most_first(refusals: Mapping[str, Refusals]) -> tuple[Refusals, ...]:
    return tuple(sorted(refusals.values(), key=lambda each: (-each.count, each.code)))
