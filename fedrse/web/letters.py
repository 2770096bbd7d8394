"""Mails in one of our languages: drawn by a template, as HTML and as text, and sent by a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fedrse.core.html import html_to_text
from fedrse.jobs.model import GiveUp, Job
from fedrse.net.mail import Mail, Mailer, MailRefused
from fedrse.web.renderer import Renderer


class Letter(Struct, frozen=True):
    """What to write to whom; ``values`` are those of the template and of the subject.

    ``headers`` are further ones of the mail.
    """

    kind: str
    to: str
    language: str
    values: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = ()


class LetterWriter:
    """Writes the letters of a feature and hands them to the mail server."""

    def __init__(
        self, *, renderer: Renderer, mailer: Mailer, feature: str, subjects: Mapping[str, str]
    ) -> None:
        """``subjects`` by kind; the template of a kind is ``<feature>/letter_<kind>.html``."""
        self._renderer = renderer
        self._mailer = mailer
        self._feature = feature
        self._subjects = subjects

    async def send(self, letter: Letter | None, job: Job) -> None:
        """Sends it for this job; nothing where there is no letter, or no mail server.

        Raises GiveUp for what the mail server will never take, MailDelayed for what it may take
        later.
        """
        if letter is None or not self._mailer.is_on:
            return
        known = self._renderer.languages
        subject = known.gettext(letter.language, self._subjects[letter.kind]) % letter.values
        template = f"{self._feature}/letter_{letter.kind}.html"
        html = self._renderer.letter(letter.language, template, subject=subject, **letter.values)
        mail = Mail(
            reference=f"{letter.kind}.{job.id}",
            to=letter.to,
            subject=subject,
            text=html_to_text(html.partition("<body")[2].partition(">")[2]),
            html=html,
            language=letter.language,
            headers=letter.headers,
        )
        try:
            await self._mailer.send(mail)
        except MailRefused as error:
            raise GiveUp(str(error)) from error
