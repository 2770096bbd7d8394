"""Codes of an app and on paper: rules and storage."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import DAY, SECOND, ManualClock
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
from fedrse.features.access.service_second_factor import SecondFactors
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.store.database import Database
from tests.features.access.conftest import AddPerson

RFC_SECRET = b"12345678901234567890"  # RFC 6238, appendix B


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
