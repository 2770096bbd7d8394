"""Posts of archives, as they are stored here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_int, as_list, first_str, id_of
from fedrse.core.html import escape, escape_attribute, html_to_text
from fedrse.core.markdown import PLAIN
from fedrse.core.text import clean_line, clean_text
from fedrse.features.media.model import LOCAL_LIMIT, LONGEST_DESCRIPTION
from fedrse.features.migration.model_archive import MEDIA, Choices, Entry, Skip
from fedrse.features.posts.model import CONTENT_TYPES, Audience
from fedrse.features.posts.model_incoming import Incoming, Unreadable, read_post
from fedrse.features.posts.service_backfill import OldPost

_MOST_ANSWERS = 20  # of a poll
_LONGEST_ANSWER = 200
_LONGEST_SOURCE = 100_000


class PostFile(Struct, frozen=True):
    """A file of a post: its number in the folder, None where the archive has it not."""

    number: int | None
    description: str
    focus: tuple[float, float]


class ReadPost(Struct, frozen=True):
    """A post of an archive. ``uri`` is its id there; ``beyond``: files that are too many."""

    uri: str
    post: OldPost
    files: tuple[PostFile, ...]
    beyond: int


def old_post(
    entry: Entry, choices: Choices, host: str, files: Mapping[str, int]
) -> ReadPost | Skip:
    """What is stored of a line of an archive, or why nothing is."""
    if not entry.open and not choices.followers_too:
        return Skip.FOLLOWERS
    document: Json = dict(entry.document)
    try:
        incoming = read_post(document)
    except Unreadable:
        return Skip.UNREADABLE
    if incoming.published is None:
        return Skip.UNDATED
    content, source, source_type = _texts(document, incoming)
    found = [_file(one, files) for one in incoming.attachments if isinstance(one, dict)]
    if not content and not found:
        return Skip.EMPTY
    post = OldPost(
        host=host,
        content=content,
        source=source,
        source_type=source_type,
        summary=incoming.summary,
        sensitive=incoming.sensitive,
        language=incoming.language,
        created_at=incoming.published,
        audience=choices.audience if entry.open else Audience.FOLLOWERS,
        listed=entry.listed,
        reply_to=incoming.reply_to,
        tags=incoming.tags,
    )
    few = tuple(found[:LOCAL_LIMIT])
    return ReadPost(incoming.uri, post, few, len(found) - len(few))


def _texts(document: Json, incoming: Incoming) -> tuple[str, str, str]:
    """The clean HTML, and the text that its author can go on writing with, and its type."""
    content, more = incoming.content, ""
    source, source_type = html_to_text(content), PLAIN
    written = document.get("source")
    if isinstance(written, dict) and written.get("mediaType") in CONTENT_TYPES:
        source = clean_text(first_str(written.get("content"))[:_LONGEST_SOURCE])
        source_type = written["mediaType"]
    answers = _answers(document)
    if answers:
        content += "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in answers) + "</ul>"
        more += "\n\n" + "\n".join(f"- {one}" for one in answers)
    if incoming.quote is not None:
        address = escape_attribute(incoming.quote)
        content += (
            f'<p>RE: <a href="{address}" target="_blank" rel="nofollow noopener noreferrer">'
            f"{escape(incoming.quote)}</a></p>"
        )
        more += f"\n\nRE: {incoming.quote}"
    return content, f"{source}{more}".strip(), source_type


def _answers(document: Json) -> list[str]:
    """The answers of a poll with their votes: it is over, so that nobody votes in it here."""
    found = []
    for one in as_list(document.get("oneOf") or document.get("anyOf"))[:_MOST_ANSWERS]:
        title = clean_line(first_str(one.get("name")), _LONGEST_ANSWER) if _is_map(one) else ""
        if title:
            replies = one.get("replies")
            votes = as_int(replies.get("totalItems")) if _is_map(replies) else None
            found.append(title if votes is None else f"{title} ({votes})")
    return found


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _file(attachment: Json, files: Mapping[str, int]) -> PostFile:
    address = id_of(attachment.get("url")) or ""
    _, found, rest = address.partition(MEDIA)
    text = first_str(attachment.get("name")) or first_str(attachment.get("summary"))
    return PostFile(
        files.get(f"{MEDIA}{rest}") if found else None,
        clean_text(text).strip()[:LONGEST_DESCRIPTION],
        _focus(attachment.get("focalPoint")),
    )


def _focus(value: Any) -> tuple[float, float]:
    if isinstance(value, list) and len(value) == 2:
        x, y = value
        if all(isinstance(one, (int, float)) and -1 <= one <= 1 for one in (x, y)):
            return float(x), float(y)
    return 0.0, 0.0
