"""What people do in a browser without scripts: like, share, follow, come from another site."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.sites.browser import Browser, Form
from tests.sites.person import PASSWORD, Person
from tests.sites.site import Site
from tests.sites.waiting import until


@pytest.fixture
def amina(lyon: Site) -> Person:
    return lyon.newcomer()


KINDS = {"thanks", "agree", "question", "seen"}


def signed_in(person: Person) -> Browser:
    browser = Browser(person.site.base_url)
    browser.open(f"{person.site.base_url}/login")
    assert browser.submit(browser.form("name", "password"), name=person.email, password=PASSWORD).ok
    return browser


def button(browser: Browser, verb: str, number: str) -> Form:
    """The form of the page that does something with a post or person."""
    (found,) = [one for one in browser.forms if f"/{number}/{verb}?" in f"{one.action}?"]
    return found


def buttons(browser: Browser, number: str) -> set[str]:
    paths = [one.action.partition("?")[0] for one in browser.forms]
    return {path.rpartition("/")[2] for path in paths if f"/{number}/" in path}


def test_like_and_share_from_a_page(lyon: Site, nantes: Site, amina: Person) -> None:
    bruno = nantes.newcomer()
    amina.follow(bruno)
    written = bruno.write("A post with #buttons")
    status = amina.arrived(written["uri"])
    number = status["id"]
    browser = signed_in(amina)
    page = f"{lyon.base_url}/@{bruno.handle}/{number}"
    for place in (f"{lyon.base_url}/", f"{lyon.base_url}/tags/Buttons", page):
        browser.open(place)
        assert buttons(browser, number) == {"like", "share", "bookmark"} | KINDS, place
    for verb, undo, flag, count in (
        ("like", "unlike", "favourited", "favourites_count"),
        ("share", "unshare", "reblogged", "reblogs_count"),
    ):
        assert browser.submit(button(browser, verb, number)).ok
        assert browser.address == page, "back where the button was"
        assert amina.status(number)[flag]
        until(lambda count=count: bruno.status(written["id"])[count] == 1)
        assert 'aria-pressed="true"' in browser.html
        assert browser.submit(button(browser, undo, number)).ok
        assert not amina.status(number)[flag]
        until(lambda count=count: bruno.status(written["id"])[count] == 0)


def test_what_cannot_be_shared_has_no_button(lyon: Site, amina: Person) -> None:
    other = lyon.newcomer()
    amina.follow(other)
    few = other.write("For few", visibility="private")
    browser = signed_in(amina)
    browser.open(f"{lyon.base_url}/@{other.username}/{few['id']}")
    assert buttons(browser, few["id"]) == {"like", "bookmark"} | KINDS
    shown = browser.form("csrf_token")
    forged = Form(f"/posts/{few['id']}/share", "post", shown.values)
    assert browser.submit(forged).status in (403, 404, 422)


def test_nothing_happens_without_the_token_of_the_session(lyon: Site, amina: Person) -> None:
    post = lyon.newcomer().write("Hello")
    browser = signed_in(amina)
    for values in ({}, {"csrf_token": "x"}):
        assert browser.submit(Form(f"/posts/{post['id']}/like", "post", values)).status == 403
    assert not amina.status(post["id"])["favourited"]
    browser.open(f"{lyon.base_url}/posts/{post['id']}/like")
    assert not amina.status(post["id"])["favourited"]


def test_never_back_to_another_site(lyon: Site, amina: Person) -> None:
    post = lyon.newcomer().write("Hello")
    browser = signed_in(amina)
    browser.open(f"{lyon.base_url}/@x/{post['id']}")
    chosen = button(browser, "like", post["id"])
    chosen.values["back"] = "//evil.test/"
    assert browser.submit(chosen).ok
    assert browser.address == f"{lyon.base_url}/"


def test_follow_from_a_profile(lyon: Site, nantes: Site, amina: Person) -> None:
    bruno, closed = nantes.newcomers(2)
    closed.call("PATCH", "/api/v1/accounts/update_credentials", {"locked": True})
    browser = signed_in(amina)
    for other, after in ((bruno, "following"), (closed, "requested")):
        account = amina.account_id(other)
        browser.open(f"{lyon.base_url}/@{other.handle}")
        assert browser.submit(button(browser, "follow", account)).ok
        until(lambda account=account, after=after: amina.relationship(account)[after])
        browser.open(f"{lyon.base_url}/@{other.handle}")
        assert browser.submit(button(browser, "unfollow", account)).ok
        assert not amina.relationship(account)[after]
    browser.open(f"{lyon.base_url}/@{amina.username}")
    assert not buttons(browser, amina.id), "nobody follows themselves"


@pytest.mark.parametrize("form", ["handle", "acct", "uri"])
def test_somebody_of_another_site_is_followed_from_there(
    lyon: Site, nantes: Site, amina: Person, form: str
) -> None:
    """Their site leads here; who is not signed in does that first and comes back."""
    bruno = nantes.newcomer()
    address = {"handle": f"@{bruno.handle}", "acct": f"acct:{bruno.handle}", "uri": bruno.uri}[form]
    browser = Browser(lyon.base_url)
    page = f"{lyon.base_url}/authorize_interaction?uri={quote(address, safe='')}"
    assert browser.open(page).status == 401
    assert browser.forms == []
    link = f"/login?next={quote(page.removeprefix(lyon.base_url))}"
    browser.open(link)
    browser.submit(browser.form("name", "password"), name=amina.email, password=PASSWORD)
    assert browser.address == page
    account = amina.account_id(bruno)
    assert not amina.relationship(account)["following"], "only a button follows"
    assert browser.submit(button(browser, "follow", account)).ok
    until(lambda: amina.relationship(account)["following"])


def test_a_post_of_another_site_is_answered_from_here(
    lyon: Site, nantes: Site, amina: Person
) -> None:
    post = nantes.newcomer().write("Come and answer")
    browser = signed_in(amina)
    assert browser.open(f"{lyon.base_url}/authorize_interaction?uri={quote(post['uri'])}").ok
    assert "Come and answer" in browser.html
    assert browser.address.startswith(f"{lyon.base_url}/@")


@pytest.mark.parametrize(
    "address",
    ["", "nobody@nantes.test", "https://unknown.test/1", "javascript:alert(1)", "@@"],
)
def test_what_cannot_be_found(lyon: Site, amina: Person, address: str) -> None:
    browser = signed_in(amina)
    answer = browser.open(f"{lyon.base_url}/authorize_interaction?uri={quote(address)}")
    assert answer.status == 404
    assert "Not found" in answer.text


def test_tags_are_for_people_here(lyon: Site, amina: Person) -> None:
    amina.write("With #Éventail and <b>", audience="public")
    private = lyon.newcomer()
    private.write("Hidden #éventail", visibility="private")
    visitor = Browser(lyon.base_url)
    nothing = visitor.open(f"{lyon.base_url}/tags/nothingatall")
    something = visitor.open(f"{lyon.base_url}/tags/%C3%A9ventail")
    assert (nothing.status, something.status) == (401, 401)
    assert "With" not in something.text
    browser = signed_in(amina)
    for name in ("%C3%A9ventail", "%C3%89ventail"):
        assert browser.open(f"{lyon.base_url}/tags/{name}").ok
        assert "With" in browser.html
        assert "Hidden" not in browser.html
    assert "Nothing here yet" in browser.open(f"{lyon.base_url}/tags/nothingatall").text
    assert browser.open(f"{lyon.base_url}/tags/%20%20").status == 404
