"""Whose program is at the other end of a loopback connection: this node's user's, or another user's of the same PC.

Linux lists every TCP socket with its user (`/proc/net/tcp`, proc(5)). Other systems list sockets with their processes,
and of a process its user may be asked. Everything here blocks for a moment and belongs into a thread.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import psutil

ROOT = 0
SocketName = tuple[str, int]
"""Host and port of one end of a connection."""
Ask = Callable[[SocketName, SocketName], "Caller"]
"""Says whose the first end is of a connection between these two."""

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED = bytes(10) + b"\xff\xff"
"""What an IPv4 address begins with in a socket of IPv6 (RFC 4291, 2.5.5.2)."""

_WINDOWS_ROW = struct.Struct("<4x 4s 2s 2x 4s 2s 2x I")
"""MIB_TCPROW_OWNER_PID: state, host and port of the first end, those of the other, process."""
_WINDOWS_ROW_6 = struct.Struct("<16s 4x 2s 2x 16s 4x 2s 2x 4x I")
"""MIB_TCP6ROW_OWNER_PID: the same, with scopes, and the state before the process."""
_WINDOWS_COUNT_BYTES = 4
_WINDOWS_CONNECTIONS = 4
"""TCP_TABLE_OWNER_PID_CONNECTIONS."""
_WINDOWS_TOO_SMALL = 122
"""ERROR_INSUFFICIENT_BUFFER."""
_WINDOWS_ROOM_BYTES = 2**14
_WINDOWS_TRIES = 10


class Caller(Enum):
    OWN = "own"
    """The user of this node, or root."""
    OTHER = "other"
    """Another user; or it is gone, and nobody can tell any more."""
    UNTOLD = "untold"
    """This system does not say."""


def caller_of(theirs: SocketName, ours: SocketName) -> Caller:
    """Returns whose the socket `theirs` is that is connected to this process's socket `ours`."""
    if sys.platform == "linux":
        with ExitStack() as stack:
            return caller_on_linux(theirs, ours, [_open(table, stack) for table in _TABLES], os.getuid())
    return _caller_by_process(theirs, ours)


def caller_on_linux(
    theirs: SocketName, ours: SocketName, tables: Sequence[Iterable[str] | None], own_uid: int
) -> Caller:
    """The same, from the lines of the tables, which may be thousands; None is a table that cannot be read.

    A socket that its process has closed has no inode, and then says that it is root's: it counts as another's.
    """
    if all(table is None for table in tables):
        return Caller.UNTOLD
    both = [f"{_hex(theirs, mapped)} {_hex(ours, mapped)} " for mapped in (False, True)]
    for table in tables:
        for line in table or ():
            if both[0] in line or both[1] in line:
                return _caller_in(line, own_uid)
    return Caller.OTHER


def _caller_in(line: str, own_uid: int) -> Caller:
    # sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
    columns = line.split()
    is_own = len(columns) > 9 and columns[9] != "0" and int(columns[7]) in (own_uid, ROOT)
    return Caller.OWN if is_own else Caller.OTHER


def _open(table: Path, stack: ExitStack) -> TextIO | None:
    try:
        return stack.enter_context(table.open(encoding="latin-1"))
    except OSError:
        return None


def _hex(name: SocketName, mapped: bool) -> str:
    """As the tables write it: words of four bytes in this processor's order, and the port."""
    packed = ipaddress.ip_address(name[0].partition("%")[0]).packed
    if mapped and len(packed) == 4:
        packed = _MAPPED + packed
    words = (int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{name[1]:04X}"


def _caller_by_process(theirs: SocketName, ours: SocketName) -> Caller:
    try:
        return caller_by_process(theirs, ours, _sockets(":" in theirs[0]), _is_own_process)
    except (psutil.Error, OSError, NotImplementedError):
        return Caller.UNTOLD


def caller_by_process(
    theirs: SocketName, ours: SocketName, sockets: Iterable[Any], is_own: Callable[[int], bool]
) -> Caller:
    """The same, from a list of connections, each with the id of its process."""
    for each in sockets:
        if each.laddr and each.raddr and _same(each.laddr, theirs) and _same(each.raddr, ours):
            return Caller.OWN if each.pid and is_own(each.pid) else Caller.OTHER
    return Caller.OTHER


def _same(one: Any, other: SocketName) -> bool:
    return bool(one[1] == other[1] and _address(one[0]) == _address(other[0]))


def _address(host: str | bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host if isinstance(host, bytes) else host.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _sockets(is_ipv6: bool) -> Iterator[Any]:
    """All TCP connections of this PC; on macOS those of one's own processes, since others' need root."""
    if sys.platform == "win32":
        yield from windows_connections(_windows_table(is_ipv6), is_ipv6)
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it ended, or is another user's
            for each in process.net_connections("tcp"):
                yield _Socket(each.laddr, each.raddr, process.pid)


class _Socket(NamedTuple):
    """A connection with its process; `laddr` and `raddr` as psutil calls its two ends."""

    laddr: Any
    raddr: Any
    pid: int


def windows_connections(table: bytes, is_ipv6: bool) -> Iterator[_Socket]:
    """Yields the rows that GetExtendedTcpTable gave, behind their number. Hosts stay bytes; few are compared."""
    row = _WINDOWS_ROW_6 if is_ipv6 else _WINDOWS_ROW
    count = int.from_bytes(table[:_WINDOWS_COUNT_BYTES], sys.byteorder)
    rows = table[_WINDOWS_COUNT_BYTES : _WINDOWS_COUNT_BYTES + count * row.size]
    for our_host, our_port, their_host, their_port, pid in row.iter_unpack(rows):
        yield _Socket((our_host, int.from_bytes(our_port, "big")), (their_host, int.from_bytes(their_port, "big")), pid)


def _windows_table(is_ipv6: bool) -> bytes:
    """Returns Windows' table of connections with their processes.

    Not by psutil, which reads the tables of both families, stops all other threads meanwhile, and fails with an error
    of its own kind if the table grows as it is read. A PC with thousands of connections was seen to need seconds.
    """
    function = _table_function()
    size = ctypes.c_uint32(_WINDOWS_ROOM_BYTES)
    for _ in range(_WINDOWS_TRIES):
        table = ctypes.create_string_buffer(size.value)
        family = socket.AF_INET6 if is_ipv6 else socket.AF_INET
        error = function(table, ctypes.byref(size), False, int(family), _WINDOWS_CONNECTIONS, 0)
        if error == 0:
            return table.raw
        if error != _WINDOWS_TOO_SMALL:
            raise OSError(error, "GetExtendedTcpTable failed")
        size.value += _WINDOWS_ROOM_BYTES  # it may have grown before the next try
    raise OSError(_WINDOWS_TOO_SMALL, "GetExtendedTcpTable wants more room each time")


def _table_function() -> Any:
    if sys.platform != "win32":
        raise OSError("only Windows has GetExtendedTcpTable")
    function = ctypes.WinDLL("iphlpapi").GetExtendedTcpTable
    number, pointer = ctypes.c_uint32, ctypes.c_void_p
    function.argtypes = (pointer, pointer, ctypes.c_int, number, ctypes.c_int, number)
    function.restype = number
    return function


def _is_own_process(pid: int) -> bool:
    """Windows says of other users' processes nothing to who is no administrator."""
    try:
        return bool(psutil.Process(pid).username() == psutil.Process().username())
    except psutil.Error:
        return False
