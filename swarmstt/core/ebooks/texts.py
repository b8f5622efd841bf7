"""The two texts that are aligned: an ebook in blocks, and the words of a transcript, each word with its key."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from swarmstt.core.ebooks.tokens import tokens_of
from swarmstt.core.speech.sentences import sentence_ends
from swarmstt.core.transcript import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class EbookDocument:
    """One document of an ebook, in reading order: its blocks are paragraphs, headings and the like, as plain text."""

    title: str
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """A word of an ebook: where it is, in letters of its block, and the sentence it belongs to."""

    key: str
    document: int
    block: int
    start: int
    end: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an ebook in letters of its block, and its words in the list of all of them."""

    document: int
    block: int
    start: int
    end: int
    first_word: int
    last_word: int


@dataclass(frozen=True)
class EbookText:
    """All words and sentences of an ebook. A sentence has words; what has none, such as a line of stars, is in none."""

    documents: tuple[EbookDocument, ...]
    language: str
    words: list[Printed]
    sentences: list[Sentence]

    @classmethod
    def of(cls, documents: Sequence[EbookDocument], language: str) -> EbookText:
        words: list[Printed] = []
        sentences: list[Sentence] = []
        for number, document in enumerate(documents):
            for block, text in enumerate(document.blocks):
                _read_block(number, block, text, language, words, sentences)
        return cls(tuple(documents), language, words, sentences)

    @cached_property
    def keys(self) -> list[str]:
        return [word.key for word in self.words]

    @cached_property
    def begins(self) -> list[int]:
        """The places of the words with which sentences begin."""
        return [sentence.first_word for sentence in self.sentences]


def _read_block(
    document: int, block: int, text: str, language: str, words: list[Printed], sentences: list[Sentence]
) -> None:
    tokens = tokens_of(text, language)
    if not tokens:
        return
    starts = [0, *sorted(sentence_ends(text, language).sentences), len(text)]
    at = 0
    for start, end in pairwise(starts):
        first = at
        while at < len(tokens) and tokens[at].start < end:
            at += 1
        if at == first:
            continue
        number, begin = len(sentences), len(words)
        words += [Printed(each.key, document, block, each.start, each.end, number) for each in tokens[first:at]]
        piece = text[start:end]
        inner = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        sentences.append(Sentence(document, block, *inner, begin, len(words)))


@dataclass(frozen=True)
class HeardText:
    """The words of a transcript as they are compared, with the times of each; `words` are as they were heard."""

    words: list[Word]
    keys: list[str]
    starts: list[float]
    ends: list[float]
    word_of: list[int]
    """For each key, the place of the word in which it begins."""

    @classmethod
    def of(cls, words: Sequence[Word], language: str) -> HeardText:
        text = "".join(word.text for word in words)
        ends = list(accumulate(len(word.text) for word in words))
        tokens = tokens_of(text, language)
        begin = [bisect_right(ends, token.start) for token in tokens]
        finish = [bisect_left(ends, token.end) for token in tokens]
        return cls(
            words=list(words),
            keys=[token.key for token in tokens],
            starts=[_time(words[at], token.start - ends[at]) for at, token in zip(begin, tokens, strict=True)],
            ends=[
                words[at].end if at != after else _time(words[at], token.end - ends[at])
                for at, after, token in zip(finish, [*begin[1:], len(words)], tokens, strict=False)
            ],
            word_of=begin,
        )


def _time(word: Word, letters_to_end: int) -> float:
    """Returns when a letter of a word is spoken, given how far it is before the word's end (none or less). The space
    before a word takes no time."""
    letters = len(word.text.strip()) or 1
    spoken = max(0.0, 1 + letters_to_end / letters)
    return word.start + (word.end - word.start) * spoken


def words_of_segments(segments: Sequence[dict[str, Any]]) -> list[Word]:
    """Returns the words of a transcript's segments in the shape of its JSON; where a segment has none, its text is
    spread over its time by its letters."""
    words: list[Word] = []
    for segment in segments:
        if segment.get("words"):
            words += [
                Word(start=each["start"], end=each["end"], text=each["word"], probability=each["probability"])
                for each in segment["words"]
            ]
        else:
            words += _spread(segment["text"].split(), segment["start"], segment["end"])
    return words


def _spread(parts: list[str], start: float, end: float) -> list[Word]:
    letters = [0, *accumulate(map(len, parts))]
    seconds = (end - start) / (letters[-1] or 1)
    return [
        Word(start=start + before * seconds, end=start + after * seconds, text=f" {part}", probability=0.0)
        for part, before, after in zip(parts, letters, letters[1:], strict=False)
    ]
