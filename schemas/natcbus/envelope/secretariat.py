"""The secretariat's keys: who may sign a version of the Network.

They are pinned: every node and the hub get ``secretariat.json`` once, from the secretariat itself,
and never with the Network that it makes valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from natcbus.envelope.errors import KeyDirectoryError, KeyProblem
from natcbus.envelope.keys import VerifyKey
from natcbus.envelope.network_document import SIGNATURES_NEEDED
from natcbus.envelope.public_files import read_secretariat_file


@dataclass(frozen=True, slots=True)
class Secretariat:
    """Whose signatures count.

    Attributes
    ----------
    keys
        By key id; what ``network_document.verify`` takes.
    holders
        Key id -> name of who holds it, for people.
    """

    keys: Mapping[str, VerifyKey] = field(repr=False)
    holders: Mapping[str, str]

    @classmethod
    def parse(cls, file: str, text: str) -> Self:
        """Reads ``secretariat.json``; ``file`` is its name in what is said.

        Raises
        ------
        KeyDirectoryError
            It is malformed, a key or a holder stands twice, or it has fewer keys than a document
            needs, so that nothing could ever be valid.
        """
        problems: list[KeyProblem] = []
        listed = read_secretariat_file(file, text, problems)
        if not problems and len(listed) < SIGNATURES_NEEDED:
            problems.append(KeyProblem(file, "TOO_FEW_KEYS", _TOO_FEW, _ADD))
        if problems:
            raise KeyDirectoryError(problems)
        return cls(
            keys={each.key.key_id: each.key for each in listed},
            holders={each.key.key_id: each.holder for each in listed},
        )


_TOO_FEW: Final = f"fewer than {SIGNATURES_NEEDED} keys: no version of the Network could be valid"
_ADD: Final = "list the key of every person who may sign"
