//! Reading what a remote has without a project, and the cache that it is brought into.

use super::published;
use super::served::AGENT;
use crate::common::Project;
use crate::common::server::{Server, token};
use crate::common::shop::edit;
use std::path::{Path, PathBuf};

/// Commands whose answer must be that of the project that the remote is of.
const READERS: [&str; 14] = [
    "version list",
    "version show 2",
    "version show active",
    "version diff 1 2",
    "version status",
    "diff 1 latest",
    "log",
    "log --ledger",
    "persona list",
    "persona show 1",
    "show v2",
    "show active:src/index.ts",
    "ls-tree -r v2",
    "rev-parse v1:src/index.ts",
];

/// Two versions of the shop at a remote, of which v1 is live.
fn shop() -> Project {
    let project = published();
    project.write("run.sh", "#!/bin/sh\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(project.path("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("src", project.path("link")).unwrap();
    }
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push");
    project.ok("version create -m second");
    project.ok("push");
    project
}

/// Everything below a folder: paths, what they are, and bytes.
fn tree(folder: &Path) -> Vec<(String, String, Vec<u8>)> {
    let walk = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap);
    let one = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        let kind = entry.file_type();
        let bytes = if kind.is_file() { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
        let link = std::fs::read_link(entry.path()).unwrap_or_default();
        #[cfg(unix)]
        let run = std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions())
            & 0o100
            != 0;
        #[cfg(not(unix))]
        let run = false;
        (path, format!("{kind:?} {link:?} {}", run && kind.is_file()), bytes)
    };
    walk.map(one).collect()
}

