"""Signing up: from the wish to the account.

Somebody who signs up has no account until the address is confirmed and, where admins decide, they
have agreed: so nothing of theirs is seen anywhere, and what is refused leaves nothing behind. Their
application has its token from the start; until then it is good for nothing but asking for the mail
again. Whether an address has an account already is told by mail only, to whoever reads it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import Conflict, Forbidden, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.core.settings import Settings
from fedrse.core.settings_mail import RegistrationMode
from fedrse.core.text import clean_text
from fedrse.features.access import queries_registration as queries
from fedrse.features.access.model import hash_secret, new_secret
from fedrse.features.access.model_blocks import Severity
from fedrse.features.access.model_events import SignedUp, SignUpWaits
from fedrse.features.access.model_oauth import IssuedToken
from fedrse.features.access.model_registration import (
    BAD_INVITATION,
    BLOCKED,
    TAKEN,
    UNCONFIRMED_KEPT,
    Invitation,
    Registration,
    SignUpClosed,
    Wish,
    WishRefused,
    check_address,
    is_link_token,
    language_of,
    link_token,
    password_problem,
    problems_of,
)
from fedrse.features.access.service import Logins
from fedrse.features.access.service_blocks import SignUpBlocks
from fedrse.features.access.service_letters import Letters
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.accounts.model_handles import username_key
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.http.rate_limits import Window
from fedrse.store.database import Database, Transaction, UniqueViolation
from fedrse.store.events import Events

MOST_SIGN_UPS = 5  # from one address in half an hour
HALF_AN_HOUR = 30 * MINUTE


class KeyMaker(Protocol):
    """Makes the keys of a new actor; takes a while."""

    async def __call__(self) -> KeyPair: ...


Note = Callable[[Transaction, Registration], Awaitable[None]]
"""Writes down what was decided about a registration."""


class Registrations:
    """The only writer of registrations and invitations."""

    def __init__(
        self,
        *,
        settings: Settings,
        secret: bytes,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        logins: Logins,
        oauth: OAuth,
        revocations: Revocations,
        accounts: Accounts,
        letters: Letters,
        blocks: SignUpBlocks | None = None,
    ) -> None:
        """``secret`` is that of the site."""
        self._blocks = blocks
        self._settings = settings.registration
        self._language = settings.site.language.value
        self._origin = settings.origin
        self._secret = secret
        self._clock = clock
        self._ids = ids
        self._events = events
        self._logins = logins
        self._oauth = oauth
        self._revocations = revocations
        self._accounts = accounts
        self._letters = letters
        limited = settings.limits.enabled
        self._attempts = (
            Window(clock, limit=MOST_SIGN_UPS, length=HALF_AN_HOUR) if limited else None
        )

    # Asking

    async def register(
        self, database: Database, app_id: int, wish: Wish, *, address: str
    ) -> IssuedToken:
        """Notes who wants an account; the mail goes out at once.

        ``address`` is where the request comes from. Raises SignUpClosed, WishRefused, TooMany.
        """
        if self._settings.mode is RegistrationMode.CLOSED and not wish.invite_code:
            raise SignUpClosed
        today = datetime.fromtimestamp(self._clock.now() / 1000, UTC).date()
        problems = problems_of(wish, self._settings, today)
        if problems:
            raise WishRefused(problems)
        self._count(address)
        try:
            password_hash = await self._logins.prepare_password(
                wish.password, names=(wish.username, wish.email)
            )
        except Invalid as error:
            raise WishRefused([password_problem(error)]) from error
        try:
            return await database.write(self._register, app_id, wish, password_hash, address)
        except WishRefused as error:
            # What was written about it went with the transaction.
            if BLOCKED in error.problems and self._blocks is not None:
                await database.write(self._blocks.note_attempt, wish.email, address)
            raise

    def _count(self, *keys: str) -> None:
        if self._attempts is not None:
            for key in keys:
                self._attempts.take(key)

    async def _register(
        self, tx: Transaction, app_id: int, wish: Wish, password_hash: str, address: str
    ) -> IssuedToken:
        severities = await self._severities(tx, wish.email, address)
        app, now = await self._oauth.app_by_id(tx, app_id), self._clock.now()
        if await tx.all(queries.IS_TAKEN, name=username_key(wish.username)):
            raise WishRefused([TAKEN])
        used = None
        if wish.invite_code:
            used = await tx.one(
                queries.USE_INVITATION, of_code=hash_secret(wish.invite_code), at=now
            )
            if used is None:
                raise WishRefused([BAD_INVITATION])
        decided = used is not None or self._settings.mode is RegistrationMode.OPEN
        decided = decided and Severity.APPROVAL not in severities
        made = Registration(
            id=self._ids.new(),
            app_id=app.id,
            username=wish.username,
            username_key=username_key(wish.username),
            email=check_address(wish.email, self._settings),
            password_hash=password_hash,
            locale=language_of(wish.locale, self._language),
            reason=clean_text(wish.reason).strip(),
            confirmed_at=None,
            approved_at=now if decided else None,
            created_at=now,
            invited_by_id=None if used is None else used.account_id,
        )
        try:
            async with tx.savepoint():
                row = {name: getattr(made, name) for name in made.__struct_fields__}
                await tx.run(queries.ADD, **row)
        except UniqueViolation as error:
            raise WishRefused([TAKEN]) from error
        await self._letters.confirm(tx, made.id)
        return await self._oauth.issue_for_newcomer(tx, app, made.id)

    async def _severities(self, tx: Transaction, email: str, address: str) -> set[Severity]:
        """What blocks say about who signs up. Raises WishRefused, SignUpClosed."""
        if self._blocks is None:
            return set()
        if await self._blocks.refuses_email(tx, email):
            raise WishRefused([BLOCKED])
        severities = await self._blocks.severities(tx, address)
        if severities & {Severity.NO_SIGN_UP, Severity.NO_ACCESS}:
            raise SignUpClosed
        return severities

    async def resend(self, tx: Transaction, registration_id: int, email: str | None) -> None:
        """Sends the mail again, to another address if one is given.

        Raises Forbidden once the address is confirmed, Invalid, TooMany.
        """
        known = await self._known(tx, registration_id)
        if known.confirmed_at is not None:
            raise not_waiting()
        self._count(f"registration {registration_id}")
        if email:
            address = check_address(email, self._settings)
            await tx.run(queries.SET_EMAIL, key=known.id, new_email=address)
        await self._letters.confirm(tx, known.id)

    # Deciding

    async def by_link(self, tx: Transaction, registration_id: int, token: str) -> Registration:
        """What a link of a mail is about. Raises NotFound."""
        known = await self._known(tx, registration_id)
        if not is_link_token(self._secret, known, token):
            raise NotFound
        return known

    def link(self, registration: Registration) -> str:
        """The address of the page that confirms."""
        token = link_token(self._secret, registration)
        return f"{self._origin}/auth/confirm/{registration.id}/{token}"

    async def confirm(
        self, database: Database, registration_id: int, token: str, make_keys: KeyMaker
    ) -> bool:
        """The address is good; makes the account unless admins decide first (False).

        Raises NotFound, Conflict where address or name have an account meanwhile.
        """

        async def unit(tx: Transaction) -> Registration:
            known = await self.by_link(tx, registration_id, token)
            if await tx.run(queries.SET_CONFIRMED, key=known.id, at=self._clock.now()):
                self._forget_tokens(tx, await self._tokens(tx, known.id))
                if known.approved_at is None:
                    await self._events.publish(tx, SignUpWaits(known.id))
            return await self._known(tx, known.id)

        known = await database.write(unit)
        if not known.is_ready:
            return False
        keys = await make_keys()
        await database.write(self._activate, registration_id, keys)
        return True

    async def approve(
        self, database: Database, name: str, make_keys: KeyMaker, note: Note | None = None
    ) -> Registration:
        """Admins agree; makes the account if the address is confirmed.

        ``name`` is a user name or an e-mail address; ``note`` writes down who agreed, in the same
        transaction. Raises NotFound, Conflict.
        """

        async def unit(tx: Transaction) -> Registration:
            known = await self.named(tx, name)
            await tx.run(queries.SET_APPROVED, key=known.id, at=self._clock.now())
            if note is not None:
                await note(tx, known)
            return await self._known(tx, known.id)

        known = await database.write(unit)
        if known.is_ready:
            keys = await make_keys()

            async def make(tx: Transaction) -> None:
                await self._letters.welcome(tx, await self._activate(tx, known.id, keys))

            await database.write(make)
        return known

    async def reject(self, tx: Transaction, name: str) -> Registration:
        """Nothing of it stays; whoever confirmed the address is told. Raises NotFound."""
        known = await self.named(tx, name)
        if known.confirmed_at is not None:
            await self._letters.rejected(tx, known.email, known.locale, known.username)
        self._forget_tokens(tx, await self._tokens(tx, known.id))
        await tx.run(queries.REMOVE, key=known.id)
        return known

    async def _activate(self, tx: Transaction, registration_id: int, keys: KeyPair) -> int:
        known = await self._known(tx, registration_id)
        if await tx.one(queries.HAS_LOGIN, email=known.email) is not None:
            raise Conflict("email_taken", "There is an account with this e-mail address already.")
        account = await self._accounts.create_local(tx, username=known.username, keys=keys)
        await self._logins.create(
            tx,
            account_id=account.id,
            email=known.email,
            password_hash=known.password_hash,
            locale=known.locale,
            invited_by_id=known.invited_by_id,
        )
        tokens = await self._tokens(tx, known.id)
        await tx.run(queries.GIVE_TOKENS, key=known.id, holder=account.id)
        await tx.run(queries.REMOVE, key=known.id)
        self._forget_tokens(tx, tokens)
        await self._events.publish(tx, SignedUp(account.id))
        return account.id

    async def _tokens(self, tx: Transaction, registration_id: int) -> list[str]:
        return [row.token for row in await tx.all(queries.TOKENS_OF, key=registration_id)]

    def _forget_tokens(self, tx: Transaction, tokens: Sequence[str]) -> None:
        for token in tokens:
            self._revocations.announce(tx, "token", token)

    # Reading

    async def _known(self, tx: Transaction, registration_id: int) -> Registration:
        row = await tx.one(queries.BY_ID, key=registration_id)
        if row is None:
            raise NotFound
        return Registration(**row._asdict())

    async def by_id(self, tx: Transaction, registration_id: int) -> Registration | None:
        """Somebody who waits."""
        row = await tx.one(queries.BY_ID, key=registration_id)
        return None if row is None else Registration(**row._asdict())

    async def named(self, tx: Transaction, name: str) -> Registration:
        """Who waits, by user name or e-mail address. Raises NotFound."""
        row = await tx.one(queries.NAMED, name=name.strip().lower().removeprefix("@"))
        if row is None:
            raise NotFound("registration_unknown", f"Nobody called {name!r} waits for an account.")
        return Registration(**row._asdict())

    async def all(self, tx: Transaction) -> list[Registration]:
        """Everybody who waits, whoever came first."""
        return [Registration(**row._asdict()) for row in await tx.all(queries.ALL)]

    async def count_waiting(self, tx: Transaction, since: int) -> int:
        """How many confirmed their address after then (milliseconds) and wait for consent."""
        return int(await tx.value(queries.COUNT_WAITING, since=since))

    async def has_login(self, tx: Transaction, email: str) -> bool:
        """Whether somebody logs in with this address."""
        return await tx.one(queries.HAS_LOGIN, email=email) is not None

    # Invitations

    async def invite(
        self, tx: Transaction, *, most_uses: int, life: int, by: int | None = None
    ) -> str:
        """A new invitation for so many people and milliseconds; returns its code, told once.

        ``by`` is the account of whoever invites.
        """
        code, now = new_secret(), self._clock.now()
        await tx.run(
            queries.ADD_INVITATION,
            id=self._ids.new(),
            code=hash_secret(code),
            uses=0,
            most_uses=most_uses,
            expires_at=now + life,
            created_at=now,
            account_id=by,
        )
        return code

    async def invitations(self, tx: Transaction) -> list[Invitation]:
        """All invitations that have not ended."""
        rows = await tx.all(queries.INVITATIONS)
        found = [
            Invitation(
                id=row.id,
                uses=row.uses,
                most_uses=row.most_uses,
                expires_at=row.expires_at,
                created_at=row.created_at,
                account_id=row.account_id,
            )
            for row in rows
        ]
        return [one for one in found if one.is_good(self._clock.now())]

    async def withdraw(self, tx: Transaction, invitation_id: int) -> None:
        """Ends an invitation. Raises NotFound."""
        if not await tx.run(queries.REMOVE_INVITATION, key=invitation_id):
            raise NotFound("invitation_unknown", "There is no such invitation.")

    # Tidying up

    async def sweep(self, tx: Transaction) -> None:
        """Drops what nobody confirmed in time, so that its name is free again."""
        now = self._clock.now()
        await tx.run(queries.DROP_UNCONFIRMED, before=now - UNCONFIRMED_KEPT)
        await tx.run(queries.DROP_INVITATIONS, at=now)


def not_waiting() -> Forbidden:
    """There is nothing to confirm."""
    return Forbidden(
        "email_confirmed",
        "This method is only available while the e-mail is awaiting confirmation",
    )
