"""What the pages of messages share: the form, and the way from it to a post for a few people."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import FedrseError, Invalid, NotFound, TooLarge
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.conversations.model_chats import addressed
from fedrse.features.conversations.service_chats import Chats
from fedrse.features.media.model import Media, MediaUrls, entity
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_uploads import Sent, UploadedFiles
from fedrse.features.posts.model import Draft, Visibility
from fedrse.features.posts.service import Posts
from fedrse.http.multipart import Uploads
from fedrse.http.request import Request
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable

LONGEST_KEY = 80
MOST_ATTACHED = 4
_SENTENCES = {
    "text_blank": translatable("Write something, or attach a file."),
    "text_too_long": translatable("This text is too long."),
    "file_not_usable": translatable(
        "This file cannot be shown here: it is damaged or of no kind that this site knows."
    ),
    "file_type_not_supported": translatable("Only pictures can be attached on this site."),
    "file_too_large": translatable("This file is too large."),
    "media_too_many": translatable("A post can have four files at the most."),
    "media_not_ready": translatable(
        "A file is still being prepared. Please try again in a moment."
    ),
    "media_not_together": translatable("A film cannot stand next to pictures."),
    "media_not_usable": translatable("A file is not there any more. Please attach it again."),
    "not_reached": translatable("Not everybody can be reached from this site. Nothing was sent."),
}
_OTHER = translatable("This did not work. Please check what you entered.")


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class MessageForm(Struct, frozen=True, kw_only=True):
    """What was typed; ``key`` makes sure that a form that is sent twice makes one message."""

    text: str = ""
    media: tuple[int, ...] = ()
    key: str = ""
    error: str = ""
    error_at: str = ""


def new_form() -> MessageForm:
    """An empty one."""
    return MessageForm(key=secrets.token_urlsafe(18))


def read_form(request: Request) -> MessageForm:
    """What came with a request."""
    given = request.params.get("media")
    attached = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    ids = [found for one in attached if (found := parse_id(one)) is not None]
    return MessageForm(
        text=(request.text("text") or "").replace("\r\n", "\n"),
        media=tuple(dict.fromkeys(ids))[:MOST_ATTACHED],
        key=(request.text("key") or "")[:LONGEST_KEY],
    )


def refused(form: MessageForm, error: FedrseError) -> MessageForm:
    """The form with a sentence at the field that is wrong."""
    at = "file" if error.code.startswith(("file_", "media_", "description_")) else "text"
    return replace(form, error=_SENTENCES.get(error.code, _OTHER), error_at=at)


class Sending:
    """Takes files, and publishes direct posts for exactly the people of a chat."""

    def __init__(
        self,
        *,
        database: Database,
        chats: Chats,
        posts: Posts,
        people: People,
        library: MediaLibrary,
        files: UploadedFiles,
        urls: MediaUrls,
    ) -> None:
        self._database = database
        self._chats = chats
        self._posts = posts
        self._people = people
        self._library = library
        self._files = files
        self._urls = urls

    @property
    def uploads(self) -> Uploads:
        """What the form may bring."""
        return Uploads(count=1, bytes_each=self._files.largest, keeps_text=True)

    async def attach(self, request: Request, viewer: int, form: MessageForm) -> MessageForm:
        """The form with the file that came with it. Raises Invalid, TooLarge."""
        upload = request.uploads.get("file")
        if upload is None:
            return form
        if upload.size > self._files.largest:
            raise TooLarge("file_too_large", "This file is too large.")
        words = request.text("description") or ""
        media = await self._files.take(
            viewer, Sent(path=upload.path, size=upload.size, description=words)
        )
        return replace(form, media=(*form.media, media.id))

    async def send(
        self, viewer: int, people: Sequence[int], form: MessageForm, last_post: int | None
    ) -> int:
        """Publishes; the id of the conversation to go to. Raises Invalid, NotFound."""

        async def unit(tx: Transaction) -> int:
            author = await self._people.by_id(tx, viewer)
            if author is None:
                raise NotFound
            draft = await self._draft(tx, viewer, people, form, last_post)
            checked = await self._posts.check_draft(tx, author, draft)
            reached = {one.account_id for one in checked.people if one.reached}
            if not set(people) <= reached | {viewer}:
                raise Invalid("not_reached", "Not everybody can be reached")
            post = await self._posts.publish(tx, author, draft)
            return (await self._chats.of_post(tx, viewer, post.id)).key

        return await self._database.write(unit)

    async def _draft(
        self,
        tx: Transaction,
        viewer: int,
        people: Sequence[int],
        form: MessageForm,
        last_post: int | None,
    ) -> Draft:
        if not form.text.strip() and not form.media:
            raise Invalid("text_blank", "Text can't be blank")
        entities = await self._people.entities(tx, list(people))
        names = [str(entities[one]["acct"]) for one in people if one in entities]
        if last_post is not None:
            try:
                await self._posts.access_original(tx, viewer, last_post)
            except NotFound:
                last_post = None
        return Draft(
            text=addressed(names, form.text),
            visibility=Visibility.DIRECT,
            reply_to_id=last_post,
            media_ids=form.media,
            idempotency_key=form.key or None,
        )

    async def attached(self, tx: Transaction, viewer: int, form: MessageForm) -> list[Any]:
        """Entities of the files of a form."""
        own: dict[int, Media] = await self._library.own(tx, viewer, form.media)
        return [entity(own[one], self._urls) for one in form.media if one in own]
