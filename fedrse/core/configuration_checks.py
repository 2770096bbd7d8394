"""What has to hold between settings, and the one form of hosts, origins and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from fedrse.core.configuration_checks_mutual_tls import check_mutual_tls
from fedrse.core.configuration_checks_transport import check_transport
from fedrse.core.configuration_sources import Place, Sources
from fedrse.core.errors import FedrseError
from fedrse.core.listen import parse_listen
from fedrse.core.settings import (
    FederationSettings,
    NetworkSettings,
    OutgoingSettings,
    ServerSettings,
    Settings,
    SiteSettings,
    StorageSettings,
)
from fedrse.core.settings_look import DEFAULT_ACCENT, LARGEST_LOGO, LOGO_TYPES, read_accent
from fedrse.core.settings_mail import (
    MailSecurity,
    MailSettings,
    MailSubscriptions,
    RegistrationSettings,
)
from fedrse.core.settings_media import MediaSettings
from fedrse.core.settings_monitoring import MetricsSettings
from fedrse.core.settings_translation import TranslationSettings
from fedrse.core.urls import Origin, normalise_peer, private_range, split_url

SQLITE_PREFIX = "sqlite:"
POSTGRES_PREFIX = "postgresql://"
_T = TypeVar("_T")


def check_settings(settings: Settings, folder: Path, sources: Sources) -> Settings:
    """The same settings in their one form: hosts and origins normalised, paths absolute.

    ``folder`` is where relative paths start. Raises ConfigurationError.
    """
    check = _Check(sources, folder)
    site, own = check.site(settings.site)
    server = check.server(settings.server, own)
    checked = msgspec.structs.replace(
        settings,
        site=site,
        server=server,
        storage=check.storage(settings.storage),
        federation=check.federation(settings.federation),
        network=check.network(settings.network, own),
        outgoing=check.outgoing(settings.outgoing, own),
        transport=check_transport(check, settings.transport),
        mutual_tls=check_mutual_tls(check, settings.mutual_tls, server),
        media=check.media(settings.media, own),
        registration=check.registration(settings.registration),
        mail=check.mail(settings.mail, public=settings.site.public_pages),
        translation=check.translation(settings.translation, settings.outgoing),
        metrics=check.metrics(settings.metrics),
    )
    sources.raise_problems()
    return checked


class _Check:
    """Notes problems instead of stopping at the first one.

    ``own`` is the origin of this site, None if its base URL is wrong: then rules that depend on it
    say nothing.
    """

    def __init__(self, sources: Sources, folder: Path) -> None:
        self.sources = sources
        self._folder = folder

    def site(self, site: SiteSettings) -> tuple[SiteSettings, Origin | None]:
        place = ("site", "base_url")
        own = self.read(place, _origin, site.base_url)
        if own is not None and own.scheme == "http" and not own.is_loopback:
            reason = "has to start with https://; http is possible on loopback addresses only"
            self.sources.note(place, reason)
            own = None
        if site.contact_email and "@" not in site.contact_email.strip("@"):
            self.sources.note(("site", "contact_email"), "is not an e-mail address")
        handle_domain = site.handle_domain
        if handle_domain is not None:
            place = ("site", "handle_domain")
            handle_domain = self.read(place, normalise_peer, handle_domain) or handle_domain
        base_url = site.base_url if own is None else str(own)
        changed = msgspec.structs.replace(
            site,
            base_url=base_url,
            handle_domain=handle_domain,
            texts=str(self._folder / site.texts),
            accent_colour=self._accent(site.accent_colour),
            logo=self._logo(self.file(("site", "logo"), site.logo)),
        )
        return changed, own

    def _accent(self, text: str) -> str:
        try:
            return read_accent(text)
        except ValueError as error:
            self.sources.note(("site", "accent_colour"), f"{text!r} {error}")
            return DEFAULT_ACCENT

    def _logo(self, path: str | None) -> str | None:
        if path is not None and Path(path).is_file():
            if Path(path).suffix.lower() not in LOGO_TYPES:
                self.sources.note(("site", "logo"), "is not an SVG, PNG or WebP file")
            elif Path(path).stat().st_size > LARGEST_LOGO:
                self.sources.note(("site", "logo"), "is larger than 256 kilobytes")
        return path

    def metrics(self, metrics: MetricsSettings) -> MetricsSettings:
        place = ("metrics", "addresses")
        for text in metrics.addresses:
            self.read(place, _address_range, text)
        return metrics

    def server(self, server: ServerSettings, own: Origin | None) -> ServerSettings:
        place = ("server", "listen")
        listen = []
        for text in server.listen:
            address = self.read(place, parse_listen, text, self._folder)
            if address is None:
                continue
            if own is not None and own.scheme == "http" and not address.is_loopback:
                reason = f"{text!r} is reachable from outside, but site.base_url is plain http"
                self.sources.note(place, reason)
            listen.append(str(address))
        if not server.listen:
            self.sources.note(place, "needs at least one address")
        if len(set(listen)) < len(listen):
            self.sources.note(place, "has the same address twice")
        self._tls_pair(server)
        for entry in server.trusted_proxies:
            self.read(("server", "trusted_proxies"), _address_range, entry)
        return msgspec.structs.replace(
            server,
            listen=listen,
            tls_certificate=self.file(("server", "tls_certificate"), server.tls_certificate),
            tls_key=self.file(("server", "tls_key"), server.tls_key),
        )

    def storage(self, storage: StorageSettings) -> StorageSettings:
        data = self._folder / storage.data
        database = storage.database
        if database.startswith(SQLITE_PREFIX):
            path = database.removeprefix(SQLITE_PREFIX)
            if not path or path.startswith("//"):
                # "sqlite:///x" is relative to some programs and absolute to others.
                self.sources.note(("storage", "database"), "has to be written as sqlite:PATH")
            database = f"{SQLITE_PREFIX}{data / path}"
        elif not database.startswith(POSTGRES_PREFIX):
            reason = f"has to start with {SQLITE_PREFIX} or {POSTGRES_PREFIX}"
            self.sources.note(("storage", "database"), reason)
        return msgspec.structs.replace(
            storage, data=str(data), database=database, secret_file=str(data / storage.secret_file)
        )

    def federation(self, federation: FederationSettings) -> FederationSettings:
        allowed = self._peers(("federation", "allowed_hosts"), federation.allowed_hosts)
        blocked = self._peers(("federation", "blocked_hosts"), federation.blocked_hosts)
        for peer in sorted(set(allowed) & set(blocked)):
            reason = f"has {peer}, which federation.blocked_hosts has too"
            self.sources.note(("federation", "allowed_hosts"), reason)
        return msgspec.structs.replace(federation, allowed_hosts=allowed, blocked_hosts=blocked)

    def network(self, network: NetworkSettings, own: Origin | None) -> NetworkSettings:
        place = ("network", "members")
        members = []
        for text in network.members:
            member = self.read(place, _origin, text)
            if member is None:
                continue
            if own is not None and not _reachable(member, own):
                self.sources.note(place, f"{text!r} {_ONLY_LOOPBACK}")
            elif member != own and str(member) not in members:
                members.append(str(member))
        return msgspec.structs.replace(network, members=members)

    def outgoing(self, outgoing: OutgoingSettings, own: Origin | None) -> OutgoingSettings:
        if outgoing.proxy is not None:
            self.read(("outgoing", "proxy"), _check_proxy, outgoing.proxy)
        for entry in outgoing.private_addresses:
            self.read(("outgoing", "private_addresses"), _private, entry)
        connect = {}
        for host, text in outgoing.connect.items():
            place = ("outgoing", "connect", host)
            peer = self.read(place, normalise_peer, host)
            target = self.read(place, _address, text)
            if peer is None or target is None:
                continue
            if own is not None and not _reachable(target, own):
                self.sources.note(place, f"{text!r} {_ONLY_LOOPBACK}")
            connect[peer] = str(target)
        return msgspec.structs.replace(
            outgoing,
            connect=connect,
            ca_bundle=self.file(("outgoing", "ca_bundle"), outgoing.ca_bundle),
        )

    def translation(
        self, translation: TranslationSettings, outgoing: OutgoingSettings
    ) -> TranslationSettings:
        if translation.url is None:
            return translation
        place = ("translation", "url")
        origin = self.read(place, _origin, translation.url)
        if origin is None:
            return translation
        named = {origin.peer, origin.host} & set(outgoing.private_addresses)
        if origin.scheme == "http" and not origin.is_loopback and not named:
            self.sources.note(
                place,
                "has to start with https://; http is possible on loopback addresses and for hosts"
                " in outgoing.private_addresses",
            )
        return msgspec.structs.replace(translation, url=str(origin))

    def media(self, media: MediaSettings, own: Origin | None) -> MediaSettings:
        if media.base_url is None:
            return media
        origin = self.read(("media", "base_url"), _origin, media.base_url)
        if origin is None:
            return media
        if own is not None and not _reachable(origin, own):
            self.sources.note(("media", "base_url"), _ONLY_LOOPBACK)
        return msgspec.structs.replace(media, base_url=str(origin))

    def registration(self, registration: RegistrationSettings) -> RegistrationSettings:
        domains = []
        for text in registration.email_domains:
            if "@" in text.strip("@") or not text.strip("@ "):
                self.sources.note(("registration", "email_domains"), f"{text!r} is not a domain")
            domains.append(text.strip("@ ").lower())
        return msgspec.structs.replace(registration, email_domains=domains)

    def mail(self, mail: MailSettings, *, public: bool) -> MailSettings:
        if mail.sender is not None and "@" not in mail.sender.strip("@"):
            self.sources.note(("mail", "sender"), "is not an e-mail address")
        if mail.host is not None and mail.security is MailSecurity.NONE and not _is_here(mail.host):
            self.sources.note(
                ("mail", "security"), "can be none only for a mail server on this machine"
            )
        if (mail.username is None) != (mail.password is None):
            given, other = ("username", "password")[:: 1 if mail.username is not None else -1]
            self.sources.note(("mail", given), f"needs mail.{other} as well")
        if mail.subscriptions is not MailSubscriptions.OFF:
            if mail.host is None:
                self.sources.note(("mail", "subscriptions"), "needs mail.host as well")
            if not public:
                self.sources.note(("mail", "subscriptions"), "needs site.public_pages as well")
        bundle = self.file(("mail", "ca_bundle"), mail.ca_bundle)
        return msgspec.structs.replace(mail, ca_bundle=bundle)

    def _tls_pair(self, server: ServerSettings) -> None:
        given = ("tls_certificate", "tls_key")
        other = {"tls_certificate": "tls_key", "tls_key": "tls_certificate"}
        present = [name for name in given if getattr(server, name)]
        if len(present) == 1:
            reason = f"needs server.{other[present[0]]} as well"
            self.sources.note(("server", present[0]), reason)

    def _peers(self, place: Place, texts: Iterable[str]) -> list[str]:
        found = [self.read(place, normalise_peer, text) for text in texts]
        return list(dict.fromkeys(peer for peer in found if peer is not None))

    def file(self, place: Place, text: str | None) -> str | None:
        """The absolute path of a file that has to be there."""
        if not text:
            return None
        path = self._folder / text
        if not path.is_file():
            self.sources.note(place, f"{str(path)!r} is not a file that can be read")
        return str(path)

    def read(self, place: Place, read: Callable[..., _T], *arguments: Any) -> _T | None:
        """The value, or None after noting why it cannot be read."""
        try:
            return read(*arguments)
        except FedrseError as error:
            self.sources.note(place, f"{arguments[0]!r}: {error.message}")
        except ValueError as error:
            self.sources.note(place, str(error))
        return None


_ONLY_LOOPBACK = (
    "has to start with https://; http is possible only where it and site.base_url are loopback"
)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _reachable(target: Origin, own: Origin) -> bool:
    """Whether a plain or secure address may be talked to from this site."""
    return target.scheme == "https" or (target.is_loopback and own.is_loopback)


def _origin(text: str) -> Origin:
    url = split_url(text)
    if url.target != "/" or "#" in text or text.endswith("?"):
        raise ValueError(f"{text!r} has a path; only scheme, host and port are expected")
    return url.origin


def _address(text: str) -> Origin:
    origin = _origin(text)
    if origin.address is None:
        raise ValueError(f"{text!r} has a name where an address belongs")
    return origin


def _private(entry: str) -> None:
    if private_range(entry) is None:
        normalise_peer(entry)


def _address_range(text: str) -> None:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an address or CIDR range: {error}") from None


def _check_proxy(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        # The text may hold a password, so it is not repeated.
        raise ValueError("has to be of the form http://host:port; TLS runs inside it")
    if parts.port is None:  # also raises ValueError for a port out of range
        raise ValueError("needs the port of the proxy: http://host:port")
