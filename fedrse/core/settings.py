"""All settings of a site as one typed tree; ``core.configuration`` reads it from TOML.

The descriptions here are the documentation: the reference page and the commented ``fedrse.toml``
are generated from them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, field

from fedrse.core.languages import InterfaceLanguage
from fedrse.core.settings_limits import LimitSettings as LimitSettings  # noqa: PLC0414  (the way to all sections)
from fedrse.core.settings_look import DEFAULT_ACCENT
from fedrse.core.settings_mail import MailSettings, RegistrationSettings
from fedrse.core.settings_media import MediaSettings
from fedrse.core.settings_monitoring import MetricsSettings
from fedrse.core.settings_mutual_tls import MutualTlsSettings
from fedrse.core.settings_section import SettingsSection
from fedrse.core.settings_translation import TranslationSettings
from fedrse.core.settings_transport import TransportSettings
from fedrse.core.settings_trends import TrendSettings


class FederationMode(StrEnum):
    """Whom this site talks to."""

    CLOSED = "closed"
    OPEN = "open"


class DefaultAudience(StrEnum):
    """What "public" of a Mastodon app means here."""

    NETWORK = "network"
    PUBLIC = "public"


class ShownTo(StrEnum):
    """Who is told something about this site."""

    NOBODY = "nobody"
    PEOPLE = "people"
    EVERYBODY = "everybody"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """Lines for people, or JSON for machines."""

    TEXT = "text"
    JSON = "json"


class SiteSettings(SettingsSection, frozen=True, kw_only=True):
    """Who this site is."""

    base_url: Annotated[
        str,
        Meta(
            description="Public address of this site: scheme, host and, if not the usual one, port."
            " It is part of every id and can never change. Plain http is possible only for"
            " loopback addresses (demo and tests).",
            examples=["https://fedrse.corp.example"],
        ),
    ]
    handle_domain: Annotated[
        str | None,
        Meta(
            description="Domain in the handles of people (@amina@corp.example). Default: the host"
            " of base_url. It cannot change later.",
            examples=["corp.example"],
        ),
    ] = None
    name: Annotated[str, Meta(description="Name shown to people.", max_length=80)] = "fedrse"
    description: Annotated[str, Meta(description="One or two sentences about this site.")] = ""
    welcome: Annotated[str, Meta(description="Text on the page where people sign in.")] = ""
    accent_colour: Annotated[
        str,
        Meta(
            description="Colour of links and main buttons, as #rrggbb. Its contrast with white has"
            " to be at least 4.5; shades for dark pages and more contrast are made from it.",
            examples=["#1d4f8a"],
        ),
    ] = DEFAULT_ACCENT
    logo: Annotated[
        str | None,
        Meta(
            description="File of the logo, relative to this one: SVG, PNG or WebP, square, at most"
            " 256 kilobytes. Default: that of fedrse.",
            examples=["/etc/fedrse/logo.svg"],
        ),
    ] = None
    contact_email: Annotated[
        str,
        Meta(
            description="E-mail address of the people in charge.",
            examples=["fedrse@corp.example"],
        ),
    ] = ""
    language: Annotated[
        InterfaceLanguage,
        Meta(description="Language of pages where the reader has no preference."),
    ] = InterfaceLanguage.FRENCH
    rules: Annotated[
        list[str],
        Meta(
            description="Rules of this site, one sentence each; apps show them.",
            examples=[["Be kind.", "No confidential documents in public posts."]],
        ),
    ] = field(default_factory=list)
    texts: Annotated[
        str,
        Meta(
            description="Folder with texts about this site in Markdown, relative to this file:"
            " about.md, charter.md, privacy.md (privacy policy) and terms-YYYY-MM-DD.md (terms of"
            " service, in force from that day). All of them are optional."
        ),
    ] = "texts"
    public_pages: Annotated[
        bool,
        Meta(
            description="Show profiles and posts of audience public to people who are not logged"
            " in, if the author agreed. Off: everything asks for login."
        ),
    ] = False


class ServerSettings(SettingsSection, frozen=True, kw_only=True):
    """Where the site listens."""

    listen: Annotated[
        list[str],
        Meta(
            description="Addresses: host:port, [v6]:port or unix:/path/to/socket. Several are"
            " possible.",
            examples=[["0.0.0.0:8400", "[::]:8400", "unix:/run/fedrse/http.sock"]],
        ),
    ] = field(default_factory=lambda: ["127.0.0.1:8400"])
    tls_certificate: Annotated[
        str | None,
        Meta(
            description="PEM file with the certificate chain; with tls_key the site serves TLS"
            " itself. Leave out behind a reverse proxy. Paths are relative to this file.",
            examples=["/etc/fedrse/tls/chain.pem"],
        ),
    ] = None
    tls_key: Annotated[
        str | None,
        Meta(
            description="PEM file with the private key; only together with tls_certificate.",
            examples=["/etc/fedrse/tls/key.pem"],
        ),
    ] = None
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For and"
            " X-Forwarded-Proto are believed.",
            examples=[["127.0.0.1", "10.20.0.0/16"]],
        ),
    ] = field(default_factory=list)


class StorageSettings(SettingsSection, frozen=True, kw_only=True):
    """Where data lives."""

    database: Annotated[
        str,
        Meta(
            description="sqlite:PATH (relative to the data folder) or"
            " postgresql://user:password@host/database.",
            examples=["postgresql://fedrse:password@db.corp.example/fedrse"],
        ),
    ] = "sqlite:fedrse.db"
    data: Annotated[
        str,
        Meta(description="Folder for database, media and secrets, relative to this file."),
    ] = "var"
    secret_file: Annotated[
        str,
        Meta(
            description="File with the instance secret that encrypts private keys (mode 600),"
            " relative to the data folder. Keep a copy apart from the database backups."
        ),
    ] = "secret"  # noqa: S105  (the name of the file)


class FederationSettings(SettingsSection, frozen=True, kw_only=True):
    """Which other sites this one talks to."""

    mode: Annotated[
        FederationMode,
        Meta(description="closed: members and allowed_hosts only. open: everybody not blocked."),
    ] = FederationMode.CLOSED
    allowed_hosts: Annotated[
        list[str],
        Meta(
            description="Hosts allowed in closed mode besides the members (host, or host:port where"
            " the port is not the usual one).",
            examples=[["partner.example", "social.example:8443"]],
        ),
    ] = field(default_factory=list)
    blocked_hosts: Annotated[
        list[str],
        Meta(
            description="Hosts never talked to; subdomains are included.",
            examples=[["spam.example"]],
        ),
    ] = field(default_factory=list)
    show_blocked_hosts: Annotated[
        ShownTo,
        Meta(
            description="Who may see the list of blocked hosts: nobody, people (of this site) or"
            " everybody."
        ),
    ] = ShownTo.PEOPLE


class NetworkSettings(SettingsSection, frozen=True, kw_only=True):
    """The group of companies this site belongs to."""

    members: Annotated[
        list[str],
        Meta(
            description="Base URLs of the member sites. The list may contain this site itself, so"
            " that all sites can share one list.",
            examples=[["https://lyon.corp.example", "https://nantes.corp.example"]],
        ),
    ] = field(default_factory=list)
    outsiders_need_approval: Annotated[
        bool,
        Meta(
            description="Where there are other members: people outside of the network who want to"
            " follow somebody here wait for their consent, whatever their profile says."
        ),
    ] = True
    outsiders_public_only: Annotated[
        bool,
        Meta(
            description="Where there are other members: followers outside of the network get public"
            " posts only. Off: posts for followers and groups, too."
        ),
    ] = True


class PostSettings(SettingsSection, frozen=True, kw_only=True):
    """Rules for posts."""

    default_audience: Annotated[
        DefaultAudience,
        Meta(
            description='What "public" of a Mastodon app means: network (member sites only) or'
            " public (the world)."
        ),
    ] = DefaultAudience.NETWORK
    max_characters: Annotated[
        int, Meta(description="Longest post, in characters.", ge=1, le=100_000)
    ] = 5000


class OutgoingSettings(SettingsSection, frozen=True, kw_only=True):
    """Requests that this site makes."""

    ca_bundle: Annotated[
        str | None,
        Meta(
            description="PEM file with further certificate authorities (a company's own).",
            examples=["/etc/fedrse/corp-ca.pem"],
        ),
    ] = None
    proxy: Annotated[
        str | None,
        Meta(
            description="http://host:port of a proxy for outgoing requests. The proxy resolves"
            " names, so only hosts of members and allowed_hosts are reachable through it.",
            examples=["http://proxy.corp.example:3128"],
        ),
    ] = None
    private_addresses: Annotated[
        list[str],
        Meta(
            description="CIDR ranges and host names that may be contacted although their addresses"
            " are not public.",
            examples=[["10.20.0.0/16", "oslo.corp.example"]],
        ),
    ] = field(default_factory=list)
    connect: Annotated[
        dict[str, str],
        Meta(
            description="Per-host connect overrides: where a host is really reached, as"
            " scheme://address:port.",
            examples=[{"nantes.corp.example": "https://10.20.0.5:8443"}],
        ),
    ] = field(default_factory=dict)


class PushSettings(SettingsSection, frozen=True, kw_only=True):
    """Notifications for apps that are not open (Web Push); only the app can read them."""

    enabled: Annotated[bool, Meta(description="Off: no app can subscribe, none is sent.")] = True
    allowed_hosts: Annotated[
        list[str],
        Meta(
            description="Push services that may be used (host, or *.domain); empty: all that have a"
            " public address. What has a private one has to be in outgoing.private_addresses, too;"
            " through a proxy only those named here can be reached.",
            examples=[["fcm.googleapis.com", "*.push.apple.com"]],
        ),
    ] = field(default_factory=list)


class RetentionSettings(SettingsSection, frozen=True, kw_only=True):
    """How long things are kept, in days."""

    home_days: Annotated[
        int,
        Meta(
            description="How far back home timelines go. The posts themselves stay, on profiles and"
            " in search.",
            ge=7,
        ),
    ] = 730

    inbox_days: Annotated[int, Meta(description="Processed incoming messages.", ge=1)] = 14
    remote_media_days: Annotated[int, Meta(description="Cached media of other sites.", ge=1)] = 14
    evidence_days: Annotated[
        int,
        Meta(
            description="What reported posts said, after the report was closed. Appeals need it"
            " for 20 days.",
            ge=21,
        ),
    ] = 180


class LogSettings(SettingsSection, frozen=True, kw_only=True):
    """Logging to standard error."""

    level: Annotated[LogLevel, Meta(description="debug, info, warning or error.")] = LogLevel.INFO
    format: Annotated[LogFormat, Meta(description="text or json.")] = LogFormat.TEXT
    requests: Annotated[
        bool, Meta(description="Log every request; off: only failures of this site and slow ones.")
    ] = False


class Settings(SettingsSection, frozen=True, kw_only=True):
    """The whole configuration file."""

    site: SiteSettings
    server: ServerSettings = field(default_factory=ServerSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    federation: FederationSettings = field(default_factory=FederationSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    posts: PostSettings = field(default_factory=PostSettings)
    outgoing: OutgoingSettings = field(default_factory=OutgoingSettings)
    transport: TransportSettings = field(default_factory=TransportSettings)
    mutual_tls: MutualTlsSettings = field(default_factory=MutualTlsSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    registration: RegistrationSettings = field(default_factory=RegistrationSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    push: PushSettings = field(default_factory=PushSettings)
    translation: TranslationSettings = field(default_factory=TranslationSettings)
    trends: TrendSettings = field(default_factory=TrendSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    log: LogSettings = field(default_factory=LogSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    @property
    def origin(self) -> str:
        """``scheme://host[:port]`` without a trailing slash; the prefix of all our ids."""
        return self.site.base_url.rstrip("/")

    @property
    def host(self) -> str:
        """Host and, if not the usual one, port: the name of this site as a peer."""
        return urlsplit(self.site.base_url).netloc

    @property
    def handle_domain(self) -> str:
        """The domain in handles of people of this site."""
        return self.site.handle_domain or self.host

    @property
    def mails_posts(self) -> bool:
        """Whether people without an account can have somebody's public posts sent by mail."""
        return self.mail.offers_posts and self.site.public_pages
