"""The cases of `python -m tests.bench repeats`: words that really repeat, and sounds over which Whisper loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from swarmstt.speech.decoding.windows import Samples
from tests.bench.books import SHARED
from tests.bench.repetition import sounds
from tests.bench.repetition.counting import turns_in
from tests.bench.repetition.sounds import clip, joined, say, silence, times, varied


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A phrase that is really said `turns` times in a row, and `elsewhere` in what is said around them."""

    name: str
    kind: str
    phrase: str
    turns: int
    make: Callable[[], Samples]
    language: str = "en"
    elsewhere: int = 0

    @property
    def said(self) -> int:
        """How often it is said in all."""
        return self.turns + self.elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRepetition:
    """A sound in which nothing is said five times in a row, read in a language that it may not be in."""

    name: str
    language: str
    make: Callable[[], Samples]


BEFORE = "She stood before the door and listened to the wind."
AFTER = "Nobody answered, and she went away."
STORY = (
    "The travellers had come a long way over the hills, and they were tired, hungry, and rather cold. "
    "In the evening they saw a light between the trees, and they walked toward it without a word. "
    "An old man opened the door of his house, looked at them for a while, and asked them to come in. "
    "They sat down at his fire, and he told them a story about a king who had lost his crown in the sea."
)
LEAR = (
    "And my poor fool is hanged. No, no, no life. Why should a dog, a horse, a rat have life, and thou no breath at "
    "all? Thou wilt come no more. Never, never, never, never, never. Pray you undo this button. Thank you, sir."
)
WHEELS = "the wheels on the bus go round and round all day long"
LJ = "en/lj001/LJ001-{:04d}.flac"
PRINTED = ((4, 1.1, 1.58), (9, 4.66, 5.3), (10, 1.54, 1.96), (10, 4.2, 4.74), (34, 5.34, 5.66), (66, 9.0, 9.36))
"""Where the reader says "books"."""


def _written(name: str, kind: str, phrase: str, turns: int, *text: str) -> Repetition:
    """Read in one breath as it is written."""
    return Repetition(name=name, kind=kind, phrase=phrase, turns=turns, make=lambda: say("".join(text)))


def _told(
    kind: str, phrase: str, turns: int, *, pause: float = 0.0, speed: float = 1.0, alone: bool = False
) -> Repetition:
    """Said in one breath where there is no pause, else turn for turn."""

    def make() -> Samples:
        if pause:
            said = times(say(f"{phrase.capitalize()}.", speed), turns, pause)
        else:
            said = say(", ".join([phrase] * turns).capitalize() + ".", speed)
        return said if alone else joined(say(BEFORE), said, say(AFTER), pause=0.6)

    how = [f"pause {pause}"] * bool(pause) + [f"speed {speed}"] * (speed != 1.0) + ["alone"] * alone
    name = " ".join([phrase[:20], f"x{turns}", *how])
    elsewhere = 0 if alone else turns_in(f"{BEFORE} {AFTER}", phrase)
    return Repetition(name=name, kind=kind, phrase=phrase, turns=turns, make=make, elsewhere=elsewhere)


def _cut(
    phrase: str, name: str, start: float, end: float, turns: int, *, language: str = "en", like: bool = False
) -> Repetition:
    """A reader's phrase, cut and joined inside the clip that it is from; `like`: no turn is the very same."""

    def make() -> Samples:
        turn = clip(name, start, end)
        return joined(clip(name), (varied if like else times)(turn, turns, 0.12), clip(name), pause=0.5)

    kind, said = ("reader, varied" if like else "reader"), f"{phrase} x{turns} {language}" + " varied" * like
    text = (SHARED / name).with_suffix(".txt")
    # Where there are no recordings, the cases can still be listed.
    elsewhere = 2 * turns_in(text.read_text(encoding="utf-8"), phrase) if text.exists() else 0
    return Repetition(
        name=said, kind=kind, phrase=phrase, turns=turns, make=make, language=language, elsewhere=elsewhere
    )


def _over_border(name: str, phrase: str, turns: int, said: Callable[[], Samples]) -> Repetition:
    """A story of nearly 30 s before it, so that it lies over the end of a window."""
    make = lambda: joined(say(STORY), said(), say(AFTER), pause=0.4)  # noqa: E731
    return Repetition(name=name, kind="border", phrase=phrase, turns=turns, make=make)


def _books() -> Samples:
    """A word as the reader says it in six sentences."""
    turns = [clip(LJ.format(number), start, end) for number, start, end in PRINTED]
    return joined(clip(LJ.format(4)), joined(*turns, pause=0.15), clip(LJ.format(6)), pause=0.5)


