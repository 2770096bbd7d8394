"""Addresses that few people ask for: their code is loaded with the first request.

The console and the programs of those in charge are a good part of the code, and a site runs for
months between two looks at them. What stands at other addresses does not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from fedrse.http.router import Router
from fedrse.http.routes import Route


class Deferred:
    """Routes at and below some addresses (``/admin``), and what makes them.

    ``load`` imports and wires; it is called once, in a thread, and must not start anything.
    """

    def __init__(self, prefixes: Sequence[str], load: Callable[[], Sequence[Route]]) -> None:
        self._prefixes = tuple(prefixes)
        self._load = load
        self._turn = asyncio.Lock()
        self._routes: tuple[Route, ...] | None = None

    def waits_for(self, path: str) -> bool:
        """Whether a raw path is one of these, and they are not there yet."""
        if self._routes is not None:
            return False
        plain = unquote(path)
        return any(f"{plain}/".startswith(f"{prefix}/") for prefix in self._prefixes)

    async def open(self, router: Router) -> None:
        """Adds the routes; whoever comes meanwhile waits. Raises what loading raises."""
        async with self._turn:
            if self._routes is None:
                self._take(router, await asyncio.to_thread(self._load))

    def open_now(self, router: Router) -> tuple[Route, ...]:
        """The same for whoever lists all addresses of a site."""
        return self._take(router, self._load()) if self._routes is None else self._routes

    def _take(self, router: Router, routes: Sequence[Route]) -> tuple[Route, ...]:
        """Raises ValueError for an address outside the prefixes: nobody would find it."""
        for route in routes:
            if not self.waits_for(route.path):
                raise ValueError(f"{route.path} is not below {', '.join(self._prefixes)}")
        for route in routes:
            router.add(route)
        self._routes = tuple(routes)
        return self._routes
