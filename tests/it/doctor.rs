//! `doctor`: one line for each subject, a command for each finding, and nothing is changed.

use crate::common::server::{Server, token};
use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A shop of which a folder has every version.
fn sound() -> Project {
    let project = shop::versioned();
    project.ok("remote add origin ../data/agent_shop");
    project.ok("version promote 1");
    project.ok("push");
    project
}

/// The lines of one subject: the finding and its fix.
fn about(project: &Project, subject: &str) -> String {
    lines_about(&project.run("doctor"), subject)
}

fn lines_about(outcome: &Outcome, subject: &str) -> String {
    let mut lines = outcome.stdout.lines().skip_while(|line| {
        !line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with(&format!("{subject}: ")))
    });
    let first = lines.next().unwrap_or_else(|| panic!("no {subject}: {outcome}"));
    let fixes = lines.take_while(|line| line.starts_with("    "));
    let found = first.starts_with('✗');
    assert!(!found || outcome.code == 1, "{outcome}");
    std::iter::once(first).chain(fixes).collect::<Vec<_>>().join("\n")
}

/// Every file below a folder with its bytes and its time.
fn contents(folder: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| !entry.file_type().is_dir());
    let one = |entry: walkdir::DirEntry| {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        (entry.path().display().to_string(), (bytes, entry.metadata().unwrap().modified().unwrap()))
    };
    files.map(one).collect()
}

