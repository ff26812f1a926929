//! Damage matrix: each file of the store empty, cut off, changed, foreign or missing. An ordinary
//! command names the thing, `fsck` finds it, the rest stays readable, and nothing is changed by looking.

use crate::common::shop::{self, edit};
use crate::common::{Outcome, Project};
use insta::assert_snapshot;
use lua_store::agent::promote::promote;
use lua_store::agent::record::Who;
use lua_store::agent::revision::Revision;
use lua_store::object::Id;
use lua_store::store::{Active, Store, Tracking, refs};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Pushed twice, v1 active and v2 staged, packed refs beside loose ones; and the pack of the first push.
fn history() -> (Project, PathBuf) {
    let project = shop::project();
    project.ok("push");
    let first = packs(&project).remove(0);
    project.ok("version create -m one");
    project.ok("version promote 1");
    let store = Store::open(&project.path(".lua")).unwrap();
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("version create --auto-push -m two");
    (project, first)
}

fn packs(project: &Project) -> Vec<PathBuf> {
    let names = std::fs::read_dir(project.path(".lua/objects")).unwrap();
    names.map(|entry| entry.unwrap().path()).collect()
}

/// Every file of the project and the store, caches aside.
fn everything(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir::WalkDir::new(project.root()).into_iter().map(Result::unwrap);
    let files = walk
        .filter(|entry| entry.file_type().is_file() && !entry.path().parent().unwrap().ends_with("cache"));
    files.map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap())).collect()
}

/// Runs a command that must leave everything as it is.
fn look(project: &Project, line: &str) -> Outcome {
    let before = everything(project);
    let outcome = project.run(line);
    assert!(everything(project) == before, "something was changed by:\n{outcome}");
    outcome
}

