"""Every route that programs can call, from the router of a site itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fedrse.http.router import Endpoint, Router
from fedrse.http.routes import Route, Surface
from tests.client_api.checker import admin_endpoints, endpoints
from tests.client_api.stage import Stage
from tests.client_api.watched import parameter_name


@dataclass(frozen=True)
class Target:
    """A route, and the parameters that are documented for it (as apps write them)."""

    method: str
    path: str
    route: Route
    parameters: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_for_staff(self) -> bool:
        """Of the admin API."""
        return "/admin/" in self.path

    def filled(self, value: str) -> str:
        """The path with a value for each of its parameters."""
        return re.sub(r"\{[^}]+\}", lambda _: value, self.path)


def shape(path: str) -> str:
    """A path whose parameters have no names."""
    return re.sub(r":\w+|\{[^}]+\}", "{}", path)


def all_targets(stage: Stage, *, surfaces: frozenset[Surface]) -> list[Target]:
    """All routes of these surfaces, streams apart."""
    documented = {
        (one.method, shape(one.path)): one.parameters for one in (*endpoints(), *admin_endpoints())
    }
    found = []
    for endpoint in _endpoints(Router(stage.site.frame.routes)):
        for method, route in (*endpoint.routes.items(), *endpoint.activity.items()):
            if route.surface in surfaces and not route.stream:
                known = documented.get((method, shape(route.path)), ())
                names = tuple(one.rstrip("!") for one in known if not one.startswith(":"))
                found.append(Target(method, route.path, route, names))
    return sorted(found, key=lambda one: one.name)


def all_names() -> tuple[str, ...]:
    """The first words of all documented parameters."""
    return tuple(
        sorted(
            {parameter_name(name.rstrip("!"))[0] for one in endpoints() for name in one.parameters}
        )
    )


def _endpoints(router: Router) -> Iterator[Endpoint]:
    yield from router._fixed.values()
    waiting = [router._root]
    while waiting:
        node = waiting.pop()
        waiting += [*node.literal.values(), *node.prefixed.values()]
        waiting += [node.parameter] if node.parameter is not None else []
        yield from (one for one in (node.endpoint, node.rest) if one is not None)
