"""What all pages that let somebody in have in common: cookies, and who is at the door."""

from __future__ import annotations

from fedrse.features.access.model_security import Visitor
from fedrse.features.access.service_entrance import Entered
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request

# The longest that browsers keep cookies. The session itself ends 30 days after its last use.
COOKIE_SECONDS = 400 * 86_400
STEP_SECONDS = 600


def visitor_of(request: Request) -> Visitor:
    """The browser that asks."""
    return Visitor(
        user_agent=request.headers.get("User-Agent", ""),
        address=request.address,
        browser=request.cookie(request.cookies.name("browser")) or "",
    )


def let_in(request: Request, entered: Entered, target: str) -> Reply:
    """The way to ``target`` with the cookies of the session; who is new begins with a welcome."""
    reply = redirect(entered.welcome or target if target == "/" else target)
    cookies = request.cookies
    reply.cookies.append(cookies.make(cookies.session, entered.cookie, seconds=COOKIE_SECONDS))
    reply.cookies.append(
        cookies.make(cookies.name("browser"), entered.browser, seconds=COOKIE_SECONDS)
    )
    if step_of(request):
        reply.cookies.append(cookies.clear(cookies.name("step")))
    return reply


def step_of(request: Request, name: str = "step") -> str:
    """The token of what this browser has begun."""
    return request.cookie(request.cookies.name(name)) or ""


def with_step(request: Request, reply: Reply, token: str, name: str = "step") -> Reply:
    """The same reply; the browser remembers what it has begun."""
    cookies = request.cookies
    reply.cookies.append(cookies.make(cookies.name(name), token, seconds=STEP_SECONDS))
    return reply
