//! `version promote` and `version delete`: one step of the pointer, and what is refused.

use crate::common::shop;
use crate::common::shop::two_versions;
use insta::assert_snapshot;

#[test]
fn promote_is_one_swap_with_its_record() {
    let project = two_versions();
    assert_snapshot!(project.run("version promote 1"), @"
    $ lua-store version promote 1
    ✓ Promoted v1. (No previous active version.)
    ");
    assert_snapshot!(project.run("version promote latest -m \"better search\""), @r#"
    $ lua-store version promote latest -m "better search"
    ✓ Promoted v2. Previous active: v1.
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    "#);
    assert_snapshot!(project.run("version promote v2"), @"
    $ lua-store version promote v2
    v2 is already active. No change.
    ");
    assert_snapshot!(project.run("version promote previous"), @"
    $ lua-store version promote previous
    ✓ Promoted v1. Previous active: v2.
    --- stderr
    This takes back v2, promoted by ana@example.com, 2026-11-21 09:30: better search
    hint: run `lua-store version promote v2` to take it back
    ");
    let active = project.pointer();
    assert!(active.starts_with("ref: refs/versions/v1\nledger: "), "{active}");
    let ledger = project.list("log --ledger");
    let told: Vec<_> =
        ledger.as_array().unwrap().iter().map(|step| step["version"].as_u64().unwrap()).collect();
    assert_eq!(told, [1, 2, 1]);
    assert_eq!(ledger[1]["reason"], "better search");
}

#[test]
fn promote_can_expect_what_is_active() {
    let project = two_versions();
    project.ok("version promote 1");
    assert_snapshot!(project.run("version promote 2 --expect 2"), @"
    $ lua-store version promote 2 --expect 2
    --- stderr
    Error: cannot promote v2: v1 is active, not v2 as expected
    hint: run `lua-store log --ledger` to see who promoted what, and when
    --- exit 1
    ");
    assert_snapshot!(project.run("version promote 2 --expect 1"), @"
    $ lua-store version promote 2 --expect 1
    ✓ Promoted v2. Previous active: v1.
    --- stderr
    hint: run `lua-store version promote v1` to take it back
    ");
}

#[test]
fn a_dry_run_of_promote_moves_nothing() {
    let project = two_versions();
    project.ok("version promote 1");
    assert_snapshot!(project.run("version promote 2 --dry-run").changes(), @"
    $ lua-store version promote 2 --dry-run
    Would promote v2. Active now: v1.
    Skills:
      ~ catalog 1.0.0 → 1.0.1
          ~ tool search
              description:
                - Finds products
                + Finds products by name
    MCP servers:
      ~ docs (config changed: url)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - You help customers shop.
      + You help customers shop well.
    ");
    assert_eq!(project.json("status")["active"], 1);
}

#[test]
fn the_guard_rails_of_delete() {
    let project = two_versions();
    project.ok("version promote 2");
    assert_snapshot!(project.run("version delete 2 --force"), @"
    $ lua-store version delete 2 --force
    --- stderr
    Error: Cannot delete v2: it is the active version. Promote a different version first.
    --- exit 1
    ");
    assert_snapshot!(project.run("version delete 1"), @r#"
    $ lua-store version delete 1
    --- stderr
    Error: cannot ask "Delete v1?" without a terminal
    hint: add `--force` to run it without a question
    --- exit 2
    "#);
    assert_snapshot!(project.run("version delete 1 --force"), @"
    $ lua-store version delete 1 --force
    ✓ Deleted v1.
    --- stderr
    hint: run `lua-store version undelete v1` to restore it
    ");
    assert_snapshot!(project.run("version delete 1 --force"), @"
    $ lua-store version delete 1 --force
    v1 is already deleted. No change.
    ");
    assert_snapshot!(project.run("version promote 1"), @"
    $ lua-store version promote 1
    --- stderr
    Error: cannot promote v1: it was deleted
    hint: run `lua-store version undelete v1` to restore it
    hint: run `lua-store version create` to create one that can be promoted
    --- exit 1
    ");
    assert_snapshot!(project.run("version list"), @"
    $ lua-store version list
    VERSION  STATUS   CREATED           BY               PROMOTED          MESSAGE
    v2*      active   2026-11-21 09:30  ana@example.com  2026-11-21 09:30  second
    v1       deleted  2026-11-21 09:30  ana@example.com  -                 first
    ");
    assert_eq!(project.run("version show 1").code, 0, "a deleted version can be inspected");
}

#[test]
fn the_only_version_stays() {
    assert_snapshot!(shop::versioned().run("version delete v1 --force"), @"
    $ lua-store version delete v1 --force
    --- stderr
    Error: Cannot delete v1: it is the only remaining version.
    --- exit 1
    ");
}
