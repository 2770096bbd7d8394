"""All pages that a site has, found in its routes, with real values for what is variable in them."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from fedrse.app.build import open_site
from fedrse.http.routes import Auth, Surface
from tests.browser.chromium import Tab
from tests.browser.conftest import Scene
from tests.browser.proposals import rehearsed
from tests.sites.person import Person
from tests.sites.site import Site, free_port

_VARIABLE = re.compile(r"\{([a-z_]+)(?:\.\.\.)?\}")
_ENTRIES_EACH = 15  # of each table, whose ids are tried where nothing else fits
_ASK = """
(async (paths, most) => {
  for (const path of paths) {
    const answer = await fetch(path, {headers: {Accept: "text/html"}});
    const type = answer.headers.get("Content-Type") || "";
    await answer.body?.cancel();
    if (answer.status < most) return [path, new URL(answer.url), type, answer.status]
      .map((one) => one instanceof URL ? one.pathname + one.search : one);
    if (answer.status >= 500) return [path, path, type, answer.status];
  }
  return null;
})"""


@dataclass(frozen=True)
class Pattern:
    """The address of a page as its route says it; ``open``: visitors get an answer, too."""

    path: str
    open: bool

    @property
    def name(self) -> str:
        """Part of a file name."""
        return re.sub(r"[^a-z0-9]+", "-", self.path.lower()).strip("-") or "home"


def patterns(folder: Path) -> list[Pattern]:
    """All pages that can be looked at, of a site that is opened only to ask it."""
    site = Site(name="lyon", folder=folder, port=free_port())
    site.configure([site])

    async def ask() -> list[Pattern]:
        async with open_site(site.settings) as opened:
            return [
                Pattern(route.path, route.auth is not Auth.USER)
                for route in opened.frame.routes
                if route.surface is Surface.PAGE and route.method == "GET" and not route.stream
            ]

    return asyncio.run(ask())


@dataclass
class Pages:
    """What a walk visits: addresses by name; ``unknown`` are patterns that nothing fits."""

    addresses: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def add(self, name: str, address: str) -> None:
        """Each page once, whatever leads to it."""
        if address not in self.addresses.values():
            self.addresses[name] = address


async def found(
    tab: Tab, wanted: Iterable[Pattern], scene: Scene, reader: Person, *, refusals: bool = False
) -> Pages:
    """The address of a real page for each pattern, as whoever looks through ``tab`` gets it.

    With ``refusals`` pages that say why there is nothing to see are pages, too.
    """
    pages, values, given = Pages(), _values(scene, reader), _given(scene, reader)
    most = 500 if refusals else 400
    wanted = list(wanted)
    names_of = {one.path: one.name for one in wanted}
    for pattern in wanted:
        names = _VARIABLE.findall(pattern.path)
        if pattern.path in given:
            tried = [given[pattern.path]]
        else:
            tried = _filled(pattern.path, names, values)
        answer = await tab.ask(f"{_ASK}({json.dumps(tried)}, {most})")
        if answer is None:
            pages.unknown.append(pattern.path)
            continue
        _path, address, media_type, status = answer
        assert status < 500, f"{pattern.path}: {answer}"
        if status == 401 and "sign-in-required" in pages.addresses:
            continue  # the same page, whatever was asked for
        if media_type.startswith("text/html"):
            path = address.partition("?")[0]
            name = names_of.get(path, pattern.name)
            pages.add("sign-in-required" if status == 401 else name, address)
    return pages


def _given(scene: Scene, reader: Person) -> dict[str, str]:
    """Pages that need more than their path; a page whose route is not found belongs here."""
    author = scene.site.value("SELECT uri FROM account WHERE NOT local AND display_name LIKE 'Él%'")
    colleague = next(one for one in scene.readers.values() if one is not reader)
    asked = {"options": ["Soup", "Salad"], "expires_in": 3600}
    poll = colleague.write("Lunch together?", poll=asked)
    team = {"name": "New here", "description": "Who helps", "account_ids": [reader.id]}
    collection = colleague.post("/api/v1/collections", **team)["collection"]
    about = scene.site.value("SELECT id FROM account WHERE NOT local AND display_name LIKE 'Él%'")
    own = reader.post("/api/v1/collections", name="Own", account_ids=[colleague.id])["collection"]
    report = colleague.post("/api/v1/reports", account_id=str(about), comment="Not for a network")
    told = "account", "warn", reader.username, "Please mind the charter"
    command = sys.executable, "-m", "fedrse", "--config", str(scene.site.configuration), *told
    subprocess.run(command, check=True, capture_output=True)
    of_reader = f"SELECT max(id) FROM decision WHERE account_id = {reader.id}"
    return {
        "/admin/policy/rehearsals/{id}": f"/admin/policy/rehearsals/{rehearsed(scene)}",
        "/admin/reports/{id}": f"/admin/reports/{report['id']}",
        "/decisions/{id}": f"/decisions/{scene.site.value(of_reader)}",
        "/collections/{id}": f"/collections/{collection['id']}",
        "/collections/{id}/edit": f"/collections/{own['id']}/edit",
        "/posts/{id}/vote": f"/posts/{poll['id']}/vote",
        "/people/open": f"/people/open?uri={quote(author, safe='')}",
        "/admin/accounts/{id}/decide": f"/admin/accounts/{colleague.id}/decide?action=none",
        "/report": f"/report?account={colleague.id}",
        "/report/done": f"/report/done?account={colleague.id}",
        "/oauth/authorize": scene.consent,
        "/authorize_interaction": scene.pages["follow from elsewhere"],
        "/@{handle}/{id}": scene.pages["post"],
        "/@{handle}": scene.pages["profile"],
    }


def _filled(path: str, names: Sequence[str], values: dict[str, list[str]]) -> list[str]:
    if not names:
        return [path]
    longest = max(len(values.get(name, values["id"])) for name in names)
    tried = []
    for turn in range(longest):
        filled = path
        for name in names:
            known = values.get(name, values["id"])
            filled = re.sub(rf"\{{{name}(\.\.\.)?\}}", known[min(turn, len(known) - 1)], filled)
        tried.append(filled)
    return tried


def _values(scene: Scene, reader: Person) -> dict[str, list[str]]:
    """What may stand for a variable, the likeliest first: own posts, own account, anything."""
    site = scene.site
    own = site.rows(f"SELECT id FROM post WHERE account_id = {reader.id} ORDER BY id DESC LIMIT 5")
    ids = [str(row[0]) for row in own] + [reader.id]
    tables = site.rows(
        "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'id'"
        " WHERE m.type = 'table' ORDER BY m.name"
    )
    for (table,) in tables:
        rows = site.rows(f'SELECT id FROM "{table}" ORDER BY id DESC LIMIT {_ENTRIES_EACH}')
        ids += [quote(str(row[0]), safe="") for row in rows]
    return {
        "id": list(dict.fromkeys(ids)),
        "handle": [f"@{reader.username}", reader.username],
        "name": ["quai"],
        "host": [quote(site.value("SELECT host FROM site ORDER BY host LIMIT 1"), safe="")],
        "token": ["none"],
        "file": ["following.csv"],
    }
