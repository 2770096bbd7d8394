"""What an open page hears without being loaded again."""

from __future__ import annotations

from tests.sites.harness import Site, until
from tests.sites.streams import live_page
from tests.sites.test_pages import signed_in
from tests.sites.web import request


def test_likes_shares_and_answers_of_other_sites_are_counted(lyon: Site, nantes: Site) -> None:
    amina, chen = lyon.newcomer(), nantes.newcomer()
    chen.follow(amina)
    post = amina.write("Count this")
    other = amina.write("Nobody looks at this")
    far = chen.arrived(post["uri"])
    with live_page(signed_in(amina), "/live/user", posts=f"{post['id']},rubbish,{1 << 70}") as page:
        chen.on(far, "favourite")
        assert page.wait("totals", post["id"])["favourites_count"] == 1
        chen.on(far, "reblog")
        chen.write("An answer", in_reply_to_id=far["id"])
        chen.on(chen.arrived(other["uri"]), "favourite")
        one_each = {"favourites_count": 1, "reblogs_count": 1, "replies_count": 1}
        until(lambda: page.events("totals")[-1] == {"id": post["id"], **one_each}, "all three")
        chen.on(far, "unfavourite")
        until(lambda: page.events("totals")[-1]["favourites_count"] == 0, "what was taken back")
        assert {one["id"] for one in page.events("totals")} == {post["id"]}


def test_nothing_is_told_of_what_one_may_not_read(lyon: Site) -> None:
    amina, bruno, claire = lyon.newcomers(3)
    secret = amina.write(f"Only for @{claire.username}", visibility="direct")
    known = amina.write("For everybody")
    ids = f"{secret['id']},{known['id']}"
    with (
        live_page(signed_in(bruno), "/live/user", posts=ids) as stranger,
        live_page(signed_in(claire), "/live/user", posts=ids) as reader,
    ):
        claire.on(secret, "favourite")
        assert reader.wait("totals", secret["id"])["favourites_count"] == 1
        claire.on(known, "favourite")
        assert stranger.wait("totals", known["id"])
        assert {one["id"] for one in stranger.events("totals")} == {known["id"]}


def test_pages_of_others_cannot_listen(lyon: Site) -> None:
    browser = signed_in(lyon.newcomer())
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    address = f"{lyon.base_url}/live/user"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = request(address, headers={"Cookie": cookies, **headers})
        assert answer.status == 403
    assert request(address).status == 401


def test_the_end_of_the_session_ends_the_stream(lyon: Site) -> None:
    amina = lyon.newcomer()
    browser, other = signed_in(amina), signed_in(amina)
    with live_page(browser, "/live/user") as page:
        assert other.open(f"{lyon.base_url}/logout").ok
        assert other.submit(other.form("csrf_token")).ok
        amina.write("Still heard")
        assert page.wait("update")
        assert page.closed is None
        assert browser.open(f"{lyon.base_url}/logout").ok
        assert browser.submit(browser.form("csrf_token")).ok
        until(lambda: page.closed == 0, "the end of the stream")
