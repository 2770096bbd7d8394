"""Statements on registrations and invitations."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, insert, or_, select, update

from fedrse.features.access.tables import invitation, login, oauth_token, registration
from fedrse.features.accounts.service_joins import account
from fedrse.store.statement import Statement

_key = bindparam("key", type_=BigInteger)
_at = bindparam("at", type_=BigInteger)

ADD = Statement(insert(registration))
BY_ID = Statement(select(registration).where(registration.c.id == _key))
NAMED = Statement(
    select(registration)
    .where(
        or_(
            registration.c.username_key == bindparam("name"),
            registration.c.email == bindparam("name"),
        )
    )
    .order_by(registration.c.id)
    .limit(1)
)
COUNT_WAITING = Statement(
    select(func.count())
    .select_from(registration)
    .where(
        registration.c.approved_at.is_(None),
        registration.c.confirmed_at > bindparam("since", type_=BigInteger),
    )
)
ALL = Statement(select(registration).order_by(registration.c.id))
# Names of people who left stay theirs.
IS_TAKEN = Statement(
    select(account.c.id.label("id"))
    .where(account.c.local, account.c.username_key == bindparam("name"))
    .union_all(
        select(registration.c.id.label("id")).where(
            registration.c.username_key == bindparam("name")
        )
    )
)
HAS_LOGIN = Statement(select(login.c.account_id).where(login.c.email == bindparam("email")))
SET_CONFIRMED = Statement(
    update(registration)
    .where(registration.c.id == _key, registration.c.confirmed_at.is_(None))
    .values(confirmed_at=_at)
)
SET_APPROVED = Statement(
    update(registration)
    .where(registration.c.id == _key, registration.c.approved_at.is_(None))
    .values(approved_at=_at)
)
SET_EMAIL = Statement(
    update(registration).where(registration.c.id == _key).values(email=bindparam("new_email"))
)
REMOVE = Statement(delete(registration).where(registration.c.id == _key))
TOKENS_OF = Statement(select(oauth_token.c.token).where(oauth_token.c.registration_id == _key))
GIVE_TOKENS = Statement(
    update(oauth_token)
    .where(oauth_token.c.registration_id == _key)
    .values(account_id=bindparam("holder", type_=BigInteger), registration_id=None)
)
DROP_UNCONFIRMED = Statement(
    delete(registration).where(
        registration.c.confirmed_at.is_(None),
        registration.c.created_at <= bindparam("before", type_=BigInteger),
    )
)

ADD_INVITATION = Statement(insert(invitation))
INVITATION = Statement(select(invitation).where(invitation.c.code == bindparam("code")))
INVITATIONS = Statement(select(invitation).order_by(invitation.c.id))
USE_INVITATION = Statement(
    update(invitation)
    .where(
        invitation.c.code == bindparam("of_code"),
        invitation.c.uses < invitation.c.most_uses,
        invitation.c.expires_at > _at,
    )
    .values(uses=invitation.c.uses + 1)
    .returning(invitation.c.id, invitation.c.account_id)
)
REMOVE_INVITATION = Statement(delete(invitation).where(invitation.c.id == _key))
DROP_INVITATIONS = Statement(delete(invitation).where(invitation.c.expires_at <= _at))
