"""Statements on second factors, passkeys, links for new passwords, and security events."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, insert, select, update

from fedrse.features.access.tables_security import (
    access_step,
    known_browser,
    passkey,
    password_link,
    recovery_code,
    security_event,
    totp,
)
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert as insert_or

_holder = bindparam("holder", type_=BigInteger)
_at = bindparam("at", type_=BigInteger)
_key = bindparam("key", type_=BigInteger)

# Authenticator app

_totp = insert_or(totp).values(
    account_id=_holder, secret=bindparam("sealed"), last_step=0, confirmed_at=None, created_at=_at
)
BEGIN_TOTP = Statement(
    _totp.on_conflict_do_update(
        index_elements=["account_id"],
        set_={"secret": _totp.excluded.secret, "created_at": _totp.excluded.created_at},
        where=totp.c.confirmed_at.is_(None),
    )
)
TOTP = Statement(select(totp).where(totp.c.account_id == _holder))
USE_STEP = Statement(
    update(totp)
    .where(totp.c.account_id == _holder, totp.c.last_step < bindparam("used", type_=BigInteger))
    .values(last_step=bindparam("used", type_=BigInteger))
)
CONFIRM_TOTP = Statement(
    update(totp)
    .where(totp.c.account_id == _holder, totp.c.confirmed_at.is_(None))
    .values(confirmed_at=_at)
)
DROP_TOTP = Statement(delete(totp).where(totp.c.account_id == _holder))

# Codes on paper

ADD_CODE = Statement(insert(recovery_code))
DROP_CODES = Statement(delete(recovery_code).where(recovery_code.c.account_id == _holder))
USE_CODE = Statement(
    update(recovery_code)
    .where(
        recovery_code.c.account_id == _holder,
        recovery_code.c.code == bindparam("of_code"),
        recovery_code.c.used_at.is_(None),
    )
    .values(used_at=_at)
)
COUNT_CODES = Statement(
    select(func.count())
    .select_from(recovery_code)
    .where(recovery_code.c.account_id == _holder, recovery_code.c.used_at.is_(None))
)

# Passkeys

ADD_PASSKEY = Statement(insert(passkey))
PASSKEYS = Statement(
    select(passkey).where(passkey.c.account_id == _holder).order_by(passkey.c.id.desc())
)
PASSKEY_BY_CREDENTIAL = Statement(
    select(passkey).where(passkey.c.credential == bindparam("credential"))
)
USE_PASSKEY = Statement(
    update(passkey)
    .where(passkey.c.id == _key)
    .values(sign_count=bindparam("count", type_=BigInteger), last_used_at=_at)
)
DROP_PASSKEY = Statement(
    delete(passkey)
    .where(passkey.c.id == _key, passkey.c.account_id == _holder)
    .returning(passkey.c.name)
)
DROP_PASSKEYS = Statement(delete(passkey).where(passkey.c.account_id == _holder))

# Steps

ADD_STEP = Statement(insert(access_step))
STEP = Statement(
    select(access_step.c.kind, access_step.c.account_id, access_step.c.state, access_step.c.tries)
    .where(access_step.c.token == bindparam("token"))
    .where(access_step.c.kind == bindparam("kind"), access_step.c.expires_at > _at)
)
TRY_STEP = Statement(
    update(access_step)
    .where(access_step.c.token == bindparam("of_token"))
    .values(tries=access_step.c.tries + 1)
)
END_STEP = Statement(
    delete(access_step)
    .where(access_step.c.token == bindparam("token"), access_step.c.kind == bindparam("kind"))
    .returning(access_step.c.token)
)
DROP_STEPS_OF = Statement(delete(access_step).where(access_step.c.account_id == _holder))
DROP_STEPS = Statement(delete(access_step).where(access_step.c.expires_at <= _at))

# Links for a new password

ADD_LINK = Statement(insert(password_link))
LINK = Statement(
    select(password_link.c.account_id).where(
        password_link.c.token == bindparam("token"), password_link.c.expires_at > _at
    )
)
DROP_LINKS_OF = Statement(delete(password_link).where(password_link.c.account_id == _holder))
DROP_LINKS = Statement(delete(password_link).where(password_link.c.expires_at <= _at))

# What happened

ADD_EVENT = Statement(insert(security_event))
EVENTS = Statement(
    select(
        security_event.c.kind,
        security_event.c.detail,
        security_event.c.user_agent,
        security_event.c.address,
        security_event.c.created_at,
    )
    .where(security_event.c.account_id == _holder, security_event.c.created_at > _at)
    .order_by(security_event.c.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)
DROP_EVENTS = Statement(delete(security_event).where(security_event.c.created_at <= _at))

BROWSERS = Statement(select(known_browser.c.token).where(known_browser.c.account_id == _holder))
_browser = insert_or(known_browser)
NOTE_BROWSER = Statement(
    _browser.on_conflict_do_update(
        index_elements=["account_id", "token"],
        set_={"last_used_at": _browser.excluded.last_used_at},
    )
)
DROP_BROWSERS = Statement(delete(known_browser).where(known_browser.c.last_used_at <= _at))
