//! Linked work trees, made by real git: the store is that of the main work tree, the files are their own.

use super::{git, repository};
use crate::common::{Project, shop};
use insta::assert_snapshot;

/// The shop pushed as v1 and committed, with a linked work tree of the same commit beside it.
fn with_work_tree() -> Project {
    let project = shop::project();
    repository(&project);
    project.ok("push -m first");
    git(&project, "add -A");
    git(&project, "commit -q -m first");
    git(&project, "worktree add -q -b fix ../fix");
    assert!(!project.path("../fix/.lua").exists(), "the store is in no commit");
    project
}

#[test]
fn a_linked_work_tree_has_the_store_of_the_main_one() {
    let project = with_work_tree();
    assert_eq!(project.ok("-C ../fix source list"), project.ok("source list"));
    // Its files are its own: equal to v1 until one is edited there.
    assert!(project.ok("-C ../fix/src status").contains("Nothing to push"));
    project.write("../fix/src/notes.md", "fixed\n");
    let status = project.ok("-C ../fix/src status");
    assert!(status.contains("A src/notes.md"), "{status}");
    assert!(project.ok("status").contains("Nothing to push"));
    assert!(!project.path("../fix/.lua").exists());
    assert_snapshot!(project.run("-C ../fix init"), @"
    $ lua-store -C ../fix init
    There is a store in [DIR]/project/.lua already.
    ");
    assert!(!project.path("../fix/.lua").exists());
    // Each has a cache of its own: neither reads the other's files for its own.
    for _ in 0..2 {
        assert!(project.ok("-C ../fix status").contains("A src/notes.md"));
        assert!(project.ok("status").contains("Nothing to push"));
    }
    assert_eq!(project.run("fsck").code, 0);
}

#[test]
fn a_push_does_not_take_back_what_another_work_tree_pushed() {
    let project = with_work_tree();
    project.write("../fix/src/notes.md", "fixed\n");
    assert_snapshot!(project.run("-C ../fix push"), @"
    $ lua-store -C ../fix push
    --- stderr
    Error: cannot push: source version v1 was not pushed from this work tree, whose files may lack it
    hint: run `lua-store status` to see how your files differ from v1
    hint: run `lua-store push --expect-source v1` to push your files after it as they are
    --- exit 1
    ");
    assert_eq!(project.list("source list").as_array().unwrap().len(), 1, "nothing was stored");
    project.ok("-C ../fix push --expect-source v1 -m fix");
    // It goes on from its own push without a word.
    project.write("../fix/src/notes.md", "fixed again\n");
    project.ok("-C ../fix push -m again");
    // The main one has not these files.
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    assert_snapshot!(project.run("push -m main"), @"
    $ lua-store push -m main
    --- stderr
    Error: cannot push: source version v3 was not pushed from this work tree, whose files may lack it
    hint: run `lua-store status` to see how your files differ from v3
    hint: run `lua-store push --expect-source v3` to push your files after it as they are
    --- exit 1
    ");
    project.ok("push --expect-source v3 -m main");
    shop::edit(&project, "src/index.ts", "You help.", "You help a lot.");
    project.ok("push -m main");
    project.write("../fix/src/notes.md", "fixed once more\n");
    assert_eq!(project.run("-C ../fix push").code, 1);
    // With the files of the newest push there is nothing to take back.
    let rolled = project.run("-C ../fix source rollback --version 5 --force");
    assert_eq!(rolled.code, 0, "{rolled}");
    assert_eq!(project.read("../fix/src/index.ts"), project.read("src/index.ts"));
    project.ok("-C ../fix push");
    project.write("../fix/src/notes.md", "fixed once more\n");
    project.ok("-C ../fix push");
}

#[test]
fn a_pull_merges_only_into_the_files_that_were_pushed() {
    let project = with_work_tree();
    project.ok("remote add origin ../data/agent_shop");
    project.ok("push");
    project.ok("clone ../data/agent_shop ../ben");
    project.write("../ben/src/more.md", "more\n");
    project.ok("-C ../ben push");
    project.write("../fix/src/notes.md", "fixed\n");
    assert_snapshot!(project.run("-C ../fix pull"), @"
    $ lua-store -C ../fix pull
    --- stderr
    Error: cannot pull: source version v1 was not pushed from this work tree, whose files may lack it
    hint: run `lua-store status` to see how your files differ from v1
    --- exit 1
    ");
    assert!(!project.path("../fix/src/more.md").exists());
    project.ok("pull");
    assert!(project.path("src/more.md").exists());
}

#[test]
fn a_version_is_not_committed_onto_the_branch_of_another_work_tree() {
    let project = with_work_tree();
    project.ok("git connect");
    project.write("../fix/src/notes.md", "fixed\n");
    let commit = project.git("-C ../fix rev-parse HEAD").stdout;
    let created = project.run("-C ../fix version create -m first");
    assert_eq!(created.code, 0, "{created}");
    assert!(created.stderr.contains("Git commit skipped: cannot commit here"), "{created}");
    assert_eq!(project.git("-C ../fix rev-parse HEAD").stdout, commit);
    // A push commits where it runs.
    project.ok("-C ../fix push --expect-source 1");
    assert!(
        project.git("-C ../fix log -1 --format=%s").stdout.contains("lua: push"),
        "on its branch"
    );
    assert_eq!(project.git("rev-parse HEAD").stdout, commit);
}

#[test]
fn a_work_tree_inside_the_project_is_left_out() {
    let project = with_work_tree();
    assert_eq!(project.git("worktree add -q -b inner trees/inner").code, 0);
    let pushed = project.run("push");
    assert!(pushed.stdout.starts_with("Nothing changed"), "{pushed}");
    assert!(pushed.stderr.contains("left out \"trees/inner\""), "{pushed}");
    assert!(project.ok("-C trees/inner/src status").contains("Nothing to push"));
    project.git("worktree remove trees/inner");
    assert!(!project.run("push").stderr.contains("left out"));
}

#[test]
fn a_project_below_the_top_is_found_below_the_top() {
    let project = Project::new();
    project.write(
        "agents/desk/src/index.ts",
        "import { LuaAgent } from 'lua-cli';\nexport default new LuaAgent({ name: 'desk' });\n",
    );
    project.write("agents/readme.md", "agents\n");
    repository(&project);
    project.ok("-C agents/desk init");
    project.ok("-C agents/desk push");
    git(&project, "add -A");
    git(&project, "commit -q -m first");
    git(&project, "worktree add -q ../fix");
    assert!(project.ok("-C ../fix/agents/desk/src source list").contains("v1"));
    assert_eq!(project.run("-C ../fix/agents source list").code, 2, "no project there in either");
}
