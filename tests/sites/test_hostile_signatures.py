"""Hostile messages, part 1: signatures, digests, dates and keys that are not what they seem."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from typing import Any

import pytest

from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import CONTEXT, Json, Reply
from tests.sites.remote_signing import Key, cavage, digest, http_date, rfc9421
from tests.sites.web import Answer, request

attack = Table()
DAY = 86400


def message(stage: Stage) -> Json:
    """What would have an effect if it were believed: a like."""
    return stage.mallory.activity("Like", stage.public["uri"])


def body_of(stage: Stage) -> bytes:
    return json.dumps(message(stage)).encode()


def post(
    stage: Stage,
    headers: dict[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    path: str = "/inbox",
) -> Answer:
    pairs = headers if isinstance(headers, dict) else list(headers)
    return request(stage.site.base_url + path, method="POST", headers=pairs, body=body)


def signed(stage: Stage, body: bytes, **options: Any) -> dict[str, str]:
    """Headers by mallory, cavage."""
    options.setdefault("key", stage.mallory.rsa)
    key = options.pop("key")
    return cavage(key, "POST", f"{stage.site.base_url}/inbox", body, **options)


def signed_9421(stage: Stage, body: bytes, **options: Any) -> dict[str, str]:
    options.setdefault("key", stage.mallory.ed25519)
    key = options.pop("key")
    return rfc9421(key, "POST", f"{stage.site.base_url}/inbox", body, **options)


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


# Signatures


@attack(401)
def no_signature(stage: Stage) -> Answer:
    return post(stage, {"Content-Type": "application/activity+json"}, body_of(stage))


@attack(401)
def empty_signature(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body) | {"Signature": ""}, body)


@attack(401)
def garbled_signatures(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    headers = signed(stage, body)
    garbled = (
        "x",
        "keyId",
        'keyId="',
        'keyId="a",signature="%%%"',
        headers["Signature"].replace("signature=", "sig="),
        headers["Signature"].replace("keyId=", "keyid="),
        headers["Signature"] + ',keyId="http://good.test/users/friend#main-key"',
        headers["Signature"].replace('"', "'"),
        headers["Signature"].replace('",', '" '),
        "," * 5000,
        "a=" * 2000,
    )
    return [post(stage, headers | {"Signature": text}, body) for text in garbled]


@attack(401)
def signature_is_cut(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body)
    cut = headers["Signature"][:-20] + '"'
    return post(stage, headers | {"Signature": cut}, body)


@attack(401)
def two_signature_headers(stage: Stage) -> Answer:
    body = body_of(stage)
    pairs = [*signed(stage, body).items(), ("Signature", "x")]
    return post(stage, pairs, body)


@attack()
def huge_signature_header(stage: Stage) -> Answer:
    body = body_of(stage)
    text = f'keyId="{stage.mallory.rsa.id}",signature="{"A" * 60_000}"'
    return post(stage, signed(stage, body) | {"Signature": text}, body)


@attack(401, lesson="Misskey CVE-2023-49079, Forgejo CVE-2026-90679: the digest is recomputed")
def body_changed_after_signing(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body), body.replace(b"Like", b"Love"))


@attack(401, lesson="Misskey CVE-2023-49079: digest and host are covered and compared")
def signed_digest_of_another_body(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body, headers={"Digest": f"SHA-256={digest(b'{}')}"})
    return post(stage, headers, body)


@attack(401)
def no_digest(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body, names=("(request-target)", "host", "date"))
    return post(stage, without(headers, "Digest"), body)


@attack(401)
def digest_not_covered(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body, names=("(request-target)", "host", "date")), body)


@attack(401)
def digests_of_weak_kinds(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    weak = (
        f"MD5={base64.b64encode(hashlib.md5(body).digest()).decode()}",
        f"SHA={base64.b64encode(hashlib.sha1(body).digest()).decode()}",
        f"UNIXsum={sum(body)}",
        f"SHA-256={digest(body)[:-4]}",
        f"SHA-256={hashlib.sha256(body).hexdigest()}",
        "SHA-256=",
        "=",
    )
    headers = (signed(stage, body, headers={"Digest": text}) for text in weak)
    return [post(stage, each, body) for each in headers]


@attack(401)
def two_digests_that_differ(stage: Stage) -> Answer:
    body = body_of(stage)
    both = f"SHA-256={digest(b'{}')}, SHA-256={digest(body)}"
    return post(stage, signed(stage, body, headers={"Digest": both}), body)


@attack(401, lesson="Misskey CVE-2023-49079: host is covered")
def host_not_covered(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body, names=("(request-target)", "date", "digest")), body)


@attack()
def signed_for_another_site(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body, headers={"Host": "oslo.test"})
    return post(stage, headers | {"Host": stage.site.peer}, body)


@attack()
def sent_to_another_host_name(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body, headers={"Host": "oslo.test"}), body)


@attack(401)
def signed_for_another_path(stage: Stage) -> Answer:
    body = body_of(stage)
    path = f"/ap/u/{stage.alice.id}/inbox"
    return post(stage, signed(stage, body), body, path=path)


@attack(401)
def signed_as_a_get(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, cavage(stage.mallory.rsa, "GET", f"{stage.site.base_url}/inbox", body), body)


# Dates


@attack(401)
def no_date(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body, names=("(request-target)", "host", "digest"))
    return post(stage, headers, body)


@attack(401, lesson="Pitfall 5: clock skew of 20 minutes but not of days")
def dates_that_are_far_away(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    moved = (-2 * DAY, -7200, 7200, 2 * DAY, 365 * DAY)
    headers = (signed(stage, body, headers={"Date": http_date(offset)}) for offset in moved)
    return [post(stage, each, body) for each in headers]


@attack(401)
def dates_that_are_none(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    odd = ("yesterday", "", "1768467600", "2026-01-15T09:00:00Z")
    headers = (signed(stage, body, headers={"Date": text}) for text in odd)
    return [post(stage, each, body) for each in headers]


@attack(401)
def date_replaced_after_signing(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body, headers={"Date": http_date(-2 * DAY)})
    return post(stage, headers | {"Date": http_date()}, body)


@attack(401)
def two_dates(stage: Stage) -> Answer:
    body = body_of(stage)
    old = signed(stage, body, headers={"Date": http_date(-2 * DAY)})
    return post(stage, [*old.items(), ("Date", http_date())], body)


NAMES = ("(request-target)", "host", "(created)", "digest")


@attack(401)
def created_in_the_past_and_future(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    now = int(time.time())
    return [
        post(stage, signed(stage, body, names=NAMES, algorithm="hs2019", created=at), body)
        for at in (0, now - 2 * DAY, now + 2 * DAY, 10**15)
    ]


@attack(401)
def expired(stage: Stage) -> Answer:
    body = body_of(stage)
    now = int(time.time())
    options = {"algorithm": "hs2019", "created": now - 9000, "expires": now - 8000}
    return post(stage, signed(stage, body, names=(*NAMES, "(expires)"), **options), body)


@attack(401)
def created_without_hs2019(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body, names=NAMES, created=int(time.time())), body)


# Algorithms and keys


@attack(401)
def algorithms_that_are_none(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    names = ("none", "", "rsa-sha1", "hmac-sha256", "ecdsa-sha256", "RSA-MD5", "ed25519")
    headers = (signed(stage, body, algorithm=name) for name in names)
    return [post(stage, each, body) for each in headers]


@attack(401)
def public_key_as_a_shared_secret(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed(stage, body, algorithm="hmac-sha256")
    text = "\n".join(
        (
            "(request-target): post /inbox",
            f"host: {headers['Host']}",
            f"date: {headers['Date']}",
            f"digest: {headers['Digest']}",
        )
    )
    code = hmac.new(stage.mallory.rsa.pem.encode(), text.encode(), hashlib.sha256).digest()
    before, _, _ = headers["Signature"].rpartition('signature="')
    forged = f'{before}signature="{base64.b64encode(code).decode()}"'
    return post(stage, headers | {"Signature": forged}, body)


@attack(401)
def another_key_under_ones_own_name(stage: Stage) -> Answer:
    body = body_of(stage)
    stranger = Key(stage.mallory.rsa.id, stage.mallory.uri, Key.rsa("x").private)
    return post(stage, signed(stage, body, key=stranger), body)


@attack(401, 403)
def key_id_of_somebody_else(stage: Stage) -> list[Answer]:
    """Signed by mallory in the name of friend, of a local person and of the site itself."""
    answers = []
    local = stage.alice.uri
    for key_id, actor in (
        (stage.friend.rsa.id, stage.friend.uri),
        (f"{local}#main-key", local),
        (f"{stage.site.base_url}/actor#main-key", f"{stage.site.base_url}/actor"),
    ):
        activity = message(stage) | {"actor": actor, "id": f"{actor}/likes/1"}
        body = json.dumps(activity).encode()
        answers.append(post(stage, signed(stage, body, key_id=key_id), body))
    return answers


@attack()
def key_ids_that_are_no_addresses(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    odd = (
        "main-key",
        "#main-key",
        "//evil.test/users/mallory#main-key",
        "http:/evil.test/users/mallory#main-key",
        "http://mallory@evil.test/users/mallory#main-key",
        "http://evil.test:99999/users/mallory#main-key",
        "http://evil.test\\@good.test/users/friend",
        "http://" + "e" * 300 + ".test/users/mallory",
        "http://evil.test/" + "x" * 3000,
        "data:application/activity+json,{}",
        "acct:mallory@evil.test",
    )
    return [post(stage, signed(stage, body, key_id=text), body) for text in odd]


@attack()
def key_ids_at_internal_addresses(stage: Stage) -> list[Answer]:
    """Owncast issue 5121: the guard also holds for key look-ups."""
    body = body_of(stage)
    targets = stage.canary.addresses("/users/mallory#main-key")
    return [post(stage, signed(stage, body, key_id=text), body) for text in targets]


@attack(401)
def key_that_its_owner_does_not_have(stage: Stage) -> Answer:
    body = body_of(stage)
    return post(stage, signed(stage, body, key_id=f"{stage.mallory.uri}#other-key"), body)


@attack(401, 403, lesson="Fedify GHSA-q9f8-5hc7-898f: the owner must link back to the key")
def separate_key_that_its_owner_does_not_name(stage: Stage) -> list[Answer]:
    answers = []
    for owner in (stage.friend.uri, stage.mallory.uri, stage.alice.uri):
        uri = stage.evil.new_uri("keys")
        key = Key(uri, owner, Key.rsa("x").private)
        stage.evil.serve({"@context": CONTEXT, "type": "Key", **key.document})
        activity = json.dumps(message(stage) | {"actor": owner, "id": f"{owner}#like-{uri}"})
        answers.append(post(stage, signed(stage, activity.encode(), key=key), activity.encode()))
    return answers


@attack(401, lesson="Mastodon CVE-2024-25623: only ActivityPub media types")
def key_in_an_uploaded_file(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    answers = []
    for media_type in ("text/html", "application/json", "application/ld+json", "image/png", ""):
        uri = stage.evil.new_uri("files")
        key = Key(f"{uri}#key", uri, Key.rsa("x").private)
        actor = {**stage.mallory.document, "id": uri, "publicKey": key.document}
        stage.evil.serve(Reply(json.dumps(actor).encode(), media_type=media_type), uri)
        answers.append(post(stage, signed(stage, body, key=key), body))
    return answers


@attack(401)
def keys_that_are_too_weak_or_broken(stage: Stage) -> list[Answer]:
    answers = []
    weak = Key.rsa("x", bits=1024)
    for pem in (
        weak.pem,
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "x" * 99,
    ):
        actor = stage.evil.newcomer("weak")
        actor.document["publicKey"] = {**actor.rsa.document, "publicKeyPem": pem}
        key = Key(actor.rsa.id, actor.uri, weak.private)
        body = json.dumps(actor.activity("Like", stage.public["uri"])).encode()
        answers.append(post(stage, signed(stage, body, key=key), body))
    return answers


@attack(401)
def revoked_key(stage: Stage) -> Answer:
    actor = stage.evil.newcomer("revoked")
    actor.document["assertionMethod"] = [
        {**actor.ed25519.document, "revoked": "2020-01-01T00:00:00Z"}
    ]
    return actor.send(
        stage.site, actor.activity("Like", stage.public["uri"]), scheme="rfc9421-ed25519"
    )


@attack(401, 403)
def key_of_an_owner_at_another_origin(stage: Stage) -> Answer:
    """The friend's document names a key of evil.test; foreign keys are refused even so."""
    actor = stage.good.newcomer("careless")
    uri = stage.evil.new_uri("keys")
    key = Key(uri, actor.uri, Key.rsa("x").private)
    stage.evil.serve({"@context": CONTEXT, **key.document})
    actor.document["publicKey"] = key.document
    body = json.dumps(actor.activity("Like", stage.public["uri"])).encode()
    return post(stage, signed(stage, body, key=key), body)


