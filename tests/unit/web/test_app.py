"""Where the application listens, and the files of the page."""

from __future__ import annotations

import posixpath
import re
import socket
from collections.abc import Mapping

import pytest
from aiohttp import ClientSession

from swarmstt.errors import PortTakenError
from swarmstt.web.app import _listening_sockets, build_app, serve
from swarmstt.web.page import read_files
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode


def test_listens_on_loopback_only() -> None:
    sockets = _listening_sockets(0)
    try:
        addresses = [each.getsockname()[:2] for each in sockets]
        assert addresses[0][0] == "127.0.0.1"
        assert addresses[1:] in ([], [("::1", addresses[0][1])])
    finally:
        for each in sockets:
            each.close()


async def test_serves_by_address_and_by_name(node: FakeNode) -> None:
    async with serve(build_app(node.ports), 0) as port, ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/status") as answer:
            assert answer.status == 200
        if socket.has_ipv6:
            async with session.get(f"http://localhost:{port}/status") as answer:
                assert answer.status == 200


async def test_a_port_that_is_taken_is_an_error_that_names_the_option(node: FakeNode) -> None:
    async with serve(build_app(node.ports), 0) as port:
        with pytest.raises(PortTakenError, match=f"{port}.*--port"):
            async with serve(build_app(node.ports), port):
                pytest.fail("The port was taken twice.")


async def test_a_port_is_free_again_afterwards(node: FakeNode) -> None:
    async with serve(build_app(node.ports), 0) as port:
        pass
    async with serve(build_app(node.ports), port) as again:
        assert again == port


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/static/page/page.css", "text/css"), ("/static/page/main.js", "text/javascript")],
)
async def test_the_files_of_the_page(client: Client, path: str, kind: str) -> None:
    answer = await client.get(path)
    assert (answer.status, answer.content_type, answer.charset) == (200, kind, "utf-8")
    assert answer.headers["Cache-Control"] == "no-cache"
    again = await client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")


async def test_there_are_no_other_files(client: Client) -> None:
    outside = (
        "none.js",
        "..%2Fapp.py",
        "app.py",
        "page%2F..%2F..%2Fpage.py",
        "page/..%2F..%2F__init__.py",
        "%2Fetc%2Fhosts",
    )
    for path in ("", "main.js", "page", "page/", "page//main.js", *outside):
        assert (await client.get(f"/static/{path}")).status == 404, path


def loaded_at_first(files: Mapping[str, bytes], path: str) -> set[str]:
    """A module, and all that it and those import as they are loaded."""
    loaded: set[str] = set()
    coming = [path]
    while coming:
        path = coming.pop()
        if path not in loaded:
            loaded.add(path)
            found = re.findall(r'^import [^;]*?"([^"]+)";', files[path].decode(), re.MULTILINE)
            coming += [posixpath.normpath(posixpath.join(posixpath.dirname(path), each)) for each in found]
    return loaded


async def test_the_page_is_small_and_asks_nobody_else(client: Client) -> None:
    files = read_files()
    for room in ("page", "reader"):
        loaded = loaded_at_first(files, f"{room}/main.js") | {
            "shared/base.css",
            f"{room}/{room}.css",
            "shared/icon.svg",
        }
        assert sum(len(files[path]) for path in loaded | {f"{room}/index.html"}) < 150_000
    for page in (files["page/index.html"].decode(), files["reader/index.html"].decode()):
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page
        assert "style=" not in page
    assert all("innerHTML" not in content.decode() for content in files.values())
