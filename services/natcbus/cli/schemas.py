"""``natcbus schema``: what event types are made of, and whether the contract keeps its rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from natcbus.cli.failures import CommandError, Exit, Fault, refused, unavailable
from natcbus.cli.options import AGREED, JsonOption
from natcbus.cli.output import Output, listed, table
from natcbus.contract.assembly import Json, fields_of
from natcbus.contract.audience import Audience
from natcbus.contract.catalogue import Catalogue, EventType, load_catalogue
from natcbus.contract.lint import Finding, lint

group = typer.Typer(help="The event types and their schemas.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="schema", rich_help_panel=AGREED)


@group.command()
def show(
    event_type: Annotated[
        str | None,
        typer.Argument(metavar="[TYPE]", help="An event type; without one, all of them."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show an event type: its fields, their PII classes, and who may open which part."""
    output = Output(as_json=as_json)
    catalogue = load_catalogue()
    if event_type is None:
        _show_all(catalogue, output)
        return
    found = named_type(event_type, catalogue)
    if as_json:
        output.document(_type_json(found))
        return
    output.say(f"{found.name} {found.version}, schema id {found.schema_id}\n", style="bold")
    output.show(_fields(found))
    output.say()
    output.show(_audience(found))


@group.command()
def check(*, as_json: JsonOption = False) -> None:
    """Check every schema against the rules, and against every version ever published."""
    output = Output(as_json=as_json)
    catalogue = load_catalogue()
    findings = [*lint(catalogue), *_published()]
    if as_json:
        output.document(
            {
                "ok": not findings,
                "types": [*sorted(catalogue.types)],
                "errors": [_fault(finding).to_json() for finding in findings],
            }
        )
    if findings and not as_json:
        raise CommandError(Exit.REFUSED, map(_fault, findings))
    if findings:
        raise typer.Exit(Exit.REFUSED)
    if not as_json:
        output.say(f"{len(catalogue.types)} event types keep the rules and read every version.")


def named_type(name: str, catalogue: Catalogue) -> EventType:
    """The event type of this name.

    Raises
    ------
    CommandError
        UNKNOWN_TYPE.
    """
    if name not in catalogue.types:
        known = ", ".join(catalogue.types)
        raise refused("UNKNOWN_TYPE", f"there is no event type {name}; there are {known}")
    return catalogue.types[name]


def _published() -> list[Finding]:
    try:
        from natcbus.contract.evolution import check_published  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        text = f'{error.name} judges the evolution of schemas: pip install "natcbus[dev]"'
        raise unavailable("EXTRA_MISSING", text) from error
    return check_published()


def _fault(finding: Finding) -> Fault:
    return Fault(finding.code, finding.text, file=finding.where)


def _show_all(catalogue: Catalogue, output: Output) -> None:
    if output.as_json:
        output.document({"types": [_type_row(each) for each in catalogue.types.values()]})
        return
    rows = table("type", "version", "schema id", "compartments")
    for each in catalogue.types.values():
        rows.add_row(each.name, each.version, str(each.schema_id), listed(each.compartments))
    output.show(rows)


def _type_row(event_type: EventType) -> dict[str, Json]:
    return {
        "type": event_type.name,
        "version": event_type.version,
        "schema_id": event_type.schema_id,
        "compartments": list(event_type.compartments),
    }


def _type_json(event_type: EventType) -> dict[str, Json]:
    audience = event_type.audience
    return _type_row(event_type) | {
        "schemas": [
            {"name": name, "id": schema.id, "definition": schema.definition}
            for name, schema in event_type.schemas()
        ],
        "audience": {
            "compartments": _sorted_lists(audience),
            "reduced": [*sorted(audience.reduced)],
            "named_only": [*sorted(audience.named_only)],
            "country_roles": {role: list(each) for role, each in audience.country_roles.items()},
        },
    }


def _sorted_lists(audience: Audience) -> dict[str, Json]:
    return {kind: [*sorted(each)] for kind, each in sorted(audience.compartments.items())}


def _fields(event_type: EventType) -> Table:
    rows = table("part", "field", "type", "PII", "meaning")
    parts = {"open": event_type.open.definition} | {
        name: part.schema.definition for name, part in event_type.compartments.items()
    }
    for part, definition in parts.items():
        label = Text(part, style="bold")
        for path, field in _flattened(definition, ""):
            kind, symbols = _kind(field["type"])
            meaning = Text(str(field.get("doc", "")), style="dim")
            if symbols:
                meaning = Text("\n" if meaning else "").join([meaning, Text(" ".join(symbols))])
            rows.add_row(label, path, kind, str(field["pii"]), meaning)
            label = Text()
        rows.add_section()
    return rows


def _flattened(schema: Json, at: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every field below a record with its path; ``[]`` stands for each item, ``?`` for optional."""
    for field in fields_of(schema) if isinstance(schema, dict) else []:
        inner, marks = _unwrapped(field["type"])
        path = f"{at}{field['name']}{marks}"
        yield f"{path}{'?' if 'default' in field else ''}", field
        yield from _flattened(inner, f"{path}.")


def _unwrapped(schema: Json) -> tuple[Json, str]:
    match schema:
        case list():
            return _unwrapped(schema[-1])
        case {"type": "array", "items": items}:
            inner, marks = _unwrapped(items)
            return inner, f"[]{marks}"
    return schema, ""


def _kind(schema: Json) -> tuple[str, list[str]]:
    """A name for a type, and the symbols of an enum where it is defined."""
    inner, _ = _unwrapped(schema)
    match inner:
        case {"type": "enum", "symbols": list(symbols)}:
            return "one of", [str(symbol) for symbol in symbols]
        case {"type": "record"}:
            return "object", []
        case {"logicalType": logical}:
            return {"timestamp-millis": "instant"}.get(str(logical), str(logical)), []
        case {"type": kind}:
            return str(kind), []
    name = str(inner)
    return name.rpartition(".")[2], []


def _audience(event_type: EventType) -> Table:
    names = tuple(event_type.compartments)
    rows = table("who may open", *names)
    for column in rows.columns[1:]:
        column.justify = "center"
    for kind, opened in event_type.audience.compartments.items():
        rows.add_row(kind, *_marks(event_type.audience, opened, names))
    return rows


def _marks(audience: Audience, opened: frozenset[str], names: tuple[str, ...]) -> Iterator[Text]:
    for name in names:
        if name not in opened:
            yield Text("-", style="dim")
        elif name in audience.named_only:
            yield Text("if named", style="yellow")
        else:
            yield Text("reduced, full" if name in audience.reduced else "full", style="green")
