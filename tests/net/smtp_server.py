"""A real SMTP server on loopback that keeps what it gets."""

from __future__ import annotations

import asyncio
import re
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class Post:
    """What a server has taken, and how it answers; ``answers`` are used up first."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    always_encrypted: bool = False
    refused_recipients: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (the library's name)
        self, _server: Any, session: Any, envelope: Any
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=POLICY)))
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.encrypted.append(session.ssl is not None or self.always_encrypted)
        return "250 OK"

    async def next(self, seconds: float = 10) -> EmailMessage:
        """The oldest mail that was not looked at yet."""
        for _ in range(int(seconds * 100)):
            if self.mails:
                return self.mails.pop(0)
            await asyncio.sleep(0.01)
        raise TimeoutError("no mail came")


@asynccontextmanager
async def post_office(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
) -> AsyncIterator[Post]:
    """A server; ``tls`` from the first byte, or ``starttls``; ``login`` is who may send."""
    post = Post(always_encrypted=tls is not None)

    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        good = login is not None and given == LoginPassword(*(one.encode() for one in login))
        return AuthResult(success=good, handled=False)

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # It does not see TLS that begins with the first byte.
            warnings.simplefilter("ignore", UserWarning)
            return make()

    def make() -> SMTP:
        return SMTP(
            post,
            hostname="mail.test",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if login else None,
            auth_required=login is not None,
            auth_require_tls=tls is None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()


def only_link(link: re.Pattern[str], mail: EmailMessage) -> str:
    """The first group of the link in a mail, the same in text and HTML."""
    found = {
        match[1]
        for part in mail.walk()
        if not part.is_multipart()
        for match in link.finditer(part.get_content())
    }
    (path,) = found
    return path
