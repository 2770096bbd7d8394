"""Pages: files that a script sends by themselves, while somebody goes on writing."""

from __future__ import annotations

from fedrse.core.errors import Invalid, TooLarge
from fedrse.features.media.model import Media
from fedrse.features.media.service_uploads import Sent
from fedrse.features.posts.model_form import ComposeForm
from fedrse.features.posts.pages_compose_desk import COMPOSE, FOCUS, WritingParts, attached_file
from fedrse.features.posts.pages_compose_form import chosen_file, wrong_fields
from fedrse.http.multipart import Uploads
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface


class ComposeFiles:
    """``POST /compose/files``."""

    def __init__(self, parts: WritingParts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """The address of files."""
        uploads = Uploads(count=1, bytes_each=self._parts.files.largest, keeps_text=True)
        path = f"{COMPOSE}/files"
        return [Route("POST", path, self.take, Surface.PAGE, Auth.USER, uploads=uploads)]

    async def take(self, request: Request) -> Reply:
        """The row of the form for one file; 422 with ``words`` for one that cannot be used."""
        parts = self._parts
        try:
            media = await self._take(request)
        except (Invalid, TooLarge) as error:
            say = parts.renderer.languages.catalogue(request.language).gettext
            (words,) = wrong_fields(error).values()
            return json_reply({"words": say(words)}, status=422)
        file = attached_file(media, parts.urls, ComposeForm())
        return parts.renderer.render(request, "posts/attached.html", file=file, focus=FOCUS)

    async def _take(self, request: Request) -> Media:
        upload = chosen_file(request)
        if upload is None:
            raise Invalid("file_not_usable", "No file")
        if upload.size > self._parts.files.largest:
            raise TooLarge("file_too_large", "The file is too large")
        sent = Sent(path=upload.path, size=upload.size)
        return await self._parts.files.take(request.require_viewer(), sent)
