"""What is damaged in the spool is not taken for what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.speech.ingest.spool_files import is_whole, read_from_spool, remove_from_spool, write_to_spool

FLAC = b"fLaC" + bytes(range(256)) * 40


@pytest.fixture
def chunk(tmp_path: Path) -> Path:
    path = tmp_path / "chunk-00000.flac"
    write_to_spool(path, FLAC)
    return path


def test_what_was_written_is_read(chunk: Path) -> None:
    assert read_from_spool(chunk) == FLAC
    assert is_whole(chunk)


@pytest.mark.parametrize("place", [0, 5000, len(FLAC) - 1])
def test_one_byte_that_flipped_is_noticed(chunk: Path, place: int) -> None:
    damaged = bytearray(FLAC)
    damaged[place] ^= 1
    chunk.write_bytes(damaged)
    assert not is_whole(chunk)
    with pytest.raises(OSError, match="damaged on the disk"):
        read_from_spool(chunk)


def test_what_is_cut_short_or_gone_is_noticed(chunk: Path) -> None:
    chunk.write_bytes(FLAC[:-1])
    assert not is_whole(chunk)
    chunk.unlink()
    assert not is_whole(chunk)


def test_what_an_earlier_version_wrote_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "chunk-00001.flac"
    path.write_bytes(FLAC)
    assert read_from_spool(path) == FLAC


def test_what_is_written_once_more_has_a_checksum_of_its_own(chunk: Path) -> None:
    write_to_spool(chunk, FLAC + b"more")
    assert read_from_spool(chunk) == FLAC + b"more"


def test_nothing_is_left_of_what_is_removed(chunk: Path) -> None:
    remove_from_spool(chunk)
    remove_from_spool(chunk)
    assert list(chunk.parent.iterdir()) == []
