"""Bodies of all kinds over a real socket, and the protection of forms."""

from __future__ import annotations

import asyncio
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.http.multipart import Uploads, clean_filename
from fedrse.http.principal import Principal
from fedrse.http.reply import Reply, html_reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface

SESSION = Principal(account_id=9, session_id=1, csrf="c" * 32)


async def show_params(request: Request) -> Reply:
    shown = {
        name: value if isinstance(value, str | list | dict) else repr(type(value).__name__)
        for name, value in request.params.items()
    }
    return json_reply(shown)


async def show_files(request: Request) -> Reply:
    return json_reply(
        {
            name: [file.filename, file.media_type, file.size, len(file.path.read_bytes())]
            for name, file in request.uploads.items()
        }
    )


async def show_body(request: Request) -> Reply:
    return json_reply([len(request.body), request.params])


def api(handler: Any, **options: Any) -> Route:
    options = {"surface": Surface.API, "auth": Auth.PUBLIC, **options}
    return Route("POST", "/api/x", handler, **options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"json": {"a": {"b": ["1"]}, "q": "body"}}, {"a": {"b": ["1"]}, "q": "body"}),
        ({"data": {"a[b][]": "1"}}, {"a": {"b": ["1"]}, "q": "query"}),
        ({"data": b"", "headers": {"Content-Type": "application/json"}}, {"q": "query"}),
        ({}, {"q": "query"}),
    ],
)
async def test_query_and_body_are_merged(
    serve: Any, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    site = await serve([api(show_params)])
    assert (await site.request("POST", "/api/x?q=query", **options))[2] == expected


async def test_json_of_a_get_is_read_where_programs_ask(serve: Any) -> None:
    routes = [
        Route("GET", "/api/x", show_params, Surface.API, Auth.PUBLIC),
        Route("GET", "/x", show_params, Surface.PAGE, Auth.PUBLIC),
    ]
    site = await serve(routes)
    body = {"id": ["1", "2"]}
    assert (await site.request("GET", "/api/x?q=1", json=body))[2] == {**body, "q": "1"}
    assert (await site.request("GET", "/x?q=1", json=body))[2] == {"q": "1"}
    other = {"data": b"\xff", "headers": {"Content-Type": "text/plain"}}
    assert (await site.request("GET", "/api/x?q=1", **other))[2] == {"q": "1"}
    broken = {"data": b"{", "headers": {"Content-Type": "application/json"}}
    assert (await site.request("GET", "/api/x", **broken))[0] == 400
    huge = {"data": b" " * 300_000, "headers": {"Content-Type": "application/json"}}
    assert (await site.request("GET", "/api/x", **huge))[0] == 413


FORM = {"Content-Type": "multipart/form-data; boundary=x"}

Field = tuple[str, bytes, str | None]


def multipart(*fields: Field, media_type: str | None = None) -> dict[str, Any]:
    """Options of a request that carries these fields: name, value, file name."""
    lines = []
    for name, value, filename in fields:
        disposition = f'form-data; name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        lines += [b"--x", f"Content-Disposition: {disposition}".encode()]
        if media_type and filename:
            lines.append(f"Content-Type: {media_type}".encode())
        lines += [b"", value]
    return {"data": io.BytesIO(b"\r\n".join([*lines, b"--x--", b""])), "headers": dict(FORM)}


async def test_multipart_has_fields_and_files(serve: Any, tmp_path: Path) -> None:
    site = await serve([api(show_files, uploads=Uploads(count=2, bytes_each=3_000_000))])
    form = multipart(
        ("description", "Été".encode(), None),
        ("file", b"x" * 2_500_000, "../../café.png"),
        ("empty", b"", ""),
        media_type="image/png; a=b",
    )
    status, _, body = await site.request("POST", "/api/x", **form)
    assert status == 200
    assert body == {"file": ["café.png", "image/png", 2_500_000, 2_500_000]}
    assert list(tmp_path.iterdir()) == []


async def test_a_part_that_calls_itself_a_form_is_a_text_or_a_file(serve: Any) -> None:
    """As Tusky sends what somebody changes of a profile."""
    site = await serve([api(show_params, uploads=Uploads())])
    retrofit = (
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n'
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-Type: multipart/form-data; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s\r\n"
    )
    fields = [(b"display_name", "Été".encode()), (b"fields_attributes[0][name]", b"")]
    body = b"".join(retrofit % (name, len(value), value) for name, value in fields)
    status, _, found = await site.request("POST", "/api/x", data=body + b"--x--", headers=FORM)
    assert status == 200
    assert found == {"display_name": "Été", "fields_attributes": {"0": {"name": ""}}}
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
    body = file + b"Content-Type: MULTIPART/form-data\r\n\r\nbytes\r\n--x--"
    site = await serve([api(show_files, uploads=Uploads())])
    found = (await site.request("POST", "/api/x", data=body, headers=FORM))[2]
    assert found == {"file": ["a", "application/octet-stream", 5, 5]}


async def test_a_file_that_is_moved_away_stays(serve: Any, tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    async def keep(request: Request) -> bytes:
        request.uploads["file"].path.rename(kept)
        return b"{}"

    site = await serve([api(keep, uploads=Uploads())])
    form = multipart(("file", b"data", "a.txt"))
    assert (await site.request("POST", "/api/x", **form))[0] == 200
    assert kept.read_bytes() == b"data"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ([("a", b"x" * 5000, None)], 413, "too_large"),
        ([("a", b"x" * 5000, "f")], 413, "file_too_large"),
        ([("a", b"x", "f"), ("b", b"x", "g")], 413, "too_many_files"),
        ([("a", b"\xff", None)], 400, "invalid_encoding"),
        ([("a", b"\0", None)], 400, "invalid_encoding"),
        ([("a", b"1", None), ("a[]", b"2", None)], 400, "parameter_conflict"),
        ([("a", b"", None) for number in range(1001)], 413, "too_many_parameters"),
    ],
)
async def test_multipart_that_is_refused_leaves_nothing(
    serve: Any, tmp_path: Path, fields: list[Any], status: int, code: str
) -> None:
    route = api(show_params, body_limit=4000, uploads=Uploads(count=1, bytes_each=2000))
    site = await serve([route])
    answered, _, body = await site.request("POST", "/api/x", **multipart(*fields))
    assert (answered, body["error_code"]) == (status, code)
    assert list(tmp_path.iterdir()) == []


