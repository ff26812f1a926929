//! `dist-v2`: the output of `lua compile` is stored beside the agent, and never decides what
//! changed.
//!
//! `fixtures/dist` is a project and real output of lua-cli 3.37.0 for it, without source maps:
//! `here` and `there` were compiled in two folders; `names` after a change that only moved the
//! minifier's names in the other bundles, `neighbour` after one that is in the bundle of the job
//! too.

mod compiler;
mod kept;
mod stale;

use crate::common::Project;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dist")
}

/// Copies a folder of the fixtures into the project.
fn copy(project: &Project, from: &str, to: &str) {
    let from = fixtures().join(from);
    for entry in
        WalkDir::new(&from).into_iter().map(Result::unwrap).filter(|one| one.file_type().is_file())
    {
        let below = entry.path().strip_prefix(&from).unwrap().to_string_lossy().replace('\\', "/");
        let to = format!("{to}{below}");
        project.write(&to, std::fs::read(entry.path()).unwrap());
    }
}

/// The paint shop, compiled in this folder.
pub fn compiled(output: &str) -> Project {
    let project = Project::new();
    copy(&project, "project", "");
    copy(&project, output, "dist-v2/");
    project.ok("init");
    project
}

pub fn edit(project: &Project, from: &str, to: &str) {
    let text = project.read("src/shop.ts");
    assert!(text.contains(from), "{from}");
    project.write("src/shop.ts", text.replace(from, to));
}

/// The paths in a tree.
fn paths(project: &Project, tree: &str) -> Vec<String> {
    let listed = project.ok(&format!("ls-tree -r {tree}"));
    listed
        .lines()
        .map(|line| line.split_whitespace().skip(2).collect::<Vec<_>>().join(" "))
        .collect()
}

/// As `printf '%s' TEXT | sha256sum | head -c 16` has it.
fn stock_hash(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

type Damage<'a> = Box<dyn Fn(&Project) + 'a>;
