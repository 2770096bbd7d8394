"""Rules that limit people and sites: what is shown agrees with what the rules decide."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

import pytest

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.extraction import FETCH
from fedrse.app.policy import make_rules
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_limits_by_rule import REVIEW_LIMITS
from fedrse.features.accounts.service_states import BY_RULE
from fedrse.features.policy.model import Effect, Effects, Match, Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_decide import decide
from fedrse.features.policy.model_fields import read_rule
from tests.features.policy.reference import reference
from tests.features.whole import Caller, WholeSite

NANTES, OSLO, FAR = "nantes.corp.example", "oslo.corp.example", "far.example"
AMINA: Final = Author("person", "7", "amina")
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
SEEDS: Final = range(25)


async def ruled(whole: WholeSite, rules: Iterable[Rule], *, review: bool = True) -> None:
    """These are all rules of the site, in force, and accounts are as they say."""
    ground, protocol = whole.site.ground, whole.site.protocol
    await ground.database.write(make_rules(ground).apply, list(rules), AMINA)
    await protocol.border.load(ground.database)
    if review:
        await whole.do_job(REVIEW_LIMITS)


def limit(*actors: str, hosts: tuple[str, ...] = (), effect: Effect = Effect.LIMIT) -> Rule:
    return Rule(id=0, match=Match(actors=actors, hosts=hosts), effect=effect)


async def shown(whole: WholeSite, viewer: Caller, account: Account) -> bool:
    """What apps are told."""
    found = await viewer.get(f"/api/v1/accounts/{account.id}")
    return bool(found.get("limited"))


async def wrote(whole: WholeSite, account: Account, number: int, viewer: Caller) -> str:
    """Something for everybody, that names somebody."""
    mention = {"type": "Mention", "href": viewer.account.uri}
    note = await whole.receive_note(
        account,
        number,
        to=PUBLIC,
        cc=[viewer.account.uri],
        tag=[mention],
        content="<p>Readable word</p>",
    )
    return str(note["id"])


async def uris(viewer: Caller, path: str) -> set[str]:
    found = await viewer.get(path)
    return {one["uri"] for one in (found["statuses"] if isinstance(found, dict) else found)}


async def test_a_person_whom_a_rule_limits_is_limited_everywhere(whole: WholeSite) -> None:
    ami, bob = await whole.person("ami"), await whole.person("bob")
    nils, olga = await whole.remote("nils", NANTES), await whole.remote("olga", NANTES)
    await bob.follow(nils)
    await whole.receive(nils, {"type": "Accept", "object": (await whole.sent("Follow"))[0]})
    await ruled(whole, [limit(nils.uri)])
    loud, calm = await wrote(whole, nils, 1, ami), await wrote(whole, olga, 2, ami)
    await whole.site.ground.runner.run_due()
    assert await shown(whole, ami, nils)
    assert not await shown(whole, ami, olga), "the site itself is not limited"
    assert await uris(ami, "/api/v1/timelines/public") == {calm}
    assert await uris(bob, "/api/v1/timelines/home") == {loud}, "who follows sees it"
    told = await ami.get("/api/v1/notifications")
    assert [one["account"]["id"] for one in told] == [str(olga.id)]
    requests = await ami.get("/api/v1/notifications/requests")
    assert [one["account"]["id"] for one in requests] == [str(nils.id)]
    whole.clock.advance(2000)
    await whole.site.ground.runner.run_due()
    search = "/api/v2/search?type=statuses&q=readable"
    assert await uris(ami, search) == {calm}
    found = await ami.get("/api/v2/search?type=accounts&q=nils")
    assert [one["id"] for one in found["accounts"]] == [str(nils.id)], "who looks finds"
    await ruled(whole, [])
    assert await uris(ami, search) == {loud, calm}
    assert not await shown(whole, ami, nils)
    assert await uris(ami, "/api/v1/timelines/public") == {loud, calm}


async def test_who_is_new_is_limited_before_anything_is_shown(whole: WholeSite) -> None:
    ami = await whole.person("ami")
    uri = f"https://{NANTES}/users/nils"
    nils_uri = (await whole.remote("nils", OSLO)).uri.replace(OSLO, NANTES)
    await ruled(whole, [limit(nils_uri, uri)])
    nils, olga = await whole.remote("nils", NANTES), await whole.remote("olga", NANTES)
    assert nils.uri in {nils_uri, uri}
    assert await shown(whole, ami, nils)
    assert not await shown(whole, ami, olga)


async def test_a_change_of_the_rules_is_followed_at_once(whole: WholeSite) -> None:
    ami, nils = await whole.person("ami"), await whole.remote("nils", NANTES)
    await whole.site.ground.runner.run_due()
    await ruled(whole, [limit(nils.uri)], review=False)
    await whole.site.ground.runner.run_due()  # no time has passed
    assert await shown(whole, ami, nils)


async def test_what_those_in_charge_decided_stays(whole: WholeSite) -> None:
    ami, nils = await whole.person("ami"), await whole.remote("nils", NANTES)
    states = whole.site.services.accounts.states

    async def by_hand(tx: object) -> None:
        await states.limit(tx, nils.id, limited=True)  # type: ignore[arg-type]

    await whole.site.ground.database.write(by_hand)
    await ruled(whole, [limit(nils.uri)])
    await ruled(whole, [])
    assert await shown(whole, ami, nils), "the rule has gone, the decision has not"


def random_rules(chance: random.Random, people: list[Account]) -> list[Rule]:
    """Rules of all kinds that may have to do with limits."""
    found: dict[Rule, None] = {}
    for _ in range(chance.randrange(1, 7)):
        some = tuple(one.uri for one in chance.sample(people, chance.choice([0, 0, 1, 2])))
        hosts = chance.choice([(), (NANTES,), (f"={OSLO}",), ("corp.example",), (FAR,)])
        if not some and not hosts:
            continue
        effects = [Effect.LIMIT, Effect.LIMIT, Effect.DENY, Effect.ALLOW, Effect.STRIP_MEDIA]
        match = Match(
            actors=some,
            hosts=hosts,
            roles=chance.choice([(), (), ("member",), ("other",)]),
            direction=chance.choice([None, None, Direction.IN]),
        )
        state = chance.choice([State.ACTIVE, State.ACTIVE, State.ACTIVE, State.SHADOW])
        found[Rule(id=0, match=match, effect=chance.choice(effects), state=state)] = None
    return list(found)


@pytest.mark.parametrize("start", [0, 1])
async def test_what_is_shown_agrees_with_what_is_decided(whole: WholeSite, start: int) -> None:
    ami = await whole.person("ami")
    names = [("nils", NANTES), ("olga", NANTES), ("odd", OSLO), ("ove", OSLO), ("fay", FAR)]
    people = [await whole.remote(*name) for name in names]
    by_hand = people[3]
    posts = {one.id: await wrote(whole, one, 10 + at, ami) for at, one in enumerate(people)}
    states = whole.site.services.accounts.states
    border, limited_once = whole.site.protocol.border, 0

    async def decide_by_hand(tx: object) -> None:
        await states.limit(tx, by_hand.id, limited=True)  # type: ignore[arg-type]

    await whole.site.ground.database.write(decide_by_hand)
    for seed in SEEDS:
        await ruled(whole, random_rules(random.Random(2 * seed + start), people))
        now, wanted = whole.clock.now(), {}
        for one in people:
            role, software = whole.site.protocol.control.peer(one.host)
            envelope = Envelope(
                direction=Direction.IN,
                host=one.host,
                actor=one.uri,
                type=FETCH,
                role=role,
                software=software,
            )
            decided = bool(decide(border.policy, envelope, now).effects & Effects.LIMIT)
            said, _ = reference(list(border.policy.rules), border.policy.defaults, envelope, now)
            assert decided == bool(said & Effects.LIMIT)
            wanted[one.id] = decided
        limited_once += sum(wanted.values())
        wanted[by_hand.id] = True
        assert {one.id: await shown(whole, ami, one) for one in people} == wanted, seed
        public = await uris(ami, "/api/v1/timelines/public")
        # Of sites outside nothing public is shown here by default; the others are.
        listed = {one.id for one in people if posts[one.id] in public}
        assert listed.isdisjoint(one for one, is_limited in wanted.items() if is_limited), seed
        assert {one for one, is_limited in wanted.items() if not is_limited} <= listed, seed
    assert limited_once > len(SEEDS) // 2, "limits were among the rules"
    await ruled(whole, [])

    async def marks(tx: object) -> list[int | None]:
        found = await whole.site.services.accounts.by_ids(tx, [p.id for p in people])  # type: ignore[arg-type]
        return [found[one.id].limited_at for one in people]

    left = await whole.site.ground.database.read(marks)
    assert [mark is not None and mark != BY_RULE for mark in left] == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_a_limit_is_about_people_not_about_messages() -> None:
    for field, value in (
        *(("functions", ["polls"]), ("languages", ["fr"]), ("tags", ["#x"])),
        *(("attachments", ["image"]), ("audiences", ["public"]), ("networks", ["192.0.2.0/24"])),
        ("direction", "out"),
    ):
        _, wrong = read_rule({"effect": "limit", "hosts": "a.example", field: value})
        name = "types" if field == "functions" else field
        assert [(at, "about sites and people" in str(said)) for at, said in wrong] == [(name, True)]
    for field, value in (
        ("actors", "https://a.example/u/1"),
        ("roles", "other"),
        ("software", "x"),
    ):
        assert read_rule({"effect": "limit", field: value, "direction": "in"})[1] == []
