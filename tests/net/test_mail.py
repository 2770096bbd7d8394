"""Mail against a real SMTP server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from fedrse.core.settings_mail import MailSecurity, MailSettings
from fedrse.net.mail import Mail, MailDelayed, Mailer, MailRefused, RecipientRefused
from tests.net.smtp_server import post_office
from tests.net.tls_authority import TlsAuthority

MAIL = Mail(
    reference="confirm.7",
    to="nina@corp.example",
    subject="Confirmez votre adresse : é",
    text="Bonjour @nina",
    html="<p>Bonjour <b>@nina</b></p>",
    language="fr",
)


def mailer(port: int, security: MailSecurity = MailSecurity.NONE, **more: str) -> Mailer:
    settings = MailSettings(host="localhost", port=port, security=security, **more)
    return Mailer(settings, name="Lyon, été", domain="corp.example:8443")


async def test_what_is_sent() -> None:
    async with post_office() as post:
        await mailer(post.port).send(MAIL)
    (mail,) = post.mails
    assert post.envelopes == [("no-reply@corp.example", ["nina@corp.example"])]
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Lyon, été", "no-reply@corp.example")
    assert (mail["To"], mail["Subject"]) == ("nina@corp.example", MAIL.subject)
    assert mail["Message-ID"] == "<confirm.7@corp.example>"
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == ("fr", "auto-generated")
    text, html = mail.iter_parts()
    assert text.get_content().strip() == MAIL.text
    assert html.get_content().strip() == MAIL.html
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


@pytest.mark.parametrize("security", [MailSecurity.TLS, MailSecurity.STARTTLS])
async def test_encrypted_with_log_in(security: MailSecurity, tmp_path: Path) -> None:
    authority = TlsAuthority(tmp_path)
    context = authority.server_context("localhost")
    kind = "tls" if security is MailSecurity.TLS else "starttls"
    async with post_office(**{kind: context}, login=("lyon", "secret")) as post:
        options = {
            "ca_bundle": str(authority.ca_file),
            "username": "lyon",
            "sender": "lyon@corp.example",
        }
        await mailer(post.port, security, password="secret", **options).send(MAIL)
        assert post.encrypted == [True]
        assert post.envelopes[0][0] == "lyon@corp.example"
        with pytest.raises(MailDelayed, match="535"):  # may be mended
            await mailer(post.port, security, password="wrong", **options).send(MAIL)
        with pytest.raises(MailDelayed, match="certificate"):
            await mailer(post.port, security, username="lyon", password="secret").send(MAIL)
    assert len(post.mails) == 1


async def test_never_unencrypted_where_it_has_to_be() -> None:
    async with post_office() as post:
        with pytest.raises((MailRefused, MailDelayed)):
            await mailer(post.port, MailSecurity.STARTTLS).send(MAIL)
    assert post.mails == []


async def test_answers_of_the_server() -> None:
    async with post_office() as post:
        post.refused_recipients = {MAIL.to: "550 5.1.1 nobody"}
        with pytest.raises(RecipientRefused, match="550"):
            await mailer(post.port).send(MAIL)
        post.refused_recipients = {MAIL.to: "451 4.7.1 greylisted"}
        with pytest.raises(MailDelayed, match="451"):
            await mailer(post.port).send(MAIL)
        post.refused_recipients = {}
        post.answers = ["552 too large", "452 full"]
        with pytest.raises(MailRefused, match="552") as refused:
            await mailer(post.port).send(MAIL)
        assert not isinstance(refused.value, RecipientRefused)  # the message, not the address
        with pytest.raises(MailDelayed, match="452"):
            await mailer(post.port).send(MAIL)
        await mailer(post.port).send(MAIL)
    assert len(post.mails) == 1
    with pytest.raises(MailDelayed):
        await mailer(post.port).send(MAIL)  # nobody is there any more


def test_further_headers() -> None:
    name = "List-Unsubscribe-Post"
    mail = structs.replace(MAIL, headers=((name, "List-Unsubscribe=One-Click"),))
    assert mailer(1).compose(mail)[name] == "List-Unsubscribe=One-Click"
    with pytest.raises(ValueError, match="line"):
        mailer(1).compose(structs.replace(MAIL, headers=((name, "a\r\nBcc: all@corp.example"),)))


def test_no_lines_in_headers() -> None:
    bad = Mail(
        reference="1",
        to="nina@corp.example",
        subject="a\r\nBcc: all@corp.example",
        text="",
        html="",
        language="fr",
    )
    with pytest.raises(ValueError, match="line"):
        mailer(1).compose(bad)


def test_libraries_come_with_the_first_mail() -> None:
    code = "import sys, fedrse.net.mail; print('aiosmtplib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
