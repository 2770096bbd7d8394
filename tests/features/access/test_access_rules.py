"""Pure rules: e-mail addresses, passwords, scopes, redirect addresses, PKCE."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from urllib.parse import parse_qsl, quote_plus, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import FedrseError, Invalid
from fedrse.features.access.model import (
    Role,
    check_password,
    hash_secret,
    new_secret,
    normalise_email,
)
from fedrse.features.access.model_authorization import AuthorizationRequest, safe_next
from fedrse.features.access.model_oauth import (
    OUT_OF_BAND,
    ClientCredentials,
    OAuthProblem,
    answer_address,
    check_challenge,
    form_target,
    proves,
    read_basic,
    read_name,
    read_redirect_uris,
    read_website,
)
from fedrse.features.access.model_scopes import (
    SCOPES,
    UnknownScope,
    parse_scopes,
    require_subset,
    usable_scopes,
    words_of,
)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("amina@corp.example", "amina@corp.example"),
        ("  Amina@Corp.Example ", "amina@corp.example"),
        ("éloïse@corp.example", "éloïse@corp.example"),
    ],
)
def test_email_has_one_form(given_text: str, expected: str) -> None:
    assert normalise_email(given_text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "amina",
        "@corp.example",
        "amina@",
        "a@b@c",
        "a b@c.example",
        "a\n@c.example",
        "a\0@c",
        "x" * 250 + "@corp.example",
    ],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalise_email(text)
    assert caught.value.code == "email_invalid"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_short"),
        ("x" * 257, "password_long"),
        ("aaaaaaaaaaaa", "password_simple"),
        ("1234567890", "password_simple"),
        ("Password2026!", "password_simple"),
        ("motdepasse123", "password_simple"),
        ("azertyuiop", "password_simple"),
        ("good enough\0", "password_simple"),
        ("amina.benali", "password_name"),
        ("Amina.Benali@corp.example", "password_name"),
        ("amina.benali1", "password_name"),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_password(password, names=("amina.benali", "amina.benali@corp.example"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "password", ["correct horse", "Zx9!kkP2mm", "ça va très bien", "密码很长很长的一个词语"]
)
def test_long_enough_passwords_are_accepted(password: str) -> None:
    assert check_password(password, names=("amina",)) == password


def test_the_same_password_typed_otherwise_is_the_same() -> None:
    assert check_password("cafe\u0301 au lait") == check_password("caf\u00e9 au lait")


def test_secrets_are_long_and_stored_hashed() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(base64.urlsafe_b64decode(first + "=")) == 32
    assert hash_secret(first) == hashlib.sha256(first.encode()).hexdigest()


def test_only_members_are_no_staff() -> None:
    assert [role for role in Role if not role.is_staff] == [Role.MEMBER]


# scopes


def test_scopes_are_read_in_order_and_once() -> None:
    assert parse_scopes("write read  write push") == ("write", "read", "push")
    assert parse_scopes(None) == ("read",)
    assert parse_scopes("  ") == ("read",)


@pytest.mark.parametrize("text", ["everything", "read write:nothing", "READ", "read,write", "\0"])
def test_unknown_scopes_are_refused(text: str) -> None:
    with pytest.raises(UnknownScope):
        parse_scopes(text)


@pytest.mark.parametrize(
    ("wanted", "registered", "allowed"),
    [
        ("read:statuses", "read", True),
        ("read", "read:statuses", False),
        ("read:follows write:mutes", "follow", True),
        ("read:statuses", "follow", False),
        ("admin:read", "read write", False),
        ("admin:read:accounts", "admin:read", True),
        ("write push", "read write push", True),
        ("profile", "read", False),
    ],
)
def test_an_app_gets_no_more_than_it_registered(
    wanted: str, registered: str, allowed: bool
) -> None:
    if allowed:
        require_subset(parse_scopes(wanted), parse_scopes(registered))
    else:
        with pytest.raises(UnknownScope):
            require_subset(parse_scopes(wanted), parse_scopes(registered))


def test_admin_scopes_count_for_staff_only() -> None:
    granted = ["read", "admin:read", "admin:write:reports"]
    assert usable_scopes(granted, is_staff=True) == frozenset(granted)
    assert usable_scopes(granted, is_staff=False) == frozenset({"read"})


def test_words_leave_out_what_a_broader_scope_includes() -> None:
    assert words_of(["read", "read:statuses", "read:lists"]) == words_of(["read"])
    assert len(words_of(["read:statuses", "write:media", "push"])) == 3
    assert words_of(["follow", "read:follows"]) == words_of(["follow"])
    assert len(set(words_of(SCOPES))) == len(words_of(SCOPES))


@given(st.text(max_size=200))
def test_any_scope_text_is_read_or_refused(text: str) -> None:
    try:
        scopes = parse_scopes(text)
    except UnknownScope:
        assert set(text.split()) - set(SCOPES)
    else:
        assert set(scopes) == set(text.split() or ["read"])


# redirect addresses


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OUT_OF_BAND, (OUT_OF_BAND,)),
        (f"{OUT_OF_BAND}\nhttps://a.example/cb", (OUT_OF_BAND, "https://a.example/cb")),
        (["https://a.example/cb", "tusky://cb"], ("https://a.example/cb", "tusky://cb")),
        ("icecubesapp://", ("icecubesapp://",)),
        ("com.example.app:/oauth", ("com.example.app:/oauth",)),
        ("http://localhost:3000/cb?x=1", ("http://localhost:3000/cb?x=1",)),
        ("http://127.0.0.1/cb", ("http://127.0.0.1/cb",)),
        ("https://a.example/cb https://a.example/cb", ("https://a.example/cb",)),
    ],
)
def test_redirect_addresses_that_apps_have(value: object, expected: tuple[str, ...]) -> None:
    assert read_redirect_uris(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "   ",
        [],
        [None],
        {"a": 1},
        "/relative",
        "a.example",
        "https://",
        "https://a.example/#fragment",
        "https://user@a.example/",
        "http://a.example/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "urn:ietf:wg:oauth:2.0:other",
        "https://a.example/\u00e9",
        "https://a.example/<script>",
        "https://a.example/" + "x" * 2000,
        "\n".join(f"https://a.example/{number}" for number in range(21)),
    ],
)
def test_redirect_addresses_that_get_no_code(value: object) -> None:
    with pytest.raises(Invalid) as caught:
        read_redirect_uris(value)
    assert caught.value.message.startswith("Validation failed: Redirect URI")


@given(st.one_of(st.text(max_size=100), st.lists(st.text(max_size=50), max_size=5)))
def test_any_redirect_value_is_read_or_refused(value: object) -> None:
    try:
        uris = read_redirect_uris(value)
    except Invalid:
        return
    for uri in uris:
        target = form_target(uri)
        assert target is None or not set(target) & set(" ;,'\"")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://a.example:8443/cb?x", "https://a.example:8443"),
        ("http://[::1]:3000/cb", "http://[::1]:3000"),
        ("TuSky://cb", "tusky:"),
        ("com.example.app:/oauth", "com.example.app:"),
        (OUT_OF_BAND, None),
    ],
)
def test_the_consent_form_may_lead_to_the_app(uri: str, expected: str | None) -> None:
    assert form_target(uri) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://a.example/cb", "https://a.example/cb?code=x+y&state=%26"),
        ("https://a.example/cb?a=%2F", "https://a.example/cb?a=%2F&code=x+y&state=%26"),
        ("https://a.example/cb?", "https://a.example/cb?code=x+y&state=%26"),
        ("icecubesapp://", "icecubesapp://?code=x+y&state=%26"),
    ],
)
def test_answers_are_added_to_the_query(uri: str, expected: str) -> None:
    assert answer_address(uri, [("code", "x y"), ("state", "&"), ("error", None)]) == expected


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["/", "\\", "?", "#", "@", "\t", "evil.example", "//", ":"])).map(
        "".join
    )
)
def test_no_address_leads_away_after_signing_in(text: str) -> None:
    target = safe_next(text)
    assert target in ("/", text)
    found = urljoin("https://lyon.corp.example/login", target)
    assert urlsplit(found).netloc == "lyon.corp.example"
    asked = AuthorizationRequest.of_path(target)
    assert asked is None or AuthorizationRequest.of_path(asked.path) is not None


@given(st.text(max_size=100))
def test_state_comes_back_unchanged(state: str) -> None:
    state = state.encode(errors="ignore").decode()
    address = answer_address("https://a.example/cb?a=1", [("state", state)])
    assert parse_qsl(urlsplit(address).query, keep_blank_values=True) == [
        ("a", "1"),
        ("state", state),
    ]


# names, web sites, clients


def test_names_of_apps_are_one_line() -> None:
    assert read_name("  My \n app\u202e ") == "My app"
    for value in (None, "", " \n", "\u202e", "x" * 121, ["a"]):
        with pytest.raises(Invalid):
            read_name(value)


def test_website_is_a_web_address_or_nothing() -> None:
    assert read_website(None) is None
    assert read_website("") is None
    assert read_website("https://app.example/x#y") == "https://app.example/x#y"
    for value in ("javascript:alert(1)", "app.example", "https://"):
        with pytest.raises(Invalid):
            read_website(value)


def _basic(text: bytes) -> str:
    return f"Basic {base64.b64encode(text).decode()}"


def test_basic_credentials_are_form_encoded() -> None:
    header = _basic(f"{quote_plus('i d')}:{quote_plus('s:%')}".encode())
    assert read_basic(header) == ClientCredentials("i d", "s:%")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer x", "Basic", "Basic !!!", _basic(b"no colon"), _basic(b"\xff:x")]
)
def test_what_is_no_basic_header_is_none(header: str | None) -> None:
    assert read_basic(header) is None


@given(st.text(max_size=60))
def test_any_authorization_header_is_read(text: str) -> None:
    found = read_basic("Basic " + text)
    assert found is None or isinstance(found, ClientCredentials)


# PKCE (the pair of RFC 7636, appendix B)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_pkce_vector_of_the_rfc() -> None:
    assert check_challenge(CHALLENGE, "S256") == CHALLENGE
    assert proves(VERIFIER, CHALLENGE)


@pytest.mark.parametrize("verifier", [None, "", "x", VERIFIER[:-1] + "X", VERIFIER + "=", "é" * 43])
def test_wrong_verifiers_prove_nothing(verifier: str | None) -> None:
    assert not proves(verifier, CHALLENGE)


def test_without_challenge_no_verifier_is_expected() -> None:
    assert check_challenge(None, None) is None
    assert proves(None, None)
    assert not proves(VERIFIER, None)


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, None),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (None, "S256"),
        ("short", "S256"),
        (CHALLENGE + "=", "S256"),
    ],
)
def test_only_s256_is_accepted(challenge: str | None, method: str | None) -> None:
    with pytest.raises(OAuthProblem) as caught:
        check_challenge(challenge, method)
    assert (caught.value.code, caught.value.status) == ("invalid_request", 400)
    assert isinstance(caught.value, FedrseError)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=80),
    st.integers(),
    st.lists(st.text(max_size=3)),
    st.text(max_size=30).map(lambda rest: f"https://{rest}"),
)


@given(VALUES)
def test_any_name_and_page_of_an_application_is_read_or_refused(value: object) -> None:
    with suppress(Invalid):
        name = read_name(value)
        assert name.isprintable()
        assert 0 < len(name) == len(name.strip())
    with suppress(Invalid):
        page = read_website(value)
        assert page is None or page.startswith(("http://", "https://"))
