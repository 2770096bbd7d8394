"""A site is killed while it converts a film: the film is ready all the same."""

from __future__ import annotations

import http.client
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.blobs import recordings as made
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.waiting import until

BOUNDARY = "film"


def send(person: Person, content: bytes) -> tuple[int, Any]:
    """``POST /api/v2/media``."""
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="x"\r\n'
        "Content-Type: video/webm\r\n\r\n"
    )
    headers = {
        "Authorization": f"Bearer {person.token}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Host": person.site.peer,
    }
    line = http.client.HTTPConnection("127.0.0.1", person.site.port)
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    line.request("POST", "/api/v2/media", body, headers)
    answer = line.getresponse()
    found = answer.status, json.loads(answer.read())
    line.close()
    return found


def programs_on(folder: Path) -> list[str]:
    """Programs that have a file of this folder among their arguments."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(command.read_bytes().decode(errors="replace"))
    return [one for one in found if f"{folder}/" in one]


@made.needs_ffmpeg
def test_kill_while_converting(tmp_path: Path) -> None:
    # Slow enough to be met at work: it has to be written anew.
    film = made.film(
        tmp_path, "film.mkv", size="1280x720", seconds=20, options=("-c:v", "mpeg2video")
    )
    group = make_group(tmp_path, 1)
    site = group[0]
    try:
        me = site.newcomer()
        status, media = send(me, film.read_bytes())
        assert (status, media["url"]) == (202, None)
        incoming = site.folder / "media/.incoming"
        until(lambda: list(incoming.glob("*/converted.mp4")), "the conversion begins")
        assert programs_on(incoming)
        site.kill()
        # The program ends with the site; it does not write on behind the back of the next one.
        until(lambda: not programs_on(incoming), "the program ends")
        assert site.value("SELECT state FROM media") == "processing"
        site.start()

        def ready() -> Any:
            answer = me.answer("GET", f"/api/v1/media/{media['id']}")
            return answer if answer.status != 206 else None

        answer = until(ready, "the film is ready", seconds=90)
        assert answer.status == 200
        post = me.write("a film", media_ids=[media["id"]])
        assert post["media_attachments"][0]["meta"]["original"]["width"] == 1280
        until(lambda: not list(incoming.iterdir()), "nothing is left behind")
        until(lambda: not list((site.folder / "media").rglob("*.raw")), "the original goes")
    finally:
        group.stop()
