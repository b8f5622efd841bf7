"""The languages that Whisper knows."""

from __future__ import annotations

from whisper_ctranslate2.languages import LANGUAGES, TO_LANGUAGE_CODE

from swarmstt.errors import UsageError


def language_code(language: str) -> str:
    """The code of a language given by code or English name; UsageError for one that Whisper does not know."""
    wanted = language.strip().lower()
    code: str = TO_LANGUAGE_CODE.get(wanted, wanted)
    if code not in LANGUAGES:
        raise UsageError(f"There is no language {language!r}: give a code such as en, de, fr, or leave it out.")
    return code
