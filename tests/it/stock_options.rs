//! Options and commands that users of the stock command know, and words of git: what they do here, or what to run.

use crate::common::shop::{self, edit};
use crate::remote::{copy_of, published};
use insta::assert_snapshot;

#[test]
fn pull_with_a_version_brings_its_files() {
    let project = shop::two_versions();
    project.write("extra.md", "extra\n");
    let asked = project.run("pull --version 1");
    assert_eq!(asked.code, 2, "{asked}");
    assert!(asked.stderr.contains("Pulling v1 will overwrite local files"), "{asked}");
    assert!(project.path("extra.md").exists());
    assert_snapshot!(project.run("pull --version v1 --force"), @"
    $ lua-store pull --version v1 --force
    ✅ Pulled v1: 3 file(s) changed
    --- stderr
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store source rollback --snapshot 1 --force` to restore them
    hint: run `lua-store push` to make these files the newest source version
    ");
    assert!(!project.path("extra.md").exists());
    assert!(project.read("src/index.ts").contains("You help customers shop.`"));
    assert_eq!(project.list("source list").as_array().unwrap().len(), 2, "nothing is pushed");
    project.ok("source rollback --snapshot 1 --force");
    assert_eq!(project.read("extra.md"), "extra\n");
    assert!(project.ok("pull --version latest --force").contains("v2: 1 file(s)"));
    assert!(project.ok("pull --version 2").contains("has the files of v2 already"));
    assert_eq!(project.run("pull --version 7 --force").code, 3);
    assert_eq!(project.run("pull --version source/v1 --force").code, 2);
    assert_eq!(project.run("pull --force").code, 2);
    assert_eq!(project.json("pull --version 1 --force")["version"], 1);
}

#[test]
fn pull_with_a_version_of_the_remote_brings_it_from_there() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    ana.ok("push");
    ana.ok("version create --send");
    ben.ok("pull --version 2 --force");
    assert!(ben.read("src/index.ts").contains("You help."));
    assert_eq!(ben.list("source list").as_array().unwrap().len(), 1, "nothing is merged");
    // Without an answer a version that is here is enough.
    std::fs::rename(ana.path("../data"), ana.path("../gone")).unwrap();
    let offline = ben.run("pull --version 1 --force");
    assert_eq!(offline.code, 0, "{offline}");
}

