"""Posts by mail, from the question to the last mail, over a whole site with a real mail server."""

from __future__ import annotations

import pytest

from fedrse.core.clock import DAY, MINUTE
from fedrse.features.access.model import Role
from fedrse.features.mail.jobs import COLLECT, SWEEP
from fedrse.features.mail.model import MOST_IN_A_MAIL
from fedrse.features.mail.service import SEND
from fedrse.features.mail.service_batches import READERS_AT_ONCE, SPREAD
from fedrse.features.mail.tables import mail_subscription
from fedrse.features.migration.service_leaving import Leaving
from fedrse.jobs.model import GiveUp
from fedrse.net.mail import MailDelayed
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.mail.stage import OFFERS, ONE_CLICK, READER, Open, links, unsubscribing, words


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
