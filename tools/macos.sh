#!/usr/bin/env bash
# Checks the program for macOS on Linux: lints of all targets. Nothing is linked, as that needs Apple's SDK.
#
#     tools/macos.sh
#
# Needs rustup's target and Python: zig, from PyPI, compiles the parts in C.
set -euo pipefail
cd "$(dirname "$0")/.."

target=aarch64-apple-darwin
rustup target list --installed | grep --quiet --line-regexp $target || rustup target add $target
zig=target/zig
[ -x $zig/bin/python3 ] || python3 -m venv $zig
$zig/bin/python3 -c "import ziglang" 2>/dev/null || $zig/bin/pip install --quiet ziglang
cat >$zig/cc <<C
#!/usr/bin/env bash
# Without what only Apple's compiler knows.
words=()
for word in "\$@"; do
    case \$word in
        --target=* | -mmacosx-version-min=* | -isysroot | $PWD/$zig/sdk) ;;
        *) words+=("\$word") ;;
    esac
done
exec "$PWD/$zig/bin/python3" -m ziglang cc -target aarch64-macos "\${words[@]}"
C
printf '#!/usr/bin/env bash\nexec "%s" -m ziglang ar "$@"\n' "$PWD/$zig/bin/python3" >$zig/ar
chmod +x $zig/cc $zig/ar
mkdir -p $zig/sdk
export SDKROOT="$PWD/$zig/sdk" CC_aarch64_apple_darwin="$PWD/$zig/cc" AR_aarch64_apple_darwin="$PWD/$zig/ar"
cargo clippy --locked --all-targets --target $target -- -D warnings
