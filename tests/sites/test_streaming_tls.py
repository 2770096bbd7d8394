"""Streams over TLS that the site serves itself, with the certificates of the demo."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectorCertificateError, ClientSession, ClientTimeout, TCPConnector

from fedrse.app.demo.certificates import make_certificates
from tests.sites.person import Person
from tests.sites.site import Site, free_port

STREAM = "/api/v1/streaming"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder, [])
    return folder / "ca.pem"


@pytest.fixture(scope="module")
def person(authority: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody of a site that serves nothing but TLS."""
    folder = authority.parent
    site = Site(name="lyon", folder=tmp_path_factory.mktemp("lyon"), port=free_port())
    files = {"tls_certificate": folder / "localhost.pem", "tls_key": folder / "localhost.key"}
    site.configure(
        [site],
        extra={
            "site": {"base_url": f"https://{site.peer}"},
            "server": {name: str(path) for name, path in files.items()},
        },
    )
    (made,) = site.create("amina")
    command = [sys.executable, "-m", "fedrse", "--config", str(site.configuration), "serve"]
    with site.log.open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            asyncio.run(_until_ready(site, authority, process))
            yield made
        finally:
            process.terminate()
            process.wait(20)


async def _until_ready(site: Site, authority: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    async with _session(authority) as session:
        while True:
            assert process.poll() is None, site.last_words()
            assert time.monotonic() < deadline, site.last_words()
            try:
                async with session.get(f"https://{site.peer}/health/ready") as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            await asyncio.sleep(0.05)


def _session(authority: Path | None, person: Person | None = None) -> ClientSession:
    trusted = ssl.create_default_context(cafile=authority)
    headers = {} if person is None else {"Authorization": f"Bearer {person.token}"}
    return ClientSession(
        connector=TCPConnector(ssl=trusted), headers=headers, timeout=ClientTimeout(total=60)
    )


async def test_web_socket(person: Person, authority: Path) -> None:
    peer = person.site.peer
    async with _session(authority, person) as session:
        instance = await (await session.get(f"https://{peer}/api/v2/instance")).json()
        assert instance["configuration"]["urls"]["streaming"] == f"wss://{peer}"
        address = instance["configuration"]["urls"]["streaming"] + STREAM
        async with session.ws_connect(f"{address}?stream=user") as socket:
            await socket.send_json({"type": "nonsense"})
            assert "error" in await socket.receive_json()  # the stream is open now
            written = await _write(session, peer, "bonjour " * 500)  # more than one TLS record
            while (heard := await socket.receive_json())["event"] != "update":
                pass
            assert json.loads(heard["payload"])["id"] == written["id"]


async def test_server_sent_events(person: Person, authority: Path) -> None:
    peer = person.site.peer
    async with (
        _session(authority, person) as session,
        session.get(f"https://{peer}{STREAM}/user") as stream,
    ):
        assert await stream.content.readline() == b":)\n"
        written = await _write(session, peer, "bonsoir")
        event = b""
        while True:
            line = await stream.content.readline()
            assert line, "the stream ended"
            if line.startswith(b"event:"):
                event = line.split()[1]
            if line.startswith(b"data:") and event == b"update":
                assert json.loads(line.removeprefix(b"data:"))["id"] == written["id"]
                return


async def test_who_does_not_trust_the_authority_gets_no_stream(person: Person) -> None:
    async with _session(None, person) as session:
        with pytest.raises(ClientConnectorCertificateError):
            await session.ws_connect(f"wss://{person.site.peer}{STREAM}?stream=user")


async def _write(session: ClientSession, peer: str, text: str) -> dict[str, Any]:
    async with session.post(f"https://{peer}/api/v1/statuses", json={"status": text}) as answer:
        assert answer.status == 200, await answer.text()
        written: dict[str, Any] = await answer.json()
        return written
