"""What is asked of people who sign up: what is wrong with a wish, and whether one may make it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.app.registration import make_registrations
from fedrse.core.clock import DAY, HOUR
from fedrse.core.settings_mail import (
    RegistrationMode,
    RegistrationSettings,
)
from fedrse.features.access.model_blocks import Attempts
from fedrse.features.access.model_registration import Wish, problems_of
from fedrse.features.audit.model import SITE
from fedrse.store.database import Transaction
from tests.features.access.sign_up_stage import WISH, Open, link_in


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
