"""Posts by mail over a whole site with a real mail server, on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, select

from fedrse.core.clock import DAY, HOUR, MINUTE, ManualClock
from fedrse.core.settings import LimitSettings, SiteSettings
from fedrse.core.settings_mail import MailSecurity, MailSettings, MailSubscriptions
from fedrse.features.access.model import Role
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.mail.jobs import COLLECT, SWEEP
from fedrse.features.mail.model import MOST_IN_A_MAIL
from fedrse.features.mail.service import MOST_FROM, MOST_OF, MOST_TO, SEND
from fedrse.features.mail.service_batches import READERS_AT_ONCE, SPREAD
from fedrse.features.mail.tables import mail_publisher, mail_subscription
from fedrse.features.migration.service_leaving import Leaving
from fedrse.http.rights import Right
from fedrse.jobs.model import GiveUp
from fedrse.jobs.tables import job
from fedrse.net.mail import MailDelayed
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.access.browser import Browser
from tests.features.access.conftest import RunningSite
from tests.features.fakes import ORIGIN
from tests.features.page_visitor import PageVisitor, visit
from tests.features.whole import Caller, WholeSite, whole_site
from tests.net.smtp_server import Post, post_office

READER = "reader@elsewhere.example"
WAITING = Statement(select(job).where(job.c.kind == bindparam("kind")).order_by(job.c.id))
FORGET = Statement(delete(job).where(job.c.kind == bindparam("kind")))
ROWS = Statement(select(mail_subscription).order_by(mail_subscription.c.id))
OFFERS = Statement(select(mail_publisher))
LINK = re.compile(r"https://lyon\.corp\.example(/mail/(confirm|unsubscribe)/\d+/[0-9a-f]+)")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Stage:
    """A site with public pages and its mail server, and Amina who offers her posts."""

    def __init__(self, site: WholeSite, post: Post) -> None:
        self.site = site
        self.post = post
        self.amina: Caller

    @property
    def path(self) -> str:
        return f"/api/v1/accounts/{self.amina.id}/email_subscriptions"

    async def offer(self, role: Role = Role.COMMUNITY_MANAGER) -> PageVisitor:
        """Amina has this role, a public profile, and says yes."""
        self.amina = await self.site.person("amina")
        await self.set_role(role)
        await self.amina.ok(
            "PATCH", "/api/v1/accounts/update_credentials", json={"public_profile": True}
        )
        visitor = await visit(self.site, self.amina)
        await visitor.post("/settings/mail", offered="1")
        return visitor

    async def set_role(self, role: Role) -> None:
        services = self.site.site.services
        await self.site.site.ground.database.write(
            services.access.logins.set_role, self.amina.account.id, role
        )

    async def ask(self, email: str = READER, **options: Any) -> tuple[int, Any]:
        headers = {"Accept-Language": "en"} | options.pop("headers", {})
        status, _, body = await self.site.call(
            "POST", self.path, json={"email": email}, headers=headers, **options
        )
        return status, body

    async def work(self, *kinds: str) -> list[EmailMessage]:
        """Does the jobs that wait and returns what was sent."""
        for kind in kinds or (SPREAD, SEND):
            for arguments in await self.waiting(kind):
                await self.site.do_job(kind, **arguments)
        found, self.post.mails = self.post.mails, []
        return found

    async def waiting(self, kind: str) -> list[dict[str, Any]]:
        """The jobs of a kind; they are taken out."""

        async def take(tx: Transaction) -> list[str]:
            found = [row.arguments for row in await tx.all(WAITING, kind=kind)]
            await tx.run(FORGET, kind=kind)
            return found

        return [json.loads(one) for one in await self.site.site.ground.database.write(take)]

    async def news(self) -> list[EmailMessage]:
        """A batch some minutes later."""
        self.site.clock.advance(5 * MINUTE)
        await self.site.do_job(COLLECT)
        return await self.work()

    async def rows(self) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return list(await tx.all(ROWS))

        return await self.site.site.ground.database.read(unit)

    async def subscribe(self, email: str = READER, **options: Any) -> str:
        """Asks and confirms; the path of the link with which it ends."""
        assert await self.ask(email, **options) == (200, {})
        (mail,) = await self.work()
        paths = links(mail)
        browser = self.browser()
        await browser.open(paths["confirm"])
        await browser.submit()
        assert browser.status == 200
        return unsubscribing(mail)

    def browser(self, language: str = "en") -> Browser:
        return Browser(RunningSite(self.site.address, self.site.client), language)

    async def write(self, text: str, **fields: Any) -> Any:
        wanted = {"status": text, "audience": "public", "visibility": "public"}
        return await self.amina.post("/api/v1/statuses", **(wanted | fields))


def links(mail: EmailMessage) -> dict[str, str]:
    """The links in a mail, the same in text and HTML, by what they are good for."""
    parts = [
        {match[2]: match[1] for match in LINK.finditer(part.get_content())}
        for part in mail.walk()
        if not part.is_multipart()
    ]
    assert len(parts) == 2
    assert parts[0] == parts[1]
    return parts[0]


def unsubscribing(mail: EmailMessage) -> str:
    """The address of RFC 2369."""
    return str(mail["List-Unsubscribe"]).strip("<>").removeprefix(ORIGIN)


def words(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


Open = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def opened(url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock) -> Open:
    """Opens a site with these settings of mail."""

    @asynccontextmanager
    async def open_stage(
        who: MailSubscriptions = MailSubscriptions.ROLES,
        *,
        public: bool = True,
        limits: bool = False,
    ) -> AsyncIterator[Stage]:
        async with post_office() as post:
            mail = MailSettings(
                host="localhost", port=post.port, security=MailSecurity.NONE, subscriptions=who
            )
            site = SiteSettings(
                base_url=ORIGIN, handle_domain="corp.example", public_pages=public, name="Lyon"
            )
            limited = LimitSettings(enabled=limits)
            changes = {"mail": mail, "site": site, "limits": limited}
            async with whole_site(url, tmp_path, key_pair, clock, **changes) as whole:
                yield Stage(whole, post)

    return open_stage


async def test_from_the_question_to_the_last_mail(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        assert await stage.ask(" Reader@Elsewhere.example ") == (200, {})
        (question,) = await stage.work()
        assert question["To"] == READER
        assert question["Subject"] == "Posts of Amina by mail: confirm your address"
        assert question["List-ID"] == "<amina.corp.example>"
        assert "@amina@corp.example" in words(question)
        before = await stage.write("Nobody has confirmed yet")
        assert await stage.news() == []

        browser = stage.browser()
        text = await browser.open(links(question)["confirm"])
        assert READER in text
        assert (await stage.rows())[0].confirmed_at is None  # looking is not agreeing
        await browser.submit()
        text = browser.text
        assert "Your address is confirmed" in text

        post = await stage.write("<b>Bonjour</b> à tout le monde #quai")
        (news,) = await stage.news()
        assert news["To"] == READER
        assert news["Subject"] == "Amina: <b>Bonjour</b> à tout le monde #quai"
        assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert post["url"] in words(news)
        assert "Bonjour" in words(news)
        assert before["url"] not in words(news)
        html = news.get_body(("html",))
        assert html is not None
        assert "<img" not in html.get_content()  # nobody learns when it is read
        assert "&lt;b&gt;Bonjour" in html.get_content()
        assert await stage.news() == []  # once

        status, _, _ = await stage.site.call("POST", unsubscribing(news), data=ONE_CLICK)
        assert status == 200
        assert await stage.rows() == []
        await stage.write("Too late")
        assert await stage.news() == []


async def test_what_is_not_for_everybody_never_goes_out(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        bob = await stage.site.person("bob")
        await bob.follow(stage.amina)
        for audience in ("network", "site", "followers"):
            await stage.write(f"for {audience}", audience=audience)
        await stage.write("for followers", visibility="private", audience="followers")
        await stage.write("for Bob @bob", visibility="direct", audience="direct")
        await stage.write("kept off the lists", visibility="unlisted")
        mine = await stage.write("open")
        await stage.write("an answer", in_reply_to_id=mine["id"])
        theirs = await bob.post("/api/v1/statuses", status="by Bob", audience="public")
        await stage.amina.post(f"/api/v1/statuses/{theirs['id']}/reblog")
        (news,) = await stage.news()
        assert news["Subject"] == "Amina: open"
        for hidden in ("for ", "lists", "answer", "by Bob"):
            assert hidden not in words(news).partition("You get this")[0]


async def test_what_changes_while_mail_waits_counts(opened: Open) -> None:
    async with opened() as stage:
        owner = await stage.offer()
        await stage.subscribe()
        gone, stays = await stage.write("taken back"), await stage.write("stays")
        stage.site.clock.advance(5 * MINUTE)
        await stage.site.do_job(COLLECT)
        await stage.amina.ok("DELETE", f"/api/v1/statuses/{gone['id']}")
        (news,) = await stage.work()
        assert news["Subject"] == "Amina: stays"
        assert stays["url"] in words(news)

        for close in (
            lambda: owner.post("/settings/mail"),
            lambda: owner.post("/settings/public"),
            lambda: stage.set_role(Role.MEMBER),
        ):
            await owner.post("/settings/public", public="1")
            await stage.set_role(Role.ADMIN)
            await owner.post("/settings/mail", offered="1")
            await stage.write("waits")
            stage.site.clock.advance(5 * MINUTE)
            await stage.site.do_job(COLLECT)
            spread = await stage.waiting(SPREAD)
            assert len(spread) == 1
            await stage.site.do_job(SPREAD, **spread[0])
            await close()
            assert await stage.work(SEND) == []


async def test_a_minute_to_take_it_back(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        stage.site.clock.advance(5 * MINUTE)
        await stage.write("fresh")
        await stage.site.do_job(COLLECT)
        assert await stage.work() == []
        (news,) = await stage.news()
        assert news["Subject"] == "Amina: fresh"


async def test_several_posts_are_one_mail(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        await stage.write("secret ending", spoiler_text="Spoiler")
        for number in range(MOST_IN_A_MAIL + 1):
            await stage.write(f"post {number}")
        (news,) = await stage.news()
        assert news["Subject"] == f"Amina: {MOST_IN_A_MAIL + 2} new posts"
        assert "and 2 more" in words(news)
        assert f"post {MOST_IN_A_MAIL}" in words(news)

        await stage.write("secret ending", spoiler_text="Spoiler")
        (news,) = await stage.news()
        assert news["Subject"] == "Amina: Spoiler"
        assert "Content warning Spoiler" in words(news)
        assert "secret" not in words(news)


async def test_mails_speak_the_language_of_their_readers(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe(headers={"Accept-Language": "fr-CA"})
        await stage.write("un")
        await stage.write("deux")
        (news,) = await stage.news()
        assert news["Content-Language"] == "fr"
        assert news["Subject"] == "Amina\u202f: 2 nouvelles publications" or (
            news["Subject"] == "Amina\u00a0: 2 nouvelles publications"
        )
        assert "Ne plus rien m’envoyer" in words(news)


async def test_long_lists_are_worked_off_in_parts(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        subscriptions = [
            {
                "id": number,
                "account_id": stage.amina.account.id,
                "email": f"r{number}@elsewhere.example",
                "locale": "en",
                "created_at": 1,
                "confirmed_at": None if number == 7 else 1,
            }
            for number in range(1, READERS_AT_ONCE + 12)
        ]

        async def unit(tx: Transaction) -> None:
            add = Statement(mail_subscription.insert())
            for row in subscriptions:
                await tx.run(add, **row)

        await stage.site.site.ground.database.write(unit)
        await stage.write("hello")
        stage.site.clock.advance(5 * MINUTE)
        await stage.site.do_job(COLLECT)
        readers = []
        for expected in (READERS_AT_ONCE, 10):
            (part,) = await stage.waiting(SPREAD)
            await stage.site.do_job(SPREAD, **part)
            sent = await stage.waiting(SEND)
            assert len(sent) == expected
            readers += [one["subscription"] for one in sent]
        assert await stage.waiting(SPREAD) == []
        assert readers == [row["id"] for row in subscriptions if row["confirmed_at"]]


async def test_nobody_learns_whether_an_address_is_known(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        end = await stage.subscribe()
        assert await stage.ask() == (200, {})
        (mail,) = await stage.work()
        assert mail["Subject"] == "You get the posts of Amina already"
        assert unsubscribing(mail) == end
        assert len(await stage.rows()) == 1
        browser = stage.browser()
        for email in (READER, "new@elsewhere.example"):
            await browser.open(f"/mail/subscribe/{stage.amina.id}")
            await browser.submit(email=email)
            text = browser.text
            assert "Look into your mailbox" in text
            assert email in text


async def test_mailboxes_are_not_flooded(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        for _ in range(MOST_OF + 3):
            assert await stage.ask() == (200, {})
        assert len(await stage.work()) == MOST_OF
        for _ in range(MOST_TO):
            stage.site.clock.advance(HOUR)
            assert await stage.ask() == (200, {})
        assert len(await stage.work()) == MOST_TO - MOST_OF


async def test_nobody_asks_too_often(opened: Open) -> None:
    async with opened(limits=True) as stage:
        await stage.offer()
        for number in range(MOST_FROM):
            assert await stage.ask(f"r{number}@elsewhere.example") == (200, {})
        status, body = await stage.ask("more@elsewhere.example")
        assert (status, body["error"]) == (429, "Too many requests")
        browser = stage.browser()
        await browser.open(f"/mail/subscribe/{stage.amina.id}")
        await browser.submit(email="more@elsewhere.example")
        text = browser.text
        assert browser.status == 429
        assert 'value="more@elsewhere.example"' in text  # typed text stays


@pytest.mark.parametrize(
    ("email", "error"),
    [
        ("", "ERR_BLANK"),
        ("nobody", "ERR_INVALID"),
        ("a@b", "ERR_INVALID"),
        ("a,b@elsewhere.example", "ERR_INVALID"),
        ("a@elsewhere.example\nBcc: all@corp.example", "ERR_INVALID"),
        ("Amina <a@elsewhere.example>", "ERR_INVALID"),
        ("a" * 300 + "@elsewhere.example", "ERR_INVALID"),
    ],
)
async def test_what_is_no_address_is_refused(opened: Open, email: str, error: str) -> None:
    async with opened() as stage:
        await stage.offer()
        status, body = await stage.ask(email)
        assert status == 422
        assert body["details"]["email"][0]["error"] == error
        assert body["error"].startswith("Validation failed: Email")
        assert await stage.rows() == []


async def test_the_account_says_whether_its_posts_can_be_had(opened: Open) -> None:
    async with opened() as stage:
        owner = await stage.offer()
        bob = await stage.site.person("bob")
        path = f"/api/v1/accounts/{stage.amina.id}"
        _, _, shown = await stage.site.call("GET", path)
        assert shown["email_subscriptions"] is True
        assert (await stage.amina.get(f"/api/v1/accounts/{bob.id}"))["email_subscriptions"] is False
        role = (await stage.amina.get("/api/v1/accounts/verify_credentials"))["role"]
        assert int(role["permissions"]) & 1 << 22
        role = (await bob.get("/api/v1/accounts/verify_credentials"))["role"]
        assert not int(role["permissions"]) & 1 << 22
        _, _, page = await stage.site.call("GET", "/@amina", headers={"Accept": "text/html"})
        assert f'action="/mail/subscribe/{stage.amina.id}"' in page.decode()
        await owner.get("/@amina")
        assert "/mail/subscribe/" not in owner.page
        await owner.post("/settings/mail")
        assert (await stage.amina.get(path))["email_subscriptions"] is False
        status, body = await stage.ask()
        assert (status, body["error"]) == (404, "Record not found")
        status, _, _ = await stage.site.call("GET", f"/mail/subscribe/{stage.amina.id}")
        assert status == 401  # the sign-in page, as for all that visitors do not see


async def test_only_some_may_offer_it(opened: Open) -> None:
    async with opened() as stage:
        owner = await stage.offer(Role.MEMBER)
        status, body = await stage.ask()
        assert (status, body["error"]) == (404, "Record not found")
        await owner.get("/settings/mail")
        assert "only people with certain roles" in owner.words
        assert 'name="offered"' not in owner.page
    assert Right.MANAGE_EMAIL_SUBSCRIPTIONS.bit == 1 << 22


async def test_everybody_may_offer_it_where_the_site_says_so(opened: Open) -> None:
    async with opened(MailSubscriptions.EVERYBODY) as stage:
        await stage.offer(Role.MEMBER)
        assert await stage.ask() == (200, {})
        role = (await stage.amina.get("/api/v1/accounts/verify_credentials"))["role"]
        assert int(role["permissions"]) == 1 << 22


@pytest.mark.parametrize(
    ("who", "public"), [(MailSubscriptions.OFF, True), (MailSubscriptions.EVERYBODY, False)]
)
async def test_switched_off_there_is_nothing(
    opened: Open, who: MailSubscriptions, public: bool
) -> None:
    async with opened(who, public=public) as stage:
        await stage.offer(Role.OWNER)
        assert (await stage.ask())[0] == 404
        account = await stage.amina.get("/api/v1/accounts/verify_credentials")
        assert "email_subscriptions" not in account
        visitor = await visit(stage.site, stage.amina)
        assert await visitor.get("/settings/mail") == 404
        await visitor.get("/settings")
        assert "Posts by mail" not in visitor.words
        assert SWEEP not in stage.site.site.ground.runner._handlers


async def test_addresses_that_take_no_mail_are_forgotten(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        await stage.write("hello")
        stage.post.refused_recipients[READER] = "450 later"
        with pytest.raises(MailDelayed):
            await stage.news()
        assert len(await stage.rows()) == 1
        stage.post.refused_recipients[READER] = "550 nobody here"
        await stage.write("again")
        assert await stage.news() == []
        assert await stage.rows() == []


async def test_a_mail_that_the_server_refuses_costs_no_address(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        await stage.write("hello")
        stage.post.answers.append("554 looks like spam")
        with pytest.raises(GiveUp, match="554"):
            await stage.news()
        assert len(await stage.rows()) == 1


async def test_what_nobody_confirms_is_forgotten(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        await stage.ask("other@elsewhere.example")
        (question,) = await stage.work()
        stage.site.clock.advance(7 * DAY - 1)
        await stage.site.do_job(SWEEP)
        assert len(await stage.rows()) == 2
        stage.site.clock.advance(1)
        await stage.site.do_job(SWEEP)
        assert [row.email for row in await stage.rows()] == [READER]
        browser = stage.browser()
        text = await browser.open(links(question)["confirm"])
        assert browser.status == 404
        assert "This link is not good any more" in text


async def test_who_loses_the_right_offers_it_no_more(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.set_role(Role.MEMBER)
        await stage.site.do_job(SWEEP)
        path = f"/api/v1/accounts/{stage.amina.id}"
        assert (await stage.amina.get(path))["email_subscriptions"] is False


async def test_links_are_good_for_one_thing_and_one_address(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.ask()
        (question,) = await stage.work()
        path = links(question)["confirm"]
        token = path.rpartition("/")[2]
        number = path.split("/")[3]
        for wrong in (
            path[:-1] + ("0" if path[-1] != "0" else "1"),
            path.replace(number, str(int(number) + 1)),
            f"/mail/confirm/{number}/é",
        ):
            browser = stage.browser()
            await browser.open(wrong)
            assert browser.status == 404
        await stage.site.call("POST", f"/mail/unsubscribe/{number}/{token}", data=ONE_CLICK)
        assert len(await stage.rows()) == 1
        browser = stage.browser()
        await browser.open(unsubscribing(question))
        await browser.submit()
        text = browser.text
        assert "You get no more mail" in text
        assert await stage.rows() == []
        text = await browser.open(unsubscribing(question))
        assert (browser.status, "You get no more mail" in text) == (200, True)


async def test_confirming_needs_the_form(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.ask()
        (question,) = await stage.work()
        status, _, _ = await stage.site.call("POST", links(question)["confirm"], data={})
        assert status == 403
        assert (await stage.rows())[0].confirmed_at is None


async def test_authors_see_numbers_and_delete_addresses(opened: Open) -> None:
    async with opened() as stage:
        owner = await stage.offer()
        await stage.subscribe()
        await stage.ask("other@elsewhere.example")
        await owner.get("/settings/mail")
        assert "1 person gets your posts by mail." in owner.words
        assert "1 address is not confirmed yet." in owner.words
        assert "elsewhere.example" not in owner.page
        await owner.post("/settings/mail/clear")
        assert await stage.rows() == []


async def test_addresses_go_with_the_account(opened: Open) -> None:
    async with opened() as stage:
        await stage.offer()
        await stage.subscribe()
        services, database = stage.site.site.services, stage.site.site.ground.database
        leaving = Leaving(accounts=services.accounts, logins=services.access.logins)
        boss = await stage.site.person("boss")
        await database.write(services.access.logins.set_role, boss.account.id, Role.OWNER)
        await database.write(leaving.delete, stage.amina.account.id)
        assert await stage.rows() == []

        async def offers(tx: Transaction) -> int:
            return len(await tx.all(OFFERS))

        assert await database.read(offers) == 0
