"""Versions of event types that are newer than this installation, as ``hub.schemas`` announces them.

Within a major version a newer record is read with the schema that it was written with and shown in
the shape that is known here. The topic is read when a record names a schema that nobody told of,
once for each such schema, and what a stranger could have written there is judged before it is used.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import groupby, islice
from typing import Final

from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError
from natcbus.client.following import Follower
from natcbus.contract.catalogue import Catalogue
from natcbus.contract.codec import unframe
from natcbus.contract.errors import DecodingError, SchemaError
from natcbus.contract.lint import lint_schema
from natcbus.contract.published import PublishedSchema
from natcbus.routing.topics import SCHEMAS

_MOST_RECORDS: Final = 10_000
_MOST_QUESTIONS: Final = 64
_SECONDS: Final = 10.0
_HARMFUL: Final = frozenset({"TOO_DEEP", "RECURSIVE", "ZERO_WIDTH", "UNION", "MAP"})
"""What of the lint keeps hostile bytes from exhausting whoever decodes them."""

logger = logging.getLogger(__name__)


class Announced:
    """The announced schemas of one bus; asked for each unknown schema id once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked: set[int] = set()

    def extended(self, catalogue: Catalogue, value: bytes) -> Catalogue | None:
        """``catalogue`` with the version that a framed record is written in.

        None if that is not announced, was asked for before, or cannot be read here.

        Raises
        ------
        UnavailableError
            The bus does not answer.
        """
        try:
            schema_id, _ = unframe(value)
        except DecodingError:
            return None
        if schema_id in self._asked or len(self._asked) >= _MOST_QUESTIONS:
            return None
        published = list(self._read())
        self._asked.add(schema_id)
        extended = with_readable_versions(catalogue, published)
        return None if extended.by_schema_id(schema_id) is None else extended

    def _read(self) -> Iterator[PublishedSchema]:
        # An older bus has no such topic, or does not let this member read it.
        with suppress(IncompatibleError), closing(Follower(self._context, SCHEMAS)) as follower:
            follower.begin()
            records = follower.records(until_end=True, seconds=_SECONDS)
            for record in islice(records, _MOST_RECORDS):
                with suppress(SchemaError):
                    yield PublishedSchema.from_json(record.value or b"")


def with_readable_versions(catalogue: Catalogue, published: Iterable[PublishedSchema]) -> Catalogue:
    """``catalogue`` with every announced version that this installation can read.

    A version that would harm its reader, or cannot be put together, is left out.
    """
    for (name, version), schemas in groupby(sorted(published, key=_version), key=_version):
        try:
            catalogue = _with_version(catalogue, list(schemas))
        except Exception as error:  # noqa: BLE001 - a schema of others may be wrong in any way
            logger.warning("%s %s is not read: %s", name, version, type(error).__name__)
    return catalogue


def _with_version(catalogue: Catalogue, schemas: list[PublishedSchema]) -> Catalogue:
    for schema in schemas:
        for finding in lint_schema(schema.name, schema.definition):
            if finding.code in _HARMFUL:
                raise SchemaError(finding.where, finding.code, finding.text)
    return catalogue.with_versions(schemas)


def _version(schema: PublishedSchema) -> tuple[str, str]:
    return schema.event_type, schema.version