fn caches(project: &Project) -> Vec<PathBuf> {
    let folder = project.home().join(".cache/lua-store/remotes");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn a_machine_with_only_a_url_and_a_token_reads_everything() {
    let ana = shop();
    let server = Server::start(&ana, "");
    let mut ops = Project::new();
    let secret = token(&ana, &format!("--agent {AGENT} --scope read"));
    ops.set("LUA_STORE_TOKEN", &secret);
    let remote = format!("--remote {}/{AGENT}", server.url);
    for reader in READERS {
        let (here, there) = (ana.run(reader), ops.run(&format!("{reader} {remote}")));
        assert_eq!(there.code, 0, "{there}");
        assert_eq!(there.stdout, here.stdout, "{reader}");
    }
    let status = ops.run(&format!("status {remote}"));
    assert!(
        status.stdout.contains("Active version:  v1  first\n  Live since 09:30 UTC"),
        "{status}"
    );
    assert!(status.stdout.contains(&format!("as {}/{AGENT} has it now", server.url)), "{status}");
    assert!(status.stdout.contains("Newest version:  v2  second"), "{status}");
    let json = ops.json(&format!("status {remote}"));
    assert_eq!((&json["active"], &json["live"]["version"]), (&1.into(), &1.into()));
    assert_eq!(json["remote"], format!("{}/{AGENT}", server.url));
    ops.ok(&format!("restore v2 out {remote}"));
    std::fs::rename(ana.path(".lua"), ana.path("../store")).unwrap();
    assert_eq!(
        tree(&ops.path("out")),
        tree(&ana.root()),
        "the same files, links and modes, and no others"
    );
    assert_eq!(std::fs::read_dir(ops.root()).unwrap().count(), 1, "no project was made");
    for cache in caches(&ops) {
        let files = tree(&cache);
        assert!(files.len() > 5);
        let holds =
            |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(
            !files.iter().any(|(_, _, bytes)| holds(bytes)),
            "the token is in no file of the cache"
        );
    }
    ops.set("LUA_STORE_TOKEN", "lst_wrong");
    assert_eq!(ops.run(&format!("version list {remote}")).code, 9);
}

/// The cache holds somebody's agent, which no other user of the machine may read.
#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_cache() {
    use std::os::unix::fs::PermissionsExt;
    let ana = shop();
    let ops = Project::new();
    let url = ana.path("../data").canonicalize().unwrap().join(AGENT);
    let line = format!("version list --remote \"{}\"", url.display());
    let folder = ops.home().join(".cache/lua-store/remotes");
    // Also where an older program made it.
    for mode in [None, Some(0o755)] {
        if let Some(mode) = mode {
            std::fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
        }
        ops.ok(&line);
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}

/// Without a project there is nothing to make a version of.
#[test]
fn nobody_without_a_project_is_told_to_make_a_version() {
    let empty = super::shared();
    empty.ok("push");
    let ana = published();
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    let staged = super::shared();
    staged.ok("push");
    staged.ok("version create");
    staged.ok("push");
    let ops = Project::new();
    for (project, told) in [
        (&empty, "This agent has no versions."),
        (&ana, "1 primitive(s) are ahead of the active version."),
        (&staged, "none is active yet"),
    ] {
        let url = project.path("../data").canonicalize().unwrap().join(AGENT);
        for line in ["version status", "version list", "status"] {
            let outcome = ops.run(&format!("{line} --remote \"{}\"", url.display()));
            assert!(outcome.code == 0 && !outcome.to_string().contains("`lua-store"), "{outcome}");
            assert!(line != "version status" || outcome.to_string().contains(told), "{outcome}");
        }
        assert!(
            project.run("version status").to_string().contains("`lua-store version "),
            "here it helps"
        );
    }
}

#[test]
fn what_is_brought_once_is_not_brought_again() {
    let ana = shop();
    let server = Server::start(&ana, "--no-auth");
    let ops = Project::new();
    let remote = format!("--remote {}/{AGENT}", server.url);
    ops.ok(&format!("version list {remote}"));
    let sent = server.metric("lua_store_sent_bytes_total");
    assert!(sent > 5000, "{sent}");
    for reader in READERS {
        ops.ok(&format!("{reader} {remote}"));
    }
    assert_eq!(
        server.metric("lua_store_requests_total{route=\"fetch\",method=\"POST\",status=\"200\"}"),
        1
    );
    // The next command sees the new push.
    edit(&ana, "src/index.ts", "You help.", "You help a lot.");
    ana.ok("push");
    ana.ok("version create -m third");
    ana.ok("version promote 3");
    assert!(ops.ok(&format!("version list {remote}")).contains("v3*"));
    assert_eq!(caches(&ops).len(), 1);
}

#[test]
fn a_remote_that_cannot_be_reached_is_read_from_the_cache() {
    let ana = shop();
    let server = Server::start(&ana, "--no-auth");
    let mut ops = Project::new();
    ops.set("LUA_STORE_TRIES", "1");
    let url = format!("{}/{AGENT}", server.url);
    let unknown = ops.run(&format!("version list --offline --remote {url}"));
    assert_eq!(unknown.code, 3, "{unknown}");
    let before = ops.ok(&format!("version list --remote {url}"));
    drop(server);
    ops.set("LUA_STORE_NOW", "2026-11-21T11:30:00Z");
    for options in ["", " --offline"] {
        let outcome = ops.run(&format!("version list --remote {url}{options}"));
        assert_eq!((outcome.code, &outcome.stdout), (0, &before), "{outcome}");
        assert!(
            outcome.stderr.contains(&format!("as {url} had it at 09:30 UTC, 2 h ago")),
            "{outcome}"
        );
    }
    std::fs::remove_dir_all(ops.home().join(".cache")).unwrap();
    assert_eq!(ops.run(&format!("version list --remote {url}")).code, 11);
}

#[test]
fn the_cache_has_a_bound_and_what_was_asked_longest_ago_goes() {
    let ana = shop();
    let data = ana.path("../data").canonicalize().unwrap();
    let other = published();
    let elsewhere = other.path("../data").canonicalize().unwrap();
    let mut ops = Project::new();
    ops.ok(&format!("version list --remote \"{}/{AGENT}\"", data.display()));
    ops.set("LUA_STORE_NOW", "2026-11-21T11:30:00Z");
    ops.ok(&format!("version list --remote \"{}/{AGENT}\"", elsewhere.display()));
    assert_eq!(caches(&ops).len(), 2);
    ops.set("LUA_STORE_CACHE_BYTES", "1");
    ops.set("LUA_STORE_NOW", "2026-11-21T12:30:00Z");
    assert!(
        ops.ok(&format!("version list --remote \"{}/{AGENT}\"", data.display())).contains("v2")
    );
    assert_eq!(caches(&ops).len(), 1, "the one that is read stays");
    let offline =
        ops.run(&format!("version list --offline --remote \"{}/{AGENT}\"", elsewhere.display()));
    assert_eq!(offline.code, 3, "{offline}");
}

#[test]
fn several_at_once_fill_one_cache() {
    let ana = shop();
    let server = Server::start(&ana, "--no-auth");
    let ops = Project::new();
    let line = format!("version list --remote {}/{AGENT}", server.url);
    let start = |_| {
        let mut command = ops.lua_store(&line);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let all: Vec<_> = (0..6).map(start).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), ana.ok("version list"));
    }
}

#[test]
fn a_damaged_cache_is_made_again() {
    let ana = shop();
    let server = Server::start(&ana, "--no-auth");
    let ops = Project::new();
    let line = format!("version list --remote {}/{AGENT}", server.url);
    let right = ops.ok(&line);
    for (file, bytes) in
        [("packed-refs", "x"), ("refs/remotes/origin", ""), ("cache/heard/origin", "")]
    {
        let cache = caches(&ops).pop().unwrap().join(".lua");
        std::fs::write(cache.join(file), bytes).unwrap();
        assert_eq!(ops.ok(&line), right, "{file}");
    }
    // A server that began anew.
    let other = published();
    std::fs::remove_dir_all(ana.path("../data")).unwrap();
    super::copy(&other.path("../data"), &ana.path("../data"));
    let again = Server::start(&ana, "--no-auth");
    let folder = ana.path("../data").canonicalize().unwrap().join(AGENT);
    assert!(ops.ok(&format!("version list --remote \"{}\"", folder.display())).contains("v1*"));
    drop(again);
}

