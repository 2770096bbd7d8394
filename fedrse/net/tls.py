"""How certificates of other servers are checked. There is no switch to do without.

Sessions are not resumed: Python copies the session, certificates included, when it is kept and
when it is used, which costs as much as the shorter handshake saves.
"""

from __future__ import annotations

import ssl
from functools import cache

from fedrse.core.errors import Misconfigured


@cache
def client_context(
    ca_bundle: str | None = None, *, protocols: tuple[str, ...] = ("http/1.1",)
) -> ssl.SSLContext:
    """TLS 1.2 and later, host names checked, the system's authorities plus those of ``ca_bundle``.

    One for all clients with the same wishes: the authorities take a megabyte. ``ca_bundle`` is the
    path of a PEM file; ``protocols`` are offered by ALPN. Raises Misconfigured if the file cannot
    be read or holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if protocols:
        context.set_alpn_protocols(list(protocols))
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                "ca_bundle_unusable",
                f"The certificate authorities in {ca_bundle} cannot be read: {error}",
            ) from error
    return context
