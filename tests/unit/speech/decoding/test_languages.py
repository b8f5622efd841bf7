"""Languages go by their codes and by their English names."""

import pytest

from swarmstt.errors import UsageError
from swarmstt.speech.decoding.languages import language_code


@pytest.mark.parametrize(("given", "code"), [("de", "de"), ("German", "de"), (" FR ", "fr"), ("mandarin", "zh")])
def test_codes_and_names(given: str, code: str) -> None:
    assert language_code(given) == code


def test_what_whisper_does_not_know_is_named() -> None:
    with pytest.raises(UsageError, match="no language 'klingon'"):
        language_code("klingon")
