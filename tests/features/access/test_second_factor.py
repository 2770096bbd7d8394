"""Codes of an app and on paper: rules, storage, and the pages around them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fedrse.features
from fedrse.core.clock import DAY, SECOND, ManualClock
from fedrse.core.errors import TooMany
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings, SiteSettings
from fedrse.features.access.model_second_factor import (
    RECOVERY_CODES,
    STEP,
    WrongCode,
    base32_of,
    code_of,
    digits_of,
    new_recovery_codes,
    otpauth_uri,
    plain_recovery_code,
    step_of_code,
)
from fedrse.features.access.model_security import Happened, Visitor, browser_words
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
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.access.service_steps import Steps
from fedrse.jobs.queue import Queue
from fedrse.store.database import Database
from fedrse.web.renderer import Renderer, feature_templates
from tests.features.access.conftest import PASSWORD, AddPerson, RunningSite, Serve, me
from tests.features.access.test_access_pages import Browser
from tests.features.fakes import FakeQueue

RFC_SECRET = b"12345678901234567890"  # RFC 6238, appendix B
NEW_PASSWORD = "violet ladder seven boats"


# Rules


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = seconds * SECOND
    assert code_of(RFC_SECRET, now // STEP) == code
    assert step_of_code(RFC_SECRET, code, now=now, after=0) == now // STEP


def test_a_code_is_good_for_a_step_around_it_and_once() -> None:
    now = 2_000_000_000 * SECOND
    step = now // STEP
    for away, found in ((-2, None), (-1, step - 1), (0, step), (1, step + 1), (2, None)):
        assert step_of_code(RFC_SECRET, code_of(RFC_SECRET, step + away), now=now, after=0) == found
    code = code_of(RFC_SECRET, step)
    assert step_of_code(RFC_SECRET, code, now=now, after=step) is None, "used"
    assert step_of_code(RFC_SECRET, code, now=now, after=step - 1) == step


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_code_or_not(text: str) -> None:
    assert re.fullmatch(r"(\d{6})?", digits_of(text), re.ASCII)
    assert re.fullmatch(r"([a-z2-9]{16})?", plain_recovery_code(text))


def test_codes_on_paper_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    for code in codes:
        plain = plain_recovery_code(code)
        assert len(plain) == 16
        assert plain == plain_recovery_code(code.upper().replace("-", " ")) == code.replace("-", "")
    assert plain_recovery_code("abcd") == ""


def test_the_address_in_the_picture() -> None:
    uri = otpauth_uri(RFC_SECRET, issuer="Lyon: ships & co", name="amina@mail.example")
    assert uri.startswith("otpauth://totp/Lyon%20%20ships%20%26%20co:amina%40mail.example?secret=")
    assert base32_of(RFC_SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert "&issuer=Lyon%3A%20ships%20%26%20co&digits=6&period=30" in uri


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        ("curl/8.5", "curl/8.5"),
        ("", ""),
    ],
)
def test_browsers_in_words(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words


# Storage, on both databases


@pytest.fixture
async def set_up(
    database: Database, second: SecondFactors, clock: ManualClock
) -> Callable[[int], Awaitable[tuple[bytes, list[str]]]]:
    """Gives somebody an app; returns its secret and the codes on paper."""

    async def make(account_id: int) -> tuple[bytes, list[str]]:
        await database.write(second.begin, account_id)
        secret = await database.read(second.pending_secret, account_id)
        assert secret is not None
        code = code_of(secret, clock.now() // STEP)
        return secret, await database.write(second.confirm, account_id, code, Visitor())

    return make


SetUp = Callable[[int], Awaitable[tuple[bytes, list[str]]]]


async def test_nothing_is_asked_for_before_the_first_code(
    database: Database, second: SecondFactors, add_person: AddPerson, clock: ManualClock
) -> None:
    amina = await add_person()
    await database.write(second.begin, amina)
    secret = await database.read(second.pending_secret, amina)
    assert secret is not None
    assert not await database.read(second.is_on, amina)
    with pytest.raises(WrongCode):
        await database.write(second.confirm, amina, "000000", Visitor())
    assert not await database.read(second.is_on, amina)
    code = code_of(secret, clock.now() // STEP)
    await database.write(second.confirm, amina, code, Visitor())
    assert await database.read(second.is_on, amina)
    assert await database.read(second.pending_secret, amina) is None, "never shown again"


async def test_a_secret_in_use_is_not_replaced(
    database: Database,
    second: SecondFactors,
    add_person: AddPerson,
    clock: ManualClock,
    set_up: SetUp,
) -> None:
    amina = await add_person()
    secret, _ = await set_up(amina)
    await database.write(second.begin, amina)
    clock.advance(STEP)
    code = code_of(secret, clock.now() // STEP)
    await database.write(second.check, amina, code, Visitor())


async def test_secrets_are_not_readable_in_the_database(
    database: Database, second: SecondFactors, add_person: AddPerson, set_up: SetUp
) -> None:
    from fedrse.features.access.queries_security import TOTP

    amina = await add_person()
    secret, _ = await set_up(amina)
    row = await database.read(lambda tx: tx.one(TOTP, holder=amina))
    assert secret not in row.secret
    assert len(row.secret) > len(secret)


async def test_each_code_works_once(
    database: Database,
    second: SecondFactors,
    add_person: AddPerson,
    clock: ManualClock,
    set_up: SetUp,
) -> None:
    amina, bruno = await add_person(), await add_person("bruno")
    secret, codes = await set_up(amina)
    await set_up(bruno)
    with pytest.raises(WrongCode):
        await database.write(second.check, amina, code_of(secret, clock.now() // STEP), Visitor())
    clock.advance(STEP)
    code = code_of(secret, clock.now() // STEP)
    await database.write(second.check, amina, code, Visitor())
    for used in (code, code_of(secret, clock.now() // STEP - 1)):
        with pytest.raises(WrongCode):
            await database.write(second.check, amina, used, Visitor())
    with pytest.raises(WrongCode):
        await database.write(second.check, bruno, codes[0], Visitor())
    await database.write(second.check, amina, codes[0].upper(), Visitor())
    with pytest.raises(WrongCode):
        await database.write(second.check, amina, codes[0], Visitor())
    assert (await database.read(second.state, amina)).codes_left == RECOVERY_CODES - 1


async def test_new_codes_void_the_old_ones(
    database: Database, second: SecondFactors, add_person: AddPerson, set_up: SetUp
) -> None:
    amina = await add_person()
    _, old = await set_up(amina)
    new = await database.write(second.renew_codes, amina, Visitor())
    with pytest.raises(WrongCode):
        await database.write(second.check, amina, old[0], Visitor())
    await database.write(second.check, amina, new[0], Visitor())


async def test_events_are_kept_for_ninety_days(
    database: Database, security_log: SecurityLog, add_person: AddPerson, clock: ManualClock
) -> None:
    amina, bruno = await add_person(), await add_person("bruno")
    visitor = Visitor(user_agent="Firefox", address="192.0.2.1")
    await database.write(security_log.note, amina, Happened.SIGNED_IN, visitor)
    clock.advance(DAY)
    await database.write(security_log.note, amina, Happened.TOTP_ON, visitor)
    kinds = [one.kind for one in await database.read(security_log.of_account, amina)]
    assert kinds == ["totp_on", "signed_in"]
    assert await database.read(security_log.of_account, bruno) == []
    clock.advance(89 * DAY)
    assert len(await database.read(security_log.of_account, amina)) == 1
    await database.write(security_log.sweep)
    clock.advance(-DAY)
    assert len(await database.read(security_log.of_account, amina)) == 1, "swept"


async def test_browsers_are_recognised(
    database: Database, security_log: SecurityLog, add_person: AddPerson
) -> None:
    amina, bruno = await add_person(), await add_person("bruno")
    first = await database.write(security_log.recognise, amina, "")
    assert first.is_first
    again = await database.write(security_log.recognise, amina, first.secret)
    assert again == (first.secret, False, False)
    other = await database.write(security_log.recognise, amina, "made up")
    assert other.is_new
    assert not other.is_first
    assert other.secret != "made up", "nobody chooses it"
    shared = await database.write(security_log.recognise, bruno, first.secret)
    assert shared.is_first
    assert shared.secret != first.secret


# Pages


@pytest.fixture
async def site(
    serve: Serve,
    database: Database,
    oauth: OAuth,
    logins: Logins,
    sessions: Sessions,
    entrance: Entrance,
    second: SecondFactors,
    security_log: SecurityLog,
    clock: ManualClock,
    ids: IdMaker,
) -> RunningSite:
    renderer = Renderer(
        Settings(site=SiteSettings(base_url="https://lyon.corp.example", name="Lyon")),
        feature_templates=feature_templates(Path(fedrse.features.__path__[0])),
    )
    sign_in = SignInPages(
        database=database,
        logins=logins,
        sessions=sessions,
        entrance=entrance,
        oauth=oauth,
        renderer=renderer,
    )
    step = SecondStepPages(database=database, entrance=entrance, sign_in=sign_in, renderer=renderer)
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
            *sign_in.routes(),
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
