//! `lua sync` and `lua git`.

use super::{edit, sums};
use crate::common::stock::Stock;
use insta::assert_snapshot;

#[test]
fn edits_that_were_not_pushed_are_kept() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    stock.fill("../ben", crate::common::stock::AGENT);
    edit(&stock, "../ben/src/store.ts", "[query]", "[query, query]");
    assert_eq!(stock.lua_in("../ben", "push all --force").code, 0);
    edit(&stock, "src/store.ts", "[query]", "[]");
    let before = sums(&stock, ".");
    assert_snapshot!(stock.lua("sync --accept").brief(), @"
    $ lua sync --accept
    ⚠️  Drift detected. Auto-accepting server state...
    Your options:
       • Save your changes:   lua push backup      (then re-run lua sync --pull)
       • Overwrite them:      lua sync --pull --force   (destructive — cannot be undone)
       • Resolve manually:    edit or revert each file, then re-run
    Sync aborted. No files were modified.
    --- stderr
    ❌ Refusing to pull — 1 local file(s) have uncommitted changes since your last push:
       - src/store.ts
    ✖ error: Sync aborted: 1 local file(s) have uncommitted changes
    --- exit 1
    ");
    assert_eq!(sums(&stock, "."), before);
    assert_snapshot!(stock.lua("push backup"), @"
    $ lua push backup
    Another machine likely pushed a newer backup. Pushing now would overwrite it.
    Your options:
       • Pull first:   lua sync --pull           (then re-run lua push backup)
       • Overwrite:    lua push backup --force   (destructive — the server backup will be replaced)
    --- stderr
    ❌ Refusing to push backup — server has a different backup than this machine's last push:
    ✖ error: Push backup aborted: server has a different backup than this machine's last push
    --- exit 1
    ");
    assert_eq!(stock.ok("source list").lines().count(), 3);
}

#[test]
fn git_has_a_commit_and_a_tag_of_each_version() {
    let Some(stock) = Stock::new() else { return };
    assert_snapshot!(stock.lua("git connect"), @"
    $ lua git connect
    --- stderr
    ✖ error: not inside a git repository
    💡 This directory is not inside a git repository.
       Fix: run `git init` in your project root, then re-run `lua git connect`.
    --- exit 1
    ");
    for line in [
        "init --quiet --initial-branch=main",
        "config user.email ana@example.com",
        "config user.name Ana",
    ] {
        assert_eq!(stock.project.git(line).code, 0, "{line}");
    }
    assert_snapshot!(stock.lua("git connect"), @"
    $ lua git connect
    ✓ Git integration enabled. Future `lua push`, `lua version *`, and `lua pull` runs will auto-commit.
    ");
    assert_snapshot!(stock.lua("git connect --auto-push"), @"
    $ lua git connect --auto-push
    --- stderr
    ✖ error: no GitHub account linked
    💡 --auto-push needs a linked GitHub account.
       Fix: run `lua git auth github` to link your GitHub account, then re-run `lua git connect --auto-push`.
    --- exit 1
    ");
    stock.ok("push all --force");
    stock.ok("version create -m first");
    let commit = stock.project.git("rev-parse lua/v1^{commit}").stdout;
    let shown: serde_json::Value =
        serde_json::from_str(&stock.ok("version show 1 --json")).unwrap();
    assert_eq!(shown["commitHash"], commit.trim());
}
