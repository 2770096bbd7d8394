"""Posts, replies, likes, boosts, edits and deletions over borders, and counts that agree."""

from __future__ import annotations

from typing import Any

from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, RemoteHost
from tests.sites.site import Site
from tests.sites.waiting import until


def totals(status: dict[str, Any]) -> dict[str, int]:
    names = ("replies_count", "reblogs_count", "favourites_count")
    return {name.removesuffix("_count"): status[name] for name in names}


def shows(person: Person, status: dict[str, Any], **wanted: int) -> None:
    """Waits until the status has these totals where this person is."""
    expected = {"replies": 0, "reblogs": 0, "favourites": 0, **wanted}
    until(
        lambda: totals(person.status(status["id"])) == expected,
        lambda: f"{person.site.name} shows {totals(person.status(status['id']))}, not {expected}",
    )


def test_post_arrives_as_it_was_written(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    written = amina.write(
        "Bonjour à tous ! 3 < 4 & *déjà* #réunion https://example.org/a?b=c",
        language="fr",
        spoiler_text="À lire",
        sensitive=True,
    )
    seen = bruno.arrived(written["uri"])
    for name in ("content", "language", "spoiler_text", "sensitive", "visibility", "created_at"):
        assert seen[name] == written[name], name
    assert [tag["name"] for tag in seen["tags"]] == [tag["name"] for tag in written["tags"]] != []
    assert seen["account"]["acct"] == amina.handle
    assert seen["id"] != written["id"] or seen["url"] == written["url"]
    assert seen["url"] == written["url"]


def test_conversation(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    bruno.follow(amina)
    chloe.follow(amina)
    post = amina.write("Who has the plans?")
    at_nantes = bruno.arrived(post["uri"])
    reply = bruno.write(f"@{amina.handle} I have", in_reply_to_id=at_nantes["id"])
    (mention,) = until(lambda: amina.notifications(types=["mention"]))
    assert mention["status"]["uri"] == reply["uri"]
    assert mention["status"]["in_reply_to_id"] == post["id"]
    assert mention["status"]["in_reply_to_account_id"] == amina.id

    # The third site gets the thread complete, though chloe does not follow bruno.
    at_bruxelles = chloe.arrived(post["uri"])

    def descendants() -> list[str]:
        found = chloe.get(f"/api/v1/statuses/{at_bruxelles['id']}/context")
        return [status["uri"] for status in found["descendants"]]

    until(lambda: descendants() == [reply["uri"]], "the reply is shown on the third site")
    for person, status in ((amina, post), (bruno, at_nantes), (chloe, at_bruxelles)):
        shows(person, status, replies=1)

    answer = amina.write(f"@{bruno.handle} thanks", in_reply_to_id=mention["status"]["id"])
    until(lambda: [n["status"]["uri"] for n in bruno.notifications()][:1] == [answer["uri"]])
    context = bruno.get(f"/api/v1/statuses/{reply['id']}/context")
    assert [status["uri"] for status in context["ancestors"]] == [post["uri"]]
    assert [status["uri"] for status in context["descendants"]] == [answer["uri"]]


def test_likes_and_boosts_are_counted_everywhere(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    colleague, reader = lyon.newcomer(), bruxelles.newcomer()
    for person in (bruno, chloe):
        person.follow(amina)
    reader.follow(chloe)
    post = amina.write("Count me")
    at_nantes, at_bruxelles = bruno.arrived(post["uri"]), chloe.arrived(post["uri"])

    assert bruno.on(at_nantes, "favourite")["favourited"]
    assert bruno.on(at_nantes, "favourite")["favourites_count"] == 1, "once is once"
    colleague.on(post, "favourite")
    assert chloe.on(at_bruxelles, "reblog")["reblog"]["uri"] == post["uri"]
    everywhere = ((amina, post), (bruno, at_nantes), (chloe, at_bruxelles))
    for person, status in everywhere:
        shows(person, status, favourites=2, reblogs=1)
    kinds = sorted(item["type"] for item in amina.notifications())
    assert kinds.count("favourite") == 2
    assert kinds.count("reblog") == 1
    boosted = until(lambda: [s for s in reader.home() if s["reblog"]])
    assert boosted[0]["reblog"]["uri"] == post["uri"]
    likers = amina.get(f"/api/v1/statuses/{post['id']}/favourited_by")
    assert {account["acct"] for account in likers} == {bruno.handle, colleague.username}

    bruno.on(at_nantes, "unfavourite")
    chloe.on(at_bruxelles, "unreblog")
    for person, status in everywhere:
        shows(person, status, favourites=1)
    until(lambda: not [s for s in reader.home() if s["reblog"]], "the boost has gone")


def test_edit_and_delete(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    post = amina.write("First words")
    seen = bruno.arrived(post["uri"])
    bruno.on(seen, "reblog")
    bruno.on(seen, "favourite")
    amina.call("PUT", f"/api/v1/statuses/{post['id']}", {"status": "Second words"})
    until(lambda: "Second words" in bruno.status(seen["id"])["content"], "the edit arrives")
    assert bruno.status(seen["id"])["edited_at"]
    history = bruno.get(f"/api/v1/statuses/{seen['id']}/history")
    assert ["First" in version["content"] for version in history] == [True, False]
    until(lambda: bruno.notifications(types=["update"]), "whoever shared it is told")

    amina.delete(post)
    until(lambda: bruno.answer("GET", f"/api/v1/statuses/{seen['id']}").status == 404)
    assert bruno.sees(post["uri"]) is None
    assert not [s for s in bruno.home() if s["reblog"]]
    assert amina.answer("GET", f"/api/v1/statuses/{post['id']}").status == 404


def test_delete_overtakes_nothing(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    for number in range(10):
        post = amina.write(f"Short-lived {number}")
        amina.delete(post)
    last = amina.write("The last one")
    bruno.arrived(last["uri"])
    assert [status["uri"] for status in bruno.home()] == [last["uri"]]


def test_late_create_of_a_deleted_post(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    actor = outsider.actor(f"late{amina.id}")
    account = amina.follow(actor.handle, wait=False)
    follow = outsider.got("Follow", lambda found: found["object"] == actor.uri)
    actor.send(lyon, actor.activity("Accept", follow))
    until(lambda: amina.relationship(account)["following"])
    note = actor.note("<p>Deleted before it arrived</p>")
    tombstone = {"id": note["id"], "type": "Tombstone"}
    assert actor.send(lyon, actor.activity("Delete", tombstone)).status == 202
    assert actor.send(lyon, actor.create(note)).status == 202
    later = actor.note("<p>Later</p>")
    assert actor.send(lyon, actor.create(later)).status == 202
    amina.arrived(later["id"])
    assert amina.sees(note["id"]) is None


def test_profile_changes_travel(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    account = bruno.follow(amina)
    changes = {
        "display_name": "Amina <b>B.</b>",
        "note": "Engineer & runner #running",
        "fields_attributes": [{"name": "Office", "value": "B 204"}],
        "bot": False,
    }
    amina.call("PATCH", "/api/v1/accounts/update_credentials", changes)

    def seen() -> dict[str, Any]:
        return dict(bruno.get(f"/api/v1/accounts/{account}"))

    until(lambda: seen()["display_name"] == "Amina <b>B.</b>", "the name arrives")
    assert "Engineer &amp; runner" in seen()["note"]
    assert [(f["name"], f["value"]) for f in seen()["fields"]] == [("Office", "B 204")]


def test_messages_of_other_software(lyon: Site, outsider: RemoteHost) -> None:
    """Like, boost, reply, edit and deletion by an actor of other software, and their undoing."""
    amina = lyon.newcomer()
    post = amina.write("For all the world", audience="public")
    actor = outsider.actor(f"guest{amina.id}")
    for scheme in ("cavage", "rfc9421-rsa", "rfc9421-ed25519"):
        like = actor.activity("Like", post["uri"])
        assert actor.send(lyon, like, scheme=scheme).status == 202, scheme
    announce = actor.activity("Announce", post["uri"], to=[PUBLIC], cc=[amina.uri])
    assert actor.send(lyon, announce).status == 202
    note = actor.note(
        f'<p><a href="{amina.uri}" class="mention">@amina</a> well said</p>',
        inReplyTo=post["uri"],
        cc=[amina.uri],
        tag={"type": "Mention", "href": amina.uri, "name": f"@{amina.handle}"},
    )
    assert actor.send(lyon, actor.create(note)).status == 202
    shows(amina, post, favourites=1, reblogs=1, replies=1)
    (mention,) = amina.notifications(types=["mention"])
    assert mention["account"]["acct"] == actor.handle
    assert "well said" in mention["status"]["content"]

    edited = {**note, "content": "<p>well put</p>", "updated": "2099-01-01T00:00:00Z"}
    outsider.serve(edited)
    assert actor.send(lyon, actor.activity("Update", edited)).status == 202
    reply = mention["status"]
    until(lambda: "well put" in amina.status(reply["id"])["content"], "the edit arrives")

    first = actor.activity("Undo", like)
    assert actor.send(lyon, first).status == 202
    assert actor.send(lyon, actor.activity("Undo", announce["id"])).status == 202
    assert actor.send(lyon, actor.activity("Delete", note["id"])).status == 202
    shows(amina, post)
    assert amina.answer("GET", f"/api/v1/statuses/{reply['id']}").status == 404


def test_looking_up_a_post(lyon: Site, nantes: Site, outsider: RemoteHost) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    post = amina.write("Never delivered to a follower")
    assert until(lambda: bruno.look_up(post["uri"]))["uri"] == post["uri"]
    assert bruno.look_up(post["url"])["uri"] == post["uri"]  # type: ignore[index]
    for address in (post["uri"], post["url"]):
        assert amina.look_up(address)["id"] == post["id"]  # type: ignore[index]
        assert lyon.newcomer().look_up(address)["id"] == post["id"]  # type: ignore[index]
    secret = amina.write("Nobody else's", visibility="direct")
    assert lyon.newcomer().look_up(secret["url"]) is None
    assert amina.find(f"{lyon.base_url}/@{amina.username}")["id"] == amina.id
    note = outsider.actor(f"found{amina.id}").note("<p>Found</p>")
    assert bruno.look_up(note["id"])["content"] == "<p>Found</p>"  # type: ignore[index]
    assert bruno.look_up(outsider.new_uri("nothing")) is None
