"""Pages around codes of an app and on paper."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import unquote

import pytest

from fedrse.core.clock import SECOND, ManualClock
from fedrse.core.errors import TooMany
from fedrse.core.ids import IdMaker
from fedrse.features.access.model_second_factor import RECOVERY_CODES, STEP, code_of
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_second import SecondStepPages
from fedrse.features.access.pages_security import SecurityPages
from fedrse.features.access.pages_totp import TotpPages
from fedrse.features.access.service import Logins
from fedrse.features.access.service_entrance import Entrance
from fedrse.features.access.service_letters import Letters
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_passkeys import Passkeys
from fedrse.features.access.service_second_factor import SecondFactors
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_steps import Steps
from fedrse.jobs.queue import Queue
from fedrse.store.database import Database
from fedrse.web.renderer import Renderer
from tests.features.access.browser import Browser
from tests.features.access.conftest import PASSWORD, AddPerson, RunningSite, Serve, me
from tests.features.fakes import FakeQueue

NEW_PASSWORD = "violet ladder seven boats"


@pytest.fixture
async def site(
    serve: Serve,
    database: Database,
    logins: Logins,
    entrance: Entrance,
    second: SecondFactors,
    security_log: SecurityLog,
    clock: ManualClock,
    ids: IdMaker,
    renderer: Renderer,
    sign_in_pages: SignInPages,
) -> RunningSite:
    step = SecondStepPages(
        database=database, entrance=entrance, sign_in=sign_in_pages, renderer=renderer
    )
    passkeys = Passkeys(
        clock=clock,
        ids=ids,
        steps=Steps(clock=clock),
        log=security_log,
        origin="https://lyon.corp.example",
        site_name="Lyon",
    )
    letters = Letters(queue=cast("Queue", FakeQueue()), is_on=False)
    common: dict[str, Any] = {
        "database": database,
        "logins": logins,
        "second": second,
        "log": security_log,
        "me": me,
        "renderer": renderer,
    }
    return await serve(
        [
            *sign_in_pages.routes(),
            *step.routes(),
            *SecurityPages(**common, passkeys=passkeys, letters=letters).routes(),
            *TotpPages(**common, issuer="Lyon").routes(),
        ]
    )


@pytest.fixture
def browser(site: RunningSite) -> Browser:
    return Browser(site)


async def sign_in(browser: Browser, password: str = PASSWORD) -> None:
    await browser.open("/login?next=/settings/security")
    await browser.sign_in(password=password)


async def set_up_by_page(browser: Browser, clock: ManualClock) -> tuple[bytes, list[str]]:
    import base64

    await browser.open("/settings/security")
    await browser.submit()
    assert browser.location == "/settings/security/totp"
    await browser.open(browser.location)
    shown = re.search(r'<code aria-labelledby="secret-label">([A-Z2-7 ]+)</code>', browser.text)
    assert shown
    secret = base64.b32decode(shown[1].replace(" ", ""))
    await browser.submit(code=code_of(secret, clock.now() // STEP), password=PASSWORD)
    assert browser.status == 200
    return secret, re.findall(r"<code>([a-z2-9-]+)</code>", browser.text)


async def test_setting_up_an_app_and_signing_in_with_it(
    url: str, browser: Browser, site: RunningSite, add_person: AddPerson, clock: ManualClock
) -> None:
    await add_person()
    await sign_in(browser)
    assert browser.location == "/settings/security"
    secret, codes = await set_up_by_page(browser, clock)
    assert len(codes) == RECOVERY_CODES
    (kept,) = re.findall(r'href="data:text/plain;charset=utf-8,([^"]+)"', browser.text)
    assert unquote(kept).split()[-RECOVERY_CODES:] == codes
    clock.advance(STEP)
    other = Browser(site)
    await sign_in(other)
    assert other.location == "/login/second"
    assert not any("session" in name for name in other.cookies), "not in yet"
    await other.open("/settings/security")
    assert other.status == 401
    await other.open("/login/second")
    await other.submit(code="000 000")
    assert other.status == 422
    assert "Wait for the next one" in other.text
    code = code_of(secret, clock.now() // STEP)
    await other.submit(code=f" {code[:3]} {code[3:]}")
    assert other.location == "/settings/security"
    await other.open("/settings/security")
    assert other.status == 200
    assert "Wrong code of the second step" in other.text
    third = Browser(site)
    await sign_in(third)
    await third.open("/login/second?with=recovery")
    await third.submit(code=codes[3])
    assert third.location == "/settings/security"
    await third.open("/settings/security")
    assert "9 recovery codes are left." in third.text


async def test_a_step_is_finished_once_and_by_the_browser_that_began_it(
    url: str, browser: Browser, site: RunningSite, add_person: AddPerson, clock: ManualClock
) -> None:
    await add_person()
    await sign_in(browser)
    secret, _ = await set_up_by_page(browser, clock)
    clock.advance(STEP)
    other, stranger = Browser(site), Browser(site)
    await stranger.open("/login/second")
    assert stranger.location == "/login?over=1"
    await sign_in(other)
    await other.open("/login/second")
    form, cookies = other.fields(), dict(other.cookies)
    await other.submit(code=code_of(secret, clock.now() // STEP))
    clock.advance(STEP)
    late = Browser(site)
    late.cookies = cookies
    origin = {"Origin": "https://lyon.corp.example"}
    data = {**form, "code": code_of(secret, clock.now() // STEP)}
    await late.open("/login/second", "POST", data=data, headers=origin)
    assert late.location == "/login?over=1"
    await late.open(late.location)
    assert "This took too long" in late.text


async def test_guessing_codes_ends_soon(
    url: str,
    browser: Browser,
    site: RunningSite,
    add_person: AddPerson,
    clock: ManualClock,
    database: Database,
    second: SecondFactors,
) -> None:
    amina = await add_person()
    await sign_in(browser)
    secret, _ = await set_up_by_page(browser, clock)
    clock.advance(5 * 60 * SECOND)
    other = Browser(site)
    await sign_in(other)
    await other.open("/login/second")
    for _ in range(5):
        await other.open("/login/second")
        await other.submit(code="000000")
        assert other.status == 422
    await other.open("/login/second")
    await other.submit(code=code_of(secret, clock.now() // STEP))
    assert other.status == 429, "even the right one"
    with pytest.raises(TooMany):
        second.count(amina)


async def test_the_app_is_removed_with_the_password_only(
    url: str, browser: Browser, site: RunningSite, add_person: AddPerson, clock: ManualClock
) -> None:
    await add_person()
    await sign_in(browser)
    await set_up_by_page(browser, clock)
    await browser.open("/settings/security/totp/off")
    await browser.submit(password="wrong")
    assert browser.status == 422
    assert "This is not your password." in browser.text
    await browser.submit(password=PASSWORD)
    assert browser.location == "/settings/security?done=totp-off"
    other = Browser(site)
    await sign_in(other)
    assert other.location == "/settings/security", "no second step"


@pytest.mark.parametrize(
    ("new", "again", "field"),
    [
        ("short", "short", "new"),
        ("azertyuiop12", "azertyuiop12", "new"),
        ("amina-amina-amina", "amina-amina-amina", "new"),
        (NEW_PASSWORD, "another one", "again"),
    ],
)
async def test_a_new_password_has_to_be_a_good_one(
    url: str, browser: Browser, add_person: AddPerson, new: str, again: str, field: str
) -> None:
    await add_person()
    await sign_in(browser)
    await browser.open("/settings/security/password")
    await browser.submit(current=PASSWORD, new=new, again=again)
    assert browser.status == 422
    assert re.findall(r'id="(\w+)-error"', browser.text) == [field]


async def test_changing_the_password_ends_what_was_chosen(
    url: str,
    browser: Browser,
    site: RunningSite,
    add_person: AddPerson,
    database: Database,
    oauth: OAuth,
) -> None:
    amina = await add_person()
    issued = await database.write(oauth.issue_for_script, amina, ["read"])
    other = Browser(site)
    await sign_in(browser)
    await sign_in(other)

    async def change(current: str, new: str, **chosen: str) -> None:
        await browser.open("/settings/security/password")
        await browser.submit(current=current, new=new, again=new, **chosen)
        assert browser.location == "/settings/security?done=password"
        await browser.open(browser.location)
        assert "Your password is changed." in browser.text, "still in"

    await change(PASSWORD, NEW_PASSWORD)
    await other.open("/settings/security")
    assert other.status == 200, "was not chosen"
    await change(NEW_PASSWORD, PASSWORD, end_sessions="1")
    await other.open("/settings/security")
    assert other.status == 401
    apps = await database.read(oauth.authorized_apps, amina)
    assert issued.token
    assert len(apps) == 1, "kept"
    await change(PASSWORD, NEW_PASSWORD, end_apps="1")
    assert await database.read(oauth.authorized_apps, amina) == []


async def test_a_wrong_password_is_noted_for_whoever_has_the_name(
    url: str,
    browser: Browser,
    add_person: AddPerson,
    database: Database,
    security_log: SecurityLog,
) -> None:
    amina = await add_person()
    await browser.open("/login")
    await browser.sign_in(password="wrong wrong wrong")
    await browser.sign_in(name="nobody", password="wrong wrong wrong")
    await security_log.close()
    events = await database.read(security_log.of_account, amina)
    assert [one.kind for one in events] == ["password_wrong"]
