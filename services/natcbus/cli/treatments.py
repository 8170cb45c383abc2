"""``natcbus quarantine resend`` and ``return``: what a person has done with held records."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeAlias

import typer
from rich.text import Text

from natcbus.cli.connections import Brokers, brokers_of
from natcbus.cli.failures import CommandError, Exit, Fault, wrong_input
from natcbus.cli.held_records import held_json, place_json, show_held
from natcbus.cli.options import BootstrapOption, ContextOption, JsonOption
from natcbus.cli.output import Output
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.types.hub import Action, Step
from natcbus.operations.errors import BrokerUnreachableError
from natcbus.operations.quarantine import Held, State, held_records
from natcbus.operations.treating import Order, Treated, select_code, select_numbers, treat

_LONGEST_NAME: Final = 64
_LONGEST_REASON: Final = 512
_RESEND: Final = """
Send records again, unchanged, to the topic they came from; the hub decides anew.

Use it when the cause is mended on the host's side: a key certified, a schema known, a hub repaired.
"""
_RETURN: Final = """
Tell their members that records will not be routed, by whom and why: publish anew.
"""
_BECOMES: Final = {Action.RESEND: State.RESENT, Action.RETURN: State.RETURNED}

Numbers: TypeAlias = Annotated[
    list[int] | None,
    typer.Argument(metavar="NUMBER...", min=0, help="Records, as `list` shows them."),
]
CodeOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--code", metavar="CODE", help="Instead of numbers: all held for this reason."),
]
ReasonOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="Why; kept for good, and on a return the sender reads it."
    ),
]
ByOption: TypeAlias = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who; else the user of this machine.")
]
DryRunOption: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Only show which records it would be.")
]


def register(group: typer.Typer) -> None:
    """Add the commands of this module."""
    group.command(name="resend", help=_RESEND)(_command(Action.RESEND))
    group.command(name="return", help=_RETURN)(_command(Action.RETURN))


def _command(action: Action) -> Callable[..., None]:
    """The command that does this with held records: both take the same options."""

    def command(  # noqa: PLR0913 - each an option of the command line
        reason: ReasonOption,
        numbers: Numbers = None,
        code: CodeOption = None,
        by: ByOption = None,
        bootstrap: BootstrapOption = None,
        context: ContextOption = None,
        *,
        dry_run: DryRunOption = False,
        as_json: JsonOption = False,
    ) -> None:
        output = Output(as_json=as_json)
        order = _order(action, by, reason)
        brokers = brokers_of(bootstrap, context)
        _carry_out(order, numbers or (), code, brokers, output, dry_run=dry_run)

    return command


def _order(action: Action, by: str | None, reason: str) -> Order:
    who = (getpass.getuser() if by is None else by).strip()
    why = reason.strip()
    if not why or len(why) > _LONGEST_REASON:
        raise wrong_input("NO_REASON", f"--reason is 1 to {_LONGEST_REASON} characters")
    if not who or len(who) > _LONGEST_NAME:
        raise wrong_input("NO_NAME", f"--by is 1 to {_LONGEST_NAME} characters")
    return Order.new(action, who, why)


def _carry_out(
    order: Order,
    numbers: Sequence[int],
    code: str | None,
    brokers: Brokers,
    output: Output,
    *,
    dry_run: bool,
) -> None:
    selected = _selected(numbers, code, brokers)
    if not output.as_json:
        _announce(order, selected, output, dry_run=dry_run)
    ended: dict[int, Treated] = {}
    if not dry_run:
        try:
            for each in treat(brokers.bootstrap, selected, order, brokers.security):
                ended[each.held.number] = each
        except BrokerUnreachableError as error:
            known = _document(order, selected, ended, dry_run=dry_run)
            fault = Fault(error.code, str(error))
            raise CommandError(Exit.UNAVAILABLE, [fault], known) from error
    _report(order, selected, ended, output, dry_run=dry_run)


def _selected(numbers: Sequence[int], code: str | None, brokers: Brokers) -> list[Held]:
    """The records as they are now: what is put aside from here on is not among them."""
    if bool(numbers) == (code is not None):
        raise wrong_input("USAGE", "name records by number, or all of one reason by --code")
    held = held_records(brokers.bootstrap, brokers.security)
    return select_numbers(held, numbers) if code is None else select_code(held, code)


def _announce(order: Order, selected: Sequence[Held], output: Output, *, dry_run: bool) -> None:
    verb = {Action.RESEND: "sent again", Action.RETURN: "returned"}[order.action]
    would = "would be" if dry_run else "are to be"
    if not selected:
        output.say("No record is held that fits: nothing to do.")
        return
    output.say(f"{len(selected)} records {would} {verb}:", "bold")
    show_held(selected, output)


def _report(
    order: Order,
    selected: Sequence[Held],
    ended: dict[int, Treated],
    output: Output,
    *,
    dry_run: bool,
) -> None:
    failed = [each for each in ended.values() if each.ended.step is not Step.DONE]
    faults = [_fault(each) for each in failed]
    document = _document(order, selected, ended, dry_run=dry_run)
    if faults:
        raise CommandError(Exit.REFUSED, faults, document)
    if output.as_json:
        output.document({**document, "errors": []})
    elif ended:
        state = _BECOMES[order.action].value
        output.say(Text(f"{len(ended)} records are {state}, run {order.run}.", style="green"))


def _fault(each: Treated) -> Fault:
    text = f"record {each.held.number} stays held: {visible(each.ended.failure)}"
    return Fault(f"{each.ended.action.value}_FAILED", text)


def _document(
    order: Order, selected: Sequence[Held], ended: dict[int, Treated], *, dry_run: bool
) -> dict[str, Json]:
    records: list[Json] = []
    for held in selected:
        treated = ended.get(held.number)
        done = treated is not None and treated.ended.step is Step.DONE
        state = _BECOMES[order.action] if done else held.state
        placed = None if treated is None else treated.ended.placed
        records.append(
            held_json(held) | {"state": state.value, "placed": place_json(placed)},
        )
    return {
        "action": order.action.value,
        "run": order.run,
        "by": order.by,
        "reason": order.reason,
        "dry_run": dry_run,
        "selected": len(selected),
        "records": records,
    }
