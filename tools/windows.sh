#!/usr/bin/env bash
# Checks the program for Windows on Linux: lints of all targets, then unit tests of the rooms that depend on the system, under Wine.
#
#     tools/windows.sh                 # lints, and the tests of fs, store and workspace
#     tools/windows.sh store::refs     # tests of other names
#
# Needs rustup's target, mingw-w64 and Wine: `rustup target add x86_64-pc-windows-gnu`, on Debian
# `apt-get install gcc-mingw-w64-x86-64 wine64 wine`.
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-pc-windows-gnu
need() {
    command -v "$1" >/dev/null || { echo "this needs $1: $2" >&2; exit 1; }
}
need x86_64-w64-mingw32-gcc "apt-get install gcc-mingw-w64-x86-64"
need wine "apt-get install wine64 wine"
rustup target list --installed | grep --quiet --line-regexp $target || rustup target add $target

cargo clippy --locked --all-targets --target $target -- -D warnings
program=$(cargo test --locked --lib --no-run --target $target --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\.exe\)".*/\1/p' | tail -n 1)

# Wine 8 lacks this library of Windows 10, from which the standard library takes its random bytes.
work=target/wine
mkdir -p $work
cp "$program" $work/unit.exe
if ! ls /usr/lib/*/wine/x86_64-windows/bcryptprimitives.dll >/dev/null 2>&1; then
    cat >$work/prng.c <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T size) { return SystemFunction036(bytes, (ULONG)size); }
C
    x86_64-w64-mingw32-gcc -shared -O2 -o $work/bcryptprimitives.dll $work/prng.c -ladvapi32
fi

# A home of its own, so that nobody's Wine is changed. Wine has no git, and cannot rename over a file that is open, as Windows 10
# does: the tests of both are left out. It cannot give the name of an open folder of more than 260 letters either,
# and says of a link that it made it, where it made none.
export WINEPREFIX="$PWD/$work/home" WINEDEBUG=-all
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(fs:: store:: workspace::)
wine $work/unit.exe "${names[@]}" --skip to_git --skip git_guard --skip readers_miss_nothing --skip long_paths_are_captured --skip a_link_comes_back
