"""Who stores a fetched document: importers registered by features, by type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from msgspec import Struct

from fedrse.activitypub.dispatch import Refused
from fedrse.activitypub.vocabulary import Json, as_list, type_of
from fedrse.store.database import Transaction


class Imported(Struct, frozen=True):
    """A document from its own origin, to be stored.

    ``uri`` is its id, ``host`` the peer that owns it. ``unavailable`` are URIs that were needed
    and could not be had: do without them or raise Ignored. ``handle`` is the handle of an actor
    (``amina@corp.example``) that its domain confirmed; None where it did not.
    """

    uri: str
    host: str
    document: Json
    unavailable: frozenset[str] = frozenset()
    handle: str | None = None


Importer: TypeAlias = Callable[[Transaction, Imported], Awaitable[None]]
"""Stores or updates a document; raises ``dispatch.Needs``, Ignored or Refused. May run twice."""

Remover: TypeAlias = Callable[[Transaction, str], Awaitable[None]]
"""Told that the origin of a URI says that it exists no more; does nothing if it is unknown."""

MissingRemover: TypeAlias = Callable[[Transaction, str], Awaitable[bool]]
"""Told that something is said to be deleted and its origin answers 404; True if it removed it."""


class Importers:
    """Importers by type of document."""

    def __init__(self) -> None:
        self._importers: dict[str, Importer] = {}
        self._removers: list[Remover] = []
        self._missing: list[MissingRemover] = []

    def on(self, types: Iterable[str], importer: Importer) -> None:
        """Documents of these types are stored by ``importer``."""
        for kind in types:
            if kind in self._importers:
                raise ValueError(f"two importers for {kind}")
            self._importers[kind] = importer

    def on_gone(self, remover: Remover) -> None:
        """Calls ``remover`` for every URI that is gone at its origin."""
        self._removers.append(remover)

    def on_missing(self, remover: MissingRemover) -> None:
        """Calls ``remover`` for every URI that was deleted, by hearsay and by a 404."""
        self._missing.append(remover)

    async def remove_missing(self, tx: Transaction, uri: str) -> bool:
        """Tells everybody; True if somebody removed it."""
        return any([await remover(tx, uri) for remover in self._missing])

    def handles(self, document: Json) -> bool:
        """Whether somebody stores documents of this type."""
        return self._find(document) is not None

    async def store(self, tx: Transaction, imported: Imported) -> None:
        """Stores a document. Raises Refused for a type that nobody stores, and as importers do."""
        importer = self._find(imported.document)
        if importer is None:
            raise Refused(f"unknown_type {type_of(imported.document)[:64]}")
        await importer(tx, imported)

    async def remove(self, tx: Transaction, uri: str) -> None:
        """Tells everybody that this is gone."""
        for remover in self._removers:
            await remover(tx, uri)

    def _find(self, document: Json) -> Importer | None:
        for kind in as_list(document.get("type")):
            if isinstance(kind, str) and kind in self._importers:
                return self._importers[kind]
        return None
