"""The page of licences."""

from __future__ import annotations

import pytest

from tests.unit.web.conftest import Client


async def test_it_lists_packages_with_links_to_their_texts(client: Client) -> None:
    answer = await client.get("/licences")
    assert (answer.status, answer.content_type) == (200, "text/html")
    page = await answer.text()
    assert '<a href="/licences/zeroconf">zeroconf</a>' in page
    assert "LGPL-2.1-or-later" in page
    assert "<script" not in page
    texts = await client.get("/licences/zeroconf")
    assert (texts.status, texts.content_type) == (200, "text/plain")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (await texts.text()).upper()


@pytest.mark.parametrize("name", ["pytest", "..%2f..%2fetc%2fpasswd", "nothing", "%00"])
async def test_nothing_else_can_be_asked_for(client: Client, name: str) -> None:
    assert (await client.get(f"/licences/{name}")).status == 404


async def test_the_page_links_to_it(client: Client) -> None:
    assert '<a href="/licences">Licences</a>' in await (await client.get("/")).text()
