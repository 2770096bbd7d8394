"""Hostile messages: what the site finds where it fetches."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from tests.sites.hostile_bait import find_nothing, redirect, serve_and_look
from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_answers import ACTIVITY, Reply, drip, raw, status
from tests.sites.waiting import until

attack = Table()


@attack(lesson="Mastodon CVE-2024-23832, Misskey CVE-2024-52591: compare the id with the address")
def ids_of_others(stage: Stage) -> None:
    base = stage.mallory.note("<p>Whose?</p>")
    serve_and_look(stage, lambda _: stage.known | {"content": "<p>Forged</p>"})
    serve_and_look(stage, lambda _: base | {"id": f"{stage.site.base_url}/ap/n/1"})
    serve_and_look(stage, lambda _: base | {"id": stage.public["uri"]})
    serve_and_look(stage, lambda _: base | {"id": f"{stage.good.origin}/notes/none"})
    serve_and_look(stage, lambda _: base | {"id": None})
    serve_and_look(stage, lambda _: {k: v for k, v in base.items() if k != "id"})
    serve_and_look(stage, lambda _: base | {"id": f"{stage.evil.origin}/nothing/here"})


@attack(lesson="Misskey CVE-2025-25306: also after redirects")
def redirect_to_a_host_that_claims_the_first(stage: Stage) -> None:
    """good.test is made to redirect to evil.test, which answers in its name."""
    uri = stage.good.new_uri("n")
    stage.good.serve(redirect(f"{stage.evil.origin}/claims"), uri)
    stage.evil.serve(
        stage.known | {"id": uri, "content": "<p>Forged</p>"}, "http://evil.test/claims"
    )
    find_nothing(stage, uri)


@attack()
def authors_of_other_origins(stage: Stage) -> None:
    for author in (stage.friend.uri, stage.alice.uri, [stage.mallory.uri, stage.friend.uri]):
        serve_and_look(
            stage, lambda uri, a=author: stage.mallory.note() | {"id": uri, "attributedTo": a}
        )


@attack(lesson="Mastodon CVE-2024-25623, Misskey CVE-2024-25636: only ActivityPub media types")
def media_types_that_are_no_documents(stage: Stage) -> None:
    for media_type in (
        "application/json",
        "text/html",
        "application/ld+json",
        'application/ld+json; profile="https://example.org/other"',
        "application/octet-stream",
        "image/png",
        "",
        "application/activity+jsonx",
        "text/plain; application/activity+json",
    ):
        serve_and_look(
            stage,
            lambda uri, m=media_type: Reply(
                json.dumps(stage.mallory.note() | {"id": uri}).encode(), media_type=m
            ),
        )


def _broken(uri: str) -> list[bytes]:
    note = json.dumps({"id": uri, "type": "Note"})
    return [
        b"",
        b"null",
        b"[]",
        b"[" + note.encode() + b"]",
        b'"x"',
        b"{",
        note.encode() + b"x",
        note.replace("Note", "No\xffte").encode("latin-1"),
        note.replace("Note", "\\ud800").encode(),
        note.replace('"Note"', "NaN").encode(),
        note.replace('"Note"', "Infinity").encode(),
        note.replace('"type"', '"id": "http://good.test/1", "type"').encode(),
        ('{"a":' * 5000 + "1" + "}" * 5000).encode(),
        ("[" * 100_000).encode(),
        b"\xef\xbb\xbf" + note.encode("utf-16"),
        note.encode("utf-16"),
        b'{"id":' + b"1" * 10_000 + b"}",
        b'{"id":1e99999}',
    ]


@attack()
def documents_that_are_no_json(stage: Stage) -> None:
    for number in range(len(_broken(""))):
        serve_and_look(stage, lambda uri, n=number: Reply(_broken(uri)[n]))


@attack(lesson="Fedify GHSA-mc44-6cfg-2v6w: byte limits on every fetch")
def documents_that_are_too_large(stage: Stage) -> None:
    def padded(uri: str) -> bytes:
        return json.dumps(stage.mallory.note() | {"id": uri, "x": "x" * (4 << 20)}).encode()

    serve_and_look(stage, lambda uri: Reply(padded(uri)))
    serve_and_look(
        stage,
        lambda uri: Reply(gzip.compress(padded(uri)), headers={"Content-Encoding": "gzip"}),
    )


@attack()
def compressed_bombs(stage: Stage) -> None:
    zeros = b" " * (30 << 20)
    for coding, data in (
        ("gzip", gzip.compress(zeros)),
        ("deflate", zlib.compress(zeros)),
        ("gzip, gzip", gzip.compress(gzip.compress(zeros))),
        ("gzip", b"\x1f\x8b" + b"\0" * 100),
        ("br", b"x"),
        ("zstd", b"x"),
    ):
        serve_and_look(stage, lambda _, c=coding, d=data: Reply(d, headers={"Content-Encoding": c}))


@attack()
def answers_that_are_no_http(stage: Stage) -> None:
    for data in (
        b"",
        b"\0" * 1000,
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200\r\n",
        b"HTTP/1.1 999 No\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000 + b"\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
        b"HTTP/1.1 200 OK\r\nContent-Type: "
        + ACTIVITY.encode()
        + b"\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    ):
        uri = stage.evil.new_uri("raw")
        with stage.evil.fault(raw(data), method="GET", path=uri.removeprefix(stage.evil.origin)):
            find_nothing(stage, uri)


@attack()
def statuses_that_are_no_success(stage: Stage) -> None:
    for code in (204, 206, 304, 400, 401, 403, 404, 405, 410, 418, 429, 500, 503):
        uri = stage.evil.new_uri("s")
        with stage.evil.fault(
            status(code), method="GET", path=uri.removeprefix("http://evil.test")
        ):
            find_nothing(stage, uri)


@attack(lesson="Mastodon CVE-2023-36461: one total deadline for slow answers")
def an_answer_that_never_ends(stage: Stage) -> None:
    with stage.evil.fault(drip(0.05), method="GET", path="/drip"):
        find_nothing(stage, f"{stage.evil.origin}/drip/1")


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_leads_nowhere(fresh: Stage, row: Attack) -> None:
    carry_out(row, fresh)


def test_good_documents_are_found(fresh: Stage) -> None:
    """The counterpart: what all of the above imitates is found when it is what it says."""
    uri = fresh.evil.new_uri("n")
    fresh.evil.serve(fresh.mallory.note("<p>Genuine</p>") | {"id": uri})
    found = until(lambda: fresh.look_up(uri))
    assert found is not None
    assert found["content"] == "<p>Genuine</p>"
    compressed = fresh.evil.new_uri("n")
    body = gzip.compress(json.dumps(fresh.mallory.note() | {"id": compressed}).encode())
    fresh.evil.serve(Reply(body, headers={"Content-Encoding": "gzip"}), compressed)
    assert fresh.look_up(compressed) is not None
    moved = fresh.evil.new_uri("old")
    fresh.evil.serve(redirect(uri), moved)
    assert fresh.look_up(moved)["uri"] == uri  # type: ignore[index]
