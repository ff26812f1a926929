//! Conflict markers: `pull --markers`, and what a person does next.

use crate::common::{Project, shop};
use crate::merging::sharing;

const INDEX: &str = "src/index.ts";
const SKILL: &str = "src/skills/catalog.skill.ts";

/// Ann and Ben changed one description and the persona's first line; Ann has an edit and a note of her own.
pub fn clashing() -> (Project, Project) {
    let (ann, ben) = sharing();
    shop::edit(&ben, SKILL, "Knows the products", "Knows all products");
    shop::edit(&ben, INDEX, "You are Ava.", "You are Ben.");
    ben.ok("push");
    shop::edit(&ann, SKILL, "Knows the products", "Knows some products");
    shop::edit(&ann, SKILL, "Finds products", "Finds some");
    shop::edit(&ann, INDEX, "You are Ava.", "You are Ann.");
    ann.write("notes.md", "mine\n");
    (ann, ben)
}

pub fn solve(ann: &Project) {
    for (path, text) in [(SKILL, "all products"), (INDEX, "Ben")] {
        let mut keep = true;
        let marked = ann.read(path);
        let lines = marked.lines().filter(|line| match () {
            _ if line.starts_with("<<<<<<<") => {
                keep = text == "Ben";
                false
            }
            _ if line.starts_with("=======") => {
                keep = !keep;
                false
            }
            _ if line.starts_with(">>>>>>>") => {
                keep = true;
                false
            }
            _ => keep,
        });
        let solved: String = lines.map(|line| format!("{line}\n")).collect();
        ann.write(path, solved);
    }
}

