"""Statements on log-ins and sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, literal_column, or_, select, update

from fedrse.core.clock import DAY
from fedrse.features.access.tables import login, session, visit
from fedrse.features.accounts.service_joins import account
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_LOGIN_COLUMNS = (
    login.c.account_id,
    account.c.username,
    login.c.email,
    login.c.role,
    login.c.locale,
    login.c.time_zone,
    login.c.default_language,
    login.c.default_sensitive,
    login.c.default_visibility,
    login.c.default_quote_policy,
    login.c.look,
    login.c.disabled_at,
    login.c.last_active_at,
    login.c.created_at,
    account.c.suspended_at,
    account.c.deleted_at,
)
_logins = select(*_LOGIN_COLUMNS).join_from(login, account, login.c.account_id == account.c.id)

INSERT_LOGIN = Statement(insert(login))
LOGIN_BY_ACCOUNT = Statement(_logins.where(login.c.account_id == bindparam("account_id")))
LOGIN_BY_EMAIL = Statement(_logins.where(login.c.email == bindparam("email")))
LOGINS = Statement(_logins.order_by(login.c.account_id))

CREDENTIALS = Statement(
    _logins.add_columns(login.c.password_hash)
    .where(
        or_(
            login.c.email == bindparam("email"),
            account.c.local & (account.c.username_key == bindparam("username")),
        )
    )
    # amina@corp.example may be the address of one person and the handle of another.
    .order_by((login.c.email == bindparam("email")).desc())
    .limit(1)
)

SET_PASSWORD = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(password_hash=bindparam("password_hash"))
)
SET_EMAIL = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(email=bindparam("new_email"))
)
SET_ROLE = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(role=bindparam("new_role"))
)
SET_DISABLED = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(disabled_at=bindparam("at"))
)
SET_INTERFACE = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(
        locale=bindparam("new_locale"),
        time_zone=bindparam("new_time_zone"),
        look=bindparam("new_look"),
    )
)
SET_PREFERENCES = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(
        locale=bindparam("new_locale"),
        time_zone=bindparam("new_time_zone"),
        default_language=bindparam("new_language"),
        default_sensitive=bindparam("new_sensitive"),
        default_visibility=bindparam("new_visibility"),
        default_quote_policy=bindparam("new_quote_policy"),
    )
)
TOUCH_LOGIN = Statement(
    update(login)
    .where(login.c.account_id == bindparam("login_id"))
    .values(last_active_at=bindparam("at"))
)
# Once per person and day; locked, so that two requests at once count as one.
_visit = insert(visit).from_select(
    ["day", "before", "people"],
    select(
        bindparam("of_day", type_=BigInteger),
        func.coalesce(login.c.last_active_at // literal_column(str(DAY), BigInteger), -1),
        literal_column("1", BigInteger),
    )
    .where(
        login.c.account_id == bindparam("login_id", type_=BigInteger),
        or_(
            login.c.last_active_at.is_(None),
            login.c.last_active_at < bindparam("begins", type_=BigInteger),
        ),
    )
    .with_for_update(),
)
COUNT_VISIT = Statement(
    _visit.on_conflict_do_update(
        index_elements=["day", "before"], set_={"people": visit.c.people + 1}
    )
)
STAFF = Statement(
    select(login.c.account_id).where(any_of(login.c.role, "roles"), login.c.disabled_at.is_(None))
)
COUNT_ACTIVE = Statement(
    select(func.count()).select_from(login).where(login.c.last_active_at >= bindparam("since"))
)
ACTIVE_TIMES = Statement(
    select(login.c.last_active_at, login.c.account_id)
    .where(login.c.last_active_at.is_not(None))
    .order_by(login.c.last_active_at, login.c.account_id)
)
# Those who may enter and act; locked, so that two owners cannot shut each other out at once.
OWNERS = Statement(
    select(login.c.account_id)
    .join(account, account.c.id == login.c.account_id)
    .where(
        login.c.role == "owner",
        login.c.disabled_at.is_(None),
        account.c.suspended_at.is_(None),
        account.c.frozen_at.is_(None),
        account.c.deleted_at.is_(None),
    )
    .order_by(login.c.account_id)
    .with_for_update(of=login)
)

INSERT_SESSION = Statement(insert(session))
SESSION_BY_TOKEN = Statement(
    select(
        session.c.id,
        session.c.account_id,
        session.c.csrf,
        session.c.last_used_at,
        session.c.expires_at,
        login.c.role,
        login.c.locale,
        login.c.time_zone,
        login.c.look,
        login.c.disabled_at,
        account.c.suspended_at,
        account.c.deleted_at,
        account.c.frozen_at,
    )
    .join_from(session, login, session.c.account_id == login.c.account_id)
    .join(account, account.c.id == session.c.account_id)
    .where(session.c.token == bindparam("token"))
)
SESSIONS_IN_USE = Statement(
    select(session.c.token, login.c.disabled_at, account.c.suspended_at, account.c.deleted_at)
    .join_from(session, login, session.c.account_id == login.c.account_id)
    .join(account, account.c.id == session.c.account_id)
    .where(any_of(session.c.token, "tokens"))
)
SESSIONS_OF = Statement(
    select(
        session.c.id,
        session.c.user_agent,
        session.c.address,
        session.c.created_at,
        session.c.last_used_at,
        session.c.expires_at,
    )
    .where(session.c.account_id == bindparam("account_id"), session.c.expires_at > bindparam("now"))
    .order_by(session.c.last_used_at.desc(), session.c.id.desc())
)
TOUCH_SESSION = Statement(
    update(session)
    .where(session.c.id == bindparam("session_id"))
    .values(last_used_at=bindparam("at"), expires_at=bindparam("until"))
)
END_SESSION = Statement(
    delete(session)
    .where(session.c.id == bindparam("id"), session.c.account_id == bindparam("account_id"))
    .returning(session.c.token)
)
END_SESSIONS_BUT = Statement(
    delete(session).where(
        session.c.account_id == bindparam("account_id"), session.c.id != bindparam("keep")
    )
)
DROP_EXPIRED_SESSIONS = Statement(delete(session).where(session.c.expires_at <= bindparam("now")))
