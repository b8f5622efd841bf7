"""What is checked of a book's options before it is decoded."""

from __future__ import annotations

import sys

import pytest

from swarmstt.errors import UsageError
from swarmstt.node.books.usual_options import check_room


def test_a_folder_without_room_for_names_is_refused_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "C:\\" + "\\".join(["Audiobooks"] * 21)
    monkeypatch.setattr(sys, "platform", "linux")
    check_room(long)
    monkeypatch.setattr(sys, "platform", "win32")
    check_room("C:\\Audiobooks")
    with pytest.raises(UsageError, match=r"too long for Windows; choose a shorter one with --output_dir\."):
        check_room(long)
