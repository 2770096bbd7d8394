"""Web Push to a real endpoint on loopback that decrypts what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.features.push.receiver import Pushed, PushKeys, PushService, push_service
from tests.sites.conftest import DATABASES
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.streams import loop_in_thread
from tests.sites.waiting import until

PATH = "/api/v1/push/subscription"
ALL = dict.fromkeys(("mention", "favourite", "reblog", "follow", "poll", "status", "update"), True)


@pytest.fixture(scope="module", params=DATABASES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    postgres = None
    if request.param == "postgresql":
        postgres = str(request.getfixturevalue("postgres_server"))
    extra = {
        "push": {"allowed_hosts": ["127.0.0.1"]},
        "outgoing": {"private_addresses": ["127.0.0.0/8"]},
        "site": {"contact_email": "admin@lyon.test"},
    }
    made = make_group(tmp_path_factory.mktemp("push"), 1, postgres=postgres, extra=extra)
    yield made[0]
    made.stop()


@pytest.fixture
def service() -> Iterator[PushService]:
    with loop_in_thread() as loop:
        stack = AsyncExitStack()

        def run(work: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(work, loop).result(20)

        yield run(stack.enter_async_context(push_service()))
        run(stack.aclose())


def subscribe(
    person: Person, service: PushService, *, standard: bool = True, **data: Any
) -> tuple[PushKeys, dict[str, Any]]:
    keys = PushKeys()
    endpoint = f"{service.address}/to/{person.username}"
    wish = keys.subscription(endpoint, standard=standard)
    made = person.post(PATH, subscription=wish, data={"alerts": ALL, **data})
    return keys, dict(made)


def arrived(service: PushService, count: int = 1) -> Pushed:
    until(lambda: len(service.pushed) >= count, f"{count} pushed")
    return service.pushed[count - 1]


@pytest.mark.parametrize("standard", [True, False])
def test_a_mention_is_pushed(site: Site, service: PushService, standard: bool) -> None:
    amina, bruno = site.newcomers(2)
    keys, made = subscribe(amina, service, standard=standard)
    bruno.write(f"Hello @{amina.username}, how <are> you?")
    pushed = arrived(service)
    assert pushed.path == f"/to/{amina.username}"
    (told,) = amina.notifications()
    assert pushed.message(keys) == {
        "access_token": amina.token,
        "preferred_locale": "en",
        "notification_id": int(told["id"]),
        "notification_type": "mention",
        "icon": told["account"]["avatar_static"],
        "title": f"{bruno.username.capitalize()} mentions you",
        "body": f"Hello @{amina.username}, how <are> you?",
    }
    assert pushed.headers["Content-Encoding"] == ("aes128gcm" if standard else "aesgcm")
    assert pushed.headers["TTL"] == "172800"
    assert pushed.headers["Urgency"] == "high"
    claims = pushed.claims(made["server_key"])
    assert claims["aud"] == service.address
    assert claims["sub"] == "mailto:admin@lyon.test"
    assert amina.get("/api/v2/instance")["configuration"]["vapid"] == {
        "public_key": made["server_key"]
    }
    app = site.newcomer().post("/api/v1/apps", client_name="x", redirect_uris="https://a.example/")
    assert app["vapid_key"] == made["server_key"]


def test_alerts_and_policy(site: Site, service: PushService) -> None:
    amina, bruno, chloe = site.newcomers(3)
    amina.follow(bruno)
    keys, made = subscribe(amina, service, policy="followed")
    assert made["policy"] == "followed"
    assert made["alerts"]["mention"] is True
    assert made["alerts"]["quote"] is False
    changed = amina.call("PUT", PATH, {"data": {"alerts": {"favourite": "true"}}})
    assert [name for name, on in changed["alerts"].items() if on] == ["favourite"]
    assert amina.get(PATH) == changed
    status = amina.write("Like me")
    chloe.on(status, "favourite")  # not followed
    bruno.write(f"@{amina.username}")  # no alert
    bruno.on(status, "favourite")
    message = arrived(service).message(keys)
    assert message["notification_type"] == "favourite"
    assert message["title"].startswith(bruno.username.capitalize())
    site.settled()
    assert len(service.pushed) == 1


def test_what_the_service_answers(site: Site, service: PushService) -> None:
    amina, bruno = site.newcomers(2)
    keys, _ = subscribe(amina, service)
    service.answers.append((429, {"Retry-After": "3600"}))
    bruno.write(f"@{amina.username} later")
    arrived(service)
    until(lambda: waits(site), "an hour to wait")
    service.answers.append((503, {"Retry-After": "1"}))
    bruno.write(f"@{amina.username} soon")
    arrived(service, 2)
    assert arrived(service, 3).message(keys)["body"].endswith("soon")
    service.answers.append((410, {}))
    bruno.write(f"@{amina.username} gone")
    arrived(service, 4)
    until(lambda: amina.answer("GET", PATH).status == 404, "unsubscribed")
    bruno.write(f"@{amina.username} nobody")
    site.settled()
    assert len(service.pushed) == 4


def waits(site: Site) -> bool:
    """One message is due in about an hour."""
    rows = site.rows("SELECT due_at - created_at FROM job WHERE kind = 'push.send'")
    return [row[0] // 600_000 for row in rows] == [6]


def test_one_subscription_for_each_token(site: Site, service: PushService) -> None:
    amina, bruno = site.newcomers(2)
    old, _ = subscribe(amina, service)
    keys, made = subscribe(amina, service)
    assert amina.get(PATH) == made
    bruno.write(f"@{amina.username}")
    assert arrived(service).message(keys)["notification_type"] == "mention"
    assert amina.call("DELETE", PATH) == amina.call("DELETE", PATH) == {}
    assert amina.answer("GET", PATH).status == 404
    assert amina.answer("PUT", PATH, {"data": {}}).status == 404
    bruno.write(f"@{amina.username} again")
    site.settled()
    assert len(service.pushed) == 1
    del old


def test_wrong_subscriptions(site: Site, service: PushService) -> None:
    amina = site.newcomer()
    keys = PushKeys()
    good = keys.subscription(service.address)
    off_curve = keys.subscription(service.address)
    off_curve["keys"]["p256dh"] = "BA" + "A" * 85
    for wish in (
        {},
        {"endpoint": service.address},
        {**good, "endpoint": "https://push.example/x"},  # not in the list of the admins
        {**good, "endpoint": "http://10.0.0.1/x"},
        {**good, "endpoint": "file:///etc/passwd"},
        {**good, "endpoint": service.address + "/" + "x" * 3000},
        {**good, "keys": {"p256dh": "x", "auth": "y"}},
        off_curve,
    ):
        answer = amina.answer("POST", PATH, {"subscription": wish})
        assert answer.status == 422, wish
        assert answer.json()["error"]
    assert amina.answer("POST", PATH, {"subscription": good, "data": {"policy": "x"}}).status == 422
    assert amina.answer("POST", PATH, {"subscription": good, "data": "x"}).status == 200
    assert site.value("SELECT count(*) FROM push_subscription WHERE alerts = ''") >= 1
