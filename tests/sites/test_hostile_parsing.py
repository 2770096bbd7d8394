"""Hostile messages: bodies and requests that try to break what reads them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import Json
from tests.sites.remote_signing import cavage
from tests.sites.web import Answer, request

attack = Table()
IGNORED = (202, 400, 401, 403, 413, 422)


def like(stage: Stage, **extra: Any) -> Json:
    return stage.mallory.activity("Like", stage.private["uri"]) | extra


def text_of(stage: Stage) -> str:
    return json.dumps(like(stage))


@attack(400)
def bodies_that_are_no_objects(stage: Stage) -> list[Answer]:
    bodies = (
        b"",
        b" ",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"true",
        b"{",
        b"}",
        b"\0",
        b"<xml/>",
        b"a=b",
    )
    return [stage.send(body) for body in bodies]


@attack(400)
def a_list_of_messages(stage: Stage) -> Answer:
    return stage.send(f"[{text_of(stage)}]".encode())


@attack(400)
def something_after_the_end(stage: Stage) -> list[Answer]:
    text = text_of(stage)
    return [stage.send((text + rest).encode()) for rest in ("x", "{}", "]", ",", "\0")]


@attack(400, lesson="Numbers that are none")
def numbers_that_are_none(stage: Stage) -> list[Answer]:
    values = ("NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10", "1e")
    start = text_of(stage)[:-1]
    return [stage.send(f'{start},"x":{value}}}'.encode()) for value in values]


@attack(*IGNORED)
def numbers_that_are_too_large(stage: Stage) -> list[Answer]:
    start = text_of(stage)[:-1]
    values = ("1" * 10_000, "1e400", "-1e400", "1" + "0" * 400 + ".5", "1e-5000")
    return [stage.send(f'{start},"x":{value}}}'.encode()) for value in values]


@attack(400, lesson="Duplicate keys: two readers, two meanings")
def names_that_come_twice(stage: Stage) -> list[Answer]:
    text = text_of(stage)
    friend = json.dumps(stage.friend.uri)
    return [
        stage.send(f'{text[:-1]},"actor":{friend}}}'.encode()),
        stage.send(f'{{"actor":{friend},{text[1:]}'.encode()),
        stage.send(f'{text[:-1]},"\\u0061ctor":{friend}}}'.encode()),
        stage.send(f'{text[:-1]},"x":{{"y":1,"y":2}}}}'.encode()),
    ]


@attack(400)
def texts_that_are_no_unicode(stage: Stage) -> list[Answer]:
    text = text_of(stage)
    return [
        stage.send(text.replace("Like", "\\ud800").encode()),
        stage.send(text.replace("Like", "\\udc00\\ud800").encode()),
        stage.send(text.encode().replace(b"Like", b"\xff\xfe")),
        stage.send(text.encode().replace(b"Like", b"\xed\xa0\x80")),
        stage.send(text.encode().replace(b"Like", b"\xc0\xaf")),
        stage.send(text.encode("utf-16")),
        stage.send(text.encode("utf-32")),
        stage.send(b"\xef\xbb\xbf" + text.encode()),
    ]


@attack(400, 413)
def nesting_without_bottom(stage: Stage) -> list[Answer]:
    start = text_of(stage)[:-1]
    return [
        stage.send(f'{start},"x":{"[" * 400_000}'.encode()),
        stage.send(f'{start},"x":{"[" * 50_000}{"]" * 50_000}}}'.encode()),
        stage.send((start + ',"x":' + '{"a":' * 20_000 + "1" + "}" * 20_001).encode()),
    ]


@attack(413, lesson="Fedify GHSA-mc44-6cfg-2v6w: byte limits on every inbound body")
def bodies_that_are_too_large(stage: Stage) -> list[Answer]:
    return [
        stage.send(json.dumps(like(stage, x="x" * (2 << 20))).encode()),
        stage.send(b" " * (9 << 20)),
    ]


@attack(413)
def a_large_body_without_a_length(stage: Stage) -> None:
    body = b" " * 200_000
    head = (
        f"POST /inbox HTTP/1.1\r\nHost: {stage.site.peer}\r\n"
        "Content-Type: application/activity+json\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n"
    ).encode()
    chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n"
    try:
        answer = stage.raw(head + chunk * 40 + b"0\r\n\r\n")
    except ConnectionError:
        return  # closed while it was still being sent, which is as good
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400", b"HTTP/1.1 401")), answer[:200]


@attack(*IGNORED)
def a_great_many_names(stage: Stage) -> Answer:
    return stage.send(json.dumps(like(stage) | {f"n{n}": n for n in range(40_000)}).encode())


@attack(400, 401, 415)
def compressed_bodies(stage: Stage) -> list[Answer]:
    body = json.dumps(like(stage)).encode()
    bomb = gzip.compress(b" " * (50 << 20))
    return [
        stage.send(gzip.compress(body), headers={"Content-Encoding": "gzip"}),
        stage.send(bomb, headers={"Content-Encoding": "gzip"}),
        stage.send(body, headers={"Content-Encoding": "br"}),
    ]


@attack(415)
def content_types_that_are_none(stage: Stage) -> list[Answer]:
    body = json.dumps(like(stage)).encode()
    types = (
        "text/plain",
        "application/json",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/activity",
        "x" * 4000,
    )
    return [stage.send(body, headers={"Content-Type": kind}) for kind in types]


# Shapes


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "x", " ", [], [[]], [None], {}, {"id": None}, {"id": 1},
    {"id": []}, {"id": {"id": "x"}}, {"type": "Note"}, "http://", "http://evil.test", "#", "\0",
    "javascript:alert(1)", ["http://evil.test/1", {"id": "http://evil.test/2"}], [[["x"]]],
    {"@id": "http://evil.test/1"}, {"href": "x"}, "x" * 3000,
)  # fmt: skip


@attack(*IGNORED)
def types_of_odd_shapes(stage: Stage) -> list[Answer]:
    shapes = (*ODD, ["Like", "Create"], "like", "Like ", "as:Like", "N" * 500, ["x"] * 5000)
    return [stage.send(like(stage) | {"type": shape}) for shape in shapes]


@attack(*IGNORED)
def ids_of_odd_shapes(stage: Stage) -> list[Answer]:
    return [stage.send(like(stage) | {"id": shape}) for shape in ODD]


@attack(*IGNORED)
def actors_of_odd_shapes(stage: Stage) -> list[Answer]:
    return [stage.send(like(stage) | {"actor": shape}) for shape in ODD]


@attack(*IGNORED)
def contexts_of_odd_shapes(stage: Stage) -> list[Answer]:
    shapes = (*ODD, "http://evil.test/context", stage.canary.addresses()[0], {"@vocab": "x"})
    return [stage.send(like(stage) | {"@context": shape}) for shape in shapes]


@attack(*IGNORED)
def no_fields_at_all(stage: Stage) -> list[Answer]:
    whole = like(stage)
    bare = [{k: v for k, v in whole.items() if k != name} for name in whole]
    return [stage.send(activity) for activity in bare if "object" not in activity] + [
        stage.send({}),
        stage.send({"type": "Like"}),
        stage.send({"actor": stage.mallory.uri}),
    ]


KINDS = (
    "Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "EmojiReact",
    "Dislike", "Announce", "Add", "Remove", "Block", "Flag", "Move", "QuoteRequest", "Join",
    "Question", "View", "Arrive", "Offer", "Invite",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_objects_of_odd_shapes(stage: Stage, kind: str) -> None:
    """Every kind of message with objects and targets that make no sense."""
    with stage.unchanged():
        for shape in ODD:
            activity = stage.mallory.activity(kind, shape)
            assert stage.send(activity).status in IGNORED, shape
            activity = stage.mallory.activity(kind, {"type": kind, "object": shape, "id": shape})
            assert stage.send(activity | {"target": shape}).status in IGNORED, shape
        without = stage.mallory.activity(kind, None)
        del without["object"]
        assert stage.send(without).status in IGNORED


FIELDS = (
    "content", "contentMap", "name", "nameMap", "summary", "published", "updated", "inReplyTo",
    "attributedTo", "to", "cc", "bto", "audience", "tag", "attachment", "url", "sensitive",
    "source", "replies", "likes", "shares", "context", "conversation", "quote", "quoteUrl",
    "interactionPolicy", "icon", "image", "endTime", "oneOf", "anyOf", "closed", "votersCount",
    "language", "mediaType", "startTime", "location", "preview", "@context", "type", "generator",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_fields_of_odd_shapes(stage: Stage, field: str) -> None:
    """Every field of a post with every odd shape: taken or refused, but never a crash.

    Whatever was taken can be shown, and is deleted again.
    """
    made = []
    for kind in ("Note", "Question", "Article"):
        for shape in (*ODD, list(ODD), {"en": None}, {"": "x"}, 10**30, "9" * 60):
            note = stage.mallory.note(type=kind) | {field: shape}
            stage.evil.serve(note)
            made.append(note["id"])
            answer = stage.send(stage.mallory.create(note, to=[stage.alice.uri]))
            assert answer.status in IGNORED, (shape, answer)
    stage.settle()
    assert stage.site.rows("SELECT reason FROM inbox_message WHERE reason LIKE '%Error:%'") == []
    for uri in made:
        rows = stage.site.rows(f"SELECT id FROM post WHERE uri = '{uri}'")
        if rows:
            assert stage.alice.answer("GET", f"/api/v1/statuses/{rows[0][0]}").status in {200, 404}
        assert stage.send(stage.mallory.activity("Delete", uri)).status == 202
    assert stage.alice.answer("GET", "/api/v1/timelines/public").status == 200
    assert stage.alice.answer("GET", "/api/v1/notifications").status == 200
    stage.settle()


PROFILE = (
    "name", "summary", "preferredUsername", "url", "icon", "image", "attachment", "tag", "inbox",
    "outbox", "followers", "endpoints", "publicKey", "assertionMethod", "alsoKnownAs", "movedTo",
    "published", "manuallyApprovesFollowers", "discoverable", "featured", "generator", "webfinger",
    "suspended", "memorial", "indexable", "type", "network",
)  # fmt: skip


@pytest.mark.parametrize("field", PROFILE)
def test_profiles_of_odd_shapes(stage: Stage, field: str) -> None:
    """The same for the fields of a profile that its owner sends in an Update."""
    for shape in (*ODD, list(ODD), 10**30):
        changed = stage.mallory.document | {field: shape, "updated": "2099-01-01T00:00:00Z"}
        assert stage.send(stage.mallory.activity("Update", changed)).status in IGNORED, shape
    assert stage.send(stage.mallory.activity("Update", stage.mallory.document)).ok
    stage.settle()
    assert stage.site.rows("SELECT reason FROM inbox_message WHERE reason LIKE '%Error:%'") == []
    account = stage.alice.account_id(stage.mallory.handle)
    assert stage.alice.answer("GET", f"/api/v1/accounts/{account}").status == 200
    (name,) = stage.site.rows(f"SELECT username, domain FROM account WHERE id = {account}")
    assert name == ("mallory", "evil.test")


# Requests


@attack(404, 405)
def other_methods(stage: Stage) -> list[Answer]:
    url = f"{stage.site.base_url}/inbox"
    body = json.dumps(like(stage)).encode()
    answers = []
    for method in ("PUT", "PATCH", "DELETE", "GET"):
        headers = cavage(stage.mallory.rsa, method, url, body)
        headers["X-HTTP-Method-Override"] = "POST"
        answers.append(request(url, method=method, headers=headers, body=body))
    return answers


@attack(404)
def inboxes_that_do_not_exist(stage: Stage) -> list[Answer]:
    paths = ["/ap/u/1/inbox/x", "/ap/n/1/inbox", "/users/alice/inbox", "/ap/u/alice/inbox"]
    friend = stage.site.value(f"SELECT id FROM account WHERE uri = '{stage.friend.uri}'")
    paths += [f"/ap/u/{number}/inbox" for number in (0, 1, friend, 1 << 62, 1 << 70)]
    return [stage.send(like(stage), path=path) for path in paths]


RAW = {
    "smuggled": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1",
    "two_lengths": "Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}",
    "negative_length": "Content-Length: -2\r\n\r\n{}",
    "no_number": "Content-Length: two\r\n\r\n{}",
    "bad_chunk": "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "unknown_coding": "Transfer-Encoding: gzip, identity\r\n\r\n{}",
    "folded": "Digest: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "no_colon": "Digest\r\nContent-Length: 2\r\n\r\n{}",
    "nul": "Digest: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "blank_in_name": "Dig est: x\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", RAW)
def test_requests_that_are_no_http(stage: Stage, name: str) -> None:
    head = f"POST /inbox HTTP/1.1\r\nHost: {stage.site.peer}\r\nConnection: close\r\n"
    with stage.unchanged():
        answer = stage.raw(head.encode() + RAW[name].encode())
    assert answer[9:10] == b"4" or answer == b"", answer[:300]
    assert answer.count(b"HTTP/1.") <= 1, "there is one request, and one answer"


@pytest.mark.parametrize(
    "start",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET",
        b"\0" * 5000,
        b"\r\n" * 5000,
        b"POST /inbox HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\n\r\n",
        b"GET /ap/u/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.test:80 HTTP/1.1\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request(stage: Stage, start: bytes) -> None:
    with stage.unchanged():
        answer = stage.raw(start)
    assert b" 5" not in answer[:13]
    assert b" 200 " not in answer[:16]


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_refused(stage: Stage, row: Attack) -> None:
    carry_out(row, stage)
