"""The form in which posts are written: what was typed, and at which field something is wrong."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fedrse.core.errors import FedrseError
from fedrse.core.ids import parse_id
from fedrse.core.markdown import PLAIN
from fedrse.features.posts.model import Audience, Draft, Edit, Post, QuotePolicy, Visibility
from fedrse.http.multipart import Upload
from fedrse.http.request import Request
from fedrse.web.languages import translatable

POLL_FIELDS = ("option1", "option2", "option3", "option4")
MOST_ATTACHED = 4
LONGEST_KEY = 80
DAYS = 86_400  # seconds

# What stands at a field, by the code of the error.
_SENTENCES = {
    "text_blank": translatable("Write something, or attach a file."),
    "text_too_long": translatable("This text is too long."),
    "poll_too_few_options": translatable("A poll needs at least two answers."),
    "poll_duplicate_options": translatable("Two answers of the poll are the same."),
    "poll_duration_too_short": translatable(
        "The poll is over or nearly so: the post can no longer be changed."
    ),
    "poll_over_character_limit": translatable("An answer of the poll is too long."),
    "poll_with_attachment": translatable(
        "A post with a poll can have neither files nor a quoted post."
    ),
    "file_not_usable": translatable(
        "This file cannot be shown here: it is damaged or of no kind that this site knows."
    ),
    "file_type_not_supported": translatable("Only pictures can be attached on this site."),
    "file_too_large": translatable("This file is too large."),
    "description_too_long": translatable("This description is too long."),
    "media_too_many": translatable("A post can have four files at the most."),
    "media_not_ready": translatable(
        "A file is still being prepared. Please try again in a moment."
    ),
    "media_not_together": translatable("A film cannot stand next to pictures."),
    "media_not_usable": translatable("A file is not there any more. Please attach it again."),
    "quote_denied": translatable("This post cannot be quoted."),
    "quote_wider": translatable("A quote cannot be read by more people than what it quotes."),
    "referred_missing": translatable("The post that you answer or quote is not there any more."),
}
_OTHER = translatable("This did not work. Please check what you entered.")
_FIELDS = (
    ("poll_", "poll"),
    ("file_", "file"),
    ("media_", "file"),
    ("description_", "file"),
    ("quote_wider", "audience"),
    ("audience_", "audience"),
    ("not_included", "audience"),
)


class ComposeForm(Struct, frozen=True, kw_only=True):
    """What was typed. ``key`` makes sure that a form that is sent twice makes one post.

    ``descriptions`` are those of files by their id. ``confirmed``: the warning about people who
    will not be able to read the post was seen.
    """

    text: str = ""
    audience: str = ""
    warning: str = ""
    language: str = ""
    reply_to: int | None = None
    quote: int | None = None
    media: tuple[int, ...] = ()
    descriptions: dict[int, str] = {}
    options: tuple[str, ...] = ("", "", "", "")
    poll_seconds: int = DAYS
    poll_multiple: bool = False
    key: str = ""
    confirmed: bool = False

    @property
    def has_poll(self) -> bool:
        return any(self.options)

    def draft(self, wish: Visibility | None) -> Draft:
        """What is to be published; ``wish`` unlisted is kept, the audience is that of the form."""
        return Draft(
            text=self.text,
            content_type=PLAIN,
            summary=self.warning,
            language=self.language or None,
            audience=_audience(self.audience),
            visibility=Visibility.UNLISTED if wish is Visibility.UNLISTED else None,
            reply_to_id=self.reply_to,
            quote_of_id=self.quote,
            quote_policy=QuotePolicy.PUBLIC,
            media_ids=self.media,
            poll=self._poll(),
            idempotency_key=self.key or None,
        )

    def edit(self, post: Post, poll: Mapping[str, Any] | None) -> Edit:
        """The new version of a post; its poll stays what it is."""
        return Edit(
            text=self.text,
            content_type=post.source_type,
            summary=self.warning,
            sensitive=bool(self.warning.strip()),
            language=self.language or None,
            media_ids=self.media,
            media_attributes=tuple(
                {"id": str(key), "description": words} for key, words in self.descriptions.items()
            ),
            poll=poll,
        )

    def _poll(self) -> dict[str, Any] | None:
        if not self.has_poll:
            return None
        return {
            "options": [one for one in self.options if one.strip()],
            "expires_in": self.poll_seconds,
            "multiple": self.poll_multiple,
            "hide_totals": False,
        }


def _audience(value: str) -> Audience | None:
    return Audience(value) if value in set(Audience) else None


def new_key() -> str:
    """For ``ComposeForm.key``."""
    return secrets.token_urlsafe(18)


def read_form(request: Request) -> ComposeForm:
    """What came with a request; whatever is no value of the field counts as empty."""

    def words(name: str) -> str:
        return request.text(name) or ""

    given = request.params.get("media")
    attached = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    ids = [found for one in attached if (found := parse_id(one)) is not None]
    described = request.params.get("description")
    return ComposeForm(
        text=words("text").replace("\r\n", "\n"),
        audience=words("audience"),
        warning=words("warning"),
        language=words("language"),
        reply_to=parse_id(words("reply_to")),
        quote=parse_id(words("quote")),
        media=tuple(dict.fromkeys(ids))[:MOST_ATTACHED],
        descriptions=_descriptions(described, ids),
        options=tuple(words(name) for name in POLL_FIELDS),
        poll_seconds=_seconds(words("poll_seconds")),
        poll_multiple=bool(words("poll_multiple")),
        key=words("key")[:LONGEST_KEY],
        confirmed=bool(words("confirmed")),
    )


def _descriptions(given: Any, ids: list[int]) -> dict[int, str]:
    if not isinstance(given, dict):
        return {}
    found = {key: given.get(str(key)) for key in ids}
    return {key: words for key, words in found.items() if isinstance(words, str)}


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else DAYS


def chosen_file(request: Request) -> Upload | None:
    """The file that was chosen and is not attached yet."""
    return request.uploads.get("file")


def wrong_fields(error: FedrseError) -> dict[str, str]:
    """The sentence for a refusal, by the field at which it stands (``form`` for none)."""
    return {field_of(error.code): _SENTENCES.get(error.code, _OTHER)}


def field_of(code: str) -> str:
    """The field that a code of an error is about."""
    if code.startswith("text_"):
        return "text"
    return next((field for start, field in _FIELDS if code.startswith(start)), "form")
