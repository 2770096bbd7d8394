"""Sites that are members of one network."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.sites import databases
from tests.sites.site import Site, Tree, free_port
from tests.sites.waiting import PATIENCE, until

NAMES = ("lyon", "nantes", "bruxelles", "oslo")
_turn = itertools.count()


@dataclass
class Group:
    """Sites of one network."""

    sites: list[Site]

    def __getitem__(self, index: int) -> Site:
        return self.sites[index]

    def __iter__(self) -> Any:
        return iter(self.sites)

    def settled(self, *, seconds: float = PATIENCE) -> None:
        """Waits until no site has anything to do."""
        until(
            lambda: not any(site.unfinished() for site in self.sites),
            lambda: {site.name: site.unfinished() for site in self.sites},
            seconds=seconds,
        )

    def stop(self) -> None:
        for site in self.sites:
            site.stop()
            databases.let_go(site.database)


def make_group(
    folder: Path,
    count: int,
    *,
    postgres: str | None = None,
    extra: Tree | None = None,
    start: bool = True,
) -> Group:
    """Sites that are members of one network; ``postgres`` is the server for their databases."""
    sites = []
    for name in NAMES[:count]:
        site = Site(name=name, folder=folder / name, port=free_port())
        if postgres is not None:
            database = f"{name}{os.getpid()}x{next(_turn)}"
            databases.create(postgres, database)
            site.database = urlunsplit(urlsplit(postgres)._replace(path=f"/{database}"))
        sites.append(site)
    for site in sites:
        site.configure(sites, extra=extra)
    if start:
        for site in sites:
            site.start()
    return Group(sites)
