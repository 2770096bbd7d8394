"""What rules do with messages: refuse, hold, delay, alter; and what admins see of it."""

from __future__ import annotations

from typing import Any

from tests.sites import border_stage as border
from tests.sites.border_stage import NAMES, Rules, answer_of, direct, follower, held, mentioned
from tests.sites.commands import fedrse, told
from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, Json, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import until

site, host, amina, rules = border.site, border.host, border.amina, border.rules


def test_a_function_is_refused_with_the_public_reason(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    number = rules.add(
        "deny", "--host", host.name, "--type", "Event", "--reason", "No events.",
        "--private-reason", "Spam of last week.",
    )  # fmt: skip
    event = otto.note(type="Event", name="Party")
    refused = answer_of(site, otto, otto.create(event), 403)
    assert b"No events." in refused.body
    assert b"Spam" not in refused.body
    assert otto.send(site, otto.create(otto.note(to=[PUBLIC, amina.uri]))).status == 202

    def explained() -> Any:
        found = told(site, "why", event["id"])
        return found if found["events"] else None

    found = until(explained, "the ledger tells of it")
    assert found["events"][0]["rules"] == [number]
    assert "was refused" in found["events"][0]["what"]
    assert found["rules"][0]["private_reason"] == "Spam of last week."
    assert told(site, "why", host.name)["peer"]["standing"] == "open"


def test_what_is_held_is_released_as_if_it_had_just_come(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    amina.follow(otto.handle, wait=False)
    follow = host.got("Follow", lambda asked: asked["object"] == otto.uri)
    otto.send(site, otto.activity("Accept", follow))
    number = rules.add("quarantine", "--actor", otto.uri, "--type", "Note", "--direction", "in")
    first, second = otto.note("<p>first words</p>"), otto.note("<p>second words</p>")
    until(lambda: _hold(site, otto, first), "the rule holds")
    assert otto.send(site, otto.create(second)).status == 202
    secret = direct(otto, amina, "<p>between us</p>")
    assert otto.send(site, otto.create(secret)).status == 202

    def all_three() -> dict[str, dict[str, Any]] | None:
        found = {one["object"]: one for one in held(site, otto)}
        return found if {first["id"], second["id"], secret["id"]} <= set(found) else None

    found = until(all_three, "three are held")
    assert found[first["id"]]["rules"] == [number]
    assert found[first["id"]]["text"] == "first words"
    assert found[secret["id"]]["audience"] == "direct"
    assert found[secret["id"]]["text"] is None
    assert "between us" not in fedrse(site, "quarantine", "show", found[secret["id"]]["id"])
    assert amina.sees(first["id"]) is None
    why = told(site, "why", found[first["id"]]["id"])
    assert "quarantine" in why["summary"]
    fedrse(site, "quarantine", "release", found[first["id"]]["id"], "--reason", "fine")
    amina.arrived(first["id"])
    fedrse(site, "quarantine", "drop", found[second["id"]]["id"])
    assert amina.sees(second["id"]) is None
    assert second["id"] not in {one["object"] for one in held(site, otto)}
    acts = {entry["act"] for entry in told(site, "audit", "list")}
    assert {"quarantine.release", "quarantine.drop"} <= acts


def _hold(site: Site, author: RemoteActor, note: Json) -> bool:
    """Sends something else first, until it is held: then the note is."""
    probe = author.create(author.note("<p>probe</p>", to=[author.followers], cc=[]))
    assert author.send(site, probe).status == 202
    if probe["object"]["id"] not in {one["object"] for one in held(site, author)}:
        return False
    return bool(author.send(site, author.create(note)).status == 202)


def test_what_goes_out_is_held_and_refused(
    site: Site, world: RemoteWorld, amina: Person, rules: Rules
) -> None:
    here, there = world.host(NAMES[0]), world.host(NAMES[1])
    follower(here, amina)
    follower(there, amina)
    rules.add("quarantine", "--host", here.name, "--type", "Create", "--direction", "out")

    def is_held() -> Any:
        post = amina.write("for those outside")
        there.got("Create", lambda sent: sent["object"]["id"] == post["uri"])
        found = told(site, "quarantine", "list")
        return next(((post, one) for one in found if one["object"] == post["uri"]), None)

    post, one = until(is_held, "a post is held")
    assert one["direction"] == "out"
    assert one["host"] == here.name
    assert not [s for s in here.posts("Create") if s.activity["object"]["id"] == post["uri"]]
    assert "quarantine" in told(site, "why", post["uri"])["summary"]
    fedrse(site, "quarantine", "release", one["id"])
    here.got("Create", lambda sent: sent["object"]["id"] == post["uri"])
    # What is deleted meanwhile is not sent afterwards.
    gone = amina.write("soon gone")
    until(lambda: gone["uri"] in {o["object"] for o in told(site, "quarantine", "list")})
    amina.delete(gone)
    until(lambda: gone["uri"] not in {o["object"] for o in told(site, "quarantine", "list")})
    rules.clear()
    rules.add("deny", "--host", here.name, "--type", "Create", "--direction", "out")

    def is_denied() -> bool:
        post = amina.write("not for everybody")
        there.got("Create", lambda sent: sent["object"]["id"] == post["uri"])
        site.settled()
        return not [s for s in here.posts("Create") if s.activity["object"]["id"] == post["uri"]]

    until(is_denied, "nothing is sent there")


def test_what_comes_in_is_altered(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    rules.add("strip_media", "--actor", otto.uri)
    rules.add("strip_html", "--actor", otto.uri)
    picture = {"type": "Image", "mediaType": "image/png", "url": f"{host.origin}/x.png"}

    def arrives_altered() -> Any:
        mention = {"type": "Mention", "href": amina.uri, "name": f"@{amina.handle}"}
        note = otto.note(
            "<p>read <a href='https://bad.example/'>this</a> <em>now</em></p>",
            attachment=[picture],
            tag=[mention],
            to=[PUBLIC, amina.uri],
        )
        assert otto.send(site, otto.create(note)).status == 202
        status = until(
            lambda: next(
                (
                    one["status"]
                    for one in amina.notifications()
                    if one.get("status") and one["status"]["uri"] == note["id"]
                ),
                None,
            )
        )
        # The site hears of the two rules one after the other.
        return status if not status["media_attachments"] and "<a" not in status["content"] else None

    status = until(arrives_altered, "an altered post")
    assert "<a" not in status["content"]
    assert "<em" not in status["content"]
    assert "read this now" in status["content"]


def test_reports_direct_messages_and_too_many(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    rules.add("no_reports", "--actor", otto.uri)
    rules.add("no_direct", "--actor", otto.uri)
    flag = otto.activity("Flag", [amina.uri], content="bad")
    answer_of(site, otto, flag, 403)
    answer_of(site, otto, otto.create(direct(otto, amina, "<p>psst</p>")), 403)
    assert otto.send(site, otto.create(otto.note())).status == 202
    rules.clear()
    rules.add("cap", "--actor", otto.uri, "--cap", "2", "--period", "1h")
    refused = answer_of(site, otto, otto.create(otto.note()), 429)
    assert int(refused.headers["retry-after"]) > 60


def test_a_direct_message_is_one_however_it_is_addressed(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    rules.add("no_direct", "--actor", otto.uri)
    answer_of(site, otto, otto.create(direct(otto, amina, "<p>psst</p>")), 403)
    lies: list[Json] = [
        {"to": [amina.uri], "audience": f"{host.origin}/nobody"},
        {"to": [amina.uri, f"{otto.uri}/followers-of-nobody"]},
        {"to": [amina.uri, f"{host.origin}/actor/members"]},
    ]
    mention = {"type": "Mention", "href": amina.uri, "name": f"@{amina.handle}"}
    for lie in lies:
        note = otto.note("<p>a lie</p>", cc=[], tag=[mention], **lie)
        assert otto.send(site, otto.create(note)).status == 202, "it looks like something else"
        site.settled()
        assert not mentioned(amina, note)
    assert "a lie" not in str(amina.get("/api/v1/conversations"))
    # What is really for followers is not concerned.
    note = otto.note("<p>all</p>", to=[otto.followers, amina.uri], cc=[], tag=[mention])
    assert otto.send(site, otto.create(note)).status == 202
    until(lambda: mentioned(amina, note))


def test_rules_see_every_post_of_a_message(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    rules.add("deny", "--actor", otto.uri, "--tag", "Équipe")
    mention = {"type": "Mention", "href": amina.uri, "name": f"@{amina.handle}"}
    bad = {"type": "Hashtag", "name": "#ÉQUIPE", "href": f"{host.origin}/tags/x"}

    def note(*tags: Json, **more: Any) -> Json:
        made = otto.note(tag=[mention, *tags], to=[PUBLIC, amina.uri], **more)
        host.serve(made)
        return made

    answer_of(site, otto, otto.create(note(bad)), 403)
    denied, other, fine = note(bad), note(bad), note()
    together = otto.activity("Create", [fine, denied, other], to=[PUBLIC, amina.uri])
    assert otto.send(site, together).status == 202
    until(lambda: mentioned(amina, fine))
    assert not mentioned(amina, denied)
    assert not mentioned(amina, other)
    # Nor is anything carried in by a request to quote or to answer.
    post = amina.write("something to quote")
    for kind, about in (("QuoteRequest", "quote"), ("ReplyRequest", "inReplyTo")):
        carried = note(bad, **{about: post["uri"]})
        request = otto.activity(kind, post["uri"], instrument=carried)
        assert otto.send(site, request).status == 403
        assert not mentioned(amina, carried)


def test_what_is_delayed_comes_later(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    follower(host, amina)
    rules.add("delay", "--host", host.name, "--delay", "3s")

    def waits() -> Any:
        mention = {"type": "Mention", "href": amina.uri, "name": f"@{amina.handle}"}
        note = otto.note(tag=[mention], to=[PUBLIC, amina.uri])
        assert otto.send(site, otto.create(note)).status == 202
        state = site.value(
            "SELECT count(*) FROM inbox_message WHERE state = 'delayed' AND host = 'border-a.test'"
        )
        return note if state else None

    note = until(waits, "a message is delayed")
    until(
        lambda: any((n.get("status") or {}).get("uri") == note["id"] for n in amina.notifications())
    )
    post = amina.write("in a moment")
    host.got("Create", lambda sent: sent["object"]["id"] == post["uri"])


def test_documents_are_not_fetched_where_a_rule_forbids(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    otto = host.newcomer()
    page = host.serve(otto.note(type="Page", name="A page"))
    rules.add("deny", "--actor", otto.uri, "--type", "Page")
    until(lambda: amina.look_up(host.serve(otto.note(type="Page", name="Other"))) is None)
    assert amina.look_up(page) is None
    assert amina.look_up(otto.note("<p>words</p>")["id"]) is not None


def test_documents_are_not_shown_where_a_rule_forbids(
    site: Site, host: RemoteHost, amina: Person, rules: Rules
) -> None:
    reader = host.newcomer()
    post = amina.write("<b>words</b> for readers")
    assert reader.get(post["uri"]).status == 200
    rules.add("deny", "--host", host.name, "--type", "Note", "--direction", "out")
    until(lambda: reader.get(post["uri"]).status == 403, "it is not shown")
    assert reader.get(amina.uri).status == 200, "profiles yes"
    rules.clear()
    rules.add("followers_only", "--host", host.name, "--direction", "out")

    def altered() -> bool:
        return PUBLIC not in reader.get(post["uri"]).json().get("to", [PUBLIC])

    until(altered, "it is shown as for followers")


def test_a_limited_site_is_seen_by_those_who_look(
    site: Site, world: RemoteWorld, amina: Person, rules: Rules
) -> None:
    noisy = world.host(NAMES[1]).newcomer()
    account = amina.find(f"@{noisy.handle}")
    assert account["limited"] is False
    rules.add("limit", "--host", noisy.host.name)

    def is_limited() -> bool:
        return bool(amina.get(f"/api/v1/accounts/{account['id']}").get("limited"))

    until(is_limited, "the account is limited", seconds=60)
    note = noisy.note("<p>look at me</p>")
    assert noisy.send(site, noisy.create(note)).status == 202
    found = until(lambda: amina.look_up(note["id"]), "whoever looks finds it")
    public = amina.get("/api/v1/timelines/public", limit=40)
    assert note["id"] not in {status["uri"] for status in public}
    rules.clear()
    until(lambda: not is_limited(), "it is limited no more", seconds=60)
    assert found["account"]["acct"] == noisy.handle
