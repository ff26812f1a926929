//! The static program for Linux, where `tools/static-linux` built it: it needs no file of the system, is small enough, and runs in an
//! empty root.

use crate::common::skip::skipped;
use crate::common::{Project, shop};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Largest size of the program in bytes.
const LARGEST: u64 = 18 << 20;

/// The program, or `None` where it was not built.
fn program() -> Option<PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let built = format!("target/static/{target}/dist/lua-store");
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(built);
    if built.exists() {
        return Some(built);
    }
    skipped("the static program is not here: `tools/static-linux` builds it");
    None
}

/// A number in the file at an offset, little endian.
fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    bytes[at..at + len].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// The header of the file and the tables that it names, by the ELF-64 specification.
#[test]
fn the_program_is_static_stripped_and_at_a_fixed_address() {
    let Some(program) = program() else { return };
    let bytes = std::fs::read(&program).unwrap();
    assert!((bytes.len() as u64) <= LARGEST, "{} bytes, at most {LARGEST}", bytes.len());
    assert_eq!(&bytes[..4], b"\x7fELF");
    assert_eq!(number(&bytes, 16, 2), 2, "ET_EXEC: no pointer has to be corrected at a start");
    let (at, len, count) = (number(&bytes, 32, 8), number(&bytes, 54, 2), number(&bytes, 56, 2));
    let segments: Vec<u64> =
        (0..count).map(|index| number(&bytes, (at + index * len) as usize, 4)).collect();
    assert!(segments.contains(&1), "PT_LOAD: {segments:?}");
    assert!(!segments.contains(&3), "PT_INTERP: it would need a dynamic linker");
    assert!(!segments.contains(&2), "PT_DYNAMIC: it would need libraries");
    let (at, len, count) = (number(&bytes, 40, 8), number(&bytes, 58, 2), number(&bytes, 60, 2));
    let sections: Vec<u64> =
        (0..count).map(|index| number(&bytes, (at + index * len) as usize + 4, 4)).collect();
    assert!(!sections.is_empty() && !sections.contains(&2), "SHT_SYMTAB: it is stripped");
    // Paths of the machine that built it would make two builds differ.
    let home = std::env::home_dir().unwrap().join(".cargo").display().to_string();
    assert!(!bytes.windows(home.len()).any(|part| part == home.as_bytes()), "it contains {home}");
}

#[test]
fn the_program_names_its_build() {
    let Some(program) = program() else { return };
    let output = Command::new(program).args(["--version", "--json"]).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["kind"], &answer["profile"]), (&"program".into(), &"release".into()));
    assert!(answer["target"].as_str().unwrap().ends_with("-linux-musl"), "{answer}");
    let commit = answer["commit"].as_str().unwrap_or_default();
    assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{answer}");
}

/// The tour of the README, with nothing but the program and the project.
#[test]
fn the_program_runs_in_an_empty_root() {
    let Some(program) = program() else { return };
    let project = Project::new();
    shop::write(&project);
    std::fs::copy(&program, project.path("../lua-store")).unwrap();
    let root = project.path("..").canonicalize().unwrap();
    let run = |line: &str| -> Output {
        let mut chroot = project.command("chroot");
        chroot.current_dir("/").arg(&root).args(["/lua-store", "-C", "/project"]);
        chroot
            .args(line.split(' '))
            .env("HOME", "/home")
            .env("LUA_STORE_TRIES", "1")
            .env_remove("TMPDIR")
            .output()
            .unwrap()
    };
    if !run("--version").status.success() {
        return skipped("no right to change the root");
    }
    for line in [
        "init",
        "push -m first",
        "version create -m launch",
        "version promote v1",
        "remote add origin ../data/agent_shop",
        "push",
        "serve token create --agent agent_shop --scope read --data ../data",
        "serve fsck --data ../data",
        "fsck",
        "doctor",
    ] {
        let output = run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    // Names of hosts are resolved without plugins of the system; here there is not even a file of resolvers.
    assert_eq!(run("remote set-url origin http://store.invalid/agent_shop").status.code(), Some(0));
    let fetched = run("fetch");
    let said = String::from_utf8_lossy(&fetched.stderr).into_owned();
    assert_eq!(fetched.status.code(), Some(11), "{said}");
    assert!(said.contains("store.invalid"), "{said}");
}
