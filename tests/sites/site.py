"""One real site for tests: its own folder, port, database and ``fedrse serve`` processes.

Everything here blocks: tests over several sites are written as plain functions, and what has to
happen at the same time is done in threads.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fedrse.activitypub.keys import generate_ed25519, generate_rsa
from fedrse.app.context import access_services, accounts_service, ready_database
from fedrse.app.secret_file import make_secret
from fedrse.core.clock import SystemClock
from fedrse.core.configuration import load_settings
from fedrse.core.settings import Settings
from fedrse.core.settings_reference import render_commented_toml
from fedrse.features.access.model import Role
from fedrse.features.access.model_scopes import parse_scopes
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.directory.service_welcome import Welcome
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from fedrse.store.migrate import ensure_current
from tests.sites import databases
from tests.sites.person import PASSWORD, Person
from tests.sites.waiting import until
from tests.sites.web import request

START_SECONDS = 150.0  # after many kills on PostgreSQL it waits for the numbers of the dead
SCOPES = "read write follow push admin:read admin:write"
_KEY_PAIRS = 6  # making RSA keys is slow: people of one test process share a few pairs
Tree = Mapping[str, Mapping[str, object]]

running: list[Site] = []
"""All sites that were started and not stopped; for the logs of a failed test."""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_pairs: list[KeyPair] = []
_turn = itertools.count()


def _key_pair() -> KeyPair:
    if len(_pairs) < _KEY_PAIRS:
        _pairs.append(KeyPair(rsa=generate_rsa(), ed25519=generate_ed25519()))
    return _pairs[next(_turn) % len(_pairs)]


@dataclass(repr=False)
class Site:
    """One site: where it lives and its processes."""

    name: str
    folder: Path
    port: int
    database: str = "sqlite:fedrse.db"
    tls: ssl.SSLContext | None = None  # how it is reached, if it serves TLS
    people: dict[str, Person] = field(default_factory=dict)
    ports: list[int] = field(default_factory=list)  # of the processes that run
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _settings: Settings | None = None
    _spare: list[Person] = field(default_factory=list)
    _made: int = 0

    def __repr__(self) -> str:
        return f"<{self.name} {self.base_url}>"

    @property
    def domain(self) -> str:
        return f"{self.name}.test"

    @property
    def scheme(self) -> str:
        return "http" if self.tls is None else "https"

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def peer(self) -> str:
        return f"localhost:{self.port}"

    @property
    def configuration(self) -> Path:
        return self.folder / "fedrse.toml"

    @property
    def log(self) -> Path:
        return self.folder / "site.log"

    @property
    def settings(self) -> Settings:
        if self._settings is None:
            self._settings = load_settings(self.configuration, {})
        return self._settings

    # Setting up

    def configure(self, sites: Sequence[Site], *, extra: Tree | None = None) -> None:
        """Writes ``fedrse.toml`` (the others are members) and makes secret and tables.

        ``extra`` adds to sections or replaces their keys; tables and lists are joined.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        values: dict[str, dict[str, Any]] = {
            "site": {
                "base_url": self.base_url,
                "handle_domain": self.domain,
                "name": self.name.capitalize(),
                "language": "en",
            },
            "server": {"listen": [f"127.0.0.1:{self.port}"]},
            "storage": {"data": ".", "database": self.database},
            "network": {"members": [site.base_url for site in sites if site is not self]},
            "federation": {"allowed_hosts": [s.domain for s in sites if s is not self]},
            "outgoing": {
                "private_addresses": [site.peer for site in sites],
                "connect": {
                    site.domain: f"{site.scheme}://127.0.0.1:{site.port}" for site in sites
                },
            },
            "limits": {"enabled": False},
            "log": {"level": "info"},
        }
        for section, keys in (extra or {}).items():
            for key, value in keys.items():
                known = values.setdefault(section, {}).get(key)
                if isinstance(known, dict) and isinstance(value, Mapping):
                    known.update(value)
                elif isinstance(known, list) and isinstance(value, list) and value:
                    known += value
                else:
                    values[section][key] = value
        self.configuration.write_text(render_commented_toml(values), encoding="utf-8")
        self._settings = None
        make_secret(Path(self.settings.storage.secret_file))
        asyncio.run(self._migrate())

    async def _migrate(self) -> None:
        database = await open_database(self.settings.storage.database, self.folder)
        try:
            await ensure_current(database, self.settings.storage.database, self.folder)
        finally:
            await database.close()

    # People

    def create(self, *usernames: str, role: Role = Role.MEMBER) -> list[Person]:
        """New people with tokens; the site may be running."""
        made = asyncio.run(self._create(usernames, role))
        self.people.update({person.username: person for person in made})
        return made

    def newcomers(self, count: int) -> list[Person]:
        """So many people whom no other test knows."""
        while len(self._spare) < count:
            more = max(count, 6)
            self._made += more
            names = [f"p{number}" for number in range(self._made - more, self._made)]
            self._spare += self.create(*names)
        chosen, self._spare = self._spare[:count], self._spare[count:]
        return chosen

    def newcomer(self) -> Person:
        return self.newcomers(1)[0]

    async def _create(self, usernames: Iterable[str], role: Role) -> list[Person]:
        accounts, access = accounts_service(self.settings), access_services(self.settings)
        made: list[Person] = []
        async with ready_database(self.settings) as database:
            hashed = await access.logins.prepare_password(PASSWORD)

            async def unit(tx: Transaction, username: str) -> tuple[Account, str]:
                account = await accounts.create_local(
                    tx, username=username, display_name=username.capitalize(), keys=_key_pair()
                )
                await access.logins.create(
                    tx,
                    account_id=account.id,
                    email=f"{username}@mail.test",
                    password_hash=hashed,
                    role=role,
                    locale="en",
                )
                await Welcome(clock=SystemClock()).finish(tx, account.id)
                token = await access.oauth.issue_for_script(tx, account.id, parse_scopes(SCOPES))
                return account, token.token

            for username in usernames:
                account, token = await database.write(unit, username)
                made.append(Person(self, username, token, str(account.id), account.uri))
        access.passwords.close()
        return made

    # Processes

    def start(self, *, listen: int | None = None) -> None:
        """Starts a process and waits for its first answer; ``listen``: on another port."""
        port = listen or self.port
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("FEDRSE_")
        }
        if listen is not None:
            environment["FEDRSE_SERVER__LISTEN"] = f"127.0.0.1:{listen}"
        command = [sys.executable, "-m", "fedrse", "--config", str(self.configuration), "serve"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        self._processes.append(process)
        self.ports.append(port)
        if self not in running:
            running.append(self)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if self._is_ready(port):
                    return
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not start:\n{self.last_words()}")
            time.sleep(0.03)

    def _is_ready(self, port: int) -> bool:
        origin = f"http://localhost:{port}" if self.tls is None else self.base_url
        url = f"{origin}/health/ready"
        return request(url, connect=("127.0.0.1", port), tls=self.tls).status == 200

    def stop(self) -> None:
        """Asks all processes to end, waits, and checks that they ended well."""
        for process in self._processes:
            process.terminate()
        codes = []
        for process in self._processes:
            try:
                codes.append(process.wait(20))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                codes.append("did not end")
        self._processes.clear()
        self.ports.clear()
        if self in running:
            running.remove(self)
        assert set(codes) <= {0, -signal.SIGTERM}, f"{self.name} ended with {codes}"

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()
        self.ports.clear()

    def kill_one(self, index: int) -> None:
        """Kill -9 of one of several processes."""
        process = self._processes.pop(index)
        self.ports.pop(index)
        process.kill()
        process.wait()

    def is_running(self) -> bool:
        return bool(self._processes) and all(p.poll() is None for p in self._processes)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def last_words(self, characters: int = 4000) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    # Looking inside

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """A question to the database, which is only read."""
        return databases.rows(self.database, self.folder, sql)

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def columns(self, table: str) -> set[str]:
        """The names of the columns of a table."""
        if self.database.startswith("sqlite:"):
            names = f"SELECT name FROM pragma_table_info('{table}')"
        else:
            names = (
                "SELECT column_name::text FROM information_schema.columns"
                f" WHERE table_schema = 'public' AND table_name = '{table}'"
            )
        return {name for (name,) in self.rows(names)}

    def time_passes(self) -> None:
        """Makes due whatever waits for another try, as hours or days would."""
        now = int(time.time() * 1000)
        for sql in (
            f"UPDATE destination SET due_at = {now} WHERE due_at IS NOT NULL",
            f"UPDATE inbox_message SET due_at = {now} WHERE state = 'failed'",
            f"UPDATE job SET due_at = {now} WHERE failed_at IS NULL AND attempts > 0",
        ):
            self.execute(sql)

    def leases_end(self) -> None:
        """What processes had that were killed is free, as minutes later; on a file it is already.

        For a site without processes, or whose processes have nothing to do.
        """
        if not self.database.startswith("sqlite:"):
            for sql in (
                "UPDATE destination SET lease_owner = NULL, lease_until = 0",
                "UPDATE job SET lease_owner = NULL, lease_until = 0",
                "UPDATE inbox_message SET due_at = 0 WHERE state = 'fetching'",
            ):
                self.execute(sql)

    def execute(self, sql: str) -> None:
        """Changes the database behind the back of the processes."""
        databases.execute(self.database, self.folder, sql)

    def settled(self) -> None:
        """Waits until all that came in is processed and nothing is due to be done or sent."""
        until(lambda: not self.unfinished(), lambda: f"{self.name} settles: {self.unfinished()}")

    def unfinished(self) -> list[tuple[Any, ...]]:
        """What this site still has to do: messages, jobs and deliveries that are due."""
        now = int(time.time() * 1000)
        return self.rows(
            "SELECT 'message', type, count(*) FROM inbox_message"
            " WHERE state IN ('pending', 'fetching') GROUP BY type"
            " UNION ALL SELECT 'job', kind, count(*) FROM job"
            f" WHERE failed_at IS NULL AND due_at <= {now} GROUP BY kind"
            " UNION ALL SELECT 'delivery', delivery.host, count(*) FROM delivery"
            " JOIN destination ON destination.host = delivery.host"
            f" WHERE failed_at IS NULL AND destination.due_at <= {now} GROUP BY delivery.host"
        )
