"""SQL of mails to those in charge."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, bindparam, func, select

from fedrse.features.moderation.tables import report, staff_mail
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_since = bindparam("since", type_=BigInteger)
_who = bindparam("who", type_=BigInteger)

OF = Statement(
    select(staff_mail).where(staff_mail.c.account_id == bindparam("holder", type_=BigInteger))
)
STATES = Statement(select(staff_mail).where(any_of(staff_mail.c.account_id, "ids")))
_account = bindparam("account_id", type_=BigInteger)
_CHOSEN = ("reports", "appeals", "accounts")
_wishes = insert(staff_mail).values(
    account_id=_account, **{name: bindparam(name, type_=Boolean) for name in _CHOSEN}
)
SET_WISHES = Statement(
    _wishes.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: _wishes.excluded[name] for name in _CHOSEN},
    )
)
_told = insert(staff_mail).values(
    account_id=_account, told_at=bindparam("told_at", type_=BigInteger)
)
SET_TOLD = Statement(
    _told.on_conflict_do_update(
        index_elements=["account_id"], set_={"told_at": _told.excluded.told_at}
    )
)
# Nobody is told of what they reported themselves, nor of reports about themselves.
COUNT_REPORTS = Statement(
    select(func.count())
    .select_from(report)
    .where(
        report.c.state == "open",
        report.c.created_at > _since,
        report.c.account_id != _who,
        report.c.target_id != _who,
    )
)
