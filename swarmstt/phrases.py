"""How the node, the command line and the tray speak, as the page does (web/static/page/phrases.js)."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, Protocol

_ALIKE = 0.7
"""How alike two words are of which one is taken for the other misspelt, as difflib measures it: 1 is the same."""
_MOST_COMPARED = 40
"""Letters of a word that are compared: the time grows by their square."""

JsonObject = Mapping[str, Any]

FOR_ONE_COMMAND = "This node runs for one command only; start one that stays with `swarmstt up`."
INVITATION_EXPIRED = "This invitation has expired. Ask whoever sent it for a new one; `swarmstt invite` makes it."
NO_HELPING = "This PC was started with --no_helping, so it does not transcribe. Start it without that to change it."
WORDS_MISSING = "Words are missing here: somebody speaks, but no words were found."
NO_SPEECH = "No speech was found in it, so its transcript is empty. Music or noise may cover speech that is quieter."
USE_UNKNOWN = "This system does not say whether somebody is using this PC, so it helps as if nobody were."


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Returns a question with the known word that is most like what was given, with a space before it; else nothing."""
    likely = difflib.get_close_matches(given[:_MOST_COMPARED], known, n=1, cutoff=_ALIKE)
    return f" Did you mean {likely[0]}?" if likely and likely[0] != given else ""


def count(number: int, one: str) -> str:
    """Such as "one other PC" or "3 other PCs"."""
    return f"one {one}" if number == 1 else f"{number} {one}s"


def several_books(titles: Sequence[str]) -> str:
    """Says of one book's files that they look like several."""
    shown = ", ".join(titles[:4]) + (", …" if len(titles) > 4 else "")
    return (
        f"Its files look like {len(titles)} books ({shown}) but were added as one. To make them separate books, remove "
        "this book and put each into a folder of its own."
    )


def about_time(seconds: float) -> str:
    """A length of time as a person says it."""
    if seconds < 45:
        return "less than a minute"
    minutes = _round(seconds / 60)
    if minutes <= 1:
        return "about a minute"
    if minutes <= 20:
        return f"about {minutes} minutes"
    if minutes < 55:
        return f"about {5 * _round(minutes / 5)} minutes"
    half_hours = _round(minutes / 30)
    if half_hours <= 2:
        return "about an hour"
    if half_hours < 72:
        return f"about {half_hours // 2}{'½' if half_hours % 2 else ''} hours"
    return f"about {_round(half_hours / 48)} days"


def moment(iso: str) -> str:
    """A day and a time by the clock of this PC: 2030-01-31 18:00."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")


def clock(seconds: float) -> str:
    """A place in a book: 1:02:03."""
    whole = _round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def speed(times_real: float) -> str:
    """How fast something is decoded: 25 × realtime."""
    rounded = _round(times_real) if times_real >= 10 else round(times_real, 1)
    return f"{rounded:g} × realtime"


def percent(value: float) -> str:
    """How much is done: 100 % is said only of what is whole."""
    return f"{100 if value >= 100 else min(99, math.floor(value))} %"


def headline(node: JsonObject, workers: Sequence[JsonObject], books: Sequence[JsonObject]) -> str:
    """Return what is going on, in one sentence, from what the node shows of itself, of those that decode its books, and
    of the books that are not finished. The node's `/status` has it; page, tray and command line show that one."""
    active = [book for book in books if book["state"] in ("open", "merging") and not book["paused"]]
    others = sum(worker["kind"] != "own" and worker["state"] == "working" for worker in workers)
    if node.get("no_helping"):
        if active and not others:
            return "Waiting for another PC: this one is set not to transcribe."
    elif not node["helping"]:
        if active and others:
            verb = "works" if others == 1 else "work"
            return f"Paused here; {count(others, 'other PC')} {verb} on{_ending(active)}."
        return "Paused. This PC is not transcribing."
    if active:
        return _work(workers, active, others)
    if node.get("helping_with"):
        helped = node["helping_with"][0]
        return f"Helping {helped['name']}" + (f" with {helped['title']}." if helped["title"] else ".")
    if any(book["paused"] and book["state"] == "open" for book in books):
        return "All unfinished books are paused."
    return "Idle. Drop a book anywhere."


