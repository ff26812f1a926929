//! `lua sync`, `lua persona`, `lua mcp`, `lua git`, `lua status`.

use super::{edit, sums};
use crate::common::stock::Stock;
use insta::assert_snapshot;

#[test]
fn what_another_person_pushed_is_found_and_taken() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    stock.ok("version create -m first");
    stock.ok("version promote 1");
    let (files, yaml) = (sums(&stock, "."), stock.project.read("lua.skill.yaml"));
    assert_snapshot!(stock.lua("sync --check").brief(), @"
    $ lua sync --check
    ✅ No drift detected. Local code is in sync with server.
    ");
    assert_eq!((sums(&stock, "."), stock.project.read("lua.skill.yaml")), (files, yaml));
    assert_eq!(stock.ok("source list").lines().count(), 2, "a check stores nothing");

    stock.fill("../ben", crate::common::stock::AGENT);
    let index = "../ben/src/index.ts";
    edit(&stock, index, "You help customers shop.", "You help everybody.");
    edit(&stock, index, "openai/gpt-4o", "openai/gpt-5");
    edit(&stock, "../ben/src/store.ts", "[query]", "[query, query]");
    assert_eq!(stock.lua_in("../ben", "push all --force").code, 0);
    assert_eq!(stock.lua_in("../ben", "version create -m ben").code, 0);
    assert_eq!(stock.lua_in("../ben", "version promote 2").code, 0);
    assert_snapshot!(stock.lua("sync --check").brief(), @r#"
    $ lua sync --check
    📝 Updated "catalog" skill version: 1.0.1 → 1.0.2
    📝 Updated "orders" skill version: 1.0.1 → 1.0.2
    ✅ YAML skills synced with server
    📝 Updated "order-paid" webhook version: 1.0.1 → 1.0.2
    ✅ YAML webhooks synced with server
    📝 Updated "new-review" trigger version: 1.0.1 → 1.0.2
    ✅ YAML triggers synced with server
    📝 Updated "nightly" job version: 1.0.1 → 1.0.2
    ✅ YAML jobs synced with server
    📝 Updated "guard" preprocessor version: 1.0.1 → 1.0.2
    ✅ YAML preprocessors synced with server
    📝 Updated "polish" postprocessor version: 1.0.1 → 1.0.2
    ✅ YAML postprocessors synced with server
    📝 Updated "label-printer" device version: 1.0.1 → 1.0.2
    ✅ YAML devices synced with server
    📝 Updated "doorbell" device trigger version: 1.0.1 → 1.0.2
    ✅ YAML device triggers synced with server
    📝 Updated "line" voice version: 1.0.1 → 1.0.2
    ✅ YAML voices synced with server
    ============================================================
    🔍 Drift Check Summary
    ============================================================
    ⚠️  Persona drift detected:
       Local:  "You are Ava.
    You help customers shop."
       Server: "You are Ava.
    You help everybody."
    ⚠️  Model drift detected:
       Local:  "openai/gpt-4o"
       Server: "openai/gpt-5"
    Primitive drift detected:
      [31mSKILLS          [0m catalog (local v1.0.1, server v1.0.2)
      [31mSKILLS          [0m orders (local v1.0.1, server v1.0.2)
      [31mWEBHOOKS        [0m order-paid (local v1.0.1, server v1.0.2)
      [31mJOBS            [0m nightly (local v1.0.1, server v1.0.2)
      [31mPREPROCESSORS   [0m guard (local v1.0.1, server v1.0.2)
      [31mPOSTPROCESSORS  [0m polish (local v1.0.1, server v1.0.2)
    ============================================================
    Total: 8 component(s) with drift
    💡 Use 'lua sync --push' to push local changes to server
       Use 'lua sync --accept' to pull server state to local
       Use 'lua sync' for interactive resolution
    --- stderr
    ✖ error: Operation failed
    --- exit 1
    "#);
    let accepted = stock.lua("sync --accept");
    assert_snapshot!(accepted.brief(), @r#"
    $ lua sync --accept
    📝 Updated "catalog" skill version: 1.0.1 → 1.0.2
    📝 Updated "orders" skill version: 1.0.1 → 1.0.2
    ✅ YAML skills synced with server
    📝 Updated "order-paid" webhook version: 1.0.1 → 1.0.2
    ✅ YAML webhooks synced with server
    📝 Updated "new-review" trigger version: 1.0.1 → 1.0.2
    ✅ YAML triggers synced with server
    📝 Updated "nightly" job version: 1.0.1 → 1.0.2
    ✅ YAML jobs synced with server
    📝 Updated "guard" preprocessor version: 1.0.1 → 1.0.2
    ✅ YAML preprocessors synced with server
    📝 Updated "polish" postprocessor version: 1.0.1 → 1.0.2
    ✅ YAML postprocessors synced with server
    📝 Updated "label-printer" device version: 1.0.1 → 1.0.2
    ✅ YAML devices synced with server
    📝 Updated "doorbell" device trigger version: 1.0.1 → 1.0.2
    ✅ YAML device triggers synced with server
    📝 Updated "line" voice version: 1.0.1 → 1.0.2
    ✅ YAML voices synced with server
    ⚠️  Drift detected. Auto-accepting server state...
    ✅ Restored 3 file(s) from backup (8 unchanged)
    ✅ Persona synced from server
    ✅ Model synced from server
    ✅ Sync complete.
    ✨ Local config updated from server. Verify before pushing:
       Test it first:          `lua chat -e sandbox -m "test"`
       When ready to publish:  `lua push all --force`
    "#);
    assert_eq!(sums(&stock, "."), sums(&stock, "../ben"));
    assert_snapshot!(stock.lua("sync --check").brief(), @"
    $ lua sync --check
    ✅ No drift detected. Local code is in sync with server.
    ");

    edit(&stock, "src/index.ts", "You help everybody.", "You help.");
    edit(&stock, "src/index.ts", "Paint Shop", "Colour Shop");
    assert_snapshot!(stock.lua("sync --push").brief(), @r#"
    $ lua sync --push
    ⚠️  Drift detected. Pushing local changes to server...
    ✅ Persona version 3 created on server
    ✅ Agent name updated to "Colour Shop"
    ✅ Sync complete.
    ✨ Server updated. Verify the changes:
       Sandbox test:     `lua chat -e sandbox -m "test"`
       Production test:  `lua chat -e production -m "test"`
       Inspect logs:     `lua logs --limit 10`
    "#);
    assert_snapshot!(stock.lua("sync --check").brief(), @"
    $ lua sync --check
    ✅ No drift detected. Local code is in sync with server.
    ");
    assert_snapshot!(stock.lua("version status"), @"
    $ lua version status
    Active agent version: v2
       TYPE           NAME        ACTIVE VERSION  LOCAL
       skill          catalog     v1.0.2          v1.0.2
       skill          orders      v1.0.2          v1.0.2
       webhook        order-paid  v1.0.2          v1.0.2
       job            nightly     v1.0.2          v1.0.2
       preprocessor   guard       v1.0.2          v1.0.2
       postprocessor  polish      v1.0.2          v1.0.2
       trigger        new-review  v1.0.2          v1.0.2
    ");
}

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
fn personas_are_listed_and_one_is_put_back() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    edit(&stock, "src/index.ts", "You help customers shop.", "You help everybody.");
    stock.ok("push persona --force");
    assert_snapshot!(stock.lua("persona production versions"), @"
    $ lua persona production versions
    ============================================================
    🌙 Persona Versions
    ============================================================
      Version 2 - 11/21/2026 9:30:00 AM ⭐ CURRENT
      Version 1 - 11/21/2026 9:30:00 AM
    ============================================================
    Total: 2 version(s)
    ");
    assert_snapshot!(stock.lua("persona production deploy --persona-version 1 --force"), @"
    $ lua persona production deploy --persona-version 1 --force
    ✅ Persona version 1 deployed successfully to production
    💡 The new persona is now active for all users.
    ");
    assert_snapshot!(stock.lua("persona production deploy --persona-version 1 --force"), @"
    $ lua persona production deploy --persona-version 1 --force
    ℹ️  Version 1 is already deployed.
    ");
    assert_snapshot!(stock.lua("persona production view"), @"
    $ lua persona production view
    ============================================================
    🤖 Current Production Persona
    ============================================================
    Version: 1 ⭐
    Deployed: 11/21/2026, 9:30:00 AM
    Created by: ana@example.com
    ------------------------------------------------------------
    You are Ava.
    You help customers shop.
    ============================================================
    ");
    assert_snapshot!(stock.lua("persona production deploy --persona-version 99 --force"), @"
    $ lua persona production deploy --persona-version 99 --force
    --- stderr
    ✖ not_found: Version 99 not found
    💡 Available versions:
         - 2
         - 1
    --- exit 3
    ");
    assert_snapshot!(stock.lua("persona production deploy --force"), @"
    $ lua persona production deploy --force
    --- stderr
    ✖ usage: --persona-version is required for deploy action
    💡 Usage: lua persona production deploy --persona-version <version>
              lua persona production deploy -v latest
       Available versions:
         - 2
         - 1 (current)
    --- exit 2
    ");
    assert_snapshot!(stock.lua("mcp list"), @"
    $ lua mcp list
    ============================================================
    🔌 MCP Servers
    ============================================================
    ✅ Active Servers:
    🟢 docs
       Transport: streamable-http
       URL: https://docs.example.com/mcp
       ID: [ID]
    ============================================================
    ");
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
