"""What those in charge of a site decide, as people of another site see it."""

from __future__ import annotations

from typing import Any

from fedrse.features.access.model import Role
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until


def moderator(site: Site, name: str) -> Person:
    """Somebody who may moderate, with a token that says so."""
    (person,) = site.create(name, role=Role.MODERATOR)
    return person


def decide(by: Person, target: Person | str, action: str, **more: object) -> None:
    key = by.account_id(target) if isinstance(target, str) else target.id
    by.post(f"/api/v1/admin/accounts/{key}/action", type=action, **more)


def shown(person: Person, key: str) -> dict[str, Any]:
    return dict(person.get(f"/api/v1/accounts/{key}"))


def test_a_suspension_reaches_other_sites_and_is_undone(lyon: Site, nantes: Site) -> None:
    mod = moderator(lyon, "mod_suspends")
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    key = bruno.follow(amina)
    written = amina.write("Bonjour")
    seen = bruno.arrived(written["uri"])
    decide(mod, amina, "suspend", text="Assez.")
    until(lambda: shown(bruno, key)["suspended"], "nantes hears of the suspension")
    assert bruno.answer("GET", f"/api/v1/statuses/{seen['id']}").status == 404
    mod.post(f"/api/v1/admin/accounts/{amina.id}/unsuspend")
    until(lambda: not shown(bruno, key)["suspended"], "nantes hears that it is over")
    assert bruno.status(seen["id"])["content"] == seen["content"]
    again = amina.write("Me revoilà")
    bruno.arrived(again["uri"])


def test_a_forwarded_report_is_decided_where_the_post_was_written(lyon: Site, nantes: Site) -> None:
    mod = moderator(nantes, "mod_decides")
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    target = amina.follow(bruno)
    written = bruno.write("Une insulte")
    seen = amina.arrived(written["uri"])
    amina.post(
        "/api/v1/reports",
        account_id=target,
        status_ids=[seen["id"]],
        comment="C'est une insulte",
        forward=True,
    )

    def waiting() -> list[dict[str, Any]]:
        found = mod.get("/api/v1/admin/reports", target_account_id=bruno.id)
        return list(found)

    (report,) = until(waiting, "the report arrives")
    assert report["account"]["domain"] == lyon.peer
    assert amina.handle not in str(report["comment"])
    assert [one["uri"] for one in report["statuses"]] == [written["uri"]]
    # Deleting the post destroys no evidence; deleting it elsewhere follows from the Delete.
    bruno.delete(written)
    until(
        lambda: amina.answer("GET", f"/api/v1/statuses/{seen['id']}").status == 404,
        "lyon hears of the deletion",
    )
    (kept,) = nantes.rows(f"SELECT content FROM evidence WHERE report_id = {report['id']}")
    assert "Une insulte" in kept[0]
    decide(mod, bruno, "none", report_id=report["id"], text="On ne parle pas ainsi.")
    assert waiting() == []
    (warned,) = bruno.notifications(types=["moderation_warning"])
    assert warned["moderation_warning"]["text"] == "On ne parle pas ainsi."


def test_somebody_of_another_site_is_suspended_here_only(lyon: Site, nantes: Site) -> None:
    mod = moderator(lyon, "mod_here")
    amina, bruno, chloe = lyon.newcomer(), nantes.newcomer(), nantes.newcomer()
    key, elsewhere = amina.follow(bruno), chloe.follow(bruno)
    first = bruno.write("Un")
    seen = amina.arrived(first["uri"])
    mod.post(f"/api/v1/admin/accounts/{key}/action", type="suspend")
    assert amina.answer("GET", f"/api/v1/statuses/{seen['id']}").status == 404
    second = bruno.write("Deux")
    chloe.arrived(second["uri"])
    assert shown(chloe, elsewhere)["suspended"] is False
    assert amina.sees(second["uri"]) is None
    mod.post(f"/api/v1/admin/accounts/{key}/unsuspend")
    assert amina.status(seen["id"])["content"] == seen["content"]
    third = bruno.write("Trois")
    amina.arrived(third["uri"])
