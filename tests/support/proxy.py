"""A TCP proxy before a broker, that can be slow, cut what is open, freeze, and refuse."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeAlias, TypeVar

from natcbus.operations.reachable import LOOPBACK, free_port

_PIECE: Final = 65_536
_ANSWER_S: Final = 10.0

T = TypeVar("T")

Said: TypeAlias = Callable[[bytes], bool]
"""Whether a piece is of some kind."""


class Proxy:
    """Everything that passes between its own ``port`` and ``target``; change it at any time.

    Attributes
    ----------
    target
        The port that it connects to.
    passed
        Connections that it opened so far.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self.passed = 0
        self._delay = 0.0
        self._slowed: Said | None = None
        self._refusing = False
        self._held: Said | None = None
        self._let_go = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._accept, LOOPBACK, port))

    def slow(self, seconds: float, said: Said | None = None) -> None:
        """From now on each piece is passed on so much later, in either direction; 0 heals.

        With ``said`` only what clients say of that kind: one write mostly arrives as one piece.
        """
        self._call(lambda: self._slow(seconds, said))

    def freeze(self) -> None:
        """Nothing passes any more, and every connection stays open."""
        self._call(self._flowing.clear)

    def hold(self, said: Said | None) -> None:
        """Freeze a connection once a client says such a thing on it; None lets it go on."""
        self._call(lambda: self._hold(said))

    def cut(self) -> None:
        """Reset every connection that is open now; new ones are taken."""
        self._call(self._cut)

    def refuse(self) -> None:
        """Reset what is open, and whoever comes."""
        self._call(self._refuse)

    def heal(self) -> None:
        """Pass everything on at once again."""
        self._call(self._heal)

    def close(self) -> None:
        """Stop; whatever is open ends."""
        self._call(self._server.close)
        self._call(self._refuse)
        self._run(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def _refuse(self) -> None:
        self._hold(None)
        self._refusing = True
        self._flowing.set()
        self._cut()

    def _slow(self, seconds: float, said: Said | None) -> None:
        self._delay, self._slowed = seconds, said

    def _hold(self, said: Said | None) -> None:
        self._held = said
        if said is None:
            self._let_go.set()
        else:
            self._let_go.clear()

    def _heal(self) -> None:
        self._hold(None)
        self._slow(0.0, None)
        self._refusing = False
        self._flowing.set()

    async def _accept(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        self._open.add(to_near)
        try:
            if self._refusing:
                return
            far, to_far = await asyncio.open_connection(LOOPBACK, self.target)
        except OSError:
            return
        else:
            self.passed += 1
            self._open.add(to_far)
            await asyncio.gather(
                self._pass(near, to_far, self._from_client),
                self._pass(far, to_near, self._from_broker),
            )
        finally:
            to_near.transport.abort()
            self._open.discard(to_near)

    async def _pass(
        self,
        source: asyncio.StreamReader,
        to: asyncio.StreamWriter,
        before: Callable[[bytes], Awaitable[None]],
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(_PIECE):
                await before(piece)
                await self._flowing.wait()
                to.write(piece)
                await to.drain()
        to.transport.abort()
        self._open.discard(to)

    async def _from_client(self, piece: bytes) -> None:
        if self._slowed is None or self._slowed(piece):
            await asyncio.sleep(self._delay)
        if self._held is not None and self._held(piece):
            await self._let_go.wait()

    async def _from_broker(self, piece: bytes) -> None:
        del piece
        if self._slowed is None:
            await asyncio.sleep(self._delay)

    async def _ended(self) -> None:
        own = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not own]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _call(self, change: Callable[[], object]) -> None:
        async def changed() -> None:
            change()

        self._run(changed())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_S)


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """A proxy without a target yet: give it one before anybody connects."""
    # Bound here, so that the port is known before the broker that it stands for.
    proxy = Proxy(free_port(), 0)
    try:
        yield proxy
    finally:
        proxy.close()
