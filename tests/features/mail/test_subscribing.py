"""Who may ask for posts by mail and of whom, and what strangers learn by it."""

from __future__ import annotations

import pytest

from fedrse.core.clock import HOUR
from fedrse.core.settings_mail import MailSubscriptions
from fedrse.features.access.model import Role
from fedrse.features.mail.jobs import SWEEP
from fedrse.features.mail.service import MOST_FROM, MOST_OF, MOST_TO
from fedrse.http.rights import Right
from tests.features.mail.stage import ONE_CLICK, READER, Open, links, unsubscribing
from tests.features.page_visitor import visit


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
