"""Puts the schemas of the contract on ``hub.schemas``, where older installations find newer ones.

A published version never changes. So what is there already is left alone, and a schema that stands
there with other content is reported for people to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from natcbus.client.connection import DELIVERY_MS, PRODUCER
from natcbus.contract.catalogue import Catalogue
from natcbus.contract.errors import SchemaError
from natcbus.contract.published import PublishedSchema
from natcbus.operations.errors import BrokerUnreachableError, TopicMissingError
from natcbus.operations.topic_reading import stored_records
from natcbus.operations.topology import Difference
from natcbus.routing.topics import SCHEMAS

_NO_SECURITY: Final[Mapping[str, object]] = {}
_CLOSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class SchemaPlan:
    """What separates ``hub.schemas`` from a contract.

    Attributes
    ----------
    publish
        Schemas that are not there yet.
    unchanged
        Ids of those that are there as they should be.
    different
        Those that are there with other content; never overwritten.
    """

    publish: tuple[PublishedSchema, ...]
    unchanged: tuple[int, ...]
    different: tuple[Difference, ...]

    @property
    def done(self) -> bool:
        """Whether there is nothing to publish and nothing to judge."""
        return not self.publish and not self.different


def plan_schemas(
    bootstrap: str, catalogue: Catalogue, security: Mapping[str, object] = _NO_SECURITY
) -> SchemaPlan:
    """Compare what the brokers hold with every schema of ``catalogue``, of every version.

    Brokers without the topic hold nothing.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    """
    there = _stored(bootstrap, security)
    publish, unchanged, different = [], [], []
    for schema in sorted(catalogue.published(), key=_place):
        value = there.get(schema.schema_id)
        if value is None:
            publish.append(schema)
        elif _says(value, schema):
            unchanged.append(schema.schema_id)
        else:
            found = f"{len(value)} bytes of other content"
            named = f"{schema.event_type}/{schema.name} {schema.version}"
            different.append(Difference(SCHEMAS, f"schema {schema.schema_id}", named, found))
    return SchemaPlan(tuple(publish), tuple(unchanged), tuple(different))


def publish_schemas(
    bootstrap: str, plan: SchemaPlan, security: Mapping[str, object] = _NO_SECURITY
) -> None:
    """Publish what the plan says is missing; returns when it is durable.

    Running it again, or twice at once, is safe: the topic keeps one record of each id.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, or not to the end.
    """
    if not plan.publish:
        return
    producer = None
    try:
        settings = {**PRODUCER, **security}
        producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), **settings)
        _write(producer, plan.publish)
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, DELIVERY_MS / 1000) from error
    finally:
        if producer is not None:
            # With records pending and the broker away it raises; that was said already.
            with suppress(KafkaError):
                producer.close(timeout=_CLOSE_S)


def _write(producer: KafkaProducer, schemas: Iterable[PublishedSchema]) -> None:
    on_their_way = [
        producer.send(
            SCHEMAS,
            key=str(schema.schema_id).encode(),
            value=schema.to_json().encode(),
            partition=0,
        )
        for schema in schemas
    ]
    for each in on_their_way:
        each.get(timeout=DELIVERY_MS / 1000 + 1)


def _stored(bootstrap: str, security: Mapping[str, object]) -> dict[int, bytes]:
    """The newest value of each schema id."""
    found: dict[int, bytes] = {}
    with suppress(TopicMissingError):
        for record in stored_records(bootstrap, [SCHEMAS], security):
            key = (record.key or b"").decode("ascii", "replace")
            if key.isdecimal() and record.value:
                found[int(key)] = record.value
    return found


def _says(value: bytes, schema: PublishedSchema) -> bool:
    try:
        return PublishedSchema.from_json(value) == schema
    except SchemaError:
        return False


def _place(schema: PublishedSchema) -> tuple[str, str, str]:
    return schema.event_type, schema.version, schema.name
