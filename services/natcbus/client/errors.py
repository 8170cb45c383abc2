"""Errors of the SDK; whoever uses it catches three.

::

    NatcbusError
    ├── RejectedError        the event breaks a rule: mend it, nothing was sent
    ├── UnavailableError     not now, nothing was accepted: try again
    └── IncompatibleError    keys, network, schema or state of this installation do not fit
"""

from __future__ import annotations

from collections.abc import Iterable

from natcbus.contract.problems import Problem


class NatcbusError(Exception):
    """Base of the SDK's errors.

    Attributes
    ----------
    code
        Stable, for programs.
    text
        What is wrong and what to do next, for people.
    pointer
        JSON pointer into the event where there is one, else empty.
    """

    def __init__(self, code: str, text: str, pointer: str = "") -> None:
        super().__init__(f"{pointer or 'natcbus'}: {code}: {text}")
        self.code = code
        self.text = text
        self.pointer = pointer


class RejectedError(NatcbusError):
    """The event was not sent; ``problems`` holds everything that is wrong with it, by pointer."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        first = self.problems[0]
        super().__init__(first.code, first.text, first.pointer)


class UnavailableError(NatcbusError):
    """Not now: the bus does not answer, there is no room, or another process is at work.

    What was to be published was not accepted: publish it again later.
    """

    @classmethod
    def no_answer(cls, bootstrap: str, cause: str) -> UnavailableError:
        """The bus did not answer in time."""
        text = f"no answer from {bootstrap} ({cause}): try again when it is reachable"
        return cls("UNAVAILABLE", text)

    @classmethod
    def owned(cls, file: str, holder: str) -> UnavailableError:
        """Another process works from the same state."""
        text = f"{holder or 'another process'} holds {file}: stop it, or let it do this too"
        return cls("STATE_IN_USE", text)

    @classmethod
    def no_space(cls, file: str) -> UnavailableError:
        """The disk has no room for what is to be remembered."""
        text = f"no space on the disk for {file}: nothing was accepted; make room and try again"
        return cls("NO_SPACE", text)

    @classmethod
    def journal_full(cls, file: str, count: int, size: int) -> UnavailableError:
        """As much is queued as may be."""
        text = (
            f"{count} messages ({size} bytes) are queued in {file} and will be sent; this one was "
            "not accepted: publish it again when the bus is reachable and they are gone"
        )
        return cls("JOURNAL_FULL", text)


class IncompatibleError(NatcbusError):
    """Something of this installation does not fit the bus or the Network."""

    @classmethod
    def missing_context(cls, name: str, home: str) -> IncompatibleError:
        """There is no context of this name, or none is chosen."""
        wanted = f"there is no context {name}" if name else "no context is chosen"
        return cls("NO_CONTEXT", f"{wanted} in {home}: see `natcbus context list`")

    @classmethod
    def bad_context(cls, file: str, text: str) -> IncompatibleError:
        """A context file says something that it may not."""
        return cls("BAD_CONTEXT", f"{file}: {text}")

    @classmethod
    def bad_network(cls, text: str) -> IncompatibleError:
        """The network directory or its keys cannot be used."""
        return cls("BAD_NETWORK", text)

    @classmethod
    def unknown_desk(cls, desk: str, hint: str) -> IncompatibleError:
        """The Network has no such desk."""
        return cls("UNKNOWN_DESK", f"there is no desk {desk}: {hint}")

    @classmethod
    def missing_key(cls, file: str) -> IncompatibleError:
        """The keystore lacks a private key."""
        return cls("NO_PRIVATE_KEY", f"{file} does not exist: make it with `natcbus keys init`")

    @classmethod
    def open_key(cls, file: str, mode: int) -> IncompatibleError:
        """Others could read a private key."""
        return cls("KEY_READABLE", f"{file} has mode {mode:o}: run chmod go-rwx {file}")

    @classmethod
    def bad_key(cls, file: str, text: str) -> IncompatibleError:
        """A private key file holds no key."""
        return cls("BAD_PRIVATE_KEY", f"{file}: {text}")

    @classmethod
    def other_key(cls, member: str, key_id: str) -> IncompatibleError:
        """The member's private key is not the one that the Network knows it by."""
        text = (
            f"signing key {key_id} of {member} is not the one in the directory of public keys, so "
            "nobody would believe it: take the newest directory, or the key that belongs to it"
        )
        return cls("KEY_NOT_CERTIFIED", text)

    @classmethod
    def not_permitted(cls, topic: str) -> IncompatibleError:
        """The bus does not let this member use a topic, or the topic does not exist."""
        text = f"{topic} does not exist or is not yours: check member and password of the context"
        return cls("TOPIC_REFUSED", text)

    @classmethod
    def not_taken(cls, topic: str, cause: str) -> IncompatibleError:
        """The brokers do not take a record, whoever sends it."""
        text = f"the brokers do not take it for {topic} ({cause}): tell the host of the bus"
        return cls("RECORD_REFUSED", text)

    @classmethod
    def bad_state(cls, file: str, cause: str, mend: str) -> IncompatibleError:
        """What this side remembers cannot be read or written."""
        return cls("STATE_UNUSABLE", f"{file}: {cause}: {mend}")

    @classmethod
    def state_ahead(cls, topic: str, read_to: int, end: int, file: str) -> IncompatibleError:
        """A topic ends before what was read of it: made anew, or its broker lost records."""
        mend = f"move {file} away, and all that it holds now is shown" if file else "begin again"
        text = f"{topic} was read up to {read_to} and ends at {end}, so it was made anew: {mend}"
        return cls("STATE_AHEAD", text)

    @classmethod
    def bad_settings(cls, text: str) -> IncompatibleError:
        """An argument of the SDK makes no sense."""
        return cls("BAD_SETTINGS", text)
