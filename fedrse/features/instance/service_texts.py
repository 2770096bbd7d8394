"""Texts about the site that its operator keeps as Markdown files in one folder.

``about.md``, ``charter.md``, ``privacy.md``, and ``terms-YYYY-MM-DD.md`` for terms in force from
that day. Files are read when somebody asks, so a change needs no restart.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from msgspec import Struct

from fedrse.core.clock import SECOND, Clock, to_date
from fedrse.core.errors import NotFound
from fedrse.core.markdown import MARKDOWN, render
from fedrse.core.text import Hashtag, Mention

# Pages of the interface.
ABOUT, PRIVACY, TERMS = "/about", "/privacy-policy", "/terms-of-service"
CHARTER = "/charter"
LONGEST = 500_000  # bytes
_TERMS = re.compile(r"terms-(\d{4}-\d\d-\d\d)\.md")


class SiteText(Struct, frozen=True):
    """HTML of a text, and when its file last changed (milliseconds)."""

    content: str
    updated_at: int


class Terms(Struct, frozen=True):
    """Terms of service; days as ``YYYY-MM-DD``, ``succeeded_by`` is when the next ones begin."""

    effective_date: str
    effective: bool
    content: str
    succeeded_by: str | None


class SiteTexts:
    """The folder; everything here reads files, so call it in a thread."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def about(self) -> SiteText | None:
        """What the site is, at length."""
        return self._read("about.md")

    def charter(self) -> SiteText | None:
        """How people want to live together here, as they agreed on it."""
        return self._read("charter.md")

    def privacy(self) -> SiteText | None:
        """The privacy policy."""
        return self._read("privacy.md")

    def current_terms(self) -> Terms:
        """The terms that hold today. Raises NotFound."""
        today = to_date(self._clock.now())
        days = [day for day in self._days() if day <= today]
        if not days:
            raise NotFound
        return self.terms(days[-1])

    def has_terms(self) -> bool:
        """Whether there are terms that hold today."""
        today = to_date(self._clock.now())
        return any(day <= today for day in self._days())

    def terms(self, day: str) -> Terms:
        """The terms that begin on that day. Raises NotFound."""
        days = self._days()
        text = self._read(f"terms-{day}.md") if day in days else None
        if text is None:
            raise NotFound
        later = [one for one in days if one > day]
        return Terms(
            effective_date=day,
            effective=day <= to_date(self._clock.now()),
            content=text.content,
            succeeded_by=later[0] if later else None,
        )

    def _days(self) -> list[str]:
        try:
            found = [_TERMS.fullmatch(path.name) for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted(match[1] for match in found if match is not None and _is_day(match[1]))

    def _read(self, name: str) -> SiteText | None:
        path = self._folder / name
        try:
            content = path.read_bytes()[:LONGEST].decode(errors="replace")
            changed = path.stat().st_mtime
        except OSError:
            return None
        html = render(content, MARKDOWN, _nobody, _no_page, keeps_lines=False)
        return SiteText(html, int(changed * SECOND))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _nobody(_mention: Mention) -> None:
    return None


def _no_page(hashtag: Hashtag) -> str:
    return f"/tags/{hashtag.name}"
