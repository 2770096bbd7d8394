"""What somebody has written and not published: drafts, and posts that wait for their time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fedrse.activitypub.vocabulary import Json
from fedrse.app.whole import Whole
from fedrse.core.clock import to_iso_seconds
from fedrse.core.paging import Page
from fedrse.features.media.model import Media
from fedrse.features.posts.model_form import ComposeForm, form_of, read_focus
from fedrse.features.posts.service_drafts import Drafts
from fedrse.features.scheduling.model import MOST_WAITING
from fedrse.features.scheduling.service import Scheduling
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class Unsent:
    """Reads it for the archive; ``keys`` are the files that it refers to, known afterwards."""

    def __init__(self, whole: Whole, account_id: int) -> None:
        ground, services = whole.ground, whole.services
        nothing_heard = Events()  # it only reads, and the site may run
        self._account_id = account_id
        self._media = services.media
        self._posts = services.posts
        self._drafts = Drafts(
            clock=ground.clock, ids=ground.ids, events=nothing_heard, media=services.media
        )
        self._scheduling = Scheduling(
            clock=ground.clock,
            ids=ground.ids,
            events=nothing_heard,
            queue=ground.queue,
            posts=services.posts,
            people=services.accounts,
            media=services.media,
            media_urls=services.media_urls,
        )
        self.keys: list[str] = []

    async def drafts(self, tx: Transaction) -> list[Json]:
        """What was typed, changed last first; ``publish_at`` as it was typed, without a zone."""
        found = await self._drafts.listing(tx, self._account_id)
        media = await self._files(tx, (one.form for one in found))
        return [
            await self._document(tx, one.form, media)
            | ({"publish_at": one.form.when} if one.form.when else {})
            | {"changed_at": to_iso_seconds(one.updated_at)}
            for one in found
        ]

    async def waiting(self, tx: Transaction) -> list[Json]:
        """Posts for later; ``refused`` says why one could not be published."""
        page = Page(limit=MOST_WAITING)
        found = await self._scheduling.listing(tx, self._account_id, page)
        forms = [form_of(one.content.draft, "") for one in found]
        media = await self._files(tx, forms)
        return [
            await self._document(tx, form, media)
            | {
                "publish_at": to_iso_seconds(one.scheduled_at),
                "visibility": one.content.visibility,
                "refused": one.failure,
            }
            for one, form in zip(found, forms, strict=True)
        ]

    async def _files(self, tx: Transaction, forms: Iterable[ComposeForm]) -> Mapping[int, Media]:
        media = await self._media.own(
            tx, self._account_id, [one for form in forms for one in form.media]
        )
        self.keys += [one.key for one in media.values() if one.key is not None]
        return media

    async def _document(
        self, tx: Transaction, form: ComposeForm, media: Mapping[int, Media]
    ) -> Json:
        return {
            "content": form.text,
            "mediaType": "text/markdown" if form.markdown else "text/plain",
            "summary": form.warning or None,
            "language": form.language or None,
            "audience": form.audience or None,
            "inReplyTo": await self._uri(tx, form.reply_to),
            "quote": await self._uri(tx, form.quote),
            "attachment": [_attachment(media[one], form) for one in form.media if one in media],
            "poll": _poll(form),
        }

    async def _uri(self, tx: Transaction, post_id: int | None) -> str | None:
        post = None if post_id is None else await self._posts.by_id(tx, post_id)
        return None if post is None else post.uri


def _attachment(media: Media, form: ComposeForm) -> Json:
    focus = read_focus(form.focus.get(media.id)) or (media.focus_x, media.focus_y)
    return {
        "mediaType": media.media_type,
        "url": None if media.key is None else f"media_attachments/{media.key}",
        "name": form.descriptions.get(media.id, media.description),
        "focalPoint": list(focus),
    }


def _poll(form: ComposeForm) -> dict[str, Any] | None:
    if not form.has_poll:
        return None
    return {
        "options": [one for one in form.options if one.strip()],
        "seconds": form.poll_seconds,
        "multiple": form.poll_multiple,
        "hide_totals": form.poll_secret,
    }
