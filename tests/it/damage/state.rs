//! The pointer, the ledger, the format number, the configuration, caches and remote-tracking state.

use super::{READING, history, look, packs, readable, refused, with};
use crate::common::shop::edit;
use insta::assert_snapshot;
use lua_store::internals::history::record::Author;
use lua_store::internals::history::revision::Revision;
use lua_store::internals::object::Id;
use lua_store::internals::operations::promote::{PointerState, plan_promotion, promote};
use lua_store::internals::store::{Active, Heads, RemoteTracking, Store, refs};

#[test]
fn damaged_active() {
    let (project, _) = history();
    let sound = project.pointer();
    let swap = |from: &str, to: &str| sound.replace(from, to);
    let cut = &sound[..sound.len() - 1];
    let moving = [
        "version list",
        "status",
        "version promote 2",
        "version delete 2 --force",
        "version create",
    ];
    let apart = ["source list", "source show v1", "push --dry-run"];
    for bytes in [
        "",
        cut,
        "ref: refs/versions/v1\n",
        "\u{0}\u{1}",
        "v1",
        &swap("\n", "\r\n"),
        &swap("v1", "v01"),
    ] {
        with(&project, ".lua/ACTIVE", Some(bytes.as_bytes()), || {
            refused(&project, &moving, ".lua/ACTIVE\" is damaged: it contains ");
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
    let (missing, version) =
        ("0".repeat(64), project.read(".lua/refs/versions/v2").trim().to_owned());
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
    let store = Store::open(&project.path(".lua")).unwrap();
    store.empty_active_pack(&store.lock().unwrap()).unwrap();
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

/// The copy is not enough to lose: without it the two lines alone are damage.
#[test]
fn records_that_only_the_pointer_has() {
    let (project, _) = history();
    project.ok("version promote 2");
    let (lines, copy) = (project.pointer(), project.path(".lua/cache/records"));
    with(&project, ".lua/ACTIVE", Some(lines.as_bytes()), || {
        let records = std::fs::read(&copy).unwrap();
        readable(&project, &["version list", "log --verify", "fsck"]);
        std::fs::remove_file(&copy).unwrap();
        refused(
            &project,
            &["version list", "version promote 1", "log --verify"],
            "cannot read the ledger: object ",
        );
        std::fs::write(&copy, records).unwrap();
    });
    let mut cut = std::fs::read(project.path(".lua/ACTIVE")).unwrap();
    cut.pop();
    with(&project, ".lua/ACTIVE", Some(&cut), || {
        refused(&project, &["version list"], ".lua/ACTIVE\" is damaged: it contains ");
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
        "lua-store 4\n",
        "its format is \"lua-store 4\", this program knows \"lua-store 1\" to \"lua-store 3\"",
        "update lua-store",
    );
    told("", ".lua/format\" is damaged: it contains nothing", "`lua-store fsck`");
    told("hello", ".lua/format\" is damaged: it contains \"hello\"", "`lua-store fsck`");
    told(
        "lua-store 1",
        ".lua/format\" is damaged: it contains \"lua-store 1\"",
        "`lua-store fsck`",
    );
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let (project, _) = history();
    for bytes in [&b"agent = [\n"[..], b"\xff\xfe", b"agent = 1\n"] {
        with(&project, ".lua/config.toml", Some(bytes), || {
            for line in ["push", "status", "init"] {
                let outcome = look(&project, line);
                assert!(
                    outcome.code == 2 && outcome.stderr.contains(".lua/config.toml\""),
                    "{outcome}"
                );
            }
            let fsck = look(&project, "fsck");
            assert!(fsck.code == 1 && fsck.stdout.contains(".lua/config.toml\""), "{fsck}");
            readable(
                &project,
                &["version list", "version promote 2 --dry-run --offline", "source list"],
            );
        });
    }
}

#[test]
fn lost_folders() {
    let (project, _) = history();
    for folder in [".lua/refs/source", ".lua/refs/versions"] {
        let (lost, aside) = (project.path(folder), project.path(".lua/aside"));
        std::fs::rename(&lost, &aside).unwrap();
        refused(
            &project,
            &[if folder.ends_with("source") { "push" } else { "version create" }],
            folder,
        );
        std::fs::rename(&aside, &lost).unwrap();
    }
}

#[test]
fn a_damaged_cache_of_the_ledger_is_only_rebuilt() {
    let (project, _) = history();
    let cache = project.path(".lua/cache/ledger");
    let store = Store::open(&project.path(".lua")).unwrap();
    let who = Author { by: "ana@example.com".into(), at_ms: 1 };
    for at in 0..32 {
        let version = Revision::Number(2 - at % 2);
        let pointer_state = PointerState::here(&store).unwrap();
        let promotion = plan_promotion(&pointer_state, &version, None).unwrap();
        promote(&store, (pointer_state, promotion), &Default::default(), &who).unwrap();
    }
    assert!(!cache.exists(), "a short ledger needs none");
    let sound = project.run("version list");
    let bytes = std::fs::read(&cache).unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    for damaged in [&[][..], b"hello", &bytes[..bytes.len() - 1], &changed] {
        std::fs::write(&cache, damaged).unwrap();
        let outcome = look(&project, "version list");
        assert_eq!(
            (outcome.code, &outcome.stdout, &outcome.stderr),
            (0, &sound.stdout, &sound.stderr)
        );
        assert_eq!(std::fs::read(&cache).unwrap(), bytes, "it was not rebuilt");
    }
    // Later records are folded onto it, those of another ledger are not.
    project.ok("version promote 2");
    assert!(project.ok("version list").contains("v2*"));
    assert_eq!(std::fs::read(&cache).unwrap(), bytes);
    // In a store of an older program; today's would notice.
    std::fs::remove_file(project.path(".lua/ACTIVE")).unwrap();
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    assert_eq!(project.list("version list")[0]["status"], "staged");
    project.ok("version promote 2");
    assert_eq!(
        project.list("version list")[1]["status"],
        "staged",
        "v1 was promoted in the other one only"
    );
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
    for damaged in
        [&[][..], b"hello", &bytes[..bytes.len() / 2], &bytes[..bytes.len() - 1], &changed]
    {
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
    let sound = RemoteTracking {
        etag: "\"1\"".to_owned(),
        heads: Heads { source, versions, active },
        ..RemoteTracking::default()
    };
    let keep_heads = |heads: Heads| {
        let tracking = RemoteTracking { heads, ..sound.clone() };
        store.set_remote(&store.lock().unwrap(), "origin", &tracking).unwrap();
    };
    let keep = |tracking: &RemoteTracking| {
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
    let heads = || sound.heads.clone();
    keep_heads(Heads { source: vec![heads().source[0], lost], ..heads() });
    found("affects remotes/origin/source/v2");
    keep_heads(Heads { versions: vec![heads().source[0], heads().versions[1]], ..heads() });
    found("remotes/origin/versions/v1: ");
    let pointer = active.map(|active| Active { ledger: lost, ..active });
    keep_heads(Heads { active: pointer, ..heads() });
    found("affects remotes/origin/ledger");
}

/// The log knows every version. Without it the ledger is the only one that knows of a version whose ref is lost.
#[test]
fn a_ledger_record_of_a_version_that_no_ref_has() {
    let (project, _) = history();
    project.ok("version promote 2");
    project.ok("version promote 1");
    for name in ["reflog", "refs/versions/v2"] {
        std::fs::remove_file(project.path(".lua").join(name)).unwrap();
    }
    assert_snapshot!(project.run("fsck"), @"
    $ lua-store fsck
    damaged: ledger: ledger record b3b545aa names a version to which no ref points
    Checked 58 objects in 4 pack(s), 3 ref(s): 1 problem(s).
    --- stderr
    hint: run `lua-store fsck --repair` to repair what can be repaired; add `--from REMOTE` to use a remote as well
    --- exit 1
    ");
    assert_snapshot!(project.run("log --verify"), @"
    $ lua-store log --verify
    --- stderr
    Error: ledger record b3b545aa names a version to which no ref points
    hint: run `lua-store fsck` to list what is damaged
    --- exit 1
    ");
}
