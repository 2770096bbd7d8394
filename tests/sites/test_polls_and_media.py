"""Polls with votes in both wire forms, pictures and custom emoji over borders."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from tests.sites.person import Person
from tests.sites.remote_actor import Json, RemoteActor, RemoteHost
from tests.sites.site import Site
from tests.sites.waiting import until
from tests.sites.web import multipart, request


def votes(status: dict[str, Any]) -> list[int]:
    return [option["votes_count"] for option in status["poll"]["options"]]


def shows_votes(person: Person, status: dict[str, Any], wanted: list[int]) -> None:
    until(
        lambda: votes(person.status(status["id"])) == wanted,
        lambda: f"{votes(person.status(status['id']))} at {person.site.name}, not {wanted}",
    )


def test_poll_between_sites(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    for person in (bruno, chloe):
        person.follow(amina)
    asked = amina.write(
        "Which day?", poll={"options": ["Monday", "Friday"], "expires_in": 3600, "multiple": False}
    )
    at_nantes, at_bruxelles = bruno.arrived(asked["uri"]), chloe.arrived(asked["uri"])
    assert [option["title"] for option in at_nantes["poll"]["options"]] == ["Monday", "Friday"]
    assert not at_nantes["poll"]["voted"]

    voted = bruno.post(f"/api/v1/polls/{at_nantes['poll']['id']}/votes", choices=[1])
    assert voted["voted"]
    assert voted["own_votes"] == [1]
    chloe.post(f"/api/v1/polls/{at_bruxelles['poll']['id']}/votes", choices=[0])
    everywhere = ((amina, asked), (bruno, at_nantes), (chloe, at_bruxelles))
    for person, status in everywhere:
        shows_votes(person, status, [1, 1])
    again = bruno.answer("POST", f"/api/v1/polls/{at_nantes['poll']['id']}/votes", {"choices": [0]})
    assert again.status == 422
    assert amina.status(asked["id"])["poll"]["voters_count"] == 2
    assert amina.notifications(types=["mention"]) == [], "votes are no posts"


def vote_of(actor: RemoteActor, poll: str, author: str, name: str) -> Json:
    return {
        "id": actor.host.new_uri("votes"),
        "type": "Note",
        "name": name,
        "attributedTo": actor.uri,
        "to": [author],
        "inReplyTo": poll,
    }


def test_votes_in_both_forms(lyon: Site, outsider: RemoteHost) -> None:
    """Mastodon sends one Create per choice, GoToSocial one Create with a list of Notes."""
    amina = lyon.newcomer()
    asked = amina.write(
        "Bring what?",
        audience="public",
        poll={"options": ["Tea", "Cake", "Fruit"], "expires_in": 3600, "multiple": True},
    )
    one, other = outsider.newcomer("voter"), outsider.newcomer("voter")
    for name in ("Tea", "Cake"):
        note = vote_of(one, asked["uri"], amina.uri, name)
        assert one.send(lyon, one.activity("Create", note, to=[amina.uri])).status == 202
    notes = [vote_of(other, asked["uri"], amina.uri, name) for name in ("Cake", "Fruit")]
    assert other.send(lyon, other.activity("Create", notes, to=[amina.uri])).status == 202
    shows_votes(amina, asked, [1, 2, 1])
    assert amina.status(asked["id"])["poll"]["voters_count"] == 2
    assert amina.get(f"/api/v1/statuses/{asked['id']}/context")["descendants"] == []


def test_voting_in_a_poll_of_other_software(lyon: Site, outsider: RemoteHost) -> None:
    amina, actor = lyon.newcomer(), outsider.newcomer("asks")

    def question(first: int, second: int) -> Json:
        options = [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
            for name, count in (("Yes", first), ("No", second))
        ]
        return {
            **note,
            "type": "Question",
            "oneOf": options,
            "votersCount": first + second,
            "endTime": "2099-01-01T00:00:00Z",
        }

    note = actor.note("<p>Well?</p>")
    outsider.serve(question(3, 4))
    status = until(lambda: amina.look_up(note["id"]))
    assert status is not None
    assert votes(status) == [3, 4]
    amina.post(f"/api/v1/polls/{status['poll']['id']}/votes", choices=[0])
    create = outsider.got("Create", lambda found: found["object"].get("inReplyTo") == note["id"])
    assert create["object"]["name"] == "Yes"
    assert "content" not in create["object"]
    assert create["object"]["to"] in (actor.uri, [actor.uri])
    update = actor.activity("Update", question(4, 4), to=note["to"])
    assert actor.send(lyon, update).status == 202
    shows_votes(amina, status, [4, 4])


def picture() -> bytes:
    data = BytesIO()
    Image.effect_noise((640, 400), 60).convert("RGB").save(data, "JPEG")
    return data.getvalue()


def upload(person: Person, description: str) -> dict[str, Any]:
    fields = {"description": description, "focus": "0.5,-0.25"}
    content_type, body = multipart(fields, "file", "photo.jpg", picture(), "image/jpeg")
    answer = request(
        f"{person.site.base_url}/api/v2/media",
        method="POST",
        headers={"Authorization": f"Bearer {person.token}", "Content-Type": content_type},
        body=body,
    )
    assert answer.status in {200, 202}, answer
    media = answer.json()
    return dict(until(lambda: (m := person.get(f"/api/v1/media/{media['id']}"))["url"] and m))


def test_picture(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    media = upload(amina, "A grey wall")
    assert media["blurhash"]
    written = amina.write("Look", media_ids=[media["id"]], sensitive=True)
    (seen,) = bruno.arrived(written["uri"])["media_attachments"]
    assert seen["type"] == "image"
    assert seen["description"] == "A grey wall"
    assert seen["blurhash"] == media["blurhash"]
    assert seen["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert (seen["meta"]["original"]["width"], seen["meta"]["original"]["height"]) == (640, 400)
    for address in (media["url"], media["preview_url"], seen["url"]):
        file = request(address)
        assert file.status == 200
        assert file.headers["content-type"].startswith("image/")
        assert file.headers["x-content-type-options"] == "nosniff"
        Image.open(BytesIO(file.body)).verify()

    amina.delete(written)
    until(lambda: request(media["url"]).status == 404, "files die with the post")
    until(lambda: bruno.sees(written["uri"]) is None)


def test_picture_of_other_software(lyon: Site, outsider: RemoteHost) -> None:
    amina, actor = lyon.newcomer(), outsider.newcomer("painter")
    attachment = {
        "type": "Document",
        "mediaType": "image/png",
        "url": f"{outsider.origin}/files/1.png",
        "name": "A painting",
        "width": 800,
        "height": 600,
        "blurhash": "LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
    }
    note = actor.note("<p>Mine</p>", attachment=attachment)
    found = until(lambda: amina.look_up(note["id"]))
    assert found is not None
    (seen,) = found["media_attachments"]
    assert seen["description"] == "A painting"
    assert seen["remote_url"] == attachment["url"]
    assert seen["blurhash"] == attachment["blurhash"]


def test_emoji_of_other_software(lyon: Site, outsider: RemoteHost) -> None:
    amina, actor = lyon.newcomer(), outsider.newcomer("smiles")
    emoji = {
        "type": "Emoji",
        "id": f"{outsider.origin}/emoji/1",
        "name": ":blobcat:",
        "icon": {
            "type": "Image",
            "mediaType": "image/png",
            "url": f"{outsider.origin}/e/blobcat.png",
        },
    }
    note = actor.note("<p>:blobcat: :unknown:</p>", tag=[emoji])
    found = until(lambda: amina.look_up(note["id"]))
    assert found is not None
    assert [item["shortcode"] for item in found["emojis"]] == ["blobcat"]
