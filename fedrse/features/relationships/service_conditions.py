"""SQL conditions about relationships, for statements of higher features."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, Text, and_, exists, func, literal_column, or_, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.tables import block, domain_block, follow, mute
from fedrse.store.narrow import narrow_alias

_one: ColumnElement[int] = literal_column("1")
# Each stands in a subquery of its own, so one of them is enough for all statements.
_mutes, _by_reader, _by_target = mute.alias(), block.alias(), block.alias()
_domains = domain_block.alias()
_target = narrow_alias(account, "target", "id", "domain", "host")
_picky = narrow_alias(follow, "picky", "account_id", "target_id", "languages")
_chooses: ColumnElement[bool] = literal_column("picky.languages <> '[]'")  # as in the indexes
_before, _after, _hyphen = (literal_column(text, Text) for text in ("'%\"'", "'\"%'", "'-'"))


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


def unwanted_language(
    reader: ColumnElement[int], author: ColumnElement[int], language: ColumnElement[str | None]
) -> ColumnElement[bool]:
    """The reader follows the author for other languages than this one.

    What says nothing of its language is for everybody, as in Mastodon.
    """
    return exists(
        select(_one)
        .where(_picky.c.account_id == reader, _picky.c.target_id == author)
        .where(_chooses, _is_other(language))
        .correlate_except(_picky)
    )


def reads_otherwise(
    author: ColumnElement[int], language: ColumnElement[str | None]
) -> Select[tuple[int]]:
    """The same the other way round: who follows the author for other languages, nearly nobody."""
    return select(_picky.c.account_id).where(
        _picky.c.target_id == author, _chooses, _is_other(language)
    )


def chooses_languages(reader: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether there is anybody for whom ``unwanted_language`` can be true; see above."""
    return exists(select(_one).where(_picky.c.account_id == reader, _chooses))


def anybody_chooses_languages() -> ColumnElement[bool]:
    """Whether ``reads_otherwise`` can find anybody at all; looked for once per statement."""
    return exists(select(_one).select_from(_picky).where(_chooses).correlate_except(_picky))


def _is_other(language: ColumnElement[str | None]) -> ColumnElement[bool]:
    # The list is JSON text; a tag has letters, digits and hyphens only. Whoever wants "en" wants
    # "en-US", too; a language itself has two or three letters.
    named = or_(
        _picky.c.languages.like(_before + language + _after),
        *(
            and_(
                func.substr(language, letters + 1, 1) == _hyphen,
                _picky.c.languages.like(_before + func.substr(language, 1, letters) + _after),
            )
            for letters in (2, 3)
        ),
    )
    return and_(language.is_not(None), ~named)