/// Puts `bytes` in the place of a file while `check` runs; `None` takes the file away.
fn with(project: &Project, path: &str, bytes: Option<&[u8]>, check: impl FnOnce()) {
    let path = project.path(path);
    let sound = std::fs::read(&path).ok();
    match bytes {
        Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    check();
    match sound {
        Some(sound) => std::fs::write(&path, sound).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    assert_eq!(project.run("fsck").code, 0);
}

/// The command fails as damage does and says `what`; `fsck` finds it too.
fn refused(project: &Project, lines: &[&str], what: &str) {
    for line in lines {
        let outcome = look(project, line);
        assert!(outcome.code == 1 && outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.contains(what) && outcome.stderr.contains("hint: "), "no {what:?}: {outcome}");
    }
    let outcome = look(project, "fsck");
    assert!(outcome.code == 1 && outcome.stdout.contains(what), "no {what:?}: {outcome}");
}

fn readable(project: &Project, lines: &[&str]) {
    for line in lines {
        let outcome = look(project, line);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
}

const READING: [&str; 8] = [
    "version list",
    "version show 2",
    "version diff 1 2",
    "source list",
    "source diff v1 v2",
    "source rollback --version 1 --dry-run",
    "log --verify",
    "push --dry-run",
];

/// Whatever happened to a pack: each command succeeds with the same words as ever, or fails and names
/// an object or a pack. What does not need the pack goes on.
fn assert_pack_damage(project: &Project, name: &str, sound: &[Outcome]) {
    let fsck = look(project, "fsck");
    assert!(fsck.code == 1 && fsck.stdout.contains(name), "{fsck}");
    for (line, sound) in READING.iter().zip(sound) {
        let outcome = look(project, line);
        if line.ends_with(" list") && outcome.stderr.contains("cannot be read: ") {
            let is_told = outcome.stdout.contains("damaged") || *line == "source list";
            assert!(outcome.code == 0 && is_told, "{outcome}");
            continue;
        }
        if outcome.code == 0 {
            assert_eq!(outcome.stdout, sound.stdout, "{line}");
            continue;
        }
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stderr.contains("pack-") && outcome.stderr.contains("`lua-store fsck`"), "{outcome}");
    }
    assert_eq!(project.run("version list").code, 0);
}

#[test]
fn a_changed_byte_anywhere_in_a_pack() {
    let (project, pack) = history();
    let name = pack.file_name().unwrap().to_str().unwrap();
    let path = format!(".lua/objects/{name}");
    let sound: Vec<Outcome> = READING.iter().map(|line| project.run(line)).collect();
    let bytes = std::fs::read(&pack).unwrap();
    let spread = (0..12).map(|nth| 8 + nth * (bytes.len() - 60) / 12);
    let places = [0, 7].into_iter().chain(spread).chain([48, 30, 20, 10, 1].map(|back| bytes.len() - back));
    let mut failed = 0;
    for place in places {
        let mut changed = bytes.clone();
        changed[place] ^= 0x55;
        with(&project, &path, Some(&changed), || {
            assert_pack_damage(&project, name, &sound);
            failed += usize::from(project.run("source rollback --version 1 --dry-run").code == 1);
        });
    }
    assert!(failed > 0, "no damage was met by reading");
}

#[test]
fn a_pack_cut_off_empty_or_foreign() {
    let (project, pack) = history();
    let name = pack.file_name().unwrap().to_str().unwrap();
    let path = format!(".lua/objects/{name}");
    let sound: Vec<Outcome> = READING.iter().map(|line| project.run(line)).collect();
    let bytes = std::fs::read(&pack).unwrap();
    let longer = [&bytes[..], b"more"].concat();
    let half = &bytes[..bytes.len() / 2];
    for damaged in [&[][..], &bytes[..7], half, &bytes[..bytes.len() - 1], b"not a pack at all", &longer] {
        with(&project, &path, Some(damaged), || {
            assert_pack_damage(&project, name, &sound);
            let fsck = project.run("fsck");
            assert!(fsck.stdout.contains("affects versions/v1, "), "{fsck}");
            refused(&project, &["source rollback --version 1 --force"], name);
        });
    }
}

#[test]
fn a_foreign_file_among_the_packs() {
    let (project, pack) = history();
    let other = format!("pack-{}.pack", "0".repeat(64));
    let sound: Vec<Outcome> = READING.iter().map(|line| project.run(line)).collect();
    let whole = std::fs::read(pack).unwrap();
    for (name, bytes) in [("pack-mine.pack", &b"hello"[..]), (&other, b"hello"), (&other, &whole)] {
        let path = format!(".lua/objects/{name}");
        with(&project, &path, Some(bytes), || {
            for (line, sound) in READING.iter().zip(&sound) {
                assert_eq!(look(&project, line).stdout, sound.stdout);
            }
            let fsck = look(&project, "fsck");
            assert!(fsck.code == 1 && fsck.stdout.contains(name), "{fsck}");
        });
    }
    with(&project, ".lua/objects/pack-mine.pack", Some(b"hello"), || {
        project.ok("compact");
        assert_eq!(project.read(".lua/objects/pack-mine.pack"), "hello", "what is not ours stays");
    });
}

#[test]
fn a_damaged_loose_ref() {
    let (project, _) = history();
    for bytes in ["", "x", "ref: refs/versions/v1\n", &"0".repeat(64)] {
        with(&project, ".lua/refs/versions/v2", Some(bytes.as_bytes()), || {
            let lines = ["version show 2", "version promote 2", "version delete 2 --force", "version create"];
            refused(&project, &lines, ".lua/refs/versions/v2\" is damaged: it holds ");
            refused(
                &project,
                &["version show latest", "version diff 1 2"],
                ".lua/refs/versions/v2\" is damaged: ",
            );
            readable(&project, &["source list", "source show v1", "source diff v1 v2", "push --dry-run"]);
            readable(
                &project,
                &["version list", "version show 1", "version status", "status", "log --verify"],
            );
            readable(&project, &["persona list", "log --ledger", "version promote 1"]);
        });
        with(&project, ".lua/refs/source/v2", Some(bytes.as_bytes()), || {
            refused(
                &project,
                &["source show v2", "push", "status"],
                ".lua/refs/source/v2\" is damaged: it holds ",
            );
            readable(&project, &["source list", "version list", "version show 2", "log --verify"]);
        });
    }
}

/// Three versions: v2 is active after v1, v3 is staged.
fn three() -> Project {
    let (project, _) = history();
    project.ok("version promote 2");
    edit(&project, "src/index.ts", "You are Eve.", "You are Ida.");
    project.ok("version create --auto-push -m three");
    project
}

#[test]
fn what_does_not_need_a_damaged_version_goes_on() {
    let project = three();
    let sound = project.read(".lua/refs/versions/v2");
    project.write(".lua/refs/versions/v2", "x");
    assert_snapshot!(project.run("version list"), @r#"
    $ lua-store version list
    VERSION  STATUS      CREATED           BY               PROMOTED          MESSAGE
    v3       staged      2026-11-21 09:30  ana@example.com  -                 three
    v2*      damaged     -                 -                -                 (cannot be read)
    v1       superseded  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  one
    --- stderr
    warning: v2 cannot be read: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it holds "x"
    hint: `lua-store fsck` says what to do next
    "#);
    assert_snapshot!(project.run("log -n 2"), @r#"
    $ lua-store log -n 2
    v3 (staged)  321c4eff
      2026-11-21 09:30 by ana@example.com
      three
      1 change(s), from source version v3

    v2 (damaged)
      the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it holds "x"
    "#);
    assert_snapshot!(project.run("log --ledger"), @"
    $ lua-store log --ledger
    b3b545aa  2026-11-21 09:30  promote v2  by ana@example.com
    d71618c2  2026-11-21 09:30  promote v1  by ana@example.com
    ");
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  v2  two
      Live since 09:30 UTC (just now) by ana@example.com
    Newest version:  v3  three
    Pushed source:   v3
    Staged:          v3 (made, never live)
    Nothing to push: the project is as it was pushed.
    --- stderr
    warning: v2 cannot be read: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it holds "x"
    hint: `lua-store fsck` says what to do next
    hint: `lua-store version promote v3` makes it active
    "#);
    assert_snapshot!(project.run("fsck"), @r#"
    $ lua-store fsck
    damaged: refs: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it holds "x"
      affects versions/v2
      next: the log knows what it held: `echo f249efd5bb2fe5ba40996f06393e83ca25f10fd34e6d0d89695621dc60960954 > "[DIR]/project/.lua/refs/versions/v2"`
    Checked 66 objects in 8 pack(s), 5 ref(s): 1 problem(s).
    --- stderr
    hint: `lua-store fsck --repair` mends what is known; with `--from REMOTE` from a remote too
    --- exit 1
    "#);
    let damaged = &project.json("version list")[1];
    assert_eq!((&damaged["version"], &damaged["status"]), (&2.into(), &"damaged".into()));
    assert!(damaged["problem"].as_str().unwrap().contains("is damaged: it holds \"x\""), "{damaged}");
    assert_eq!(project.json("version list --status damaged").as_array().unwrap().len(), 1);
    // Numbers and the ledger go on after it, and nothing is lost when it is whole again.
    assert_snapshot!(project.run("version promote 1"), @"
    $ lua-store version promote 1
    ✓ Promoted v1. Previous active: v2.
    --- stderr
    This takes back v2, promoted by ana@example.com, 2026-11-21 09:30
    hint: `lua-store version promote v2` takes it back
    ");
    assert_snapshot!(project.run("version promote previous"), @r#"
    $ lua-store version promote previous
    --- stderr
    Error: the ref "[DIR]/project/.lua/refs/versions/v2" is damaged: it holds "x"
    hint: `lua-store fsck --repair` puts it back, as does `echo f249efd5bb2fe5ba40996f06393e83ca25f10fd34e6d0d89695621dc60960954 > "[DIR]/project/.lua/refs/versions/v2"`
    --- exit 1
    "#);
    edit(&project, "src/index.ts", "You are Ida.", "You are Ada.");
    assert_snapshot!(project.run("version create --auto-push -m four"), @"
    $ lua-store version create --auto-push -m four
      ·  shop unchanged (agent settings)
      ✅ persona v4 pushed (3 → 4)
      ·  orders v1.0.0 unchanged (skill)
      ·  catalog v1.0.0 unchanged (skill)
      ·  nightly v1.0.0 unchanged (job)
      ·  docs v1.0.0 unchanged (mcp-server)
    💾 Backup at v4 (1 changed file(s))
    ✓ Created v4 (staged). Run `lua-store version promote v4` to deploy.
    ");
    assert_snapshot!(project.run("version delete 3 --force"), @"
    $ lua-store version delete 3 --force
    ✓ Deleted v3.
    ");
    project.write(".lua/refs/versions/v2", sound);
    let statuses = project.json("version list");
    let statuses: Vec<&str> =
        statuses.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["staged", "deleted", "superseded", "active"]);
    assert_eq!(project.run("fsck").code, 0);
    assert_eq!(project.run("log --verify").code, 0);
}

#[test]
fn what_a_damaged_ref_held_is_found() {
    let project = three();
    let log = std::fs::read(project.path(".lua/reflog")).unwrap();
    for (name, told) in [
        ("versions/v3", "the log knows what it held"),
        ("source/v2", "the log knows what it held"),
        ("versions/v2", "the ledger knows what it held"),
        ("versions/v3", "one version has no ref"),
        ("source/v2", "one version has no ref"),
    ] {
        match told.contains("log") {
            true => std::fs::write(project.path(".lua/reflog"), &log).unwrap(),
            false => drop(std::fs::remove_file(project.path(".lua/reflog"))),
        }
        let path = format!(".lua/refs/{name}");
        let sound = project.read(&path);
        project.write(&path, "");
        let output = project.lua_store("fsck --json").output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let problem = &answer["problems"][0];
        assert_eq!(problem["affects"], serde_json::json!([name]));
        let next = problem["next"].as_str().unwrap();
        assert!(next.starts_with(told), "{next}");
        let command = next.split('`').nth(1).unwrap();
        assert!(project.command("sh").args(["-c", command]).status().unwrap().success());
        assert_eq!(project.read(&path), sound);
        assert_eq!(project.run("fsck").code, 0);
    }
    project.write(".lua/refs/versions/v1", "");
    project.write(".lua/refs/versions/v3", "");
    let told = project.run("fsck").stdout;
    assert_eq!(told.matches("back from a backup; versions without a ref: ").count(), 2, "{told}");
}

#[test]
fn a_ref_to_something_else() {
    let (project, _) = history();
    let nothing = format!("{}\n", "0".repeat(64));
    with(&project, ".lua/refs/versions/v2", Some(nothing.as_bytes()), || {
        refused(&project, &["version show 2", "log"], &"0".repeat(64));
        assert!(project.run("fsck").stdout.contains("affects versions/v2"));
        readable(&project, &["version show 1", "source list", "version list"]);
        assert_eq!(project.json("version list")[0]["status"], "damaged");
    });
    let source = project.read(".lua/refs/source/v2");
    with(&project, ".lua/refs/versions/v2", Some(source.as_bytes()), || {
        refused(&project, &["version show 2", "log", "version promote 2"], "\"meta\"");
        readable(&project, &["version show 1", "source list"]);
    });
}

#[test]
fn damaged_packed_refs() {
    let (project, _) = history();
    let sound = std::fs::read(project.path(".lua/packed-refs")).unwrap();
    let mut changed = sound.clone();
    changed[40] ^= 1;
    for bytes in [&[][..], b"hello", &sound[..sound.len() / 2], &sound[..sound.len() - 1], &changed] {
        with(&project, ".lua/packed-refs", Some(bytes), || {
            let fsck = look(&project, "fsck");
            assert!(fsck.code == 1 && fsck.stdout.contains(".lua/packed-refs\" is damaged: "), "{fsck}");
            // The newest ones have files of their own.
            readable(&project, &["source show v2", "push", "push --dry-run"]);
        });
    }
    for bytes in [&[][..], b"hello"] {
        with(&project, ".lua/packed-refs", Some(bytes), || {
            refused(&project, &["source show v1", "version show 1"], ".lua/packed-refs\" is damaged: ");
            readable(&project, &["version list", "version show 2", "source list"]);
        });
    }
    with(&project, ".lua/packed-refs", Some(&changed), || {
        refused(&project, &["source show v1", "source diff v1 v2"], ".lua/packed-refs\" is damaged: ");
        readable(&project, &["version list", "version show 1", "version diff 1 2", "source list", "status"]);
    });
    with(&project, ".lua/packed-refs", None, || {
        refused(
            &project,
            &["version promote 2", "push", "version create"],
            "the ref \"refs/source/v1\" is missing",
        );
        refused(&project, &["version show 1"], "the ref \"refs/versions/v1\" is missing");
        readable(&project, &["source list", "version list", "version show 2"]);
    });
}

#[test]
fn damaged_active() {
    let (project, _) = history();
    let sound = project.read(".lua/ACTIVE");
    let swap = |from: &str, to: &str| sound.replace(from, to);
    let cut = &sound[..sound.len() - 1];
    let moving =
        ["version list", "status", "version promote 2", "version delete 2 --force", "version create"];
    let apart = ["source list", "source show v1", "push --dry-run"];
    for bytes in
        ["", cut, "ref: refs/versions/v1\n", "\u{0}\u{1}", "v1", &swap("\n", "\r\n"), &swap("v1", "v01")]
    {
        with(&project, ".lua/ACTIVE", Some(bytes.as_bytes()), || {
            refused(&project, &moving, ".lua/ACTIVE\" is damaged: it holds ");
            readable(&project, &apart);
        });
    }
    with(&project, ".lua/ACTIVE", Some(swap("v1", "v9").as_bytes()), || {
        refused(&project, &moving, "ACTIVE names v9, and there is no ref \"refs/versions/v9\"");
        readable(&project, &apart);
    });
    with(&project, ".lua/ACTIVE", Some(swap("v1", "v2").as_bytes()), || {
        refused(&project, &moving, "ACTIVE names v2, but the ledger promoted v1 last");
        readable(&project, &apart);
    });
    let ledger = sound.lines().nth(1).unwrap().trim_start_matches("ledger: ");
    let (missing, version) = ("0".repeat(64), project.read(".lua/refs/versions/v2").trim().to_owned());
    for other in [&missing, &version] {
        with(&project, ".lua/ACTIVE", Some(swap(ledger, other).as_bytes()), || {
            refused(&project, &moving, "cannot read the ledger: ");
            readable(&project, &apart);
        });
    }
}

#[test]
fn a_missing_record_of_the_ledger() {
    let (project, _) = history();
    let before = packs(&project);
    project.ok("version promote 2");
    let record = packs(&project).into_iter().find(|pack| !before.contains(pack)).unwrap();
    project.ok("version promote 1");
    let record = format!(".lua/objects/{}", record.file_name().unwrap().to_str().unwrap());
    with(&project, &record, None, || {
        refused(
            &project,
            &["version list", "version promote 2", "log --verify"],
            "cannot read the ledger: object ",
        );
        assert!(project.run("fsck").stdout.contains("affects ledger"));
        readable(&project, &["source list", "push --dry-run"]);
    });
}

#[test]
fn a_format_that_is_unknown_or_damaged() {
    let (project, _) = history();
    let lines = ["version list", "push", "init", "fsck"];
    let told = |bytes: &str, what: &str, hint: &str| {
        with(&project, ".lua/format", Some(bytes.as_bytes()), || {
            for line in lines {
                let outcome = look(&project, line);
                assert!(outcome.code == 1 && outcome.stderr.contains(what), "{outcome}");
                assert!(outcome.stderr.contains(hint), "{outcome}");
            }
        });
    };
    told(
        "lua-store 2\n",
        "its format is \"lua-store 2\", this program knows \"lua-store 1\"",
        "update lua-store",
    );
    told("", ".lua/format\" is damaged: it holds nothing", "`lua-store fsck`");
    told("hello", ".lua/format\" is damaged: it holds \"hello\"", "`lua-store fsck`");
    told("lua-store 1", ".lua/format\" is damaged: it holds \"lua-store 1\"", "`lua-store fsck`");
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let (project, _) = history();
    for bytes in [&b"agent = [\n"[..], b"\xff\xfe", b"agent = 1\n"] {
        with(&project, ".lua/config.toml", Some(bytes), || {
            for line in ["push", "status", "init"] {
                let outcome = look(&project, line);
                assert!(outcome.code == 2 && outcome.stderr.contains(".lua/config.toml\""), "{outcome}");
            }
            let fsck = look(&project, "fsck");
            assert!(fsck.code == 1 && fsck.stdout.contains(".lua/config.toml\""), "{fsck}");
            readable(&project, &["version list", "version promote 2 --dry-run --offline", "source list"]);
        });
    }
}

#[test]
fn lost_folders() {
    let (project, _) = history();
    for folder in [".lua/refs/source", ".lua/refs/versions"] {
        let (lost, aside) = (project.path(folder), project.path(".lua/aside"));
        std::fs::rename(&lost, &aside).unwrap();
        refused(&project, &[if folder.ends_with("source") { "push" } else { "version create" }], folder);
        std::fs::rename(&aside, &lost).unwrap();
    }
}

#[test]
fn a_damaged_cache_of_the_ledger_is_only_rebuilt() {
    let (project, _) = history();
    let cache = project.path(".lua/cache/ledger");
    let store = Store::open(&project.path(".lua")).unwrap();
    let who = Who { by: "ana@example.com".into(), at_ms: 1 };
    for at in 0..32 {
        let version = Revision::Number(2 - at % 2);
        promote(&store, &version, &Default::default(), &who).unwrap();
    }
    assert!(!cache.exists(), "a short ledger needs none");
    let sound = project.run("version list");
    let bytes = std::fs::read(&cache).unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    for damaged in [&[][..], b"hello", &bytes[..bytes.len() - 1], &changed] {
        std::fs::write(&cache, damaged).unwrap();
        let outcome = look(&project, "version list");
        assert_eq!((outcome.code, &outcome.stdout, &outcome.stderr), (0, &sound.stdout, &sound.stderr));
        assert_eq!(std::fs::read(&cache).unwrap(), bytes, "it was not rebuilt");
    }
    // Later records are folded onto it, those of another ledger are not.
    project.ok("version promote 2");
    assert!(project.ok("version list").contains("v2*"));
    assert_eq!(std::fs::read(&cache).unwrap(), bytes);
    // In a store of an older program; today's would notice.
    std::fs::remove_file(project.path(".lua/ACTIVE")).unwrap();
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    assert_eq!(project.json("version list")[0]["status"], "staged");
    project.ok("version promote 2");
    assert_eq!(project.json("version list")[1]["status"], "staged", "v1 was promoted in the other one only");
}

#[test]
fn a_damaged_stat_cache_is_only_rebuilt() {
    let (project, _) = history();
    edit(&project, "src/index.ts", "You are Eve.", "You are Ida.");
    let sound = project.run("status");
    let cache = project.path(".lua/cache/index");
    let bytes = std::fs::read(&cache).unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    for damaged in [&[][..], b"hello", &bytes[..bytes.len() / 2], &bytes[..bytes.len() - 1], &changed] {
        std::fs::write(&cache, damaged).unwrap();
        let outcome = look(&project, "status");
        assert_eq!(
            (outcome.code, outcome.stdout, outcome.stderr),
            (0, sound.stdout.clone(), sound.stderr.clone())
        );
        assert_ne!(std::fs::read(&cache).unwrap(), damaged, "it was not rebuilt");
    }
    std::fs::remove_file(&cache).unwrap();
    std::fs::create_dir(&cache).unwrap();
    let outcome = look(&project, "status");
    assert_eq!((outcome.code, outcome.stdout, outcome.stderr), (0, sound.stdout, sound.stderr));
    project.ok("push");
    assert_eq!(project.run("fsck").code, 0);
}

#[test]
fn damage_in_what_is_known_of_a_remote() {
    let (project, _) = history();
    let store = Store::open(&project.path(".lua")).unwrap();
    let ids = |series| store.refs().list(series).unwrap().into_iter().map(|(_, id)| id).collect();
    let (source, versions) = (ids(refs::SOURCE), ids(refs::VERSIONS));
    let active = store.active().unwrap();
    let sound = Tracking { etag: "\"1\"".to_owned(), source, versions, active, ..Tracking::default() };
    let keep = |tracking: &Tracking| {
        store.set_remote(&store.lock().unwrap(), "origin", tracking).unwrap();
    };
    keep(&sound);
    assert_eq!(project.run("fsck").code, 0);
    let found = |what: &str| {
        let fsck = look(&project, "fsck");
        assert!(fsck.code == 1 && fsck.stdout.contains(what), "no {what:?}: {fsck}");
        readable(&project, &READING);
    };
    for bytes in ["", "hello", "lua-store remote 1\netag: \n"] {
        with(&project, ".lua/refs/remotes/origin", Some(bytes.as_bytes()), || {
            found("refs/remotes/origin\" is damaged: ");
        });
    }
    let lost = Id::of_blob(b"nothing has this");
    keep(&Tracking { source: vec![sound.source[0], lost], ..sound.clone() });
    found("affects remotes/origin/source/v2");
    keep(&Tracking { versions: vec![sound.source[0], sound.versions[1]], ..sound.clone() });
    found("remotes/origin/versions/v1: ");
    keep(&Tracking { active: active.map(|active| Active { ledger: lost, ..active }), ..sound.clone() });
    found("affects remotes/origin/ledger");
}
