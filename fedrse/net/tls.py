"""How certificates of other servers are checked. There is no switch to do without.

Sessions are not resumed: Python copies the session, certificates included, when it is kept and
when it is used, which costs as much as the shorter handshake saves.
"""

from __future__ import annotations

import ssl

from fedrse.core.errors import Misconfigured


def client_context(ca_bundle: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 and later, host names checked, the system's authorities plus those of ``ca_bundle``.

    ``ca_bundle`` is the path of a PEM file. Raises Misconfigured if it cannot be read or
    holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                "ca_bundle_unusable",
                f"The certificate authorities in {ca_bundle} cannot be read: {error}",
            ) from error
    return context
