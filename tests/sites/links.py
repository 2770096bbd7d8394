"""Connections between sites that a test can cut: forwarders on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Self

from tests.sites.site import Site, free_port


class Link:
    """Forwards a port to a site; while it is cut, connections are refused and broken."""

    def __init__(self, target: Site) -> None:
        self.target = target
        self.port = free_port()
        self.cut = False
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)

    async def set(self, *, cut: bool) -> None:
        self.cut = cut
        if cut:
            for writer in list(self._open):
                writer.transport.abort()

    async def stop(self) -> None:
        await self.set(cut=True)
        self._server.close()
        await asyncio.sleep(0)  # what was cut ends by itself

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target.port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._open |= both
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            self._open -= both
            for each in both:
                each.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


class Links:
    """All links of a group: between each two sites, one for each direction."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._links: dict[tuple[str, str], Link] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for link in self._links.values():
            self._run(link.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def overrides(self, source: Site, sites: list[Site]) -> dict[str, str]:
        """For the setting ``outgoing.connect`` of one site: the others through links."""
        found = {}
        for target in sites:
            if target is source:
                continue
            link = self._links[source.name, target.name] = Link(target)
            self._run(link.start())
            for peer in (target.peer, target.domain):
                found[peer] = f"http://127.0.0.1:{link.port}"
        return found

    def cut(self, *pairs: tuple[Site, Site]) -> None:
        """Cuts both directions between each two sites."""
        self._set(pairs, cut=True)

    def heal(self, *pairs: tuple[Site, Site]) -> None:
        self._set(pairs, cut=False)

    def _set(self, pairs: tuple[tuple[Site, Site], ...], *, cut: bool) -> None:
        for first, second in pairs:
            for key in ((first.name, second.name), (second.name, first.name)):
                self._run(self._links[key].set(cut=cut))

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]
