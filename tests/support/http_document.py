"""Makes docs/http_api.md out of the views and ports of the API: `python -m tests.support.http_document`."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmstt.core import helper_kinds
from swarmstt.web.api import cluster_views, program_views, status_views, views
from swarmstt.web.api.answers import ebooks
from swarmstt.web.api.ports import (
    BooksPort,
    InvitationsPort,
    MembershipPort,
    ProgramsPort,
    ReadAlongPort,
    SettingsPort,
)
from swarmstt.web.books import undecided
from swarmstt.web.models import port as models

PLACE = Path(__file__).parents[2] / "swarmstt/docs/http_api.md"
ROOMS = [helper_kinds, views, ebooks, status_views, cluster_views, program_views, undecided, models]
OK = '`{"status": "ok"}`'


@dataclass(frozen=True, slots=True)
class Row:
    """`asks`: fields of the body, or of the query. `answers`: in words, or a view, or the method of a port whose answer
    it is."""

    method: str
    path: str
    does: str
    asks: str = ""
    answers: str | type | Callable[..., Any] = OK


ROWS: dict[str, list[Row]] = {
    "This PC": [
        Row("GET", "/status", "The status of this PC.", answers=status_views.FullStatusView),
        Row("POST", "/pause", "Pauses transcribing on this PC.", "`seconds` (for so long; without it until `/resume`)"),
        Row("POST", "/resume", "Resumes transcribing."),
        Row(
            "POST",
            "/shutdown",
            "Ends the node; what is done is kept.",
            "`finish` (true: first what is being transcribed)",
        ),
        Row("POST", "/give-way", "Only while `swarmstt transcribe` runs a node of its own: asks it to end."),
        Row("GET", "/settings", "What a person chose for this PC.", answers=SettingsPort.view),
        Row("PATCH", "/settings", "Changes those that are named.", "fields of `SettingsView`", SettingsPort.change),
        Row("GET", "/ws/dashboard", "A WebSocket: a snapshot like `/status`, then what changes.", answers="see below"),
    ],
    "Books": [
        Row("GET", "/books", "All books, the oldest first.", answers=BooksPort.books),
        Row(
            "POST",
            "/books",
            "Adds files and folders of this PC, each as a book.",
            "`paths` (whole paths), `options` (as on the command line; also `one_book`)",
            views.AddedPathsView,
        ),
        Row(
            "POST",
            "/upload",
            "Adds what is sent as one book.",
            "multipart: `file`, once or several times, and options as fields; with `ask` it may answer with a question",
            "201, `AddedView` or `SeveralBooksView`",
        ),
        Row("POST", "/uploads/{upload_id}", "Answers that question.", "`apart` (true or false)", undecided.DecidedView),
        Row("GET", "/books/{book_id}", "One book.", answers=BooksPort.book),
        Row("DELETE", "/books/{book_id}", "Removes it; transcripts that were written stay."),
        Row("POST", "/books/{book_id}/pause", "Pauses it."),
        Row("POST", "/books/{book_id}/resume", "Resumes it."),
        Row("POST", "/books/{book_id}/first", "Puts it before the others."),
        Row("GET", "/books/{book_id}/cover", "Its cover; 204 if it has none.", answers="a JPEG or PNG"),
        Row("POST", "/books/{book_id}/show", "Opens the folder with its files on the screen of this PC."),
        Row(
            "POST",
            "/books/{book_id}/again",
            "Has it transcribed with another model, too. 201.",
            "`model`",
            views.AddedView,
        ),
        Row(
            "POST",
            "/books/{book_id}/chapters",
            "Gives it these chapters in place of all that it has.",
            "`chapters` (each `title` and `start` in seconds; null: those that are found)",
        ),
        Row(
            "POST",
            "/books/{book_id}/names",
            "Has spellings replaced by names: these, and no others.",
            '`respelled` (`{"Armstein": "Armstrong"}`)',
        ),
        Row("POST", "/books/{book_id}/retry", "Tries its gaps again, or all of it if it failed."),
        Row(
            "POST",
            "/books/{book_id}/order",
            "Has it read in another order: that makes a new book.",
            "`files` (the place of each file now, from 0)",
            views.AddedView,
        ),
        Row("POST", "/books/{book_id}/ebook", "Gives it an ebook.", "multipart: `file`, an EPUB"),
        Row(
            "GET",
            "/results/{book_id}",
            "The transcript. 409 with the progress while it is unfinished.",
            "`?format=` (`json` if nothing is said)",
            "the file",
        ),
        Row("GET", "/tasks", "All chunks.", "`?book_id=`", BooksPort.tasks),
        Row("GET", "/books/{book_id}/text", "The text so far.", "`?from=` `?until=` (seconds)", ReadAlongPort.text),
        Row("GET", "/books/{book_id}/audio", "One of its files; ranges are served.", "`?part=` (from 0)", "the file"),
    ],
    "Models": [
        Row(
            "GET",
            "/models",
            "Models that are here or can be fetched; for programs also `object` and `data`, as OpenAI's API has them.",
            "`?book_id=`",
            models.ModelsPort.models,
        ),
        Row("POST", "/models", "Begins to fetch one. 202.", "`model`"),
        Row("DELETE", "/models/{name}", "Removes one that was fetched."),
    ],
    "The swarm": [
        Row("GET", "/door", "The door, and who comes in.", answers=MembershipPort.door_view),
        Row("POST", "/door", "Opens it for ten minutes.", answers=MembershipPort.door_view),
        Row("DELETE", "/door", "Closes it.", answers=MembershipPort.door_view),
        Row("POST", "/peers/{node_id}/seen", "Its four words were seen.", answers=MembershipPort.door_view),
        Row("DELETE", "/peers/{node_id}", "Removes a PC from the swarm.", "`stays` (node ids that it let in)"),
        Row("POST", "/swarm", "Removes all others: they are to join again.", answers=MembershipPort.door_view),
        Row("POST", "/identity", "Gives this PC a new identity.", "`stays_alone`", MembershipPort.door_view),
        Row("GET", "/invitations", "Invitations for guests.", answers=InvitationsPort.invitations),
        Row("POST", "/invitations", "Makes one. 201.", "`name`, `days`, `plain`", InvitationsPort.invite),
        Row("DELETE", "/invitations", "Revokes all."),
        Row("DELETE", "/invitations/{invitation_id}", "Revokes one."),
        Row("GET", "/programs", "The programs that may ask from elsewhere.", answers=ProgramsPort.programs),
        Row("POST", "/programs", "Lets one in. 201.", "`name`, `origins`", ProgramsPort.add_program),
        Row("DELETE", "/programs", "Revokes all."),
        Row("DELETE", "/programs/{program_id}", "Revokes one."),
    ],
    "Workers": [
        Row("POST", "/workers/register", "Registers a worker.", "`worker_id`, `hostname`"),
        Row("POST", "/workers/{worker_id}/heartbeat", "Keeps the worker registered."),
        Row(
            "GET",
            "/tasks/next",
            "Leases a chunk, if there is one.",
            "`?worker_id=`",
            '`{"task": …}` with null, a `GuestTaskView`, or an `InvitedTaskView` for a guest from elsewhere',
        ),
        Row("GET", "/chunks/{filename}", "Its audio; `filename` is the last part of `chunk_path`.", answers="the file"),
        Row(
            "POST",
            "/tasks/complete",
            "Delivers its transcript; times count from the chunk's start.",
            "`task_id`, `worker_id`, `transcript`, `processing_time`",
        ),
        Row("GET", "/ws/worker/{worker_id}", "A WebSocket: a worker's progress.", answers="see below"),
    ],
    "Pages": [
        Row("GET", "/", "The status page.", answers="the page"),
        Row("GET", "/read/{book_id}", "The reader.", answers="the page"),
        Row("GET", "/static/{path}", "What these consist of.", answers="the file"),
        Row("GET", "/licences", "What is installed, and its licences.", answers="the page"),
        Row("GET", "/licences/{name}", "The texts of one.", answers="text"),
    ],
}

WHEN = {
    400: "the request makes no sense, or the file is not audio",
    403: "you may not ask: another user of this PC, a web page elsewhere, another host name",
    404: "there is nothing by that name",
    405: "that row has another method",
    409: "it cannot be done now",
    410: "it was valid for a time, which is over",
    413: "it is larger than what fits here",
    429: "it is too much at once; with `Retry-After`",
    500: "something went wrong here; the log says more",
    502: "another PC sent something that this one does not understand",
    503: "it is not there yet, the model cannot be loaded, or no node runs",
}
"""What each status of an error means."""

HEAD = """# The HTTP API

