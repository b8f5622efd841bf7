"""What the GPU is called, asked of its driver: what was found on one does not hold on another."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

UNNAMED = "a GPU"
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_MOST_BYTES = 256
_FIRST = 0
"""CTranslate2 decodes on the first one."""


def gpu_name(load: Callable[[str], Any] = ctypes.CDLL) -> str:
    """Return the first GPU's name; `UNNAMED` if the driver does not tell it."""
    try:
        driver = load(_DRIVER)
        device, name = ctypes.c_int(), ctypes.create_string_buffer(_MOST_BYTES)
        failed = (
            driver.cuInit(0)
            or driver.cuDeviceGet(ctypes.byref(device), _FIRST)
            or driver.cuDeviceGetName(name, _MOST_BYTES - 1, device)
        )
    except (OSError, AttributeError):
        return UNNAMED
    return UNNAMED if failed else name.value.decode("utf-8", "replace").strip() or UNNAMED
