"""Pages: words that somebody does not want to read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.filters.model import Action, Filter, Keyword, read_text
from fedrse.features.filters.pages_form import (
    ACTIONS,
    DURATIONS,
    KEEP,
    NO_TITLE,
    PLACES,
    TOO_LONG,
    FilterForm,
    Word,
    form_of,
    read_form,
)
from fedrse.features.filters.service import Filters
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/settings/filters"
NEW: Final = f"{PATH}/new"
_TOO_MANY = translatable("You have too many filters: delete some of them first.")
_TOO_MANY_WORDS = translatable("You have too many words in your filters: delete some first.")


class FilterPages:
    """``/settings/filters``: the same filters as in apps."""

    def __init__(
        self, *, database: Database, filters: Filters, clock: Clock, renderer: Renderer, me: Me
    ) -> None:
        self._database = database
        self._filters = filters
        self._clock = clock
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{PATH}/{{id}}"
        return [
            _route("GET", PATH, self.listing),
            _route("GET", NEW, self.show_new),
            _route("POST", NEW, self.create),
            _route("GET", one, self.show),
            _route("POST", one, self.change),
            _route("POST", f"{one}/delete", self.delete),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /settings/filters``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Person, list[Filter]]:
            return await self._me(tx, viewer), await self._filters.all_of(tx, viewer)

        me, found = await self._database.read(unit)
        return self._renderer.render(
            request,
            "filters/list.html",
            viewer=me,
            filters=sorted(found, key=lambda one: one.title.casefold()),
            now=self._clock.now(),
            places=dict(PLACES),
            actions={action: label for action, label, _, _ in ACTIONS},
            done=request.text("done") or "",
        )

    async def show_new(self, request: Request) -> Reply:
        """``GET /settings/filters/new``; ``words`` may be given in the address."""
        typed = request.text("word") or ""
        words = (Word(0, typed[:100], whole=True),) if typed.strip() else ()
        return await self._draw(request, None, FilterForm(title=typed[:100], words=words), {})

    async def show(self, request: Request) -> Reply:
        """``GET /settings/filters/{id}``."""
        found = await self._database.read(
            self._filters.access_filter, request.require_viewer(), request.path_id()
        )
        return await self._draw(request, found, form_of(found), {})

    async def create(self, request: Request) -> Reply:
        """``POST /settings/filters/new``."""
        viewer, form = request.require_viewer(), read_form(request)
        wrong = form.wrong(has_posts=False, may_keep=False)
        if request.text("more") is not None or wrong:
            return await self._draw(request, None, form, self._shown(request, wrong))

        async def unit(tx: Transaction) -> None:
            wish = self._wish(form, viewer, 0, None)
            words = [Keyword(0, 0, read_text(one.text, "Word"), one.whole) for one in form.words]
            if not any(
                _is_same(one, wish, words) for one in await self._filters.all_of(tx, viewer)
            ):
                await self._filters.create(tx, wish, words)

        try:
            await self._database.write(unit)
        except Invalid as error:
            return await self._draw(request, None, form, _refused(error))
        return redirect(f"{PATH}?done=saved")

    async def change(self, request: Request) -> Reply:
        """``POST /settings/filters/{id}``: words that were taken out of the form go."""
        viewer, filter_id, form = request.require_viewer(), request.path_id(), read_form(request)
        known = await self._database.read(self._filters.access_filter, viewer, filter_id)
        may_keep = known.expires_at is not None
        wrong = form.wrong(has_posts=bool(known.posts), may_keep=may_keep)
        if request.text("more") is not None or wrong:
            return await self._draw(request, known, form, self._shown(request, wrong))

        async def unit(tx: Transaction) -> None:
            now = await self._filters.access_filter(tx, viewer, filter_id)
            await self._filters.change(tx, self._wish(form, viewer, filter_id, now.expires_at))
            await self._change_words(tx, now, form)

        try:
            await self._database.write(unit)
        except Invalid as error:
            return await self._draw(request, known, form, _refused(error))
        return redirect(f"{PATH}?done=saved")

    async def _change_words(self, tx: Transaction, known: Filter, form: FilterForm) -> None:
        me, before = known.account_id, {one.id: one for one in known.keywords}
        kept = {one.id for one in form.words}
        for keyword_id in before:
            if keyword_id not in kept:
                await self._filters.remove_keyword(tx, me, keyword_id)
        for one in form.words:
            text = read_text(one.text, "Word")
            old = before.get(one.id)
            if old is None:
                await self._filters.add_keyword(tx, me, known.id, text, whole=one.whole)
            elif (old.keyword, old.whole_word) != (text, one.whole):
                await self._filters.change_keyword(tx, me, old.id, keyword=text, whole=one.whole)

    async def delete(self, request: Request) -> Reply:
        """``POST /settings/filters/{id}/delete``; one that is gone already is fine."""
        viewer, filter_id = request.require_viewer(), request.path_id()
        with suppress(NotFound):
            await self._database.write(self._filters.remove, viewer, filter_id)
        return redirect(f"{PATH}?done=deleted")

    def _wish(
        self, form: FilterForm, viewer: int, filter_id: int, expires_at: int | None
    ) -> Filter:
        """``expires_at`` is what stays where the form says so."""
        if form.duration != KEEP:
            expires_at = self._filters.expiry(int(form.duration) if form.duration else None)
        return Filter(
            id=filter_id,
            account_id=viewer,
            title=read_text(form.title, "Title"),
            context=form.places,
            action=Action(form.action),
            expires_at=expires_at,
        )

    @staticmethod
    def _shown(request: Request, wrong: dict[str, str]) -> dict[str, str]:
        """Whoever asks for more rows is not told yet what is missing."""
        return {} if request.text("more") is not None else wrong

    async def _draw(
        self, request: Request, known: Filter | None, form: FilterForm, wrong: dict[str, str]
    ) -> Reply:
        me = await self._database.read(self._me, request.require_viewer())
        values: dict[str, Any] = {"durations": DURATIONS, "places": PLACES, "actions": ACTIONS}
        return self._renderer.render(
            request,
            "filters/form.html",
            status=422 if wrong else 200,
            viewer=me,
            known=known,
            form=form,
            wrong=wrong,
            keep=KEEP if known is not None and known.expires_at is not None else "",
            **values,
        )


def _is_same(known: Filter, wish: Filter, words: Sequence[Keyword]) -> bool:
    """The form was sent twice."""
    found = [(one.keyword, one.whole_word) for one in known.keywords]
    return (known.title, known.context, known.action, found) == (
        wish.title,
        wish.context,
        wish.action,
        [(one.keyword, one.whole_word) for one in words],
    )


def _refused(error: Invalid) -> dict[str, str]:
    """Where a refusal of the service stands."""
    known = {
        "too_many_filters": {"words": _TOO_MANY},
        "too_many_keywords": {"words": _TOO_MANY_WORDS},
        "filter_blank": {"title": NO_TITLE},  # nothing but what cannot be seen
        "filter_too_long": {"title": TOO_LONG},
    }
    if error.code not in known:
        raise error
    return known[error.code]


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
