"""Errors of the SDK; whoever uses it catches three.

::

    NatcbusError
    ├── RejectedError        the event breaks a rule: mend it, nothing was sent
    ├── UnavailableError     the bus could not be reached in time: it may have been written
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
    """The bus did not answer in time.

    Attributes
    ----------
    message_id, thread_id
        Of the message that was being published, else empty. Publish again under these two, as
        ``header.message_id`` and ``header.thread_id``, and it is delivered once.
    in_doubt
        The ids of all messages that may have been written all the same, in their order; empty
        where the bus was never reached.
    """

    def __init__(
        self,
        bootstrap: str,
        cause: str,
        message_id: str = "",
        thread_id: str = "",
        in_doubt: Iterable[str] = (),
    ) -> None:
        self.message_id = message_id
        self.thread_id = thread_id
        self.in_doubt = tuple(in_doubt)
        super().__init__("UNAVAILABLE", f"no answer from {bootstrap} ({cause}){self._next()}")

    def _next(self) -> str:
        if not self.message_id:
            return ": try again when it is reachable"
        again = "publish it again under this message_id"
        if not self.in_doubt:
            return f": message {self.message_id} was not written: {again} when it is reachable"
        others = len(self.in_doubt) - 1
        more = f", and {others} after it," if others else ""
        return f": message {self.message_id}{more} may have been written: {again}, delivered once"


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
    def other_reader(cls, file: str, holder: str) -> IncompatibleError:
        """Another process shows the same desk from the same state."""
        text = f"process {holder or 'unknown'} reads with {file}: stop it, or use its output"
        return cls("STATE_IN_USE", text)

    @classmethod
    def bad_state(cls, file: str, cause: str) -> IncompatibleError:
        """What a subscriber remembers cannot be read or written."""
        text = f"{file}: {cause}: mend it, or move it away and start from the beginning"
        return cls("STATE_UNUSABLE", text)

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
