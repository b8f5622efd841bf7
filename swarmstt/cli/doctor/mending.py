"""The checks of `doctor` of what it can mend itself: who may look into the data folder, and this PC's identity."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from swarmstt.cli.client import connect, find_url
from swarmstt.config import Config
from swarmstt.errors import LocalError, StorageError
from swarmstt.files import make_private
from swarmstt.node.data_dir import Folders, held
from swarmstt.node.membership.stored_door import make_new_identity
from swarmstt.swarm.trust.identity import DamagedIdentityError, is_identity_there, load_identity

RENEWAL_SECONDS = 60.0
"""A node with a new identity is back by then."""
_LOOK_SECONDS = 0.2
_RUN = "`swarmstt doctor --fix`"
_JOIN_AGAIN = "To have this PC join its swarm again, run `swarmstt door` on another PC of it"


class MendableError(LocalError):
    """Something is wrong that `doctor` can mend. `mend` does so, and returns what it did."""

    def __init__(self, message: str, mend: Callable[[], Awaitable[str]]) -> None:
        super().__init__(message)
        self.mend = mend


async def check_rights(config: Config, folders: Folders) -> str:
    """That the data folder is its owner's alone."""
    del config

    async def mend() -> str:
        try:
            await asyncio.to_thread(make_private, folders.data_dir)
        except OSError as error:
            raise StorageError(
                f"The rights of {folders.data_dir} cannot be changed: {error.strerror}. Choose another --data_dir."
            ) from error
        return "the rights of the data folder are set"

    if await asyncio.to_thread(folders.is_open_to_others):
        raise MendableError(f"Other users of this PC can look into {folders.data_dir}: {_RUN} sets its rights.", mend)
    return "only you can read the data folder"


async def check_identity(config: Config, folders: Folders) -> str:
    """That this PC has an identity, which no other one has."""
    del config
    url = await find_url(folders)
    if url is None:
        return await _check_stored(folders)

    async def mend() -> str:
        await _renew(url)
        return f"this PC has a new identity. {_JOIN_AGAIN}"

    async with connect(url) as client:
        twin = (await client.get("/status"))["node"]["twin"]
    if twin is not None:
        raise MendableError(twin, mend)
    return "no other PC is known to have the one of this PC"


async def _check_stored(folders: Folders) -> str:
    async def mend() -> str:
        async with held(folders):
            await asyncio.to_thread(make_new_identity, folders.data_dir, stays_alone=False)
        return f"this PC has a new identity; the damaged one is kept beside it. {_JOIN_AGAIN}"

    if not await asyncio.to_thread(is_identity_there, folders.data_dir):
        return "it is made at the first start"
    try:
        await asyncio.to_thread(load_identity, folders.data_dir)
    except DamagedIdentityError as error:
        raise MendableError(f"{error.message} {_RUN} does both.", mend) from error
    return "it can be read. Only a node that runs can tell whether another PC has the same: `swarmstt up`"


async def _renew(url: str) -> None:
    """Has the node take a new identity, and waits until it is back."""
    async with connect(url) as client:
        before = (await client.get("/status"))["node"]["node_id"]
        await client.post("/identity")
    deadline = asyncio.get_running_loop().time() + RENEWAL_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            async with connect(url, total_seconds=RENEWAL_SECONDS) as client:
                if (await client.get("/status"))["node"]["node_id"] != before:
                    return
        except LocalError:
            continue  # it is on its way
    raise LocalError("The node has not come back with its new identity. Its log says why; start it again.")
