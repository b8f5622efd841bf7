"""The libraries in other languages that wheels bring: PyAV's in files of their own, known by the files' names;
CTranslate2's within its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library; `licence` is an SPDX expression, `source` is where its source is kept. `texts` are files of the
    licence, if what brings the library does not bring them."""

    name: str
    licence: str
    source: str
    texts: tuple[str, ...] = ()


FFMPEG = Library(name="FFmpeg", licence="LGPL-3.0-or-later", source="https://ffmpeg.org")
_INTEL = "Intel Simplified Software License"
MKL = Library(
    name="Intel oneMKL",
    licence=_INTEL,
    source="https://www.intel.com/content/www/us/en/developer/tools/oneapi/onemkl.html",
    texts=("Intel-Simplified.txt",),
)
"""`source` is where it is from: Intel gives no source away, and neither does NVIDIA."""
CUDA = Library(
    name="NVIDIA CUDA runtime",
    licence="NVIDIA CUDA Toolkit EULA",
    source="https://docs.nvidia.com/cuda/eula",
    texts=("NVIDIA-CUDA.txt",),
)
WITHOUT_SOURCE = (MKL, CUDA)
_APACHE, _MIT = ("Apache-2.0.txt",), ("MIT.txt",)
_GNU = "LGPL-3.0-or-later OR GPL-2.0-or-later"
_XORG = "https://gitlab.freedesktop.org/xorg/lib"

LIBRARIES = {
    "avcodec": FFMPEG,
    "avdevice": FFMPEG,
    "avfilter": FFMPEG,
    "avformat": FFMPEG,
    "avutil": FFMPEG,
    "swresample": FFMPEG,
    "swscale": FFMPEG,
    "x264": Library(name="x264", licence="GPL-2.0-or-later", source="https://code.videolan.org/videolan/x264"),
    "x265": Library(name="x265", licence="GPL-2.0-or-later", source="https://bitbucket.org/multicoreware/x265_git"),
    "SvtAv1Enc": Library(
        name="SVT-AV1", licence="BSD-3-Clause-Clear", source="https://gitlab.com/AOMediaCodec/SVT-AV1"
    ),
    "asound": Library(name="alsa-lib", licence="LGPL-2.1-or-later", source="https://github.com/alsa-project/alsa-lib"),
    "dav1d": Library(name="dav1d", licence="BSD-2-Clause", source="https://code.videolan.org/videolan/dav1d"),
    "drm": Library(name="libdrm", licence="MIT", source="https://gitlab.freedesktop.org/mesa/drm"),
    "gmp": Library(name="GMP", licence=_GNU, source="https://gmplib.org"),
    "gnutls": Library(name="GnuTLS", licence="LGPL-2.1-or-later", source="https://gitlab.com/gnutls/gnutls"),
    "hogweed": Library(name="Nettle", licence=_GNU, source="https://git.lysator.liu.se/nettle/nettle"),
    "nettle": Library(name="Nettle", licence=_GNU, source="https://git.lysator.liu.se/nettle/nettle"),
    "mp3lame": Library(name="LAME", licence="LGPL-2.0-or-later", source="https://lame.sourceforge.io"),
    "opencore-amrnb": Library(name="OpenCORE AMR", licence="Apache-2.0", source="https://opencore-amr.sourceforge.io"),
    "opencore-amrwb": Library(name="OpenCORE AMR", licence="Apache-2.0", source="https://opencore-amr.sourceforge.io"),
    "opus": Library(name="Opus", licence="BSD-3-Clause", source="https://opus-codec.org"),
    "unistring": Library(name="libunistring", licence=_GNU, source="https://www.gnu.org/software/libunistring"),
    "vpl": Library(name="oneVPL", licence="MIT", source="https://github.com/intel/libvpl"),
    "vpx": Library(name="libvpx", licence="BSD-3-Clause", source="https://chromium.googlesource.com/webm/libvpx"),
    "sharpyuv": Library(
        name="libwebp", licence="BSD-3-Clause", source="https://chromium.googlesource.com/webm/libwebp"
    ),
    "webp": Library(name="libwebp", licence="BSD-3-Clause", source="https://chromium.googlesource.com/webm/libwebp"),
    "webpmux": Library(name="libwebp", licence="BSD-3-Clause", source="https://chromium.googlesource.com/webm/libwebp"),
    "Xau": Library(name="libXau", licence="MIT", source=_XORG),
    "xcb": Library(name="libxcb", licence="MIT", source=_XORG),
    "xcb-shape": Library(name="libxcb", licence="MIT", source=_XORG),
    "xcb-shm": Library(name="libxcb", licence="MIT", source=_XORG),
    "xcb-xfixes": Library(name="libxcb", licence="MIT", source=_XORG),
}
"""By the name of the file, without what a linker adds to it."""