def _work(workers: Sequence[JsonObject], active: Sequence[JsonObject], others: int) -> str:
    if others:
        return f"Working with {count(others, 'other PC')}{_ending(active)}."
    if any(worker["kind"] == "own" and worker["state"] == "working" for worker in workers):
        return f"Transcribing on this PC{_ending(active)}."
    if any(book["tasks"]["in_progress"] for book in active):
        return f"Working{_ending(active)}."
    reading = any(book["state"] == "open" and not book["read_whole"] for book in active)
    return "Reading the audio." if reading else "Getting ready."


def _ending(active: Sequence[JsonObject]) -> str:
    left = seconds_left(active)
    return "" if left is None else f", done in {about_time(left)}"


def seconds_left(active: Sequence[JsonObject]) -> float | None:
    """What is left of all books at the speed at which all of them together are decoded now; None where unknown."""
    together = sum(book["speed"] or 0 for book in active if book["tasks"]["in_progress"])
    if together <= 0:
        known = [book["remaining_seconds"] for book in active if book["remaining_seconds"] is not None]
        return float(max(known)) if known and len(known) == len(active) else None
    seconds = sum((book["duration"] or 0) * (1 - book["percent"] / 100) for book in active)
    return float(seconds / together)


def model_name(model: str) -> str:
    """Returns what a model is called: of one in a folder of this PC only the folder's own name."""
    is_folder = model.startswith((".", "~", "/")) or "\\" in model or model.count("/") > 1
    *_, name = model.replace("\\", "/").rstrip("/").split("/")
    return name if is_folder and name else model


def marks_of(books: Iterable[JsonObject]) -> dict[str, str]:
    """What tells books of one title apart, by id, as on the page (page/books/texts.js): what differs of file,
    folder, model, task and time."""
    marks: dict[str, list[str]] = {}
    for alike in _groups(books, lambda book: book["title"] or book["filename"]):
        _mark(alike, _FEATURES, marks)
    return {book_id: ", ".join(filter(None, texts)) for book_id, texts in marks.items()}


def _mark(alike: list[JsonObject], features: Sequence[_Feature], marks: dict[str, list[str]]) -> None:
    if len(alike) < 2 or not features:
        return
    differs, *others = features
    for same in _groups(alike, differs):
        if len(same) < len(alike):
            for book in same:
                marks.setdefault(book["book_id"], []).append(differs(book))
        _mark(same, others, marks)


def _groups(books: Iterable[JsonObject], key: _Feature) -> list[list[JsonObject]]:
    groups: dict[str, list[JsonObject]] = {}
    for book in books:
        groups.setdefault(key(book), []).append(book)
    return list(groups.values())


_Feature = Callable[[JsonObject], str]
_FEATURES: tuple[_Feature, ...] = (
    lambda book: book["filename"],
    lambda book: f"in {book['folder']}" if book.get("folder") else "",
    lambda book: model_name(book["model"]),
    lambda book: "into English" if book["task"] == "translate" else "",
    lambda book: f"added {moment(book['added_at'])}",
)


def _round(value: float) -> int:
    """Half goes up, as on the page."""
    return math.floor(value + 0.5)


class Unavailable(Protocol):
    """Why this PC does not help others (Unavailability of core/helping/availability.py)."""

    @property
    def kind(self) -> str: ...

    @property
    def until(self) -> datetime | None: ...

    @property
    def idle_minutes(self) -> int | None: ...

    @property
    def hours(self) -> tuple[time, time] | None: ...


def own_unavailability(why: Unavailable, now: datetime) -> str:
    """Return why this PC does not help others, as it tells its own person; `now`: in the zone of this PC."""
    match why.kind:
        case "paused":
            return _paused(why.until, now)
        case "battery":
            return "It is on battery, so it works only on its own books."
        case "in_use" if why.idle_minutes is not None:
            return f"Somebody is using it; it helps others again after {_minutes(why.idle_minutes)} without use."
        case "hours" if why.hours is not None:
            return f"It helps others from {why.hours[0]:%H:%M} to {why.hours[1]:%H:%M} only."
    return NO_HELPING if why.kind == "not_helping" else UNTOLD


def _paused(until: datetime | None, now: datetime) -> str:
    if until is None:
        return "It is paused; `swarmstt resume` resumes it."
    local = until.astimezone(now.tzinfo)
    when = f"{local:%H:%M}" if local.date() == now.date() else f"{local:%d %B, %H:%M}"
    return f"It is paused until {when}; `swarmstt resume` resumes it sooner."


