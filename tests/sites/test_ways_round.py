"""Ways round rules that somebody tries who knows how they work: none of them leads anywhere."""

from __future__ import annotations

import pytest

from tests.sites import border_stage as border
from tests.sites.border_stage import Rules, answer_of, mentioned
from tests.sites.commands import told
from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, Json, RemoteActor, RemoteHost
from tests.sites.remote_answers import Reply
from tests.sites.site import Site
from tests.sites.waiting import until

site, host, amina, rules = border.site, border.host, border.amina, border.rules
pytestmark = pytest.mark.usefixtures("site")
PICTURE = {"type": "Image", "mediaType": "image/png", "url": "https://x.example/x.png"}


def named(author: RemoteActor, person: Person, **more: object) -> Json:
    """A public post that names somebody; their notification shows whether it came in."""
    mention = {"type": "Mention", "href": person.uri, "name": f"@{person.handle}"}
    return author.note(**{"tag": [mention], "to": [PUBLIC, person.uri], **more})


def shown(person: Person, note: Json) -> Json | None:
    """A post as it is for somebody whom it named, by now."""
    told_of = (one.get("status") or {} for one in person.notifications())
    found = next((one["id"] for one in told_of if one.get("uri") == note["id"]), None)
    return None if found is None else person.status(found)


def test_what_may_not_be_created_is_not_brought_by_another_message(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    rules.add("deny", "--actor", otto.uri, "--type", "Create")
    answer_of(site, otto, otto.create(named(otto, amina)), 403)

    updated = named(otto, amina, updated="2026-11-22T12:00:00Z")
    host.serve(updated)
    assert otto.send(site, otto.activity("Update", updated, to=[PUBLIC])).status == 403

    # Looked up here, answered and shared by somebody whom no rule names, pinned by its author.
    shared = named(otto, amina)
    host.serve(shared)
    assert amina.look_up(shared["id"]) is None
    friend = host.newcomer()
    amina.follow(friend.uri, wait=False)
    boost = friend.activity("Announce", shared["id"], to=[PUBLIC], cc=[friend.followers])
    assert friend.send(site, boost).status == 202
    answer = named(friend, amina, inReplyTo=shared["id"])
    assert friend.send(site, friend.create(answer)).status == 202
    until(lambda: mentioned(amina, answer))
    site.settled()
    for note in (updated, shared):
        assert not mentioned(amina, note)
    known = f"SELECT count(*) FROM post WHERE uri IN ('{updated['id']}', '{shared['id']}')"
    assert site.value(known) == 0

    # What it does not name comes in.
    assert (
        otto.send(site, otto.activity("Update", {"id": otto.uri, "type": "Person"})).status == 202
    )


def test_what_was_taken_out_of_a_post_does_not_come_back_with_its_update(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    rules.add("strip_media", "--actor", otto.uri, "--type", "Create")
    kept: list[Json] = []

    def arrives_bare() -> object:
        note = named(otto, amina, attachment=[PICTURE])
        assert otto.send(site, otto.create(note)).status == 202
        status = until(lambda: shown(amina, note))
        kept.append(note)
        return status if not status["media_attachments"] else None

    until(arrives_bare, "a post without its picture")
    note = kept[-1]
    changed = {**note, "content": "<p>changed</p>", "updated": "2027-01-01T12:00:00Z"}
    host.serve(changed)
    assert otto.send(site, otto.activity("Update", changed, to=[PUBLIC])).status == 202

    def status_after() -> Json | None:
        status = shown(amina, note)
        return status if status and "changed" in status["content"] else None

    assert until(status_after)["media_attachments"] == []


def test_rules_about_addresses_count_both_ways_and_for_what_is_fetched(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    otto.follow(site, amina.uri)
    page = host.serve(named(otto, amina))
    assert amina.look_up(page) is not None, "it is talked to"
    number = rules.add("deny", "--host", host.name, "--network", "127.0.0.0/8")
    answer_of(site, otto, otto.create(named(otto, amina)), 403)
    other = host.serve(named(otto, amina))
    assert amina.look_up(other) is None
    assert not [one for one in host.fetches() if one.path in other], "nothing was even asked"

    host.down()
    host.up()  # no connection is kept
    post = amina.write("for followers")
    site.settled()
    sent = [one for one in host.posts("Create") if one.activity["object"]["id"] == post["uri"]]
    assert sent == []
    assert otto.get(post["uri"]).status == 403, "nor is it shown to whoever asks from there"

    def is_told() -> bool:
        found = told(site, "why", host.name)
        return number in str(found["rules"]) and "refused" in str(found)

    until(is_told, "fedrse why names the rule")

    # A range of somebody else is nobody's business here.
    rules.clear()
    rules.add("deny", "--host", host.name, "--network", "192.0.2.0/24")
    until(lambda: amina.look_up(host.serve(named(otto, amina))) is not None, "it is talked to")


def test_without_media_nothing_of_a_peer_has_a_picture(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    """Neither profiles nor previews of links nor emoji; what was known before is not shown."""
    face = {"type": "Image", "mediaType": "image/png", "url": f"{host.origin}/face.png"}
    known = host.newcomer(icon=face, image=face)
    assert amina.find(known.handle)["avatar"] != amina.find(host.newcomer().handle)["avatar"]
    rules.add("strip_media", "--host", host.name)
    host.serve(Reply(b"<title>Page</title>", media_type="text/html"), f"{host.origin}/page")
    emoji = {"type": "Emoji", "name": ":x:", "icon": face, "id": f"{host.origin}/emoji/x"}

    def arrives_bare() -> Json | None:
        link = f'<p>:x: <a href="{host.origin}/page">page</a></p>'
        otto = host.newcomer(icon=face, image=face, tag=[emoji], name="Otto :x:")
        note = named(otto, amina, content=link, attachment=[PICTURE])
        note["tag"].append(emoji)
        assert otto.send(site, otto.create(note)).status == 202
        status = until(lambda: shown(amina, note))
        # The site may hear of the rule between the two.
        return None if status["media_attachments"] or status["account"]["emojis"] else status

    status = until(arrives_bare, "a post without its picture")
    site.settled()
    status = amina.status(status["id"])
    assert not [one for one in host.fetches() if one.path == "/page"]
    assert status["emojis"] == []
    assert status["card"] is None
    plain = amina.find(host.newcomer().handle)
    assert status["account"]["avatar"] == plain["avatar"]
    assert status["account"]["header"] == plain["header"]


def test_who_is_held_is_known_by_name_and_key_only(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    rules.add("quarantine", "--host", host.name, "--direction", "in")
    until(lambda: "quarantine" in str(told(site, "policy", "list")))

    def held() -> Json | None:
        otto = host.newcomer()
        icon = {"type": "Image", "mediaType": "image/png", "url": f"https://{host.name}/me.png"}
        host.serve(otto.document | {"icon": icon, "summary": "<p>Buy <b>this</b></p>"})
        note = named(otto, amina)
        assert otto.send(site, otto.create(note)).status == 202
        site.settled()
        if mentioned(amina, note):
            return None  # the rule was not heard of yet
        return {"uri": otto.uri, "note": note["id"]}

    found = until(held)
    waiting = told(site, "quarantine", "list", "--most", "1000")
    assert found["note"] in {one["object"] for one in waiting}
    assert site.value(f"SELECT count(*) FROM account WHERE uri = '{found['uri']}'") == 1
    assert site.value(f"SELECT note FROM account WHERE uri = '{found['uri']}'") == "<p>Buy this</p>"
    assert not site.value(f"SELECT avatar FROM account WHERE uri = '{found['uri']}'")
