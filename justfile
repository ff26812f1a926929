# The commands of a contributor. Each can be typed without `just`, too.

# Everything that a change must pass.
ci:
    .ci/run

# The tests, or those whose name has a word: `just test push`.
test *words:
    cargo test --locked {{words}}

# Lints, as .ci/run has them.
lint:
    cargo clippy --locked --all-targets -- -D warnings

# The one way of formatting.
format:
    cargo fmt

# The examples of docs/commands.md, written anew from what the program says.
docs:
    UPDATE_DOCS=1 cargo test --locked --test it docs

# The program on a sample agent.
demo:
    cargo run --locked --release -- demo

# The licences of all dependencies, written anew.
third-party:
    UPDATE_DOCS=1 cargo test --locked --test it third_party

# The static program for Linux: `just static aarch64`.
static arch="x86_64":
    tools/static-linux {{arch}}

# The packages for npm, in target/npm: `just npm-pack linux-x64=target/release/lua-store`.
npm-pack *binaries:
    node tools/npm/pack.js target/npm {{binaries}}

# Lints and tests for Windows, under Wine, and lints for macOS.
other-systems:
    tools/windows.sh
    tools/macos.sh

# Every file of a release that Linux can build, checked, in target/release-files.
release-check:
    tools/release-check
