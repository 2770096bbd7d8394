"""Polls and reports over borders."""

from __future__ import annotations

from typing import Any

from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until

POLL = {"options": ["oui", "non", "peut-être"], "expires_in": 600}


def counts(person: Person, status: dict[str, Any]) -> tuple[list[int], int]:
    poll = person.get(f"/api/v1/polls/{status['id']}")
    return [option["votes_count"] for option in poll["options"]], poll["voters_count"]


def agree(votes: list[int], voters: int, *views: tuple[Person, dict[str, Any]]) -> None:
    """Waits until everybody sees these numbers."""
    for person, status in views:
        until(
            lambda person=person, status=status: counts(person, status) == (votes, voters),
            lambda person=person, status=status: f"{person}: {counts(person, status)}",
        )


def test_votes_are_counted_everywhere(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, colleague = lyon.newcomers(2)
    bruno, chloe = nantes.newcomer(), bruxelles.newcomer()
    for person in (bruno, chloe):
        person.follow(amina)
    asked = amina.write("On y va ?", poll=POLL)
    at_nantes, at_bruxelles = bruno.arrived(asked["uri"]), chloe.arrived(asked["uri"])
    assert [one["title"] for one in at_nantes["poll"]["options"]] == POLL["options"]
    assert at_nantes["poll"]["expires_at"][:19] == asked["poll"]["expires_at"][:19]
    colleague.post(f"/api/v1/polls/{asked['id']}/votes", choices=["0"])
    voted = bruno.post(f"/api/v1/polls/{at_nantes['id']}/votes", choices=["0"])
    assert (voted["voted"], voted["own_votes"]) == (True, [0])
    chloe.post(f"/api/v1/polls/{at_bruxelles['id']}/votes", choices=["1"])
    views = ((amina, asked), (bruno, at_nantes), (chloe, at_bruxelles))
    agree([2, 1, 0], 3, *views)
    assert bruno.get(f"/api/v1/polls/{at_nantes['id']}")["own_votes"] == [0]
    again = bruno.answer("POST", f"/api/v1/polls/{at_nantes['id']}/votes", {"choices": ["1"]})
    assert again.status == 422
    # Votes are no posts: no reply, nobody is told, nothing is in a timeline.
    for person, status in views:
        assert person.status(status["id"])["replies_count"] == 0
    assert amina.notifications(types=["mention"]) == []


def test_several_choices_and_other_options(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    bruno.follow(amina)
    asked = amina.write("Quand ?", poll={**POLL, "multiple": True, "hide_totals": True})
    seen = bruno.arrived(asked["uri"])
    assert seen["poll"]["multiple"] is True
    bruno.post(f"/api/v1/polls/{seen['id']}/votes", choices=["0", "2"])

    def own() -> tuple[int, int]:
        poll = amina.get(f"/api/v1/polls/{asked['id']}")
        return poll["votes_count"], poll["voters_count"]

    until(lambda: own() == (2, 1), own)
    hidden = bruno.get(f"/api/v1/polls/{seen['id']}")
    assert [option["votes_count"] for option in hidden["options"]] == [None] * 3
    options = ["lundi", "mardi"]
    amina.call(
        "PUT",
        f"/api/v1/statuses/{asked['id']}",
        {"status": "Quel jour ?", "poll": {**POLL, "options": options}},
    )

    def changed() -> bool:
        poll = bruno.get(f"/api/v1/polls/{seen['id']}")
        return [one["title"] for one in poll["options"]] == options and not poll["voted"]

    until(changed, "other options make the votes void")
    bruno.post(f"/api/v1/polls/{seen['id']}/votes", choices=["1"])
    agree([0, 1], 1, (amina, asked), (bruno, seen))


def test_a_report_is_forwarded_without_a_name(lyon: Site, nantes: Site) -> None:
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    target = amina.follow(bruno)
    written = bruno.write("Une publicité")
    seen = amina.arrived(written["uri"])
    made = amina.post(
        "/api/v1/reports",
        account_id=target,
        status_ids=[seen["id"]],
        comment="C'est de la publicité",
        category="spam",
        forward=True,
    )
    assert made["forwarded"] is True
    query = f"SELECT comment, posts, account_id, local FROM report WHERE target_id = {bruno.id}"
    (row,) = until(lambda: nantes.rows(query), "the report arrives")
    comment, posts, reporter, local = row
    assert (comment, bool(local)) == ("C'est de la publicité", False)
    assert written["uri"] in posts
    (kind,) = nantes.rows(f"SELECT kind FROM account WHERE id = {reporter}")[0]
    assert kind == "Application"
    assert [entry["type"] for entry in bruno.notifications()] == ["follow"]
