"""``natcbus topology``: the topics that a network needs, compared with those that exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from natcbus.cli.connections import Brokers, brokers_of
from natcbus.cli.failures import Exit
from natcbus.cli.inputs import network_at
from natcbus.cli.options import (
    HOSTS_SIDE,
    BootstrapOption,
    ContextOption,
    JsonOption,
    NetworkOption,
)
from natcbus.cli.output import Output, table
from natcbus.cli.rights import rights
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import load_catalogue
from natcbus.operations.provision import apply as apply_plan
from natcbus.operations.provision import existing_topics
from natcbus.operations.schema_publishing import SchemaPlan, plan_schemas, publish_schemas
from natcbus.operations.topology import Difference, Plan, Profile, Topic
from natcbus.operations.topology import plan as make_plan
from natcbus.routing.network import Network

group = typer.Typer(help="The topics of a network.", no_args_is_help=True)
ProfileOption = Annotated[
    Profile,
    typer.Option(
        "--profile", envvar="NATCBUS_PROFILE", help="How many copies, and how they are kept."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module, and the one about rights."""
    group.command()(rights)
    app.add_typer(group, name="topology", rich_help_panel=HOSTS_SIDE)


@group.command()
def plan(
    network: NetworkOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    profile: ProfileOption = Profile.SINGLE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show which topics would be created and which differ; changes nothing.

    Leaves with 1 when something is to be done, so that a schedule can watch for it.
    """
    output = Output(as_json=as_json)
    brokers = brokers_of(bootstrap, context)
    found = _plan(network_at(network, output, context), brokers, profile)
    schemas = plan_schemas(brokers.bootstrap, load_catalogue(), brokers.security)
    if as_json:
        output.document(
            {
                "profile": profile.value,
                "done": found.done and schemas.done,
                "create": [_topic_json(topic) for topic in found.create],
                "unchanged": [*found.unchanged],
                "different": _differences_json([*found.different, *schemas.different]),
                "unknown": [*found.unknown],
                "schemas": _schemas_json(schemas),
            }
        )
    else:
        _show_plan(found, output)
        output.say(_schemas_line(schemas, "to publish"))
        _show_rest(schemas.different, (), output)
    if not (found.done and schemas.done):
        raise typer.Exit(Exit.REFUSED)


@group.command()
def apply(
    network: NetworkOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    profile: ProfileOption = Profile.SINGLE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create missing topics, publish missing schemas; changes nothing else, can be repeated."""
    output = Output(as_json=as_json)
    brokers = brokers_of(bootstrap, context)
    found = _plan(network_at(network, output, context), brokers, profile)
    applied = apply_plan(brokers.bootstrap, found, brokers.security)
    schemas = plan_schemas(brokers.bootstrap, load_catalogue(), brokers.security)
    publish_schemas(brokers.bootstrap, schemas, brokers.security)
    different = [*applied.different, *schemas.different]
    if as_json:
        output.document(
            {
                "profile": profile.value,
                "created": [*applied.created],
                "unchanged": [*applied.unchanged],
                "different": _differences_json(different),
                "unknown": [*applied.unknown],
                "schemas": _schemas_json(schemas),
            }
        )
        return
    output.say(f"{len(applied.created)} created, {len(applied.unchanged)} unchanged.")
    output.say(_schemas_line(schemas, "published"))
    _show_rest(different, applied.unknown, output)


def _plan(network: Network, brokers: Brokers, profile: Profile) -> Plan:
    existing = existing_topics(brokers.bootstrap, profile, brokers.security)
    return make_plan(network, existing, profile)


def _topic_json(topic: Topic) -> dict[str, Json]:
    return {
        "topic": topic.name,
        "partitions": topic.partitions,
        "replication": topic.replication,
        "configs": dict(topic.configs),
    }


def _schemas_json(schemas: SchemaPlan) -> Json:
    return {
        "publish": [
            {
                "schema_id": each.schema_id,
                "type": each.event_type,
                "name": each.name,
                "version": each.version,
            }
            for each in schemas.publish
        ],
        "unchanged": [*schemas.unchanged],
    }


def _schemas_line(schemas: SchemaPlan, done: str) -> str:
    return f"Schemas: {len(schemas.publish)} {done}, {len(schemas.unchanged)} there already."


def _differences_json(differences: Sequence[Difference]) -> list[Json]:
    return [
        {
            "topic": each.topic,
            "setting": each.setting,
            "wanted": each.wanted,
            "found": each.found,
        }
        for each in differences
    ]


def _show_plan(found: Plan, output: Output) -> None:
    if found.create:
        rows = table("to create", "partitions", "copies", "settings")
        for topic in found.create:
            settings = " ".join(f"{name}={value}" for name, value in sorted(topic.configs.items()))
            rows.add_row(topic.name, str(topic.partitions), str(topic.replication), settings)
        output.show(rows)
        output.say()
    output.say(f"{len(found.create)} to create, {len(found.unchanged)} as they should be.")
    _show_rest(found.different, found.unknown, output)


def _show_rest(different: Sequence[Difference], unknown: Sequence[str], output: Output) -> None:
    if different:
        rows = table("differs", "setting", "wanted", "found")
        for each in different:
            rows.add_row(each.topic, each.setting, each.wanted, visible(each.found or "-"))
        output.say()
        output.show(rows)
        output.say("Nothing is changed by itself: a person decides what is right.", "dim")
    if unknown:
        output.say(f"Of no member or desk of this network: {', '.join(map(visible, unknown))}")