@attack(202, 401)
def owner_has_gone(stage: Stage) -> Answer:
    uri = stage.evil.new_uri("users")
    stage.evil.serve(Reply(b"{}", status=410), uri)
    key = Key(f"{uri}#main-key", uri, Key.rsa("x").private)
    activity = {"@context": CONTEXT, "id": f"{uri}#delete", "type": "Delete", "actor": uri}
    body = json.dumps({**activity, "object": uri}).encode()
    return post(stage, signed(stage, body, key=key), body)


# RFC 9421


@attack(401)
def components_missing(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    sets = (
        (),
        ("@method", "@target-uri"),
        ("@method", "content-digest"),
        ("@target-uri", "content-digest"),
        ("@method", "@path", "content-digest"),
        ("content-digest",),
    )
    return [post(stage, signed_9421(stage, body, components=names), body) for names in sets]


@attack(401)
def content_digests_that_are_wrong(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    wrong = (
        f"sha-256=:{digest(b'{}')}:",
        "sha-256=:AAAA:",
        f"md5=:{base64.b64encode(hashlib.md5(body).digest()).decode()}:",
        f"sha-256={digest(body)}",
        "",
    )
    return [
        post(stage, signed_9421(stage, body, headers={"Content-Digest": text}), body)
        for text in wrong
    ]


@attack(401)
def times_of_messages(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    now = int(time.time())
    return [
        post(stage, signed_9421(stage, body, created=now - 2 * DAY), body),
        post(stage, signed_9421(stage, body, created=now + 2 * DAY), body),
        post(stage, signed_9421(stage, body, parameters=f";expires={now - 7200}"), body),
    ]


@attack(401)
def algorithms_of_messages(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    names = ("hmac-sha256", "none", "rsa-v1_5-sha256", "ecdsa-p256-sha256")
    return [
        post(stage, signed_9421(stage, body, parameters=f';alg="{name}"'), body) for name in names
    ]


@attack(401)
def message_for_another_address(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    others = ("http://oslo.test/inbox", f"{stage.site.base_url}/ap/u/{stage.alice.id}/inbox")
    answers = []
    for url in others:
        headers = rfc9421(stage.mallory.ed25519, "POST", url, body)
        answers.append(post(stage, headers | {"Host": stage.site.peer}, body))
    return answers


@attack(401)
def two_signatures_in_one_message(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = signed_9421(stage, body)
    for name in ("Signature-Input", "Signature"):
        headers[name] += ", " + headers[name].replace("sig1", "sig2")
    return post(stage, headers, body)


@attack(400, 401)
def signature_input_garbled(stage: Stage) -> list[Answer]:
    body = body_of(stage)
    headers = signed_9421(stage, body)
    given = headers["Signature-Input"]
    garbled = (
        "",
        "sig1",
        "sig1=()",
        given.replace("created", "Created"),
        given.replace('"@method"', '"@method";req'),
        given.replace('"@method"', '"@method" "@method"'),
        given.replace("sig1", "sig2"),
        given + ";created=1",
        "sig1=(" + '"a" ' * 3000 + ")",
        "(" * 9000,
    )
    return [post(stage, headers | {"Signature-Input": text}, body) for text in garbled]


@attack(401)
def both_kinds_at_once(stage: Stage) -> Answer:
    """A good old signature beside a new one that says nothing."""
    body = body_of(stage)
    return post(stage, signed(stage, body) | {"Signature-Input": "sig1=()"}, body)


# Replays


@attack(202)
def the_same_message_twice(stage: Stage) -> list[Answer]:
    """A like that was taken back long ago, sent again as it was recorded."""
    like = stage.friend.activity("Like", stage.poll["uri"])
    body = json.dumps(like).encode()
    headers = signed(stage, body, key=stage.friend.rsa)
    first = post(stage, headers, body)
    undo = stage.friend.send(stage.site, stage.friend.activity("Undo", like))
    stage.settle()
    return [first, undo, post(stage, headers, body)]


@attack()
def recorded_for_another_inbox(stage: Stage) -> Answer:
    like = stage.friend.activity("Like", stage.poll["uri"])
    body = json.dumps(like).encode()
    headers = signed(stage, body, key=stage.friend.rsa)
    return post(stage, headers, body, path=f"/ap/u/{stage.bob.id}/inbox")


@attack()
def signature_of_a_get_for_a_post(stage: Stage) -> Answer:
    body = body_of(stage)
    headers = cavage(stage.friend.rsa, "GET", f"{stage.site.base_url}/inbox")
    headers |= {"Content-Type": "application/activity+json"}
    return post(stage, headers, body)


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_refused(stage: Stage, row: Attack) -> None:
    carry_out(row, stage)


def test_the_same_message_rightly_signed_counts(stage: Stage) -> None:
    """What all the attacks above send would work if it were signed well."""

    def likes() -> int:
        return int(stage.alice.status(stage.public["id"])["favourites_count"])

    before, actor = likes(), stage.good.newcomer("likes")
    for scheme in ("cavage", "rfc9421-rsa", "rfc9421-ed25519"):
        like = actor.activity("Like", stage.public["uri"])
        assert actor.send(stage.site, like, scheme=scheme).status == 202
        stage.settle()
        assert likes() == before + 1, scheme
        assert actor.send(stage.site, actor.activity("Undo", like)).status == 202
        stage.settle()
        assert likes() == before
