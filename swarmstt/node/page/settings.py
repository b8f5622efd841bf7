"""What the person chooses on the page: kept in a file, and put to use as far as a running node can."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmstt.config import PAGE_SETTINGS, Config, check_hours
from swarmstt.core.helping.availability import Pause
from swarmstt.core.models.known import AUTO
from swarmstt.errors import InputError
from swarmstt.node.data_dir import drop_folders
from swarmstt.node.engines.engines import Engines
from swarmstt.node.helping.availability import AvailabilityMonitor, help_policy_of
from swarmstt.node.helping.offer import Offering
from swarmstt.node.membership.peers import Peers
from swarmstt.node.profile import Profile
from swarmstt.node.settings_file import SettingsFile, moment_of
from swarmstt.web.api.status_views import SettingsView

_LIMITS = frozenset({"slots", "memory_gb"})
_OF_POLICY = frozenset({"help_when", "idle_minutes", "help_from", "help_until"})


class Settings:
    """Implements SettingsPort of the web room. `config` holds the options that the node was started with; `changed` is
    called after each change."""

    def __init__(
        self,
        config: Config,
        profile: Profile,
        file: SettingsFile,
        *,
        engines: Engines,
        offering: Offering,
        peers: Peers,
        monitor: AvailabilityMonitor,
        changed: Callable[[], None],
    ) -> None:
        self._config = config
        self._profile = profile
        self._file = file
        self._engines = engines
        self._offering = offering
        self._peers = peers
        self._monitor = monitor
        self._changed = changed
        self._running_folders = [str(folder) for folder in drop_folders(config)]
        self._drop_folders = self._running_folders
        """Those that count after a restart."""

    async def view(self) -> SettingsView:
        policy, pause = self._monitor.policy, self._monitor.pause
        return {
            "name": self._profile.name,
            "model": self._profile.model,
            "models": await self._engines.model_names(),
            "slots": self._config.slots,
            "memory_gb": self._config.memory_gb,
            "drop_folders": self._drop_folders,
            "help_when": policy.help_when,
            "idle_minutes": policy.idle_minutes,
            "help_from": f"{policy.help_from:%H:%M}",
            "help_until": f"{policy.help_until:%H:%M}",
            "paused_until": pause.until.isoformat() if pause is not None and pause.until is not None else None,
            "restart": [] if set(self._drop_folders) == set(self._running_folders) else ["drop_folders"],
        }

    async def change(self, wanted: Mapping[str, Any]) -> SettingsView:
        """Keeps these settings and puts them to use; their types and ranges are checked already. InputError for a
        model or a folder that is not here."""
        await self._check(wanted)
        await self._file.keep({name: value for name, value in wanted.items() if name in PAGE_SETTINGS})
        await self._use(wanted)
        if "paused_until" in wanted:
            await self._pause_until(wanted["paused_until"])
        self._changed()
        return await self.view()

    async def _check(self, wanted: Mapping[str, Any]) -> None:
        if _OF_POLICY & {*wanted}:
            check_hours(replace(self._config, **{name: wanted[name] for name in _OF_POLICY & {*wanted}}))
        model = wanted.get("model")
        if model not in (None, AUTO, self._profile.model) and not await self._engines.has_model(model):
            raise InputError(
                f"This PC does not have the model {model}. Download it under Compare models, or run `swarmstt models "
                f"fetch {model}`."
            )
        for folder in wanted.get("drop_folders", ()):
            if not await asyncio.to_thread(Path(folder).is_dir):
                raise InputError(f"{folder} is not a folder on this PC; make it first.")

    async def _use(self, wanted: Mapping[str, Any]) -> None:
        self._drop_folders = wanted.get("drop_folders", self._drop_folders)
        self._profile.model = wanted.get("model", self._profile.model)
        if "name" in wanted:
            await self._rename(wanted["name"])
        if limits := {name: value for name, value in wanted.items() if name in _LIMITS}:
            self._config = replace(self._config, **limits)
            await self._engines.set_limits(slots=self._config.slots, memory_gb=self._config.memory_gb)
            await self._offering.renew()
        if policy := {name: value for name, value in wanted.items() if name in _OF_POLICY}:
            self._config = replace(self._config, **policy)
            await self._monitor.set_policy(help_policy_of(self._config))

    async def _rename(self, name: str) -> None:
        """Gives this PC another name; peers that are linked hear it with the next link."""
        self._profile.name = self._engines.helper_name = name
        self._peers.rename(name)
        await self._offering.renew()

    async def _pause_until(self, text: str | None) -> None:
        """Pauses until then, or ends a pause that has an end: one without an end has no `paused_until`, so None does
        not end it."""
        pause = self._monitor.pause
        if text is not None:
            await self._monitor.set_pause(Pause(until=moment_of(text)))
        elif pause is not None and pause.until is not None:
            await self._monitor.set_pause(None)