REPETITIONS = (
    _written("Lear", "sentence", "never", 5, LEAR),
    _written("Knock", "knocks", "knock", 6, BEFORE, " ", "Knock. " * 6, AFTER),
    _written(
        "clock", "sentence", "tick tock", 6, "The old clock went on. Tick tock", ", tick tock" * 5, ". It stopped."
    ),
    _written(
        "safe", "counting", "zero", 6, "He counted. Zero", ", zero" * 5, ", one. That was the number of the safe."
    ),
    _written("litany", "litany", "lord have mercy", 6, "He began. ", "Lord have mercy. " * 6, "Then all were silent."),
    _written("run", "sentence", "run", 7, "Run", ", run" * 6, "! cried the boy, and they all ran."),
    _told("knocks", "knock", 10, pause=0.3),
    _told("knocks", "knock", 20, pause=0.6),
    _told("knocks", "knock", 5, pause=1.2, alone=True),
    _told("one word", "no", 5),
    _told("one word", "no", 10),
    _told("one word", "no", 20),
    _told("one word", "never", 40),
    _told("one word", "never", 10, speed=1.5),
    _told("one word", "help", 6, speed=0.75, alone=True),
    _told("one word", "gone", 20, pause=0.4),
    _told("sentence", "far away", 5),
    _told("sentence", "left, right", 10),
    _told("sentence", "left, right", 20, speed=1.4),
    _told("sentence", "I will not go", 10, pause=0.3),
    _told("counting", "one, two, three, four", 6),
    _told("counting", "one, two, three, four", 10, pause=0.5),
    _told("counting", "five", 7),
    _told("litany", "lord have mercy upon us", 10, pause=0.5),
    _told("litany", "pray for us sinners", 20, pause=0.35),
    _told("litany", "lord have mercy", 40, pause=0.3),
    _told("long phrase", WHEELS, 5, pause=0.4),
    _told("long phrase", WHEELS, 6, pause=0.3, speed=1.3),
    _told("long phrase", "row row row your boat gently down the stream", 5, alone=True, pause=0.3),
    _cut("modern", LJ.format(2), 1.16, 1.65, 6),
    _cut("modern", LJ.format(2), 1.16, 1.65, 10, like=True),
    _cut("surpassed", LJ.format(8), 0.68, 1.66, 5, like=True),
    _cut("has never been surpassed", LJ.format(8), 0.0, 1.66, 10, like=True),
    _cut("wood blocks", LJ.format(3), 2.52, 3.36, 20, like=True),
    _cut("the invention of movable metal letter", LJ.format(5), 0.0, 1.95, 6, like=True),
    _cut("liegende Raum", "de/leopard_test_de.wav", 1.76, 2.6, 6, language="de"),
    _cut("muy poca", "es/leopard_test_es.wav", 5.96, 6.72, 10, language="es", like=True),
    _cut("il devient conservateur", "fr/leopard_test_fr.wav", 2.0, 3.04, 6, language="fr"),
    _cut("alla radio", "it/leopard_test_it.wav", 1.06, 1.7, 5, language="it", like=True),
    _cut("uma raposa velha", "pt/leopard_test_pt.wav", 0.25, 1.46, 10, language="pt", like=True),
    Repetition(name="books x6", kind="reader, apart", phrase="books", turns=6, make=_books, elsewhere=1),
    _over_border("over a window's end", "never", 10, lambda: say("Never, " * 9 + "never.")),
    _over_border("over a window's end, pauses", "lord have mercy", 20, lambda: times(say("Lord have mercy."), 20, 0.3)),
    Repetition(
        name="alone after silence",
        kind="border",
        phrase="come back",
        turns=10,
        make=lambda: joined(silence(5), times(say("Come back!"), 10, 0.8), silence(5)),
    ),
)


def _reader() -> Samples:
    return joined(*[clip(LJ.format(number)) for number in range(1, 13)], pause=0.3)


def _german() -> Samples:
    return clip("de/aeneas_de.mp3", 0.0, 60.0)


def _french() -> Samples:
    return clip("fr/fleursdumal_004_baudelaire_64kb.mp3", 0.0, 60.0)


def _spanish() -> Samples:
    return clip("es/aeneas_es.mp3", 0.0, 60.0)


_SOUNDS: dict[str, Callable[[], Samples]] = {
    "too fast": lambda: sounds.faster(_reader(), 250),
    "too slow": lambda: sounds.faster(_reader()[: 30 * 16_000], 50),
    "far too slow": lambda: sounds.faster(_reader()[: 30 * 16_000], 35),
    "backwards": lambda: sounds.backwards(_reader()),
    "snippets of 0.3 s": lambda: sounds.snippets(_reader(), 0.3),
    "snippets of 0.6 s": lambda: sounds.snippets(_reader(), 0.6),
    "snippets of 0.15 s": lambda: sounds.snippets(_reader(), 0.15),
    "music": partial(sounds.music, 60.0),
    "babble": partial(sounds.babble, 60.0),
    "noise": partial(sounds.noise, 30.0),
    "hum": partial(sounds.hum, 30.0),
    "voice under music": lambda: sounds.over(_reader() * 0.1, sounds.music(60.0), 1.0),
    "voice under babble": lambda: sounds.over(_reader() * 0.3, sounds.babble(60.0), 1.0),
    "voice under noise": lambda: sounds.over(_reader() * 0.3, sounds.noise(60.0), 1.0),
    "German": _german,
    "German backwards": lambda: sounds.backwards(_german()),
    "German snippets": lambda: sounds.snippets(_german(), 0.4),
    "German too fast": lambda: sounds.faster(_german(), 220),
    "French": _french,
    "French backwards": lambda: sounds.backwards(_french()),
    "French too slow": lambda: sounds.faster(_french()[: 30 * 16_000], 55),
    "Spanish": _spanish,
    "two voices": lambda: sounds.over(_reader(), _german(), 1.0),
}

NO_REPETITIONS = tuple(
    NoRepetition(name=name, language=language, make=make)
    for language in ("en", "ja", "la")
    for name, make in _SOUNDS.items()
)
