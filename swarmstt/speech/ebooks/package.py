"""What an EPUB says of itself: its documents in reading order, and their titles. Refuses what cannot be worked with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from xml.etree.ElementTree import Element

from swarmstt.display_text import one_line
from swarmstt.errors import InputError
from swarmstt.speech.ebooks.archive import Archive, damaged, resolved
from swarmstt.speech.ebooks.markup import MarkupError, tree_of

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PROTECTION = frozenset({"META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl"})
"""Files of the usual kinds of copy protection."""
_FONT_METHODS = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
"""They only make fonts hard to use elsewhere."""
_DISPLAY_OPTIONS = "META-INF/com.apple.ibooks.display-options.xml"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
XHTML_TYPE = "application/xhtml+xml"
NCX_TYPE = "application/x-dtbncx+xml"
_MOST_DOCUMENTS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file of the package: its id and reference there, and its name in the archive."""

    id: str
    href: str
    name: str
    media_type: str
    properties: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Package:
    """An EPUB. `spine` are the documents in reading order, `contents` the table of contents: files and places in them,
    and titles."""

    name: str
    version: str
    items: tuple[Item, ...]
    spine: tuple[Item, ...]
    contents: tuple[tuple[str, str], ...]
    title: str | None
    language: str | None

    @property
    def is_old(self) -> bool:
        """Says if it is an EPUB 2, which knows no sound."""
        return not self.version.startswith("3")

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {place.partition("#")[0]: title for place, title in reversed(self.contents)}

    def title_of(self, item: Item) -> str:
        """Returns what the table of contents calls a document, by the first entry that leads into it."""
        return self._titles.get(item.name, "")


def read_package(archive: Archive) -> Package:
    """Reads the package; InputError, one line, for an ebook that is damaged, protected, or in fixed layout."""
    _refuse_protected(archive)
    name = _package_name(archive)
    root = _tree(archive, name)
    items = tuple(_items(root, name))
    by_id = {item.id: item for item in items}
    places = [by_id.get(each.get("idref", "")) for each in root.iterfind(f"{OPF}spine/{OPF}itemref")]
    spine = [item for item in places if item is not None and item.media_type == XHTML_TYPE]
    missing = next((item.href for item in spine if item.name not in archive.names), None)
    if missing is not None:
        raise damaged(archive.name, f"{missing} is missing")
    if not spine:
        raise damaged(archive.name, "it has no texts")
    if len(spine) > _MOST_DOCUMENTS:
        raise InputError(f"{archive.name} has more than {_MOST_DOCUMENTS} documents: get it from another place.")
    _refuse_fixed_layout(archive, root)
    if any(item.get("media-overlay") for item in root.iterfind(f"{OPF}manifest/{OPF}item")):
        raise InputError(f"{archive.name} has its sound inside already: open it in a reader as it is.")
    return Package(
        name=name,
        version=root.get("version", ""),
        items=items,
        spine=tuple(dict.fromkeys(spine)),
        contents=tuple(_contents(archive, items)),
        title=_text(root.find(f"{OPF}metadata/{DC}title")),
        language=_text(root.find(f"{OPF}metadata/{DC}language")),
    )


def _refuse_protected(archive: Archive) -> None:
    methods = set()
    if _ENCRYPTION in archive.names:
        for each in _tree(archive, _ENCRYPTION).iter():
            if each.tag.endswith(("}EncryptedData", "}EncryptedKey")):
                said = (inner.get("Algorithm", "") for inner in each if inner.tag.endswith("}EncryptionMethod"))
                methods.add(next(said, ""))  # it need not say how: both sides may know it
    if methods - _FONT_METHODS or archive.names & _PROTECTION:
        raise InputError(f"{archive.name} is copy-protected (DRM) and cannot be read: use a copy without protection.")


def _refuse_fixed_layout(archive: Archive, root: Element) -> None:
    said = [meta for meta in root.iter(f"{OPF}meta") if meta.get("property") == "rendition:layout"]
    is_fixed = any((meta.text or "").strip() == "pre-paginated" for meta in said)
    if _DISPLAY_OPTIONS in archive.names:
        options = _tree(archive, _DISPLAY_OPTIONS).iter("option")
        is_fixed |= any(each.get("name") == "fixed-layout" and (each.text or "").strip() == "true" for each in options)
    if is_fixed:
        raise InputError(f"{archive.name} is in fixed layout, as picture books are: use an ebook whose text flows.")


def _package_name(archive: Archive) -> str:
    if _CONTAINER not in archive.names:
        raise InputError(f"{archive.name} is not an EPUB, or is damaged: download it again.")
    for each in _tree(archive, _CONTAINER).iter():
        if each.tag.endswith("}rootfile") and each.get("full-path"):
            return str(each.get("full-path"))
    raise damaged(archive.name, f"{_CONTAINER} names no package")


def _items(root: Element, package: str) -> list[Item]:
    return [
        Item(
            id=each.get("id", ""),
            href=each.get("href", ""),
            name=resolved(package, each.get("href", "")),
            media_type=each.get("media-type", ""),
            properties=frozenset(each.get("properties", "").split()),
        )
        for each in root.iterfind(f"{OPF}manifest/{OPF}item")
    ]


def _contents(archive: Archive, items: tuple[Item, ...]) -> list[tuple[str, str]]:
    """Reads the table of contents: the newer one, or the one for old readers."""
    items = tuple(item for item in items if item.name in archive.names)
    nav = next((item for item in items if "nav" in item.properties), None)
    ncx = next((item for item in items if item.media_type == NCX_TYPE), None)
    if nav is not None:
        entries = [
            (nav.name, link.get("href", ""), link)
            for each in _tree(archive, nav.name).iter(f"{_XHTML}nav")
            if "toc" in each.get(EPUB_TYPE, "").split()
            for link in each.iter(f"{_XHTML}a")
        ]
    elif ncx is not None:
        entries = [
            (ncx.name, content.get("src", ""), label)
            for point in _tree(archive, ncx.name).iter(f"{_NCX}navPoint")
            if (content := point.find(f"{_NCX}content")) is not None
            and (label := point.find(f"{_NCX}navLabel/{_NCX}text")) is not None
        ]
    else:
        return []
    return [(_with_fragment(base, href), _text(label) or "") for base, href, label in entries if href]


def _with_fragment(base: str, href: str) -> str:
    fragment = href.partition("#")[2]
    return resolved(base, href) + (f"#{fragment}" if fragment else "")


def _tree(archive: Archive, name: str) -> Element:
    try:
        return tree_of(archive.read(name))
    except MarkupError as error:
        raise damaged(archive.name, f"{name}, {error}") from error


def _text(element: Element | None) -> str | None:
    """Returns what an element says, fit to be a title."""
    text = one_line("".join(element.itertext()).strip(), ending="…") if element is not None else ""
    return text or None
