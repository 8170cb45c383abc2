"""Look at the rights that brokers know, and grant those that are missing.

Only grants: nothing here takes a right from anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import SecurityDisabledError

from natcbus.operations.errors import NoAccessControlError, RightsRefusedError
from natcbus.operations.provision import administering
from natcbus.operations.rights import On, Right

_USER: Final = "User:"
_ANYWHERE: Final = "*"
_ALL: Final = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ALLOW,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)
_NO_SECURITY: Final[Mapping[str, object]] = {}


def granted_rights(
    bootstrap: str, security: Mapping[str, object] = _NO_SECURITY
) -> frozenset[Right]:
    """Return the rights to topics, groups and the cluster that the brokers know.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    NoAccessControlError
        Everybody may do everything at these brokers.
    """
    with administering(bootstrap, security) as admin:
        try:
            found, _ = admin.describe_acls(_ALL)
        except SecurityDisabledError as error:
            raise NoAccessControlError(bootstrap) from error
    kinds = {each.value for each in On}
    return frozenset(_right(each) for each in found if _kind(each) in kinds)


def grant(
    bootstrap: str, missing: Iterable[Right], security: Mapping[str, object] = _NO_SECURITY
) -> None:
    """Grant those rights; one that is there already is no mistake.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    RightsRefusedError
        The brokers did not want some of them; the others were granted.
    """
    wanted = list(missing)
    if not wanted:
        return
    with administering(bootstrap, security) as admin:
        failed = admin.create_acls([_acl(right) for right in wanted])["failed"]
    if failed:
        raise RightsRefusedError(len(failed), failed[0].__name__)


def _acl(right: Right) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if right.prefix else ACLResourcePatternType.LITERAL
    return ACL(
        _USER + right.user,
        _ANYWHERE,
        ACLOperation[right.operation],
        ACLPermissionType.ALLOW,
        ResourcePattern(ResourceType[right.on], right.name, pattern),
    )


def _right(found: Any) -> Right:  # noqa: ANN401 - kafka-python publishes no types
    return Right(
        found.principal.removeprefix(_USER),
        found.operation.name,
        On(_kind(found)),
        found.resource_pattern.resource_name,
        found.resource_pattern.pattern_type is ACLResourcePatternType.PREFIXED,
    )


def _kind(found: Any) -> str:  # noqa: ANN401
    return str(found.resource_pattern.resource_type.name)
