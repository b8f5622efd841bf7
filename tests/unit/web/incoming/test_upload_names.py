"""Names of uploaded files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from swarmstt.web.incoming.upload_names import MOST_NAME_BYTES, book_name, field_and_file_name, relative_path, safe_name


@pytest.mark.parametrize(
    ("header", "field", "name"),
    [
        ('form-data; name="file"; filename="a.mp3"', "file", "a.mp3"),
        ('form-data; name="file"; filename="Book/CD 1/a;b;c.mp3"', "file", "Book/CD 1/a;b;c.mp3"),
        ('form-data; name="file"; filename="say %22hi%22.mp3"', "file", 'say "hi".mp3'),
        ('form-data; name="file"; filename="say \\"hi\\".mp3"', "file", 'say "hi".mp3'),
        ('form-data; name="file"; filename="My%20Book%C3%BC.mp3"', "file", "My Bookü.mp3"),
        ('form-data; name="file"; filename="100 %.mp3"', "file", "100 %.mp3"),
        ('form-data; name="file"; filename="x"; filename*=utf-8\'\'B%C3%BCch.mp3', "file", "Büch.mp3"),
        ('form-data; name="file"; filename="Büch.mp3"', "file", "Büch.mp3"),
        ('form-data; name="file"; filename=""', "file", ""),
        ("form-data; name=file; filename=a.mp3", "file", "a.mp3"),
        ('form-data; name="language"', "language", None),
        ("", "", None),
    ],
)
def test_field_and_file_name(header: str, field: str, name: str | None) -> None:
    assert field_and_file_name(header) == (field, name)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../x", "x"),
        ("..\\..\\x.mp3", "x.mp3"),
        ("/etc/passwd", "passwd"),
        ("C:\\Books\\a.mp3", "a.mp3"),
        ("..", "upload"),
        ("", "upload"),
        ("a/..", "a"),
        ("CON.mp3", "_CON.mp3"),
        ("a\0b\n.mp3", "a_b_.mp3"),
        ("gpj\u202e.mp3", "gpj_.mp3"),
        ("what?.mp3", "what_.mp3"),
        ("._a.mp3", "._a.mp3"),
        ("Chapter 1. ", "Chapter 1"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(relative_path(name)[-1]) == safe


@given(some.text(max_size=400))
def test_any_name_becomes_a_file_name(name: str) -> None:
    safe = safe_name(relative_path(name)[-1])
    assert 0 < len(safe.encode()) <= MOST_NAME_BYTES
    assert not set(safe) & set('/\\:\0<>"|?*')
    assert safe not in (".", "..")
    assert safe == safe.strip() or safe.startswith("_")


def test_a_long_name_keeps_its_suffix() -> None:
    assert safe_name("ü" * 500 + ".mp3").endswith("ü.mp3")


@pytest.mark.parametrize(
    ("names", "book"),
    [
        (["a.mp3"], "a.mp3"),
        (["My Book/a.mp3"], "My Book"),
        (["My Book/CD1/1.mp3", "My Book/CD2/1.mp3"], "My Book"),
        (["Dune - 01.mp3", "Dune - 02.mp3"], "Dune"),
        (["1.mp3", "2.mp3"], "1"),
        (["one/1.mp3", "two/1.mp3"], "1"),
    ],
)
def test_the_name_of_the_book(names: list[str], book: str) -> None:
    assert book_name([relative_path(name) for name in names]) == book
