"""Reactions of the agreed kinds on three sites: the author's counts them, all show the same."""

from __future__ import annotations

from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until

Counts = dict[str, int]


def counts_of(person: Person, identifier: str) -> tuple[Counts, int, bool]:
    status = person.status(identifier)
    kinds = {one["name"]: one["count"] for one in status["reactions"]}
    return kinds, status["favourites_count"], status["favourited"]


def become(person: Person, identifier: str, wanted: tuple[Counts, int, bool]) -> None:
    """Waits until this person's site shows so."""

    def same() -> bool:
        return counts_of(person, identifier) == wanted

    until(same, lambda: (person.handle, counts_of(person, identifier)))


def test_all_sites_show_the_same_kinds(lyon: Site, nantes: Site, bruxelles: Site) -> None:
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    for reader in (bruno, chloe):
        reader.follow(amina)
    post = amina.write("We ship on Friday")
    there, far = (reader.arrived(post["uri"])["id"] for reader in (bruno, chloe))
    for reader, identifier, kind in (
        (bruno, there, "thanks"),
        (bruno, there, "seen"),
        (chloe, far, "thanks"),
        (amina, post["id"], "agree"),
    ):
        reader.post(f"/api/v1/statuses/{identifier}/react/{kind}")
    bruno.post(f"/api/v1/statuses/{there}/favourite")
    wanted = {"thanks": 2, "agree": 1, "seen": 1}
    become(amina, post["id"], (wanted, 5, False))
    become(bruno, there, (wanted, 5, True))
    become(chloe, far, (wanted, 5, False))
    told = {one["reaction"] for one in amina.notifications() if "reaction" in one}
    assert told == {"thanks"}, "nobody is told of what was only seen"
    bruno.post(f"/api/v1/statuses/{there}/unreact/thanks")
    become(chloe, far, ({"thanks": 1, "agree": 1, "seen": 1}, 4, False))
    become(bruno, there, ({"thanks": 1, "agree": 1, "seen": 1}, 4, True))
