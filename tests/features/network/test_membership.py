"""Who is a member of the network, as the settings say."""

from __future__ import annotations

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.settings import NetworkSettings, Settings, SiteSettings
from fedrse.features.accounts.service import Accounts
from fedrse.features.network.service import Network
from fedrse.store.database import Database
from tests.features.cast import Cast
from tests.features.fakes import ORIGIN


def make(*members: str, base_url: str = ORIGIN) -> Network:
    settings = Settings(
        site=SiteSettings(base_url=base_url), network=NetworkSettings(members=list(members))
    )
    return Network(settings=settings, local_ids=LocalIds(settings.origin))


def test_members() -> None:
    network = make("https://nantes.corp.example/", ORIGIN, "https://oslo.corp.example:8443")
    assert network.exists
    assert network.member_hosts() == {"nantes.corp.example", "oslo.corp.example:8443"}
    assert network.member_origins() == (
        "https://nantes.corp.example",
        "https://oslo.corp.example:8443",
    )
    assert network.is_member("oslo.corp.example:8443")
    assert network.is_member("lyon.corp.example")
    assert not network.is_member("oslo.corp.example")
    assert not network.is_member("evil.nantes.corp.example")
    assert ORIGIN in network.all_origins()


def test_sites_of_a_demo_differ_by_port() -> None:
    network = make("http://localhost:8402", base_url="http://localhost:8401")
    assert network.member_hosts() == {"localhost:8402"}
    assert network.member_origins() == ("http://localhost:8402",)


def test_a_list_with_nobody_else_is_no_network() -> None:
    for network in (make(), make(ORIGIN)):
        assert not network.exists
        assert not network.is_member("lyon.corp.example")
        assert network.all_origins() == ()


async def test_the_members_collection_of_a_peer(
    database: Database, network: Network, accounts: Accounts, cast: Cast
) -> None:
    assert accounts
    read = network.members_uri_of
    assert await database.read(read, "lyon.corp.example") == f"{ORIGIN}/actor/members"
    assert await database.read(read, "nantes.corp.example") is None
    for host in ("nantes.corp.example", "far.example"):
        await cast.remote(
            "site",
            host,
            id=f"https://{host}/actor",
            type="Application",
            network=f"https://{host}/actor/members",
        )
    expected = "https://nantes.corp.example/actor/members"
    assert await database.read(read, "nantes.corp.example") == expected
    assert await database.read(read, "far.example") is None
    # Only the site's own actor says what its network is.
    for kind in ("Person", "Application"):
        name, network_uri = f"eve{kind}", "https://oslo.corp.example/mine"
        await cast.remote(name, "oslo.corp.example", type=kind, network=network_uri)
    assert await database.read(read, "oslo.corp.example") is None
