"""Decides what a book is decoded with: the model by its name, or the best one that is done in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from swarmstt.core.books import BookSettings, ModelChoice
from swarmstt.core.models.choice import choose
from swarmstt.core.models.known import AUTO, STEPS, STEPS_TO_TRANSLATE
from swarmstt.core.requests import BookOptions
from swarmstt.errors import ModelError, UsageError
from swarmstt.node.models.speeds import SwarmSpeeds
from swarmstt.node.profile import DEFAULT_MODEL, Profile
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.decoding.languages import language_code
from swarmstt.speech.ingest.probe import Prober
from swarmstt.storage.rows import BookRecord

logger = logging.getLogger(__name__)


class KnownModels(Protocol):
    """The models of this PC; `Engines` has them."""

    async def has_model(self, name: str) -> bool: ...

    def is_multilingual(self, model_hash: str) -> bool: ...


class ModelOffer(Protocol):
    """Gets models ready; `Offering` does."""

    async def ready(self, name: str) -> str:
        """Gets the model, begins to load it, and returns its hash. ModelError if it cannot be had."""


class KnownBooks(Protocol):
    """The books that are there; `Library` has them."""

    def records(self) -> list[BookRecord]: ...

    async def mark_of(self, files: BookFiles) -> str: ...


class Deciding:
    """Decides once for each book, when it is added. `steps` and `steps_to_translate`: what is chosen from, the smallest
    first."""

    def __init__(
        self,
        profile: Profile,
        engines: KnownModels,
        offering: ModelOffer,
        books: KnownBooks,
        speeds: SwarmSpeeds,
        *,
        steps: Sequence[str] = STEPS,
        steps_to_translate: Sequence[str] = STEPS_TO_TRANSLATE,
    ) -> None:
        self._profile = profile
        self._engines = engines
        self._offering = offering
        self._books = books
        self._speeds = speeds
        self._steps = steps
        self._steps_to_translate = steps_to_translate

    async def warm_up(self, options: BookOptions) -> None:
        """Begins to load a model that this PC has. Others are fetched only once the book is known to be good."""
        model = options.model or self._profile.model
        if model != AUTO and await self._engines.has_model(model):
            await self._offering.ready(model)

    async def settings_for(self, options: BookOptions, files: BookFiles | None = None) -> BookSettings:
        """Returns how a book with these options is decoded, and gets its model ready. Without `files` nothing is
        chosen: the default model stands for it. ModelError if it cannot be had, UsageError for a language that there is
        not, or that the model does not know."""
        language = language_of(options)
        model = options.model or self._profile.model
        chosen = None
        if model == AUTO and files is not None:
            model, model_hash, chosen = await self._chosen(options, files)
        else:
            model = DEFAULT_MODEL if model == AUTO else model
            model_hash = await self._offering.ready(model)
        if not await asyncio.to_thread(self._engines.is_multilingual, model_hash):
            if language not in (None, "en") or options.decode.task == "translate":
                raise UsageError(f"The model {model} knows English only: choose another with --model.")
            language = "en"
        return BookSettings(
            model=model,
            model_hash=model_hash,
            decode=replace(options.decode, language=language),
            chunk_seconds=options.chunk_seconds,
            chosen=chosen,
            grain="soon_fine",
        )

    async def _chosen(self, options: BookOptions, files: BookFiles) -> tuple[str, str, ModelChoice]:
        """Returns the model that was chosen for these files before, or is now, its hash, and why it is that one."""
        mark = await self._books.mark_of(files)
        for known in _chosen_before(self._books.records(), mark, options):
            assert known.chosen is not None
            return known.model, await self._offering.ready(known.model), known.chosen
        async with Prober() as prober:
            audio_seconds = await prober.seconds(files)
        steps = self._steps_to_translate if options.decode.task == "translate" else self._steps
        await self._make_ready_to_try(steps[0])
        choices = choose(
            audio_seconds,
            await self._speeds.workers(local_only=options.local_only),
            before=self._speeds.before(first=options.first),
            within_hours=options.done_within_hours,
            steps=steps,
        )
        for each in choices[:-1]:
            if model_hash := await self._had(each.model):
                return each.model, model_hash, each.choice
        last = choices[-1]
        return last.model, await self._offering.ready(last.model), last.choice

    async def _had(self, model: str) -> str | None:
        """Returns the hash of the model once it is here; None if it cannot be had."""
        try:
            return await self._offering.ready(model)
        except ModelError as error:
            logger.info("The model %s was chosen and cannot be had: %s", model, error.message)
            return None

    async def _make_ready_to_try(self, smallest: str) -> None:
        """Has this PC know how fast it is. It offers to decode only once it has a model."""
        try:
            await self._offering.ready(smallest)
        except ModelError as error:
            logger.info("How fast this PC is could not be tried: %s", error.message)
        else:
            await self._speeds.try_out()


def _chosen_before(records: Iterable[BookRecord], mark: str, options: BookOptions) -> Iterable[BookSettings]:
    """Yields the settings of the same audio for which the same was asked, and a model was chosen."""
    for record in records:
        settings = record.settings
        if record.fingerprint == mark and settings.chosen is not None:
            same = settings.decode == replace(options.decode, language=settings.decode.language)
            same = same and language_of(options) in (None, settings.decode.language)
            same = same and settings.chunk_seconds == options.chunk_seconds
            if same and settings.chosen.within_hours == options.done_within_hours:
                yield settings


def language_of(options: BookOptions) -> str | None:
    """Returns the code of the language that was asked for. UsageError: there is no such language."""
    language = options.decode.language
    return language_code(language) if language else None
