"""Addresses of a page, with and without a key."""

from __future__ import annotations

import pytest

from swarmstt.page_address import PageAddress


@pytest.mark.parametrize(
    "address", [PageAddress("http://127.0.0.1:8000"), PageAddress("http://127.0.0.1:8000", "a-_k")]
)
def test_what_is_printed_can_be_read(address: PageAddress) -> None:
    assert PageAddress.parse(str(address)) == address


def test_a_key_goes_along_to_each_page() -> None:
    address = PageAddress("http://127.0.0.1:8000", "secret")
    assert address.of("/read/?book=1") == "http://127.0.0.1:8000/read/?book=1&key=secret"
    assert address.of("/") == "http://127.0.0.1:8000/?key=secret"
    assert address.headers == {"Authorization": "Bearer secret"}


def test_without_a_key_nothing_is_added() -> None:
    address = PageAddress("http://127.0.0.1:8000")
    assert (address.of("/"), str(address), address.headers) == ("http://127.0.0.1:8000/", "http://127.0.0.1:8000", {})
