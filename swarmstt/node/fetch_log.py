"""What a node's log says of a model that comes from the hub."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)

STEP_PERCENT = 10


class FetchLog:
    """Called in the fetching thread with the model's name, and how many bytes of how many have come: logs its begin,
    each tenth, and its end."""

    def __init__(self) -> None:
        self._said: dict[str, int] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        step = 100 * done // max(1, total) // STEP_PERCENT
        if self._said.get(name) == step:
            return
        if name not in self._said:
            logger.info("The model %s comes from the model hub: %.0f MB.", name, total / 1e6)
        elif done < total:
            logger.info("The model %s: %d %% has come.", name, step * STEP_PERCENT)
        self._said[name] = step
        if done >= total:
            logger.info("The model %s has come.", name)
            del self._said[name]
