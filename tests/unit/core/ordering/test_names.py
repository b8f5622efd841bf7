"""The order in which a person counts files, by their names."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.ordering.names import in_name_order
from swarmstt.core.ordering.number_tables import LANGUAGES
from swarmstt.core.ordering.number_words import phrases_of
from swarmstt.core.ordering.numerals import from_chinese, from_roman

FOLDERS: tuple[tuple[str, ...], ...] = (
    ("Prologue", "Chapter 1", "Chapter 2", "Chapter 10", "Epilogue"),
    (
        "Chapter One",
        "Chapter Two",
        "Chapter Three",
        "Chapter Four",
        "Chapter Five",
        "Chapter Ten",
        "Chapter Eleven",
        "Chapter Twenty",
        "Chapter Twenty-One",
        "Chapter Thirty",
    ),
    ("Chapter V", "Chapter IX", "Chapter X", "Chapter XI", "Chapter XL"),
    ("第一章", "第二章", "第三章", "第十章", "第十一章", "第二十一章", "第一百零二章"),
    ("CD1", "CD 2", "CD3", "CD10"),
    (
        "Erstes Kapitel",
        "Zweites Kapitel",
        "Drittes Kapitel",
        "Viertes Kapitel",
        "Zwölftes Kapitel",
        "Einundzwanzigstes Kapitel",
    ),
    ("Kapitel eins", "Kapitel zwei", "Kapitel drei", "Kapitel vierundzwanzig"),
    (
        "Chapitre premier",
        "Chapitre deux",
        "Chapitre trois",
        "Chapitre dix-sept",
        "Chapitre vingt et un",
        "Chapitre soixante-douze",
        "Chapitre quatre-vingt-dix",
    ),
    ("Capítulo uno", "Capítulo dos", "Capítulo tres", "Capítulo veintiuno", "Capítulo treinta y uno"),
    ("Capítulo primero", "Capítulo segundo", "Capítulo tercero", "Capítulo cuarto"),
    ("Capitolo uno", "Capitolo due", "Capitolo tre", "Capitolo ventuno", "Capitolo ventotto"),
    ("Глава первая", "Глава вторая", "Глава третья", "Глава четвёртая", "Глава двадцать первая"),
    ("Rozdział pierwszy", "Rozdział drugi", "Rozdział trzeci", "Rozdział czwarty"),
    ("Hoofdstuk een", "Hoofdstuk twee", "Hoofdstuk drie", "Hoofdstuk eenentwintig"),
    ("Ensimmäinen luku", "Toinen luku", "Kolmas luku", "Kahdestoista luku"),
    ("الفصل الأول", "الفصل الثاني", "الفصل الثالث", "الفصل العاشر", "الفصل الحادي عشر", "الفصل الحادي والعشرون"),
    ("Első fejezet", "Második fejezet", "Harmadik fejezet", "Negyedik fejezet", "Tizedik fejezet"),
    ("Kilenc", "Húsz", "Huszonegy", "Harminckettő"),
    (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("Friday", "Saturday", "Sunday", "Monday"),
    ("November", "December", "January", "February"),
    ("Prologue", "Monday", "Wednesday", "Friday", "Epilogue"),
    ("Jan", "Mar", "Apr", "Sept"),
    ("3 January", "5 January", "10 January", "1 February"),
    ("Letter of 12 December 1911", "Letter of 3 March 1912", "Letter of May 20th, 1912"),
    ("01 January", "02 March", "03 February"),
    ("Chapter 1 Friday", "Chapter 2 Monday"),
    ("One Sunday", "Two Friday", "Three Monday"),
    ("Первый май", "Второй март"),
    ("Tape 1 - March", "Tape 2 - January"),
    ("Januar", "Februar", "Mai", "Dezember"),
    ("1er mai", "2 mai", "10 mai", "3 juin"),
    ("5 января", "7 января", "1 февраля"),
    ("月曜日", "水曜日", "金曜日"),
    ("Poniedziałek", "Wtorek", "Środa"),
    ("Κεφάλαιο πρώτο", "Κεφάλαιο δεύτερο", "Κεφάλαιο τρίτο", "Κεφάλαιο τέταρτο", "Κεφάλαιο εικοστό"),
    ("Capitolul întâi", "Capitolul doi", "Capitolul trei", "Capitolul patru", "Capitolul douăzeci și unu"),
    ("Bab Satu", "Bab Dua", "Bab Tiga", "Bab Empat", "Bab Sepuluh", "Bab Dua Puluh Satu"),
    ("その一", "その二", "その三", "その十"),
    ("其一", "其二", "其三"),
    ("Vortrag 30.11.2023", "Vortrag 1.2.2024", "Vortrag 08.02.2024", "Vortrag 01.03.2024"),
    ("Första kapitlet", "Andra kapitlet", "Tredje kapitlet", "Fjärde kapitlet"),
    ("I", "II", "III", "IV", "V", "IX", "X"),
    ("I - The Start", "II - More", "IX - Ze", "X - A"),
    (
        "Book - Prologue",
        "Book - Part One - Chapter One",
        "Book - Part One - Chapter Two",
        "Book - Part Two - Chapter One",
        "Book - Epilogue",
    ),
    ("Vorwort", "Kapitel 1", "Kapitel 2", "Nachwort", "Anhang"),
    ("Opening Credits", "The Storm - Chapter 1", "Calm - Chapter 2", "Anger - Chapter 10", "Closing Credits"),
    ("Part One", "Part Two", "Part Three", "Part Four"),
    ("Book the First", "Book the Second", "Book the Third"),
    ("One", "Two", "Three", "Four"),
    ("Zulu 1", "Yankee 2", "Alpha 3"),
    ("序章", "第一話", "第二話", "第三話", "第十話", "あとがき"),
    ("上卷", "中卷", "下卷"),
    ("物語 上", "物語 中", "物語 下"),
    ("Chapter Nine", "Chapter 10", "Chapter Eleven"),
    ("00 Prologue", "01 One", "02 Two", "03 Three", "04 Epilogue"),
    ("Harry - 1", "Harry - 2", "Harry - 10"),
    ("1", "2", "10", "11"),
    ("Moby Dick I", "Moby Dick II", "Moby Dick V", "Moby Dick IX"),
    (
        "Dedication",
        "Preface",
        "Chapter I",
        "Chapter II",
        "Chapter III",
        "Chapter IV",
        "Chapter V",
        "Chapter IX",
        "Appendix",
    ),
    ("Disc One", "Disc Two", "Disc Three", "Disc Four", "Disc Five"),
    ("First Disc", "Second Disc", "Third Disc", "Fourth Disc"),
    ("Birinci Bölüm", "İkinci Bölüm", "Üçüncü Bölüm"),
    ("Kapitola první", "Kapitola druhá", "Kapitola třetí"),
    ("Teil 1 - Eins", "Teil 2 - Ab", "Teil 10"),
    ("三国演义 第一回", "三国演义 第二回", "三国演义 第三回", "三国演义 第九回", "三国演义 第十回"),
    ("一", "二", "三", "十"),
    ("Introduction", "1. Loomings", "2. Carpet", "Epilogue"),
    ("Part 1 Prologue", "Part 1 Chapter 1", "Part 1 Epilogue", "Part 2 Chapter 1", "Part 2 Epilogue"),
    ("Preface", "Letter 1", "Letter 2", "Chapter 1", "Chapter 2"),
    ("Kapitel siebzehn", "Kapitel achtzehn", "Kapitel fuenfundzwanzig"),
    ("ChapterOne", "ChapterTwo", "ChapterThree"),
    ("chapter_i", "chapter_ii", "chapter_ix"),
    ("CD1", "cd 2", "Cd-3", "CD_10"),
    (
        "Title",
        "Dedication",
        "Foreword",
        "Introduction",
        "Prologue",
        "Chapter 1",
        "Chapter 2",
        "Epilogue",
        "Afterword",
        "Appendix",
        "Acknowledgements",
        "Credits",
    ),
    ("Prologue", "One", "Two", "Three", "Eleven", "Epilogue"),
    ("Prologue", "Chapter One", "Chapter Two", "Chapter Three", "Chapter Four", "Interlude", "Epilogue"),
    ("One", "Two", "Three", "Four", "Map"),
    ("Book", "Book Two", "Book Three", "Book Four"),
    ("A New Hope", "One Day", "Two Towers"),
    ("Chapter Ninety-Nine", "Chapter One Hundred", "Chapter One Hundred and One", "Chapter Two Hundred Twenty-One"),
    ("Kapitel neunundneunzig", "Kapitel hundert", "Kapitel einhundertzwei", "Kapitel zweihundertfünfundvierzig"),
    ("Chapitre quatre-vingt-dix-neuf", "Chapitre cent", "Chapitre cent deux", "Chapitre deux cents"),
    ("Capitolo novantanove", "Capitolo cento", "Capitolo centouno", "Capitolo centoventidue"),
    ("Глава девяносто девять", "Глава сто", "Глава сто два", "Глава сто двадцать один"),
    ("Track One", "Track Two", "Track Three"),
    ("Band I", "Band II", "Band IV", "Band IX"),
    ("The Prologue", "The Boy"),
    ("Uno", "Dos", "Tres", "Cuatro"),
    ("Tale 1 of 3", "Tale 2 of 3", "Tale 3 of 3"),
    ("01 - Zed", "02 - Alpha", "03 - Beta"),
    ("A", "B", "Civic", "Mix"),
    ("Osa 1", "Osa 2"),
    ("Chapter 1a", "Chapter 1b", "Chapter 2"),
    ("Chapter 1.5", "Chapter 1.10", "Chapter 2"),
    ("مقدمة", "الفصل ١", "الفصل ٢", "الفصل ١٠", "خاتمة"),
    ("مقدمه", "فصل ۱", "فصل ۲", "فصل ۱۰", "پیوست"),
    ("הקדמה", "פרק 1", "פרק 2", "פרק 10", "אפילוג"),
    ("Πρόλογος", "Κεφάλαιο 1", "Κεφάλαιο 2", "Κεφάλαιο 10", "Επίλογος", "Παράρτημα"),
    ("Előszó", "Prológus", "1. fejezet", "2. fejezet", "10. fejezet", "Utószó"),
    ("प्रस्तावना", "अध्याय १", "अध्याय २", "अध्याय १०", "उपसंहार"),
)
"""Names of files, each in the order of its book."""


def in_order(*paths: str) -> list[str]:
    return [paths[place] for place in in_name_order([tuple(path.split("/")) for path in paths])]


def test_a_person_counts_two_before_ten_and_does_not_see_capitals() -> None:
    assert in_order("Chapter 10", "chapter 2", "CHAPTER 1", "chapter", "10", "9a", "Čapek", "C\u030capek 2") == [
        *("9a", "10", "chapter", "CHAPTER 1", "chapter 2", "Chapter 10"),
        *("Čapek", "C\u030capek 2"),
    ]


def test_each_part_of_a_path_is_in_natural_order() -> None:
    expected = ["a/1.mp3", "B/1.mp3", "B/1b.mp3", "B/2.mp3", "B/10.mp3"]
    assert in_order("B/10.mp3", "B/2.mp3", "a/1.mp3", "B/1.mp3", "B/1b.mp3") == expected


def test_a_name_comes_before_the_same_name_with_a_number() -> None:
    expected = ["Book.mp3", "Book (2).mp3", "Book (10).mp3"]
    assert in_order("Book (10).mp3", "Book (2).mp3", "Book.mp3") == expected


def test_names_of_one_order_are_told_apart_by_their_exact_names() -> None:
    assert in_order("b.wav", "B.mp3", "b.mp3") == ["B.mp3", "b.mp3", "b.wav"]


def test_other_scripts_and_huge_numbers_have_an_order() -> None:
    names = ("٣.mp3", "第10章.mp3", "第2章.mp3", "9" * 200 + ".mp3", "².mp3", "a/b.mp3", "a.mp3", ".mp3", "a.")
    ordered = in_order(*names)
    assert sorted(ordered) == sorted(names)
    assert ordered.index("第2章.mp3") < ordered.index("第10章.mp3")
    assert in_order("2" * 5000, "1" * 5000) == ["1" * 5000, "2" * 5000]


@pytest.mark.parametrize("names", FOLDERS, ids=lambda names: names[0])
def test_a_folder_is_read_as_its_book_goes(names: tuple[str, ...]) -> None:
    shuffled = [f"{name}.mp3" for name in names]
    random.Random(len(names)).shuffle(shuffled)
    assert in_order(*shuffled) == [f"{name}.mp3" for name in names]


@pytest.mark.parametrize("names", FOLDERS, ids=lambda names: names[0])
def test_folders_of_such_names_too(names: tuple[str, ...]) -> None:
    paths = [f"{name}/{number}.mp3" for name in names for number in (1, 2, 10)]
    shuffled = random.Random(1).sample(paths, len(paths))
    assert in_order(*shuffled) == paths


@given(
    st.lists(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3).map(tuple), unique=True, max_size=12)
)
def test_any_names_have_one_order_whatever_they_came_in(paths: list[tuple[str, ...]]) -> None:
    order = in_name_order(paths)
    assert sorted(order) == list(range(len(paths)))
    turned = list(reversed(paths))
    assert [turned[place] for place in in_name_order(turned)] == [paths[place] for place in order]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_counts_to_ninety_nine(language: str) -> None:
    assert set(range(100)) <= set(phrases_of(language).values())


@pytest.mark.parametrize(
    ("text", "value"),
    [("iv", 4), ("XLII", 42), ("mcmxcix", 1999), ("iiii", None), ("civic", None), ("", None), ("\u0131", None)],
)
def test_roman_numbers(text: str, value: int | None) -> None:
    assert from_roman(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("十", 10), ("二十三", 23), ("一百零二", 102), ("二〇", 20), ("千", 1000), ("章", None), ("", None)],
)
def test_chinese_numbers(text: str, value: int | None) -> None:
    assert from_chinese(text) == value
