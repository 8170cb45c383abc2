"""Puts a signed version of the Network on ``hub.network``, and reads the newest from there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from natcbus.client.connection import DELIVERY_MS, PRODUCER
from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.certificates import certificate_time
from natcbus.envelope.errors import DocumentRefusedError
from natcbus.envelope.network_document import (
    NetworkDocument,
    Seen,
    check_risen,
    verify_signatures,
)
from natcbus.envelope.network_log import NetworkLog
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.errors import (
    BrokerUnreachableError,
    NoNetworkError,
    TopicsAbsentError,
)
from natcbus.operations.provision import existing_topics
from natcbus.operations.topic_reading import stored_records
from natcbus.operations.topology import NETWORK_MAX_BYTES, Profile, topics
from natcbus.routing.network import Network
from natcbus.routing.signed import open_network
from natcbus.routing.topics import NETWORK

_NO_SECURITY: Final[Mapping[str, object]] = {}
_CLOSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class RefusedVersion:
    """A record of ``hub.network`` that does not count: offset, code and text."""

    offset: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class PublishedNetworks:
    """What ``hub.network`` holds.

    Attributes
    ----------
    log
        The versions that count.
    offsets
        Where each of them stands, by version; the first place for one that was published twice.
    refused
        The records that do not count.
    """

    log: NetworkLog
    offsets: Mapping[int, int]
    refused: tuple[RefusedVersion, ...]


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """Where a version stands on ``hub.network``; ``repeated`` if it stood there before."""

    version: int
    offset: int
    repeated: bool


def published_networks(
    bootstrap: str, secretariat: Secretariat, security: Mapping[str, object] = _NO_SECURITY
) -> PublishedNetworks:
    """Read ``hub.network`` from its beginning.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    TopicMissingError
        The brokers do not have the topic.
    """
    log = NetworkLog(secretariat.keys)
    offsets: dict[int, int] = {}
    refused = []
    for record in stored_records(bootstrap, [NETWORK], security):
        try:
            document = log.add(record.value)
        except DocumentRefusedError as error:
            refused.append(RefusedVersion(record.offset, error.code, error.text))
        else:
            offsets.setdefault(document.version, record.offset)
    return PublishedNetworks(log, offsets, tuple(refused))


def newest_network(
    bootstrap: str,
    secretariat: Secretariat,
    now: datetime,
    security: Mapping[str, object] = _NO_SECURITY,
) -> NetworkDocument:
    """The published version that holds at ``now``; its signatures were verified.

    Raises
    ------
    BrokerUnreachableError, TopicMissingError
        As for ``published_networks``.
    NoNetworkError
        There is none.
    DocumentRefusedError
        EXPIRED: the newest one holds no longer.
    """
    found = published_networks(bootstrap, secretariat, security)
    document = found.log.in_use(now)
    if document is None:
        raise NoNetworkError(bootstrap, len(found.refused))
    return document


def publish_network(
    bootstrap: str,
    document: NetworkDocument,
    secretariat: Secretariat,
    now: datetime,
    security: Mapping[str, object] = _NO_SECURITY,
) -> PublishedVersion:
    """Publish a version and return when it is durable. One that holds later may be published now.

    Publishing the newest version again does nothing.

    Raises
    ------
    DocumentRefusedError
        What every reader would refuse it for: signatures, expiry, digest, a version that has not
        risen.
    NetworkError, KeyDirectoryError
        Its files are wrong.
    TopicsAbsentError
        It needs topics that the brokers do not have: a hub would go on under the version before.
    BrokerUnreachableError, TopicMissingError
        As for ``published_networks``.
    """
    verify_signatures(document, secretariat.keys)
    if now >= document.expires_at:
        raise DocumentRefusedError.expired(certificate_time(document.expires_at))
    opened = open_network(document, load_catalogue().audiences)
    found = published_networks(bootstrap, secretariat, security)
    check_risen(document, found.log.newest)
    if found.log.newest == Seen(document.version, document.fingerprint):
        return PublishedVersion(document.version, found.offsets[document.version], repeated=True)
    _require_topics(bootstrap, opened.network, security)
    offset = _write(bootstrap, document, security)
    return PublishedVersion(document.version, offset, repeated=False)


def _require_topics(bootstrap: str, network: Network, security: Mapping[str, object]) -> None:
    # The names alone: profiles differ in settings.
    needed = {topic.name for topic in topics(network, Profile.EMBEDDED)}
    missing = sorted(needed - existing_topics(bootstrap, Profile.EMBEDDED, security).keys())
    if missing:
        raise TopicsAbsentError(network.version, missing)


def _write(bootstrap: str, document: NetworkDocument, security: Mapping[str, object]) -> int:
    settings = {**PRODUCER, "max_request_size": NETWORK_MAX_BYTES, **security}
    producer = None
    try:
        producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), **settings)
        sent = producer.send(
            NETWORK, key=str(document.version).encode(), value=document.to_bytes(), partition=0
        )
        return int(sent.get(timeout=DELIVERY_MS / 1000 + 1).offset)
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, DELIVERY_MS / 1000) from error
    finally:
        if producer is not None:
            # With a record pending and the broker away it raises; that was said already.
            with suppress(KafkaError):
                producer.close(timeout=_CLOSE_S)
