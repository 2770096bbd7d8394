"""Signing up over a whole site with a real mail server, on both databases."""

from __future__ import annotations

import fedrse.app.registration as app_registration
from fedrse.app.registration import SWEEP, make_registrations
from fedrse.core.clock import DAY, HOUR
from fedrse.core.settings_mail import (
    RegistrationMode,
)
from fedrse.features.moderation.service_alerts import ROUND
from tests.features.access.sign_up_stage import PASSWORD, WAITING, Open, link_in


async def test_from_the_wish_to_the_account(opened: Open) -> None:
    async with opened() as stage:
        token = await stage.good()
        site = stage.site
        # The token is good for nothing but asking whether the address is confirmed.
        status, _, body = await site.call("GET", "/api/v1/accounts/verify_credentials", token=token)
        assert (status, body["error"]) == (
            403,
            "Your login is missing a confirmed e-mail address",
        )
        assert (await site.call("GET", "/api/v1/timelines/home", token=token))[0] == 403
        check = "/api/v1/emails/check_confirmation"
        assert (await site.call("GET", check, token=token))[2] is False
        # Nobody sees anything of it.
        ami = await site.person("ami")
        assert (await ami.call("GET", "/api/v1/accounts/lookup?acct=nina"))[0] == 404
        finger = "/.well-known/webfinger?resource=acct:nina@corp.example"
        assert (await site.call("GET", finger))[0] == 404

        (mail,) = await stage.mails()
        assert (mail["To"], mail["Subject"]) == ("nina@corp.example", "Confirmez votre adresse")
        path = link_in(mail)
        page = await stage.confirm(path)
        assert "/login" in page
        assert (await site.call("GET", check, token=token))[2] is True
        _, _, me = await site.call("GET", "/api/v1/accounts/verify_credentials", token=token)
        assert (me["username"], me["source"]["privacy"]) == ("Nina", "public")
        assert (await site.call("GET", finger))[0] == 200
        logins = site.site.services.access.logins
        login = await logins.authenticate(site.site.ground.database, "nina", PASSWORD)
        assert (login.email, login.locale, login.role.value) == (
            "nina@corp.example",
            "fr",
            "member",
        )
        # The link is good once, and there is nothing to confirm any more.
        assert (await site.call("GET", path))[0] == 404
        answer = await site.call("POST", "/api/v1/emails/confirmations", token=token)
        assert answer[0] == 403
        assert await stage.mails() == []


async def test_staff_hears_of_newcomers(opened: Open) -> None:
    async with opened() as stage:
        boss = await stage.site.person("boss")
        services, database = stage.site.site.services, stage.site.site.ground.database
        from fedrse.features.access.model import Role

        await database.write(services.access.logins.set_role, boss.account.id, Role.ADMIN)
        ami = await stage.site.person("ami")
        await stage.good()
        (mail,) = await stage.mails()
        assert await boss.get("/api/v1/notifications") == []
        await stage.confirm(link_in(mail))
        (told,) = await boss.get("/api/v1/notifications")
        assert (told["type"], told["account"]["username"]) == ("admin.sign_up", "Nina")
        assert await ami.get("/api/v1/notifications") == []


