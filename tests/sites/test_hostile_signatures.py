"""Hostile messages: signatures, digests and dates that are not what they seem."""

from __future__ import annotations

import base64
import hashlib
import json
import time

import pytest

from tests.sites.hostile_requests import DAY, body_of, post, signed, signed_9421, without
from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_signing import cavage, digest, http_date, rfc9421
from tests.sites.web import Answer

attack = Table()


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
