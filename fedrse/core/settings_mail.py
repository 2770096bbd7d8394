"""Settings of outgoing mail and of signing up."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from fedrse.core.settings_section import SettingsSection


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class RegistrationMode(StrEnum):
    """Who may sign up."""

    CLOSED = "closed"
    APPROVAL = "approval"
    OPEN = "open"


class MailSubscriptions(StrEnum):
    """Who may have their public posts sent by mail to people without an account."""

    OFF = "off"
    ROLES = "roles"
    EVERYBODY = "everybody"


class MailSettings(SettingsSection, frozen=True, kw_only=True):
    """Outgoing mail: confirmation of addresses, and posts for people without an account."""

    host: Annotated[
        str | None,
        Meta(
            description="Mail server (SMTP). Without one nothing is sent, and fedrse account link"
            " prints what people would get.",
            examples=["smtp.corp.example"],
        ),
    ] = None
    port: Annotated[int, Meta(description="Its port.", ge=1, le=65535)] = 587
    security: Annotated[
        MailSecurity,
        Meta(
            description="starttls (port 587), tls (port 465), or none, which is possible for a"
            " server on this machine only. Certificates are always checked."
        ),
    ] = MailSecurity.STARTTLS
    username: Annotated[
        str | None,
        Meta(description="Name to log in to the server with.", examples=["fedrse"]),
    ] = None
    password: Annotated[
        str | None,
        Meta(
            description="Its password; better given as FEDRSE_MAIL__PASSWORD.",
            examples=["correct horse battery"],
        ),
    ] = None
    sender: Annotated[
        str | None,
        Meta(
            description="Address from which mail comes. Default: no-reply at site.handle_domain.",
            examples=["fedrse@corp.example"],
        ),
    ] = None
    ca_bundle: Annotated[
        str | None,
        Meta(
            description="File of certificate authorities (PEM) to trust in addition, for a mail"
            " server of the company.",
            examples=["/etc/fedrse/corp-ca.pem"],
        ),
    ] = None
    subscriptions: Annotated[
        MailSubscriptions,
        Meta(
            description="Who may offer their posts for everybody by mail to people without an"
            " account, once they say so themselves: off (nobody), roles (owners, admins and"
            " community managers), everybody. Needs mail.host and site.public_pages; posts of any"
            " other audience never go out."
        ),
    ] = MailSubscriptions.OFF

    @property
    def offers_posts(self) -> bool:
        """Whether posts may be sent to people without an account, where they can see any."""
        return self.host is not None and self.subscriptions is not MailSubscriptions.OFF


class RegistrationSettings(SettingsSection, frozen=True, kw_only=True):
    """Who may sign up by themselves; an invitation is good in every mode."""

    mode: Annotated[
        RegistrationMode,
        Meta(
            description="closed: admins make accounts; approval: they decide about each"
            " (fedrse account approve); open: whoever has an address of registration.email_domains."
        ),
    ] = RegistrationMode.CLOSED
    message: Annotated[
        str | None,
        Meta(
            description="Shown by apps where nobody may sign up.",
            examples=["Ask the people of your site."],
        ),
    ] = None
    reason_required: Annotated[
        bool, Meta(description="With approval: people have to say why they want to join.")
    ] = True
    email_domains: Annotated[
        list[str],
        Meta(
            description="Domains of e-mail addresses with which people may sign up; empty: any.",
            examples=[["corp.example"]],
        ),
    ] = field(default_factory=list)
    minimum_age: Annotated[
        int,
        Meta(description="In years; apps then ask for the date of birth. 0: no.", ge=0, le=120),
    ] = 0
