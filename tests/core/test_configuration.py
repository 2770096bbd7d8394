"""Settings from file and environment, and the messages about what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.configuration import SECTIONS, environment_name, load_settings, section_fields
from fedrse.core.configuration_sources import ConfigurationError, locate_keys
from fedrse.core.languages import InterfaceLanguage
from fedrse.core.settings import DefaultAudience, FederationMode
from tests.core.settings_files import MINIMAL, load, outcome, problems


def test_defaults_are_careful(tmp_path: Path) -> None:
    settings = load(tmp_path, MINIMAL)
    assert settings.federation.mode is FederationMode.CLOSED
    assert settings.posts.default_audience is DefaultAudience.NETWORK
    assert settings.site.public_pages is False
    assert settings.outgoing.private_addresses == []
    assert settings.server.listen == ["127.0.0.1:8400"]
    assert settings.site.language is InterfaceLanguage.FRENCH


def test_everything_can_be_set(tmp_path: Path) -> None:
    for name in ("chain.pem", "key.pem", "ca.pem"):
        (tmp_path / name).touch()
    settings = load(
        tmp_path,
        """
        [site]
        base_url = "https://Lyon.Corp.Example:443/"
        handle_domain = "Corp.Example"
        [server]
        listen = ["0.0.0.0:8443", "[::]:8443", "unix:run/http.sock"]
        tls_certificate = "chain.pem"
        tls_key = "key.pem"
        trusted_proxies = ["127.0.0.1", "10.20.0.0/16"]
        [storage]
        data = "data"
        secret_file = "/run/secrets/fedrse"
        [federation]
        mode = "open"
        allowed_hosts = ["Partner.example:443", "bücher.example"]
        [network]
        members = ["https://lyon.corp.example", "https://nantes.corp.example/"]
        [outgoing]
        ca_bundle = "ca.pem"
        proxy = "http://proxy.corp.example:3128"
        private_addresses = ["10.20.0.0/16", "oslo.corp.example"]
        connect = { "Oslo.corp.example" = "https://10.20.0.5:8443" }
        [limits]
        enabled = false
        """,
    )
    assert settings.origin == "https://lyon.corp.example"
    assert settings.handle_domain == "corp.example"
    assert settings.server.listen == [
        "0.0.0.0:8443",
        "[::]:8443",
        f"unix:{tmp_path}/run/http.sock",
    ]
    assert settings.server.tls_certificate == f"{tmp_path}/chain.pem"
    assert settings.storage.database == f"sqlite:{tmp_path}/data/fedrse.db"
    assert settings.storage.secret_file == "/run/secrets/fedrse"
    assert settings.federation.allowed_hosts == ["partner.example", "xn--bcher-kva.example"]
    assert settings.network.members == ["https://nantes.corp.example"]
    assert settings.outgoing.connect == {"oslo.corp.example": "https://10.20.0.5:8443"}
    assert settings.limits.enabled is False


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        MINIMAL + '[server]\nlisten = ["127.0.0.1:1"]\n[limits]\nenabled = true\n',
        {
            "FEDRSE_SITE__NAME": "Lyon, site principal",
            "FEDRSE_SERVER__LISTEN": "[::1]:8400, 127.0.0.1:8400",
            "FEDRSE_FEDERATION__ALLOWED_HOSTS": '["a.example", "b.example"]',
            "FEDRSE_OUTGOING__CONNECT": "a.example=https://10.0.0.1:443",
            "FEDRSE_LIMITS__ENABLED": "off",
            "FEDRSE_POSTS__MAX_CHARACTERS": "700",
            "FEDRSE_SITE__HANDLE_DOMAIN": "",
            "FEDRSE_CONFIG": "elsewhere.toml",
            "HOME": "/root",
        },
    )
    assert settings.site.name == "Lyon, site principal"
    assert settings.server.listen == ["[::1]:8400", "127.0.0.1:8400"]
    assert settings.federation.allowed_hosts == ["a.example", "b.example"]
    assert settings.outgoing.connect == {"a.example": "https://10.0.0.1"}
    assert settings.limits.enabled is False
    assert settings.posts.max_characters == 700
    assert settings.handle_domain == "lyon.corp.example"


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {"FEDRSE_SITE__BASE_URL": "https://lyon.corp.example"})
    assert settings.storage.data == f"{tmp_path}/var"


def test_every_setting_has_an_environment_variable(tmp_path: Path) -> None:
    """The variable of each setting is known: a value of a wrong kind names it."""
    for section, kind in SECTIONS.items():
        for key in section_fields(kind):
            variable = environment_name(section, key)
            text = MINIMAL if variable != "FEDRSE_SITE__BASE_URL" else ""
            reasons = outcome(tmp_path, text, {variable: "\x00"})
            assert all(f"variable {variable}: {section}.{key} " in reason for reason in reasons)
            assert "known setting" not in "".join(reasons)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[site]\nbase_url = "https://a.example"\nnmae = "x"\n',
            "fedrse.toml, line 3: site.nmae is not a known setting of [site]; the nearest is name",
        ),
        (
            MINIMAL + '[fedration]\nmode = "open"\n',
            "fedrse.toml, line 3: fedration is not a known section; the nearest is federation",
        ),
        (
            'base_url = "https://a.example"\n' + MINIMAL,
            "fedrse.toml, line 1: base_url is a setting of [site] and has to stand below that line",
        ),
        (
            MINIMAL + "\n\nlisten = []\n",
            "fedrse.toml, line 5: site.listen is a setting of [server], not of [site]",
        ),
        (
            MINIMAL + '[federation]\nmode = "opne"\n',
            (
                "fedrse.toml, line 4: federation.mode has to be one of closed, open;"
                " the nearest is open"
            ),
        ),
        (
            MINIMAL + '[posts]\n# longest\nmax_characters = "many"\n',
            (
                "fedrse.toml, line 5: posts.max_characters is not valid: expected a whole number,"
                " got text"
            ),
        ),
        (
            MINIMAL + "[posts]\nmax_characters = 0\n",
            "fedrse.toml, line 4: posts.max_characters is not valid: expected a whole number >= 1",
        ),
        (
            MINIMAL + "[limits]\nenabled = 1\n",
            (
                "fedrse.toml, line 4: limits.enabled is not valid: expected true or false,"
                " got a whole number"
            ),
        ),
        (
            "limits = true\n" + MINIMAL,
            "fedrse.toml, line 1: limits is a section: write [limits] and its settings below",
        ),
        (
            '[server]\nlisten = [\n  "127.0.0.1:8400",\n  "127.0.0.1:8401",\n]\ntls_kye = "x"\n'
            + MINIMAL,
            (
                "fedrse.toml, line 6: server.tls_kye is not a known setting of [server];"
                " the nearest is tls_key"
            ),
        ),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[site]\nname = \n", "fedrse.toml, line 2 is not TOML: Invalid value"),
        (
            '[site]\nname = "a"\n\nname = "b"\n',
            "fedrse.toml, line 4: site.name stands here again, first on line 2",
        ),
        (
            MINIMAL + "[site]\n",
            "fedrse.toml, line 3: site stands here again, first on line 1",
        ),
    ],
)
def test_a_mistake_in_toml_is_located(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[site]\nbase_url = "https://a.example"\nlanguage = "de"\n[log]\nlevle = "debug"\n',
        {"FEDRSE_LIMITS__ENABLED": "maybe", "FEDRSE_SITE__NAM": "x", "FEDRSE_SITE_NAME": "y"},
    )
    assert found == [
        "fedrse.toml, line 3: site.language has to be one of en, fr; the nearest is en",
        "fedrse.toml, line 5: log.levle is not a known setting of [log]; the nearest is level",
        (
            "environment variable FEDRSE_LIMITS__ENABLED: limits.enabled has to be true or false,"
            " not 'maybe'"
        ),
        (
            "environment variable FEDRSE_SITE_NAME: site_name is not a known setting;"
            " the nearest is FEDRSE_SITE__NAME"
        ),
        (
            "environment variable FEDRSE_SITE__NAM: site.nam is not a known setting;"
            " the nearest is FEDRSE_SITE__NAME"
        ),
    ]


def test_passwords_do_not_appear_in_messages(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        MINIMAL,
        {
            "FEDRSE_STORAGE__DATABASE": "postgres://fedrse:hunter2@db/fedrse",
            "FEDRSE_OUTGOING__PROXY": "socks5://me:hunter2@proxy:1080",
        },
    )
    assert len(found) == 2
    assert "hunter2" not in "".join(found)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="fedrse init writes one"):
        load_settings(tmp_path / "none.toml", {})
    (tmp_path / "latin.toml").write_bytes(b'[site]\nname = "caf\xe9"\n')
    with pytest.raises(ConfigurationError, match=r"latin\.toml, line 2 is not UTF-8"):
        load_settings(tmp_path / "latin.toml", {})
    (tmp_path / "large.toml").write_bytes(b"#" * 1_100_000)
    with pytest.raises(ConfigurationError, match="larger than 1 MiB"):
        load_settings(tmp_path / "large.toml", {})


def test_lines_are_found_behind_values_over_several_lines() -> None:
    text = '''# [wrong]
[a] # comment with = and [
one = """
two = 2
[b]
"""
three = [ # ]
  "]", '[',
]
"four" . five = { x = "}" }
[a.'b.c']
six = \'\'\'x\'\'\' # """
seven = "\\"[" # '
'''
    assert locate_keys(text) == {
        ("a",): 2,
        ("a", "one"): 3,
        ("a", "three"): 7,
        ("a", "four"): 10,
        ("a", "four", "five"): 10,
        ("a", "b.c"): 11,
        ("a", "b.c", "six"): 12,
        ("a", "b.c", "seven"): 13,
    }


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_no_text_breaks_the_scanner(text: str) -> None:
    last = text.count("\n") + 1
    assert all(1 <= line <= last for line in locate_keys(text).values())


TOML_LIKE = st.lists(
    st.sampled_from(
        [
            *("[site]\n", "[server]\n", "base_url", "listen", "name", " = ", "\n", '"', "'''"),
            *("[", "]", "{", "}", ",", "1", "true", '"https://a.example"', "\\", "#", "é"),
        ]
    ),
    max_size=40,
).map("".join)


@given(TOML_LIKE)
def test_every_file_gives_settings_or_reasons(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    reasons = outcome(folder, text)
    assert all(re.match(r"fedrse\.toml(, line \d+)?\b", reason) for reason in reasons)
    if not reasons:
        assert load(folder, text).origin == "https://a.example"
