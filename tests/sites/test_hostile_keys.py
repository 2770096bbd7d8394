"""Hostile messages: keys that are not what they seem, or belong to somebody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from tests.sites.hostile_requests import body_of, message, post, signed
from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import CONTEXT
from tests.sites.remote_answers import Reply
from tests.sites.remote_signing import Key
from tests.sites.web import Answer

attack = Table()


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


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_refused(stage: Stage, row: Attack) -> None:
    carry_out(row, stage)
