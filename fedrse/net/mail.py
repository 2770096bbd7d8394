"""Outgoing mail: one message to one person by SMTP (RFC 5321), always encrypted on its way out.

Only ``Mailer.send`` loads the libraries: most sites send a mail now and then, many never.
"""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from importlib import import_module
from typing import Any, Final

from msgspec import Struct

from fedrse.core.settings_mail import MailSecurity, MailSettings
from fedrse.net.tls import client_context

TIMEOUT: Final = 30.0  # seconds, for each step


class Mail(Struct, frozen=True, kw_only=True):
    """A message; ``reference`` stays the same when sending is tried again (RFC 5322, 3.6.4)."""

    reference: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    headers: tuple[tuple[str, str], ...] = ()


class MailRefused(Exception):
    """The server will not take this message; trying again makes no sense."""


class RecipientRefused(MailRefused):
    """The server takes nothing for this address: nobody has it, or nobody wants mail there."""


class MailDelayed(Exception):
    """The server did not take it now."""


class Mailer:
    """Hands messages to the mail server of the settings."""

    def __init__(self, settings: MailSettings, *, name: str, domain: str) -> None:
        """``name`` is that of the site; ``domain`` that of its handles."""
        self._settings = settings
        self._name = name
        self._domain = domain.partition(":")[0]
        self._sender = settings.sender or f"no-reply@{self._domain}"

    @property
    def is_on(self) -> bool:
        """Whether there is a mail server."""
        return self._settings.host is not None

    async def send(self, mail: Mail) -> None:
        """Returns once the server has taken the message.

        Raises RecipientRefused, MailRefused, MailDelayed.
        """
        library: Any = import_module("aiosmtplib")
        settings = self._settings
        context = None
        if settings.security is not MailSecurity.NONE:
            context = client_context(settings.ca_bundle, protocols=())
        try:
            await library.send(
                self.compose(mail),
                sender=self._sender,
                recipients=[mail.to],
                hostname=settings.host,
                port=settings.port,
                username=settings.username,
                password=settings.password,
                use_tls=settings.security is MailSecurity.TLS,
                start_tls=settings.security is MailSecurity.STARTTLS,
                tls_context=context,
                local_hostname=self._domain,
                timeout=TIMEOUT,
            )
        except library.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            _give_up_or_wait(codes, str(error), RecipientRefused)
        except library.SMTPResponseException as error:
            _give_up_or_wait([error.code], f"{error.code} {error.message}")
        except library.SMTPNotSupported as error:
            raise MailRefused(str(error)) from error
        except (library.SMTPException, OSError) as error:
            raise MailDelayed(f"{type(error).__name__}: {error}") from error

    def compose(self, mail: Mail) -> EmailMessage:
        """The message as it is sent. Raises ValueError for lines in headers."""
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self._name, addr_spec=self._sender)
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = f"<{mail.reference}@{self._domain}>"
        # Nobody's machine answers that it is on holiday (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers:
            message[name] = value
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        message["Content-Language"] = mail.language  # what came before belongs to the text
        return message


def _give_up_or_wait(
    codes: list[int], reason: str, refused: type[MailRefused] = MailRefused
) -> None:
    """4yz: later; 5yz: never (RFC 5321, section 4.2.1). What concerns the log-in may be mended."""
    if codes and all(500 <= code < 530 or 540 <= code < 600 for code in codes):
        raise refused(reason)
    raise MailDelayed(reason)
