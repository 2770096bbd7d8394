"""Every field, every visibility, every viewer, every surface: nothing hidden is in any answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.features.profiles.api_documents import CardDocumentsApi
from fedrse.features.profiles.model import FIELDS, Level
from fedrse.http.sessions import Cookies
from fedrse.store.database import Transaction
from tests.features.fakes import ORIGIN, signer_in_header
from tests.features.surface import surface
from tests.features.whole import Caller, WholeSite

NANTES, OSLO, OUTSIDE = "nantes.corp.example", "oslo.corp.example", "elsewhere.example"
OWN = "/api/v1/profile/card"
# What is typed, and what shows that it is in an answer.
TYPED = {
    "function": ("Qzfunction", "Qzfunction"),
    "unit": ("Qzunit", "Qzunit"),
    "site": ("Qzsite", "Qzsite"),
    "manager": ("@qzboss@corp.example", "qzboss"),
    "mail": ("qzmail@lyon.example", "qzmail"),
    "phones": ("+33987654321", "33987654321"),
    "room": ("Qzroom", "Qzroom"),
    "hours": ("Qzhours", "Qzhours"),
    "languages": ("Qzlanguage", "Qzlanguage"),
    "expertise": ("Qzskill, 7", "Qzskill"),
    "career": ("2011-2019 Qzcareer", "Qzcareer"),
    "projects": ("Qzproject", "Qzproject"),
}
LEVELS = list(Level)
# Who sees which levels.
READERS = {
    "owner": set(Level),
    "same unit": {Level.UNIT, Level.SITE, Level.SITES, Level.NETWORK},
    "colleague": {Level.SITE, Level.SITES, Level.NETWORK},
    NANTES: {Level.SITES, Level.NETWORK},
    OSLO: {Level.NETWORK},
}
IN_VCARD = {"function", "unit", "site", "mail", "phones", "room", "hours", "expertise"}
IN_LISTS = {"function", "unit", "site"}
ON_CARD_PAGE = set(FIELDS) - {"expertise", "career", "projects"}


async def cookie_of(whole: WholeSite, person: Caller) -> dict[str, str]:
    sessions = whole.site.services.access.sessions

    async def sign_in(tx: Transaction) -> Any:
        return await sessions.start(tx, person.account.id, user_agent="test", address="127.0.0.1")

    secret = await whole.site.ground.database.write(sign_in)
    return {"Cookie": f"{Cookies(ORIGIN).session}={secret.cookie}"}


async def save(owner: Caller, rules: dict[str, Level]) -> None:
    wishes = {name: {"level": level.value, "hosts": [NANTES]} for name, level in rules.items()}
    fields = {name: typed for name, (typed, _) in TYPED.items()}
    await owner.ok("PUT", OWN, json={**fields, "visibility": wishes})


def found_in(body: Any) -> set[str]:
    text = body.decode() if isinstance(body, bytes) else msgspec.json.encode(body).decode()
    unfolded = text.replace("\r\n ", "")
    return {name for name, (_, mark) in TYPED.items() if mark in unfolded}


@pytest.mark.parametrize("shift", range(len(LEVELS)))
async def test_each_gets_what_is_for_them(
    whole: WholeSite, local_ids: LocalIds, shift: int
) -> None:
    """Over all shifts each field has each level."""
    await whole.person("qzboss")
    owner, near, far = [await whole.person(name) for name in ("amina", "bea", "carl")]
    await near.ok("PUT", OWN, json={"unit": " QZUNIT "})
    await owner.follow(far)
    rules = {name: LEVELS[(at + shift) % len(LEVELS)] for at, name in enumerate(FIELDS)}
    await save(owner, rules)
    path = f"/people/{owner.id}/card"
    for reader, person in (("owner", owner), ("same unit", near), ("colleague", far)):
        expected = {name for name, level in rules.items() if level in READERS[reader]}
        cookie = await cookie_of(whole, person)
        card = await person.get(f"/api/v1/accounts/{owner.id}/card")
        assert found_in(card) == expected, reader
        for address, shown in (
            ("/@amina", expected),
            (path, expected & ON_CARD_PAGE),
            (f"{path}.vcf", expected & IN_VCARD),
            (f"/people/{far.id}/followers", expected & IN_LISTS),
        ):
            status, _, body = await whole.call("GET", address, headers=cookie)
            assert status == 200
            assert found_in(body) == shown, (reader, address)
    api = CardDocumentsApi(
        database=whole.site.ground.database,
        profiles=whole.site.services.profiles,
        confirmations=whole.site.services.confirmations,
        local_ids=local_ids,
        signed_fetch=signer_in_header,
    )
    async with surface(api.routes(), clock=whole.clock) as wire:
        document = f"/ap/u/{owner.id}/card"
        for host in (NANTES, OSLO):
            expected = {name for name, level in rules.items() if level in READERS[host]}
            status, headers, body = await wire.call("GET", document, headers={"X-Signer": host})
            assert (status, headers["Cache-Control"]) == (200, "private")
            assert found_in(body) == expected, host
            names = set(msgspec.json.decode(body))
            assert names - {"@context", "id", "type", "attributedTo"} == expected
        assert (await wire.call("GET", document, headers={"X-Signer": OUTSIDE}))[0] == 404
        assert (await wire.call("GET", document))[0] == 401


async def test_without_a_login_nothing_is_shown(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    await whole.person("qzboss")
    await save(owner, dict.fromkeys(FIELDS, Level.NETWORK))
    json = {"Accept": "application/json"}
    for path in ("/@amina", f"/people/{owner.id}/card", f"/people/{owner.id}/card.vcf"):
        status, _, body = await whole.call("GET", path)
        assert status == 401
        assert not found_in(body)
    for path in (f"/api/v1/accounts/{owner.id}/card", OWN):
        assert (await whole.call("GET", path, headers=json))[0] == 401


async def test_the_actor_and_the_account_say_nothing_of_it(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    await whole.person("qzboss")
    await save(owner, dict.fromkeys(FIELDS, Level.NETWORK))
    accounts = whole.site.services.accounts

    async def unit(tx: Transaction) -> Any:
        account = await accounts.by_id(tx, owner.account.id)
        assert account is not None
        return await accounts.document(tx, account)

    actor = await whole.site.ground.database.read(unit)
    assert actor["contactCard"] == f"{actor['id']}/card"
    assert not found_in(actor)
    assert not found_in(await owner.get(f"/api/v1/accounts/{owner.id}"))


async def test_who_is_deleted_leaves_nothing(whole: WholeSite) -> None:
    owner, other = await whole.person("amina"), await whole.person("bea")
    await owner.ok("PUT", OWN, json={"function": "Qzfunction"})
    services = whole.site.services

    async def leave(tx: Transaction) -> None:
        await services.accounts.delete_local(tx, owner.account.id)

    async def left(tx: Transaction) -> str:
        return (await services.profiles.own(tx, owner.account.id)).card.function

    assert await whole.site.ground.database.read(left) == "Qzfunction"
    await whole.site.ground.database.write(leave)
    assert await whole.site.ground.database.read(left) == ""
    assert (await other.call("GET", f"/api/v1/accounts/{owner.id}/card"))[0] == 404


async def test_the_form(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    cookie = await cookie_of(whole, owner)
    _, _, page = await whole.call("GET", "/settings/card", headers=cookie)
    token = page.decode().partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {
        "csrf_token": token,
        "function": "Captain <b>",
        "function_level": "sites",
        "function_hosts[]": NANTES,
        "mail": "captain at sea",
        "manager": "@nobody@corp.example",
    }
    status, _, body = await whole.call("POST", "/settings/card", headers=cookie, data=fields)
    text = body.decode()
    assert status == 422
    assert 'id="mail-error"' in text
    assert 'value="captain at sea"' in text, "what was typed stays"
    assert "Captain &lt;b&gt;" in text
    assert f'value="{NANTES}" checked' in text
    assert (await owner.get(OWN))["function"] == "", "nothing is saved"
    fields["mail"] = "captain@corp.example"
    status, _, body = await whole.call("POST", "/settings/card", headers=cookie, data=fields)
    assert (status, b'id="manager-error"' in body) == (422, True)
    fields["manager"] = "@amina@corp.example"
    status, headers, _ = await whole.call("POST", "/settings/card", headers=cookie, data=fields)
    assert (status, headers["Location"]) == (303, "/settings/card?saved=1")
    own = await owner.get(OWN)
    assert own["function"] == "Captain <b>"
    assert own["visibility"]["function"] == {"level": "sites", "hosts": [NANTES]}
    assert own["visibility"]["mail"] == {"level": "me", "hosts": []}, "not sent: for nobody else"
    del fields["csrf_token"]
    assert (await whole.call("POST", "/settings/card", headers=cookie, data=fields))[0] == 403


async def test_what_the_api_refuses(whole: WholeSite) -> None:
    owner = await whole.person("amina")
    for wrong in (
        {"mail": "x"},
        {"phones": ["call me"]},
        {"career": "before the war"},
        {"expertise": "Patience, 99"},
        {"projects": [str(number) for number in range(30)]},
        {"visibility": {"note": "network"}},
        {"manager": "@nobody@corp.example"},
    ):
        assert (await owner.call("PUT", OWN, json=wrong))[0] == 422, wrong
    await owner.ok("PUT", OWN, json={"function": "Cook", "visibility": {"function": "everybody"}})
    own = await owner.get(OWN)
    assert own["visibility"]["function"]["level"] == "me", "what is not understood is for nobody"
    await owner.ok("PUT", OWN, json={"room": "B 12"})
    assert (await owner.get(OWN))["function"] == "Cook", "what is not given stays"
    reader = await whole.with_scopes(owner, "read")
    assert (await reader.call("PUT", OWN, json={"room": "C"}))[0] == 403
