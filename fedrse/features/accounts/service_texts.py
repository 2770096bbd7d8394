"""What people write about themselves, as HTML."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fedrse.core.errors import Invalid
from fedrse.core.markdown import PLAIN, MentionTarget, find_entities, render
from fedrse.core.text import Hashtag, Mention, clean_line, clean_text, count_characters
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import Handle
from fedrse.store.database import Transaction

LONGEST_NAME = 30
LONGEST_NOTE = 500
LONGEST_FIELD = 255
MOST_FIELDS = 4

Find = Callable[[Transaction, Iterable[Handle]], Awaitable[dict[Handle, Account]]]


class ProfileTexts:
    """Checks and renders; mentions of known accounts and hashtags become links."""

    def __init__(self, *, origin: str, own_domain: str, find: Find) -> None:
        self._origin = origin
        self._own_domain = own_domain
        self._find = find

    def name(self, text: str) -> str:
        """A display name on one line. Raises Invalid above 30 characters."""
        name = clean_line(text, LONGEST_NAME * 4)
        if count_characters(name) > LONGEST_NAME:
            raise _too_long("Display name", LONGEST_NAME)
        return name

    async def note(self, tx: Transaction, text: str) -> tuple[str, str]:
        """A biography: as written, and as HTML. Raises Invalid above 500 characters."""
        source = clean_text(text[: LONGEST_NOTE * 8]).strip()
        if count_characters(source) > LONGEST_NOTE:
            raise _too_long("Note", LONGEST_NOTE)
        return source, await self._render(tx, source)

    async def fields(
        self, tx: Transaction, pairs: Iterable[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """The table of a profile, without empty lines. Raises Invalid for too many or too long."""
        found: list[dict[str, Any]] = []
        for name, value in pairs:
            label = clean_line(name, 2 * LONGEST_FIELD)
            content = clean_line(value, 2 * LONGEST_FIELD)
            if not label and not content:
                continue
            if not label or not content:
                raise Invalid(
                    "field_incomplete", "Validation failed: Fields need a label and a content"
                )
            if max(len(label), len(content)) > LONGEST_FIELD:
                raise _too_long("Fields", LONGEST_FIELD)
            html = await self._render(tx, content)
            html = html.removeprefix("<p>").removesuffix("</p>")
            found.append({"name": label, "value": html, "source": content})
        if len(found) > MOST_FIELDS:
            raise Invalid(
                "fields_too_many", f"Validation failed: There can be {MOST_FIELDS} fields at most"
            )
        return found

    async def _render(self, tx: Transaction, source: str) -> str:
        mentions = [entity for entity in find_entities(source) if isinstance(entity, Mention)]
        wanted = {mention: self._handle(mention) for mention in mentions}
        found = await self._find(tx, wanted.values()) if wanted else {}

        def mention_target(mention: Mention) -> MentionTarget | None:
            account = found.get(self._handle(mention))
            if account is None or account.is_gone:
                return None
            return MentionTarget(account.url or account.uri, account.username)

        def hashtag_address(hashtag: Hashtag) -> str:
            return f"{self._origin}/tags/{hashtag.name}"

        return render(source, PLAIN, mention_target, hashtag_address)

    def _handle(self, mention: Mention) -> Handle:
        return Handle(mention.name, mention.host or self._own_domain)


def _too_long(what: str, most: int) -> Invalid:
    return Invalid(
        "too_long", f"Validation failed: {what} is too long (maximum is {most} characters)"
    )
