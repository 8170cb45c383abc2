"""The secretariat's side for a test: a checkout of the example Network, and two people's keys."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from natcbus.client.keystore import signing_key_in
from natcbus.client.world import read_network
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.network_document import NetworkDocument, sign
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.key_files import HOLDERS, HUB, init_keys, init_secretariat
from natcbus.operations.network_files import read_secretariat, secretariat_file
from natcbus.operations.network_publishing import PublishedVersion, publish_network
from natcbus.operations.network_signing import draw_up

EXAMPLE: Final = Path(__file__).parents[2] / "infra" / "network"
GROUPS: Final = Path("policy") / "agreements.yaml"


@dataclass(frozen=True)
class Office:
    """``network`` is the checkout, with everybody's public keys in its folder ``keys``."""

    folder: Path
    network: Path
    secretariat: Secretariat
    keys: tuple[Path, Path]
    now: datetime

    @classmethod
    def opened(cls, folder: Path, owners: Collection[str], now: datetime) -> Office:
        """An office with keys of the hub and of these members; all that it signs holds from now."""
        network, private = folder / "network", folder / "private"
        shutil.copytree(EXAMPLE, network)
        init_secretariat(private, network / "keys")
        first, second = (private / holder / f"{holder}.sign.pem" for holder in HOLDERS)
        trusted = read_secretariat(secretariat_file(network))
        office = cls(folder, network, trusted, (first, second), now)
        for owner in (HUB, *owners):
            office.make_keys(owner)
        return office

    @property
    def trusted(self) -> Path:
        """The file of the secretariat's public keys."""
        return secretariat_file(self.network)

    def private(self, owner: str) -> Path:
        """The folder of somebody's private keys."""
        return self.folder / "private" / owner

    def make_keys(self, owner: str) -> None:
        """Keys of a member with its desks, or of the hub, known from the next version on."""
        network = read_network(self.network)
        init_keys(owner, network, self.private(owner), self.network / "keys", self.now)

    def key(self, which: int) -> SigningKey:
        """The private key of one of the two."""
        return signing_key_in(self.keys[which])

    def version(self, number: int) -> None:
        """Raise the version that the directory states."""
        self.edit("network.yaml", self._stated("version"), f"  version: {number}")

    def expires(self, day: str) -> None:
        """Change the last day on which the next version holds."""
        self.edit("network.yaml", self._stated("expires"), f"  expires: {day}")

    def edit(self, file: str | Path, old: str, new: str) -> None:
        """Change the checkout."""
        path = self.network / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{file}: {old}"
        path.write_text(text.replace(old, new), "utf-8")

    def signed(self, number: int, **changes: Any) -> NetworkDocument:  # noqa: ANN401 - of any field
        """A version of this network that both have signed."""
        self.version(number)
        drawn = draw_up(self.network, self.now)
        fields = {name: getattr(drawn, name) for name in drawn.__slots__} | changes
        return sign(sign(NetworkDocument(**fields), self.key(0)), self.key(1))

    def publish(self, bootstrap: str, number: int) -> PublishedVersion:
        """Sign a version and put it on the bus."""
        return publish_network(bootstrap, self.signed(number), self.secretariat, self.now)

    def _stated(self, key: str) -> str:
        lines = (self.network / "network.yaml").read_text("utf-8").splitlines()
        return next(line for line in lines if line.startswith(f"  {key}:"))
