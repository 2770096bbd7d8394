"""Posts of an archive stay where they are brought in: no other site hears of them."""

from __future__ import annotations

from typing import Any

from tests.features.migration.archives import files, note, zipped
from tests.sites.browser import Form
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.test_pages import signed_in
from tests.sites.waiting import until
from tests.sites.web import multipart, request

COUNT = 60
DONE = "SELECT count(*) FROM archive_import WHERE state = 'done' AND account_id = {}"
MINE = "SELECT count(*) FROM post WHERE account_id = {}"


def begin(person: Person, posts: list[Any]) -> None:
    """Sends an archive and takes its posts over."""
    browser, base = signed_in(person), person.site.base_url
    browser.open(f"{base}/settings/data")
    fields = {"csrf_token": browser.forms[-1].values["csrf_token"]}
    content = zipped(files(posts))
    media_type, body = multipart(fields, "archive", "a.zip", content, "application/zip")
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
        "Content-Type": media_type,
        "Origin": base,
        "Accept": "text/html",
    }
    page = f"{base}/settings/data/archive"
    answer = request(page, method="POST", headers=headers, body=body)
    assert answer.status == 303, answer
    browser.open(page)
    found = browser.form("import")
    wanted = {name: found.values[name] for name in ("csrf_token", "import")}
    form = Form(found.action, "post", wanted | {"posts": "1", "audience": "network"})
    assert browser.submit(form).ok


def test_no_site_hears_of_them(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    fresh = amina.write("Written here")
    bruno.arrived(fresh["uri"])
    lyon.settled()
    sent = lyon.value("SELECT count(*) FROM activity")
    posts = [note(day, f"Number {day} @{bruno.handle}") for day in range(1, 9)]
    begin(amina, posts)
    until(lambda: lyon.value(DONE.format(amina.id)) == 1, "taken over")
    lyon.settled()
    assert lyon.value("SELECT count(*) FROM activity") == sent
    there = bruno.account_id(amina)
    assert [one["uri"] for one in bruno.get(f"/api/v1/accounts/{there}/statuses")] == [fresh["uri"]]
    assert bruno.notifications(types=["mention"]) == []
    assert [one["uri"] for one in amina.home()] == [fresh["uri"]]

    # Whoever of the network looks for one finds it, with its date.
    old = amina.get(f"/api/v1/accounts/{amina.id}/statuses")[-1]
    assert old["created_at"].startswith("2021-03-01T10:00:00")
    found = bruno.look_up(old["uri"])
    assert found is not None
    assert found["created_at"].startswith("2021-03-01T10:00:00")


def test_a_killed_site_goes_on_where_it_was(lyon: Site) -> None:
    amina = lyon.newcomer()
    posts = [
        note(1 + number // 24, f"Number {number}", published=f"2021-03-02T10:00:{number:02}Z")
        for number in range(COUNT)
    ]
    for number, one in enumerate(posts):
        one["object"]["id"] = f"https://old.example/users/zoe/statuses/{number}"
    begin(amina, posts)
    for _ in range(2):
        lyon.kill()
        lyon.leases_end()
        lyon.start()
    until(lambda: lyon.value(DONE.format(amina.id)) == 1, "taken over")
    assert lyon.value(MINE.format(amina.id)) == COUNT
    assert lyon.value(f"SELECT added FROM archive_import WHERE account_id = {amina.id}") == COUNT
