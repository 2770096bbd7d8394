"""Who may not sign up, or not even see the site: through the client API."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid
from fedrse.features.access import service_blocks
from fedrse.features.access.jobs import SWEEP
from fedrse.features.access.model import Role
from fedrse.features.access.model_blocks import canonical_hash, read_domain, read_range
from fedrse.features.access.tables_blocks import email_domain_attempt
from fedrse.features.audit.model import SITE
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.moderation.staff import acts, staff
from tests.features.whole import WholeSite

BASE = "/api/v1/admin"
ATTEMPTS = Statement(select(email_domain_attempt.c.day, email_domain_attempt.c.uses))


@given(st.text(max_size=300))
def test_what_is_typed_is_read_or_refused(text: str) -> None:
    for read in (read_domain, read_range, canonical_hash):
        try:
            assert read(text)
        except Invalid:
            continue


def test_the_same_mailbox_has_the_same_hash() -> None:
    same = {canonical_hash(one) for one in ("test@mail.example", "Te.st+spam@Mail.example ")}
    assert same == {canonical_hash("test@mail.example")}
    assert canonical_hash("test@other.example") not in same


async def test_domains_of_mail(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    made = await admin.post(f"{BASE}/email_domain_blocks", domain="Spam.example")
    assert made["domain"] == "spam.example"
    blocks = whole.site.services.sign_up_blocks
    read = whole.site.ground.database.read
    assert await read(blocks.refuses_email, "me@mx.spam.example")
    assert not await read(blocks.refuses_email, "me@notspam.example")
    status, _, _ = await admin.call(
        "POST", f"{BASE}/email_domain_blocks", json={"domain": "spam.example"}
    )
    assert status == 422
    assert await admin.get(f"{BASE}/email_domain_blocks") == [made]
    await admin.ok("DELETE", f"{BASE}/email_domain_blocks/{made['id']}")
    assert (await admin.call("GET", f"{BASE}/email_domain_blocks/{made['id']}"))[0] == 404
    assert await acts(whole) == ["block.create", "block.remove"]


async def test_addresses_of_mail(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    path = f"{BASE}/canonical_email_blocks"
    made = await admin.post(path, email="Bad.One@mail.example")
    assert await admin.post(f"{path}/test", email="badone+x@mail.example") == [made]
    assert await admin.post(f"{path}/test", email="good@mail.example") == []
    refused = whole.site.services.sign_up_blocks.refuses_email
    assert await whole.site.ground.database.read(refused, "badone@mail.example")
    assert await admin.ok("DELETE", f"{path}/{made['id']}") == made
    for body in ({}, {"canonical_email_hash": "xyz"}):
        assert (await admin.call("POST", path, json=body))[0] == 422


async def test_addresses_of_the_network(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    path = f"{BASE}/ip_blocks"
    fields = {"ip": "10.1.2.3/24", "severity": "sign_up_block", "comment": "Bots"}
    made = await admin.post(path, **fields, expires_in=3600)
    assert (made["ip"], made["severity"]) == ("10.1.2.0/24", "sign_up_block")
    blocks = whole.site.services.sign_up_blocks
    read = whole.site.ground.database.read
    assert {one.value for one in await read(blocks.severities, "10.1.2.77")} == {"sign_up_block"}
    assert await read(blocks.severities, "10.1.3.1") == set()
    whole.clock.advance(3600_000)
    assert await read(blocks.severities, "10.1.2.77") == set()
    changed = await admin.ok("PUT", f"{path}/{made['id']}", json={"severity": "no_access"})
    assert changed["severity"] == "no_access"
    for body in ({"ip": "nowhere", "severity": "no_access"}, {"ip": "10.0.0.1", "severity": "no"}):
        assert (await admin.call("POST", path, json=body))[0] == 422


async def test_from_a_barred_address_nothing_is_seen(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    made = await admin.post(f"{BASE}/ip_blocks", ip="127.0.0.1", severity="no_access")

    async def wanted(status: int) -> None:
        for _ in range(100):
            if (await whole.call("GET", "/api/v1/instance"))[0] == status:
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"never {status}")

    await wanted(403)
    blocks, database = whole.site.services.sign_up_blocks, whole.site.ground.database
    await database.write(blocks.unblock_ip, SITE, int(made["id"]))
    await wanted(200)


async def test_who_tries_in_spite_of_a_block_is_counted(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    path = f"{BASE}/email_domain_blocks"
    made = await admin.post(path, domain="spam.example")
    assert {(one["uses"], one["accounts"]) for one in made["history"]} == {("0", "0")}
    blocks, database = whole.site.services.sign_up_blocks, whole.site.ground.database

    async def tried(address: str, email: str = "me@mx.spam.example") -> None:
        await database.write(blocks.note_attempt, email, address)

    await tried("192.0.2.7", "me@good.example")
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
        await tried(address)
    # One person has a whole /64.
    for address in ("2001:db8::1", "2001:db8::2"):
        await tried(address)
    whole.clock.advance(DAY)
    await tried("192.0.2.9")
    (found,) = await admin.get(path)
    told = [(one["uses"], one["accounts"]) for one in found["history"]]
    assert told == [("1", "1"), ("5", "3"), *[("0", "0")] * 5]
    assert await admin.get(f"{path}/{made['id']}") == found
    # After a week nothing is left of it.
    whole.clock.advance(6 * DAY)
    await whole.do_job(SWEEP)

    async def rows(tx: Transaction) -> list[tuple[int, int]]:
        return [tuple(row) for row in await tx.all(ATTEMPTS)]

    assert await database.read(rows) == [(whole.clock.now() // DAY - 6, 1)]
    await admin.ok("DELETE", f"{path}/{made['id']}")
    assert await database.read(rows) == []


async def test_addresses_are_told_apart_up_to_a_number(
    whole: WholeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    monkeypatch.setattr(service_blocks, "MOST_ADDRESSES", 2)
    await admin.post(f"{BASE}/email_domain_blocks", domain="spam.example")
    blocks, database = whole.site.services.sign_up_blocks, whole.site.ground.database
    for number in range(5):
        await database.write(blocks.note_attempt, "me@spam.example", f"192.0.2.{number}")
    (found,) = await admin.get(f"{BASE}/email_domain_blocks")
    assert (found["history"][0]["uses"], found["history"][0]["accounts"]) == ("5", "3")
