"""SQL conditions about relationships, for statements of higher features."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, literal_column, or_, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.tables import block, domain_block, mute
from fedrse.store.narrow import narrow_alias

_one: ColumnElement[int] = literal_column("1")
# Each stands in a subquery of its own, so one of them is enough for all statements.
_mutes, _by_reader, _by_target = mute.alias(), block.alias(), block.alias()
_domains = domain_block.alias()
_target = narrow_alias(account, "target", "id", "domain", "host")


def silenced(reader: ColumnElement[int], target: ColumnElement[int]) -> ColumnElement[bool]:
    """The reader mutes the target or blocks its domain, or one of the two blocks the other.

    Who blocks a domain follows nobody there: where only followers are looked at,
    ``silenced_by_name`` is enough.

    A mute for a time lasts until its row is removed, which is told as ``Unsilenced``: so all that
    depends on it changes at one moment.
    """
    return or_(silenced_by_name(reader, target), domain_blocked(reader, target))


def silences_anybody(reader: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether there is anybody at all for whom ``silenced`` is true.

    SQLite asks this once for all rows: cheap to put before ``silenced`` where many are looked at.
    """
    return or_(
        exists(select(_one).where(_mutes.c.account_id == reader)),
        exists(select(_one).where(_by_reader.c.account_id == reader)),
        exists(select(_one).where(_by_target.c.target_id == reader)),
        exists(select(_one).where(_domains.c.account_id == reader)),
    )


def silenced_by_name(reader: ColumnElement[int], target: ColumnElement[int]) -> ColumnElement[bool]:
    """The same without domains."""
    return or_(
        exists(select(_one).where(_mutes.c.account_id == reader, _mutes.c.target_id == target)),
        exists(
            select(_one).where(_by_reader.c.account_id == reader, _by_reader.c.target_id == target)
        ),
        exists(
            select(_one).where(_by_target.c.account_id == target, _by_target.c.target_id == reader)
        ),
    )


def domain_blocked(reader: ColumnElement[int], target: ColumnElement[int]) -> ColumnElement[bool]:
    """The reader blocks the domain of the target.

    Written so that who blocks none, nearly everybody, costs one look into an index.
    """
    of_domain = exists(
        select(_one)
        .where(
            _target.c.id == target,
            or_(_target.c.domain == _domains.c.domain, _target.c.host == _domains.c.domain),
        )
        .correlate_except(_target)
    )
    return exists(
        select(_one).where(_domains.c.account_id == reader, of_domain).correlate_except(_domains)
    )
