"""What the hub knows when it starts: the Network, everybody's public keys, and its own signing key.

The one place of the deciding half that reads files. Nothing here changes while the process runs: a new version of
the Network restarts the workers one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from natcbus.contract.types.hub import NetworkRef
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.keys import SigningKey
from natcbus.routing.network import Network


@dataclass(frozen=True, slots=True)
class World:
    """What every decision of this process is taken under."""

    network: Network
    keys: KeyDirectory
    signer: SigningKey = field(repr=False)

    @property
    def network_ref(self) -> NetworkRef:
        """How records name this network version."""
        return NetworkRef(version=self.network.version, digest=self.network.digest)
