"""Passkeys: what is refused. That they work is shown in a browser (tests/browser)."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedrse.core.clock import MINUTE, ManualClock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.access.model_passkeys import PasskeyRefused, passkey_name, relying_party
from fedrse.features.access.model_security import Visitor
from fedrse.features.access.service_passkeys import Passkeys
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_steps import StepOver, Steps
from fedrse.store.database import Database
from tests.features.access.conftest import AddPerson

ORIGIN = "https://lyon.corp.example"


@pytest.fixture
def passkeys(clock: ManualClock, ids: IdMaker, steps: Steps, security_log: SecurityLog) -> Passkeys:
    return Passkeys(
        clock=clock, ids=ids, steps=steps, log=security_log, origin=ORIGIN, site_name="Lyon"
    )


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://lyon.corp.example", "lyon.corp.example"),
        ("https://lyon.corp.example:8443", "lyon.corp.example"),
        ("http://localhost:8080", "localhost"),
        ("http://lyon.localhost:8080", "lyon.localhost"),
        ("http://lyon.corp.example", None),
        ("http://127.0.0.1:8080", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_where_browsers_permit_passkeys(origin: str, host: str | None) -> None:
    assert relying_party(origin) == host


@given(st.text(max_size=200))
def test_names_are_one_line(text: str) -> None:
    name = passkey_name(text)
    assert len(name) <= 60
    assert len(name.splitlines()) <= 1


def websafe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(challenge: str, **changes: object) -> str:
    """The answer of a soft authenticator that has an Ed25519 key of zeros."""
    values: dict[str, object] = {
        "type": "webauthn.create",
        "origin": ORIGIN,
        "host": "lyon.corp.example",
        "flags": 0x45,
        "credential": b"credential-0001",
        **changes,
    }
    client = {
        "type": values["type"],
        "challenge": values.get("asked", challenge),
        "origin": values["origin"],
        "crossOrigin": False,
    }
    credential = values["credential"]
    assert isinstance(credential, bytes)
    flags = values["flags"]
    assert isinstance(flags, int)
    # COSE: kty OKP, alg EdDSA, crv Ed25519, x (RFC 9053).
    key = bytes([0xA4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]) + bytes(32)
    data = (
        hashlib.sha256(str(values["host"]).encode()).digest()
        + bytes([flags])
        + (7).to_bytes(4, "big")
        + bytes(16)
        + len(credential).to_bytes(2, "big")
        + credential
        + key
    )
    attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
    return json.dumps(
        {
            "id": websafe(credential),
            "rawId": websafe(credential),
            "type": "public-key",
            "response": {
                "clientDataJSON": websafe(json.dumps(client).encode()),
                "attestationObject": websafe(attestation),
            },
            "clientExtensionResults": {},
        }
    )


async def add(database: Database, passkeys: Passkeys, account_id: int, **changes: object) -> None:
    begun = await database.write(
        lambda tx: passkeys.begin_adding(tx, account_id, name="amina", display_name="")
    )
    credential = made(begun.options["publicKey"]["challenge"], **changes)
    await database.write(
        lambda tx: passkeys.add(
            tx, account_id, begun.token, credential, name=" Blue\nkey ", visitor=Visitor()
        )
    )


async def test_a_key_is_kept_once_and_removed_by_its_owner(
    database: Database, passkeys: Passkeys, add_person: AddPerson
) -> None:
    amina, bruno = await add_person(), await add_person("bruno")
    await add(database, passkeys, amina)
    (key,) = await database.read(passkeys.of_account, amina)
    assert key.name == "Blue key"
    for somebody in (amina, bruno):
        with pytest.raises(PasskeyRefused):
            await add(database, passkeys, somebody)
    with pytest.raises(NotFound):
        await database.write(passkeys.remove, bruno, key.id, Visitor())
    await database.write(passkeys.remove, amina, key.id, Visitor())
    assert await database.read(passkeys.of_account, amina) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://lyon.corp.example.evil.example"},
        {"origin": "https://evil.lyon.corp.example"},
        {"host": "evil.example"},
        {"type": "webauthn.get"},
        {"asked": websafe(bytes(32))},
        {"flags": 0x41},  # the person was not verified
        {"flags": 0x44},  # nobody was there
        {"flags": 0x05},  # no key in it
    ],
    ids=str,
)
async def test_keys_made_elsewhere_or_without_the_person_are_refused(
    database: Database, passkeys: Passkeys, add_person: AddPerson, changes: dict[str, object]
) -> None:
    amina = await add_person()
    with pytest.raises(PasskeyRefused):
        await add(database, passkeys, amina, **changes)
    assert await database.read(passkeys.of_account, amina) == []


async def test_a_step_is_over_after_ten_minutes_and_belongs_to_one_person(
    database: Database, passkeys: Passkeys, add_person: AddPerson, clock: ManualClock
) -> None:
    amina, bruno = await add_person(), await add_person("bruno")
    begun = await database.write(
        lambda tx: passkeys.begin_adding(tx, amina, name="amina", display_name="")
    )
    credential = made(begun.options["publicKey"]["challenge"])

    async def keep(account_id: int) -> None:
        await database.write(
            lambda tx: passkeys.add(
                tx, account_id, begun.token, credential, name="", visitor=Visitor()
            )
        )

    with pytest.raises(PasskeyRefused):
        await keep(bruno)
    clock.advance(11 * MINUTE)
    with pytest.raises(StepOver):
        await keep(amina)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "rawId", "type", "response", "clientDataJSON", "signature", "userHandle"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(value=JSON | st.text(max_size=50).map(lambda text: text))
async def test_whatever_a_browser_sends_is_refused_without_a_crash(
    database: Database, passkeys: Passkeys, value: object
) -> None:
    begun = await database.write(passkeys.begin_entering)
    text = json.dumps(value)
    with pytest.raises(PasskeyRefused):
        await database.write(lambda tx: passkeys.check(tx, begun.token, text))
    with pytest.raises(PasskeyRefused):
        await database.write(lambda tx: passkeys.check(tx, begun.token, text[1:]))
