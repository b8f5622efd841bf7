"""The languages that Whisper knows."""

from __future__ import annotations

from whisper_ctranslate2.languages import LANGUAGES, TO_LANGUAGE_CODE

from swarmstt.errors import UsageError
from swarmstt.phrases import did_you_mean


def language_code(language: str) -> str:
    """The code of a language given by code or English name; UsageError for one that Whisper does not know."""
    wanted = language.strip().lower()
    code: str = TO_LANGUAGE_CODE.get(wanted, wanted)
    if code not in LANGUAGES:
        meant = did_you_mean(wanted, [*TO_LANGUAGE_CODE, *LANGUAGES])
        raise UsageError(
            f"There is no language {language!r}.{meant} Give a code or a name, as en or english, or leave it out."
        )
    return code


def language_names() -> list[str]:
    """The English names of all languages that Whisper knows, in order, as one writes them."""
    return sorted(name.title() for name in LANGUAGES.values())


def language_name(code: str) -> str:
    """The English name of a language, in small letters, as Whisper has it; the code itself if it has none."""
    name: str = LANGUAGES.get(code, code)
    return name
