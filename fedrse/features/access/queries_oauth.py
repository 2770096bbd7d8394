"""Statements on applications, codes and tokens."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, exists, func, insert, select, update

from fedrse.features.access.tables import (
    login,
    oauth_app,
    oauth_code,
    oauth_token,
    registration,
)
from fedrse.features.accounts.service_joins import account
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_app = select(
    oauth_app.c.id,
    oauth_app.c.client_id,
    oauth_app.c.client_secret,
    oauth_app.c.name,
    oauth_app.c.website,
    oauth_app.c.redirect_uris,
    oauth_app.c.scopes,
)

INSERT_APP = Statement(insert(oauth_app))
APP_BY_CLIENT_ID = Statement(_app.where(oauth_app.c.client_id == bindparam("client_id")))
APP_BY_ID = Statement(_app.where(oauth_app.c.id == bindparam("id")))

INSERT_CODE = Statement(insert(oauth_code))
CODE = Statement(select(oauth_code).where(oauth_code.c.code == bindparam("code")))
USE_CODE = Statement(
    update(oauth_code)
    .where(oauth_code.c.code == bindparam("used_code"), oauth_code.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)
DROP_CODES = Statement(delete(oauth_code).where(oauth_code.c.expires_at <= bindparam("before")))
DROP_CODES_OF = Statement(
    delete(oauth_code).where(
        oauth_code.c.account_id == bindparam("account_id"),
    )
)

INSERT_TOKEN = Statement(insert(oauth_token))
_holder = (
    select(
        oauth_token.c.id,
        oauth_token.c.token,
        oauth_token.c.app_id,
        oauth_token.c.account_id,
        oauth_token.c.registration_id,
        oauth_token.c.scopes,
        oauth_token.c.created_at,
        oauth_token.c.last_used_at,
        registration.c.confirmed_at,
        login.c.role,
        login.c.locale,
        login.c.disabled_at,
        account.c.suspended_at,
        account.c.deleted_at,
        account.c.frozen_at,
    )
    .join_from(oauth_token, login, login.c.account_id == oauth_token.c.account_id, isouter=True)
    .join(account, account.c.id == oauth_token.c.account_id, isouter=True)
    .join(registration, registration.c.id == oauth_token.c.registration_id, isouter=True)
    .where(oauth_token.c.revoked_at.is_(None))
)
TOKEN_HOLDER = Statement(_holder.where(oauth_token.c.token == bindparam("token")))
TOKENS_IN_USE = Statement(_holder.where(any_of(oauth_token.c.token, "tokens")))
TOUCH_TOKEN = Statement(
    update(oauth_token)
    .where(oauth_token.c.id == bindparam("token_id"))
    .values(last_used_at=bindparam("at"))
)
TOKEN = Statement(
    select(oauth_token.c.id, oauth_token.c.app_id, oauth_token.c.revoked_at).where(
        oauth_token.c.token == bindparam("token")
    )
)
REVOKE_TOKEN = Statement(
    update(oauth_token)
    .where(oauth_token.c.id == bindparam("token_id"), oauth_token.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
REVOKE_OF_CODE = Statement(
    update(oauth_token)
    .where(oauth_token.c.code == bindparam("from_code"), oauth_token.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(oauth_token.c.token)
)
REVOKE_OF_ACCOUNT = Statement(
    update(oauth_token)
    .where(oauth_token.c.account_id == bindparam("holder"), oauth_token.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
REVOKE_OF_APP = Statement(
    update(oauth_token)
    .where(
        oauth_token.c.account_id == bindparam("holder"),
        oauth_token.c.app_id == bindparam("of_app"),
        oauth_token.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("at"))
)
AUTHORIZED = Statement(
    select(
        oauth_app.c.id,
        oauth_app.c.name,
        oauth_app.c.website,
        oauth_token.c.scopes,
        oauth_token.c.created_at,
        oauth_token.c.last_used_at,
    )
    .join_from(oauth_token, oauth_app, oauth_app.c.id == oauth_token.c.app_id)
    .where(oauth_token.c.account_id == bindparam("account_id"), oauth_token.c.revoked_at.is_(None))
    .order_by(oauth_token.c.id.desc())
    .limit(500)
)
DROP_REVOKED = Statement(delete(oauth_token).where(oauth_token.c.revoked_at <= bindparam("before")))
DROP_UNUSED_APPS = Statement(
    delete(oauth_app).where(
        oauth_app.c.created_at <= bindparam("before"),
        ~exists().where(oauth_token.c.app_id == oauth_app.c.id),
        ~exists().where(oauth_code.c.app_id == oauth_app.c.id),
    )
)
COUNT_APPS = Statement(select(func.count()).select_from(oauth_app))
