//! Losses of an import: named once, and never guessed.

use super::{AGENT, There};
use insta::assert_snapshot;

#[test]
fn losses_are_said_at_the_end_of_the_import_and_by_remote_show() {
    let there = There::new();
    there
        .project
        .write("settings.json", "{ \"token\": \"ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R\" }\n");
    there.project.write("src/logo.png", b"\x89PNG\r\n\x1a\n\xff\xfe\x00");
    there.platform.dashboard(AGENT).back_up(&there.project.root());
    there.platform.dashboard(AGENT).change_backup(4, |files| {
        files.push(serde_json::json!({"relativePath": "../shared/a.ts", "hash": "52b0d24e562573b9", "size": 1, "type": "other", "external": true}));
        files.last_mut().unwrap()["relativePath"] = "shared/a.ts".into();
    });
    let cloned = there.project.run(&there.clone_line("mine"));
    assert_snapshot!(cloned.to_string().replace(&there.platform.url(), "[URL]"), @r"
    $ lua-store clone lua+[URL]/agent_shop ../mine
    ✓ Cloned agent_shop into [DIR]/project/../mine
       8 file(s), 4 source version(s), 3 version(s)
       Active: v2
    --- stderr
    hint: the files are those that were pushed last; run `lua-store version list` to list all versions
    Not imported, as the platform does not show it:
       files that look like secrets: settings.json contains what looks like a GitHub token in line 1
       files outside of the project: shared/a.ts
       files that the `lua` command passes over: tests, lock files, typings, names with a dot in front, more than 256 KiB
       modes of files, and symbolic links
       authors of backups, times and authors of promotions, and the compiled code
    ");
    assert_snapshot!(there.in_clone("mine", "remote show").replace(&there.platform.url(), "[URL]"), @r"
    Remote origin (lua+[URL]/agent_shop)
      Source:   v4
      Versions: v3
      Active:   v2
      Asked:    2026-11-21 09:30
      Imported: 4 backup(s), 3 version(s)
      Not imported, as the platform does not show it:
        files that look like secrets: settings.json contains what looks like a GitHub token in line 1
        files outside of the project: shared/a.ts
        files that the `lua` command passes over: tests, lock files, typings, names with a dot in front, more than 256 KiB
        modes of files, and symbolic links
        authors of backups, times and authors of promotions, and the compiled code
    ");
    assert!(!there.project.path("../mine/settings.json").exists());
    // A binary file that was sent as it is comes as it is.
    assert_eq!(
        std::fs::read(there.project.path("../mine/src/logo.png")).unwrap(),
        b"\x89PNG\r\n\x1a\n\xff\xfe\x00"
    );
    // Its bytes are in no pack: the command makes the id, and stores nothing.
    let id = there.project.ok("hash-object settings.json");
    let stored = there.project.run(&format!("-C ../mine cat-file -p {}", id.trim()));
    assert_eq!(stored.code, 3, "{stored}");
    let kept = there.project.ok("hash-object src/logo.png");
    assert_eq!(there.project.run(&format!("-C ../mine cat-file -t {}", kept.trim())).code, 0);
    let again = there.project.run("-C ../mine fetch").to_string();
    assert!(!again.contains("Not imported"), "{again}");
}

#[test]
fn the_content_of_a_number_that_no_backup_has_is_unknown_in_every_comparison() {
    let there = There::new();
    // No backup follows the push.
    there.platform.dashboard(AGENT).create_version("same");
    there.push("skills", "catalog", "1.0.9");
    there.platform.dashboard(AGENT).create_version("pushed, and not backed up");
    there.cloned("mine");
    let answer = there.json("mine", "version show 5 --offline");
    assert_eq!(answer["origins"]["unknown"], 1, "{answer}");
    let shown: Vec<String> = there
        .in_clone("mine", "version diff 4 5 --offline")
        .lines()
        .filter(|line| !line.contains("(no changes)"))
        .map(str::to_owned)
        .collect();
    assert_snapshot!(shown.join("\n"), @r"
    Diff v4 → v5
    Skills:
      ~ catalog 1.0.2 → 1.0.9
          the content of 1.0.9 is unknown: no backup has it, so what changed is unknown
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, MCP servers, persona, model, voice
    ");
}
