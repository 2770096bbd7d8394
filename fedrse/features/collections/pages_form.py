"""Pages: making a collection of people, changing what it says of itself, deleting it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import Invalid, NotFound
from fedrse.features.collections.model import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    Collection,
    checked_description,
    checked_name,
    checked_tag,
)
from fedrse.features.collections.pages import PATH
from fedrse.features.collections.service import Collections
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

NEW: Final = f"{PATH}/new"
_NO_NAME = translatable("Give it a name.")
_LONG_NAME = translatable("This name is too long: 40 characters are the most.")
_LONG_TEXT = translatable("This text is too long: 100 characters are the most.")
_NO_TAG = translatable("A topic is one word of letters and digits.")
_TOO_MANY = translatable("You have 10 collections, which is the most: delete one first.")
assert (LONGEST_NAME, LONGEST_DESCRIPTION) == (40, 100)  # noqa: S101  (as said above)


class CollectionForm(Struct, frozen=True, kw_only=True):
    """What was typed; ``errors`` by field."""

    name: str = ""
    description: str = ""
    tag: str = ""
    sensitive: bool = False
    discoverable: bool = True
    errors: dict[str, str] = {}


class CollectionFormPages:
    """``/collections/new``, ``/collections/{id}/edit`` and ``/collections/{id}/delete``."""

    def __init__(
        self, *, database: Database, collections: Collections, renderer: Renderer, me: Me
    ) -> None:
        self._database = database
        self._collections = collections
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{PATH}/{{id}}"
        return [
            _route("GET", NEW, self.show_new),
            _route("POST", NEW, self.create),
            _route("GET", f"{one}/edit", self.show),
            _route("POST", f"{one}/edit", self.change),
            _route("POST", f"{one}/delete", self.delete),
        ]

    async def show_new(self, request: Request) -> Reply:
        """``GET /collections/new``."""
        return await self._draw(request, CollectionForm())

    async def create(self, request: Request) -> Reply:
        """``POST /collections/new``: then people can be put in. One of this name is that one."""
        viewer, form = request.require_viewer(), _read(request)
        blank = Collection(0, viewer, "", "", None, None, False, True, 0, 0)
        wanted, errors = _checked(blank, form)
        if errors:
            return await self._draw(request, replace(form, errors=errors))

        async def unit(tx: Transaction) -> int:
            for known in await self._collections.of_account(tx, viewer, viewer, 40, 0):
                if known.name == wanted.name:
                    return known.id
            return (await self._collections.create(tx, viewer, wanted, [])).id

        try:
            made = await self._database.write(unit)
        except Invalid as error:
            if error.code != "too_many_collections":
                raise
            return await self._draw(request, replace(form, errors={"name": _TOO_MANY}))
        return redirect(f"{PATH}/{made}#add", status=303)

    async def show(self, request: Request) -> Reply:
        """``GET /collections/{id}/edit``. Raises NotFound, Forbidden for those of others."""
        known = await self._own(request)
        form = CollectionForm(
            name=known.name,
            description=known.description,
            tag=known.tag or "",
            sensitive=known.sensitive,
            discoverable=known.discoverable,
        )
        return await self._draw(request, form, known)

    async def change(self, request: Request) -> Reply:
        """``POST /collections/{id}/edit``. Raises NotFound, Forbidden."""
        known, form = await self._own(request), _read(request)
        changed, errors = _checked(known, form)
        if errors:
            return await self._draw(request, replace(form, errors=errors), known)
        await self._database.write(self._collections.change, known.account_id, changed)
        return redirect(f"{PATH}/{known.id}?saved=1", status=303)

    async def delete(self, request: Request) -> Reply:
        """``POST /collections/{id}/delete``; one that is gone already is fine. Raises Forbidden."""
        viewer, collection_id = request.require_viewer(), request.path_id()
        with suppress(NotFound):
            await self._database.write(self._collections.delete, viewer, collection_id)
        return redirect(f"{PATH}?done=deleted", status=303)

    async def _own(self, request: Request) -> Collection:
        viewer, collection_id = request.require_viewer(), request.path_id()
        return await self._database.read(self._collections.access_own, viewer, collection_id)

    async def _draw(
        self, request: Request, form: CollectionForm, known: Collection | None = None
    ) -> Reply:
        me: Person = await self._database.read(self._me, request.require_viewer())
        return self._renderer.render(
            request,
            "collections/form.html",
            status=422 if form.errors else 200,
            viewer=me,
            form=form,
            known=known,
        )


def _checked(known: Collection, form: CollectionForm) -> tuple[Collection, dict[str, str]]:
    """The collection with what was typed, and what is wrong by field."""
    errors: dict[str, str] = {}
    found = replace(known, sensitive=form.sensitive, discoverable=form.discoverable)
    try:
        found = replace(found, name=checked_name(form.name))
    except Invalid as error:
        errors["name"] = _NO_NAME if error.code == "name_missing" else _LONG_NAME
    try:
        found = replace(found, description=checked_description(form.description))
    except Invalid:
        errors["description"] = _LONG_TEXT
    try:
        found = replace(found, tag=checked_tag(form.tag))
    except Invalid:
        errors["tag"] = _NO_TAG
    return found, errors


def _read(request: Request) -> CollectionForm:
    return CollectionForm(
        name=request.text("name") or "",
        description=request.text("description") or "",
        tag=request.text("tag") or "",
        sensitive=request.text("sensitive") is not None,
        discoverable=request.text("discoverable") is not None,
    )


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
