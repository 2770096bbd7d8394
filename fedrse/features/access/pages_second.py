"""The page of the second step, after the password."""

from __future__ import annotations

from fedrse.core.errors import Forbidden
from fedrse.features.access.model_second_factor import WrongCode
from fedrse.features.access.pages import LOGIN, SECOND, SignInPages
from fedrse.features.access.pages_door import let_in, step_of, visitor_of
from fedrse.features.access.service_entrance import Entrance
from fedrse.features.access.service_steps import StepOver
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

_WRONG = translatable("This code is wrong, or was used already. Wait for the next one.")
_WRONG_RECOVERY = translatable("This is none of your recovery codes, or it was used already.")


class SecondStepPages:
    """``/login/second``."""

    def __init__(
        self, *, database: Database, entrance: Entrance, sign_in: SignInPages, renderer: Renderer
    ) -> None:
        self._database = database
        self._entrance = entrance
        self._sign_in = sign_in
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address of this page."""
        page, anyone = Surface.PAGE, Auth.OPTIONAL
        return [
            Route("GET", SECOND, self.show, page, anyone),
            Route("POST", SECOND, self.check, page, anyone, limit=Limit.LOGIN),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /login/second``."""
        return await self._form(request)

    async def check(self, request: Request) -> Reply:
        """``POST /login/second``."""
        try:
            entered, target = await self._entrance.after_code(
                self._database,
                step_of(request),
                (request.text("code") or "")[:100],
                visitor_of(request),
            )
        except WrongCode:
            is_recovery = request.text("with") == "recovery"
            return await self._form(request, error=_WRONG_RECOVERY if is_recovery else _WRONG)
        except (StepOver, Forbidden):
            return redirect(f"{LOGIN}?over=1")
        await self._database.write(self._sign_in.end_session, request)
        return let_in(request, entered, target)

    async def _form(self, request: Request, *, error: str = "") -> Reply:
        try:
            target = await self._database.read(self._entrance.target_of, step_of(request))
        except StepOver:
            return redirect(f"{LOGIN}?over=1")
        app, policy = await self._sign_in.destination(target)
        return self._renderer.render(
            request,
            "access/second_step.html",
            status=422 if error else 200,
            headers=policy,
            action=SECOND,
            with_recovery=request.text("with") == "recovery",
            app=app,
            error=error,
        )
