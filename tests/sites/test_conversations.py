"""Conversations of several people over sites: everybody has the same company."""

from __future__ import annotations

from typing import Any

from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until


def chat(person: Person, text: str) -> dict[str, Any] | None:
    """The conversation whose last message has this text."""
    found = person.get("/api/v1/conversations")
    return next((one for one in found if text in (one["last_status"] or {})["content"]), None)


def handles(conversation: dict[str, Any]) -> set[str]:
    return {one["acct"].partition("@")[0] for one in conversation["accounts"]}


def test_a_colleague_whom_nobody_knew_belongs_to_it(lyon: Site, nantes: Site) -> None:
    """The receiver's site had never heard of the third person, who gets the answer, too."""
    amina, marc = lyon.newcomers(2)
    bruno = nantes.newcomer()
    amina.account_id(bruno)
    text = f"Who has the key, @{marc.username} or @{bruno.handle}?"
    amina.write(text, visibility="direct")
    got = until(lambda: chat(bruno, "Who has the key"), "the message at nantes")
    assert got is not None
    assert handles(got) == {amina.username, marc.username}
    names = " ".join(f"@{one.handle}" for one in (amina, marc))
    bruno.write(f"{names} It hangs at the gate", visibility="direct",
                in_reply_to_id=got["last_status"]["id"])  # fmt: skip
    for one, other in ((amina, marc), (marc, amina)):
        answered = until(lambda one=one: chat(one, "at the gate"), f"the answer at {one}")
        assert answered is not None
        assert handles(answered) == {bruno.username, other.username}
    assert len(bruno.get("/api/v1/conversations")) == 1
