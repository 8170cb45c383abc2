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
    message_id
        Of the message that was being published, else empty. It may have been written: publish
        again under the same ``header.message_id``, and it is delivered once.
    """

    def __init__(self, bootstrap: str, cause: str, message_id: str = "") -> None:
        self.message_id = message_id
        again = (
            f" Message {message_id} may have been written: publish it again under this message_id "
            "and it is delivered once."
            if message_id
            else ""
        )
        super().__init__("UNAVAILABLE", f"no answer from {bootstrap} ({cause}).{again}")


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
    def not_permitted(cls, topic: str) -> IncompatibleError:
        """The bus does not let this member use a topic, or the topic does not exist."""
        text = f"{topic} does not exist or is not yours: check member and password of the context"
        return cls("TOPIC_REFUSED", text)

    @classmethod
    def other_reader(cls, file: str) -> IncompatibleError:
        """Another process shows the same desk from the same state."""
        return cls("STATE_IN_USE", f"another process reads with {file}: stop it, or use its output")

    @classmethod
    def bad_settings(cls, text: str) -> IncompatibleError:
        """An argument of the SDK makes no sense."""
        return cls("BAD_SETTINGS", text)
