//! Projects inside a project: a folder with a store of its own is left out of a push, with a warning.

use crate::common::shop;
use insta::assert_snapshot;

#[test]
fn a_project_inside_is_not_captured() {
    let project = shop::project();
    project.write(
        "agents/desk/src/index.ts",
        "import { LuaAgent } from 'lua-cli';\nexport default new LuaAgent({ name: 'desk' });\n",
    );
    project.write("agents/desk/notes.md", "desk\n");
    project.write("agents/readme.md", "agents\n");
    project.ok("push");
    assert!(project.ok("ls-tree -r source/v1:source").contains("agents/desk/notes.md"));
    project.ok("-C agents/desk init");
    // The stat cache knows these files, and no folder looks changed but the one inside.
    let status = project.run("status");
    assert!(
        status.stderr.contains("left out \"agents/desk\": it is a project with a store of its own"),
        "{status}"
    );
    assert_snapshot!(project.run("push"), @r#"
    $ lua-store push
      ·  6 unchanged: shop, persona, orders, catalog, nightly, … and 1 more
    💾 Backup at v2 (2 changed file(s))
    ✅ Push complete
    --- stderr
    warning: left out "agents/desk": it is a project with a store of its own
    hint: run `lua-store version create` to create a version of it
    "#);
    let files = project.ok("ls-tree -r source/v2:source");
    assert!(!files.contains("agents/desk") && files.contains("agents/readme.md"), "{files}");
    assert!(project.ok("push").starts_with("Nothing changed"));
    // It is a project of its own, in which `desk` is pushed.
    project.ok("-C agents/desk push");
    // Its files are captured again when the store goes: nothing else of the folder changes.
    std::fs::remove_dir_all(project.path("agents/desk/.lua")).unwrap();
    project.ok("push");
    assert!(project.ok("ls-tree -r source/v3:source").contains("agents/desk/notes.md"));
}

#[test]
fn a_store_that_a_folder_of_the_stock_command_becomes_is_noticed() {
    let project = shop::project();
    project.write("agents/desk/notes.md", "desk\n");
    project.write("agents/desk/.lua/config.json", "{}");
    project.ok("push");
    project.ok("status");
    // Only the folder `.lua` inside changes, whose name was there before.
    project.write("agents/desk/.lua/format", "lua-store 1\n");
    project.ok("push");
    let files = project.ok("ls-tree -r source/v2:source");
    assert!(!files.contains("agents/desk"), "{files}");
    std::fs::remove_file(project.path("agents/desk/.lua/format")).unwrap();
    project.ok("push");
    assert!(project.ok("ls-tree -r source/v3:source").contains("agents/desk/notes.md"));
}

#[test]
fn a_restore_does_not_write_into_a_project_inside() {
    let project = shop::project();
    project.write("agents/desk/notes.md", "desk\n");
    project.ok("push");
    project.write("agents/desk/notes.md", "desk of today\n");
    project.ok("-C agents/desk init");
    project.ok("push");
    let outcome = project.run("source rollback --version 1 --force");
    assert_eq!(project.read("agents/desk/notes.md"), "desk of today\n", "{outcome}");
}

#[test]
fn a_clone_into_a_project_is_said() {
    let project = shop::versioned();
    project.ok("bundle create ../shop.bundle");
    let outcome = project.run("clone ../shop.bundle copy");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(outcome.stderr, @r#"
    warning: the clone is inside the project "[DIR]/project", whose pushes leave it out
    hint: the files are those that were pushed last; run `lua-store version list` to list all versions
    "#);
    let beside = project.run("clone ../shop.bundle ../beside");
    assert!(beside.code == 0 && !beside.stderr.contains("warning"), "{beside}");
    assert!(project.ok("push").starts_with("Nothing changed"));
}
