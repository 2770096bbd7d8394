"""Pages of the console about the site: overview, other sites, queue, announcements, settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from fedrse.activitypub.tables import activity, delivery, destination, inbox_message
from fedrse.core.clock import DAY, HOUR, MINUTE, ManualClock
from fedrse.core.settings import ServerSettings
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.features.access.model import Role
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.audit.service import Wanted
from fedrse.features.sites.model import ProbeResult
from fedrse.features.sites.tables import site
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.visitor import Visitor, visitor
from tests.features.whole import WholeSite, whole_site
from tests.net.tls_authority import TlsAuthority

NANTES = "nantes.corp.example"
PAGES = ("overview", "peers", f"peers/{NANTES}", "queue", "announcements", "audit")


@pytest.fixture
async def boss(whole: WholeSite) -> Visitor:
    found = await whole.person("olga")
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, found.account.id, Role.OWNER)
    return await visitor(whole, found)


async def meet(whole: WholeSite, host: str, *, drift: int = 0) -> None:
    """Another site said what it is."""
    protocol, database = whole.site.protocol, whole.site.ground.database
    result = ProbeResult(software="fedrse", version="1.2.3", capabilities=("urn:x:can",))
    await database.write(protocol.sites.probed, host, result)
    measured = update(site).where(site.c.host == host)
    values = {"clock_drift": drift, "certificate_until": whole.clock.now() + 5 * DAY}
    await database.write(lambda tx: tx.run(Statement(measured.values(**values))))


async def fail(whole: WholeSite, host: str, number: int) -> None:
    """A delivery that was given up, a host in trouble, and a message that was refused."""
    now = whole.clock.now()
    uri = f"https://lyon.corp.example/ap/x/{number}"

    async def unit(tx: Transaction) -> None:
        row = {"id": number, "uri": uri, "type": "Like", "object_uri": "", "sender_id": 1}
        extra = {"body": b"{}", "digest": b"", "created_at": now, "recipients": None}
        await tx.run(Statement(insert(activity)), **row, **extra)
        await tx.run(
            Statement(insert(delivery)),
            id=number,
            activity_id=number,
            host=host,
            inbox=f"https://{host}/inbox",
            sender_id=1,
            object_uri="",
            type="Like",
            attempts=8,
            failed_at=now,
            error="HTTP 410",
            expires_at=now + DAY,
            released=False,
        )
        await tx.run(
            Statement(insert(destination)),
            host=host,
            due_at=now + HOUR,
            failures=3,
            lease_owner=None,
            lease_until=0,
            scheme=None,
            scheme_at=None,
            last_success_at=now - DAY,
            last_failure_at=now,
            last_error=f"{host} did not answer in time",
        )
        await tx.run(
            Statement(insert(inbox_message)),
            id=number,
            actor=f"https://{host}/actor",
            host=host,
            activity_id=f"https://{host}/a/{number}",
            type="Create",
            body=b"{}",
            digest=b"",
            state="failed",
            reason="it breaks",
            attempts=9,
            due_at=now,
            partition=0,
            received_at=now,
            policy=None,
        )

    await whole.site.ground.database.write(unit)


async def test_the_overview_says_what_needs_attention(whole: WholeSite, boss: Visitor) -> None:
    assert "No backup was made" in await boss.read("/admin/overview")
    await meet(whole, NANTES, drift=5 * MINUTE)
    await fail(whole, NANTES, 7)
    text = await boss.read("/admin/overview")
    assert f"The clock of {NANTES} is wrong" in text
    assert f"The certificate of {NANTES} ends within two weeks" in text
    assert "Messages to other sites that were given up: 1" in text
    assert "Received messages that could not be processed: 1" in text
    assert "Settings changed" in text, "the last acts of the log"


async def test_who_has_other_rights_is_told_other_things(whole: WholeSite) -> None:
    await fail(whole, NANTES, 7)
    found = await whole.person("manu")
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(
        logins.set_role, found.account.id, Role.COMMUNITY_MANAGER
    )
    browser = await visitor(whole, found)
    page = await browser.open("/admin/overview")
    assert "given up" not in page
    assert "Settings changed" not in page
    assert 'href="/admin/queue"' not in page
    assert 'href="/admin/announcements"' in page
    await browser.open("/admin/queue", wanted=404)


async def test_another_site_with_all_that_is_known(whole: WholeSite, boss: Visitor) -> None:
    await meet(whole, NANTES, drift=5 * MINUTE)
    await fail(whole, NANTES, 7)
    measures, now = whole.site.protocol.measures, whole.clock.now()
    for _ in range(3):
        measures.answered(NANTES, 120)
    measures.count([NANTES], now, incoming=True, many=4)
    measures.count([NANTES, "oslo.corp.example"], now - 3 * HOUR, incoming=False)
    await measures.flush()
    listing = await boss.read("/admin/peers")
    assert "oslo.corp.example member of the network" in listing.replace(
        " nothing exchanged yet", ""
    )
    assert "It did not answer in time: overloaded, or down." in listing
    page = await boss.open(f"/admin/peers/{NANTES}")
    text = await boss.read(f"/admin/peers/{NANTES}")
    assert "fedrse 1.2.3" in text
    assert "120 ms" in text
    assert "300 seconds ahead of ours wrong" in text
    assert "4 received, 1 sent" in text
    assert page.count("<rect") == 4, "two charts"
    assert "urn:x:can" in text
    assert f"{NANTES} did not answer in time" in text, "as it was noted, too"
    for path in ("/admin/peers/unknown.example", "/admin/peers/no%20host"):
        await boss.open(path, wanted=404)


@pytest.fixture
async def guarded(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[WholeSite]:
    """A site to which one other has to show a certificate."""
    authority = TlsAuthority(tmp_path)
    asked = MutualTlsSettings(
        mode=ClientCertificates.OPTIONAL,
        ca_bundle=str(authority.ca_file),
        header="X-Client-Certificate",
        required_from=[NANTES],
    )
    trusted = ServerSettings(trusted_proxies=["127.0.0.1"])
    async with whole_site(
        url, tmp_path, key_pair, clock, mutual_tls=asked, server=trusted
    ) as whole:
        yield whole


async def test_certificates_that_were_refused_are_told_where_one_is_needed(
    guarded: WholeSite,
) -> None:
    found = await guarded.person("olga")
    logins = guarded.site.services.access.logins
    await guarded.site.ground.database.write(logins.set_role, found.account.id, Role.OWNER)
    boss = await visitor(guarded, found)
    for host in (NANTES, "oslo.corp.example"):
        await meet(guarded, host)
    measures, path = guarded.site.protocol.measures, f"/admin/peers/{NANTES}"
    assert "Certificates that were refused" not in await boss.read(path)
    for _ in range(2):
        measures.refused_certificate("unable to get local issuer certificate")
    await measures.flush()
    text = await boss.read(path)
    assert "2 connections ended because of the certificate that was shown" in text
    assert "it is of an authority that is in no bundle of [mutual_tls]" in text
    other = await boss.read("/admin/peers/oslo.corp.example")
    assert "Certificates that were refused" not in other, "it need not show one"


async def test_a_site_is_asked_and_the_log_knows(whole: WholeSite, boss: Visitor) -> None:
    where = await boss.sent(f"/admin/peers/{NANTES}/probe")
    assert where == f"/admin/peers/{NANTES}?asked=1"
    assert "What went wrong last" in await boss.read(where), "there is no such server in tests"
    found = await entries(whole, "peer.probe")
    assert [(one.actor_name, one.target_id) for one in found] == [("olga", NANTES)]


async def test_what_waits_is_retried_and_dropped(whole: WholeSite, boss: Visitor) -> None:
    await fail(whole, NANTES, 7)
    text = await boss.read("/admin/queue")
    assert "HTTP 410" in text
    assert "it breaks" in text
    assert "HTTP 410" not in await boss.read("/admin/queue?host=elsewhere")
    assert await boss.sent("/admin/queue/retry", queue="deliveries", host=NANTES) == (
        "/admin/queue?done=retried"
    )
    await boss.sent("/admin/queue/retry", queue="inbox", id="7")
    await boss.sent("/admin/queue/drop", queue="deliveries", id="7")
    assert "HTTP 410" not in await boss.read("/admin/queue")
    assert (await boss.send("/admin/queue/drop", queue="deliveries"))[0] == 422
    assert (await boss.send("/admin/queue/drop", queue="nonsense", id="7"))[0] == 422
    found = [(one.act, one.target_id) for one in await entries(whole, "queue.retry", "queue.drop")]
    assert found == [
        ("queue.retry", "inbox"),
        ("queue.retry", NANTES),
        ("queue.drop", "deliveries"),
    ]


async def test_announcements_are_made_and_ended_in_the_console(
    whole: WholeSite, boss: Visitor
) -> None:
    path = "/admin/announcements"
    assert await boss.sent(path, text="Fire drill at ten", days="7", must_read="1") == path
    text = await boss.read(path)
    assert "Fire drill at ten" in text
    assert "shown Must be read" in text
    whole.clock.advance(8 * DAY)
    assert "over Must be read" in await boss.read(path), "those of the past stay in the list"
    status, _, page = await boss.send(path, text=" ", days="7")
    assert status == 422
    assert "Write what you want to announce." in page
    key = (await entries(whole, "announcement.create"))[0].target_id
    assert await boss.sent(f"{path}/{key}/delete") == path
    assert "Fire drill" not in await boss.read(path)


async def test_settings_are_shown_without_secrets(whole: WholeSite, boss: Visitor) -> None:
    text = await boss.read("/admin/settings")
    assert "[federation]" in text
    assert "password not set" in text.replace("default ", "")
    assert "base_url" not in await boss.read("/admin/settings?q=federation")
    assert "No setting is called like that." in await boss.read("/admin/settings?q=zzz")


async def test_the_log_is_verified_and_exported_in_the_console(
    whole: WholeSite, boss: Visitor
) -> None:
    await boss.open("/admin/audit")
    status, _, page = await boss.send("/admin/audit/verify")
    assert status == 200
    assert "The log is whole" in page
    status, _, lines = await boss.send("/admin/audit/export")
    assert status == 200
    assert '"act":"settings.change"' in lines.splitlines()[0]
    assert len(await entries(whole, "data.export")) == 1


@pytest.mark.parametrize("page", PAGES)
async def test_pages_ask_the_same_number_of_statements(
    whole: WholeSite, boss: Visitor, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await meet(whole, NANTES)
    await fail(whole, NANTES, 1)
    await boss.sent("/admin/announcements", text="First", days="7")
    with statements(whole, monkeypatch) as first:
        await boss.open(f"/admin/{page}")
    for number in range(2, 12):
        host = f"site{number}.example"
        await meet(whole, host)
        await fail(whole, host, number)
        await boss.sent("/admin/announcements", text=f"Number {number}", days="7")
    with statements(whole, monkeypatch) as later:
        await boss.open(f"/admin/{page}")
    assert first
    assert len(later) == len(first)


@contextmanager
def statements(whole: WholeSite, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Statement]]:
    """Everything that is asked of the database meanwhile."""
    asked: list[Statement] = []
    with monkeypatch.context() as patch:
        real = Statement.compiled

        def compiled(self: Statement, *more: Any, **options: Any) -> Any:
            asked.append(self)
            return real(self, *more, **options)

        patch.setattr(Statement, "compiled", compiled)
        yield asked


async def entries(whole: WholeSite, *acts: str) -> list[Any]:
    """Entries of the log, newest first, by act."""
    audit = whole.site.ground.audit

    async def unit(tx: Transaction) -> list[Any]:
        return [one for act in acts for one in await audit.find(tx, Wanted(act=act), most=10)]

    return await whole.site.ground.database.read(unit)
