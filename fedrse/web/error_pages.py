"""Pages about errors, and the page that asks to sign in, in the language of the person."""

from __future__ import annotations

from fedrse.core.errors import FedrseError
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.unsent import find_unsent

_TITLES = {
    400: translatable("This request cannot be read"),
    403: translatable("You are not allowed to do this"),
    404: translatable("There is nothing here"),
    405: translatable("This cannot be done here"),
    408: translatable("That took too long"),
    410: translatable("This has been deleted"),
    413: translatable("That is too large"),
    415: translatable("This kind of file is not accepted"),
    422: translatable("Something in the form is not right"),
    429: translatable("Too many requests"),
    503: translatable("Not available at the moment"),
}
_OTHER = translatable("This did not work")
_OURS = translatable("Something went wrong on our side")

_ADVICE = {
    403: translatable("If you think you should be, ask the people in charge of this site."),
    404: translatable("The address may be wrong, or the page is gone or not meant for you."),
    410: translatable("Whoever wrote it took it back, so it is gone from this site for good."),
    429: translatable("Please wait a moment and try again."),
    500: translatable("The people in charge of this site can find out more with this number:"),
    503: translatable("Please try again in a few minutes."),
}

_EXPIRED = translatable("This form has expired")
_RELOAD = translatable("Go back, reload the page and try again.")

# Where looking elsewhere, or telling the people in charge, leads on.
_HELPED = frozenset({403, 404, 410, 500})
# Those in charge hold somebody back, who can read why.
_DECIDED = frozenset({"account_frozen", "account_suspended"})


class ErrorPages:
    """Draws what ``fedrse.http.errors`` asks for."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def error(self, request: Request, error: FedrseError) -> Reply:
        """Says what is wrong: the error's own sentence where it exists in the language."""
        if error.code == "csrf":
            return self._expired(request, error)
        status = error.status
        ours = status >= 500 and status != 503
        message = "" if ours else error.message
        if message and not self._renderer.languages.knows(request.language, message):
            message = ""
        return self._renderer.render(
            request,
            "error.html",
            status=status,
            title=_OURS if ours else _TITLES.get(status, _OTHER),
            message="" if status == 404 else message,
            advice=_ADVICE.get(500 if ours else status, ""),
            reference=request.id if ours else "",
            helps=status in _HELPED,
            request_id=request.id,
            decided=error.code in _DECIDED,
            unsent=None,
        )

    def _expired(self, request: Request, error: FedrseError) -> Reply:
        """Nobody did anything wrong: what was typed goes on from here, where there is some."""
        unsent = find_unsent(request)
        return self._renderer.render(
            request,
            "error.html",
            status=error.status,
            title=_EXPIRED,
            message="",
            advice="" if unsent else _RELOAD,
            reference="",
            helps=False,
            request_id=request.id,
            decided=False,
            unsent=unsent,
        )

    def sign_in(self, request: Request) -> Reply:
        """The same page for everything that a visitor may not see."""
        return self._renderer.render(
            request, "sign_in_required.html", status=401, unsent=find_unsent(request)
        )
