"""Statements that forget a log-in with everything that belongs to it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, bindparam, delete

from fedrse.features.access.tables import login, oauth_code, oauth_token, session
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

_holder = bindparam("holder", type_=BigInteger)


def _forget(table: Table) -> Statement:
    return Statement(delete(table).where(table.c.account_id == _holder))


_SECRETS = (access_step, known_browser, passkey, password_link, recovery_code, totp)
FORGET_ALL = tuple(
    _forget(table) for table in (*_SECRETS, security_event, session, oauth_code, oauth_token, login)
)
