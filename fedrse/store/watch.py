"""Whether what was read for somebody is still so: what is remembered needs no second look.

Who remembers what a query found for somebody says what that query reads (``Interest``); each write
is compared with it by its text, so nobody can forget to tell. That needs all writers in one
process: SQLite. What the command line writes is heard of some seconds later, as everywhere.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnClause, FromClause, Select
from sqlalchemy.sql.visitors import iterate

from fedrse.store.statement import Compiled
from fedrse.store.written import Written, conditions, table_behind

MOST: Final = 10_000  # people whose last change is known
ANYBODY: Final = ""
_NEVER: Final = 1 << 63


class Interest:
    """What queries read for the person that a parameter of theirs names.

    ``owners`` are the columns compared with the parameter, ``columns`` all that are looked at, both
    by table. What changes in a table of which a query reads rows of others concerns everybody.
    """

    def __init__(self, queries: Sequence[Select[Any]], parameter: str) -> None:
        owners: defaultdict[str, set[str]] = defaultdict(set)
        columns: defaultdict[str, set[str]] = defaultdict(set)
        for query in queries:
            # By each look at a table: there may be several at one.
            looks: defaultdict[FromClause, set[str]] = defaultdict(set)
            for element in iterate(query):
                if isinstance(element, ColumnClause) and element.table is not None:
                    columns[table_behind(element.table)].add(element.name)
                    looks[element.table]  # if no more is said, at rows of anybody
                elif isinstance(element, Select):
                    for column, compared in conditions(element.whereclause):
                        if compared == parameter:
                            looks[column.table].add(column.name)
            for look, names in looks.items():
                owners[table_behind(look)] |= names or {ANYBODY}
        self.owners = {
            table: tuple(sorted(names)) for table, names in owners.items() if ANYBODY not in names
        }
        self.columns = dict(columns)

    def touched_by(self, written: Written) -> bool:
        """Whether such a statement may change what is read."""
        if not written.table:
            return True
        looked_at = self.columns.get(written.table)
        if looked_at is None:
            return False
        return written.columns is None or not looked_at.isdisjoint(written.columns)

    def named_by(self, written: Written) -> tuple[str, ...] | None:
        """The parameters that say whom such a statement concerns; None: it may be anybody."""
        owners = self.owners.get(written.table)
        return None if owners is None else written.values(owners)


class Watch:
    """When what one interest reads was last written; used from several threads."""

    def __init__(self) -> None:
        self._changed: dict[int, int] = {}
        self._all_changed = _NEVER  # nobody has been listening until now

    def is_unchanged(self, who: int, since: int) -> bool:
        """Whether a read transaction with this ``snapshot`` would find the same today."""
        # In this order: people are forgotten after it is said that all have changed.
        return self._changed.get(who, 0) < since and self._all_changed < since

    def begin(self) -> None:
        """From now on each change is told."""
        self._all_changed = time.monotonic_ns()

    def doubt(self) -> None:
        """Something was changed that was not told; nothing is believed until ``begin``."""
        self._all_changed = _NEVER

    def changed(self, who: int | None) -> None:
        """The writer has committed something about this person, None: about anybody."""
        if who is None or len(self._changed) >= MOST:
            self._all_changed = time.monotonic_ns()
            self._changed.clear()
        if who is not None:
            self._changed[who] = time.monotonic_ns()


class _Touch(NamedTuple):
    """What a statement does to a watch: the parameters that name people, None: anybody."""

    watch: Watch
    names: tuple[str, ...] | None


class Watches:
    """All watches of one database file; its writer tells them what it writes."""

    def __init__(self) -> None:
        self._watches: dict[Interest, Watch] = {}
        self._fresh: list[Watch] = []
        self._touches: dict[Compiled, tuple[_Touch, ...]] = {}
        self._lock = threading.Lock()

    def of(self, interest: Interest) -> Watch:
        """The watch for an interest, made when it is first asked for."""
        found = self._watches.get(interest)
        if found is None:
            with self._lock:
                found = self._watches.setdefault(interest, Watch())
                self._fresh.append(found)
                self._touches = {}
        return found

    def begin(self) -> None:
        """A write transaction begins: from its first statement on, new watches hear all."""
        if self._fresh:
            with self._lock:
                for watch in self._fresh:
                    watch.begin()
                self._fresh = []

    def touched(
        self, compiled: Compiled, parameters: Mapping[str, Any]
    ) -> list[tuple[Watch, int | None]]:
        """What a statement is about to change, for ``changed`` after the commit."""
        touches = self._touches.get(compiled)
        if touches is None:
            with self._lock:
                touches = self._touches[compiled] = tuple(self._find(compiled))
        found: list[tuple[Watch, int | None]] = []
        for watch, names in touches:
            if names is None:
                found.append((watch, None))
            else:
                found += [(watch, parameters.get(name)) for name in names]
        return found

    def _find(self, compiled: Compiled) -> list[_Touch]:
        written = Written(compiled.clause)
        return [
            _Touch(watch, interest.named_by(written))
            for interest, watch in self._watches.items()
            if interest.touched_by(written)
        ]

    def changed(self, touched: Sequence[tuple[Watch, int | None]]) -> None:
        """What was told about is committed now."""
        for watch, who in dict.fromkeys(touched):
            watch.changed(who)

    def forget_all(self) -> None:
        """Somebody else may have written anything.

        A transaction that is under way may have written before a watch was made: the next one is
        heard as a whole.
        """
        with self._lock:
            self._fresh = list(self._watches.values())
            for watch in self._fresh:
                watch.doubt()
