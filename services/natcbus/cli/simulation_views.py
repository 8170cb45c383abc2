"""How a simulation is shown: one row per desk, then why, with a message to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from natcbus.cli.output import Output, listed, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.operations.message_sources import Unreadable
from natcbus.operations.simulating import (
    GAINS,
    Change,
    DeskChanges,
    Effect,
    Message,
    Refusals,
    Simulation,
    Why,
)
from natcbus.routing.decision import ENGINE
from natcbus.routing.network import Network
from natcbus.routing.reasons import tlp_label

_STYLES: Final[Mapping[Effect, str]] = {
    Effect.GAINED: "bold red",
    Effect.WIDER: "bold red",
    Effect.LOST: "yellow",
    Effect.NARROWER: "yellow",
}
_SAYS: Final[Mapping[Effect, str]] = {
    Effect.GAINED: "gains",
    Effect.LOST: "loses",
    Effect.WIDER: "can open more of",
    Effect.NARROWER: "can open less of",
}
_KEPT_BY: Final[Mapping[Effect, str]] = {
    Effect.GAINED: "until now it was refused:",
    Effect.LOST: "now it is refused:",
    Effect.WIDER: "until now this was kept from it:",
    Effect.NARROWER: "now this is kept from it:",
}
_COMPARTMENTS: Final[Mapping[Effect, str]] = {
    Effect.GAINED: "opens",
    Effect.LOST: "opened",
    Effect.WIDER: "opens now",
    Effect.NARROWER: "opens no longer",
}
_INDENT: Final = 2
_REASONS_SHOWN: Final = 3
_DESKS_EXPLAINED: Final = 6
_UNREADABLE_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """Which messages were asked for.

    Attributes
    ----------
    story
        How many were made up, with ``seed``; None where ``sources`` were read.
    """

    story: int | None
    seed: int
    sources: Sequence[str]


def show_simulation(
    found: Simulation,
    changed: Network,
    in_use: Network,
    heard: Heard,
    unreadable: Sequence[Unreadable],
    output: Output,
) -> None:
    """Print a simulation for the secretariat."""
    output.say(f"{visible(changed.name)}", style="bold")
    output.say(f"{_named(changed)} against {_named(in_use)}", style="dim")
    output.say(f"{_heard(heard, found)}")
    output.say()
    if found.desks:
        output.show(_desks(found))
        output.say()
        ordered = sorted(found.desks, key=_gravest_first)
        for desk in ordered[:_DESKS_EXPLAINED]:
            _show_desk(desk, changed if desk.desk in changed.desks else in_use, output)
        if len(ordered) > _DESKS_EXPLAINED:
            more = len(ordered) - _DESKS_EXPLAINED
            output.say(f"Why for {more} more desks: see --json.", style="dim")
            output.say()
    _show_refusals("would be refused by the changed network", found.refused, output)
    _show_refusals("would be refused no longer", found.accepted, output)
    _show_unreadable(unreadable, output)
    output.say(_verdict(found))


def simulation_json(
    found: Simulation,
    changed: Network,
    in_use: Network,
    heard: Heard,
    unreadable: Sequence[Unreadable],
) -> Json:
    """The document of ``network simulate --json``."""
    return {
        "changed": _network_json(changed),
        "against": _network_json(in_use),
        "engine": ENGINE,
        "story": None if heard.story is None else {"messages": heard.story, "seed": heard.seed},
        "sources": [*heard.sources],
        "messages": found.messages,
        "types": {**found.types},
        "deliveries": {"before": found.before, "after": found.after},
        "totals": {effect.value: count for effect, count in found.totals.items()},
        "somebody_gains": found.somebody_gains,
        "desks": [_desk_json(desk) for desk in found.desks],
        "refused": [_refusals_json(each) for each in found.refused],
        "accepted": [_refusals_json(each) for each in found.accepted],
        "unreadable": [
            {
                "message": each.name,
                "pointer": each.problem.pointer,
                "code": each.problem.code,
                "text": each.problem.text,
            }
            for each in unreadable
        ],
        "errors": [],
    }


def _network_json(network: Network) -> Json:
    return {
        "name": network.name,
        "version": network.version,
        "digest": network.digest.hex(),
    }


def _desk_json(desk: DeskChanges) -> Json:
    effects: dict[str, Json] = {
        effect.value: _change_json(desk.effects.get(effect)) for effect in Effect
    }
    return {"desk": desk.desk, "before": desk.before, "after": desk.after, **effects}


def _change_json(change: Change | None) -> Json:
    if change is None:
        return {"count": 0, "reasons": [], "because": [], "compartments": {}, "example": None}
    return {
        "count": change.count,
        "reasons": [_why_json(why) for why in change.reasons],
        "because": [_why_json(why) for why in change.because],
        "compartments": {**change.compartments},
        "example": _example_json(change.example),
    }


def _why_json(why: Why) -> Json:
    return {"code": why.code, "text": why.text, "count": why.count}


def _example_json(message: Message) -> Json:
    header = message.header
    return {
        "message": message.name,
        "type": message.type,
        "from": header.from_,
        "urgency": header.urgency.value,
        "purpose": header.purpose.value,
        "tlp": header.handling.tlp.value,
    }


def _refusals_json(each: Refusals) -> Json:
    return {
        "code": each.code,
        "text": each.text,
        "count": each.count,
        "example": _example_json(each.example),
    }


def _named(network: Network) -> str:
    return f"version {network.version} ({network.digest.hex()[:16]})"


def _heard(heard: Heard, found: Simulation) -> str:
    types = ", ".join(f"{count:,} {name}" for name, count in found.types.items())
    made = f"made-up messages, seed {heard.seed}" if heard.story is not None else "messages"
    return f"{found.messages:,} {made}: {types}"


def _gravest_first(desk: DeskChanges) -> tuple[int, int, str]:
    counted = {effect: change.count for effect, change in desk.effects.items()}
    gains = sum(counted.get(effect, 0) for effect in GAINS)
    return -gains, -sum(counted.values()), desk.desk


def _desks(found: Simulation) -> Table:
    rows = table("desk", "before", "after", *(effect.value for effect in Effect))
    for column in rows.columns[1:]:
        column.justify = "right"
        column.no_wrap = True
    for desk in sorted(found.desks, key=_gravest_first):
        effects = (_cell(desk, each) for each in Effect)
        rows.add_row(visible(desk.desk), f"{desk.before:,}", f"{desk.after:,}", *effects)
    if len(found.desks) > 1:
        rows.add_section()
        totals = (_number(count, effect) for effect, count in found.totals.items())
        before = sum(desk.before for desk in found.desks)
        after = sum(desk.after for desk in found.desks)
        rows.add_row(f"{len(found.desks)} desks", f"{before:,}", f"{after:,}", *totals)
    return rows


def _cell(desk: DeskChanges, effect: Effect) -> Text:
    change = desk.effects.get(effect)
    return _number(change.count if change is not None else 0, effect)


def _number(count: int, effect: Effect) -> Text:
    return Text(f"{count:,}", _STYLES[effect]) if count else Text("-", "dim")


def _show_desk(desk: DeskChanges, network: Network, output: Output) -> None:
    known = network.desks[desk.desk]
    where = f"{known.name}, {network.members[known.member].name}"
    for effect, change in desk.effects.items():
        headline = Text.assemble(
            (visible(desk.desk), "bold"),
            f" ({visible(where)}) {_SAYS[effect]} ",
            (_messages(change.count), _STYLES[effect]),
        )
        output.say(headline)
        _show_reasons(_KEPT_BY[effect], change.reasons, output)
        _show_reasons("chosen because:", change.because, output)
        if change.compartments:
            each = listed(f"{name} {count:,}" for name, count in change.compartments.items())
            _show_below(Text(f"{_COMPARTMENTS[effect]}: {each}", "dim"), output)
        _show_below(_example(change.example), output)
        output.say()


def _show_reasons(title: str, reasons: Sequence[Why], output: Output) -> None:
    _show_below(Text(title, "dim"), output)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    for why in reasons[:_REASONS_SHOWN]:
        text = Text.assemble(visible(why.text), (f" {why.code}", "dim"))
        grid.add_row(f"{why.count:,}", text)
    more = len(reasons) - _REASONS_SHOWN
    if more > 0:
        grid.add_row("", Text(f"and {more} more, see --json", "dim"))
    output.show(Padding.indent(grid, 2 * _INDENT))


def _show_below(renderable: Text, output: Output) -> None:
    output.show(Padding.indent(renderable, _INDENT))


def _example(message: Message) -> Text:
    header = message.header
    text = (
        f"for example {visible(message.name)}: {header.type} from {visible(header.from_)},"
        f" {header.urgency}, {header.purpose}, {tlp_label(header.handling.tlp)}"
    )
    return Text(text, "dim")


def _show_refusals(title: str, refusals: Sequence[Refusals], output: Output) -> None:
    for each in refusals:
        output.say(Text.assemble((_messages(each.count), "bold"), f" {title}:"))
        text = Text.assemble(visible(each.text), (f" {each.code}", "dim"))
        output.show(Padding.indent(text, _INDENT))
        output.show(Padding.indent(_example(each.example), _INDENT))
        output.say()


def _show_unreadable(unreadable: Sequence[Unreadable], output: Output) -> None:
    if not unreadable:
        return
    output.say(f"{_messages(len(unreadable))} could not be read and count nowhere:", "red")
    for each in unreadable[:_UNREADABLE_SHOWN]:
        problem = each.problem
        place = f"{visible(each.name)}{visible(problem.pointer)}"
        text = f"{place}: {problem.code}: {visible(problem.text)}"
        output.show(Padding.indent(Text(text), _INDENT))
    output.say()


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _verdict(found: Simulation) -> Text:
    totals = found.totals
    said = ", ".join(f"{count:,} {effect.value}" for effect, count in totals.items() if count)
    kept = found.before - totals[Effect.LOST]
    same = kept - totals[Effect.WIDER] - totals[Effect.NARROWER]
    counted = f"{said or 'Nothing changes'}; {same:,} deliveries as before."
    if found.somebody_gains:
        return Text.assemble(("Somebody gains. ", "bold red"), counted)
    return Text.assemble(("Nobody gains. ", "bold green"), counted)