#[test]
fn a_verbose_compile_prints_the_parts() {
    let project = shop::project();
    let text = project.ok("compile --verbose");
    assert!(text.starts_with(&project.ok("compile")), "{text}");
    for part in [
        "\nRead from ",
        "\n  src/skills/tools/TrackOrderTool.ts\n",
        "\nskill orders\n  tools: track_order\n",
        "src/lib/store.ts",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn a_promotion_has_a_message() {
    let project = shop::versioned();
    project.ok("version promote 1 --message \"looks right\"");
    assert!(project.ok("log --ledger").contains("looks right"));
}

#[test]
fn deploy_is_promote_and_says_so_once() {
    let project = shop::versioned();
    assert_snapshot!(project.run("deploy v1"), @"
    $ lua-store deploy v1
    ✓ Promoted v1. (No previous active version.)
    --- stderr
    `deploy` is `version promote` here: it makes a version of the whole agent live.
    ");
    assert_eq!(project.run("-C . --author a@b deploy 1 --dry-run").code, 0);
    assert_snapshot!(project.run("deploy all --force"), @r#"
    $ lua-store deploy all --force
    --- stderr
    Error: Invalid version "all": must be a positive integer like "3" or "v3".
    hint: `deploy` is `version promote` here: it makes a version of the whole agent live.
    --- exit 2
    "#);
    assert!(project.ok("deploy --help").contains("Make a version active"));
    // A word that only looks like it.
    assert_eq!(project.run("log deploy").code, project.run("log other").code);
}

#[test]
fn words_of_git_and_of_the_stock_command_name_the_command_here() {
    let project = shop::versioned();
    let hint = |line: &str| {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 2, "{outcome}");
        let hint = outcome.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
        hint.unwrap_or_else(|| panic!("{outcome}")).to_owned()
    };
    for (word, command) in [
        ("commit -m x", "`lua-store push -m TEXT`"),
        ("checkout v1", "`lua-store restore --from v1 .`"),
        ("checkout v1 -- src/index.ts", "`lua-store restore --from v1 src/index.ts`"),
        ("checkout src/index.ts", "`lua-store restore src/index.ts`"),
        ("checkout -- src", "`lua-store restore src`"),
        ("reset src/index.ts src/jobs", "`lua-store restore src/index.ts src/jobs`"),
        ("reset --hard", "`lua-store restore .`"),
        ("checkout -b feature", "there are no branches, `git switch`"),
        ("reset", "`lua-store restore PATH`"),
        ("revert HEAD", "`lua-store undo`"),
        ("cherry-pick v1", "`lua-store restore --from VERSION PATH`"),
        ("undelete v1", "`lua-store version undelete VERSION`"),
        ("rollback", "`lua-store version promote previous`"),
        ("tag v1", "`lua-store version create -m TEXT`"),
        ("ls", "`lua-store version list`"),
        ("search orders", "`lua-store log -S TEXT`"),
        ("version ls", "`lua-store version list`"),
        ("auth configure", "`lua-store login`"),
        ("release", "`lua-store version promote VERSION`"),
        ("stash", "`lua-store snapshot restore latest`"),
        ("chat", "run `lua chat`"),
        ("sttus", "did you mean `status`"),
    ] {
        assert!(hint(word).contains(command), "{word}: {}", hint(word));
    }
    // The commands of the hints do what the hints say.
    let pushed = project.read("src/index.ts");
    edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    let mine = project.read("src/index.ts");
    for line in ["restore --from v1 .", "restore src/index.ts", "restore ."] {
        project.write("src/index.ts", &mine);
        project.ok(line);
        assert_eq!(project.read("src/index.ts"), pushed, "{line}");
        project.ok("snapshot restore latest");
        assert_eq!(project.read("src/index.ts"), mine, "{line}");
    }
    // Each command that a hint names exists.
    for line in [
        "version create --help",
        "version promote --help",
        "source rollback --help",
        "restore --help",
        "gc --help",
        "login --help",
        "completions --help",
    ] {
        project.ok(line);
    }
}

#[test]
fn a_mistyped_option_is_no_version() {
    let project = shop::versioned();
    for (line, found, meant) in [
        ("version promote --dry-rn 1", "--dry-rn", Some("--dry-run")),
        ("version promote 1 --resaon x", "--resaon", Some("--reason")),
        ("version diff --ptch 1 1", "--ptch", Some("--patch")),
        ("version show --jsn", "--jsn", Some("--json")),
        ("version delete -x", "-x", None),
        ("show -q", "-q", None),
        ("source show --al 1", "--al", None),
    ] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 2, "{outcome}");
        assert!(outcome.stderr.contains(&format!("unexpected argument \"{found}\"")), "{outcome}");
        if let Some(meant) = meant {
            assert!(outcome.stderr.contains(&format!("did you mean `{meant}`?")), "{outcome}");
        }
    }
    // A number below one is still a version that makes no sense.
    let negative = project.run("version show -1");
    assert!(negative.stderr.contains("Invalid version \"-1\""), "{negative}");
}

#[test]
fn a_refusal_shows_the_newest_five_and_counts_the_others() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    for number in 0..8 {
        ana.write("src/count.md", format!("{number}\n"));
        ana.ok(&format!("push --offline -m \"push {number}\""));
    }
    ana.ok("push");
    ben.write("src/mine.md", "mine\n");
    assert_snapshot!(ben.run("push"), @r#"
    $ lua-store push
    --- stderr
    … and 3 older source versions
    source v5  2026-11-21 09:30  ana@example.com  push 3
        files only
    source v6  2026-11-21 09:30  ana@example.com  push 4
        files only
    source v7  2026-11-21 09:30  ana@example.com  push 5
        files only
    source v8  2026-11-21 09:30  ana@example.com  push 6
        files only
    source v9  2026-11-21 09:30  ana@example.com  push 7
        files only
    Error: cannot push: "origin" has 8 source versions that are missing here
    hint: run `lua-store pull origin` to download it; nothing was changed
    --- exit 1
    "#);
    let refused = ben.run("push --json");
    let error: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(
        error["error"]["details"]["sourceVersions"].as_array().unwrap().len(),
        8,
        "programs get all"
    );
}
