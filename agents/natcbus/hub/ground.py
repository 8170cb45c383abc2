"""What the brokers must be like in production: asked of them, not believed.

A topic with one copy is lost with its disk, however carefully it is written to. What is wrong is
said all at once, each with the command that puts it right; the hub starts by itself when it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError, SecurityDisabledError

from natcbus.hub.clients import connection
from natcbus.hub.errors import UnsafeGroundError
from natcbus.hub.settings import Profile, Settings

COPIES: Final = 3
IN_SYNC: Final = 2

_ALL_RIGHTS: Final = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)
_AUTO_CREATE: Final = "auto.create.topics.enable"
_IN_SYNC: Final = "min.insync.replicas"
_UNCLEAN: Final = "unclean.leader.election.enable"
_CLEANUP: Final = "cleanup.policy"
_SHOWN: Final = 5
_APPLY: Final = "natcbus topology apply --profile production"

Configs = Mapping[str, Mapping[str, str]]
"""Settings by name, by topic or broker."""


def require_safe_ground(settings: Settings, reads: Iterable[str], writes: Iterable[str]) -> None:
    """Refuse brokers on which acknowledged does not mean kept; in the production profile alone.

    Topics that are not there are somebody else's to tell (:class:`NotReadyError`).

    Raises
    ------
    UnsafeGroundError
        With everything that is wrong, or why the brokers could not be asked.
    """
    if settings.profile is not Profile.PRODUCTION:
        return
    try:
        problems = _look(settings, frozenset(reads), frozenset(writes))
    except KafkaError as error:
        why = type(error).__name__
        problem = (
            f"the brokers cannot be asked how they are set up ({why}): are they up, and may the"
            " hub's user DESCRIBE and DESCRIBE_CONFIGS the cluster and its topics?"
        )
        raise UnsafeGroundError([problem]) from error
    if problems:
        raise UnsafeGroundError(problems)


def _look(settings: Settings, reads: frozenset[str], writes: frozenset[str]) -> Sequence[str]:
    admin = KafkaAdminClient(**connection(settings))
    try:
        brokers = [str(broker["broker_id"]) for broker in admin.describe_cluster()["brokers"]]
        described = admin.describe_topics(sorted(reads | writes))
        topics = {str(topic["name"]): topic for topic in described if not topic["error_code"]}
        of_brokers = _configs(admin, ConfigResourceType.BROKER, brokers, [_AUTO_CREATE])
        asked = [_IN_SYNC, _UNCLEAN, _CLEANUP]
        of_topics = _configs(admin, ConfigResourceType.TOPIC, topics, asked)
        open_doors = list(_access(admin))
    finally:
        admin.close()
    return [
        *open_doors,
        *_brokers(of_brokers),
        *_copies(topics),
        *_topics(of_topics, reads),
    ]


def _access(admin: KafkaAdminClient) -> Iterator[str]:
    try:
        admin.describe_acls(_ALL_RIGHTS)
    except SecurityDisabledError:
        yield (
            "everybody who reaches the brokers may read every desk's feed. Set"
            " authorizer.class.name in server.properties; then `natcbus topology rights --grant`"
        )


def _brokers(configs: Configs) -> Iterator[str]:
    creating = [name for name, found in configs.items() if found[_AUTO_CREATE] != "false"]
    if creating:
        yield (
            f"{_AUTO_CREATE} is on ({_named('broker', creating)}): a mistyped topic would become a"
            f" new one that nobody reads. Set {_AUTO_CREATE}=false in server.properties"
        )


def _copies(topics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    few = [
        name
        for name, topic in topics.items()
        if any(len(each["replica_nodes"]) < COPIES for each in topic["partitions"])
    ]
    if few:
        yield (
            f"fewer than {COPIES} copies of {_named('topic', few)}: what is acknowledged is lost"
            f" with a disk. Move the data with kafka-reassign-partitions.sh; `{_APPLY}` makes new"
            " topics right"
        )


def _topics(configs: Configs, reads: frozenset[str]) -> Iterator[str]:
    alone = [name for name, found in configs.items() if int(found[_IN_SYNC]) < IN_SYNC]
    if alone:
        yield (
            f"{_IN_SYNC} is under {IN_SYNC} on {_named('topic', alone)}: a record counts as kept"
            f" with one copy. Set {_IN_SYNC}={IN_SYNC} with kafka-configs.sh --alter"
        )
    unclean = [name for name, found in configs.items() if found[_UNCLEAN] != "false"]
    if unclean:
        yield (
            f"{_UNCLEAN} is on for {_named('topic', unclean)}: a broker that was behind may lead"
            f" and drop what is acknowledged. Set {_UNCLEAN}=false with kafka-configs.sh --alter"
        )
    compacted = [name for name in reads & configs.keys() if "compact" in configs[name][_CLEANUP]]
    if compacted:
        yield (
            f"{_CLEANUP} compacts {_named('topic', compacted)}: messages of a case would replace"
            f" one another. Set {_CLEANUP}=delete with kafka-configs.sh --alter"
        )


def _configs(
    admin: KafkaAdminClient, kind: ConfigResourceType, names: Iterable[str], asked: Sequence[str]
) -> Configs:
    resources = [ConfigResource(kind, name, dict.fromkeys(asked)) for name in names]
    if not resources:
        return {}
    answers = admin.describe_configs(resources, config_filter="all").get(kind.name.lower(), {})
    return {
        str(name): {setting: str(entry["value"]).lower() for setting, entry in found.items()}
        for name, found in answers.items()
    }


def _named(kind: str, names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{kind} {', '.join(found[:_SHOWN])}{more}"
