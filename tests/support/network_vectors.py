"""A network document that is always the same, for the vectors of ``docs/wire.md``."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from natcbus.envelope.keys import SigningKey
from natcbus.envelope.network_document import NetworkDocument, sign
from tests.support.wire_pieces import NOW, raw

SECRETARIAT: Final = tuple(SigningKey.from_raw(raw(f"secretariat {each}")) for each in (1, 2))


def network_document() -> NetworkDocument:
    """Two files of policy, one of keys, two signatures; the policy is none that could be loaded."""
    document = NetworkDocument(
        version=7,
        digest=hashlib.sha256(b"a network").digest(),
        not_before=NOW,
        expires_at=datetime(2027, 7, 1, tzinfo=UTC),
        files={
            "network.yaml": "network:\n  version: 7\n  expires: 2027-06-30\n",
            "members/rs.yaml": "members:\n  rs:\n    local_names: {sr-Cyrl: Србија}\n",
        },
        key_files={"hub.json": '{"hub": {"key": "..."}}\n'},
    )
    for key in SECRETARIAT:
        document = sign(document, key)
    return document
