"""Upload of a photograph of 12 megapixels: processor time, and whether anybody else has to wait."""

from __future__ import annotations

import http.client
import io
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
from PIL import Image, ImageFilter

from tests.benchmarks.measure import report, wait_for_port
from tests.benchmarks.run import ROOT
from tests.benchmarks.stage import make_stage
from tests.sites.person import Person
from tests.sites.site import Site

SIZE = (4000, 3000)
UPLOADS = 8
MOST_CPU = 0.7  # seconds, of the process of the site and those that it starts
MOST_BLOCKED = 20.0  # milliseconds in which the loop serves nobody else
_BOUNDARY = "photograph"


def photograph() -> bytes:
    """As a camera writes it: large areas, fine noise, 4 MB, with a note about the place."""
    areas = Image.effect_noise((SIZE[0] // 4, SIZE[1] // 4), 60).resize(SIZE)
    forms = Image.effect_mandelbrot(SIZE, (-2, -1.2, 1, 1.2), 100)
    grain = Image.effect_noise(SIZE, 14)
    exif = Image.Exif()
    exif[0x010E] = "47.2184 -1.5536"
    target = io.BytesIO()
    picture = Image.merge("RGB", (areas, forms, grain)).filter(ImageFilter.GaussianBlur(1))
    picture.save(target, "JPEG", quality=92, exif=exif)
    return target.getvalue()


def main() -> None:
    """Prints the figures."""
    content = photograph()
    with make_stage(10, readers=1) as stage:
        me, longest = stage.readers[0], stage.site.folder / "longest"
        pid = _start(stage.site, longest)
        try:
            process = psutil.Process(pid)
            # The first one starts the process that reads pictures.
            _upload(me, content)
            longest.unlink()
            before = _cpu(process)
            times = [_upload(me, content) for _ in range(UPLOADS)]
            used = (_cpu(process) - before) / UPLOADS
            blocked = float(longest.read_text())
        finally:
            stage.site.stop()
    report(
        "image_12_megapixels", used, "s of CPU", MOST_CPU, 1.0, higher=False,
        median=statistics.median(times), megabytes=len(content) / 1e6,
    )  # fmt: skip
    report("loop_blocked_by_uploads", blocked, "ms of CPU", MOST_BLOCKED, 1.0, higher=False)


def _start(site: Site, longest: Path) -> int:
    """Runs the site with a probe in its loop; returns the number of its process."""
    command = [sys.executable, "-m", "tests.benchmarks.probed_site", str(longest)]
    with site.log.open("ab") as log:
        process = subprocess.Popen(
            [*command, "--config", str(site.configuration), "serve"],
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=ROOT,
        )
    site._processes.append(process)
    wait_for_port(site.port)
    return process.pid


def _cpu(process: psutil.Process) -> float:
    everybody = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in everybody)


def _upload(person: Person, content: bytes) -> float:
    """Sends the photograph; returns the seconds until the answer."""
    head = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
    headers = {
        "Authorization": f"Bearer {person.token}",
        "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
        "Host": person.site.peer,
    }
    line = http.client.HTTPConnection("127.0.0.1", person.site.port)
    started = time.perf_counter()
    line.request("POST", "/api/v2/media", body, headers)
    answer = line.getresponse()
    made = json.loads(answer.read())
    line.close()
    if answer.status != 200 or made["meta"]["original"]["size"] != f"{SIZE[0]}x{SIZE[1]}":
        raise RuntimeError(f"not taken: {answer.status} {made}")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
