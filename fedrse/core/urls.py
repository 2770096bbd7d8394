"""Rules for addresses of other servers: hosts, origins, ids. Pure, no name is looked up here.

An *origin* is scheme, host and port. A *peer* is written as its host and, where it is not the usual
one of the scheme, the port: ``oslo.corp.example``, ``localhost:8402``. Hosts are normalised once,
here: lower case, IDNA A-labels, IPv6 in brackets, no trailing dot. Whatever another program might
read as a number (``0x7f.1``, ``2130706433``) is refused, as browsers would turn it into an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

import idna
from msgspec import Struct

from fedrse.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_URL_LENGTH = 2048
"""Characters of the longest id or link that is read."""

MAX_HOST_LENGTH = 253
"""Characters of the longest host name (RFC 1035)."""

DEFAULT_PORTS = {"https": 443, "http": 80}

# RFC 3986, appendix B, for the two schemes that matter.
_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#(.*))?", re.IGNORECASE)
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.~@+-]*")
# Controls and white space of any script, the backslash that browsers take for a slash.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\\s\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")
_SHORTEST_PREFIX = 8  # bits
# Characters that stay as they are in a request target; the rest is percent-encoded UTF-8.
_TARGET_SAFE = "!$%&'()*+,-./:;=?@[]_~"


class BadUrl(Invalid):
    """An address that is malformed or of a kind that is not talked to."""

    def __init__(self, code: str, message: str, url: str) -> None:
        super().__init__(code, message, url=url[:200])


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port. ``host`` is normalised; IPv6 addresses stand in brackets."""

    scheme: str
    host: str
    port: int

    @cached_property
    def peer(self) -> str:
        """Host and, if not the usual one of the scheme, port: also the ``Host`` header."""
        return self.host if self.has_default_port else f"{self.host}:{self.port}"

    @property
    def has_default_port(self) -> bool:
        return self.port == DEFAULT_PORTS[self.scheme]

    @cached_property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The IP address, if the host is one and not a name."""
        return host_address(self.host)

    @cached_property
    def is_loopback(self) -> bool:
        """This machine: ``localhost``, names under it, 127.0.0.0/8 and ::1."""
        if self.address is not None:
            return self.address.is_loopback
        return self.host == "localhost" or self.host.endswith(".localhost")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.peer}"


class Url(Struct, frozen=True):
    """A checked address. ``text`` is as received (ids are compared so), the rest is normalised.

    ``target`` is path and query as they stand in the request line, never empty; ``fragment`` is
    without ``#``.
    """

    text: str
    origin: Origin
    target: str
    fragment: str

    @property
    def request_url(self) -> str:
        """What is requested: the normalised address without fragment."""
        return f"{self.origin}{self.target}"


@dataclass(frozen=True)
class UrlRules:
    """Which schemes are accepted for ids and peers of this site.

    ``https`` always. ``http`` only if this site's own base URL is loopback *and* the host is
    loopback or stands in ``http_hosts`` (peers with a connect override to plain http). ``own`` is
    the origin of this site.
    """

    own: Origin | None = None
    http_hosts: frozenset[str] = frozenset()

    @classmethod
    def of_site(cls, base_url: str, connect: Mapping[str, str]) -> UrlRules:
        """From the settings ``site.base_url`` and ``outgoing.connect``."""
        http = (peer for peer, target in connect.items() if target.startswith("http://"))
        return cls(
            own=origin_of(base_url), http_hosts=frozenset(normalise_peer(peer) for peer in http)
        )

    def permits(self, origin: Origin) -> bool:
        """Whether ids and requests may have this origin."""
        if origin.scheme == "https":
            return True
        if self.own is None or not self.own.is_loopback:
            return False
        return origin.is_loopback or origin.peer in self.http_hosts

    def origin_of_peer(self, peer: str) -> Origin:
        """Where a peer (``host[:port]``) is: https, but http among loopback sites of a demo."""
        host, port = _split_authority(peer, peer)
        secure = Origin("https", host, port or DEFAULT_PORTS["https"])
        if self.own is not None and self.own.scheme == "http" and secure.is_loopback:
            return Origin("http", host, port or DEFAULT_PORTS["http"])
        return secure


HTTPS_ONLY = UrlRules()


def parse_url(text: str, rules: UrlRules = HTTPS_ONLY) -> Url:
    """Read an id or link of another server.

    Raises BadUrl if it is longer than 2048 characters, malformed, has a user name or control
    characters, a host written as a number, or a scheme that ``rules`` do not permit.
    """
    url = split_url(text)
    if not rules.permits(url.origin):
        raise BadUrl("url_scheme", "Only https addresses are accepted", text)
    return url


@lru_cache(maxsize=2048)
def split_url(text: str) -> Url:
    """The syntax part of ``parse_url``: http and https alike. Raises BadUrl.

    The same few addresses come again and again (inboxes, keys, actors), so the last are kept.
    """
    if len(text) > MAX_URL_LENGTH:
        raise BadUrl("url_too_long", "An address is at most 2048 characters long", text)
    match = _URL.fullmatch(text)
    if match is None or _FORBIDDEN.search(text):
        raise BadUrl("url_malformed", "This is not an http or https address", text)
    scheme, authority, path, query, fragment = match.groups()
    scheme = scheme.lower()
    host, port = _split_authority(authority, text)
    origin = Origin(scheme, host, port or DEFAULT_PORTS[scheme])
    target = quote((path or "/") + (query or ""), safe=_TARGET_SAFE)
    return Url(text, origin, target, fragment or "")


def origin_of(text: str) -> Origin:
    """The origin of an http or https address. Raises BadUrl."""
    return split_url(text).origin


def same_origin(first: str, second: str) -> bool:
    """Whether two addresses have the same scheme, host and port; False if one is malformed."""
    end = first.find("/", 8) + 1
    if end and second.startswith(first[:end]) and _is_plain(first, end) and _is_plain(second, end):
        first = second = first[:end]  # seen before, unlike the ids of new things
    try:
        return origin_of(first) == origin_of(second)
    except BadUrl:
        return False


def _is_plain(text: str, start: int) -> bool:
    """Whether there is nothing to be said against an address from there on."""
    return len(text) <= MAX_URL_LENGTH and _PLAIN_PATH.fullmatch(text, start) is not None


def normalise_origin(text: str, rules: UrlRules = HTTPS_ONLY) -> Origin:
    """Read the base address of a site (``https://Oslo.Corp.example/``): nothing after the host.

    Raises BadUrl.
    """
    url = parse_url(text, rules)
    if url.target != "/" or url.text.endswith(("#", "?")) or url.fragment:
        raise BadUrl("origin_with_path", "Only scheme, host and port are expected, no path", text)
    return url.origin


def normalise_peer(text: str) -> str:
    """Read ``host`` or ``host:port`` as written by a person; port 443 is left out.

    Raises BadUrl.
    """
    host, port = _split_authority(text, text)
    return host if port in {None, DEFAULT_PORTS["https"]} else f"{host}:{port}"


def normalise_host(text: str) -> str:
    """The one form of a host name or IP address (IPv6 in brackets). Raises BadUrl."""
    if text.startswith("[") and text.endswith("]"):
        return _normalise_ipv6(text)
    if len(text) > MAX_HOST_LENGTH:
        raise BadUrl("host_malformed", "This is not the name of a host", text)
    name = text.lower() if text.isascii() else _idna(text, text)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _normalise_ipv4(name, text)
    labels = name.split(".")
    if len(name) > MAX_HOST_LENGTH or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadUrl("host_malformed", "This is not the name of a host", text)
    if any(label.startswith("xn--") for label in labels):
        return _idna(name, text)
    return name


def host_address(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a normalised host is, or None for a name."""
    if not host.startswith("[") and not host[-1:].isdigit():
        return None
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def private_range(entry: str) -> IPv4Network | IPv6Network | None:
    """The range of addresses that an entry of ``outgoing.private_addresses`` is, if it is one.

    Raises ValueError with a sentence for what is no range, or one so wide (shorter than /8) that
    it opens the whole internal network.
    """
    literal = host_address(entry)
    try:
        network = ip_network(entry if literal is None else str(literal))
    except ValueError as error:
        if "/" in entry:
            raise ValueError(f"{entry!r} is not a range of addresses: {error}") from error
        return None
    if network.prefixlen < _SHORTEST_PREFIX:
        raise ValueError(f"{entry!r} is too wide: name the ranges that are really needed")
    return network


def join_url(base: Url, reference: str) -> str:
    """A ``Location`` header or a link in a document, made absolute; still to be parsed.

    Raises BadUrl.
    """
    try:
        return urljoin(base.request_url, reference)
    except ValueError as error:
        raise BadUrl("url_malformed", "This is not an http or https address", reference) from error


def _split_authority(authority: str, text: str) -> tuple[str, int | None]:
    if "@" in authority or _FORBIDDEN.search(authority):
        raise BadUrl("url_malformed", "User names and white space have no place here", text)
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return normalise_host(authority), None
    if not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
        raise BadUrl("url_malformed", "This port is not a number from 1 to 65535", text)
    return normalise_host(host), int(port)


def _idna(name: str, text: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadUrl("host_malformed", "This is not the name of a host", text) from error


def _normalise_ipv4(name: str, text: str) -> str:
    try:
        return str(IPv4Address(name))
    except ValueError as error:
        raise BadUrl(
            "host_malformed", "A host that ends in a number has to be an IPv4 address", text
        ) from error


def _normalise_ipv6(text: str) -> str:
    try:
        address = IPv6Address(text[1:-1])
    except ValueError as error:
        raise BadUrl("host_malformed", "This is not an IPv6 address", text) from error
    # A zone means nothing outside this machine; a mapped address has a second spelling.
    if address.scope_id is not None or address.ipv4_mapped is not None:
        raise BadUrl("host_malformed", "This is not an IPv6 address of another machine", text)
    return f"[{address}]"