The page, the tray and the command line use it, and so can your scripts. It is served on this PC, at
`http://127.0.0.1:8000` unless `--port` says otherwise, to the person who runs the node and nobody else on the PC.
Where the system cannot tell whose a connection is, use the address that `swarmstt up` prints, with its key.
Answers are JSON, or msgpack where `Accept` asks for it; bodies are JSON, or msgpack where `Content-Type` says so.
Fields may be added to any answer. Times are ISO 8601 if they name a moment, and seconds if they are a length.

Two names come from an older API and are kept here: a *task* is a chunk, and a *worker* is whoever decodes one.

The rows of other programs (`/v1/…`, `/asr`) are in [programs.md](programs.md). A guest with an invitation gets the rows
under *Workers*, behind the address in the invitation, and nothing else.

This document is made from the code: `python -m tests.support.http_document`.

## Errors

`{"error": "what is wrong and what to do"}`, with one of these:

"""
BETWEEN = """
## Live

`/ws/dashboard` sends `{"type": "snapshot", …}` with the fields of `/status`, then
`{"type": "changes", "changes": […]}`:
each change has the whole new state of its thing: `BookChange`, `TaskChange`, `BookRemoved`, `NodeChange`, `News`.
Without changes an empty list comes now and then: the node is there.

`/ws/worker/{worker_id}` takes `{"type": "progress", "task_id": "…", "progress": 0.5}`, which counts as a heartbeat.

