//! The stock command `lua`, unmodified, with this server: what it prints, its exit codes, and what it writes.
//!
//! Snapshots were recorded with a server that answers as the command expects, before this one existed.

#![cfg(unix)]

mod binaries;
mod demo;
mod deploy;
mod init;
mod platform;
mod push;
mod refused;
mod source;
mod sync;
mod turns;
mod versions;

use crate::common::stock::Stock;

/// Replaces text in a file of the project; it must be there.
fn edit(stock: &Stock, path: &str, from: &str, to: &str) {
    crate::common::shop::edit(&stock.project, path, from, to);
}

/// Lines of `sha256sum` for each file of the project, without those that only one machine has.
fn sums(stock: &Stock, folder: &str) -> String {
    let mut shell = stock.project.command("sh");
    shell.current_dir(stock.project.path(folder)).args(["-c", SUMS]);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The command writes its yaml at every push and every restore.
const SUMS: &str = "find . -type f -not -path './node_modules/*' -not -path './.lua/*' -not -path './dist-v2/*' \
    -not -path './.git/*' -not -name lua.skill.yaml -not -name .gitignore -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";
