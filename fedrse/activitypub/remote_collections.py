"""Reading collections of other sites, page by page, within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from fedrse.activitypub.document_client import DocumentClient, FetchFailed
from fedrse.activitypub.vocabulary import Json, as_list, id_of, type_of
from fedrse.core.urls import same_origin

MOST_PAGES: Final = 50
COLLECTION_TYPES: Final = frozenset({"Collection", "OrderedCollection"})


class RemoteCollections:
    """Iterates over what other sites list; the things listed are claims, to be fetched by id."""

    def __init__(self, documents: DocumentClient) -> None:
        self._documents = documents

    async def ids(
        self, collection: Any, *, origin: str, most: int, pages: int = MOST_PAGES
    ) -> AsyncIterator[str]:
        """The ids in a collection given as address or as (part of a) document, without doubles.

        Reads at most ``pages`` pages and gives at most ``most`` ids; everything must be of
        ``origin`` (any address of the site that publishes it). Ends where a page comes again, is
        empty, or cannot be had. Raises FetchFailed if the collection itself cannot be had.
        """
        document = await self.collection(collection, origin)
        given: set[str] = set()
        async for page in self._pages(document, origin, pages):
            for item in _items(page):
                identifier = id_of(item)
                if identifier is None or identifier in given:
                    continue
                given.add(identifier)
                yield identifier
                if len(given) >= most:
                    return

    async def items(
        self, document: Json, *, origin: str, most: int, pages: int = MOST_PAGES
    ) -> AsyncIterator[Any]:
        """At most ``most`` items of a collection that was read, as they stand in it."""
        given = 0
        async for page in self._pages(document, origin, pages):
            for item in _items(page):
                yield item
                given += 1
                if given >= most:
                    return

    async def collection(self, collection: Any, origin: str) -> Json:
        """The document of a collection given as address or as (part of a) document.

        Raises FetchFailed where it cannot be had or is none.
        """
        if isinstance(collection, dict) and (_items(collection) or "first" in collection):
            return collection
        address = id_of(collection)
        if address is None or not same_origin(address, origin):
            raise FetchFailed("collection_foreign", "The collection is of another origin.", origin)
        document = await self._documents.fetch_list(address)
        if type_of(document) not in COLLECTION_TYPES:
            raise FetchFailed("collection_type", "This is not a collection.", address)
        return document

    async def _pages(self, document: Json, origin: str, most: int) -> AsyncIterator[Json]:
        if _items(document):
            yield document
        page: Any = document.get("first")
        seen: set[str] = set()
        for _ in range(most):
            if isinstance(page, dict):
                # Mastodon writes the first page into the collection, also if it is empty.
                yield page
            else:
                address = page if isinstance(page, str) else ""
                if not address or address in seen or not same_origin(address, origin):
                    return
                seen.add(address)
                try:
                    page = await self._documents.fetch_list(address)
                except FetchFailed:
                    return
                if not _items(page):
                    return
                yield page
            page = page.get("next")


def _items(document: Json) -> list[Any]:
    return as_list(document.get("orderedItems")) or as_list(document.get("items"))
