"""Where sentences end in a text, by a library that knows languages, and by what speech needs besides.

The library (sentencex) knows the short forms of many languages. It does not know that "3." before a noun is an
ordinal in German, that "No." before a number does not end a sentence, nor how Whisper writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sentencex

_UNKNOWN = "en"
_CLOSING = "\"'”’»)]}」』"
_OPENING = "\"'“‘«„‚([{¿¡「『"
_ORDINAL = re.compile(r"(?:^|[\s(\[„“\"'–—-])(?:\d{1,3}(?:\.\d{1,3})*|[IVXLC]{1,6})\.$")
_BEGINS = re.compile(r"(?:^\s*|[.!?…]\s+)\d{1,3}\.$")
_ORDINAL_LANGUAGES = frozenset(
    "de lb da no nb nn fi cs sk pl hu hr sr bs sl et lv lt is fo tr eu mk sq".split()  # noqa: SIM905
)
"""Written with a full stop: "3. Oktober"."""
_BEFORE_CAPITALS = frozenset({"tr", "hu"})
"""An ordinal at the beginning of a sentence may stand before a name: "2. Dünya Savaşı"."""
_CAPITAL_NOUNS = frozenset({"de", "lb"})
_STARTERS = frozenset(
    """der die das den dem des ein eine einer einem einen er sie es wir ihr ich du man und aber doch oder denn dann
    da danach damals dort hier heute gestern morgen jetzt nun so als wenn weil ob nach vor seit bei mit im
    in am an auf aus um zu zum zur von vom für über unter durch ohne gegen jeder jede jedes alle viele
    einige kein keine nicht nichts niemand nur auch noch schon sehr was wer wie wo warum wann ja nein sein
    seine ihre ihr mein meine dein unser diese dieser dieses jene jener solche bald plötzlich später zuerst
    schließlich trotzdem deshalb darum dabei dafür dagegen dazu davon war ist hat hatte wird wurde kann
    konnte muss musste soll sollte will wollte""".split()  # noqa: SIM905
)
"""German words with which sentences begin, and which no ordinal stands before."""
_BEFORE_NUMBERS = frozenset(
    """no nos nr num núm nro n vol vols ch chap chs cap caps kap bd bde ed eds fig figs p pp pg pág págs pag s sec
    sect § art arts abs ziff para par lib bk pt st str č čís sv s godz ul tel op opp t ур ул гл т тт стр с п
    пп рис № ст hfst blz bl jf afs del avs lk luku tomo tom vgl ca circa approx max min ust poz
    rys tab""".split()  # noqa: SIM905
)
"""Short forms that stand before a number: "vol. 3"."""
_BEFORE_NUMBERS_IN = {"pl": frozenset({"ok", "m", "woj"})}
"""Such that are whole words elsewhere: "ok. 5 lat"."""
_BEFORE_NAMES = frozenset(
    """mr mrs ms mx dr drs st ste prof rev revd hon capt cpt col gen lt sgt maj adm gov sen rep pres messrs mme
    mmes mlle m mm mgr me sr sra srta srs d dña dª don hr fr frl herr dhr mevr mej mw ing ir dipl inż mgr
    inż lek kol gosp p pí pan av sig sigg sigra dott avv ing on г г-н г-жа проф акад им тов ул гр д-р κ κα κος
    δρ""".split()  # noqa: SIM905
)
"""Short forms that stand before a name: "Mme. Durand"."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Places in a text, counted in letters: where sentences begin after others, and where no piece of a sentence may
    begin, since what stands before needs what follows."""

    sentences: frozenset[int]
    never: frozenset[int]


def sentence_ends(text: str, language: str) -> Ends:
    """Finds the ends of the sentences of a text."""
    places: set[int] = set()
    never = {found.end() for found in _FULL_STOP.finditer(text) if _needs_more(text, found.start() + 1, language)}
    at = 0
    for sentence in _split(text, language):
        at += len(sentence)
        if 0 < at < len(text) and at not in never and not _goes_on(text, at):
            places.add(at)
    return Ends(frozenset(places), frozenset(never))


_FULL_STOP = re.compile(r"\.\s+(?=\S)")


def _split(text: str, language: str) -> list[str]:
    """Returns the sentences with the spaces behind them; together they are the text."""
    # White space of more than one byte ends the library in a panic, which is no Exception.
    plain = "".join(" " if letter.isspace() or not letter.isprintable() else letter for letter in text)
    sentences: list[str] = sentencex.segment(language or _UNKNOWN, plain)
    return sentences if sum(map(len, sentences)) == len(text) else [text]


def _goes_on(text: str, at: int) -> bool:
    """Says if a sentence goes on after what looks like its end: with a small letter after a full stop, or after what
    somebody said: "Stop!" he said."""
    before, after = text[:at].rstrip(), text[at:].lstrip(_OPENING)
    if before.endswith(("」", "』")) and after.startswith("と"):
        return True
    if not after[:1].islower():
        return False
    return before.rstrip(_CLOSING).endswith((".", "…")) or before.endswith(tuple(_CLOSING))


def _needs_more(text: str, end: int, language: str) -> bool:
    """Says if a full stop, that ends there, belongs to a short form or an ordinal which needs what follows it."""
    before, after = text[max(0, end - 40) : end], text[end : end + 40].lstrip()
    bare = after.lstrip(_OPENING)
    word = re.split(r"[\s(\[„“\"'«–—]", before)[-1].rstrip(".")
    if language in _ORDINAL_LANGUAGES and _ORDINAL.search(before):
        begins = _BEGINS.search(before) is not None and not bare[:1].isdigit()
        return (language in _BEFORE_CAPITALS and begins) or _takes_ordinal(bare, language)
    if word.casefold() in _BEFORE_NUMBERS_IN.get(language, ()) and bare[:1].isdigit():
        return True
    if word.casefold() in _BEFORE_NUMBERS and re.match(r"\d|[IVXLC]+\b", bare):
        return True
    if word.casefold() in _BEFORE_NAMES and bare[:1].isupper() and (word[:1].isupper() or len(word) < 2):
        return True
    # An initial: J. R. Smith.
    return len(word) == 1 and word.isalpha() and word.isupper() and word != "I" and bare[:1].isupper()


def _takes_ordinal(after: str, language: str) -> bool:
    word = re.split(r"[^\w-]", after, maxsplit=1)[0]
    if not word or word[0].islower():
        return bool(word)
    return language in _CAPITAL_NOUNS and word.casefold() not in _STARTERS and not word[0].isdigit()
