"""Of a recording that may be in several languages, one of these is found out, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.books import BookSettings
from swarmstt.core.programs.requests import FieldError
from tests.unit.node.programs.conftest import PLAIN, World


async def test_several_languages_are_kept_with_the_recording(world: World) -> None:
    sent = await world.send(request=replace(PLAIN, languages=("german", "en")))
    settings = world.library.get(sent.book_id).settings
    assert settings.languages == ("de", "en")
    assert from_plain(BookSettings, to_plain(settings)) == settings
    again = await world.send(request=replace(PLAIN, languages=("en", "de")))
    assert again.job_id == sent.job_id
    any_of_them = await world.send()
    assert any_of_them.job_id != sent.job_id
    assert world.library.get(any_of_them.book_id).settings.languages is None


async def test_what_is_no_language_is_told_with_its_field(world: World) -> None:
    for request, field in (
        (replace(PLAIN, languages=("de", "xx")), "languages"),
        (replace(PLAIN, language="xx"), "language"),
    ):
        with pytest.raises(FieldError) as caught:
            await world.send(request=request)
        assert caught.value.param == field