#[test]
fn conflicts_are_marked_edited_and_continued() {
    let (ann, ben) = clashing();
    insta::assert_snapshot!(ann.run("pull --markers"), @r#"
    $ lua-store pull --markers
    the persona was changed on both sides in "src/index.ts"
        here:
          persona:
            - You are Ava.
            + You are Ann.
        there:
          persona:
            - You are Ava.
            + You are Ben.
    skill "catalog" was changed on both sides in "src/skills/catalog.skill.ts"
        here:
          description:
            - Knows the products
            + Knows some products
          ~ tool search
              description:
                - Finds products
                + Finds some
        there:
          description:
            - Knows the products
            + Knows all products
    markers in src/index.ts
    markers in src/skills/catalog.skill.ts
    --- stderr
    Error: cannot merge all of "origin": 2 files have conflict markers, and the merge is open
    hint: edit the files that `lua-store status` lists, then run `lua-store pull --continue`; run `lua-store pull --abort` to restore the files as they were
    --- exit 1
    "#);
    insta::assert_snapshot!(ann.read(SKILL), @"
    import { defineSkill, defineTool } from 'lua-cli';
    import { z } from 'zod';

    const search = defineTool({
      name: 'search',
      description: 'Finds some',
      inputSchema: z.object({ query: z.string() }),
      execute: async (input) => [input.query],
    });

    export const catalog = defineSkill({
      name: 'catalog',
    <<<<<<< yours: source/v1 and edits (ana@example.com)
      description: 'Knows some products',
    =======
      description: 'Knows all products',
    >>>>>>> origin: source/v2 (ben@example.com)
      context: 'Use this to find products.',
      tools: [search],
    });
    ");
    // Nothing else is done meanwhile, and the commands say what to run.
    for line in ["push", "pull", "pull --markers", "source rollback --version 1 --force"] {
        let refused = ann.run(line);
        assert_eq!(refused.code, 1, "{refused}");
        assert!(refused.stderr.contains("pull --continue"), "{refused}");
    }
    insta::assert_snapshot!(ann.run("pull --continue"), @r#"
    $ lua-store pull --continue
    --- stderr
    Error: cannot continue: markers are left at "src/index.ts:14", "src/skills/catalog.skill.ts:13"
    hint: edit the files that `lua-store status` lists, then run `lua-store pull --continue`; run `lua-store pull --abort` to restore the files as they were
    --- exit 1
    "#);
    let status = ann.run("status --json");
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    // A push would be refused.
    let next = status["next"].as_array().unwrap();
    assert!(next.contains(&serde_json::json!(["lua-store", "pull", "--continue"])), "{next:?}");
    assert!(!ann.run("status").stderr.contains("lua-store push"));
    insta::assert_snapshot!(status["merge"], @r#"{"remote":"origin","files":["src/index.ts","src/skills/catalog.skill.ts"],"markersLeft":[{"path":"src/index.ts","line":14},{"path":"src/skills/catalog.skill.ts","line":13}],"snapshot":1}"#);
    solve(&ann);
    insta::assert_snapshot!(ann.run("status").stdout.lines().take(4).collect::<Vec<_>>().join("\n"), @"
    A merge with origin is open:
      src/index.ts  no markers left
      src/skills/catalog.skill.ts  no markers left
    Active version:  (none)
    ");
    insta::assert_snapshot!(ann.run("pull --continue"), @"
    $ lua-store pull --continue
    ✅ Merged origin, with the files as they are now
    --- stderr
    hint: run `lua-store push` to store it as the next source version
    ");
    assert!(
        ann.read(SKILL).contains("Knows all products") && ann.read(SKILL).contains("Finds some")
    );
    assert!(ann.read(INDEX).contains("You are Ann."));
    ann.ok("push");
    ben.ok("pull");
    assert_eq!(ben.read(INDEX), ann.read(INDEX));
    assert_eq!(ann.run("fsck").code, 0);
    assert_eq!(ann.run("pull --continue").code, 2);
}

#[test]
fn a_merge_that_cannot_be_read_stays_open() {
    let (ann, _) = clashing();
    assert_eq!(ann.run("pull --markers").code, 1);
    solve(&ann);
    shop::edit(&ann, INDEX, "new LuaAgent(", "new LuaAgent((");
    let refused = ann.run("pull --continue");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("src/index.ts"), "{refused}");
    assert_eq!(ann.run("pull --abort").code, 0);
}

#[test]
fn an_aborted_merge_leaves_everything_as_it_was() {
    let (ann, _) = clashing();
    let before = [SKILL, INDEX, "notes.md"].map(|path| ann.read(path));
    let versions = ann.ok("source list");
    assert_eq!(ann.run("pull --markers").code, 1);
    ann.write("later.md", "since\n");
    insta::assert_snapshot!(ann.run("pull --abort"), @"
    $ lua-store pull --abort
    ✅ Aborted the merge: the files are as they were before
    --- stderr
    The files with markers are stored as safety snapshot 2.
    ");
    assert_eq!([SKILL, INDEX, "notes.md"].map(|path| ann.read(path)), before);
    assert_eq!(ann.ok("source list"), versions);
    assert!(!ann.path("later.md").exists() && !ann.path(".lua/merge").exists());
    ann.ok("source rollback --snapshot 2 --force");
    assert_eq!(ann.read("later.md"), "since\n");
}

#[test]
fn a_conflict_without_lines_needs_a_choice() {
    let (ann, ben) = sharing();
    ben.write("logo.png", b"\0ben");
    ben.ok("push");
    ann.write("logo.png", b"\0ann");
    let before = ann.run("pull --markers");
    assert!(before.code == 1 && before.stdout.contains("logo.png"), "{before}");
    assert!(!ann.path(".lua/merge").exists());
    ann.ok("pull --markers --theirs logo.png");
    assert_eq!(std::fs::read(ann.path("logo.png")).unwrap(), b"\0ben");
}

/// Cut at every disk step: the files can be brought back, and no merge is made of half the markers.
#[test]
fn cut_at_any_step_it_can_be_aborted() {
    let (mut ann, _) = clashing();
    let before = [SKILL, INDEX, "notes.md"].map(|path| ann.read(path));
    for step in 1.. {
        ann.set("LUA_STORE_FAULT", &format!("kill={step}"));
        let cut = ann.run("pull --markers");
        ann.set("LUA_STORE_FAULT", "");
        let is_open = ann.path(".lua/merge").exists();
        if is_open && cut.code != 1 {
            let status = ann.run("status");
            assert!(status.stdout.contains("A merge with origin is open"), "{status}");
        }
        if is_open {
            for inner in 1.. {
                ann.set("LUA_STORE_FAULT", &format!("kill={inner}"));
                let aborted = ann.run("pull --abort");
                ann.set("LUA_STORE_FAULT", "");
                if aborted.code == 0 {
                    break;
                }
                if !ann.path(".lua/merge").exists() {
                    break;
                }
                assert!(inner < 200, "{aborted}");
            }
        }
        assert_eq!([SKILL, INDEX, "notes.md"].map(|path| ann.read(path)), before, "step {step}");
        assert_eq!(ann.run("fsck").code, 0, "step {step}");
        if cut.code == 1 {
            assert!(step > 10);
            return;
        }
    }
}

#[test]
fn a_continued_merge_that_was_cut_is_continued_again() {
    let (mut ann, _) = clashing();
    assert_eq!(ann.run("pull --markers").code, 1);
    solve(&ann);
    let solved = [SKILL, INDEX, "notes.md"].map(|path| ann.read(path));
    for step in 1.. {
        ann.set("LUA_STORE_FAULT", &format!("kill={step}"));
        let cut = ann.run("pull --continue");
        ann.set("LUA_STORE_FAULT", "");
        assert_eq!([SKILL, INDEX, "notes.md"].map(|path| ann.read(path)), solved);
        let is_open = ann.path(".lua/merge").exists();
        if !is_open {
            assert_eq!(ann.run("fsck").code, 0);
            assert_eq!(ann.json("status")["sourceVersion"], 2);
            return;
        }
        assert!(cut.code != 0 && step < 200, "{cut}");
    }
}
