"""Applications, authorisation codes and access tokens."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.access import queries, queries_oauth
from fedrse.features.access.model import hash_secret, new_secret
from fedrse.features.access.model_oauth import (
    CODE_LIFE,
    OUT_OF_BAND,
    AuthorizedApp,
    ClientCredentials,
    IssuedToken,
    OAuthApp,
    OAuthProblem,
    invalid_client,
    invalid_scope,
    proves,
)
from fedrse.features.access.model_scopes import UnknownScope, parse_scopes, require_subset
from fedrse.features.access.service_revocation import Revocations
from fedrse.store.database import Transaction

COMMAND_LINE = "command-line"
"""Client id of the application behind tokens that the command line makes."""

JOIN_PAGE = "join-page"
"""Client id of the application with which people sign up on pages."""

CODES_KEPT = DAY  # used ones too, to notice a second use
REVOKED_KEPT = 30 * DAY
UNUSED_APPS_KEPT = 7 * DAY


class OAuth:
    """The only writer of applications, codes and tokens."""

    def __init__(self, *, clock: Clock, ids: IdMaker, revocations: Revocations) -> None:
        self._clock = clock
        self._ids = ids
        self._revocations = revocations

    # applications

    async def register(
        self,
        tx: Transaction,
        *,
        name: str,
        redirect_uris: Sequence[str],
        scopes: Sequence[str],
        website: str | None,
    ) -> tuple[OAuthApp, str]:
        """A new application and its secret, which is known now only; values are checked before."""
        client_id, secret = new_secret(), new_secret()
        app = OAuthApp(
            self._ids.new(), client_id, name, website, tuple(redirect_uris), tuple(scopes)
        )
        await self._insert_app(tx, app, hash_secret(secret))
        return app, secret

    async def app(self, tx: Transaction, client_id: str | None) -> OAuthApp | None:
        """The application with this client id."""
        row = await tx.one(queries_oauth.APP_BY_CLIENT_ID, client_id=client_id or "")
        return None if row is None else _app(row)

    async def app_by_id(self, tx: Transaction, app_id: int) -> OAuthApp:
        """The application of a token. Raises NotFound."""
        row = await tx.one(queries_oauth.APP_BY_ID, id=app_id)
        if row is None:
            raise NotFound
        return _app(row)

    async def authenticate_client(
        self, tx: Transaction, credentials: ClientCredentials | None
    ) -> OAuthApp:
        """The application that these credentials prove. Raises OAuthProblem (invalid_client)."""
        if credentials is None:
            raise invalid_client()
        row = await tx.one(queries_oauth.APP_BY_CLIENT_ID, client_id=credentials.client_id)
        given = hash_secret(credentials.client_secret)
        if row is None or not hmac.compare_digest(row.client_secret, given):
            raise invalid_client()
        return _app(row)

    async def _insert_app(self, tx: Transaction, app: OAuthApp, secret_hash: str) -> None:
        await tx.run(
            queries_oauth.INSERT_APP,
            id=app.id,
            client_id=app.client_id,
            client_secret=secret_hash,
            name=app.name,
            website=app.website,
            redirect_uris=msgspec.json.encode(app.redirect_uris).decode(),
            scopes=" ".join(app.scopes),
            created_at=self._clock.now(),
        )

    # codes

    async def issue_code(
        self,
        tx: Transaction,
        app: OAuthApp,
        account_id: int,
        *,
        redirect_uri: str,
        scopes: Sequence[str],
        challenge: str | None,
    ) -> str:
        """The code for what a person has just agreed to."""
        code = new_secret()
        await tx.run(
            queries_oauth.INSERT_CODE,
            code=hash_secret(code),
            app_id=app.id,
            account_id=account_id,
            redirect_uri=redirect_uri,
            scopes=" ".join(scopes),
            challenge=challenge,
            expires_at=self._clock.now() + CODE_LIFE,
            used_at=None,
        )
        return code

    async def redeem_code(
        self,
        tx: Transaction,
        app: OAuthApp,
        code: str,
        *,
        redirect_uri: str | None,
        verifier: str | None,
    ) -> IssuedToken | None:
        """The token for a code, None where the code is not good for one (invalid_grant).

        A second use revokes the token of the first: one of the two users has stolen the code
        (RFC 6749, section 4.1.2). That is why this returns instead of raising: the revocation has
        to be committed.
        """
        hashed = hash_secret(code)
        row = await tx.one(queries_oauth.CODE, code=hashed)
        if row is None or row.app_id != app.id:
            return None
        now = self._clock.now()
        if row.used_at is not None:
            await self._revoke_of_code(tx, hashed, now)
            return None
        fits = row.redirect_uri == redirect_uri and proves(verifier, row.challenge)
        if not fits or row.expires_at <= now:
            return None
        if await tx.run(queries_oauth.USE_CODE, used_code=hashed, at=now) != 1:
            await self._revoke_of_code(tx, hashed, now)
            return None
        return await self._issue(
            tx, app, account_id=row.account_id, scopes=row.scopes.split(), code=hashed
        )

    async def _revoke_of_code(self, tx: Transaction, hashed: str, now: int) -> None:
        for row in await tx.all(queries_oauth.REVOKE_OF_CODE, from_code=hashed, at=now):
            self._revocations.announce(tx, "token", row.token)

    # tokens

    async def issue_for_app(
        self, tx: Transaction, app: OAuthApp, scope_text: str | None
    ) -> IssuedToken:
        """A token of the application itself, without a person (RFC 6749, section 4.4).

        Raises OAuthProblem (invalid_scope) for more than it registered.
        """
        try:
            scopes = parse_scopes(scope_text)
            require_subset(scopes, app.scopes)
        except UnknownScope as error:
            raise invalid_scope() from error
        return await self._issue(tx, app, account_id=None, scopes=scopes)

    async def issue_for_script(
        self, tx: Transaction, account_id: int, scopes: Sequence[str]
    ) -> IssuedToken:
        """A token that an admin makes on the command line for a script."""
        app = await self.own_app(tx, COMMAND_LINE)
        return await self._issue(tx, app, account_id=account_id, scopes=scopes)

    async def own_app(self, tx: Transaction, client_id: str) -> OAuthApp:
        """An application that is part of the site: the command line, or the page to sign up.

        Nobody knows its secret: it cannot ask for tokens by itself.
        """
        app = await self.app(tx, client_id)
        if app is None:
            app = OAuthApp(self._ids.new(), client_id, "fedrse", None, (OUT_OF_BAND,), ())
            await self._insert_app(tx, app, hash_secret(new_secret()))
        return app

    async def issue_for_newcomer(
        self, tx: Transaction, app: OAuthApp, registration_id: int
    ) -> IssuedToken:
        """A token that will be good for all that the application asks, once there is an account."""
        return await self._issue(
            tx, app, account_id=None, scopes=app.scopes, registration_id=registration_id
        )

    async def _issue(
        self,
        tx: Transaction,
        app: OAuthApp,
        *,
        account_id: int | None,
        scopes: Sequence[str],
        code: str | None = None,
        registration_id: int | None = None,
    ) -> IssuedToken:
        token, now = new_secret(), self._clock.now()
        await tx.run(
            queries_oauth.INSERT_TOKEN,
            id=self._ids.new(),
            token=hash_secret(token),
            app_id=app.id,
            account_id=account_id,
            registration_id=registration_id,
            code=code,
            scopes=" ".join(scopes),
            created_at=now,
            last_used_at=None,
            revoked_at=None,
        )
        return IssuedToken(token, tuple(scopes), now // 1000)

    async def revoke(self, tx: Transaction, app: OAuthApp, token: str) -> None:
        """Ends a token of this application; an unknown one is fine (RFC 7009, section 2.2).

        Raises OAuthProblem (unauthorized_client) for a token of another application.
        """
        hashed = hash_secret(token)
        row = await tx.one(queries_oauth.TOKEN, token=hashed)
        if row is None:
            return
        if row.app_id != app.id:
            raise unauthorized_to_revoke()
        await tx.run(queries_oauth.REVOKE_TOKEN, token_id=row.id, at=self._clock.now())
        self._revocations.announce(tx, "token", hashed)

    async def authorized_apps(self, tx: Transaction, account_id: int) -> list[AuthorizedApp]:
        """The applications that may act for somebody, newest first; the last 500 tokens count."""
        found: dict[int, AuthorizedApp] = {}
        for row in await tx.all(queries_oauth.AUTHORIZED, account_id=account_id):
            known = found.get(row.id)
            scopes = [*(known.scopes if known else ()), *row.scopes.split()]
            used = [at for at in (row.last_used_at, known and known.last_used_at) if at]
            found[row.id] = AuthorizedApp(
                app_id=row.id,
                name=row.name,
                website=row.website,
                scopes=tuple(dict.fromkeys(scopes)),
                created_at=row.created_at,
                last_used_at=max(used, default=None),
            )
        return list(found.values())

    async def revoke_app(self, tx: Transaction, account_id: int, app_id: int) -> None:
        """Takes from an application all that somebody allowed it. Raises NotFound."""
        now = self._clock.now()
        ended = await tx.run(queries_oauth.REVOKE_OF_APP, holder=account_id, of_app=app_id, at=now)
        if not ended:
            raise NotFound
        self._revocations.announce(tx, "account", account_id)

    # tidying up

    async def sweep(self, tx: Transaction) -> None:
        """Drops what has expired: sessions, codes, revoked tokens, applications never used."""
        now = self._clock.now()
        await tx.run(queries.DROP_EXPIRED_SESSIONS, now=now)
        await tx.run(queries_oauth.DROP_CODES, before=now - CODES_KEPT)
        await tx.run(queries_oauth.DROP_REVOKED, before=now - REVOKED_KEPT)
        await tx.run(queries_oauth.DROP_UNUSED_APPS, before=now - UNUSED_APPS_KEPT)


def unauthorized_to_revoke() -> OAuthProblem:
    """The token belongs to another application, or the application did not say who it is."""
    return OAuthProblem(
        "unauthorized_client", "You are not authorized to revoke this token", status=403
    )


def _app(row: Any) -> OAuthApp:
    return OAuthApp(
        id=row.id,
        client_id=row.client_id,
        name=row.name,
        website=row.website,
        redirect_uris=tuple(msgspec.json.decode(row.redirect_uris)),
        scopes=tuple(row.scopes.split()),
    )