NESTED = b"\r\n".join(
    (
        b"--x",
        b'Content-Disposition: form-data; name="a"',
        b"Content-Type: multipart/mixed; boundary=y",
        b"",
        b"--y\r\n\r\n1\r\n--y--",
        b"--x--",
    )
)


@pytest.mark.parametrize(
    ("headers", "data", "status"),
    [
        ({"Content-Type": "multipart/form-data"}, b"--x", 400),
        ({"Content-Type": "multipart/form-data; boundary=" + "x" * 200}, b"--x", 400),
        (FORM, b"", 200),
        (FORM, b"garbage", 400),
        (FORM, b"--x\r\n\r\nno name\r\n--x--", 400),
        (
            FORM,
            b"--x\r\n" + b"".join(b"a%d: b\r\n" % i for i in range(999)) + b"\r\n\r\n--x--",
            400,
        ),
        (FORM, NESTED, 400),
        ({"Content-Type": "application/json"}, b"[1]", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0), 415),
        ({"Content-Type": "application/json"}, b"x" * 300_000, 413),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=\xff", 400),
    ],
)  # fmt: skip
async def test_bodies_that_are_refused(
    serve: Any, headers: dict[str, str], data: bytes, status: int
) -> None:
    site = await serve([api(show_params)])
    answered, _, body = await site.request("POST", "/api/x", headers=headers, data=data)
    assert answered == status
    if status != 200:
        assert body["error"]


@pytest.mark.parametrize(
    ("headers", "data", "expected"),
    [
        ({"Content-Type": "text/plain"}, b"a=1", {"q": "query"}),
        ({"Content-Type": "text/csv"}, b"\xff\0", {"q": "query"}),
        ({"Content-Type": "application/octet-stream"}, b'{"a": 1}', {"q": "query"}),
        ({"Content-Type": "nonsense"}, b"a", {"q": "query"}),
        ({}, b"a=1&q=body", {"a": "1", "q": "body"}),
    ],
)
async def test_programs_are_read_as_mastodon_reads_them(
    serve: Any, headers: dict[str, str], data: bytes, expected: dict[str, Any]
) -> None:
    """A body of another type says nothing; one without a type is a form."""
    site = await serve([api(show_params)])
    answered, _, body = await site.request(
        "POST",
        "/api/x?q=query",
        headers=headers,
        data=data,
        skip_auto_headers=("Content-Type",),
    )
    assert (answered, body) == (200, expected)


async def test_what_is_not_read_is_limited_all_the_same(serve: Any) -> None:
    site = await serve([api(show_params)])
    plain = {"Content-Type": "text/plain"}
    answered, _, _ = await site.request("POST", "/api/x", headers=plain, data=b"x" * 300_000)
    assert answered == 413


async def test_other_surfaces_refuse_types_that_they_do_not_know(serve: Any) -> None:
    site = await serve([api(show_params, surface=Surface.WELLKNOWN)])
    plain = {"Content-Type": "text/plain"}
    answered, _, body = await site.request("POST", "/api/x", headers=plain, data=b"a=1")
    assert answered == 415
    assert body["error"]


