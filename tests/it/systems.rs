//! Systems that have nothing else: `tools/try` installs a release in them. A test runs where the release was built, as
//! RELEASING.md says, and, for Debian, where an earlier `tools/try` left the system.

use crate::common::skip::skipped;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A path below `target`, if it is there.
fn built(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(path);
    path.exists().then_some(path)
}

/// Runs `tools/try`, unless something that it needs is missing or this user may not change the root.
fn attempt(kind: &str, release: &[Option<PathBuf>], system: &str) {
    let may = Command::new("chroot").args(["/", "true"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        return skipped(&format!("{kind}: no right to change the root"));
    }
    let release: Option<Vec<&PathBuf>> = release.iter().map(Option::as_ref).collect();
    let Some(release) = release.filter(|_| system.is_empty() || built(system).is_some()) else {
        return skipped(&format!("{kind}: build the release and run `tools/try {kind}` first"));
    };
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/try"));
    let output = command.arg(kind).args(release).output().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("== {kind}: done\n")), "{said}");
}

#[test]
fn the_tour_of_the_readme_runs_with_the_static_program_alone() {
    let program = format!("static/{}-unknown-linux-musl/dist/lua-store", std::env::consts::ARCH);
    attempt("static", &[built(&program)], "");
}

#[test]
fn the_tour_of_the_readme_runs_from_npm_in_a_debian_with_node() {
    let cpu = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let names = [format!("lua-store-linux-{cpu}"), "lua-store".to_owned()];
    let packed = names
        .map(|name| built(&format!("release-files/npm/{name}-{}.tgz", env!("CARGO_PKG_VERSION"))));
    attempt("npm", &packed, "systems/node/done");
}

#[test]
fn the_package_for_debian_is_installed_upgraded_and_purged() {
    let cpu = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let package = format!("release-files/lua-store_{}_{cpu}.deb", env!("CARGO_PKG_VERSION"));
    attempt("deb", &[built(&package)], "systems/plain/done");
}
