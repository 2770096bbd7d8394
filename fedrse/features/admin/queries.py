"""SQL of accounts as those in charge look for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from fedrse.features.access.service_joins import login, session
from fedrse.features.accounts.service_joins import account
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_limit = bindparam("limit", type_=BigInteger)


def _unless(name: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that counts where its parameter is not empty."""
    return or_(bindparam(name, type_=Text) == "", condition)


_columns = (
    account.c.id,
    account.c.username,
    account.c.domain,
    account.c.local,
    account.c.created_at,
    account.c.suspended_at.is_not(None).label("suspended"),
    account.c.limited_at.is_not(None).label("limited"),
    account.c.sensitized_at.is_not(None).label("sensitized"),
    account.c.frozen_at.is_not(None).label("frozen"),
    login.c.disabled_at.is_not(None).label("disabled"),
    func.coalesce(login.c.email, "").label("email"),
    func.coalesce(login.c.role, "").label("role"),
    func.coalesce(login.c.locale, "").label("locale"),
    login.c.invited_by_id,
    login.c.last_active_at,
    account.c.deleted_at.is_not(None).label("deleted"),
)
_found: Select[Any] = select(*_columns).join_from(
    account, login, login.c.account_id == account.c.id, isouter=True
)
_there = (account.c.deleted_at.is_(None), account.c.kind != "Application")
_title = bindparam("title", type_=Text)
_words = bindparam("words", type_=Text)
_held_up = or_(login.c.disabled_at.is_not(None), account.c.frozen_at.is_not(None))
_status = bindparam("status", type_=Text)
_matching = and_(
    or_(bindparam("origin", type_=Text) == "", account.c.local == (bindparam("origin") == "local")),
    or_(
        _status == "",
        and_(_status == "active", account.c.suspended_at.is_(None), ~_held_up),
        and_(_status == "disabled", _held_up),
        and_(_status == "silenced", account.c.limited_at.is_not(None)),
        and_(_status == "suspended", account.c.suspended_at.is_not(None)),
        and_(_status == "sensitized", account.c.sensitized_at.is_not(None)),
    ),
    or_(bindparam("any_role", type_=BigInteger) == 1, any_of(login.c.role, "roles")),
    or_(
        bindparam("invited_by", type_=BigInteger) == 0,
        login.c.invited_by_id == bindparam("invited_by", type_=BigInteger),
    ),
    _unless("name", account.c.username_key.like(bindparam("name", type_=Text), escape="\\")),
    or_(_title == "", account.c.search_key.like(_title, escape="\\")),
    _unless("of_domain", account.c.domain == bindparam("of_domain", type_=Text)),
    _unless("email", login.c.email.like(bindparam("email", type_=Text), escape="\\")),
    _unless(
        "ip",
        exists(
            select(1).where(
                session.c.account_id == account.c.id,
                session.c.address == bindparam("ip", type_=Text),
            )
        ),
    ),
    or_(
        _words == "",
        account.c.username_key.like(_words, escape="\\"),
        account.c.search_key.like(bindparam("word", type_=Text), escape="\\"),
        login.c.email.like(_words, escape="\\"),
        account.c.domain.like(_words, escape="\\"),
    ),
)


def _page(*, ascending: bool) -> Statement:
    found = _found.where(
        *_there,
        _matching,
        account.c.id < bindparam("max_id", type_=BigInteger),
        account.c.id > bindparam("since_id", type_=BigInteger),
    )
    order = account.c.id.asc() if ascending else account.c.id.desc()
    return Statement(found.order_by(order).limit(_limit))


PAGE = {False: _page(ascending=False), True: _page(ascending=True)}
BY_IDS = Statement(_found.where(any_of(account.c.id, "ids")))
ADDRESSES = Statement(
    select(session.c.account_id, session.c.address, func.max(session.c.last_used_at))
    .where(any_of(session.c.account_id, "ids"), session.c.address != "")
    .group_by(session.c.account_id, session.c.address)
    .order_by(func.max(session.c.last_used_at).desc())
)
