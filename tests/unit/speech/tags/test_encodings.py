"""Tags in the encodings of earlier systems, as rippers wrote them into frames that were meant for Latin."""

from __future__ import annotations

import pytest

from swarmstt.speech.tags.encodings import decoded, repaired_all

TEXTS = {
    "cp1251": ("Преступление и наказание", "Фёдор Достоевский", "Глава 1", "АННА КАРЕНИНА", "Іван Франко"),
    "koi8-r": ("Преступление и наказание", "Война и мир", "Глава 1"),
    "cp866": ("Война и мир",),
    "gbk": ("三体", "刘慈欣", "第一章 红楼梦", "西游记", "活着 余华"),
    "big5": ("紅樓夢", "三國演義", "第一回 西遊記"),
    "cp932": ("吾輩は猫である", "夏目漱石", "こころ", "ノルウェイの森"),
    "euc-jp": ("吾輩は猫である", "こころ"),
    "cp949": ("어린 왕자", "홍길동전", "제1장 시작"),
    "cp1253": ("Οδύσσεια", "Όμηρος", "Κεφάλαιο 1"),
    "cp1255": ("בראשית", "ספר ראשון"),
    "cp1256": ("ألف ليلة وليلة", "الفصل الأول"),
    "cp874": ("สี่แผ่นดิน",),
    "cp1250": ("Příliš žluťoučký kůň", "Władysław Reymont", "Chłopi"),
    "iso8859-2": ("Osudy dobrého vojáka Švejka", "Švejk", "Haškovy žerty"),
    "cp1257": ("Lietuviškas žodis", "Žemaitė"),
    "cp1254": ("Aşk-ı Memnu", "Çalıkuşu"),
    "cp1252": ("Müller", "Größe", "Les Misérables", "Émile Zola", "À la recherche", "“Quotes” – don’t", "El Niño"),
    "utf-8": ("Müller", "Война", "三体"),
}
EACH = [(encoding, text) for encoding, texts in TEXTS.items() for text in texts]


@pytest.mark.parametrize(("encoding", "text"), EACH)
def test_bytes_that_were_taken_for_latin_are_read_as_they_were_meant(encoding: str, text: str) -> None:
    taken_for_latin = text.encode(encoding).decode("latin-1")
    assert repaired_all([taken_for_latin]) == {taken_for_latin: text}


@pytest.mark.parametrize("encoding", TEXTS)
def test_bytes_that_could_not_be_read_are_too(encoding: str) -> None:
    raw = [text.encode(encoding).decode("utf-8", "surrogateescape") for text in TEXTS[encoding]]
    assert list(repaired_all(raw).values()) == list(TEXTS[encoding])


@pytest.mark.parametrize("text", ["plain", "你好", "Dvořák", "Café", "Beyoncé & Björk", "©2010 ½", "100 % ±5 °C"])
def test_what_was_read_right_stays(text: str) -> None:
    assert repaired_all([text]) == {text: text}


def test_the_tags_of_a_file_are_read_together() -> None:
    texts = ("Pan Tadeusz – Księga pierwsza", "Władysław Łokietek")
    raw = [text.encode("cp1250").decode("latin-1") for text in texts]
    assert list(repaired_all(raw).values()) == list(texts)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866"])
@pytest.mark.parametrize("texts", [("ВОЙНА И МИР", "ЛЕВ ТОЛСТОЙ"), ("мастер и маргарита", "михаил булгаков")])
def test_russian_in_capitals_or_without_any_is_read(encoding: str, texts: tuple[str, ...]) -> None:
    raw = [text.encode(encoding).decode("latin-1") for text in texts]
    assert list(repaired_all(raw).values()) == list(texts)


def test_hebrew_is_not_taken_for_cyrillic() -> None:
    texts = ("סיפור על אהבה וחושך", "עמוס עוז", "פרק ראשון")
    raw = [text.encode("cp1255").decode("latin-1") for text in texts]
    assert list(repaired_all(raw).values()) == list(texts)


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [("gbk", ("水浒传", "施耐庵")), ("euc-jp", ("黒い雨", "井伏鱒二")), ("cp874", ("ข้างหลังภาพ", "ศรีบูรพา", "บทที่ ๑"))],
)
def test_what_cannot_be_thai_is_not_taken_for_it(encoding: str, texts: tuple[str, ...]) -> None:
    raw = [text.encode(encoding).decode("latin-1") for text in texts]
    assert list(repaired_all(raw).values()) == list(texts)


def test_a_word_that_could_be_utf8_by_chance_is_read_as_the_others() -> None:
    texts = ("平凡的世界", "路遥")
    raw = [text.encode("gbk").decode("latin-1") for text in texts]
    assert list(repaired_all(raw).values()) == list(texts)


@pytest.mark.parametrize(
    ("encoding", "title", "author"),
    [
        ("gbk", "第一章 很久很久以前的故事开始于一个小村庄", "曹雪芹"),
        ("cp932", "1吾輩は猫である名前はまだ無いどこで", "夏目漱石"),
        ("big5", "a三國演義第一回宴桃園豪傑三結義斬黃巾英雄", "羅貫中"),
        ("cp949", "a어린 왕자 어린 왕자 어린 왕자 어린 왕자", "생텍쥐페리"),
    ],
)
def test_a_letter_that_was_cut_in_two_does_not_spoil_the_others(encoding: str, title: str, author: str) -> None:
    """ID3v1 has room for thirty bytes."""
    raw = [text.encode(encoding)[:30].decode("latin-1") for text in (title, author)]
    found = list(repaired_all(raw).values())
    assert len(found[0]) > 12
    assert title.startswith(found[0])
    assert found[1] == author


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_file_is_read_in_the_encoding_that_it_has(encoding: str) -> None:
    text = 'TITLE "Мастер и Маргарита"\n'
    assert decoded(text.encode(encoding)) == text
