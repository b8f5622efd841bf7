"""Texts in the encodings of earlier systems, as tags and cue sheets have them without saying which.

A text is read in each encoding, and the reading that looks most like writing wins: letters of one script, the common
ones of its language, and capitals where they belong. The more text, the surer: all tags of a file are read together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_LATIN = "cp1252"
_CENTRAL = ("cp1250", "iso8859-2", "cp1257", "cp1254")
_CYRILLIC = ("cp1251", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic")
_CHINESE = ("gb18030", "big5")
_OTHERS = ("cp932", "euc-jp", "cp949", "cp1253", "cp1255", "cp1256", "cp874", "cp1250", "iso8859-2", "cp1257", "cp1254")
_ENCODINGS = (_LATIN, *_CYRILLIC, *_CHINESE, *_OTHERS)

_LATIN_FAMILY = (_LATIN, *_CENTRAL)
_BY_FREQUENCY = {
    **dict.fromkeys(_CYRILLIC, "оеаинтсрвлкмдпуыяьгзбчйхжшюцщэфіїєёъґ"),
    "cp1253": "αοιετσνηυρπκμλςωίόάέδήγχύώθφβξζψ",
    "cp1255": "יוהלאמרתבשנםעדקחפכגטצזסךןףץ",
    "cp1256": "اليمونرتبدعسفهكقحجشطصخغةذضءأإىثزظئؤآپچژگ",
}
"""The letters of a script, the most frequent first."""
_CYRILLIC_VOWELS = frozenset("аеёиоуыэюяіїє")
_SLAVIC = "ąćęłńóśźżáčďéěíňřšťúůýžőűäöüăâîșțđ"
_COMMON_LATIN = {"cp1250": _SLAVIC, "iso8859-2": _SLAVIC, "cp1257": "ąčęėįšųūžāēģīķļņõäöü", "cp1254": "ğışöüçâîû"}
_COMMON_HAN = frozenset(
    "的一是不了人在有我他这個个们中来上大为和国國地到以说時时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成"
    "方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明"
    "性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次"
    "度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务"
    "做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南"
    "品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔红楼梦传奇记史詩體傳夢紅樓說這們來時會對發後裡"
)
_SURE_LETTERS = 3
_LONGEST_CUT_BYTES = 3
_LOOKED_AT_BYTES, _LOOKED_AT_TEXTS = 4_000, 50
_RUN = re.compile(r"[\x80-\xff]{3,}")
_NEVER_LATIN = re.compile(r"[\x81\x8d\x8f\x90\x9d]|[\x82\x83\x88-\x98][\x40-\x7e\x80-\xfc][\x81-\x83\x88-\x98]")
_WORD = re.compile(r"[^\W\d_]+")
_NEVER_THAI = re.compile(
    "(?<![ก-ฮ\u0e31-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]|[เ-ไ](?![ก-ฮ])|[ก-ฮ][๐-๙]|[๐-๙][ก-ฮ]"
)
"""Marks stand on consonants, and vowels before them; digits are words of their own."""


def repaired_all(texts: Iterable[str]) -> dict[str, str]:
    """Returns each of these texts of one file as it was meant: UTF-8 that was taken for Latin, or bytes of some other
    encoding."""
    originals = list(dict.fromkeys(texts))
    raw = {text: data for text in originals if (data := _bytes_of(text)) is not None}
    meant = {text: _utf8(data) for text, data in raw.items()}
    if any(found is None for found in meant.values()):  # a word or two in Chinese may look like UTF-8
        meant = {text: found if found is not None and _is_surely_utf8(found) else None for text, found in meant.items()}
    others = [raw[text] for text, found in meant.items() if found is None]
    encoding = _best_encoding(others) if others else None
    result = {text: text for text in originals}
    for text, found in meant.items():
        result[text] = found if found is not None else _in_encoding(raw[text], encoding or _LATIN)
    return result


def decoded(data: bytes) -> str:
    """Returns the text of a file that says nothing of its encoding, or says it by a mark at its beginning."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    text = _utf8(data)
    return text if text is not None else data.decode(_best_encoding([data]) or _LATIN, "replace")


def _bytes_of(text: str) -> bytes | None:
    """Returns the bytes that were in the file, if they were taken for Latin or could not be read at all."""
    if text.isascii():
        return None
    try:
        if any("\udc80" <= letter <= "\udcff" for letter in text):
            return text.encode("utf-8", "surrogateescape")
        return text.encode("latin-1")
    except UnicodeError:
        return None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return None


def _is_surely_utf8(text: str) -> bool:
    return sum(not letter.isascii() for letter in text) >= _SURE_LETTERS or any(letter >= "\u0800" for letter in text)


def _best_encoding(texts: Sequence[bytes]) -> str | None:
    """Returns the encoding in which these bytes look most like writing; the beginnings of them suffice."""
    looked_at = [text[:_LOOKED_AT_BYTES] for text in texts[:_LOOKED_AT_TEXTS]]
    encodings = _LATIN_FAMILY if _looks_latin(b"\n".join(looked_at)) else _ENCODINGS
    scores = {encoding: score for encoding in encodings if (score := _score(looked_at, encoding)) is not None}
    return max(scores, key=lambda encoding: scores[encoding], default=None)


