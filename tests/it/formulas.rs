//! The formula for Homebrew and the manifest for Scoop that `tools/formulas.js` writes.

use crate::common::Project;
use crate::common::skip::skipped;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const TARGETS: [&str; 5] = [
    "x86_64-unknown-linux-musl.tar.gz",
    "aarch64-unknown-linux-musl.tar.gz",
    "x86_64-apple-darwin.tar.gz",
    "aarch64-apple-darwin.tar.gz",
    "x86_64-pc-windows-msvc.zip",
];

const URL: &str = "https://downloads.example.com/lua-store/0";

fn name(target: &str) -> String {
    format!("lua-store-{}-{target}", env!("CARGO_PKG_VERSION"))
}

/// The sum of an archive: the number of its target, 64 times.
fn sum(target: &str) -> String {
    TARGETS.iter().position(|one| *one == target).unwrap().to_string().repeat(64)
}

/// Runs the script on sums of archives for these targets. Gives what it said; `None` without Node.
fn write(project: &Project, targets: &[&str]) -> Option<String> {
    if !Command::new("node").arg("--version").output().is_ok_and(|it| it.status.success()) {
        skipped("node is not here");
        return None;
    }
    let lines = targets.iter().map(|target| format!("{}  {}\n", sum(target), name(target)));
    let others = [
        format!("{}  lua-store-9.9.9-x86_64-apple-darwin.tar.gz\n", "a".repeat(64)),
        format!("{}  lua-store_{}_amd64.deb\n", "b".repeat(64), env!("CARGO_PKG_VERSION")),
    ];
    project.write("SHA256SUMS", lines.chain(others).collect::<String>());
    let mut node = project.command("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/formulas.js"));
    let output = node.args([URL, "SHA256SUMS", "formulas"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    Some(said)
}

#[test]
fn both_name_every_archive_with_its_sum() {
    let project = Project::new();
    let Some(said) = write(&project, &TARGETS) else { return };
    assert_eq!(said, "");
    let formula = project.read("formulas/lua-store.rb");
    for target in &TARGETS[..4] {
        let lines = format!("url \"{URL}/{}\"\n      sha256 \"{}\"\n", name(target), sum(target));
        assert!(formula.contains(&lines), "{target}\n{formula}");
    }
    assert_eq!(formula.matches("sha256").count(), 4, "{formula}");
    let manifest: Value = serde_json::from_str(&project.read("formulas/lua-store.json")).unwrap();
    let windows = TARGETS[4];
    assert_eq!(
        manifest["architecture"],
        json!({"64bit": {
            "url": format!("{URL}/{}", name(windows)),
            "hash": sum(windows),
            "extract_dir": name(windows).trim_end_matches(".zip"),
        }})
    );
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    let description = manifest["description"].as_str().unwrap();
    assert!(description.len() <= 80 && !description.starts_with("A "), "{description}");
    match Command::new("ruby").arg("-c").arg(project.path("formulas/lua-store.rb")).output() {
        Ok(checked) => assert!(checked.status.success(), "{checked:?}"),
        Err(_) => skipped("ruby is not here: the syntax of the formula is not checked"),
    }
}

#[test]
fn a_system_without_an_archive_is_left_out_and_named() {
    let project = Project::new();
    let Some(said) = write(&project, &TARGETS[..2]) else { return };
    for target in ["x86_64-apple-darwin", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"] {
        assert!(
            said.contains(&format!(
                "left out: there is no archive of {} for {target}\n",
                env!("CARGO_PKG_VERSION")
            )),
            "{said}"
        );
    }
    let formula = project.read("formulas/lua-store.rb");
    assert!(formula.contains("on_linux") && !formula.contains("on_macos"), "{formula}");
    assert!(!project.path("formulas/lua-store.json").exists());
}
