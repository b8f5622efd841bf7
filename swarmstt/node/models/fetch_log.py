"""Where word of a fetch goes: how much of a model has come, for the log and for whoever shows it."""

from __future__ import annotations

import logging

from swarmstt.speech.models.store import FetchShown

logger = logging.getLogger(__name__)

STEP_PERCENT = 10


class FetchLog:
    """Logs the begin, each tenth and the end of a fetch from the hub, and passes it on."""

    def __init__(self, pass_on: FetchShown) -> None:
        self._pass_on = pass_on
        self._logged: dict[str, int] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        self._pass_on(name, done, total)
        step = 100 * done // max(1, total) // STEP_PERCENT
        if self._logged.get(name) == step:
            return
        if name not in self._logged:
            logger.info("The model %s comes from the model hub: %.0f MB.", name, total / 1e6)
        elif done < total:
            logger.info("The model %s: %d %% has come.", name, step * STEP_PERCENT)
        self._logged[name] = step
        if done >= total:
            logger.info("The model %s has come.", name)
            del self._logged[name]
