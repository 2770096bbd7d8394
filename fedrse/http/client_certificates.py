"""The certificate that whoever asks has shown: by TLS to this site, or to a proxy of ours."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.http.addresses import UNIX, ClientAddresses

LONGEST_HEADER: Final = 32_768  # characters
_ARMOUR: Final = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class ShownCertificates:
    """Finds it; ``header`` is believed only from the proxies in ``proxies``."""

    def __init__(self, proxies: ClientAddresses, header: str | None) -> None:
        self._proxies = proxies
        self._header = header

    def of(self, raw: web.BaseRequest) -> bytes | None:
        """The certificate in DER, None where there is none; b"" for what cannot be read."""
        transport = raw.transport
        secured = None if transport is None else transport.get_extra_info("ssl_object")
        certificate: bytes | None = (
            None if secured is None else secured.getpeercert(binary_form=True)
        )
        if certificate or self._header is None:
            return certificate
        told = raw.headers.getall(self._header, [])
        if not any(told) or not self._proxies.is_trusted(raw.remote or UNIX):
            return None
        return read_header(told[0]) if len(told) == 1 else b""


def shown_certificates(
    settings: MutualTlsSettings, proxies: ClientAddresses
) -> ShownCertificates | None:
    """None where nobody is asked for a certificate."""
    if settings.mode is ClientCertificates.OFF:
        return None
    return ShownCertificates(proxies, settings.header)


def read_header(text: str) -> bytes:
    """DER of a certificate as proxies write it; b"" for what cannot be read.

    PEM with its lines joined by anything or percent-encoded (nginx, Apache), Base64 of DER
    (HAProxy, Traefik: of a chain the first), or a byte sequence (RFC 9440, section 2.1).
    """
    if len(text) > LONGEST_HEADER:
        return b""
    if "%" in text:
        text = unquote(text)
    if _ARMOUR.search(text):
        pieces = _ARMOUR.split(text)
        text = pieces[2] if len(pieces) > 2 else ""
    text = "".join(text.partition(",")[0].split())
    if len(text) > 1 and text[0] == text[-1] == ":":
        text = text[1:-1]
    if _BASE64.fullmatch(text) is None:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
