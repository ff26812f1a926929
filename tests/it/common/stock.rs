//! The stock command `lua`, unmodified from npm.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the packages of lua-cli: of `LUA_CLI_MODULES`, or the one that `.ci/run` installs. `None` where the
/// tests of the command are skipped.
pub fn modules() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("LUA_CLI_MODULES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root.join("target/stock/node_modules"));
    let node = Command::new("node").arg("--version").output().is_ok();
    if node && folder.join("lua-cli/dist/index.js").exists() {
        return Some(folder);
    }
    let why = "the stock command `lua` is not run: `.ci/run` installs it, with Node and a network";
    assert!(std::env::var_os("LUA_STORE_STOCK").is_none_or(|how| how != "required"), "{why}");
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
    None
}
