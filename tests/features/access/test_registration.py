"""Signing up over a whole site with a real mail server, on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, select

import fedrse.app.registration as app_registration
from fedrse.app.registration import SWEEP, make_registrations
from fedrse.core.clock import DAY, HOUR, ManualClock
from fedrse.core.settings import LimitSettings
from fedrse.core.settings_mail import (
    MailSecurity,
    MailSettings,
    RegistrationMode,
    RegistrationSettings,
)
from fedrse.features.access.model_blocks import Attempts
from fedrse.features.access.model_registration import Wish, problems_of
from fedrse.features.access.service_letters import SEND
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.audit.model import SITE
from fedrse.features.moderation.service_alerts import ROUND
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.whole import WholeSite, whole_site
from tests.net.smtp_server import Post, only_link, post_office

PASSWORD = "correct-horse-battery-41"
WISH = {
    "username": "Nina",
    "email": "Nina@corp.example",
    "password": PASSWORD,
    "agreement": True,
    "locale": "fr-CA",
    "reason": "Je suis de l'équipe",
}
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
WAITING = Statement(select(job).where(job.c.kind == bindparam("kind")).order_by(job.c.id))
FORGET = Statement(delete(job).where(job.c.kind == bindparam("kind")))
LINK = re.compile(r"https://lyon\.corp\.example(/auth/confirm/\d+/[0-9a-f]+)")
link_in = partial(only_link, LINK)


class Stage:
    """A site with its mail server."""

    def __init__(self, site: WholeSite, post: Post) -> None:
        self.site = site
        self.post = post

    async def app(self, scopes: str = "read write follow push") -> str:
        fields = {"client_name": "app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        _, _, app = await self.site.call("POST", "/api/v1/apps", json=fields | {"scopes": scopes})
        names = ("client_id", "client_secret")
        _, _, token = await self.site.call(
            "POST",
            "/oauth/token",
            json={name: app[name] for name in names}
            | {"grant_type": "client_credentials", "scope": scopes},
        )
        return str(token["access_token"])

    async def sign_up(self, token: str | None = None, **changes: Any) -> tuple[int, Any]:
        token = token or await self.app()
        status, _, body = await self.site.call(
            "POST", "/api/v1/accounts", token=token, json=WISH | changes
        )
        return status, body

    async def good(self, **changes: Any) -> str:
        status, body = await self.sign_up(**changes)
        assert status == 200, body
        return str(body["access_token"])

    async def mails(self) -> list[EmailMessage]:
        """Sends what waits and takes it out of the boxes."""
        database = self.site.site.ground.database

        async def take(tx: Transaction) -> list[str]:
            found = [row.arguments for row in await tx.all(WAITING, kind=SEND)]
            await tx.run(FORGET, kind=SEND)
            return found

        for arguments in await database.write(take):
            await self.site.do_job(SEND, **json.loads(arguments))
        found, self.post.mails = self.post.mails, []
        return found

    async def confirm(self, path: str) -> str:
        """Opens the page of the link and presses its button; the page that follows."""
        client, origin = self.site.client, "https://lyon.corp.example"
        async with client.get(self.site.address + path) as answer:
            page, cookies = await answer.text(), answer.cookies
        token = CSRF.search(page)
        assert token is not None, page
        header = "; ".join(f"{one.key}={one.value}" for one in cookies.values())
        async with client.post(
            self.site.address + path,
            data={"csrf_token": token[1]},
            headers={"Cookie": header, "Origin": origin},
        ) as answer:
            assert answer.status == 200
            return await answer.text()


Open = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def opened(
    url: str,
    tmp_path: Path,
    key_pair: KeyPair,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Open:
    """Opens a site with these settings of registration."""
    monkeypatch.setattr(app_registration, "generate_key_pair", lambda: key_pair)

    @asynccontextmanager
    async def open_stage(
        mode: RegistrationMode = RegistrationMode.OPEN, *, limits: bool = False, **more: Any
    ) -> AsyncIterator[Stage]:
        async with post_office() as post:
            mail = MailSettings(host="localhost", port=post.port, security=MailSecurity.NONE)
            changes = {
                "registration": RegistrationSettings(mode=mode, **more),
                "mail": mail,
                "limits": LimitSettings(enabled=limits),
            }
            async with whole_site(url, tmp_path, key_pair, clock, **changes) as site:
                yield Stage(site, post)

    return open_stage


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


async def test_tries_with_a_blocked_domain_are_counted(opened: Open) -> None:
    async with opened() as stage:
        whole = stage.site
        blocks, database = whole.site.services.sign_up_blocks, whole.site.ground.database
        made = await database.write(blocks.block_domain, SITE, "corp.example")
        await database.write(blocks.block_domain, SITE, "other.example")
        for _ in range(2):
            status, body = await stage.sign_up()
            assert (status, body["details"]["email"][0]["error"]) == (422, "ERR_BLOCKED")
        await stage.sign_up(email="nina@elsewhere.example")
        today = whole.clock.now() // DAY
        found = await database.read(blocks.attempts, [made.id])
        assert found == {made.id: {today: Attempts(uses=2, addresses=1)}}


async def test_what_is_wrong_is_told_by_field(opened: Open) -> None:
    async with opened(email_domains=["corp.example"], minimum_age=18) as stage:
        status, body = await stage.sign_up(
            username="a b",
            email="nina@elsewhere.example",
            password="short",
            agreement=False,
            locale="",
            date_of_birth="2010-01-16",
        )
        assert status == 422
        errors = {name: [one["error"] for one in found] for name, found in body["details"].items()}
        assert errors == {
            "username": ["ERR_INVALID"],
            "email": ["ERR_BLOCKED"],
            "password": ["ERR_TOO_SHORT"],
            "agreement": ["ERR_ACCEPTED"],
            "locale": ["ERR_BLANK"],
            "date_of_birth": ["ERR_BELOW_LIMIT"],
        }
        assert body["error"].startswith("Validation failed: Username must contain only")
        born = {"date_of_birth": "2000-02-29"}
        for changes, field, error in (
            ({"username": "admin"}, "username", "ERR_RESERVED"),
            ({"username": ""}, "username", "ERR_BLANK"),
            ({"username": "x" * 31}, "username", "ERR_TOO_LONG"),
            ({"email": "nina"}, "email", "ERR_INVALID"),
            ({"email": ""}, "email", "ERR_BLANK"),
            ({"password": "x" * 300}, "password", "ERR_TOO_LONG"),
            ({"password": "1234567890"}, "password", "ERR_INVALID"),
            ({"password": "nina@corp.example"}, "password", "ERR_INVALID"),
            ({"reason": "x" * 500}, "reason", "ERR_TOO_LONG"),
            ({"date_of_birth": "yesterday"}, "date_of_birth", "ERR_INVALID"),
        ):
            status, body = await stage.sign_up(**(born | changes))
            assert status == 422, changes
            assert [one["error"] for one in body["details"][field]] == [error], changes
        await stage.site.person("nina")
        for name in ("nina", "NINA"):
            _, body = await stage.sign_up(**born, username=name)
            assert body["details"]["username"][0]["error"] == "ERR_TAKEN"
        await stage.good(**born, username="otto")
        _, body = await stage.sign_up(**born, username="OTTO", email="x@corp.example")
        assert body["details"]["username"][0]["error"] == "ERR_TAKEN"


async def test_closed_and_invitations(opened: Open) -> None:
    async with opened(RegistrationMode.CLOSED, message="Ask <Ami>") as stage:
        site = stage.site
        status, body = await stage.sign_up()
        assert (status, body["error_code"]) == (403, "registrations_closed")
        registrations = make_registrations(site.site.ground, site.site.services)
        database = site.site.ground.database

        async def invite(tx: Transaction) -> str:
            return await registrations.invite(tx, most_uses=1, life=DAY)

        code, late = await database.write(invite), await database.write(invite)
        (one, _) = await database.read(registrations.invitations)
        await stage.good(invite_code=code)
        for bad in (code, "x"):
            status, body = await stage.sign_up(username="otto", invite_code=bad)
            assert body["details"]["invite_code"][0]["error"] == "ERR_INVALID"
        assert [left.id for left in await database.read(registrations.invitations)] != [one.id]
        site.clock.advance(DAY)
        status, body = await stage.sign_up(username="otto", invite_code=late)
        assert status == 422
        (mail,) = await stage.mails()
        assert "/login" in await stage.confirm(link_in(mail))
        _, _, instance = await site.call("GET", "/api/v2/instance")
        assert instance["registrations"] == {
            "enabled": False,
            "approval_required": False,
            "reason_required": False,
            "message": "<p>Ask &lt;Ami&gt;</p>",
            "min_age": None,
            "url": None,
        }


@pytest.mark.parametrize("mode", [RegistrationMode.APPROVAL, RegistrationMode.OPEN])
async def test_the_instance_tells_the_truth(opened: Open, mode: RegistrationMode) -> None:
    approval = mode is RegistrationMode.APPROVAL
    async with opened(mode, minimum_age=16) as stage:
        _, _, instance = await stage.site.call("GET", "/api/v2/instance")
        assert instance["registrations"] == {
            "enabled": True,
            "approval_required": approval,
            "reason_required": approval,
            "message": None,
            "min_age": 16,
            "url": None,
        }
        _, _, old = await stage.site.call("GET", "/api/v1/instance")
        assert (old["registrations"], old["approval_required"]) == (True, approval)
        _, _, nodeinfo = await stage.site.call("GET", "/nodeinfo/2.1")
        assert nodeinfo["openRegistrations"] is not approval


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


async def test_limits(opened: Open) -> None:
    async with opened(limits=True) as stage:
        app = await stage.app()
        statuses = [(await stage.sign_up(app, username=f"p{number}"))[0] for number in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        stage.site.clock.advance(HOUR)
        token = (await stage.sign_up(app, username="q"))[1]["access_token"]
        path = "/api/v1/emails/confirmations"
        answers = [(await stage.site.call("POST", path, token=token))[0] for _ in range(7)]
        assert answers == [200] * 5 + [429] * 2


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


async def test_application_tokens_and_scopes(opened: Open) -> None:
    async with opened() as stage:
        assert (await stage.site.call("POST", "/api/v1/accounts", json=WISH))[0] == 401
        reader = await stage.app("read")
        assert (await stage.sign_up(reader))[0] == 403
        writer = await stage.app("write:accounts")
        status, body = await stage.sign_up(writer)
        assert (status, body["scope"], body["token_type"]) == (200, "write:accounts", "Bearer")


@given(
    values=st.dictionaries(
        st.sampled_from(["username", "email", "password", "locale", "reason", "date_of_birth"]),
        st.text(max_size=40),
    )
)
def test_any_wish_is_understood(values: dict[str, str]) -> None:
    settings = RegistrationSettings(mode=RegistrationMode.APPROVAL, minimum_age=15)
    wish = msgspec.convert(values, Wish)
    found = problems_of(wish, settings, date(2026, 1, 15))
    assert any(one.field == "agreement" for one in found)
