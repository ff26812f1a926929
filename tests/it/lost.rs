//! Whole files of the store that are lost, emptied, cut, older or another one's: noticed by `fsck` and by what writes, told
//! with the line that mends it, and repaired exactly.

use crate::common::shop::{self, edit};
use crate::common::{Outcome, Project};
use lua_store::internals::store::{Heads, Store};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// v1 deleted, v2 active, both packed; v3 staged; something to push.
fn history() -> Project {
    let project = shop::project();
    for (number, (from, to)) in (1..).zip([("Ava", "Ava"), ("Ava", "Eve"), ("Eve", "Ida")]) {
        edit(&project, "src/index.ts", &format!("You are {from}."), &format!("You are {to}."));
        project.ok("push");
        project.ok(&format!("version create -m {number}"));
        if number == 2 {
            project.ok("version promote 1");
            project.ok("version promote 2");
            project.ok("version delete 1 --force");
            let store = store(&project);
            store.refs().pack_refs(&store.lock().unwrap()).unwrap();
        }
    }
    edit(&project, "src/index.ts", "You are Ida.", "You are Ada.");
    project
}

fn store(project: &Project) -> Store {
    Store::open(&project.path(".lua")).unwrap()
}

fn heads(project: &Project) -> Heads {
    store(project).heads().unwrap()
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The files that are small and can be lost: refs, pointer, log.
fn small(project: &Project) -> Files {
    let walk = walkdir::WalkDir::new(project.path(".lua")).into_iter().map(Result::unwrap);
    let is_small = |path: &Path| {
        let path = path.strip_prefix(project.path(".lua")).unwrap();
        path.starts_with("refs")
            || ["ACTIVE", "packed-refs", "reflog"].iter().any(|name| path == Path::new(name))
    };
    let files = walk.filter(|entry| entry.file_type().is_file() && is_small(entry.path()));
    files.map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap())).collect()
}

fn put_back(project: &Project, sound: &Files) {
    small(project).keys().for_each(|path| std::fs::remove_file(path).unwrap());
    sound.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    let _ = std::fs::remove_file(project.path(".lua/cache/damaged"));
}

/// Damage of a file.
enum To {
    Removed,
    Emptied,
    Cut,
    Flipped(usize),
    /// Its content at an earlier time, or that of another file.
    Other(Vec<u8>),
}

struct Case {
    file: &'static str,
    to: To,
    /// Success of `push`, `version create` and `version promote 3`.
    go_on: [bool; 3],
}

fn damage(project: &Project, case: &Case) {
    let path = project.path(format!(".lua/{}", case.file));
    let mut bytes = std::fs::read(&path).unwrap();
    match &case.to {
        To::Removed => return std::fs::remove_file(path).unwrap(),
        To::Emptied => bytes.clear(),
        To::Cut => bytes.truncate(bytes.len() / 2),
        To::Flipped(at) => bytes[*at] ^= 1,
        To::Other(other) => bytes = other.clone(),
    }
    std::fs::write(path, bytes).unwrap();
}

/// The line in backticks that mends it by hand.
fn by_hand(outcome: &Outcome) -> Option<String> {
    let mut lines = outcome.stderr.split('`');
    lines.find(|part| part.starts_with("echo ") || part.starts_with("printf ")).map(str::to_owned)
}

fn check(project: &Project, sound: &Files, case: &Case) {
    let file = case.file;
    let whole = heads(project);
    let mut hand = None;
    for (line, goes_on) in
        ["push", "version create -m more", "version promote 3"].into_iter().zip(case.go_on)
    {
        damage(project, case);
        let before = small(project);
        let fsck = project.run("fsck");
        assert!(fsck.code == 1 && !fsck.stdout.contains("nothing is damaged"), "{file}: {fsck}");
        let outcome = project.run(line);
        assert_eq!(outcome.code, i32::from(!goes_on), "{file}: {outcome}");
        if !goes_on {
            assert!(small(project) == before, "{file}: refused, and changed something: {outcome}");
            assert!(outcome.stderr.contains("hint: "), "{file}: {outcome}");
            hand = hand.or(by_hand(&outcome));
        }
        put_back(project, sound);
    }
    damage(project, case);
    let repaired = project.run("fsck --repair");
    assert!(
        repaired.code == 0 && repaired.stdout.contains("nothing is damaged"),
        "{file}: {repaired}"
    );
    assert_eq!(heads(project), whole, "{file}: {repaired}");
    let files = small(project);
    project.ok("fsck --repair");
    assert!(small(project) == files, "{file}: repaired twice");
    put_back(project, sound);
    if let Some(line) = hand.filter(|_| !file.starts_with("packed")) {
        damage(project, case);
        let line = line.replace("[DIR]", project.root().parent().unwrap().to_str().unwrap());
        assert!(project.command("sh").args(["-c", &line]).status().unwrap().success());
        assert_eq!(heads(project), whole, "{file}: {line}");
        put_back(project, sound);
    }
}