#[test]
fn nothing_to_repair_is_exit_0_and_nothing_is_changed() {
    let project = sound();
    let before = contents(project.root().parent().unwrap());
    assert_snapshot!(project.run("doctor"), @"
    $ lua-store doctor
    ✓ store: 1 source version(s), 1 version(s); run `lua-store fsck` to read every object
    ✓ lock: no other command is writing
    ✓ space: the disk has room for another copy of the store
    ✓ clock: it is later than every record
    ✓ rights: you can write to the project and to the store
    ✓ token file: no token is stored
    ✓ remote origin: it has 1 source version(s), 1 version(s)
    ✓ git: not connected; git does not see the store
    ✓ dist-v2: there is no output of `lua compile`
    ✓ unfinished work: no merge is open, and no promotion was interrupted
    ✓ copies: a remote has every version
    Nothing has to be repaired.
    ");
    assert_eq!(contents(project.root().parent().unwrap()), before);
    let answer = project.json("doctor");
    assert_eq!((&answer["ok"], &answer["findings"]), (&true.into(), &0.into()));
    assert_eq!(answer["checks"].as_array().unwrap().len(), 11);
    assert_eq!(answer["next"].as_array().unwrap().len(), 0);
}

#[test]
fn outside_of_a_project_the_machine_is_examined() {
    let project = Project::new();
    assert_snapshot!(project.run("doctor"), @r#"
    $ lua-store doctor
    ✗ store: not a lua-store project: no ".lua/format" in "[DIR]/project" or above
        run `lua-store init` to create a store for a project
    ✓ clock: it is later than every record
    ✓ rights: a project can be created in this folder
    ✓ token file: no token is stored
    1 finding.
    --- exit 1
    "#);
    assert_snapshot!(project.run("doctor --json"), @r#"
    $ lua-store doctor --json
    {
      "schemaVersion": 1,
      "kind": "doctor",
      "ok": false,
      "project": null,
      "findings": 1,
      "checks": [
        {
          "subject": "store",
          "state": "finding",
          "what": "not a lua-store project: no \".lua/format\" in \"[DIR]/project\" or above",
          "fix": [
            "run `lua-store init` to create a store for a project"
          ]
        },
        {
          "subject": "clock",
          "state": "ok",
          "what": "it is later than every record",
          "fix": []
        },
        {
          "subject": "rights",
          "state": "ok",
          "what": "a project can be created in this folder",
          "fix": []
        },
        {
          "subject": "token file",
          "state": "ok",
          "what": "no token is stored",
          "fix": []
        }
      ],
      "next": [
        [
          "lua-store",
          "init"
        ]
      ]
    }
    --- exit 1
    "#);
}

#[test]
fn a_store_of_a_newer_program() {
    let project = sound();
    project.write(".lua/format", "lua-store 9\n");
    assert_snapshot!(about(&project, "store"), @r#"
    ✗ store: cannot open the store "[DIR]/project/.lua": its format is "lua-store 9", this program knows "lua-store 1" to "lua-store 3"
        a newer lua-store wrote it; update lua-store to read it
    "#);
}

#[test]
fn a_damaged_store() {
    let project = sound();
    fs::write(project.path(".lua/ACTIVE"), "nonsense\n").unwrap();
    assert_snapshot!(about(&project, "store"), @r#"
    ✗ store: "[DIR]/project/.lua/ACTIVE" is damaged: it contains "nonsense"
        run `lua-store fsck --repair` to restore it, or `printf 'ref: refs/versions/v1\nledger: 9426a22ae8b9ca860f8e470d9150ef252f7af07307943a6876c8e90118949bdf\n' > "[DIR]/project/.lua/ACTIVE"`
    "#);
    let project = sound();
    project.write(".lua/config.toml", "remote = [\n");
    assert_snapshot!(about(&project, "store"), @r#"
    ✗ store: cannot read "[DIR]/project/.lua/config.toml" line 1: unclosed array, expected `]`
        correct that line and try again
    "#);
    // Damage that another command met, before `fsck` found the store whole.
    let project = sound();
    project.write(".lua/cache/damaged", "");
    assert_snapshot!(about(&project, "store"), @"
    ✗ store: a command found damage, and no check has found the store whole since
        run `lua-store fsck` to list what is damaged and which versions it affects
    ");
    project.ok("fsck");
    assert!(about(&project, "store").starts_with('✓'));
}

#[cfg(unix)]
#[test]
fn a_lock_that_another_process_has() {
    let project = sound();
    let mut holder = project.command("flock");
    holder.args([".lua/lock", "sh", "-c", "echo locked; read line"]);
    holder.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut holder = holder.spawn().unwrap();
    let mut said = [0; 7];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut said).unwrap();
    let found = about(&project, "lock");
    drop(holder.stdin.take());
    assert!(holder.wait().is_ok());
    assert_snapshot!(found, @r#"
    ✗ lock: another process has had "[DIR]/project/.lua/lock" locked for 1 s
        wait for the other lua-store command; run `fuser -v [DIR]/project/.lua/lock` to find its process, and end it if it is stuck
    "#);
    assert!(about(&project, "lock").starts_with('✓'));
    // A store that nobody has written to yet has no lock, and gets none.
    fs::remove_file(project.path(".lua/lock")).unwrap();
    assert!(about(&project, "lock").starts_with('✓'));
    assert!(!project.path(".lua/lock").exists());
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_nearly_full_or_can_only_be_read() {
    use crate::common::skip::skipped;
    use crate::common::small_disk::SmallDisk;
    let project = Project::new();
    let Some(disk) = SmallDisk::mount(project.root()) else { return skipped("no right to mount") };
    shop::write(&project);
    project.ok("init");
    project.ok("push");
    let found = about(&project, "space");
    let masked = found.replace(|letter: char| letter.is_ascii_digit(), "N");
    assert_snapshot!(masked, @r#"
    ✗ space: N.N MiB are free on the disk of "[DIR]/project/.lua", NN.N MiB are needed
        run `lua-store gc` to remove unreachable objects, and remove other files from this disk
    "#);
    disk.remount("ro");
    assert_snapshot!(about(&project, "rights"), @r#"
    ✗ rights: cannot write to "[DIR]/project": Read-only file system
        mount its disk so that it can be written: `mount -o remount,rw MOUNTPOINT`
    "#);
}

#[test]
fn a_clock_that_is_behind_the_records() {
    let mut project = sound();
    project.set("LUA_STORE_NOW", "2026-11-20T09:30:00Z");
    assert_snapshot!(about(&project, "clock"), @"
    ✗ clock: it is 2026-11-20T09:30:00.000Z, and v1 is of 2026-11-21T09:30:00.000Z
        run `sudo timedatectl set-ntp true` to set the clock of this machine, if it is wrong
    ");
    // Clocks of two machines differ by a little.
    project.set("LUA_STORE_NOW", "2026-11-21T09:27:00Z");
    assert!(about(&project, "clock").starts_with('✓'));
    project.set("LUA_STORE_NOW", "1970-01-02T00:00:00Z");
    assert!(about(&project, "clock").contains("before this program was written"));
}

#[cfg(unix)]
#[test]
fn a_store_that_belongs_to_somebody_else() {
    use std::os::unix::fs::PermissionsExt;
    let project = sound();
    let run = crate::bad_files::as_a_plain_user_after(&project, ":");
    assert!(lines_about(&run("doctor"), "rights").starts_with('✓'));
    // As a push with `sudo` leaves it.
    let folder = project.path(".lua/refs");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    let found = project.redact(lines_about(&run("doctor"), "rights").as_bytes());
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    assert_snapshot!(found, @r#"
    ✗ rights: cannot write to "[DIR]/project/.lua/refs": Permission denied
        run `sudo chown -R "$(id -un)" [DIR]/project/.lua && chmod -R u+rwX [DIR]/project/.lua` to own it again
    "#);
    let file = project.path(".lua/format");
    let pack = fs::read_dir(project.path(".lua/objects")).unwrap().next().unwrap().unwrap().path();
    fs::set_permissions(&pack, PermissionsExt::from_mode(0o000)).unwrap();
    let found = lines_about(&run("doctor"), "rights");
    assert!(found.starts_with('✗') && found.contains("cannot read"), "{found}");
    assert!(file.exists());
}

#[cfg(unix)]
#[test]
fn a_file_of_tokens_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let project = sound();
    let file = project.home().join(".config/lua-store/credentials.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let found = about(&project, "token file").replace("[DIR]/home", "[HOME]");
    assert_snapshot!(found, @r#"
    ✗ token file: other users of this machine can read "[HOME]/.config/lua-store/credentials.toml"
        run `chmod 600 [HOME]/.config/lua-store/credentials.toml` to keep it to yourself, and create new tokens if somebody read it
    "#);
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(about(&project, "token file"), "✓ token file: only you can read it");
}

#[test]
fn remotes_that_do_not_answer_or_refuse() {
    let mut project = sound();
    let server = Server::start(&project, "");
    let url = format!("{}/agent_shop", server.url);
    project.ok(&format!("remote add served {url}"));
    let show = |project: &Project| about(project, "remote served").replace(&server.url, "[URL]");
    assert_snapshot!(show(&project), @"
    ✗ remote served: [URL]/agent_shop: a token is required
        ask the operator of the server for a token (`lua-store serve token create`); run `lua-store login URL` to store it, or set LUA_STORE_TOKEN
    ");
    project.set("LUA_STORE_TOKEN", "lst_wrong");
    assert_snapshot!(show(&project), @"
    ✗ remote served: [URL]/agent_shop: this is not a token of `lua-store serve`: it is truncated, mistyped or from another service
        ask the operator of the server for a token (`lua-store serve token create`); run `lua-store login URL` to store it, or set LUA_STORE_TOKEN
    ");
    let named = token(&project, "--agent agent_shop --scope push --for ana@example.com --note ci");
    project.set("LUA_STORE_TOKEN", &named);
    assert_snapshot!(show(&project), @r#"✓ remote served: it has 1 source version(s), 1 version(s); the token is "ci", of ana@example.com"#);
    let other = token(&project, "--agent agent_other --scope push");
    project.set("LUA_STORE_TOKEN", &other);
    assert_snapshot!(show(&project), @r#"
    ✗ remote served: [URL]/agent_shop: there is no agent "agent_shop" here, or the token is not for it
        run `lua-store login served` with a token that may read this agent
    "#);
    project.ok("remote set-url served http://127.0.0.1:1/agent_shop");
    assert_snapshot!(about(&project, "remote served"), @r#"
    ✗ remote served: cannot reach "http://127.0.0.1:1/agent_shop": connection refused (tried once)
        check that this machine reaches it; run `lua-store remote set-url served URL` if it has another address
    "#);
    // A folder on a disk that is not mounted.
    fs::rename(project.path("../data"), project.path("../unmounted")).unwrap();
    assert_snapshot!(about(&project, "remote origin"), @r#"
    ✗ remote origin: ../data/agent_shop: the folder "[DIR]/project/../data" does not exist
        mount its disk
        run `lua-store push --remote origin` to create it, if it was never pushed to
    "#);
    let offline = project.run("doctor --offline");
    assert_eq!(lines_about(&offline, "remote origin"), "· remote origin: not asked");
    assert_eq!(lines_about(&offline, "copies"), "✓ copies: a remote has every version");
    assert_eq!(offline.code, 0, "{offline}");
}

#[test]
fn versions_that_exist_nowhere_else() {
    let project = shop::versioned();
    assert_snapshot!(about(&project, "copies"), @"
    ✗ copies: source version v1, version v1 exist in this store only
        run `lua-store remote add origin URL`, then `lua-store push`; the URL may be a folder on another disk
    ");
    project.ok("remote add origin ../data/agent_shop");
    project.ok("push");
    assert!(about(&project, "copies").starts_with('✓'));
    for text in ["You help.", "You help a lot."] {
        shop::edit(&project, "src/index.ts", "You help", text);
        project.ok("push --offline");
    }
    project.ok("version create -m two --offline");
    assert_snapshot!(about(&project, "copies"), @"
    ✗ copies: source versions v2 to v3, version v2 exist in this store only
        run `lua-store push` to send them, or `lua-store bundle create FILE` to write them to a file
    ");
    // One of two remotes is enough.
    project.ok("remote add second ../other/agent_shop");
    project.ok("push --remote second");
    assert!(about(&project, "copies").starts_with('✓'));
    let nothing = shop::project();
    assert_eq!(about(&nothing, "copies"), "✓ copies: nothing is stored yet");
}

#[test]
fn git_that_sees_the_store_or_lacks_commits() {
    let project = sound();
    project.git("init -q -b main");
    assert_snapshot!(about(&project, "git"), @"✓ git: not connected; git does not see the store");
    for line in ["config user.email ana@example.com", "config user.name Ana"] {
        assert_eq!(project.git(line).code, 0);
    }
    project.ok("git connect");
    assert_snapshot!(about(&project, "git"), @"
    ✗ git: 8 pushed file(s) are in no commit
        run `lua-store push` to commit them
    ");
    project.ok("push");
    assert_snapshot!(about(&project, "git"), @"✓ git: connected; everything that is pushed is committed");
    project.git("config --unset user.email");
    assert_snapshot!(about(&project, "git"), @r#"
    ✗ git: git user.email is not configured
        run `git config --global user.email "you@example.com"`
    "#);
    fs::remove_dir_all(project.path(".git")).unwrap();
    assert_snapshot!(about(&project, "git"), @"
    ✗ git: not inside a git repository
        run `git init` in the folder of the project, then `lua-store git connect`
    ");
    // git tracks what the first author added before the store was made.
    let project = sound();
    project.git("init -q -b main");
    fs::remove_dir_all(project.path(".lua/.git")).unwrap();
    assert_snapshot!(about(&project, "git"), @"
    ✗ git: .lua/.git/objects is missing or empty: `git clean -fdx` would remove the store
        run `lua-store init` to restore it
    ");
    assert_eq!(project.git("add -f .lua/format").code, 0);
    assert_snapshot!(about(&project, "git"), @"
    ✗ git: git tracks files of the store, and a checkout would change them
        run `git rm -r -q --cached .lua` to remove them from git and keep them on the disk
    ");
}

#[test]
fn output_of_the_compiler_that_is_old() {
    let project = crate::dist::compiled("here");
    assert!(about(&project, "dist-v2").starts_with('✓'));
    crate::dist::edit(&project, "'Open a tin'", "'Open the tin'");
    assert_snapshot!(about(&project, "dist-v2"), @r#"
    ✗ dist-v2: it is older than the project: "src/shop.ts" differs from the file that was compiled
        run `npx lua compile` to write it again, or remove the folder: a push ignores it
    "#);
    project.write("dist-v2/manifest.json", "{");
    assert!(about(&project, "dist-v2").starts_with("✗ dist-v2: it is damaged: "));
}

#[test]
fn a_merge_that_is_open() {
    let project = sound();
    project.ok("clone ../data/agent_shop ../ben");
    for (folder, text) in [("../ben/", "Finds theirs"), ("", "Finds ours")] {
        let path = format!("{folder}src/skills/catalog.skill.ts");
        project.write(&path, project.read(&path).replace("Finds products", text));
    }
    project.ok("-C ../ben push");
    assert_eq!(project.run("pull --markers").code, 1);
    assert_snapshot!(about(&project, "unfinished work"), @r#"
    ✗ unfinished work: a merge with "origin" is open
        edit the files that `lua-store status` lists, then run `lua-store pull --continue`; run `lua-store pull --abort` to restore the files as they were
    "#);
}