async def exchange(address: str, *pieces: bytes) -> bytes:
    """Sends pieces on a raw connection and reads until the server closes."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


HEAD = b"POST /api/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"


async def test_a_client_that_waits_is_told_to_continue(serve: Any) -> None:
    site = await serve([api(show_params)])
    answer = await exchange(
        site.address, HEAD + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n", b'{"a":"b"}'
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'{"a":"b"}')


async def test_a_declared_length_above_the_limit_is_refused_unread(serve: Any) -> None:
    site = await serve([api(show_params)])
    answer = await exchange(
        site.address, HEAD + b"Expect: 100-continue\r\nContent-Length: 900000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_chunks_are_counted(serve: Any) -> None:
    site = await serve([api(show_body, surface=Surface.ACTIVITYPUB, body_limit=100)])
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = await exchange(site.address, head, b"4\r\nabcd\r\n", b"4\r\nefgh\r\n0\r\n\r\n")
    assert answer.endswith(b"[8,{}]")
    answer = await exchange(
        site.address,
        head,
        b"60\r\n" + b"x" * 0x60 + b"\r\n",
        b"9\r\n" + b"x" * 9 + b"\r\n0\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_activitypub_bodies_stay_bytes(serve: Any) -> None:
    site = await serve([api(show_body, surface=Surface.ACTIVITYPUB)])
    data = b'{"type": [[[[[[[[[[[[1]]]]]]]]]]]]'
    assert (await site.request("POST", "/api/x", data=data))[2] == [len(data), {}]


@given(st.binary(max_size=300))
def test_a_file_name_is_a_name(data: bytes) -> None:
    name = clean_filename(data.decode("utf-8", "replace"))
    assert "/" not in name
    assert "\\" not in name
    assert name not in (".", "..")
    assert name.isprintable()


async def show_form(request: Request) -> Reply:
    return html_reply(request.csrf_token())


async def accept_form(request: Request) -> Reply:
    return html_reply(f"accepted {request.text('name')}")


PAGES = [
    Route("GET", "/f", show_form, surface=Surface.PAGE, auth=Auth.OPTIONAL),
    Route("POST", "/f", accept_form, surface=Surface.PAGE, auth=Auth.OPTIONAL),
    Route("POST", "/open", accept_form, surface=Surface.PAGE, auth=Auth.PUBLIC, csrf=False),
]
OWN = {"Origin": "http://localhost:8400"}


async def test_forms_of_a_session_need_its_token(serve: Any) -> None:
    site = await serve(PAGES)
    site.people.sessions = {"s": SESSION}
    cookie = {"Cookie": f"{site.frame.site.cookies.session}=s"}
    _, headers, token = await site.get("/f", **cookie)
    assert SESSION.csrf not in token, "sizes of compressed pages must not tell it"
    assert token != (await site.get("/f", **cookie))[2]
    assert "Set-Cookie" not in headers
    good = {"name": "Amina", "csrf_token": token}
    status, _, body = await site.request("POST", "/f", data=good, headers={**cookie, **OWN})
    assert (status, body) == (200, "accepted Amina")
    by_header = {**cookie, "X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin"}
    assert (await site.request("POST", "/f", headers=by_header))[0] == 200
    form = multipart(("csrf_token", token.encode(), None))
    form["headers"].update(cookie)
    assert (await site.request("POST", "/f", **form))[0] == 200
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "d" * 32}, {"csrf_token[]": token}):
        assert (await site.request("POST", "/f", data=data, headers={**cookie, **OWN}))[0] == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:8400"}, 200),
        ({"Origin": "http://localhost:8401"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 200),
    ],
)
async def test_forms_must_come_from_this_site(
    serve: Any, headers: dict[str, str], status: int
) -> None:
    site = await serve(PAGES)
    site.people.sessions = {"s": SESSION}
    cookie = {"Cookie": f"{site.frame.site.cookies.session}=s"}
    data = {"csrf_token": SESSION.csrf}
    assert (await site.request("POST", "/f", data=data, headers={**cookie, **headers}))[0] == status


async def test_without_a_session_the_token_is_in_a_cookie(serve: Any) -> None:
    site = await serve(PAGES)
    _, headers, token = await site.get("/f")
    cookie = headers["Set-Cookie"]
    assert cookie.startswith(f"{site.frame.site.cookies.csrf}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    back = {"Cookie": cookie.partition(";")[0], **OWN}
    assert "Set-Cookie" not in (await site.get("/f", Cookie=back["Cookie"]))[1]
    good = {"csrf_token": token}
    assert (await site.request("POST", "/f", data=good, headers=back))[0] == 200
    assert (await site.request("POST", "/f", data=good, headers=OWN))[0] == 403
    assert (await site.request("POST", "/f", data={}, headers=back))[0] == 403
    status, _, body = await site.request("POST", "/f", data={"csrf_token": "x"}, headers=back)
    assert (status, "expired" in body) == (403, True)
    assert (await site.request("POST", "/open"))[0] == 200
