"""SQL of subscriptions by mail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select, update

from fedrse.features.accounts.service_joins import account
from fedrse.features.mail.tables import mail_publisher, mail_subscription
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_key = bindparam("key", type_=BigInteger)
_owner = bindparam("owner", type_=BigInteger)
_at = bindparam("at", type_=BigInteger)
_email = bindparam("of_email", type_=Text)

ADD = Statement(insert(mail_subscription).on_conflict_do_nothing())
BY_ID = Statement(select(mail_subscription).where(mail_subscription.c.id == _key))
OF_PAIR = Statement(
    select(mail_subscription.c.id).where(
        mail_subscription.c.account_id == _owner, mail_subscription.c.email == _email
    )
)
COUNTS = Statement(
    select(
        func.count(mail_subscription.c.confirmed_at).label("confirmed"),
        func.count().label("together"),
    ).where(mail_subscription.c.account_id == _owner)
)
CONFIRM = Statement(
    update(mail_subscription)
    .where(mail_subscription.c.id == _key, mail_subscription.c.confirmed_at.is_(None))
    .values(confirmed_at=_at)
)
REMOVE = Statement(delete(mail_subscription).where(mail_subscription.c.id == _key))
REMOVE_ADDRESS = Statement(delete(mail_subscription).where(mail_subscription.c.email == _email))
CLEAR = Statement(delete(mail_subscription).where(mail_subscription.c.account_id == _owner))
DROP_UNCONFIRMED = Statement(
    delete(mail_subscription).where(
        mail_subscription.c.confirmed_at.is_(None),
        mail_subscription.c.created_at <= bindparam("before", type_=BigInteger),
    )
)
# Those who get the posts of somebody, one part after the other.
READERS = Statement(
    select(mail_subscription.c.id)
    .where(
        mail_subscription.c.account_id == _owner,
        mail_subscription.c.id > bindparam("after", type_=BigInteger),
        mail_subscription.c.confirmed_at.is_not(None),
    )
    .order_by(mail_subscription.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)

OFFER = Statement(insert(mail_publisher).on_conflict_do_nothing())
WITHDRAW = Statement(delete(mail_publisher).where(mail_publisher.c.account_id == _owner))
PUBLISHERS = Statement(
    select(mail_publisher.c.account_id, mail_publisher.c.seen_id)
    .select_from(mail_publisher)
    .join(account, account.c.id == mail_publisher.c.account_id)
    .where(
        account.c.by_mail,
        account.c.public_profile,
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
    .order_by(mail_publisher.c.account_id)
)
SEEN = Statement(
    update(mail_publisher)
    .where(any_of(mail_publisher.c.account_id, "ids"))
    .values(seen_id=bindparam("upto", type_=BigInteger))
)