def _minutes(number: int) -> str:
    return f"{number} minute" + ("s" if number != 1 else "")


UNTOLD = "It does not help now."
OF_PEERS: Mapping[str, str] = {
    "paused": "Its user paused it.",
    "not_helping": "It is set not to transcribe.",
    "battery": "It is on battery and works only on its own books.",
    "in_use": "Somebody is using it; it helps again when nobody is.",
    "hours": "It helps at other hours.",
    "fetching": "It is getting the model.",
    "no_model": "It does not have the model that the book needs.",
    "cannot_run": "It cannot use the model; its own page says why.",
    "no_workers": "It has no worker that can transcribe.",
    "ending": "It is shutting down.",
}
"""Why a peer does not help, by the word of its offer (core/helping/unavailability.py)."""


def peer_unavailability(reason: str) -> str:
    """Return why a peer does not help; a word of a newer version has the sentence of a peer that said nothing."""
    return OF_PEERS.get(reason, UNTOLD)


OF_CLUSTER_WORKERS: Mapping[str, str] = {
    "asked": "It has not said yet what it can do.",
    "no_swarmstt": "It does not have swarmstt: install swarmstt[cluster,offline] there, in this PC's version.",
    "other_version": "It has another version of swarmstt: install this PC's version there.",
    "other_engine": "It has another version of CTranslate2, which finds other words: install this PC's version there.",
    "other_dask": "It has another version of Dask: install this PC's version of the package distributed there.",
    "silent": "It does not answer.",
    "cannot_begin": "Something is wrong with swarmstt there; this PC's log says what.",
    "closing": "It is shutting down.",
}
"""Why a worker of a cluster is not used (core/helping/cluster_workers.py)."""


def no_cluster_worker(unfit: Sequence[str | None]) -> str:
    """Return why no worker of a cluster transcribes: how many there are, and what is the matter with most of them."""
    if not unfit:
        return "The cluster has no worker; start some with `dask worker`."
    reasons = [each for each in unfit if each is not None]
    if not reasons:
        return "The cluster's workers are getting ready."
    commonest = max(dict.fromkeys(reasons), key=reasons.count)
    about = OF_CLUSTER_WORKERS[commonest]
    if len(unfit) == 1:
        return f"The cluster's one worker cannot transcribe. {about}"
    number = count(reasons.count(commonest), "worker")
    return f"None of the cluster's {len(unfit)} workers can transcribe. Of {number}: {about}"


def sending_model(model: str, part: int, workers: int) -> str:
    """Return the sentence about a model that is on its way to workers of a cluster."""
    return f"Sending the model {model} to {count(workers, 'worker')}, {part}\N{NO-BREAK SPACE}%."


class Noticed(Protocol):
    """What a coordinator has noticed (Notice of core/scheduling/actions.py)."""

    @property
    def kind(self) -> str: ...

    @property
    def helper_name(self) -> str: ...

    @property
    def parts(self) -> int: ...

    @property
    def seconds(self) -> float: ...

    @property
    def reason(self) -> str: ...


def notice(noticed: Noticed) -> str:
    """Return the sentence for what a coordinator has noticed."""
    name, parts = noticed.helper_name, noticed.parts
    if noticed.kind == "not_decoded":
        return f"A part of the book could not be transcribed: {noticed.reason}. It can be tried again."
    if noticed.kind == "rests":
        rest = _minutes(round(noticed.seconds / 60))
        return f"{name} failed on {parts} parts that others could transcribe; it rests for {rest}."
    what = {"went_away": "went away", "is_silent": "does not answer"}.get(noticed.kind, "makes no progress")
    return f"{name} {what}; {'its part goes' if parts == 1 else 'its parts go'} to another PC."


_TWINS = {
    "copy": "It has the same sound as {twin}.",
    "coding": "It is the same chapter as {twin}, which sounds better.",
    "whole": "It is as long as all other files together, {twin} among them: it has the same chapters in one file.",
}


def twin_reason(kind: str, twin: str) -> str:
    """Returns why a file of a folder is not read: the book has its sound already, by the file `twin`."""
    return _TWINS[kind].format(twin=twin)
