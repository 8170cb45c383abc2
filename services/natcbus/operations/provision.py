"""Look at the topics that brokers have, and create those that are missing.

Only creates: nothing here deletes a topic or changes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError, for_code

from natcbus.operations.errors import (
    BrokerUnreachableError,
    TopicNotVisibleError,
    TopicRefusedError,
)
from natcbus.operations.topology import (
    CONFIGS,
    Difference,
    ExistingTopic,
    Plan,
    Profile,
    Topic,
)

_CONNECT_WITHIN_S: Final = 5.0
_CREATE_WITHIN_S: Final = 30.0
_VISIBLE_WITHIN_S: Final = 30.0
_NO_SECURITY: Final[Mapping[str, object]] = {}
_SETTINGS: Final = tuple(
    sorted(
        {setting for configs in CONFIGS.values() for setting in configs} | {"min.insync.replicas"}
    )
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What ``apply`` did and found; names are sorted."""

    created: tuple[str, ...]
    unchanged: tuple[str, ...]
    different: tuple[Difference, ...]
    unknown: tuple[str, ...]


def existing_topics(
    bootstrap: str, profile: Profile, security: Mapping[str, object] = _NO_SECURITY
) -> dict[str, ExistingTopic]:
    """Return the topics that the brokers at ``bootstrap`` hold, Kafka's own left out.

    The embedded broker is not asked for settings: it ignores them and drops whoever asks.
    ``security`` holds kafka-python's connection arguments (``security_protocol``, ``sasl_...``,
    ``ssl_...``).

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    """
    with administering(bootstrap, security) as admin:
        described = [topic for topic in admin.describe_topics() if not topic["is_internal"]]
        names = [str(topic["name"]) for topic in described]
        configs = {} if profile is Profile.EMBEDDED else _effective_configs(admin, names)
    return {
        str(topic["name"]): ExistingTopic(
            partitions=len(topic["partitions"]),
            replication=len(topic["partitions"][0]["replica_nodes"]),
            configs=configs.get(str(topic["name"]), {}),
        )
        for topic in described
    }


def apply(bootstrap: str, plan: Plan, security: Mapping[str, object] = _NO_SECURITY) -> Applied:
    """Create what the plan says is missing and return when every client can use it.

    Running it again, or twice at once, is safe. What is different stays as it is and is reported.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, or not to the end.
    TopicRefusedError
        The broker did not want some of them; the others were created.
    TopicNotVisibleError
        Created, but not ready to be used in time.
    """
    if plan.create:
        with administering(bootstrap, security) as admin:
            _create(admin, plan.create)
    return Applied(
        created=tuple(topic.name for topic in plan.create),
        unchanged=plan.unchanged,
        different=plan.different,
        unknown=plan.unknown,
    )


@contextmanager
def administering(bootstrap: str, security: Mapping[str, object]) -> Iterator[KafkaAdminClient]:
    """Give a client that administers these brokers.

    Raises
    ------
    BrokerUnreachableError
        Nobody answers, or not to the end.
    """
    try:
        # Without this limit kafka-python tries for 30 s, whatever else is configured.
        limit_ms = int(_CONNECT_WITHIN_S * 1000)
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=limit_ms, **security
        )
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        raise BrokerUnreachableError(bootstrap, _CONNECT_WITHIN_S) from error


def _effective_configs(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(_SETTINGS)) for name in names
    ]
    answers = admin.describe_configs(asked, config_filter="all").get("topic", {})
    return {
        name: {setting: str(entry["value"]) for setting, entry in found.items()}
        for name, found in answers.items()
    }


def _create(admin: KafkaAdminClient, topics: tuple[Topic, ...]) -> None:
    answer = admin.create_topics(
        {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication,
                "configs": dict(topic.configs),
            }
            for topic in topics
        },
        timeout_ms=int(_CREATE_WITHIN_S * 1000),
        raise_errors=False,
    )
    # Somebody else may be applying the same plan.
    fine = (0, TopicAlreadyExistsError.errno)
    refused = {
        str(topic["name"]): _reason(topic)
        for topic in answer["topics"]
        if topic["error_code"] not in fine
    }
    if refused:
        raise TopicRefusedError(refused)
    try:
        admin.wait_for_topics(
            [topic.name for topic in topics], timeout_ms=int(_VISIBLE_WITHIN_S * 1000)
        )
    except KafkaTimeoutError as error:
        raise TopicNotVisibleError(str(error)) from None


def _reason(answer: Mapping[str, object]) -> str:
    return str(answer.get("error_message") or for_code(answer["error_code"]).__name__).rstrip(".")
