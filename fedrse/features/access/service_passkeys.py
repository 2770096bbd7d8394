"""Passkeys (WebAuthn, level 3): adding them, and getting in with them.

The library is loaded when somebody uses a passkey. A key has to verify the person (PIN, finger,
face), so it stands for password and second step together; what it is made of is not asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec
from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.access import queries_security as queries
from fedrse.features.access.model_passkeys import (
    MOST_PASSKEYS,
    PasskeyInfo,
    PasskeyRefused,
    passkey_name,
    relying_party,
    user_handle,
)
from fedrse.features.access.model_security import Happened, Visitor
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_steps import Steps
from fedrse.store.database import Transaction

ADD, ENTER = "passkey_add", "passkey_enter"


class Begun(Struct, frozen=True):
    """``options`` are those of navigator.credentials, ``token`` names what was begun."""

    options: dict[str, Any]
    token: str


class Proved(Struct, frozen=True):
    """Whose key it was."""

    account_id: int
    name: str


class Passkeys:
    """The only writer of passkeys."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        steps: Steps,
        log: SecurityLog,
        origin: str,
        site_name: str,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._steps = steps
        self._log = log
        self._origin = origin
        self._site_name = site_name
        self._host = relying_party(origin)

    @property
    def is_on(self) -> bool:
        """Whether browsers permit passkeys under the address of this site."""
        return self._host is not None

    # Adding

    async def begin_adding(
        self, tx: Transaction, account_id: int, *, name: str, display_name: str
    ) -> Begun:
        """What the browser needs to make a key. Raises PasskeyRefused for one too many."""
        data: Any = import_module("fido2.webauthn")
        rows = await tx.all(queries.PASSKEYS, holder=account_id)
        if len(rows) >= MOST_PASSKEYS:
            raise PasskeyRefused("too many")
        options, state = self._server().register_begin(
            data.PublicKeyCredentialUserEntity(
                id=user_handle(account_id), name=name, display_name=display_name or name
            ),
            [data.AttestedCredentialData(row.public_key) for row in rows],
            resident_key_requirement=data.ResidentKeyRequirement.REQUIRED,
            user_verification=data.UserVerificationRequirement.REQUIRED,
        )
        return await self._begun(tx, ADD, options, state, account_id)

    async def add(
        self,
        tx: Transaction,
        account_id: int,
        token: str,
        credential: str,
        *,
        name: str,
        visitor: Visitor,
    ) -> None:
        """Keeps a key that the browser has made. Raises StepOver, PasskeyRefused."""
        step = await self._steps.end(tx, ADD, token)
        if step.account_id != account_id:
            raise PasskeyRefused("begun by somebody else")
        made = self._registered(msgspec.json.decode(step.state), credential)
        key = made.credential_data
        if await tx.one(queries.PASSKEY_BY_CREDENTIAL, credential=key.credential_id) is not None:
            raise PasskeyRefused("known already")
        called = passkey_name(name) or "Passkey"
        now = self._clock.now()
        await tx.run(
            queries.ADD_PASSKEY,
            id=self._ids.new(),
            account_id=account_id,
            credential=bytes(key.credential_id),
            public_key=bytes(key),
            sign_count=made.counter,
            name=called,
            created_at=now,
            last_used_at=None,
        )
        await self._log.note(tx, account_id, Happened.PASSKEY_ADDED, visitor, detail=called)

    # Getting in

    async def begin_entering(self, tx: Transaction) -> Begun:
        """What the browser needs to offer the keys that it has for this site."""
        data: Any = import_module("fido2.webauthn")
        options, state = self._server().authenticate_begin(
            user_verification=data.UserVerificationRequirement.REQUIRED
        )
        return await self._begun(tx, ENTER, options, state, None)

    async def check(self, tx: Transaction, token: str, credential: str) -> Proved:
        """Whose key signed. Raises StepOver, PasskeyRefused.

        A counter that does not grow tells of a copy of the key (WebAuthn, section 6.1.1).
        """
        step = await self._steps.end(tx, ENTER, token)
        response = _parsed("AuthenticationResponse", credential)
        row = await tx.one(queries.PASSKEY_BY_CREDENTIAL, credential=bytes(response.raw_id))
        if row is None:
            raise PasskeyRefused("unknown key")
        handle = response.response.user_handle
        if handle is not None and bytes(handle) != user_handle(row.account_id):
            raise PasskeyRefused("of another account")
        self._signed(msgspec.json.decode(step.state), row.public_key, response)
        count = response.response.authenticator_data.counter
        if (count or row.sign_count) and count <= row.sign_count:
            raise PasskeyRefused("counter did not grow")
        await tx.run(queries.USE_PASSKEY, key=row.id, count=count, at=self._clock.now())
        return Proved(row.account_id, row.name)

    # Looking, removing

    async def of_account(self, tx: Transaction, account_id: int) -> list[PasskeyInfo]:
        """The keys of somebody, the newest first."""
        rows = await tx.all(queries.PASSKEYS, holder=account_id)
        return [PasskeyInfo(row.id, row.name, row.created_at, row.last_used_at) for row in rows]

    async def remove(
        self, tx: Transaction, account_id: int, passkey_id: int, visitor: Visitor
    ) -> None:
        """The key lets nobody in any more. Raises NotFound for one of somebody else."""
        name = await tx.value(queries.DROP_PASSKEY, key=passkey_id, holder=account_id)
        if name is None:
            raise NotFound("passkey_unknown", "This passkey is removed already.")
        await self._log.note(tx, account_id, Happened.PASSKEY_REMOVED, visitor, detail=name)

    async def remove_all(self, tx: Transaction, account_id: int) -> None:
        """For somebody whose keys are in wrong hands."""
        await tx.run(queries.DROP_PASSKEYS, holder=account_id)

    # The library

    def _server(self) -> Any:
        if self._host is None:
            raise PasskeyRefused("browsers want https and a name")
        server: Any = import_module("fido2.server")
        data: Any = import_module("fido2.webauthn")
        return server.Fido2Server(
            data.PublicKeyCredentialRpEntity(id=self._host, name=self._site_name),
            attestation="none",
            verify_origin=lambda origin: origin == self._origin,
        )

    async def _begun(
        self, tx: Transaction, kind: str, options: Any, state: object, account_id: int | None
    ) -> Begun:
        encoded = msgspec.json.encode(state).decode()
        token = await self._steps.begin(tx, kind, account_id=account_id, state=encoded)
        return Begun(dict(options), token)

    def _registered(self, state: object, credential: str) -> Any:
        response = _parsed("RegistrationResponse", credential)
        try:
            made = self._server().register_complete(state, response)
        except Exception as error:
            raise PasskeyRefused(str(error)) from error
        if made.credential_data is None:
            raise PasskeyRefused("no key")
        return made

    def _signed(self, state: object, public_key: bytes, response: Any) -> None:
        data: Any = import_module("fido2.webauthn")
        try:
            key = data.AttestedCredentialData(public_key)
            self._server().authenticate_complete(state, [key], response)
        except Exception as error:
            raise PasskeyRefused(str(error)) from error


def _parsed(kind: str, credential: str) -> Any:
    """What the browser sent, in the types of the library; whatever it fails on is refused."""
    data: Any = import_module("fido2.webauthn")
    try:
        return getattr(data, kind).from_dict(msgspec.json.decode(credential, type=dict))
    except Exception as error:
        raise PasskeyRefused(f"{type(error).__name__}: {error}") from error
