"""People of real sites: what they ask of the client API, and how they log in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tests.sites.waiting import ApiFailed, until
from tests.sites.web import Answer, form, request

if TYPE_CHECKING:
    from tests.sites.site import Site

PASSWORD = "correct-horse-battery-41"


@dataclass(repr=False)
class Person:
    """Somebody with an account and a token; calls the client API of the own site."""

    site: Site
    username: str
    token: str
    id: str
    uri: str
    port: int | None = None  # of the process that is asked, if the site has several

    def __repr__(self) -> str:
        return f"<{self.handle}>"

    @property
    def handle(self) -> str:
        """``amina@lyon.test``."""
        return f"{self.username}@{self.site.domain}"

    @property
    def email(self) -> str:
        return f"{self.username}@mail.test"

    # The client API

    def answer(
        self, method: str, path: str, data: Mapping[str, object] | None = None, **headers: str
    ) -> Answer:
        """The whole answer, whatever its status."""
        pairs = {"Authorization": f"Bearer {self.token}", **headers}
        body = None
        if data is not None:
            pairs["Content-Type"] = "application/json"
            body = json.dumps(data).encode()
        return request(
            self.site.base_url + path,
            method=method,
            headers=pairs,
            body=body,
            connect=("127.0.0.1", self.port or self.site.port),
            tls=self.site.tls,
        )

    def through(self, port: int) -> Person:
        """The same person, asking the process that listens there."""
        return replace(self, port=port)

    def call(self, method: str, path: str, data: Mapping[str, object] | None = None) -> Any:
        """The JSON of a good answer. Raises ApiFailed."""
        answer = self.answer(method, path, data)
        if not answer.ok:
            raise ApiFailed(method, path, answer)
        return answer.json()

    def get(self, path: str, **query: object) -> Any:
        return self.call("GET", f"{path}?{urlencode(query, doseq=True)}" if query else path)

    def post(self, path: str, **data: object) -> Any:
        return self.call("POST", path, data)

    # What people do

    def write(self, text: str, **options: object) -> dict[str, Any]:
        """Posts; ``to`` a status of this site to answer it."""
        return dict(self.post("/api/v1/statuses", status=text, **options))

    def find(self, other: str) -> dict[str, Any]:
        """An account by handle or address, as an app looks it up."""
        query = quote(other, safe="")
        path = f"/api/v2/search?type=accounts&resolve=true&limit=1&q={query}"
        found = self.call("GET", path)["accounts"]
        if not found:
            raise AssertionError(f"{self.handle} does not find {other}")
        return dict(found[0])

    def account_id(self, other: Person | str) -> str:
        """The id that somebody has on this person's site."""
        if isinstance(other, Person) and other.site is self.site:
            return other.id
        return str(self.find(f"@{other.handle}" if isinstance(other, Person) else other)["id"])

    def follow(self, other: Person | str, *, wait: bool = True) -> str:
        """Follows and waits for the acceptance; returns the id of the other on this site."""
        account = self.account_id(other)
        self.post(f"/api/v1/accounts/{account}/follow")
        if wait:
            until(lambda: self.relationship(account)["following"], f"{self.handle} follows {other}")
        return account

    def relationship(self, account: str) -> dict[str, Any]:
        asked = {"id[]": account, "with_suspended": "true"}
        return dict(self.get("/api/v1/accounts/relationships", **asked)[0])

    def home(self, **query: object) -> list[dict[str, Any]]:
        return list(self.get("/api/v1/timelines/home", limit=40, **query))

    def notifications(self, **query: object) -> list[dict[str, Any]]:
        return list(self.get("/api/v1/notifications", limit=40, **query))

    def sees(self, uri: str) -> dict[str, Any] | None:
        """The status with this address in the home timeline."""
        return next((status for status in self.home() if status["uri"] == uri), None)

    def arrived(self, uri: str) -> dict[str, Any]:
        """Waits until the status is in the home timeline, and returns it."""
        found = until(lambda: self.sees(uri), f"{uri} at {self.handle}")
        assert found is not None
        return found

    def look_up(self, uri: str) -> dict[str, Any] | None:
        """The status with this address, fetched if need be."""
        query = quote(uri, safe="")
        path = f"/api/v2/search?type=statuses&resolve=true&q={query}"
        found = self.call("GET", path)["statuses"]
        return dict(found[0]) if found else None

    def status(self, identifier: str) -> dict[str, Any]:
        return dict(self.get(f"/api/v1/statuses/{identifier}"))

    def on(self, status: Mapping[str, Any], action: str, **data: object) -> dict[str, Any]:
        """``on(status, "favourite")``; the status as this person's site shows it."""
        return dict(self.post(f"/api/v1/statuses/{status['id']}/{action}", **data))

    def delete(self, status: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self.call("DELETE", f"/api/v1/statuses/{status['id']}"))


def log_in(person: Person, path: str, data: Mapping[str, object]) -> Answer:
    """Posts a form without a token, as a browser would."""
    content_type, body = form(data)
    return request(
        person.site.base_url + path,
        method="POST",
        headers={"Content-Type": content_type},
        body=body,
    )