#[test]
fn the_pointer() {
    let project = history();
    let sound = small(&project);
    // As it was after `version promote 2`, before v1 was deleted.
    let store = store(&project);
    let ledger = store.active().unwrap().unwrap().ledger;
    let step =
        lua_store::internals::history::ledger::LedgerEntry::load(store.objects(), &ledger).unwrap();
    let older = format!("ref: refs/versions/v2\nledger: {}\n", step.previous.unwrap());
    let of_a_ref = std::fs::read(project.path(".lua/refs/versions/v3")).unwrap();
    let cases = [
        (To::Removed, [false, false, false]),
        (To::Emptied, [true, false, false]),
        (To::Cut, [true, false, false]),
        (To::Other(older.into_bytes()), [true, false, false]),
        (To::Other(of_a_ref), [true, false, false]),
    ];
    for (to, go_on) in cases {
        check(&project, &sound, &Case { file: "ACTIVE", to, go_on });
    }
}

#[test]
fn the_packed_refs() {
    let project = history();
    let sound = small(&project);
    let table = &sound[&project.path(".lua/packed-refs")];
    let ids = [heads(&project).source[0], heads(&project).versions[0]];
    // As an older program wrote it.
    let older = format!(
        "lua-store packed-refs 1\n{} refs/source/v1\n{} refs/versions/v1\n",
        ids[0], ids[1]
    );
    let older = format!("{older}checksum {}\n", blake3::hash(older.as_bytes()));
    let cases = [
        (To::Removed, [false, false, false]),
        (To::Emptied, [true, true, true]),
        (To::Cut, [true, true, true]),
        (To::Flipped(40), [true, true, true]),
        (To::Flipped(180), [true, true, true]),
        (To::Flipped(table.len() - 10), [true, true, true]),
        (To::Other(older.into_bytes()), [false, false, false]),
    ];
    for (to, go_on) in cases {
        check(&project, &sound, &Case { file: "packed-refs", to, go_on });
    }
}

#[test]
fn the_newest_source_version() {
    let project = history();
    let sound = small(&project);
    let id = |series: &str, at: usize| {
        format!("{}\n", store(&project).refs().list(series).unwrap()[at].1).into_bytes()
    };
    let cases = [
        (To::Removed, [false, false, false]),
        (To::Emptied, [false, false, true]),
        (To::Cut, [false, false, true]),
        (To::Other(id("refs/source", 1)), [false, false, true]),
        (To::Other(id("refs/versions", 2)), [false, false, true]),
    ];
    for (to, go_on) in cases {
        check(&project, &sound, &Case { file: "refs/source/v3", to, go_on });
    }
}

#[test]
fn the_newest_version() {
    let project = history();
    let sound = small(&project);
    let id = |at: usize| {
        format!("{}\n", store(&project).refs().list("refs/versions").unwrap()[at].1).into_bytes()
    };
    let cases = [
        (To::Removed, [false, false, false]),
        (To::Emptied, [true, false, false]),
        (To::Cut, [true, false, false]),
        (To::Other(id(1)), [true, false, false]),
        (To::Other(id(0)), [true, false, false]),
    ];
    for (to, go_on) in cases {
        check(&project, &sound, &Case { file: "refs/versions/v3", to, go_on });
    }
}

/// The log is no condition for anything: without it less is noticed, and the next step begins it again.
#[test]
fn the_log() {
    let project = history();
    let sound = small(&project);
    let text = sound[&project.path(".lua/reflog")].clone();
    let older = text[..text.len() / 3].to_vec();
    for to in [
        To::Removed,
        To::Emptied,
        To::Cut,
        To::Flipped(text.len() - 3),
        To::Other(b"hello".to_vec()),
        To::Other(older),
    ] {
        damage(&project, &Case { file: "reflog", to, go_on: [true; 3] });
        assert!(project.ok("fsck").contains("nothing is damaged"));
        for line in ["push", "version create -m more", "version promote 4", "fsck"] {
            project.ok(line);
        }
        let known = store(&project).logged();
        let newest = heads(&project);
        assert_eq!(known.active, newest.active);
        assert!(known.refs.values().any(|id| Some(id) == newest.source.last()));
        put_back(&project, &sound);
    }
}

#[test]
fn a_lost_pointer_is_told_with_what_mends_it() {
    let project = history();
    let sound = project.pointer();
    std::fs::remove_file(project.path(".lua/ACTIVE")).unwrap();
    let by_hand =
        format!("printf '{}' > \"[DIR]/project/.lua/ACTIVE\"", sound.replace('\n', "\\n"));
    for line in [
        "version promote 1",
        "version promote 3",
        "version list",
        "push",
        "version create",
        "source rollback --version 1 --force",
    ] {
        let told = project.run(line);
        assert!(
            told.code == 1
                && told.stderr.contains("/.lua/ACTIVE\" is missing: it named v2 (ledger "),
            "{told}"
        );
        let hint = format!("hint: run `lua-store fsck --repair` to restore it, or `{by_hand}`\n");
        assert!(told.stderr.contains(&hint), "{told}");
    }
    let repaired = project.run("fsck --repair");
    assert!(
        repaired.code == 0 && repaired.stdout.starts_with("repaired: ACTIVE is v2 (ledger "),
        "{repaired}"
    );
    assert_eq!(project.pointer(), sound);
    let told = project.run("version promote 1");
    assert!(told.stderr.contains("cannot promote v1: it was deleted"), "{told}");
}

