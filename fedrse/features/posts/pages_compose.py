"""Pages: writing a post, by a form that works without script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from fedrse.core.clock import SECOND
from fedrse.core.errors import FedrseError, Invalid, NotFound, TooLarge
from fedrse.core.ids import parse_id
from fedrse.features.media.service_uploads import Sent
from fedrse.features.posts import service_choices
from fedrse.features.posts.model import MentionedPerson
from fedrse.features.posts.model_form import (
    ComposeForm,
    form_of,
    local_of,
    moment_of,
    read_focus,
)
from fedrse.features.posts.pages_compose_desk import (
    COMPOSE,
    DRAFTS,
    SCHEDULED,
    Desk,
    Notes,
    WritingParts,
    zone_of,
)
from fedrse.features.posts.pages_compose_form import (
    chosen_file,
    new_key,
    read_form,
    wrong_fields,
)
from fedrse.features.posts.service_compose import unknown_handles
from fedrse.http.multipart import Uploads
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction

UNDO_TIME = 10 * SECOND


class ComposePages:
    """``/compose``."""

    def __init__(self, parts: WritingParts) -> None:
        self._parts = parts
        self._desk = Desk(parts)

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        page, user = Surface.PAGE, Auth.USER
        uploads = Uploads(count=1, bytes_each=self._parts.files.largest, keeps_text=True)
        return [
            Route("GET", COMPOSE, self.show, page, user),
            Route("POST", COMPOSE, self.send, page, user, uploads=uploads),
            Route("POST", f"{COMPOSE}/again", self.again, page, user, csrf=False),
        ]

    # The page

    async def show(self, request: Request) -> Reply:
        """``GET /compose``: ``reply_to`` and ``quote`` name posts, ``text`` begins the text.

        What other apps of a device share comes as ``title``, ``text`` and ``url`` (W3C Web Share
        Target).

        ``draft`` and ``scheduled`` name something to go on with; without any of them, what was
        left unfinished about the same post is there again.
        """
        viewer = request.require_viewer()
        form = ComposeForm(
            text=_begun(request)[: self._parts.max_characters],
            reply_to=parse_id(request.text("reply_to") or ""),
            quote=parse_id(request.text("quote") or ""),
            language=request.language,
            key=new_key(),
        )
        draft, waiting = (parse_id(request.text(name) or "") for name in ("draft", "scheduled"))
        read = self._parts.database.read
        if draft is not None:
            saved = await read(self._parts.drafts.access_own, viewer, draft)
            return await self._desk.draw(request, saved.form, Notes())
        if waiting is not None:
            wanted, at = await read(self._parts.later.waiting, viewer, waiting)
            when = local_of(at, zone_of(request))
            form = replace(form_of(wanted, form.key), when=when, scheduled=waiting)
            return await self._desk.draw(request, form, Notes())
        left = None
        if not form.text and request.text("new") is None:
            left = await read(self._parts.drafts.left, viewer, form.context)
        if left is not None:
            return await self._desk.draw(request, left.form, Notes(restored=left))
        return await self._desk.draw(request, form, Notes())

    async def again(self, request: Request) -> Reply:
        """``POST /compose/again``: draws what was typed before the session was over.

        It changes nothing, so it takes no token: the form that it shows has a fresh one.
        """
        request.require_viewer()
        form = replace(read_form(request), undoable=False, confirmed=False)
        return await self._desk.draw(request, form, Notes())

    async def send(self, request: Request) -> Reply:
        """``POST /compose``: attaches a file, lets one go, shows, saves, or publishes."""
        viewer, form = request.require_viewer(), read_form(request)
        try:
            form = await self._attach(request, viewer, form)
            await self._describe(viewer, form)
            return await self._act(request, viewer, form)
        except (Invalid, TooLarge) as error:
            return await self._refused(request, form, error)
        except NotFound as error:
            if error.code != "referred_missing":
                raise
            return await self._refused(request, replace(form, reply_to=None, quote=None), error)

    async def _refused(self, request: Request, form: ComposeForm, error: FedrseError) -> Reply:
        return await self._desk.draw(request, form, Notes(wrong=wrong_fields(error)), status=422)

    async def _act(self, request: Request, viewer: int, form: ComposeForm) -> Reply:
        """What the button says that was pressed."""
        gone = parse_id(request.text("remove") or "")
        if gone is not None:
            form = replace(form, media=tuple(one for one in form.media if one != gone))
        if request.text("add_option"):
            form = form.with_another_option()
        if gone is not None or request.text("attach") or request.text("add_option"):
            return await self._desk.draw(request, form, Notes())
        if request.text("preview"):
            return await self._desk.draw(request, form, Notes(preview=True))
        if request.text("save"):
            await self._parts.database.write(self._save, viewer, form)
            return redirect(f"{DRAFTS}?saved=1", status=303)
        return await self._publish(request, viewer, form)

    async def _save(self, tx: Transaction, viewer: int, form: ComposeForm) -> None:
        if form.is_blank:
            raise Invalid("text_blank", "Nothing to save")
        await self._parts.drafts.save(tx, viewer, form, kept=True)

    async def _attach(self, request: Request, viewer: int, form: ComposeForm) -> ComposeForm:
        """The form with the file that was chosen."""
        upload = chosen_file(request)
        if upload is None:
            return form
        if upload.size > self._parts.files.largest:
            raise TooLarge("file_too_large", "The file is too large")
        words = request.text("new_description") or ""
        sent = Sent(path=upload.path, size=upload.size, description=words)
        media = await self._parts.files.take(viewer, sent)
        return replace(form, media=(*form.media, media.id))

    async def _describe(self, viewer: int, form: ComposeForm) -> None:
        if not (form.descriptions or form.focus):
            return
        library = self._parts.library

        async def unit(tx: Transaction) -> None:
            for key, media in (await library.own(tx, viewer, form.media)).items():
                words = form.descriptions.get(key, media.description)
                focus = read_focus(form.focus.get(key)) or (media.focus_x, media.focus_y)
                if (words, *focus) != (media.description, media.focus_x, media.focus_y):
                    await library.describe(tx, viewer, key, description=words, focus=focus)

        await self._parts.database.write(unit)

    # Publishing

    async def _publish(self, request: Request, viewer: int, form: ComposeForm) -> Reply:
        parts = self._parts
        if parts.look_up is not None:
            unknown = unknown_handles(form.text, "text/plain")
            if unknown:
                await parts.look_up(unknown)

        async def check(tx: Transaction) -> Sequence[MentionedPerson]:
            author, draft = await parts.author(tx, viewer), await self._draft(tx, viewer, form)
            checked = await parts.posts.check_draft(tx, author, draft)
            return [one for one in checked.people if not (one.reached or one.silent)]

        if not form.confirmed:
            left_out = await parts.database.read(check)
            if left_out:
                names = [f"@{one.username}@{one.domain}" for one in left_out]
                return await self._desk.draw(request, form, Notes(left_out=names), status=422)
        at = moment_of(form.when, zone_of(request)) if form.when else None
        return redirect(await parts.database.write(self._write, viewer, form, at), status=303)

    async def _write(self, tx: Transaction, viewer: int, form: ComposeForm, at: int | None) -> str:
        """Publishes the form, or keeps it until ``at``; returns where to go on."""
        parts = self._parts
        author, draft = await parts.author(tx, viewer), await self._draft(tx, viewer, form)
        if form.scheduled is not None:
            await self._replace_waiting(tx, viewer, form.scheduled)
        await parts.drafts.finish(tx, viewer, form.key)
        if at is not None:
            await parts.later.schedule(tx, author, draft, at)
            return f"{SCHEDULED}?saved=1"
        if form.undoable and await service_choices.can_undo(tx, viewer):
            moment = parts.clock.now() + UNDO_TIME
            await parts.later.schedule(tx, author, draft, moment, undo=True)
            return f"{await self._afterwards(tx, viewer, form)}?held={form.key}"
        post = await parts.posts.publish(tx, author, draft)
        return f"/@{author.username}/{post.id}"

    async def _replace_waiting(self, tx: Transaction, viewer: int, scheduled_id: int) -> None:
        try:
            await self._parts.later.take_back(tx, viewer, scheduled_id)
        except NotFound:
            raise Invalid("scheduled_gone", "This post does not wait any more") from None

    async def _afterwards(self, tx: Transaction, viewer: int, form: ComposeForm) -> str:
        """Where somebody goes on while the post waits: to what they answer, or home."""
        if form.reply_to is None:
            return "/"
        shown, _ = await self._parts.drawing.read(tx, [form.reply_to], viewer)
        return f"/@{shown[0]['account']['acct']}/{shown[0]['id']}" if shown else "/"

    async def _draft(self, tx: Transaction, viewer: int, form: ComposeForm) -> Any:
        return form.draft((await self._parts.preferences(tx, viewer)).visibility)


def _begun(request: Request) -> str:
    """The beginning of a text: what was shared, each part once."""
    parts = [(request.text(name) or "").strip() for name in ("title", "text", "url")]
    return "\n\n".join(dict.fromkeys(filter(None, parts)))
