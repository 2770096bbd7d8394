"""Wires what people hear of each other and of the site: notifications in all their forms."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.features.notifications import api as notifications_api
from fedrse.features.notifications.api_groups import GroupsApi
from fedrse.features.notifications.api_requests import RequestsApi
from fedrse.features.notifications.service_groups import Groups
from fedrse.http.routes import Route


def routes(ground: Ground, services: Services) -> list[Route]:
    """Their addresses in the client API."""
    database, people, posts = ground.database, services.accounts, services.posts
    reports = services.reports.entities
    notifications = notifications_api.NotificationsApi(
        database, services.notifications, people, posts, reports
    )
    groups = GroupsApi(
        database=database, groups=Groups(), accounts=people, statuses=posts, reports=reports
    )
    requests = RequestsApi(
        database=database,
        requests=services.notifications.requests,
        accounts=people,
        statuses=posts,
    )
    return [
        *notifications_api.routes(notifications),
        *groups.routes(),
        *requests.routes(),
    ]
