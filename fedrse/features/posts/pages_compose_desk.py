"""Pages: how the form for writing is drawn, with everything around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any

from markupsafe import Markup
from msgspec import Struct, field
from msgspec.structs import replace

from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import NotFound
from fedrse.core.markdown import MARKDOWN, PLAIN
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.media.model import LOCAL_LIMIT, Media, MediaUrls, entity
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_uploads import UploadedFiles
from fedrse.features.posts.api import LookUp
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.posts.model_form import MOST_OPTIONS, ComposeForm, local_of, read_focus
from fedrse.features.posts.model_readers import Choice, preferred
from fedrse.features.posts.pages_cards import AUDIENCES
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_compose import Composer
from fedrse.features.posts.service_drafts import Drafts, SavedDraft
from fedrse.features.posts.service_ports import Later, Preferences
from fedrse.features.posts.service_readers import Readers
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.store.database import Database, Transaction
from fedrse.web.cldr import language_names, write_list
from fedrse.web.formats import find_zone
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

COMPOSE, DRAFTS, SCHEDULED = "/compose", "/drafts", "/scheduled"
WRITTEN = ("en", "fr", "de", "nl", "es", "it", "pt", "pl")
SOONEST = 6 * MINUTE  # five minutes, and time to send the form
_PUBLIC = translatable("Everybody whom this site talks to, also outside of the network")
_DIRECT = translatable("Only the people whom the text names")
# What of a picture stays in view where it is cut; the first is what it begins with.
FOCUS = (
    ("0,0", translatable("The middle")),
    ("0,0.75", translatable("The top")),
    ("0,-0.75", translatable("The bottom")),
    ("-0.75,0", translatable("The left side")),
    ("0.75,0", translatable("The right side")),
)


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class WritingParts(Struct, frozen=True, kw_only=True):
    """What the pages of writers are made of; ``max_characters`` of one post."""

    database: Database
    posts: Posts
    people: People
    readers: Readers
    library: MediaLibrary
    files: UploadedFiles
    urls: MediaUrls
    preferences: Preferences
    drawing: Drawing
    renderer: Renderer
    composer: Composer
    drafts: Drafts
    later: Later
    clock: Clock
    max_characters: int
    look_up: LookUp | None = None

    async def author(self, tx: Transaction, viewer: int) -> Account:
        """Who writes. Raises NotFound."""
        found = await self.people.by_id(tx, viewer)
        if found is None:
            raise NotFound
        return found


class Notes(Struct, frozen=True, kw_only=True):
    """What is said around the form: ``wrong`` by field, ``left_out`` people who cannot read it."""

    wrong: dict[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    restored: SavedDraft | None = None
    preview: bool = False


class _Scene(Struct, frozen=True):
    """What is read for the page."""

    me: Entity | None
    choices: list[Choice]
    first: Audience
    about: list[Entity]
    media: list[Media]
    preview: str
    drafts: int
    waiting: int


class Desk:
    """Draws the form."""

    def __init__(self, parts: WritingParts) -> None:
        self._parts = parts

    async def draw(
        self, request: Request, form: ComposeForm, notes: Notes, *, status: int = 200
    ) -> Reply:
        """The page. Raises NotFound where what the form answers is not there."""
        parts, viewer = self._parts, request.require_viewer()
        scene = await parts.database.read(self._read, viewer, form, notes)
        if request.method == "GET" and form.reply_to is not None and not form.text:
            form = replace(form, text=_greeting(scene, form.reply_to))
        return parts.renderer.render(
            request,
            "posts/compose.html",
            status=status,
            viewer=None if scene.me is None else parts.drawing.person(scene.me),
            form=form,
            wrong=notes.wrong,
            left_out=notes.left_out,
            restored=notes.restored,
            preview=Markup(scene.preview),  # noqa: S704  (made of text by the composer)
            audiences=self._options(request, scene.choices),
            audience=form.audience or scene.first.value,
            languages=languages(request.language, form.language),
            about=parts.drawing.cards(request, scene.about),
            attached=[attached_file(one, parts.urls, form) for one in scene.media],
            focus=FOCUS,
            max_characters=parts.max_characters,
            most_files=LOCAL_LIMIT,
            most_options=MOST_OPTIONS,
            largest=parts.files.largest,
            soonest=local_of(parts.clock.now() + SOONEST, zone_of(request)),
            zone=zone_name(request),
            drafts=scene.drafts,
            waiting=scene.waiting,
            action=COMPOSE,
        )

    async def _read(self, tx: Transaction, viewer: int, form: ComposeForm, notes: Notes) -> _Scene:
        parts = self._parts
        author = await parts.author(tx, viewer)
        parent = None
        if form.reply_to is not None:
            found = await parts.posts.access_original(tx, viewer, form.reply_to)
            parent = Audience(found.audience)
        choices = await parts.readers.choices(tx, author, parent)
        wish = (await parts.preferences(tx, viewer)).visibility
        offered = [one.audience for one in choices]
        first = preferred(wish, offered, parts.posts.border.default_audience, parent)
        wanted = [one for one in (form.reply_to, form.quote) if one is not None]
        about, me = await parts.drawing.read(tx, wanted, viewer)
        own = await parts.library.own(tx, viewer, form.media)
        return _Scene(
            me,
            choices,
            first,
            about,
            [own[one] for one in form.media if one in own],
            await self._preview(tx, form) if notes.preview else "",
            await parts.drafts.count(tx, viewer),
            await parts.later.count(tx, viewer),
        )

    async def _preview(self, tx: Transaction, form: ComposeForm) -> str:
        kind = MARKDOWN if form.markdown else PLAIN
        text = form.text[: 4 * self._parts.max_characters]
        return (await self._parts.composer.compose(tx, text, kind)).html

    def _options(self, request: Request, choices: list[Choice]) -> list[dict[str, str]]:
        say = self._parts.renderer.languages.gettext
        return [
            {
                "value": one.audience.value,
                "icon": AUDIENCES[one.audience][0],
                "label": say(request.language, AUDIENCES[one.audience][1]),
                "hint": self._words(request.language, one),
            }
            for one in choices
        ]

    def _words(self, language: str, choice: Choice) -> str:
        """Who will read it, in a sentence."""
        catalogue = self._parts.renderer.languages.catalogue(language)
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


def attached_file(media: Media, urls: MediaUrls, form: ComposeForm) -> dict[str, Any]:
    """A file as the form shows it: the ``MediaAttachment`` with what was typed about it."""
    shown = entity(media, urls)
    typed = form.focus.get(media.id)
    focus = typed if read_focus(typed) else f"{media.focus_x:g},{media.focus_y:g}"
    return shown | {
        "words": form.descriptions.get(media.id, media.description),
        "focus": focus,
        "focus_named": focus in [value for value, _ in FOCUS],
        "is_ready": media.state == "ready",
        "has_focus": media.kind == "image",
    }


def zone_name(request: Request) -> str:
    """The time zone of whoever writes."""
    name = None if request.principal is None else request.principal.time_zone
    return name if name is not None and find_zone(name) else "UTC"


def zone_of(request: Request) -> tzinfo:
    """The same, to reckon with."""
    return find_zone(zone_name(request)) or UTC


def languages(language: str, chosen: str = "") -> list[tuple[str, str]]:
    """Tags of languages to choose from, with what people call them; ``chosen`` is among them."""
    names = language_names(language)
    found = [(tag, names[tag].capitalize()) for tag in WRITTEN]
    if chosen and chosen not in WRITTEN:
        found.append((chosen, names.get(chosen, chosen).capitalize()))
    return found


def _greeting(scene: _Scene, reply_to: int) -> str:
    """Names whom one answers, unless it is oneself."""
    for one in scene.about:
        mine = scene.me is not None and one["account"]["id"] == scene.me["id"]
        if one["id"] == str(reply_to) and not mine:
            return f"@{one['account']['acct']} "
    return ""
