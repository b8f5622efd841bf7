"""Ebooks for tests: EPUB 2 and 3, with what publishers put into them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

CONTAINER = (
    '<?xml version="1.0"?>\n<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>'
    "</container>"
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000030101"
    "00c9fe92ef0000000049454e44ae426082"
)
CSS = "p { text-indent: 1em; }\n"


def chapter(title: str, body: str, *, old: bool = False) -> str:
    """A document with a heading; `body` is XHTML."""
    doctype = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">'
        if old
        else "<!DOCTYPE html>"
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{doctype}\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="en">\n'
        f'<head><title>{escape(title)}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>\n'
        f"<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    ).replace(' xmlns:epub="http://www.idpf.org/2007/ops"' if old else "\x00", "")


def paragraphs(*texts: str) -> str:
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts)


def write_epub(
    path: Path,
    chapters: Sequence[tuple[str, str]],
    *,
    old: bool = False,
    metadata: str = "",
    more: Mapping[str, bytes | str] | None = None,
    title: str = "A Book",
) -> Path:
    """Writes an ebook of these chapters (title and body), with a cover, a style and a table of contents. `more`: files
    that are added or take the place of others, by their names in the archive."""
    names = [f"ch{number:02}.xhtml" for number in range(1, len(chapters) + 1)]
    files: dict[str, bytes | str] = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": _package(names, old=old, metadata=metadata, title=title),
        "OEBPS/style.css": CSS,
        "OEBPS/cover.png": PNG,
    }
    files["OEBPS/toc.ncx" if old else "OEBPS/nav.xhtml"] = (_ncx if old else _nav)(
        names, [each for each, _ in chapters]
    )
    for name, (heading, body) in zip(names, chapters, strict=True):
        files[f"OEBPS/{name}"] = chapter(heading, body, old=old)
    files.update(more or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _package(names: Sequence[str], *, old: bool, metadata: str, title: str) -> str:
    if old:
        version = '2.0" xmlns:opf="http://www.idpf.org/2007/opf'
        own = '<dc:creator opf:role="aut" opf:file-as="Doe, Jane">Jane Doe</dc:creator>'
        own += '<meta name="cover" content="cover"/>'
        contents = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        scheme, spine = ' opf:scheme="UUID"', ' toc="ncx"'
    else:
        version, scheme, spine = "3.0", "", ""
        own = '<dc:creator>Jane Doe</dc:creator><meta property="dcterms:modified">2020-01-01T00:00:00Z</meta>'
        contents = '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>\n'
        for number, name in enumerate(names)
    )
    refs = "".join(f'<itemref idref="c{number}"/>' for number in range(len(names)))
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<package xmlns="http://www.idpf.org/2007/opf" version="{version}" '
        'unique-identifier="id">\n<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id"{scheme}>urn:uuid:2f6b9d9c-13f5-4c26-8fd5-9e9a0a7f1f53</dc:identifier>'
        f"<dc:title>{escape(title)}</dc:title><dc:language>en</dc:language>{own}{metadata}</metadata>\n<manifest>\n"
        '<item id="css" href="style.css" media-type="text/css"/>\n'
        '<item id="cover" href="cover.png" media-type="image/png"/>\n'
        f"{contents}\n{items}</manifest>\n<spine{spine}>{refs}</spine>\n</package>\n"
    )


def _nav(names: Sequence[str], titles: Sequence[str]) -> str:
    lines = "".join(f'<li><a href="{name}">{escape(title)}</a></li>' for name, title in zip(names, titles, strict=True))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Contents</title></head><body>'
        f'<nav epub:type="toc"><ol>{lines}</ol></nav></body></html>\n'
    )


def _ncx(names: Sequence[str], titles: Sequence[str]) -> str:
    points = "".join(
        f'<navPoint id="n{number}" playOrder="{number}"><navLabel><text>{escape(title)}</text></navLabel>'
        f'<content src="{name}"/></navPoint>'
        for number, (name, title) in enumerate(zip(names, titles, strict=True), start=1)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">'
        '<head><meta name="dtb:uid" content="urn:uuid:2f6b9d9c-13f5-4c26-8fd5-9e9a0a7f1f53"/></head>'
        f"<docTitle><text>A Book</text></docTitle><navMap>{points}</navMap></ncx>\n"
    )
