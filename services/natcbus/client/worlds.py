"""Where a member's side takes the Network from: a directory, or the versions on the bus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from natcbus.client.contexts import Context
from natcbus.client.published_network import PublishedNetwork
from natcbus.client.world import World, read_world


class Worlds(Protocol):
    """The Network as it is now; another one may be there when it is asked again."""

    def current(self) -> World:
        """The version that holds now; the same object until there is another one."""
        ...

    def close(self) -> None:
        """Ends whatever looks for new versions."""
        ...


@dataclass(frozen=True, slots=True)
class Unchanging:
    """One world for good."""

    world: World

    def current(self) -> World:
        """That world."""
        return self.world

    def close(self) -> None:
        """Nothing looks for new versions."""


def worlds_of(context: Context, world: World | None = None) -> Worlds:
    """What a context says, unless a world is there already.

    Raises
    ------
    IncompatibleError, UnavailableError
        The Network cannot be read.
    """
    if world is not None:
        return Unchanging(world)
    if context.follows:
        return PublishedNetwork(context)
    return Unchanging(read_world(context.network, context.public_keys))
