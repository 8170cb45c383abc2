"""What can go wrong in the moving half of the hub, each with the exit code that it deserves."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar, Final


class Exit(IntEnum):
    """How the hub leaves when it must not go on; a supervisor starts it again.

    All of them mean that nothing unfinished was acknowledged, so that the next start
    reads it again.
    """

    FAILED = 71
    """Routing, sending or a delivery failed for good."""
    STUCK = 72
    """The oldest event, or the stop, took longer than it may."""
    HOLE = 73
    """Records were skipped on the way here; going on would commit over them."""
    NOT_READY = 74
    """The group, a topic or a version of the network is not there, or not as it must be."""
    NEW_TOPICS = 75
    """Stopped cleanly: the network has a new member, whose topic only a new process reads."""
    ORPHANED = 76
    """The supervisor is gone."""


TRY_AGAIN: Final = "The supervisor starts the hub again; nothing was acknowledged."


class HubError(Exception):
    """Whatever stops the hub."""

    code: ClassVar[str] = "HUB"
    exit: ClassVar[Exit] = Exit.FAILED


class DeliveryError(HubError):
    """A derived record did not become durable."""

    code = "NOT_DURABLE"

    def __init__(self, topic: str, cause: str) -> None:
        self.topic = topic
        self.cause = cause
        super().__init__(f"A record for {topic} was not stored ({cause}). {TRY_AGAIN}")


class ReadingError(HubError):
    """The brokers refuse a topic, or what they sent of it is not what was stored."""

    code = "NOT_READ"

    def __init__(self, what: str, cause: str) -> None:
        super().__init__(
            f"Cannot read {what} ({cause}). {TRY_AGAIN} "
            "Check the rights of the hub's user, and the brokers' disks."
        )


class OrderError(HubError):
    """An acknowledgement would go backwards: a bug in the discipline itself."""

    code = "BACKWARDS"

    def __init__(self, offset: int, acknowledged: int) -> None:
        super().__init__(
            f"Offset {offset} is to be acknowledged after offset {acknowledged}. {TRY_AGAIN} "
            "Report it: this must not happen."
        )


class HoleError(HubError):
    """The broker still holds records that should have come before this one."""

    code = "HOLE"
    exit = Exit.HOLE

    def __init__(self, expected: int, offset: int) -> None:
        self.expected = expected
        self.offset = offset
        super().__init__(
            f"Offset {offset} came where {expected} was due, and the records between still exist. "
            f"{TRY_AGAIN} If it repeats, look whether the topic is compacted or transactional."
        )


class StuckError(HubError):
    """Something that ends within moments has not ended."""

    code = "STUCK"
    exit = Exit.STUCK

    def __init__(self, what: str, seconds: float, limit: float) -> None:
        super().__init__(
            f"{what} for {seconds:.0f} s, at most {limit:.0f} s. {TRY_AGAIN} Look at the brokers."
        )


class NotReadyError(HubError):
    """The broker, its topics or its rights are not what the hub needs."""

    code = "NOT_READY"
    exit = Exit.NOT_READY

    def __init__(self, missing: Sequence[str], limit: float) -> None:
        self.missing = tuple(missing)
        super().__init__(
            f"Not ready within {limit:.0f} s: {'; '.join(missing)}. "
            "Run `natcbus topology apply` and check the rights of the hub's user."
        )


class NoNetworkError(HubError):
    """``hub.network`` holds no version that may be used."""

    code = "NO_NETWORK"
    exit = Exit.NOT_READY

    def __init__(self, why: str) -> None:
        super().__init__(
            f"No version of the network to use: {why}. See `natcbus network publish`; "
            "NATCBUS_HUB_TRUSTED names the file of the secretariat's keys."
        )


class OrphanedError(HubError):
    """Whoever started this worker is gone."""

    code = "ORPHANED"
    exit = Exit.ORPHANED

    def __init__(self) -> None:
        super().__init__("The supervisor is gone, and its workers leave with it. Start it again.")


class SettingsError(HubError):
    """The environment does not describe a hub that may run."""

    code = "BAD_SETTINGS"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The hub does not start:\n  " + "\n  ".join(problems))


class UnfitFaustError(HubError):
    """Faust is not what the hub's guarantees stand on."""

    code = "UNFIT_FAUST"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The hub does not start: " + "; ".join(problems) + ".")


class UnsafeGroundError(HubError):
    """The brokers would lose what the hub calls durable, or take what nobody made a place for."""

    code = "UNSAFE_BROKERS"
    exit = Exit.NOT_READY

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The hub does not start in production:\n  " + "\n  ".join(problems))
