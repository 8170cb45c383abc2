"""A member's private keys, each in a file that only its owner can read."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from natcbus.client.errors import IncompatibleError
from natcbus.envelope.certificates import Use
from natcbus.envelope.errors import BadKeyError
from natcbus.envelope.issuing import private_file
from natcbus.envelope.keys import SealingKey, SigningKey

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Keystore:
    """Private keys in a directory, as ``natcbus keys init`` writes them."""

    directory: Path

    def signing_key(self, member: str) -> SigningKey:
        """What the member signs its messages with.

        Raises
        ------
        IncompatibleError
            NO_PRIVATE_KEY, KEY_READABLE or BAD_PRIVATE_KEY.
        """
        return signing_key_in(self.directory / private_file(member, Use.SIGN))

    def sealing_key(self, party: str) -> SealingKey:
        """What a desk, or the member itself, opens its grants with.

        Raises
        ------
        IncompatibleError
            NO_PRIVATE_KEY, KEY_READABLE or BAD_PRIVATE_KEY.
        """
        path = self.directory / private_file(party, Use.SEAL)
        try:
            return SealingKey.from_pem(_read(path))
        except BadKeyError as error:
            raise IncompatibleError.bad_key(str(path), error.text) from error


def signing_key_in(path: Path) -> SigningKey:
    """The private key that signs, in a file of its own.

    Raises
    ------
    IncompatibleError
        NO_PRIVATE_KEY, KEY_READABLE or BAD_PRIVATE_KEY.
    """
    try:
        return SigningKey.from_pem(_read(path))
    except BadKeyError as error:
        raise IncompatibleError.bad_key(str(path), error.text) from error


def _read(path: Path) -> bytes:
    """The file, unless others than its owner could read it or what it lies in."""
    try:
        for each in (path.parent, path):
            mode = stat.S_IMODE(each.stat().st_mode)
            if mode & _OTHERS:
                raise IncompatibleError.open_key(str(each), mode)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise IncompatibleError.missing_key(str(path)) from error
    except OSError as error:
        raise IncompatibleError.bad_key(str(path), error.strerror or "cannot be read") from error
