"""The swarm key from a file (--swarm_key_file): 256 bits that make a node a member. Proven to others, never sent.

Without such a file the key is part of the ring (core/ring.py, ring_file.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from pathlib import Path

from swarmstt.core.ring import KEY_BYTES
from swarmstt.errors import StorageError, UsageError
from swarmstt.swarm.private_files import make_private, write_private


def load_swarm_key(data_dir: Path, given: Path | None = None) -> bytes:
    """The key of this node's swarm. `given`, a file, becomes the key from now on; else the one that is kept, which
    the very first start makes. UsageError for a file that holds no key."""
    kept = data_dir / "swarm.key"
    try:
        if given is not None:
            key = read_key_file(given)
            if not kept.exists() or parse_key(kept.read_bytes()) != key:
                write_private(kept, key.hex().encode() + b"\n")
        elif not kept.exists():
            write_private(kept, secrets.token_hex(KEY_BYTES).encode() + b"\n")
        make_private(kept)
        found = parse_key(kept.read_bytes())
    except OSError as error:
        raise StorageError(f"The swarm key {kept} cannot be used: {error.strerror}.") from error
    if found is None:
        raise StorageError(f"The swarm key {kept} is damaged; move it away to begin a new swarm, or join one again.")
    return found


def kept_swarm_key(data_dir: Path) -> bytes | None:
    """The key that an earlier start kept, if there is one."""
    return load_swarm_key(data_dir) if (data_dir / "swarm.key").exists() else None


def key_id(key: bytes) -> str:
    """A name for the swarm whose key came from a file: the same on all its nodes, and saying nothing of the key."""
    return hashlib.sha256(b"swarmstt key id" + key).hexdigest()


def read_key_file(file: Path) -> bytes:
    """The key in a file of --swarm_key_file; UsageError where there is none."""
    try:
        key = parse_key(file.read_bytes())
    except OSError as error:
        raise UsageError(f"--swarm_key_file {file} cannot be read: {error.strerror}.") from error
    if key is None:
        raise UsageError(f"--swarm_key_file {file} must hold 256 bits: 64 hex digits, base64, or 32 bytes.")
    return key


def parse_key(content: bytes) -> bytes | None:
    """The key in 32 raw bytes, or in hex or base64 text; None where it is neither."""
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