OF_CTRANSLATE2 = {
    "gomp": Library(
        name="GCC's OpenMP runtime",
        licence="GPL-3.0-or-later WITH GCC-exception-3.1",
        source="https://gcc.gnu.org",
        texts=("GPL-3.0.txt", "GCC-exception-3.1.txt"),
    ),
    "iomp5md": Library(name="Intel OpenMP runtime", licence=_INTEL, source=MKL.source, texts=MKL.texts),
    "cudnn64_9": Library(
        name="NVIDIA cuDNN's loader",
        licence="NVIDIA cuDNN Software License Agreement",
        source="https://docs.nvidia.com/deeplearning/cudnn/latest/reference/eula.html",
        texts=("NVIDIA-cuDNN.txt",),
    ),
}
"""What lies beside its own library, by the name of the file."""
_IN_ALL = (
    Library(name="half", licence="MIT", source="https://half.sourceforge.net", texts=_MIT),
    Library(name="JSON for Modern C++", licence="MIT", source="https://github.com/nlohmann/json", texts=_MIT),
    Library(name="spdlog", licence="MIT", source="https://github.com/gabime/spdlog", texts=_MIT),
)
_ON_INTEL_AND_AMD = (
    MKL,
    CUDA,
    Library(name="cpu_features", licence="Apache-2.0", source="https://github.com/google/cpu_features", texts=_APACHE),
    Library(name="oneDNN", licence="Apache-2.0", source="https://github.com/uxlfoundation/oneDNN", texts=_APACHE),
    Library(name="Thrust and CUB", licence="Apache-2.0", source="https://github.com/NVIDIA/cccl", texts=_APACHE),
)
_ON_ARM = (Library(name="ruy", licence="Apache-2.0", source="https://github.com/google/ruy", texts=_APACHE),)
_ON_ARM_WITH_LINUX = (
    Library(
        name="OpenBLAS",
        licence="BSD-3-Clause",
        source="https://github.com/OpenMathLib/OpenBLAS",
        texts=("OpenBLAS.txt",),
    ),
)

_OF_INTEL_AND_AMD = ("x86_64", "amd64")
_FILE = re.compile(
    r"(?:lib)?(?P<name>[A-Za-z][\w-]*?)(?:[-.]\d+)*(?:-[0-9a-f]{8,})?(?:\.\d+)*\.(?:so|dylib|dll)(?:\.\d+)*"
)


def libraries_in_ctranslate2(machine: str, system: str) -> tuple[Library, ...]:
    """Returns what the library in CTranslate2's wheel has in it besides its own code, on that kind of processor
    (platform.machine) and system (sys.platform): as seen in the wheels of 4.8.5."""
    if machine.lower() in _OF_INTEL_AND_AMD:
        return (*_IN_ALL, *_ON_INTEL_AND_AMD)
    return (*_IN_ALL, *_ON_ARM, *(_ON_ARM_WITH_LINUX if system == "linux" else ()))


def libraries_in(files: Iterable[PurePath]) -> list[Library]:
    """Returns which libraries these files of PyAV or CTranslate2 are, each once, by name. One of PyAV's that is not
    known says so."""
    found: dict[str, Library] = {}
    for file in files:
        if (match := _FILE.fullmatch(file.name)) is None:
            continue
        name = match["name"]
        library = None
        if file.parent.name in ("ctranslate2.libs", "ctranslate2"):
            library = OF_CTRANSLATE2.get(name)
        elif file.parent.name == "av.libs" or file.parts[-3:-1] == ("av", ".dylibs"):
            unknown = Library(name=name, licence="unknown", source="https://github.com/PyAV-Org/pyav-ffmpeg")
            library = LIBRARIES.get(name, unknown)
        if library is not None:
            found[library.name] = library
    return sorted(found.values(), key=lambda each: each.name.lower())
