"""Which pictures are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.pictures import MOST_BYTES, MOST_PIXELS_WIDE, picture_type
from tests.support.pictures import jpeg_start, png


def test_jpeg_and_png_are() -> None:
    assert picture_type(png()) == "image/png"
    assert picture_type(jpeg_start(1400, 1400)) == "image/jpeg"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + bytes(20),
        png()[:20],
        jpeg_start(1400, 1400)[:12],
        jpeg_start(MOST_PIXELS_WIDE + 1, 10),
        jpeg_start(0, 10),
        b"\x89PNG\r\n\x1a\n\0\0\0\rtEXt" + bytes(20),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff",
        png() + bytes(MOST_BYTES),
        b"\xff\xd8\xff" + b"\xff" * 1000,
        b"\xff\xd8" + b"\xff\xfe\0\0" * 1000,
    ],
)
def test_nothing_else_is(content: bytes) -> None:
    assert picture_type(content) is None


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]), st.binary(max_size=60))
def test_whatever_a_file_holds_it_is_answered(start: bytes, rest: bytes) -> None:
    assert picture_type(start + rest) in (None, "image/jpeg", "image/png")