def _looks_latin(data: bytes) -> bool:
    """Says if the letters that are not ASCII stand among such that are, as in "Misérables"."""
    text = data.decode("latin-1")
    if _RUN.search(text) is not None or _NEVER_LATIN.search(text) is not None:
        return False
    high = [at for at, letter in enumerate(text) if letter >= "\x80"]
    beside = sum(any(each.isascii() and each.isalpha() for each in text[max(0, at - 1) : at + 2]) for at in high)
    letters = sum(letter.isalpha() for letter in text)
    return beside * 2 >= len(high) or len(high) < 0.4 * letters or not any(text[at].isalpha() for at in high)


def _in_encoding(data: bytes, encoding: str) -> str:
    return _strictly(data, encoding) or data.decode(encoding, "replace")


def _strictly(data: bytes, encoding: str) -> str | None:
    """Reads all of it, but for a letter that was cut in two at the end: ID3v1 has room for thirty bytes."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        is_cut = error.start >= len(data) - _LONGEST_CUT_BYTES and error.start > 0
        return data[: error.start].decode(encoding) if is_cut else None


def _score(texts: Sequence[bytes], encoding: str) -> float | None:
    """Rates a reading, for each byte that is not ASCII; None if these bytes cannot be in this encoding."""
    readings = [_strictly(each, encoding) for each in texts]
    if None in readings:
        return None
    text, high_count = "\n".join(filter(None, readings)), sum(byte >= 0x80 for each in texts for byte in each)
    if not high_count:
        return None
    total = sum(_letter_worth(letter, encoding) * len(letter.encode(encoding, "ignore")) for letter in text)
    return total / high_count + _word_worth(text, encoding)


def _letter_worth(letter: str, encoding: str) -> float:
    if letter.isascii():
        return 0.0
    if unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cf") and letter != "\u200c":
        return -2.0
    if encoding in _BY_FREQUENCY:
        place = _BY_FREQUENCY[encoding].find(letter.lower())
        return 1.0 - place / 40 if place >= 0 else -0.5 if letter.isalpha() else -0.2
    if encoding in _CHINESE:
        return _han_worth(letter)
    if encoding in ("cp932", "euc-jp"):
        return _japanese_worth(letter)
    if encoding == "cp949":
        return 0.75 if "가" <= letter <= "힣" and _is_common_hangul(letter) else -0.5
    if encoding == "cp874":
        return 0.62 if unicodedata.name(letter, "").startswith("THAI") else -0.4
    return _latin_worth(letter, encoding)


def _latin_worth(letter: str, encoding: str) -> float:
    if letter in "‘’“”„–—…«»¿¡°·©®±½¼":
        return 0.45
    if not letter.isalpha():
        return -0.6
    if encoding == _LATIN:
        return 0.5 if letter.lower() in "äöüßéèêëàâáãåæçíìîïñóòôõøúùûýœ" else 0.1
    return 0.49 if letter.replace("İ", "ı").lower() in _COMMON_LATIN[encoding] else -0.3


def _han_worth(letter: str) -> float:
    if letter in _COMMON_HAN:
        return 0.9
    if letter in "，。！？：；、“”‘’《》（）—…·　第":
        return 0.6
    try:
        lead = letter.encode("gb2312")[0]
    except UnicodeError:
        return 0.35 if "\u4e00" <= letter <= "\u9fff" else -0.6
    return 0.62 if 0xB0 <= lead <= 0xD7 else 0.3 if 0xD8 <= lead <= 0xF7 else -0.4


def _japanese_worth(letter: str) -> float:
    if "ぁ" <= letter <= "ゖ" or "ァ" <= letter <= "ー":
        return 1.0
    if "\uff61" <= letter <= "\uff9f":
        return -0.3  # half-width kana: what other encodings look like in this one
    if letter in "、。「」『』・！？　（）：":
        return 0.6
    return 0.55 if "\u4e00" <= letter <= "\u9fff" else -0.6


def _is_common_hangul(letter: str) -> bool:
    try:
        return len(letter.encode("euc-kr")) == 2
    except UnicodeError:
        return False


def _word_worth(text: str, encoding: str) -> float:
    """Rates the words: capitals stand at their beginnings, or everywhere; a word is in one script."""
    worth = 0.0
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    has_only_small = all(word.islower() for word in words)  # what capitals look like in another encoding of Russian
    if encoding == "cp874":
        worth -= 0.6 * len(_NEVER_THAI.findall(text))
    for word in words:
        if len(word) > 1 and not (word[1:].islower() or word.isupper() or not any(map(str.isupper, word[1:]))):
            worth -= 0.6
        elif encoding in _CYRILLIC:
            worth += -0.05 if len(word) > 1 and word.isupper() else 0.0 if has_only_small else 0.1
            if len(word) > 1 and not _CYRILLIC_VOWELS & set(word.lower()):
                worth -= 0.6  # Hebrew has no vowels, and the same bytes
        if any(letter.isascii() for letter in word) and encoding not in _LATIN_FAMILY:
            worth -= 0.4
        if len(word) == 1 and encoding in ("iso8859-2", "cp1257"):
            worth -= 0.4  # a sign in Latin
        if encoding in _LATIN_FAMILY:
            foreign = sum(not letter.isascii() for letter in word)
            if len(word) > 2 and foreign * 2 > len(word):
                worth -= 0.8
    return worth / max(1, len(words))
