"""The swarm key from a file (--swarm_key_file): 256 bits that make a node a member. Proven to others, never sent.

Without such a file the key is part of the roster (core/membership/roster.py, roster_file.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from pathlib import Path

from swarmstt.core.membership.roster import KEY_BYTES
from swarmstt.errors import StorageError, UsageError
from swarmstt.files import make_private, write_whole


def load_swarm_key(data_dir: Path, given: Path | None = None) -> bytes:
    """Loads the key of this node's swarm. `given`, a file, becomes the key from now on; without it the stored one is
    used, which the very first start makes. UsageError for a file that does not hold a key."""
    kept = data_dir / "swarm.key"
    try:
        if given is not None:
            key = read_key_file(given)
            if not kept.exists() or parse_key(kept.read_bytes()) != key:
                write_whole(kept, key.hex().encode() + b"\n", private=True)
        elif not kept.exists():
            write_whole(kept, secrets.token_hex(KEY_BYTES).encode() + b"\n", private=True)
        make_private(kept)
        found = parse_key(kept.read_bytes())
    except OSError as error:
        raise StorageError(f"The swarm key {kept} cannot be used: {error.strerror}.") from error
    if found is None:
        raise StorageError(f"The swarm key {kept} is damaged; move it away to begin a new swarm, or join one again.")
    return found


def kept_swarm_key(data_dir: Path) -> bytes | None:
    """Loads the key that an earlier start stored, if there is one."""
    return load_swarm_key(data_dir) if (data_dir / "swarm.key").exists() else None


def forget_swarm_key(data_dir: Path) -> None:
    """Deletes the copy of the key that an earlier start stored. StorageError if it stays."""
    kept = data_dir / "swarm.key"
    try:
        kept.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"The swarm key {kept} cannot be deleted: {error.strerror}.") from error


def key_id(key: bytes) -> str:
    """Returns a name for the swarm whose key came from a file: the same on all its nodes, and no hint at the key."""
    return hashlib.sha256(b"swarmstt key id" + key).hexdigest()


def read_key_file(file: Path) -> bytes:
    """Reads the key in a file of --swarm_key_file; UsageError if there is none."""
    try:
        key = parse_key(file.read_bytes())
    except OSError as error:
        raise UsageError(f"--swarm_key_file {file} cannot be read: {error.strerror}.") from error
    if key is None:
        raise UsageError(f"--swarm_key_file {file} must hold 256 bits: 64 hex digits, base64, or 32 bytes.")
    return key


def parse_key(content: bytes) -> bytes | None:
    """Parses a key of 32 raw bytes, or of hex or base64 text; None if it is neither."""
    if len(content) == KEY_BYTES:
        return content
    text = content.strip()
    for decode in (binascii.unhexlify, _from_base64):
        try:
            key = decode(text)
        except binascii.Error:
            continue
        if len(key) == KEY_BYTES:
            return key
    return None


def _from_base64(text: bytes) -> bytes:
    padded = text + b"=" * (-len(text) % 4)
    return base64.b64decode(padded.replace(b"-", b"+").replace(b"_", b"/"), validate=True)