async def test_approval(opened: Open) -> None:
    async with opened(RegistrationMode.APPROVAL) as stage:
        site = stage.site
        boss = await site.person("boss")
        services, database = site.site.services, site.site.ground.database
        from fedrse.features.access.model import Role

        await database.write(services.access.logins.set_role, boss.account.id, Role.MODERATOR)
        registrations = make_registrations(site.site.ground, services)
        status, body = await stage.sign_up(reason=" ")
        assert (status, body["details"]) == (
            422,
            {"reason": [{"error": "ERR_BLANK", "description": "can't be blank"}]},
        )
        token = await stage.good()
        (mail,) = await stage.mails()
        page = await stage.confirm(link_in(mail))
        assert "/login" not in page
        status, _, body = await site.call("GET", "/api/v1/preferences", token=token)
        assert (status, body["error"]) == (403, "Your login is currently pending approval")
        # Those in charge hear of it by a mail of moderation: tests/features/moderation/test_alerts.
        assert await stage.mails() == []
        assert await database.read(lambda tx: tx.all(WAITING, kind=ROUND)) != []
        known = await registrations.approve(
            database, "nina@corp.example", app_registration.make_keys
        )
        assert known.is_ready
        (mail,) = await stage.mails()
        assert (mail["To"], mail["Subject"]) == ("nina@corp.example", "Votre compte est prêt")
        assert (await site.call("GET", "/api/v1/preferences", token=token))[0] == 200

        # Approved before the address is confirmed; rejected.
        await stage.good(username="otto", email="otto@corp.example")
        known = await registrations.approve(database, "otto", app_registration.make_keys)
        assert not known.is_ready
        (mail,) = await stage.mails()
        assert "/login" in await stage.confirm(link_in(mail))
        gone = await stage.good(username="zoe", email="zoe@corp.example")
        (mail,) = await stage.mails()
        await stage.confirm(link_in(mail))
        await stage.good(username="max", email="max@corp.example")
        await stage.mails()
        for name in ("zoe", "max"):
            await database.write(registrations.reject, name)
        assert (await site.call("GET", "/api/v1/preferences", token=gone))[0] == 401
        assert await database.read(registrations.all) == []
        # Whoever did not confirm the address may be anybody.
        (mail,) = await stage.mails()
        assert (mail["To"], mail["Subject"]) == ("zoe@corp.example", "Votre demande de compte")
        assert "Zoe" in mail.as_string() or "zoe" in mail.as_string()


async def test_who_has_an_account_is_told_by_mail_only(opened: Open) -> None:
    """The answer to the application is the same, and so is what its token can do."""
    async with opened() as stage:
        await stage.site.person("nina_already")
        changes = {"username": "other", "email": "nina_already@mail.example"}
        token = await stage.good(**changes)
        (mail,) = await stage.mails()
        assert mail["Subject"] == "Vous avez déjà un compte"
        assert "/auth/confirm" not in mail.as_string()
        check = await stage.site.call("GET", "/api/v1/emails/check_confirmation", token=token)
        assert check[2] is False
        # Two requests for one address: the second to be confirmed is too late.
        await stage.good()
        await stage.good(username="nina2")
        first, second = await stage.mails()
        assert "/login" in await stage.confirm(link_in(first))
        page = await stage.confirm(link_in(second))
        assert "Your account is ready" not in page
        assert (await stage.site.call("GET", "/@nina2"))[0] != 200


async def test_the_mail_again_and_elsewhere(opened: Open) -> None:
    async with opened() as stage:
        token = await stage.good()
        (first,) = await stage.mails()
        path = "/api/v1/emails/confirmations"
        assert (await stage.site.call("POST", path, token=token))[2] == {}
        (again,) = await stage.mails()
        assert link_in(again) == link_in(first)
        email = {"email": "other@corp.example"}
        assert (await stage.site.call("POST", path, token=token, json=email))[0] == 200
        (other,) = await stage.mails()
        assert other["To"] == "other@corp.example"
        # The link that went to the address of before proves nothing about the new one.
        assert (await stage.site.call("GET", link_in(first)))[0] == 404
        assert (await stage.site.call("POST", path, token=token, json={"email": "x"}))[0] == 422
        assert "/login" in await stage.confirm(link_in(other))


async def test_what_nobody_confirms_is_forgotten(opened: Open) -> None:
    async with opened() as stage:
        token = await stage.good()
        (mail,) = await stage.mails()
        stage.site.clock.advance(2 * DAY - HOUR)
        await stage.site.do_job(SWEEP)
        assert (await stage.site.call("GET", link_in(mail)))[0] == 200
        stage.site.clock.advance(HOUR)
        await stage.site.do_job(SWEEP)
        assert (await stage.site.call("GET", link_in(mail)))[0] == 404
        assert (await stage.site.call("GET", "/api/v1/preferences", token=token))[0] == 401
        await stage.good()


async def test_links_that_are_none(opened: Open) -> None:
    async with opened() as stage:
        await stage.good()
        (mail,) = await stage.mails()
        start, _, token = link_in(mail).rpartition("/")
        wrong = "0" * len(token)
        for path in (f"{start}/{wrong}", f"{start}/{token}x", "/auth/confirm/1/x", f"{start}/é"):
            assert (await stage.site.call("GET", path))[0] == 404, path
