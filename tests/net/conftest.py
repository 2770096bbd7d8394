"""What the network tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fedrse.core.clock import ManualClock
from fedrse.net.client import GuardedClient
from fedrse.net.dialler import Dialler
from fedrse.net.host_state import HostState
from tests.net.servers import dialler
from tests.net.tls_authority import TlsAuthority

MakeClient = Callable[[Dialler], GuardedClient]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def make_client(clock: ManualClock) -> AsyncIterator[MakeClient]:
    made: list[GuardedClient] = []

    def make(opened: Dialler) -> GuardedClient:
        made.append(GuardedClient(opened, HostState(clock)))
        return made[-1]

    yield make
    for client in made:
        await client.close()


@pytest.fixture
async def client(make_client: MakeClient) -> GuardedClient:
    return make_client(dialler())


@pytest.fixture
def tls_authority(tmp_path: Path) -> TlsAuthority:
    """A certificate authority of this test."""
    return TlsAuthority(tmp_path)
