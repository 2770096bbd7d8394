"""Resolves tokens and sessions on every request, from memory where it can."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import structlog

from fedrse.core.clock import HOUR, SECOND, Clock
from fedrse.features.access import queries, queries_oauth
from fedrse.features.access.model import SESSION_LIFE, Role, hash_secret
from fedrse.features.access.model_roles import rights_of, uses_admin_api
from fedrse.features.access.model_scopes import ADMIN_SCOPES, SESSION_SCOPES, usable_scopes
from fedrse.features.access.service_revocation import CHANNEL, Revocations
from fedrse.features.access.service_visits import note_visit
from fedrse.http.principal import Held, Principal
from fedrse.http.rights import Right
from fedrse.store.database import Database, Transaction

MOST_ENTRIES = 10_000
# Notifications may be lost, and on SQLite do not reach other programs at all (the command line
# that disables an account): so nothing is believed for longer than this.
BELIEVED_FOR = 10 * SECOND
NOTED_EVERY = HOUR
log = structlog.get_logger(__name__)


class _Entry(NamedTuple):
    principal: Principal
    checked_at: int


class _Found(NamedTuple):
    """``row_id`` is that of the token or session; ``noted_at`` when its use was last written."""

    row_id: int
    noted_at: int
    principal: Principal


Finder = Callable[[Transaction, str], Awaitable["_Found | None"]]


class Credentials:
    """``Authenticator`` of the server frame over the tokens and sessions of the database.

    Keeps what it found for a few seconds and forgets it at once when it is revoked. Writes down
    the use of a token or session at most once an hour.
    """

    def __init__(self, *, database: Database, clock: Clock, revocations: Revocations) -> None:
        self._database = database
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._generation = 0
        self._notes: set[asyncio.Task[None]] = set()
        revocations.listen(self.forget)
        database.listen(CHANNEL, self.forget)
        database.on_missed(self.forget_all)

    async def bearer(self, token: str) -> Principal | None:
        """The principal of an access token; None where unknown or revoked, or nobody may enter."""
        return await self._resolve("token", token, self._find_token)

    async def session(self, cookie: str) -> Principal | None:
        """The principal of a session cookie; None where unknown, ended or expired."""
        return await self._resolve("session", cookie, self._find_session)

    def forget(self, payload: str) -> None:
        """Drops what a revocation is about; see ``Revocations`` for payloads."""
        self._generation += 1
        kind, _, value = payload.partition(":")
        if kind != "account":
            self._entries.pop(payload, None)
            return
        for key, entry in list(self._entries.items()):
            if str(entry.principal.account_id) == value:
                del self._entries[key]

    def forget_all(self) -> None:
        """Revocations may have gone unheard."""
        self._generation += 1
        self._entries.clear()

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._notes, return_exceptions=True)

    async def _resolve(self, kind: str, secret: str, find: Finder) -> Principal | None:
        hashed = hash_secret(secret)
        key = f"{kind}:{hashed}"
        now = self._clock.now()
        entry = self._entries.get(key)
        if entry is not None and 0 <= now - entry.checked_at < BELIEVED_FOR:
            return entry.principal
        generation = self._generation
        found = await self._database.read(find, hashed)
        if found is None:
            self._entries.pop(key, None)
            return None
        if now - found.noted_at >= NOTED_EVERY:
            self._note(kind, found.row_id, found.principal.account_id, now)
        # What was revoked while we were reading must not come back.
        if generation == self._generation:
            self._keep(key, _Entry(found.principal, now))
        return found.principal

    def _keep(self, key: str, entry: _Entry) -> None:
        self._entries.pop(key, None)
        if len(self._entries) >= MOST_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = entry

    async def _find_token(self, tx: Transaction, hashed: str) -> _Found | None:
        row = await tx.one(queries_oauth.TOKEN_HOLDER, token=hashed)
        if row is None or not _may_enter(row):
            return None
        role = Role.MEMBER if row.role is None else Role(row.role)
        principal = Principal(
            account_id=row.account_id,
            scopes=usable_scopes(row.scopes.split(), is_staff=uses_admin_api(role)),
            rights=_rights(row, role),
            held=_held(row),
            app_id=row.app_id,
            locale=row.locale,
            pending=_pending(row),
            registration_id=row.registration_id,
            credential=f"token:{hashed}",
        )
        return _Found(row.id, row.last_used_at or 0, principal)

    async def _find_session(self, tx: Transaction, hashed: str) -> _Found | None:
        row = await tx.one(queries.SESSION_BY_TOKEN, token=hashed)
        if row is None or not _may_sign_in(row) or row.expires_at <= self._clock.now():
            return None
        role = Role(row.role)
        principal = Principal(
            account_id=row.account_id,
            scopes=SESSION_SCOPES | ADMIN_SCOPES if uses_admin_api(role) else SESSION_SCOPES,
            rights=_rights(row, role),
            held=_held(row),
            session_id=row.id,
            csrf=row.csrf,
            locale=row.locale,
            time_zone=row.time_zone,
            look=row.look,
            credential=f"session:{hashed}",
        )
        return _Found(row.id, row.last_used_at, principal)

    def _note(self, kind: str, row_id: int, account_id: int | None, now: int) -> None:
        task = asyncio.create_task(self._write_note(kind, row_id, account_id, now))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_note(self, kind: str, row_id: int, account_id: int | None, now: int) -> None:
        async def unit(tx: Transaction) -> None:
            if kind == "token":
                await tx.run(queries_oauth.TOUCH_TOKEN, token_id=row_id, at=now)
            else:
                await tx.run(
                    queries.TOUCH_SESSION, session_id=row_id, at=now, until=now + SESSION_LIFE
                )
            if account_id is not None:
                await note_visit(tx, account_id, now)

        try:
            await self._database.write(unit)
        except Exception:
            log.exception("credential_use_not_written")


async def still_valid(tx: Transaction, credentials: Sequence[str]) -> set[str]:
    """Which of these tokens and sessions (``Principal.credential``) are good for entering now."""
    tokens = _hashes(credentials, "token:")
    rows = await tx.all(queries_oauth.TOKENS_IN_USE, tokens=tokens) if tokens else []
    valid = {
        f"token:{row.token}" for row in rows if _may_enter(row) and row.registration_id is None
    }
    sessions = _hashes(credentials, "session:")
    rows = await tx.all(queries.SESSIONS_IN_USE, tokens=sessions) if sessions else []
    return valid | {f"session:{row.token}" for row in rows if _may_enter(row)}


def _hashes(credentials: Sequence[str], kind: str) -> list[str]:
    return [text.removeprefix(kind) for text in credentials if text.startswith(kind)]


def _pending(row: Any) -> str:
    """What keeps the holder of a token out, in the words of Mastodon."""
    if row.registration_id is None:
        return ""
    if row.confirmed_at is None:
        return "Your login is missing a confirmed e-mail address"
    return "Your login is currently pending approval"


def _may_enter(row: Any) -> bool:
    return row.disabled_at is None and row.suspended_at is None and row.deleted_at is None


def _may_sign_in(row: Any) -> bool:
    """Who is suspended, too: to read what was decided, and to appeal."""
    return row.disabled_at is None and row.deleted_at is None


def _held(row: Any) -> Held:
    if row.suspended_at is not None:
        return Held.SUSPENDED
    return Held.FREE if row.frozen_at is None else Held.FROZEN


def _rights(row: Any, role: Role) -> frozenset[Right]:
    """Nobody who is held back runs the site."""
    return rights_of(role) if _held(row) is Held.FREE else frozenset()
