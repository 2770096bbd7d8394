"""The form in which posts are written: what was typed, and at which field something is wrong."""

from __future__ import annotations

import secrets
from typing import Any

from fedrse.core.errors import FedrseError
from fedrse.core.ids import parse_id
from fedrse.features.posts.model_form import BLANK_OPTIONS, DAYS, MOST_OPTIONS, ComposeForm
from fedrse.http.multipart import Upload
from fedrse.http.request import Request
from fedrse.web.languages import translatable

POLL_FIELDS = tuple(f"option{number}" for number in range(1, MOST_OPTIONS + 1))
MOST_ATTACHED = 4
LONGEST_KEY = 80
LONGEST_WHEN = 40

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
    "when_invalid": translatable("This is no day and time."),
    "scheduled_too_soon": translatable("Choose a time at least five minutes from now."),
    "scheduled_too_many": translatable(
        "Too many posts wait already: publish or delete some of them first."
    ),
    "scheduled_too_many_a_day": translatable("Too many posts wait for this day already."),
    "scheduled_gone": translatable(
        "This post was published or deleted meanwhile. What you changed here was not."
    ),
    "drafts_too_many": translatable("You have too many drafts: delete some of them first."),
    "media_failed": translatable("A file could not be prepared. Please remove it."),
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
    ("when_", "when"),
    ("scheduled_too_", "when"),
)


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
    options = tuple(words(name) for name in POLL_FIELDS)
    given_options = max([0, *(place for place, one in enumerate(options, 1) if one)])
    shown = max(len(BLANK_OPTIONS), given_options)
    return ComposeForm(
        text=words("text").replace("\r\n", "\n"),
        audience=words("audience"),
        warning=words("warning"),
        language=words("language"),
        reply_to=parse_id(words("reply_to")),
        quote=parse_id(words("quote")),
        media=tuple(dict.fromkeys(ids))[:MOST_ATTACHED],
        markdown=bool(words("markdown")),
        descriptions=_of_files(request.params.get("description"), ids),
        focus=_of_files(request.params.get("focus"), ids),
        options=options[:shown],
        poll_seconds=_seconds(words("poll_seconds")),
        poll_multiple=bool(words("poll_multiple")),
        poll_secret=bool(words("poll_secret")),
        when=words("when")[:LONGEST_WHEN],
        scheduled=parse_id(words("scheduled")),
        key=words("key")[:LONGEST_KEY] or new_key(),
        confirmed=bool(words("confirmed")),
        undoable=bool(words("undoable")),
    )


def _of_files(given: Any, ids: list[int]) -> dict[int, str]:
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
