"""The markup of an old ebook becomes that of a new one, in a time that its length decides, whatever is in it."""

from __future__ import annotations

import pytest

from swarmstt.speech.ebooks.blocks import read_document
from swarmstt.speech.ebooks.markup import changed
from swarmstt.speech.ebooks.opf import changes_of
from swarmstt.speech.ebooks.upgrading import upgrades

MANY = 400_000
"""A search that begins again at each of these takes half an hour."""


def upgraded(head: str, body: str) -> str:
    source = f"<html><head>{head}</head><body>{body}</body></html>".encode()
    return changed(source, upgrades(read_document(source))).decode()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", f"<p{' ' * MANY}>Words.</p>"),
        ("", f"<p{' ' * MANY}class='x'{' ' * MANY}>Words.</p>"),
        (f"<!--{'<meta ' * MANY}-->", "<p>Words.</p>"),
        ("", f"<!--{'<p ' * MANY}'--><p>Words.</p>"),
        (f"<!--{'<!DOCTYPE[' * MANY}-->", "<p>Words.</p>"),
    ],
    ids=["spaces", "spaces around an attribute", "meta", "tags", "types"],
)
def test_a_hostile_document_takes_no_long_search(head: str, body: str) -> None:
    assert upgraded(head, body) == f"<html><head>{head}</head><body>{body}</body></html>"


@pytest.mark.timeout(120)
def test_a_hostile_package_takes_no_long_search() -> None:
    spaces = " " * MANY
    source = f'<package version="2.0"><metadata{spaces}><a opf:role="x"/></metadata><manifest/></package>'.encode()
    changes = changes_of(source, items=(), overlays={}, metadata=(), upgrade=True)
    assert changed(source, changes).decode() == (
        f'<package version="3.0"><metadata{spaces}><a/></metadata><manifest/></package>'
    )


def test_only_what_is_old_is_changed() -> None:
    kept = "<!-- <font> --><meta name='a' content='b'/>"
    head = f'{kept}<meta http-equiv="Content-Type" content="text/html"/>'
    assert upgraded(head, '<p align="left"><tt>a</tt></p>') == (
        f"<html><head>{kept}</head><body><p><code>a</code></p></body></html>"
    )
    head = f'{kept}<meta content="text/html" http-equiv="content-type"></meta>'
    assert upgraded(head, "<!-- <tt> --><br clear='all'/><big/>") == (
        f'<html><head>{kept}</head><body><!-- <tt> --><br/><span style="font-size: larger"/></body></html>'
    )


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://a/[>">',
        '<!DOCTYPE html [<!ELEMENT a ANY> <!ATTLIST a b CDATA "]">] >',
        "<!DOCTYPE html>",
    ],
)
def test_the_type_of_a_document_is_the_new_one(doctype: str) -> None:
    before = '<?xml version="1.0"?>\n<!-- <!DOCTYPE old> -->\n'
    source = f"{before}{doctype}<html><head/><body>a</body></html>".encode()
    text = changed(source, upgrades(read_document(source))).decode()
    assert text == f"{before}<!DOCTYPE html><html><head/><body>a</body></html>"
