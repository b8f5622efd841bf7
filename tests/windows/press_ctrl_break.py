"""Runs on Windows: has a process feel what Ctrl-Break in its console does. The argument is the process's number.

Windows begins a thread in each process of that console, with CtrlRoutine and the key's number, and so does this. The
usual way, GenerateConsoleCtrlEvent, knows no Ctrl-Break in Wine 8.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from typing import Any

CTRL_BREAK_EVENT = 1
NEEDED_RIGHTS = 0x0002 | 0x0008 | 0x0010 | 0x0020 | 0x0400
"""To begin a thread there, and to use and to ask for what that takes."""


def main() -> int:
    kernel32: Any = vars(ctypes)["WinDLL"]("kernel32", use_last_error=True)
    kernel32.OpenProcess.restype = kernel32.CreateRemoteThread.restype = wintypes.HANDLE
    kernel32.GetModuleHandleW.restype = wintypes.HMODULE
    kernel32.GetProcAddress.restype = ctypes.c_void_p
    kernel32.GetProcAddress.argtypes = [wintypes.HMODULE, wintypes.LPCSTR]
    pointer = ctypes.c_void_p
    kernel32.CreateRemoteThread.argtypes = [
        *(wintypes.HANDLE, pointer, ctypes.c_size_t, pointer, pointer, wintypes.DWORD, pointer),
    ]
    process = kernel32.OpenProcess(NEEDED_RIGHTS, False, int(sys.argv[1]))
    # Each process has this library at the same place.
    routine = kernel32.GetProcAddress(kernel32.GetModuleHandleW("kernelbase.dll"), b"CtrlRoutine")
    if (
        not process
        or not routine
        or not kernel32.CreateRemoteThread(process, None, 0, routine, CTRL_BREAK_EVENT, 0, None)
    ):
        print(f"not pressed: error {vars(ctypes)['get_last_error']()}")
        return 1
    print("pressed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
