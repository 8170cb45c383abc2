"""Every event type of the contract and the fixed records of the hub, from this package's files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from natcbus.contract.assembly import Json, Named, collect, fields_of, full_name, read_schemas
from natcbus.contract.audience import Audience
from natcbus.contract.errors import SchemaError
from natcbus.contract.minimum import Minimum
from natcbus.contract.published import MESSAGE, PublishedSchema, golden_schemas
from natcbus.contract.schema import Schema, highest_pii, publish
from natcbus.contract.tables import read_audience, read_minimum

HUB_RECORDS: Final = {
    "Slip": "hub.slip",
    "Grant": "hub.grant",
    "Relay": "hub.relay",
    "DecisionRecord": "hub.decision",
    "Receipt": "hub.receipt",
    "Treatment": "hub.treatment",
}
"""Records of the hub by class name, and the names their schema ids are computed from."""
HUB_VERSION: Final = "1.0"

_TAIL: Final[list[Json]] = [
    {"name": "signature", "type": "natcbus.core.Signature", "pii": "P0"},
    {"name": "slip", "type": ["null", "natcbus.core.Part"], "pii": "P3"},
    {
        "name": "parcels",
        "type": {"type": "array", "items": "natcbus.core.Parcel"},
        "max_items": 16,
        "pii": "P5",
    },
    {
        "name": "grants",
        "type": {"type": "array", "items": "natcbus.core.Part"},
        "max_items": 1024,
        "pii": "P5",
    },
    {"name": "relay", "type": ["null", "natcbus.core.Part"], "pii": "P2"},
]


@dataclass(frozen=True, slots=True)
class Compartment:
    """A sealed part of an event type; ``pii`` is the class of its most sensitive field."""

    name: str
    schema: Schema
    pii: str


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type in one version: the newest of this installation, or another that it can read.

    ``read_as`` is the version of this installation, for a version that is not: what is decoded then
    has the shape that this installation knows. ``message`` is the published schema of the whole
    record; ``signed`` and ``tail`` are its first field and the rest, which are read and written
    apart so that signed bytes are never encoded again.
    """

    name: str
    version: str
    message: Schema
    signed: Schema = field(repr=False)
    tail: Schema = field(repr=False)
    header: Schema = field(repr=False)
    open: Schema = field(repr=False)
    compartments: Mapping[str, Compartment] = field(repr=False)
    audience: Audience = field(repr=False)
    minimum: Minimum = field(repr=False)
    read_as: EventType | None = field(default=None, repr=False)

    @property
    def schema_id(self) -> int:
        """The id in the frame of a message of this type."""
        return self.message.id

    def schemas(self) -> Iterator[tuple[str, Schema]]:
        """The published schemas: ``message`` and each compartment by name."""
        yield MESSAGE, self.message
        for name, compartment in self.compartments.items():
            yield name, compartment.schema

    def published(self) -> Iterator[PublishedSchema]:
        """The same, as they are announced to other installations."""
        for name, schema in self.schemas():
            yield PublishedSchema(self.name, name, self.version, schema.definition)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The contract, loaded."""

    types: Mapping[str, EventType]
    hub: Mapping[str, Schema]
    """By class name, see ``HUB_RECORDS``."""
    named: Named = field(repr=False)
    by_id: Mapping[int, EventType] = field(repr=False)

    @property
    def audiences(self) -> dict[str, Audience]:
        """The audience table of every event type."""
        return {name: event_type.audience for name, event_type in self.types.items()}

    def by_schema_id(self, schema_id: int) -> EventType | None:
        """The event type and version whose messages carry this id, or None."""
        return self.by_id.get(schema_id)

    def published(self) -> Iterator[PublishedSchema]:
        """Every schema that this installation reads, of every version, and those of the hub."""
        for version in self.by_id.values():
            yield from version.published()
        for name, schema in self.hub.items():
            yield PublishedSchema(HUB_RECORDS[name], MESSAGE, HUB_VERSION, schema.definition)

    def with_versions(self, published: Iterable[PublishedSchema]) -> Catalogue:
        """The same contract, and other versions of its event types that were announced.

        A version of another major, of a type that is not known here, or without its message schema
        is left out: records of it stay unknown.
        """
        versions = _other_versions(self.types, published)
        return replace(self, by_id={each.schema_id: each for each in versions} | dict(self.by_id))


@cache
def load_catalogue() -> Catalogue:
    """The contract of this installation.

    Raises
    ------
    SchemaError
        A file of the contract is wrong, or two schemas have one id.
    """
    root = files("natcbus.contract")
    hub_schemas = _read_all(root / "hub")
    named = collect(_read_all(root / "blocks") + hub_schemas)
    hub = {
        name: publish(HUB_RECORDS[name], "", HUB_VERSION, named[f"natcbus.hub.{name}"], named)
        for name in HUB_RECORDS
    }
    folders = {
        folder.name: folder / "v1"
        for folder in sorted((root / "events").iterdir(), key=lambda entry: entry.name)
        if (folder / "v1").is_dir()
    }
    types = {name: _event_type(name, folder, named) for name, folder in folders.items()}
    _refuse_collisions(
        [*hub.values(), *(schema for each in types.values() for _, schema in each.schemas())]
    )
    newest = Catalogue(types, hub, named, {each.schema_id: each for each in types.values()})
    return newest.with_versions(
        schema for name, folder in folders.items() for schema in golden_schemas(name, folder)
    )


def _other_versions(
    types: Mapping[str, EventType], published: Iterable[PublishedSchema]
) -> Iterator[EventType]:
    versions: dict[tuple[str, str], dict[str, PublishedSchema]] = {}
    for schema in published:
        versions.setdefault((schema.event_type, schema.version), {})[schema.name] = schema
    for (name, version), schemas in versions.items():
        own = types.get(name)
        if own is None or MESSAGE not in schemas or version == own.version:
            continue
        if version.split(".")[0] == own.version.split(".")[0]:
            yield _as_published(own, version, schemas)


def _as_published(
    own: EventType, version: str, schemas: Mapping[str, PublishedSchema]
) -> EventType:
    """Another version of ``own``, put together from what was published of it."""
    message = schemas[MESSAGE].definition
    named = collect([message])
    namespace = str(message["namespace"])
    first, *rest = fields_of(message)
    tail: Json = {"type": "record", "name": "Tail", "namespace": namespace, "fields": list(rest)}
    return replace(
        own,
        version=version,
        message=publish(own.name, "", version, message, named),
        signed=publish(own.name, "", version, first["type"], named),
        tail=publish(own.name, "", version, tail, named),
        header=publish(own.name, "", version, named["natcbus.core.Header"], named),
        open=publish(own.name, "", version, named[full_name("Open", namespace)], named),
        compartments={
            name: _compartment(
                own.name, name, version, schema.definition, collect([schema.definition])
            )
            for name, schema in schemas.items()
            if name != MESSAGE
        },
        read_as=own,
    )


def _read_all(folder: Traversable) -> list[dict[str, Json]]:
    avsc = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".avsc")),
        key=lambda entry: entry.name,
    )
    return [
        schema for entry in avsc for schema in read_schemas(entry.name, entry.read_text("utf-8"))
    ]


def _event_type(name: str, folder: Traversable, core: Named) -> EventType:
    schemas = {
        entry.name.removesuffix(".avsc"): read_schemas(
            f"{name}/{entry.name}", entry.read_text("utf-8")
        )[0]
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".avsc")
    }
    named = {**core, **collect(list(schemas.values()))}
    event = schemas.pop("event")
    version, namespace = str(event["version"]), str(event["namespace"])
    compartments = {
        key: _compartment(name, key, version, schema, named) for key, schema in schemas.items()
    }
    signed, tail, message = _message(namespace, full_name("Open", namespace))
    named_only = [key for key, compartment in compartments.items() if compartment.pii == "P5"]
    minimum = folder / "minimum.yaml"
    return EventType(
        name=name,
        version=version,
        message=publish(name, "", version, message, named),
        signed=publish(name, "", version, signed, named),
        tail=publish(name, "", version, tail, named),
        header=publish(name, "", version, named["natcbus.core.Header"], named),
        open=publish(name, "", version, event, named),
        compartments=compartments,
        audience=read_audience(
            f"{name}/audience.yaml",
            (folder / "audience.yaml").read_text("utf-8"),
            compartments,
            named_only,
        ),
        minimum=read_minimum(f"{name}/minimum.yaml", minimum.read_text("utf-8"))
        if minimum.is_file()
        else Minimum(source=""),
    )


def _compartment(
    event: str, name: str, version: str, schema: dict[str, Json], named: Named
) -> Compartment:
    published = publish(event, name, version, schema, named)
    return Compartment(name, published, highest_pii(published.definition))


def _message(namespace: str, open_name: str) -> tuple[Json, Json, Json]:
    signed: dict[str, Json] = {
        "type": "record",
        "name": "Signed",
        "namespace": namespace,
        "doc": "What the sender signs: these exact bytes are a prefix of the record.",
        "fields": [
            {"name": "header", "type": "natcbus.core.Header", "pii": "P2"},
            {"name": "open", "type": open_name, "pii": "P2"},
            {
                "name": "seals",
                "type": {"type": "array", "items": "natcbus.core.Seal"},
                "max_items": 16,
                "pii": "P0",
            },
        ],
    }
    tail: Json = {"type": "record", "name": "Tail", "namespace": namespace, "fields": _TAIL}
    message: Json = {
        "type": "record",
        "name": "Message",
        "namespace": namespace,
        "fields": [{"name": "signed", "type": signed, "pii": "P2"}, *_TAIL],
    }
    return signed, tail, message


def _refuse_collisions(schemas: list[Schema]) -> None:
    seen: dict[int, str] = {}
    for schema in schemas:
        other = seen.setdefault(schema.id, schema.name)
        if other != schema.name:
            raise SchemaError(
                schema.name, "SCHEMA_ID_COLLISION", f"has the id of {other}: rename one of them"
            )