## Types
"""
CHANGES = ["BookChange", "TaskChange", "BookRemoved", "NodeChange", "News"]


@dataclass(frozen=True, slots=True)
class Source:
    """A view as it stands in the source; `lines` are those of its module."""

    view: ast.ClassDef
    lines: list[str]


def classes() -> dict[str, Source]:
    """All views, by name."""
    found = {}
    for room in ROOMS:
        text = inspect.getsource(room)
        views_here = (each for each in ast.parse(text).body if isinstance(each, ast.ClassDef))
        found.update({each.name: Source(each, text.splitlines()) for each in views_here})
    return {name: each for name, each in found.items() if not name.endswith("Port")}


def aliases() -> dict[str, str]:
    """Types with a name of their own, such as those of states, and what they stand for."""
    parsed = (ast.parse(inspect.getsource(room)) for room in ROOMS)
    assigned = (each for module in parsed for each in module.body if isinstance(each, ast.Assign))
    literals = {ast.unparse(each.targets[0]): ast.unparse(each.value) for each in assigned}
    return {name: value for name, value in literals.items() if value.startswith("Literal[")}


def answer(of: str | type | Callable[..., Any]) -> str:
    """Returns the answer's words, or its type's name."""
    if isinstance(of, str):
        return of
    thing = of if isinstance(of, type) else typing.get_type_hints(of)["return"]
    if typing.get_origin(thing) is list:
        return f"list of `{typing.get_args(thing)[0].__name__}`"
    return f"`{thing.__name__}`"


def fields(source: Source) -> Iterator[tuple[str, str, str]]:
    """The name of each field, its type, and what is said of it behind it or below."""
    named, body = aliases(), source.view.body
    for at, each in enumerate(body):
        if not isinstance(each, ast.AnnAssign):
            continue
        said = body[at + 1] if at + 1 < len(body) else None
        below = str(ast.literal_eval(said.value)) if isinstance(said, ast.Expr) else ""
        behind = source.lines[each.lineno - 1].partition("  # ")[2]
        kind = re.sub(r"\w+", lambda word: named.get(word[0], word[0]), ast.unparse(each.annotation))
        yield ast.unparse(each.target), kind, _in_json(" ".join(f"{behind} {below}".split()))


def readable(kind: str) -> str:
    """Returns a type in words."""
    kind = re.sub(r"Literal\[(.*?)\]", lambda found: found[1].replace(", ", " or ").replace("'", '"'), kind)
    kind = re.sub(r"\b(str|int|float|bool)\b", lambda found: _WORDS[found[1]], kind)
    kind = re.sub(r"dict\[text, text\]", "object of text by name", kind)
    while "list[" in kind:
        kind = re.sub(r"list\[([^\[\]]*)\]", r"list of \1", kind)
    return _in_json(kind.replace("|", "or"))


_WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}


def _in_json(text: str) -> str:
    return re.sub(r"\b(None|True|False)\b", lambda found: {"None": "null"}.get(found[1], found[1].lower()), text)


def needed(names: list[str]) -> list[str]:
    """Returns the views of these names and all that they lead to, each once, in the order in which they come up."""
    known, found = classes(), dict.fromkeys(name for name in names if name in classes())
    left = list(found)
    while left:
        source = known[left.pop(0)]
        bases = [ast.unparse(each) for each in source.view.bases]
        inside = re.findall(r"\w+", " ".join([*bases, *(kind for _, kind, _ in fields(source))]))
        left += [each for each in inside if each in known and each not in found]
        found |= dict.fromkeys(each for each in inside if each in known)
    return list(found)


def table_of(name: str) -> str:
    """Returns the section of a view."""
    source = classes()[name]
    bases = [ast.unparse(each) for each in source.view.bases if ast.unparse(each) != "TypedDict"]
    said = _in_json(" ".join((ast.get_docstring(source.view) or "").split()))
    more = f"All of {' and '.join(f'`{each}`' for each in bases)}, and:" if bases else ""
    lines = [f"### {name}", "", *(text for text in (said, more) if text), *([""] if said or more else [])]
    lines += ["| field | type | |", "| --- | --- | --- |"]
    lines += [f"| `{field}` | {readable(kind)} | {text} |" for field, kind, text in fields(source)]
    return "\n".join(lines).replace("  ", " ") + "\n"


def document() -> str:
    parts = [HEAD, "| status | when |\n| --- | --- |\n"]
    parts += [f"| {status} | {when} |\n" for status, when in WHEN.items()]
    for title, rows in ROWS.items():
        parts += [f"\n## {title}\n\n| row | does | takes | answers |\n| --- | --- | --- | --- |\n"]
        parts += [f"| `{row.method} {row.path}` | {row.does} | {row.asks} | {answer(row.answers)} |\n" for row in rows]
    parts.append(BETWEEN)
    every = " ".join(answer(row.answers) for rows in ROWS.values() for row in rows)
    names = [*re.findall(r"\w+", every), *CHANGES]
    parts += [f"\n{table_of(name)}" for name in needed(names)]
    return "".join(parts)


if __name__ == "__main__":
    PLACE.write_text(document(), encoding="utf-8")
    sys.exit(0)
