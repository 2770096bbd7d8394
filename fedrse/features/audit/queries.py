"""SQL of the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, insert, or_, select, update

from fedrse.features.audit.tables import audit_entry, audit_head, audit_setting
from fedrse.store import upsert
from fedrse.store.statement import Statement

number = bindparam("number", type_=BigInteger)
most = bindparam("most", type_=BigInteger)
_text = audit_entry.c
_head = upsert.insert(audit_head).values(id=1, number=0, hash="")

# Locks the row, which it makes first where there is none.
TAKE_HEAD = Statement(
    _head.on_conflict_do_update(index_elements=["id"], set_={"id": 1}).returning(
        audit_head.c.number, audit_head.c.hash
    )
)
HEAD = Statement(select(audit_head.c.number, audit_head.c.hash))
MOVE_HEAD = Statement(
    update(audit_head).values(
        number=bindparam("new_number", type_=BigInteger), hash=bindparam("new_hash", type_=Text)
    )
)
ADD = Statement(insert(audit_entry))
BY_NUMBER = Statement(select(audit_entry).where(_text.number == number))
AFTER = Statement(
    select(audit_entry).where(_text.number > number).order_by(_text.number).limit(most)
)
FIND = Statement(
    select(audit_entry)
    .where(
        _text.number < bindparam("below", type_=BigInteger),
        _text.at >= bindparam("since", type_=BigInteger),
        _text.at < bindparam("until", type_=BigInteger),
        or_(
            bindparam("act", type_=Text) == "",
            _text.act == bindparam("act", type_=Text),
        ),
        or_(
            bindparam("actor", type_=Text) == "",
            _text.actor_id == bindparam("actor", type_=Text),
            _text.actor_name == bindparam("actor", type_=Text),
        ),
        or_(
            bindparam("target", type_=Text) == "",
            _text.target_id == bindparam("target", type_=Text),
            _text.target_name == bindparam("target", type_=Text),
        ),
    )
    .order_by(_text.number.desc())
    .limit(most)
)

SETTINGS = Statement(select(audit_setting.c.name, audit_setting.c.value))
FORGET_SETTINGS = Statement(delete(audit_setting))
KEEP_SETTING = Statement(insert(audit_setting))
