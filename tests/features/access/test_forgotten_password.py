"""Choosing a new password with a link, over a whole site with a real mail server."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import bindparam, delete, select

from fedrse.app.security import SecurityServices, security_services
from fedrse.core.clock import HOUR, MINUTE, ManualClock
from fedrse.core.errors import NotFound
from fedrse.core.settings import LimitSettings
from fedrse.core.settings_mail import MailSecurity, MailSettings
from fedrse.features.access.model_security import LINK_LIFE, Visitor
from fedrse.features.access.service_letters import SEND
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.access.browser import Browser
from tests.features.access.conftest import PASSWORD, RunningSite
from tests.features.whole import WholeSite, whole_site
from tests.net.smtp_server import Post, only_link, post_office

NEW_PASSWORD = "violet ladder seven boats"
WAITING = Statement(select(job).where(job.c.kind == bindparam("kind")).order_by(job.c.id))
FORGET = Statement(delete(job).where(job.c.kind == bindparam("kind")))
LINK = re.compile(r"https://lyon\.corp\.example(/login/new-password/[\w-]+)")
link_in = partial(only_link, LINK)


class Stage:
    """A site with its mail server, and Amina who forgot her password."""

    def __init__(self, site: WholeSite, post: Post | None) -> None:
        self.site = site
        self.post = post
        self.amina = 0

    def browser(self, language: str = "en") -> Browser:
        return Browser(RunningSite(self.site.address, self.site.client), language)

    @property
    def security(self) -> SecurityServices:
        ground = self.site.site.ground
        return security_services(
            ground.settings,
            self.site.site.services.access,
            clock=ground.clock,
            ids=ground.ids,
            cipher=ground.cipher,
            queue=ground.queue,
        )

    async def add_amina(self) -> None:
        site = self.site.site
        logins = site.services.access.logins
        password_hash = await logins.prepare_password(PASSWORD)

        async def unit(tx: Transaction) -> int:
            account = await site.services.accounts.create_local(
                tx, username="amina", keys=self.site.keys
            )
            await logins.create(
                tx,
                account_id=account.id,
                email="amina@mail.example",
                password_hash=password_hash,
                locale="en",
            )
            return account.id

        self.amina = await site.ground.database.write(unit)

    async def jobs(self) -> list[dict[str, str]]:
        """What waits to be sent; taken out."""

        async def take(tx: Transaction) -> list[str]:
            found = [row.arguments for row in await tx.all(WAITING, kind=SEND)]
            await tx.run(FORGET, kind=SEND)
            return found

        return [json.loads(one) for one in await self.site.site.ground.database.write(take)]

    async def mails(self) -> list[EmailMessage]:
        assert self.post is not None
        for arguments in await self.jobs():
            await self.site.do_job(SEND, **arguments)
        found, self.post.mails = self.post.mails, []
        return found

    async def ask(self, name: str) -> Browser:
        browser = self.browser()
        await browser.open("/login/forgotten")
        await browser.submit(name=name)
        return browser

    async def kinds(self) -> list[str]:
        log, database = self.security.log, self.site.site.ground.database
        return [one.kind for one in await database.read(log.of_account, self.amina)]


@pytest.fixture
async def stage(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[Stage]:
    async with post_office() as post:
        mail = MailSettings(host="localhost", port=post.port, security=MailSecurity.NONE)
        limits = LimitSettings(enabled=False)
        async with whole_site(url, tmp_path, key_pair, clock, mail=mail, limits=limits) as site:
            made = Stage(site, post)
            await made.add_amina()
            yield made


async def test_the_whole_way(stage: Stage) -> None:
    elsewhere = stage.browser()
    await elsewhere.open("/login?next=/settings/security")
    await elsewhere.sign_in()
    assert elsewhere.location == "/settings/security"
    browser = await stage.ask("amina@mail.example")
    assert "If there is such an account" in browser.text
    (mail,) = await stage.mails()
    assert mail["To"] == "amina@mail.example"
    assert mail["Subject"] == "Choose a new password"
    path = link_in(mail)
    await browser.open(path)
    assert browser.status == 200, "looking uses nothing up"
    await browser.open(path)
    await browser.submit(new="azertyuiop12", again="azertyuiop12")
    assert browser.status == 422
    await browser.submit(new=NEW_PASSWORD, again=NEW_PASSWORD + "!")
    assert browser.status == 422
    assert re.findall(r'id="(\w+)-error"', browser.text) == ["again"]
    await browser.submit(new=NEW_PASSWORD, again=NEW_PASSWORD)
    assert browser.location == "/login?done=password"
    await elsewhere.open("/settings/security")
    assert elsewhere.status == 401, "all sessions have ended"
    await browser.open(path)
    assert "This link is good no more" in browser.text
    await browser.open("/login?next=/settings/security")
    await browser.sign_in(password=PASSWORD)
    assert browser.status == 422
    await browser.sign_in(password=NEW_PASSWORD)
    assert browser.location == "/settings/security"
    subjects = [one["Subject"] for one in await stage.mails()]
    assert subjects == ["Your password was changed", "Signed in with a new browser"]
    assert {"password_reset_asked", "password_reset", "signed_in"} <= set(await stage.kinds())


async def test_a_name_that_nobody_has_gets_the_same_answer_and_the_same_work(
    stage: Stage,
) -> None:
    known, unknown = await stage.ask("AMINA"), await stage.ask("nobody")
    token = re.compile(r'value="[\w-]{20,}"')
    assert token.sub("", known.text) == token.sub("", unknown.text)
    jobs = await stage.jobs()
    assert [one["name"] for one in jobs] == ["AMINA", "nobody"]
    await stage.ask("nobody")
    assert await stage.mails() == []


async def test_one_name_gets_a_few_mails_an_hour(stage: Stage, clock: ManualClock) -> None:
    clock.advance(HOUR - clock.now() % HOUR)
    for _ in range(5):
        browser = await stage.ask("amina")
        assert "If there is such an account" in browser.text
    mails = await stage.mails()
    assert len(mails) == 3
    browser = stage.browser()
    for mail in mails[:-1]:
        await browser.open(link_in(mail))
        assert "This link is good no more" in browser.text, "only the newest one is good"
    await browser.open(link_in(mails[-1]))
    assert "For the account @amina" in browser.text


async def test_links_end_and_cannot_be_read_in_the_database(
    stage: Stage, clock: ManualClock
) -> None:
    from fedrse.features.access.tables_security import password_link

    links, database = stage.security.links, stage.site.site.ground.database
    visitor = Visitor()
    link = await database.write(lambda tx: links.make(tx, stage.amina, life=LINK_LIFE))
    token = link.rpartition("/")[2]
    rows = await database.read(lambda tx: tx.all(Statement(select(password_link))))
    assert token not in str(rows)
    assert (await database.read(links.owner, token)).username == "amina"
    clock.advance(LINK_LIFE + MINUTE)
    with pytest.raises(NotFound):
        await database.write(links.use, token, "hash", visitor)
    again = await database.write(lambda tx: links.make(tx, stage.amina, life=LINK_LIFE))
    await database.write(stage.site.site.services.access.logins.disable, stage.amina)
    with pytest.raises(NotFound):
        await database.read(links.owner, again.rpartition("/")[2])


async def test_a_second_step_stays(stage: Stage, clock: ManualClock) -> None:
    from fedrse.features.access.model_second_factor import STEP, code_of

    second, database = stage.security.second, stage.site.site.ground.database
    await database.write(second.begin, stage.amina)
    secret = await database.read(second.pending_secret, stage.amina)
    assert secret is not None
    code = code_of(secret, clock.now() // STEP)
    await database.write(second.confirm, stage.amina, code, Visitor())
    await stage.ask("amina")
    (mail,) = await stage.mails()
    browser = stage.browser()
    await browser.open(link_in(mail))
    await browser.submit(new=NEW_PASSWORD, again=NEW_PASSWORD)
    await browser.open("/login")
    await browser.sign_in(password=NEW_PASSWORD)
    assert browser.location == "/login/second"


async def test_a_browser_that_is_known_is_not_told_of(stage: Stage) -> None:
    browser, other = stage.browser(), stage.browser()
    for visitor in (browser, browser, other, other, browser):
        await visitor.open("/login?next=/settings/security&again=1")
        if visitor.status == 303:
            await visitor.open("/logout")
            await visitor.submit()
            await visitor.open("/login?next=/settings/security")
        await visitor.sign_in()
    subjects = [one["Subject"] for one in await stage.mails()]
    assert subjects == ["Signed in with a new browser"], "neither the first one, nor known ones"


async def test_without_a_mail_server_people_are_asked(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> None:
    async with whole_site(url, tmp_path, key_pair, clock) as site:
        stage = Stage(site, None)
        await stage.add_amina()
        browser = stage.browser()
        await browser.open("/login/forgotten")
        assert "This site sends no mail" in browser.text
        assert "<form" not in browser.text
        assert await stage.jobs() == []