#[test]
fn a_lost_ref_is_told_with_what_mends_it() {
    let project = history();
    let sound = project.read(".lua/refs/source/v3");
    std::fs::remove_file(project.path(".lua/refs/source/v3")).unwrap();
    let told = project.run("push");
    let by_hand = format!("`echo {} > \"[DIR]/project/.lua/refs/source/v3\"`", sound.trim());
    assert!(
        told.code == 1 && told.stderr.contains("Error: the ref \"refs/source/v3\" is missing\n"),
        "{told}"
    );
    assert!(told.stderr.contains(&by_hand), "{told}");
    let fsck = project.run("fsck");
    assert!(
        fsck.code == 1
            && fsck.stdout.contains("affects source/v3\n")
            && fsck.stdout.contains(&by_hand),
        "{fsck}"
    );
    let repaired = project.json("fsck --repair");
    assert_eq!(
        repaired["repaired"],
        serde_json::json!([format!("refs/source/v3 is {}", sound.trim())])
    );
    assert_eq!(project.read(".lua/refs/source/v3"), sound);
}

/// A store of an older program has no log: then remote-tracking refs are the only source.
#[test]
fn without_a_log_a_remote_knows() {
    for file in ["refs/source/v3", "refs/versions/v3"] {
        let project = history();
        project.ok("remote add origin ../data/agent_shop");
        project.ok("push --force");
        let whole = heads(&project);
        std::fs::remove_file(project.path(".lua/reflog")).unwrap();
        std::fs::write(project.path(format!(".lua/{file}")), "nonsense").unwrap();
        assert_eq!(project.run("fsck").code, 1);
        project.ok("fsck --repair");
        assert_eq!(heads(&project), whole, "{file}");
    }
}

/// A remote is asked, and a bundle is read, where nothing here knows.
#[test]
fn a_remote_or_a_bundle_gives_back_what_is_lost() {
    for from in ["origin", "../all.bundle"] {
        let project = history();
        project.ok("remote add origin ../data/agent_shop");
        project.ok("push --force");
        project.ok("bundle create ../all.bundle");
        let whole = heads(&project);
        for file in ["reflog", "refs/remotes/origin", "refs/versions/v3"] {
            std::fs::remove_file(project.path(format!(".lua/{file}"))).unwrap();
        }
        std::fs::write(project.path(".lua/refs/source/v2"), "nonsense").unwrap();
        std::fs::write(project.path(".lua/refs/source/v4"), "nonsense").unwrap();
        for pack in std::fs::read_dir(project.path(".lua/objects")).unwrap().take(2) {
            std::fs::remove_file(pack.unwrap().path()).unwrap();
        }
        assert_eq!(project.run("fsck --repair").code, 1, "nobody knows");
        let repaired = project.run(&format!("fsck --repair --from {from}"));
        assert_eq!(repaired.code, 0, "{repaired}");
        assert_eq!(heads(&project).source, whole.source);
    }
}

#[test]
fn a_source_version_that_its_version_misses() {
    let project = history();
    // Nothing else knows of it.
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    std::fs::remove_file(project.path(".lua/refs/source/v3")).unwrap();
    let fsck = project.run("fsck");
    assert!(
        fsck.code == 1
            && fsck.stdout.contains(
                "version v3 was created from the ref \"refs/source/v3\", which is missing"
            ),
        "{fsck}"
    );
}

#[test]
fn a_lost_pointer_without_a_log_is_seen_in_the_packs() {
    let project = history();
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    std::fs::remove_file(project.path(".lua/ACTIVE")).unwrap();
    let fsck = project.run("fsck");
    assert!(
        fsck.code == 1 && fsck.stdout.contains("ACTIVE is missing: the ledger has record "),
        "{fsck}"
    );
}

/// One damaged source ref stops only what needs it.
#[test]
fn the_personas_of_the_others_are_listed() {
    let project = history();
    let all = project.list("persona list");
    std::fs::write(project.path(".lua/refs/source/v2"), "nonsense").unwrap();
    let listed = project.run("persona list");
    assert!(
        listed.code == 0 && listed.stderr.contains("source v2 and its persona cannot be read"),
        "{listed}"
    );
    let of = |list: &serde_json::Value| -> Vec<u64> {
        let list = list.as_array().unwrap().iter();
        list.filter(|one| one["sourceVersion"] != 2)
            .map(|one| one["version"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(of(&project.list("persona list")), of(&all));
    assert_eq!(project.run("persona show latest").code, 0);
}