#[test]
fn a_remote_by_its_name_says_what_that_one_has() {
    let ana = published();
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    ana.ok("version create -m second");
    ana.ok("push");
    let ben = super::copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help.", "You help a lot.");
    ana.ok("push");
    ana.ok("version create -m third");
    ana.ok("push");
    assert!(!ben.ok("version list").contains("third"));
    assert!(ben.ok("version list --remote origin").contains("third"));
    assert!(ben.ok("persona show --remote origin").contains("You help a lot."));
    assert!(ben.ok("version diff 2 3 --remote origin").starts_with("Diff v2 → v3"));
    assert!(!ben.ok("version list").contains("third"), "nothing came into the project");
    let outside = Project::new();
    let refused = outside.run("version list --remote origin");
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("`--remote https://host/AGENT`"), "{refused}");
    let missing = outside.run("version list --remote nowhere/agent_none");
    assert_eq!(missing.code, 3, "{missing}");
    let url = ana.path("../data").canonicalize().unwrap().join(AGENT);
    let one = outside.run(&format!("diff v1 --remote \"{}\"", url.display()));
    assert_eq!(one.code, 2, "{one}");
}

/// Cut at every step, here and from a remote: the same command finishes it, and then there is nothing left to do.
#[test]
fn a_restore_that_was_cut_is_finished_by_the_same_command() {
    let project = shop();
    project.ok("restore v2 ../whole");
    let whole = tree(&project.path("../whole"));
    let url = project.path("../data").canonicalize().unwrap().join(AGENT);
    for (nth, line) in
        ["restore v2".to_owned(), format!("restore --remote \"{}\" v2", url.display())]
            .iter()
            .enumerate()
    {
        let mut told = String::new();
        for step in (1..).step_by(3) {
            let out = format!("../out-{nth}-{step}");
            let cache = project.path(format!("../cache-{nth}-{step}"));
            let run = |fault: &str| {
                let mut command = project.lua_store(&format!("{line} {out}"));
                command
                    .env("LUA_STORE_FAULT", fault)
                    .env("XDG_CACHE_HOME", &cache)
                    .output()
                    .unwrap()
            };
            let cut = run(&format!("kill={step}"));
            if cut.status.success() {
                assert!(step > 10, "it takes more steps");
                break;
            }
            // The folder is complete or missing, after a kill and on a full disk. Near the end nothing needs room any more.
            let made = project.path(&out);
            let is_whole_or_missing = || !made.exists() || tree(&made) == whole;
            assert!(is_whole_or_missing(), "killed at {step}");
            told.push_str(&String::from_utf8_lossy(&run("full=3,in=out-").stderr));
            assert!(is_whole_or_missing(), "killed at {step}, then a full disk");
            for _ in 0..2 {
                let again = run("");
                assert!(again.status.success(), "{step}: {again:?}");
                assert_eq!(tree(&project.path(&out)), whole, "cut at {step}");
            }
        }
        assert!(told.contains("no storage space"), "{told}");
        let hint = "hint: the folder was not created: run the same command again to create it";
        assert!(told.contains(hint), "{told}");
    }
    // A folder that exists is filled file by file.
    std::fs::create_dir(project.path("../empty")).unwrap();
    let mut restore = project.lua_store("restore v2 ../empty");
    let full = restore.env("LUA_STORE_FAULT", "full=3,in=empty").output().unwrap();
    let told = String::from_utf8_lossy(&full.stderr);
    assert!(told.contains("hint: run the same command again to finish it"), "{told}");
    project.ok("restore v2 ../empty");
    assert_eq!(tree(&project.path("../empty")), whole);
}

#[test]
fn restore_writes_the_files_of_a_version_into_a_new_folder() {
    let project = shop();
    project.write("src/later.ts", "export {}\n");
    project.ok("push");
    let said = project.ok("restore v1 ../out");
    assert!(said.contains("Restored v1 into") && said.contains("8 file(s)"), "{said}");
    assert!(
        std::fs::read_to_string(project.path("../out/src/index.ts"))
            .unwrap()
            .contains("You help customers shop.")
    );
    assert!(!project.path("../out/run.sh").exists() && !project.path("../out/.lua").exists());
    assert_eq!(project.ok("restore source/v3 ../three").lines().count(), 1);
    assert_eq!(
        std::fs::read_to_string(project.path("../three/src/later.ts")).unwrap(),
        "export {}\n"
    );
    let before = tree(&project.path("../out"));
    let refused = project.run("restore v2 ../out");
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("it is not empty"), "{refused}");
    assert_eq!(tree(&project.path("../out")), before);
    assert_eq!(project.run("restore v9 ../nine").code, 3);
    assert!(!project.path("../nine").exists());
    let json = project.json("restore latest ../latest");
    assert_eq!((&json["version"], json["files"].as_u64().unwrap() > 8), (&"v2".into(), true));
}
