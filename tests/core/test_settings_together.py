"""Settings that are right alone and have to fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.settings_files import MINIMAL, load, problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[site]\n", "site.base_url is missing: set it in [site] or as FEDRSE_SITE__BASE_URL"),
        (
            '[site]\nbase_url = "http://lyon.corp.example"\n',
            (
                "line 2: site.base_url has to start with https://;"
                " http is possible on loopback addresses only"
            ),
        ),
        (
            '[site]\nbase_url = "http://localhost:8401"\n[server]\nlisten = ["0.0.0.0:8401"]\n',
            (
                "line 4: server.listen '0.0.0.0:8401' is reachable from outside,"
                " but site.base_url is plain http"
            ),
        ),
        ('[site]\nbase_url = "https://a.example/social"\n', "has a path"),
        ('[site]\nbase_url = "lyon.corp.example"\n', "This is not an http or https address"),
        (MINIMAL + 'handle_domain = "@corp.example"\n', "line 3: site.handle_domain"),
        (MINIMAL + 'handle_domain = "corp example"\n', "line 3: site.handle_domain"),
        (MINIMAL + 'contact_email = "nobody"\n', "line 3: site.contact_email is not an e-mail"),
        (
            MINIMAL + '[network]\nmembers = ["http://nantes.corp.example"]\n',
            "line 4: network.members 'http://nantes.corp.example' has to start with https://",
        ),
        (
            MINIMAL + '[network]\nmembers = ["http://localhost:8402"]\n',
            "line 4: network.members 'http://localhost:8402' has to start with https://",
        ),
        (
            MINIMAL + '[outgoing.connect]\n"b.example" = "http://127.0.0.1:80"\n',
            "line 4: outgoing.connect.b.example 'http://127.0.0.1:80' has to start with https://",
        ),
        (MINIMAL + '[media]\nbase_url = "http://m.example"\n', "line 4: media.base_url has to"),
        (
            MINIMAL + '[server]\ntls_key = "/dev/null/key.pem"\n',
            "line 4: server.tls_key needs server.tls_certificate as well",
        ),
        (
            MINIMAL + '[outgoing]\nca_bundle = "missing.pem"\n',
            "missing.pem' is not a file that can be read",
        ),
        (
            MINIMAL + '[server]\ntrusted_proxies = ["10.0.0.1/8"]\n',
            (
                "line 4: server.trusted_proxies '10.0.0.1/8' is not an address or CIDR range:"
                " 10.0.0.1/8 has host bits set"
            ),
        ),
        (
            MINIMAL + '[outgoing]\nprivate_addresses = ["10.0.0.0/33"]\n',
            "line 4: outgoing.private_addresses '10.0.0.0/33' is not",
        ),
        (
            MINIMAL + '[outgoing]\nprivate_addresses = ["a b"]\n',
            "line 4: outgoing.private_addresses",
        ),
        (
            MINIMAL + '[outgoing]\nprivate_addresses = ["10.20.0.0/16", "0.0.0.0/0"]\n',
            "line 4: outgoing.private_addresses '0.0.0.0/0' is too wide",
        ),
        (
            MINIMAL + '[outgoing.connect]\n"oslo.example" = "https://proxy.example"\n',
            "line 4: outgoing.connect.oslo.example 'https://proxy.example' has a name where",
        ),
        (
            MINIMAL + '[transport.key_pins]\n"a.example" = ["sha256/abc"]\n',
            "line 4: transport.key_pins.a.example 'sha256/abc' is not sha256/ and 44 characters",
        ),
        (
            MINIMAL + '[transport.key_pins]\n"a.example" = []\n',
            "line 4: transport.key_pins.a.example needs one to 8 pins",
        ),
        (
            MINIMAL + '[transport.ca_bundles]\n"a.example" = "missing.pem"\n',
            "missing.pem' is not a file that can be read",
        ),
        (
            MINIMAL + '[transport.private_addresses]\n"a.example" = ["b.example"]\n',
            "line 4: transport.private_addresses.a.example 'b.example' is not a range",
        ),
        (
            MINIMAL + '[transport]\nclient_key = "/dev/null/key.pem"\n',
            "line 4: transport.client_key needs transport.client_certificate as well",
        ),
        (
            MINIMAL + '[transport]\nclient_certificate_for = ["a.example"]\n',
            "line 4: transport.client_certificate_for needs transport.client_certificate",
        ),
        (
            MINIMAL + '[transport.key_pins]\n"A.example" = ["x"]\n"a.example" = ["x"]\n',
            "names a.example twice",
        ),
        (
            MINIMAL + '[mutual_tls]\nmode = "required"\n',
            "line 4: mutual_tls.mode needs mutual_tls.listen or mutual_tls.header",
        ),
        (
            MINIMAL + '[mutual_tls]\nmode = "optional"\nheader = "X-C"\n',
            "line 4: mutual_tls.mode needs mutual_tls.ca_bundle",
        ),
        (
            MINIMAL + '[mutual_tls]\nmode = "optional"\nheader = "X-C"\n',
            "line 5: mutual_tls.header needs server.trusted_proxies, whose word it is",
        ),
        (
            MINIMAL + '[mutual_tls]\nmode = "optional"\nheader = "X C"\n',
            "line 5: mutual_tls.header 'X C' is not the name of a header",
        ),
        (
            MINIMAL + '[mutual_tls]\nlisten = ["127.0.0.1:8443"]\n',
            "line 4: mutual_tls.listen needs server.tls_certificate and server.tls_key",
        ),
        (
            MINIMAL + '[mutual_tls]\nlisten = ["127.0.0.1:8400"]\n',
            "line 4: mutual_tls.listen has '127.0.0.1:8400', where this site listens already",
        ),
        (
            MINIMAL + '[mutual_tls]\nlisten = ["unix:/run/x"]\n',
            "line 4: mutual_tls.listen 'unix:/run/x' is a socket, over which there is no TLS",
        ),
        (
            MINIMAL + '[mutual_tls.key_pins]\n"a.example" = ["sha256/abc"]\n',
            "line 4: mutual_tls.key_pins.a.example 'sha256/abc' is not sha256/ and 44 characters",
        ),
        (MINIMAL + '[outgoing]\nproxy = "https://proxy:443"\n', "line 4: outgoing.proxy has to be"),
        (MINIMAL + '[outgoing]\nproxy = "proxy:3128"\n', "has to be of the form http://host:port"),
        (MINIMAL + '[outgoing]\nproxy = "http://proxy"\n', "needs the port of the proxy"),
        (MINIMAL + "[server]\nlisten = []\n", "line 4: server.listen needs at least one address"),
        (MINIMAL + '[server]\nlisten = ["8400"]\n', "is not of the form host:port"),
        (MINIMAL + '[server]\nlisten = ["a:99999"]\n', "a port is a number from 0 to 65535"),
        (
            MINIMAL + f'[server]\nlisten = ["unix:/{"x" * 120}"]\n',
            "the path of a socket has at most 107 bytes",
        ),
        (MINIMAL + '[server]\nlisten = ["a:1", "A:1"]\n', "has the same address twice"),
        (
            MINIMAL + '[storage]\ndatabase = "mysql://u:p@h/d"\n',
            "line 4: storage.database has to start with sqlite: or postgresql://",
        ),
        (MINIMAL + '[storage]\ndatabase = "sqlite:///x"\n', "has to be written as sqlite:PATH"),
        (
            MINIMAL + '[federation]\nallowed_hosts = ["a.example"]\nblocked_hosts = ["A.example"]',
            "line 4: federation.allowed_hosts has a.example, which federation.blocked_hosts has",
        ),
        (
            MINIMAL + '[mail]\nhost = "smtp.corp.example"\nsecurity = "none"\n',
            "line 5: mail.security can be none only for a mail server on this machine",
        ),
        (MINIMAL + '[mail]\nusername = "lyon"\n', "mail.username needs mail.password as well"),
        (MINIMAL + '[mail]\npassword = "x"\n', "mail.password needs mail.username as well"),
        (MINIMAL + '[mail]\nsender = "lyon"\n', "mail.sender is not an e-mail address"),
        (
            MINIMAL + '[mail]\nsubscriptions = "roles"\n',
            "mail.subscriptions needs mail.host as well",
        ),
        (
            MINIMAL + '[mail]\nhost = "smtp.corp.example"\nsubscriptions = "everybody"\n',
            "line 5: mail.subscriptions needs site.public_pages as well",
        ),
        (MINIMAL + '[mail]\nca_bundle = "none.pem"\n', "is not a file that can be read"),
        (
            MINIMAL + '[registration]\nemail_domains = ["ami@corp.example"]\n',
            "registration.email_domains 'ami@corp.example' is not a domain",
        ),
    ],
)
def test_settings_have_to_fit_together(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert any(expected in problem for problem in found), found


def test_plain_http_among_loopback_sites(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        [site]
        base_url = "http://localhost:8401"
        handle_domain = "lyon.test"
        [server]
        listen = ["127.0.0.1:8401", "[::1]:8401", "unix:http.sock"]
        [network]
        members = ["http://localhost:8402", "http://127.0.0.1:8403"]
        [outgoing.connect]
        "nantes.test" = "http://127.0.0.1:8402"
        """,
    )
    assert settings.origin == "http://localhost:8401"
    assert settings.network.members == ["http://localhost:8402", "http://127.0.0.1:8403"]
    assert settings.outgoing.connect == {"nantes.test": "http://127.0.0.1:8402"}
