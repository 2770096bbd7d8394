"""Client API of accounts, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from fedrse.core.clock import ManualClock
from fedrse.core.errors import Invalid
from fedrse.core.settings import Settings, SiteSettings
from fedrse.features.accounts import api_accounts, api_profile
from fedrse.features.accounts.api_profile import SourceChanges
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.service import Relationships
from fedrse.http.multipart import Upload
from fedrse.store.database import Database, Transaction
from tests.features.cast import Cast
from tests.features.conformance import ACCOUNT, FIELD, SOURCE, check
from tests.features.fakes import ORIGIN, FakeOutbox
from tests.features.surface import Surface, surface


class FakeLogins:
    """Keeps preferences as the feature with the log-ins does."""

    def __init__(self) -> None:
        self.privacy = "public"

    async def part(self, _tx: Transaction, _account_id: int) -> Mapping[str, Any]:
        source = {
            "privacy": self.privacy,
            "sensitive": False,
            "language": "fr",
            "quote_policy": "public",
        }
        return {"source": source, "role": {"id": "1", "name": "", "permissions": "0"}}

    async def change(self, _tx: Transaction, _account_id: int, changes: SourceChanges) -> None:
        if changes.privacy not in ("public", "private"):
            raise Invalid("privacy", "Validation failed: Privacy is unknown")
        self.privacy = changes.privacy


async def keep_picture(account_id: int, upload: Upload) -> str:
    if upload.path.read_bytes() != b"picture":
        raise Invalid("not_a_picture", "Validation failed: This is not a picture")
    return f"{account_id:032x}.webp"


@pytest.fixture
async def api(
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    clock: ManualClock,
    tmp_path: Path,
) -> AsyncIterator[Surface]:
    logins = FakeLogins()
    found = api_accounts.routes(database=database, accounts=accounts) + api_profile.routes(
        database=database,
        accounts=accounts,
        parts=[relationships.credential_part, logins.part],
        preferences=logins.change,
        picture_store=keep_picture,
    )
    async with surface(found, clock=clock, folder=tmp_path) as served:
        yield served


async def test_an_account(api: Surface, cast: Cast) -> None:
    amina = await cast.local("amina", note="Hello", fields=(("Site", "Lyon"),))
    ben = await cast.remote("ben", published="2024-05-01T10:00:00Z", type="Service")
    entity = await api.get(f"/api/v1/accounts/{ben.id}", amina.id)
    check(entity, ACCOUNT)
    assert (entity["acct"], entity["username"]) == ("ben@nantes.corp.example", "ben")
    assert (entity["created_at"], entity["bot"]) == ("2024-05-01T10:00:00.000Z", True)
    assert entity["avatar"] == f"{ORIGIN}/static/avatar.png"
    own = await api.get(f"/api/v1/accounts/{amina.id}", amina.id)
    check(own, ACCOUNT)
    assert (own["acct"], own["url"], own["uri"]) == ("amina", f"{ORIGIN}/@amina", amina.uri)
    check(own["fields"][0], FIELD)


@pytest.mark.parametrize("path", ["/{}", "/lookup?acct=ben@nantes.corp.example", "?id[]={}"])
async def test_accounts_need_the_right_to_read(api: Surface, cast: Cast, path: str) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    address = f"/api/v1/accounts{path.format(ben.id)}"
    for scope, expected in (("write", 403), ("read:statuses", 403), ("read:accounts", 200)):
        token = {"Authorization": f"Bearer {amina.id}+{scope}"}
        status, _, body = await api.call("GET", address, headers=token)
        assert status == expected, body


@pytest.mark.parametrize("path", ["7", "nonsense", "99999999999999999999", "%00"])
async def test_unknown_accounts(api: Surface, cast: Cast, path: str) -> None:
    amina = await cast.local("amina")
    status, _, body = await api.call("GET", f"/api/v1/accounts/{path}", amina.id)
    assert status in (400, 404)
    assert "error" in body


async def test_deleted_accounts_are_unknown(
    api: Surface, cast: Cast, database: Database, accounts: Accounts
) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    await database.write(accounts.delete_remote, ben)
    status, _, _ = await api.call("GET", f"/api/v1/accounts/{ben.id}", amina.id)
    assert status == 404
    assert await api.get(f"/api/v1/accounts?id[]={ben.id}&id[]={amina.id}&id[]=x", amina.id) == [
        await api.get(f"/api/v1/accounts/{amina.id}", amina.id)
    ]


async def test_visitors_are_asked_to_log_in_whatever_they_ask_for(api: Surface, cast: Cast) -> None:
    amina = await cast.local("amina", discoverable=True)
    answers = [
        await api.call("GET", f"/api/v1/accounts{path}")
        for path in (f"/{amina.id}", "/7", "/lookup?acct=amina", "/lookup?acct=nobody", "?id[]=7")
    ]
    assert [status for status, _, _ in answers] == [401] * 5
    assert len({str(body) for _, _, body in answers}) == 1


@pytest.mark.parametrize(
    "settings",
    [Settings(site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example", public_pages=True))],
)
async def test_public_pages_show_those_who_agreed(api: Surface, cast: Cast) -> None:
    amina = await cast.local("amina", public_profile=True)
    bob = await cast.local("bob")
    ben = await cast.remote("ben", discoverable=True)
    assert (await api.get(f"/api/v1/accounts/{amina.id}"))["acct"] == "amina"
    for hidden in (bob, ben):
        assert (await api.call("GET", f"/api/v1/accounts/{hidden.id}"))[0] == 401
    many = f"/api/v1/accounts?id[]={amina.id}&id[]={bob.id}&id[]={ben.id}"
    assert [entity["acct"] for entity in await api.get(many)] == ["amina"]


@pytest.mark.parametrize(
    ("acct", "found"),
    [
        ("amina", "amina"),
        ("@Amina@corp.example", "amina"),
        ("amina@lyon.corp.example", "amina"),
        ("ben@nantes.corp.example", "ben@nantes.corp.example"),
        ("ben", None),
        ("ben@elsewhere.example", None),
        ("a@b@c", None),
        ("", None),
    ],
)
async def test_lookup(api: Surface, cast: Cast, acct: str, found: str | None) -> None:
    amina = await cast.local("amina")
    await cast.remote("ben")
    status, _, body = await api.call("GET", f"/api/v1/accounts/lookup?acct={acct}", amina.id)
    assert (status, body.get("acct")) == (200 if found else 404, found)


async def test_verify_credentials(api: Surface, cast: Cast) -> None:
    amina = await cast.local("amina", note="Hi #fedrse", fields=(("Site", "Lyon"),))
    found = await api.get("/api/v1/accounts/verify_credentials", amina.id)
    check(found["source"], SOURCE)
    check(found, ACCOUNT | {"source": dict, "role": dict})
    assert found["source"]["note"] == "Hi #fedrse"
    assert found["source"]["fields"] == [{"name": "Site", "value": "Lyon", "verified_at": None}]
    assert "<a " in found["note"]
    assert (await api.call("GET", "/api/v1/accounts/verify_credentials"))[0] == 401
    # What is shared with other readers was not changed.
    assert "source" not in await api.get(f"/api/v1/accounts/{amina.id}", amina.id)


async def test_update_credentials(api: Surface, cast: Cast, outbox: FakeOutbox) -> None:
    amina = await cast.local("amina")
    changes = {
        "display_name": "Amina B.",
        "note": "New",
        "locked": "true",
        "bot": "false",
        "discoverable": "1",
        "fields_attributes[0][name]": "Site",
        "fields_attributes[0][value]": "Lyon",
        "fields_attributes[1][name]": "",
        "fields_attributes[1][value]": "",
        "source[privacy]": "private",
    }
    path = "/api/v1/accounts/update_credentials"
    status, _, found = await api.call("PATCH", path, amina.id, data=changes)
    assert status == 200, found
    check(found, ACCOUNT | {"source": dict, "role": dict})
    assert (found["display_name"], found["note"], found["locked"]) == (
        "Amina B.",
        "<p>New</p>",
        True,
    )
    assert [field["name"] for field in found["fields"]] == ["Site"]
    assert found["source"]["privacy"] == "private"
    assert outbox.types() == ["Update"]
    # JSON, and only what is named changes.
    status, _, found = await api.call("PATCH", path, amina.id, json={"note": ""})
    assert (found["note"], found["display_name"], found["locked"]) == ("", "Amina B.", True)


async def test_pictures(api: Surface, cast: Cast) -> None:
    amina = await cast.local("amina")
    form = FormData()
    form.add_field("avatar", b"picture", filename="me.png", content_type="image/png")
    form.add_field("avatar_description", "Me")
    path = "/api/v1/accounts/update_credentials"
    _, _, found = await api.call("PATCH", path, amina.id, data=form)
    assert found["avatar"] == f"{ORIGIN}/media/{amina.id:032x}.webp"
    assert found["avatar_description"] == "Me"
    status, _, found = await api.call("DELETE", "/api/v1/profile/avatar", amina.id)
    assert (status, found["avatar"]) == (200, f"{ORIGIN}/static/avatar.png")
    assert (await api.call("DELETE", "/api/v1/profile/header", amina.id))[0] == 200
    broken = FormData()
    broken.add_field("header", b"script", filename="me.png", content_type="image/png")
    status, _, body = await api.call("PATCH", path, amina.id, data=broken)
    assert (status, "error" in body) == (422, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": "x" * 31},
        {"note": "x" * 501},
        {"locked": "perhaps"},
        {"source": {"privacy": "everybody"}},
        {"fields_attributes": [{"name": "only a name"}]},
        {"fields_attributes": 7},
    ],
)
async def test_what_does_not_fit_is_refused_as_a_whole(
    api: Surface, cast: Cast, changes: dict[str, Any]
) -> None:
    amina = await cast.local("amina")
    sent = {"indexable": True} | changes
    path = "/api/v1/accounts/update_credentials"
    status, _, body = await api.call("PATCH", path, amina.id, json=sent)
    assert (status, "error" in body) == (422, True)
    assert (await cast.again(amina)).indexable is False
