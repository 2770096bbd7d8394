"""Makes the people of one site of the demo, and a token for each; prints them as JSON.

``python -m fedrse.app.demo.people CONFIGURATION SITE PASSWORD``
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from fedrse.app.context import access_services, ready_database
from fedrse.app.demo.group import Person, load_group
from fedrse.app.people import NewPerson, create_in, create_token
from fedrse.app.site_setup import set_up
from fedrse.core.clock import SystemClock
from fedrse.core.configuration import load_settings
from fedrse.core.settings import Settings
from fedrse.features.directory.service_welcome import Welcome

SCOPES = "read write follow"


async def make_people(settings: Settings, people: list[Person], password: str) -> dict[str, str]:
    """Sets the site up and returns the token of everybody by user name."""
    await set_up(settings, None, _silent)
    access = access_services(settings)
    async with ready_database(settings) as database:
        for person in people:
            made = await create_in(database, settings, access, _new(person, settings, password))
            # They have been here for long.
            await database.write(Welcome(clock=SystemClock()).finish, int(str(made["id"])))
    access.passwords.close()
    tokens = {}
    for person in people:
        issued = await create_token(settings, person.username, SCOPES)
        tokens[person.username] = str(issued["access_token"])
    return tokens


def _new(person: Person, settings: Settings, password: str) -> NewPerson:
    return NewPerson(
        username=person.username,
        email=f"{person.username}@{settings.handle_domain}",
        display_name=person.name,
        role="owner" if person.admin else "member",
        locale=person.language,
        password=password,
    )


def _silent(_text: str) -> None:
    pass


def main() -> None:
    """See the module."""
    configuration, key, password = sys.argv[1:]
    settings = load_settings(Path(configuration), {})
    people = load_group().people[key]
    sys.stdout.write(json.dumps(asyncio.run(make_people(settings, people, password))))


if __name__ == "__main__":
    main()
