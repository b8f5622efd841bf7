"""Scripts without spaces, and how wide their letters are."""

from __future__ import annotations

import pytest

from swarmstt.core.speech.scripts import columns, joined


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["今天天气很好因为没有", "下雨而且风很小。", "他说你好。"], "今天天气很好因为没有下雨而且风很小。他说你好。"),
        (["吾輩は猫である。", "「名前はまだ無い。」", "と言った。"], "吾輩は猫である。「名前はまだ無い。」と言った。"),
        (["วันนี้อากาศดี", "เราไปเล่นกัน"], "วันนี้อากาศดีเราไปเล่นกัน"),
        (["One.", "", "Two."], "One. Two."),
        (["안녕하세요.", "반갑습니다."], "안녕하세요. 반갑습니다."),
        (["他用 Python。", "很好"], "他用 Python。很好"),
        (["He said 你好", "and left"], "He said 你好 and left"),
        ([], ""),
        (["这是", "2024", "年"], "这是2024年"),
        (["Chapter", "3.", "5"], "Chapter 3. 5"),
        (["བོད་", "སྐད་"], "བོད་སྐད་"),
        (["ｶﾀｶﾅ", "ﾃｽﾄ"], "ｶﾀｶﾅﾃｽﾄ"),
        (["ㄅㄆ", "ㄇ"], "ㄅㄆㄇ"),
    ],
)
def test_texts_are_joined_as_their_script_has_it(texts: list[str], whole: str) -> None:
    assert joined(texts) == whole


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("猫である", 8), ("한국", 4), ("e\u0301", 1), ("ที่", 1), ("", 0)]
)
def test_wide_letters_take_two_columns_and_marks_none(text: str, width: int) -> None:
    assert columns(text) == width
