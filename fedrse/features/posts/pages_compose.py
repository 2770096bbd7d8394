"""Pages: writing a post, by a form that works without script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import Invalid, NotFound, TooLarge
from fedrse.core.ids import parse_id
from fedrse.features.accounts.model import Account
from fedrse.features.media.model import Media, MediaUrls, entity
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_uploads import Sent, UploadedFiles
from fedrse.features.posts.api import LookUp
from fedrse.features.posts.model import Audience, MentionedPerson
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.posts.model_readers import Choice, preferred
from fedrse.features.posts.pages import AUDIENCES
from fedrse.features.posts.pages_compose_form import (
    ComposeForm,
    chosen_file,
    new_key,
    read_form,
    wrong_fields,
)
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_compose import unknown_handles
from fedrse.features.posts.service_ports import Preferences
from fedrse.features.posts.service_readers import Readers
from fedrse.http.multipart import Uploads
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.cldr import language_names, write_list
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

COMPOSE = "/compose"
WRITTEN = ("en", "fr", "de", "nl", "es", "it", "pt", "pl")
_PUBLIC = translatable("Everybody whom this site talks to, also outside of the network")
_DIRECT = translatable("Only the people whom the text names")


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class _Desk(Struct, frozen=True):
    """What the page shows around the form."""

    me: Entity | None
    choices: list[Choice]
    first: Audience
    about: list[Entity]
    media: list[Media]


class ComposePages:
    """``/compose``."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: People,
        readers: Readers,
        library: MediaLibrary,
        files: UploadedFiles,
        urls: MediaUrls,
        preferences: Preferences,
        drawing: Drawing,
        renderer: Renderer,
        max_characters: int,
        look_up: LookUp | None = None,
    ) -> None:
        self._database = database
        self._posts = posts
        self._people = people
        self._readers = readers
        self._library = library
        self._files = files
        self._urls = urls
        self._preferences = preferences
        self._drawing = drawing
        self._renderer = renderer
        self._max_characters = max_characters
        self._look_up = look_up

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        page, user = Surface.PAGE, Auth.USER
        uploads = Uploads(count=1, bytes_each=self._files.largest)
        return [
            Route("GET", COMPOSE, self.show, page, user),
            Route("POST", COMPOSE, self.send, page, user, uploads=uploads),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /compose``: ``reply_to`` and ``quote`` name posts, ``text`` begins the text."""
        form = ComposeForm(
            text=(request.text("text") or "")[: self._max_characters],
            reply_to=parse_id(request.text("reply_to") or ""),
            quote=parse_id(request.text("quote") or ""),
            language=request.language,
            key=new_key(),
        )
        return await self._draw(request, form, {})

    async def send(self, request: Request) -> Reply:
        """``POST /compose``: attaches a file, lets one go, or publishes."""
        viewer, form = request.require_viewer(), read_form(request)
        try:
            form = await self._attach(request, viewer, form)
            await self._describe(viewer, form)
            if request.text("attach"):
                return await self._draw(request, form, {})
            gone = parse_id(request.text("remove") or "")
            if gone is not None:
                kept = tuple(one for one in form.media if one != gone)
                return await self._draw(request, replace(form, media=kept), {})
            return await self._publish(request, viewer, form)
        except (Invalid, TooLarge) as error:
            return await self._draw(request, form, wrong_fields(error), status=422)
        except NotFound as error:
            if error.code != "referred_missing":
                raise
            form = replace(form, reply_to=None, quote=None)
            return await self._draw(request, form, wrong_fields(error), status=422)

    async def _attach(self, request: Request, viewer: int, form: ComposeForm) -> ComposeForm:
        """The form with the file that was chosen."""
        upload = chosen_file(request)
        if upload is None:
            return form
        words = request.text("new_description") or ""
        sent = Sent(path=upload.path, size=upload.size, description=words)
        media = await self._files.take(viewer, sent)
        return replace(form, media=(*form.media, media.id))

    async def _describe(self, viewer: int, form: ComposeForm) -> None:
        if not form.descriptions:
            return

        async def unit(tx: Transaction) -> None:
            own = await self._library.own(tx, viewer, form.media)
            for key, words in form.descriptions.items():
                if key in own and own[key].description != words:
                    await self._library.describe(tx, viewer, key, description=words)

        await self._database.write(unit)

    async def _publish(self, request: Request, viewer: int, form: ComposeForm) -> Reply:
        if self._look_up is not None:
            unknown = unknown_handles(form.text, "text/plain")
            if unknown:
                await self._look_up(unknown)

        async def check(tx: Transaction) -> Sequence[MentionedPerson]:
            author, draft = await self._author(tx, viewer), await self._draft(tx, viewer, form)
            checked = await self._posts.check_draft(tx, author, draft)
            return [one for one in checked.people if not (one.reached or one.silent)]

        async def publish(tx: Transaction) -> str:
            author, draft = await self._author(tx, viewer), await self._draft(tx, viewer, form)
            post = await self._posts.publish(tx, author, draft)
            return f"/@{author.username}/{post.id}"

        if not form.confirmed:
            left_out = await self._database.read(check)
            if left_out:
                names = [f"@{one.username}@{one.domain}" for one in left_out]
                return await self._draw(request, form, {}, left_out=names, status=422)
        return redirect(await self._database.write(publish), status=303)

    async def _author(self, tx: Transaction, viewer: int) -> Account:
        author = await self._people.by_id(tx, viewer)
        if author is None:
            raise NotFound
        return author

    async def _draft(self, tx: Transaction, viewer: int, form: ComposeForm) -> Any:
        return form.draft((await self._preferences(tx, viewer)).visibility)

    # The page

    async def _draw(
        self,
        request: Request,
        form: ComposeForm,
        wrong: dict[str, str],
        *,
        left_out: Sequence[str] = (),
        status: int = 200,
    ) -> Reply:
        viewer = request.require_viewer()
        desk = await self._database.read(self._desk, viewer, form)
        if request.method == "GET" and form.reply_to is not None and not form.text:
            form = replace(form, text=_greeting(desk, form.reply_to))
        shown = form.audience or desk.first.value
        return self._renderer.render(
            request,
            "posts/compose.html",
            status=status,
            viewer=None if desk.me is None else self._drawing.person(desk.me),
            form=form,
            wrong=wrong,
            left_out=left_out,
            audiences=self._options(request, desk.choices),
            audience=shown,
            languages=languages(request.language),
            about=self._drawing.cards(request, desk.about),
            attached=[entity(one, self._urls) for one in desk.media],
            max_characters=self._max_characters,
            action=COMPOSE,
        )

    async def _desk(self, tx: Transaction, viewer: int, form: ComposeForm) -> _Desk:
        author = await self._author(tx, viewer)
        parent = None
        if form.reply_to is not None:
            found = await self._posts.access_original(tx, viewer, form.reply_to)
            parent = Audience(found.audience)
        choices = await self._readers.choices(tx, author, parent)
        wish = (await self._preferences(tx, viewer)).visibility
        offered = [one.audience for one in choices]
        first = preferred(wish, offered, self._posts.border.default_audience, parent)
        wanted = [one for one in (form.reply_to, form.quote) if one is not None]
        about, me = await self._drawing.read(tx, wanted, viewer)
        own = await self._library.own(tx, viewer, form.media)
        return _Desk(me, choices, first, about, [own[one] for one in form.media if one in own])

    def _options(self, request: Request, choices: list[Choice]) -> list[dict[str, str]]:
        return [
            {
                "value": one.audience.value,
                "icon": AUDIENCES[one.audience][0],
                "label": self._renderer.languages.gettext(
                    request.language, AUDIENCES[one.audience][1]
                ),
                "hint": self._words(request.language, one),
            }
            for one in choices
        ]

    def _words(self, language: str, choice: Choice) -> str:
        """Who will read it, in a sentence."""
        catalogue = self._renderer.languages.catalogue(language)
        gettext, ngettext = catalogue.gettext, catalogue.ngettext
        if choice.people is None:
            return gettext(_PUBLIC if choice.audience is Audience.PUBLIC else _DIRECT)
        values = {
            "num": choice.people,
            "sites": write_list(choice.sites, language),
        }
        if choice.audience is Audience.FOLLOWERS:
            words = ngettext(
                "Your followers: %(num)s person", "Your followers: %(num)s people", choice.people
            )
        elif choice.audience is Audience.SITE:
            words = ngettext(
                "Everyone at %(sites)s: %(num)s person",
                "Everyone at %(sites)s: %(num)s people",
                choice.people,
            )
        else:
            words = ngettext(
                "Everyone at %(sites)s: %(num)s person known here",
                "Everyone at %(sites)s: %(num)s people known here",
                choice.people,
            )
        return words % values


def languages(language: str) -> list[tuple[str, str]]:
    """Tags of languages to choose from, with what people call them."""
    names = language_names(language)
    return [(tag, names[tag].capitalize()) for tag in WRITTEN]


def _greeting(desk: _Desk, reply_to: int) -> str:
    """Names whom one answers, unless it is oneself."""
    for one in desk.about:
        mine = desk.me is not None and one["account"]["id"] == desk.me["id"]
        if one["id"] == str(reply_to) and not mine:
            return f"@{one['account']['acct']} "
    return ""
