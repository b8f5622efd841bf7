"""The four words are easy to read out, and each bit of the hash counts."""

from __future__ import annotations

from swarmstt.swarm.trust import pairing_words as words


def test_there_are_256_short_plain_words() -> None:
    listed = words.WORDS
    assert len(set(listed)) == len(listed) == 256
    assert all(each.isascii() and each.islower() and each.isalpha() and 3 <= len(each) <= 9 for each in listed)
