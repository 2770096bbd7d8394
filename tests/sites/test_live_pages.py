"""What an open page hears without being loaded again."""

from __future__ import annotations

from dataclasses import replace

from tests.sites.site import Site
from tests.sites.streams import live_page
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until
from tests.sites.web import request


def test_likes_shares_and_answers_of_other_sites_are_counted(lyon: Site, nantes: Site) -> None:
    amina, chen = lyon.newcomer(), nantes.newcomer()
    chen.follow(amina)
    post = amina.write("Count this")
    other = amina.write("Nobody looks at this")
    far = chen.arrived(post["uri"])
    with live_page(signed_in(amina), "/live", posts=f"{post['id']},rubbish,{1 << 70}") as page:
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
        live_page(signed_in(bruno), "/live", posts=ids) as stranger,
        live_page(signed_in(claire), "/live", posts=ids) as reader,
    ):
        claire.on(secret, "favourite")
        assert reader.wait("totals", secret["id"])["favourites_count"] == 1
        claire.on(known, "favourite")
        assert stranger.wait("totals", known["id"])
        assert {one["id"] for one in stranger.events("totals")} == {known["id"]}


def test_pages_of_others_cannot_listen(lyon: Site) -> None:
    browser = signed_in(lyon.newcomer())
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    address = f"{lyon.base_url}/live"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = request(address, headers={"Cookie": cookies, **headers})
        assert answer.status == 403
    assert request(address).status == 401


def test_the_end_of_the_session_ends_the_stream(lyon: Site) -> None:
    amina = lyon.newcomer()
    browser, other = signed_in(amina), signed_in(amina)
    with live_page(browser, "/live", feed="user") as page:
        assert other.open(f"{lyon.base_url}/logout").ok
        assert other.submit(other.form("csrf_token")).ok
        amina.write("Still heard")
        assert page.wait("update")
        assert page.closed is None
        assert browser.open(f"{lyon.base_url}/logout").ok
        assert browser.submit(browser.form("csrf_token")).ok
        until(lambda: page.closed == 0, "the end of the stream")


def test_each_page_hears_the_posts_that_it_lists(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    with (
        live_page(signed_in(bruno), "/live", feed="public:local") as site,
        live_page(signed_in(bruno), "/live", feed="hashtag", tag="Quai") as tag,
        live_page(signed_in(bruno), "/live") as none,
    ):
        amina.write("Not about it")
        wanted = amina.write(f"About #quai, @{bruno.username}")
        assert site.wait("update", wanted["id"])
        assert tag.wait("update", wanted["id"])
        assert none.wait("notification")
        until(lambda: site.events("notification") and tag.events("notification"), "on all pages")
        assert len(site.events("update")) == 2
        assert [one["id"] for one in tag.events("update")] == [wanted["id"]]
        assert none.events("update") == []


def test_streams_that_do_not_exist_or_belong_to_others(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    made = amina.post("/api/v1/lists", title="Mine")
    browser = signed_in(bruno)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for query in ("feed=nothing", "feed=hashtag", "feed=list", f"feed=list&list={made['id']}"):
        answer = request(f"{lyon.base_url}/live?{query}", headers={"Cookie": cookies})
        assert answer.status in (400, 404), query


def test_typing_is_seen_by_those_of_the_same_chat(lyon: Site) -> None:
    amina, bruno, claire = lyon.newcomers(3)
    amina.write(f"@{bruno.username} hello", visibility="direct")
    (chat,) = amina.get("/api/v1/conversations")
    amina.write(f"@{claire.username} @{bruno.username} hello", visibility="direct")
    writer, other = signed_in(amina), signed_in(claire)
    page = f"{lyon.base_url}/messages/{chat['id']}"

    def types() -> int:
        writer.open(page)
        form = replace(writer.form("csrf_token", "key"), action=f"{page}/typing")
        return writer.submit(form).status

    with (
        live_page(signed_in(bruno), "/live", direct="1") as reader,
        live_page(other, "/live", direct="1") as stranger,
        live_page(signed_in(bruno), "/live") as elsewhere,
    ):
        assert types() == 204
        told = reader.wait("typing")
        assert told == {"account_id": amina.id, "people": sorted([amina.id, bruno.id])}
        assert types() == 204
        assert other.open(page).status == 404
        other.open(f"{lyon.base_url}/messages")
        bruno.write(f"@{claire.username} for you", visibility="direct")
        assert stranger.wait("conversation")
        assert stranger.events("typing") == []
        assert elsewhere.events("typing") == []
        assert len(reader.events("typing")) == 1, "signs that come too often are not passed on"
