"""Live streams between real sites, read with a real WebSocket client."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import quote

import pytest
from aiohttp import WSServerHandshakeError

from tests.sites.site import Site
from tests.sites.streams import live, live_events
from tests.sites.waiting import until
from tests.sites.web import request


@pytest.mark.parametrize("token", ["header", "query", "protocol"])
def test_own_stream_shows_home_and_notifications(lyon: Site, token: str) -> None:
    amina, bruno = lyon.newcomers(2)
    amina.follow(bruno)
    with live(amina, "user", token=token) as stream:
        assert stream.protocol == (amina.token if token == "protocol" else None)
        status = bruno.write(f"Hello @{amina.username}, live")
        update = stream.wait("update", status["id"])
        assert update == amina.status(status["id"])
        told = stream.wait("notification")
        assert told["type"] == "mention"
        assert told == amina.notifications()[0]
        assert [one.stream for one in stream.heard] == [("user",), ("user",)]
        bruno.call("PUT", f"/api/v1/statuses/{status['id']}", {"status": "Changed"})
        assert "Changed" in stream.wait("status.update", status["id"])["content"]
        bruno.delete(status)
        assert stream.wait("delete", status["id"]) == status["id"]


def test_one_connection_carries_many_streams(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    with live(amina) as stream:
        stream.subscribe("public:local")
        stream.subscribe("hashtag", tag="Nüsse")
        plain = bruno.write("Nothing special")
        tagged = bruno.write("About #nüsse")
        assert stream.wait("update", tagged["id"], "hashtag")["id"] == tagged["id"]
        assert stream.wait("update", tagged["id"], "public:local")
        assert ("hashtag", "Nüsse") in {one.stream for one in stream.heard}
        assert [one["id"] for one in stream.events("update", "public:local")] == [
            plain["id"],
            tagged["id"],
        ]
        assert [one["id"] for one in stream.events("update", "hashtag")] == [tagged["id"]]
        stream.unsubscribe("public:local")
        last = bruno.write("Again #nüsse")
        stream.wait("update", last["id"], "hashtag")
        assert len(stream.events("update", "public:local")) == 2
        assert not stream.events("notification")


def test_posts_of_other_sites_arrive(lyon: Site, nantes: Site) -> None:
    amina, chen = lyon.newcomer(), nantes.newcomer()
    amina.follow(chen)
    with live(amina, "user") as own, live_events(amina, "public/remote") as remote:
        status = chen.write("From afar")
        uri = status["uri"]
        until(lambda: uri in [one["uri"] for one in own.events("update")], "in home")
        until(lambda: uri in [one["uri"] for one in remote.events("update")], "in public:remote")
        (shown,) = [one for one in own.events("update") if one["uri"] == uri]
        chen.delete(status)
        own.wait("delete", shown["id"])
        remote.wait("delete", shown["id"])


def test_nobody_sees_what_is_not_for_them(lyon: Site) -> None:
    amina, bruno, chloe = lyon.newcomers(3)
    chloe.follow(bruno)
    with (
        live(amina, "user") as own,
        live_events(amina, "public") as public,
        live_events(amina, "hashtag", tag="quiet") as tag,
        live(chloe, "user") as follower,
    ):
        closed = bruno.write("For followers #quiet", visibility="private")
        direct = bruno.write(f"For @{chloe.username} #quiet", visibility="direct")
        unlisted = bruno.write("Not listed #quiet", visibility="unlisted")
        follower.wait("update", closed["id"])
        follower.wait("notification")
        for status in (closed, direct, unlisted):
            bruno.delete(status)
        follower.wait("delete", direct["id"])
        end = bruno.write("Listed #quiet")
        public.wait("update", end["id"])
        tag.wait("update", end["id"])
        assert own.heard == []
        assert [one.event for one in public.heard] == ["update"]
        assert [one.event for one in tag.heard] == ["update"]


def test_blocked_and_muted_people_are_not_shown(lyon: Site) -> None:
    amina, bruno, chloe, dora = lyon.newcomers(4)
    amina.post(f"/api/v1/accounts/{bruno.id}/mute")
    chloe.post(f"/api/v1/accounts/{amina.id}/block")
    with live_events(amina, "public/local") as public:
        for person in (bruno, chloe):
            person.write(f"Hello @{amina.username}")
        end = dora.write("The end")
        public.wait("update", end["id"])
        assert [one["id"] for one in public.events("update")] == [end["id"]]


def test_media_streams(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    with (
        live(amina, "public:local:media") as media,
        live_events(amina, "public", only_media="true") as events,
        live(amina, "public:local") as all_of_them,
    ):
        status = bruno.write("Without a picture")
        all_of_them.wait("update", status["id"])
        picture = request(
            f"{lyon.base_url}/api/v2/media",
            method="POST",
            headers={
                "Authorization": f"Bearer {bruno.token}",
                "Content-Type": "multipart/form-data; boundary=x",
            },
            body=b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.gif"\r\n'
            b"Content-Type: image/gif\r\n\r\n" + _GIF + b"\r\n--x--\r\n",
            connect=("127.0.0.1", lyon.port),
        )
        shown = bruno.write("With one", media_ids=[picture.json()["id"]])
        media.wait("update", shown["id"])
        events.wait("update", shown["id"])
        assert len(media.heard) == len(events.heard) == 1


_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00"
    b"\x00\x02\x02D\x01\x00;"
)


def test_the_end_of_the_token_ends_the_stream(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    with (
        live(amina, "user") as stream,
        live_events(amina, "user/notification") as events,
        live(bruno, "user") as other,
    ):
        # Another program does it, which on SQLite can tell nobody.
        command = [sys.executable, "-m", "fedrse", "--config", str(lyon.configuration)]
        subprocess.run([*command, "account", "disable", amina.username], check=True)
        until(lambda: stream.closed is not None, "closed", seconds=60)
        until(lambda: events.closed is not None, "ended", seconds=60)
        assert stream.closed == 1008
        assert other.closed is None


def test_refusals(lyon: Site) -> None:
    amina = lyon.newcomer()
    with live(amina, "nonsense") as stream:
        assert stream.errors[0] == {"error": "Unknown stream type", "status": 400}
        stream.errors.clear()
        stream.subscribe("hashtag")
        stream.subscribe("list", list="7")
        assert [one["status"] for one in stream.errors] == [400, 404]
    assert amina.answer("GET", "/api/v1/streaming").status == 404
    assert amina.answer("GET", "/api/v1/streaming/hashtag").status == 400
    assert amina.answer("GET", "/api/v1/streaming/list?list=7").status == 404
    assert amina.answer("GET", "/api/v1/streaming/health/").text == "OK"
    for path in ("", "/user", "/public"):
        refused = request(f"{lyon.base_url}/api/v1/streaming{path}")
        assert refused.status == 401
        assert refused.json()["error"]
    amina.token = "wrong"
    with pytest.raises(WSServerHandshakeError) as caught, live(amina, "user"):
        pass
    assert caught.value.status == 401


def test_the_announced_address_is_true(lyon: Site) -> None:
    amina = lyon.newcomer()
    address = amina.get("/api/v2/instance")["configuration"]["urls"]["streaming"]
    assert address == lyon.base_url.replace("http", "ws")
    assert amina.get("/api/v1/instance")["urls"]["streaming_api"] == address
    query = f"/api/v1/streaming/?stream=user&access_token={quote(amina.token)}"
    answer = request(
        address.replace("ws", "http") + query,
        headers={
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )
    assert answer.status == 101


def test_likes_from_afar_are_told_live(lyon: Site, nantes: Site) -> None:
    amina, chen = lyon.newcomer(), nantes.newcomer()
    status = amina.write("Like this")
    found = chen.look_up(status["uri"])
    assert found is not None
    with live(amina, "user:notification") as stream:
        chen.on(found, "favourite")
        told = stream.wait("notification")
        assert told["type"] == "favourite"
        assert told["status"]["id"] == status["id"]
        assert [one.stream for one in stream.heard] == [("user:notification",)]


def test_a_list_is_streamed(lyon: Site) -> None:
    amina, bruno, chloe = lyon.newcomers(3)
    for person in (bruno, chloe):
        amina.follow(person)
    made = amina.post("/api/v1/lists", title="Team", exclusive=True)
    amina.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[bruno.id])
    with live(amina, "list", list=made["id"]) as stream, live(amina, "user") as own:
        other = chloe.write("Not in the list")
        shown = bruno.write("In the list")
        stream.wait("update", shown["id"])
        own.wait("update", other["id"])
        assert [one.stream for one in stream.heard] == [("list", made["id"])]
        timeline = amina.get(f"/api/v1/timelines/list/{made['id']}")
        assert [one["id"] for one in timeline] == [shown["id"]]
        assert [one["id"] for one in own.events("update")] == [other["id"]]
    assert bruno.answer("GET", f"/api/v1/streaming/list?list={made['id']}").status == 404


def test_filters_are_applied_live(lyon: Site) -> None:
    amina, bruno = lyon.newcomers(2)
    amina.follow(bruno)
    with live(amina, "user") as stream, live_events(amina, "user") as events:
        made = amina.post(
            "/api/v2/filters",
            title="Noise",
            context=["home"],
            keywords_attributes=[{"keyword": "noise"}],
        )
        until(lambda: stream.events("filters_changed") == [None], "told")
        until(lambda: events.events("filters_changed") == ["undefined"], "told")
        loud, quiet = bruno.write("Much noise"), bruno.write("Silence")
        assert stream.wait("update", quiet["id"])["filtered"] == []
        (result,) = stream.wait("update", loud["id"])["filtered"]
        assert result["filter"]["id"] == made["id"]
        assert result["keyword_matches"] == ["noise"]
        assert events.wait("update", loud["id"])["filtered"] == [result]
        assert amina.status(loud["id"])["filtered"] == [result]
