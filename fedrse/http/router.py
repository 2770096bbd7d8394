"""Finds the route of a path: a dictionary for fixed paths, a tree of segments for the others.

Literal segments win over ``@{name}``, those over ``{name}``, and those over ``{name...}``. A
trailing slash is ignored where the path without it is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from fedrse.core.errors import BadRequest
from fedrse.http.routes import Route, Surface

MAX_SEGMENTS = 32

Found = tuple["Endpoint", dict[str, str]]


class Endpoint:
    """All routes of one path: by method, and apart for ActivityPub where the path has both."""

    __slots__ = ("activity", "allowed", "names", "path", "routes")

    def __init__(self, path: str, names: tuple[str, ...]) -> None:
        self.path = path
        self.names = names
        self.routes: dict[str, Route] = {}
        self.activity: dict[str, Route] = {}
        self.allowed = ""

    def add(self, route: Route) -> None:
        """Raises ValueError where the method is already taken."""
        table = self.activity if route.surface is Surface.ACTIVITYPUB else self.routes
        if route.method in table:
            raise ValueError(f"{route.method} {route.path} is declared twice")
        table[route.method] = route
        methods = {*self.routes, *self.activity, "OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        self.allowed = ", ".join(sorted(methods))

    @property
    def surface(self) -> Surface:
        """The surface of the ordinary routes, or ActivityPub where there are none."""
        for route in self.routes.values():
            return route.surface
        return Surface.ACTIVITYPUB

    @property
    def both(self) -> bool:
        """Whether the Accept header decides between a page and ActivityPub."""
        return bool(self.activity and self.routes)

    def choices(self, method: str) -> tuple[Route | None, Route | None]:
        """The ordinary and the ActivityPub route of a method; HEAD is answered by GET."""
        name = "GET" if method == "HEAD" else method
        return self.routes.get(name), self.activity.get(name)


class _Node:
    __slots__ = ("endpoint", "literal", "parameter", "prefixed", "rest")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.prefixed: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.rest: Endpoint | None = None
        self.endpoint: Endpoint | None = None


class Router:
    """All routes of a site."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, Endpoint] = {}
        self._root = _Node()
        for route in routes:
            self.add(route)

    def find(self, path: str) -> Found | None:
        """The endpoint of a raw (percent-encoded) path and the decoded values of its parameters.

        Raises BadRequest where the path is not UTF-8 or contains NUL.
        """
        endpoint = self._fixed.get(path)
        if endpoint is not None:
            return endpoint, {}
        segments = path[1:].split("/", MAX_SEGMENTS)
        if "%" in path or not path.isascii():
            segments = [decode_segment(segment) for segment in segments]
        found = self._walk(segments)
        if found is None and len(path) > 1 and path[-1] == "/":
            return self._fixed_or_walked(path[:-1], segments[:-1])
        return found

    def _fixed_or_walked(self, path: str, segments: list[str]) -> Found | None:
        endpoint = self._fixed.get(path)
        return (endpoint, {}) if endpoint is not None else self._walk(segments)

    def _walk(self, segments: list[str]) -> Found | None:
        values: list[str] = []
        endpoint = _descend(self._root, segments, 0, values)
        return (
            None if endpoint is None else (endpoint, dict(zip(endpoint.names, values, strict=True)))
        )

    def add(self, route: Route) -> None:
        """Raises ValueError for a route that collides with another."""
        if not route.path.startswith("/"):
            raise ValueError(f"{route.path} does not start with a slash")
        if "{" not in route.path:
            self._fixed.setdefault(route.path, Endpoint(route.path, ())).add(route)
            return
        node, names = self._root, []
        for segment in route.path[1:].split("/"):
            prefix, brace, parameter = segment.partition("{")
            if not brace:
                node = node.literal.setdefault(segment, _Node())
                continue
            name = parameter.removesuffix("}")
            names.append(name.removesuffix("..."))
            if name.endswith("..."):
                node.rest = _same_names(node.rest, route.path, names)
                node.rest.add(route)
                return
            if prefix:
                node = node.prefixed.setdefault(prefix, _Node())
            else:
                node.parameter = node = node.parameter or _Node()
        node.endpoint = _same_names(node.endpoint, route.path, names)
        node.endpoint.add(route)


def _same_names(endpoint: Endpoint | None, path: str, names: list[str]) -> Endpoint:
    if endpoint is None:
        return Endpoint(path, tuple(names))
    if endpoint.names != tuple(names):
        raise ValueError(f"{path} and {endpoint.path} name their parameters differently")
    return endpoint


def _descend(node: _Node, segments: list[str], index: int, values: list[str]) -> Endpoint | None:
    if index == len(segments):
        return node.endpoint
    segment = segments[index]
    branch = node.literal.get(segment)
    if branch is not None:
        found = _descend(branch, segments, index + 1, values)
        if found is not None:
            return found
    known = len(values)
    for prefix, branch in node.prefixed.items():
        if len(segment) > len(prefix) and segment.startswith(prefix):
            values.append(segment[len(prefix) :])
            found = _descend(branch, segments, index + 1, values)
            if found is not None:
                return found
            del values[known:]
    if node.parameter is not None and segment:
        values.append(segment)
        found = _descend(node.parameter, segments, index + 1, values)
        if found is not None:
            return found
        del values[known:]
    if node.rest is not None:
        values.append("/".join(segments[index:]))
        return node.rest
    return None


def decode_segment(segment: str) -> str:
    """Percent-decodes one path segment. Raises BadRequest for what is not UTF-8, and for NUL."""
    try:
        segment.encode()
        text = unquote(segment, errors="strict") if "%" in segment else segment
    except UnicodeError as error:
        raise BadRequest("invalid_path", "The address is not valid UTF-8.") from error
    if "\0" in text:
        raise BadRequest("invalid_path", "The address contains a NUL character.")
    return text
