"""XML as a tree, without what makes XML dangerous, and changes to its text that leave all the rest as it was."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.entities import html5
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_DECLARATION = re.compile(r"""^(\s*<\?xml[^>]*?encoding\s*=\s*["'])[\w.-]+(["'])""")
_MOST_DEEP = 256


class MarkupError(ValueError):
    """Says in a few words what is wrong with it, and where."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Bytes from `start` to `end` are replaced; if they are equal, `text` is put in."""

    start: int
    end: int
    text: str


def changed(source: bytes, changes: Iterable[Change]) -> bytes:
    """Makes changes, none over another. Of those at one place, the one that is given first comes first."""
    pieces, at = [], 0
    for change in sorted(changes, key=lambda each: each.start):
        pieces += [source[at : change.start], change.text.encode("utf-8")]
        at = change.end
    return b"".join([*pieces, source[at:]])


def as_utf8(source: bytes) -> bytes:
    """Returns a document in UTF-8, whatever it was written in; its declaration says so then."""
    if source.startswith(codecs.BOM_UTF8):
        return source[len(codecs.BOM_UTF8) :]
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        declared = _DECLARED.match(source)
        encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        if codecs.lookup(encoding).name == "utf-8":
            source.decode("utf-8")
            return source
        return _DECLARATION.sub(r"\1utf-8\2", source.decode(encoding)).encode("utf-8")
    except (LookupError, UnicodeError) as error:
        raise MarkupError("its letters are in no known encoding") from error


def new_parser(*, namespaces: bool = False) -> expat.XMLParserType:
    """Makes a parser that knows no entities but those of XML, and loads nothing."""
    parser = expat.ParserCreate("utf-8", "}" if namespaces else None)
    parser.buffer_text = False
    parser.UseForeignDTD(True)
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> None:
        raise MarkupError("it declares entities")

    parser.EntityDeclHandler = refuse
    return parser


def parse(parser: expat.XMLParserType, source: bytes) -> None:
    """Parses it all; MarkupError if it is not well-formed."""
    try:
        parser.Parse(source, True)
    except expat.ExpatError as error:
        raise MarkupError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from error


def entity_text(name: str) -> str:
    """Returns what a named entity of HTML stands for; nothing if there is none of that name."""
    return html5.get(f"{name};", "")


def tree_of(source: bytes) -> Element:
    """Reads XML as a tree; names are `{namespace}name`."""
    builder, parser = TreeBuilder(), new_parser(namespaces=True)
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MOST_DEEP:
            raise MarkupError("its elements are nested too deep")
        builder.start(_clark(name), {_clark(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_clark(name))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.SkippedEntityHandler = lambda name, _: builder.data(entity_text(name))
    parse(parser, as_utf8(source))
    return builder.close()


def _clark(name: str) -> str:
    return f"{{{name}" if "}" in name else name
