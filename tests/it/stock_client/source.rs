//! `lua source` and `lua pull`: files come back as they were.

use super::{edit, sums};
use crate::common::stock::Stock;
use insta::assert_snapshot;

#[test]
fn files_of_a_version_come_back() {
    let Some(stock) = Stock::new() else { return };
    assert_snapshot!(stock.lua("source list"), @"
    $ lua source list
    (no source versions yet — push to create one)
    ");
    let nothing = stock.lua("pull --force");
    assert_snapshot!(nothing, @"
    $ lua pull --force
    --- stderr
    ✖ error: No backup versions available to pull.
    --- exit 1
    ");
    stock.ok("push all --force");
    stock.ok("version create -m first");
    let first = sums(&stock, ".");
    edit(&stock, "src/store.ts", "[query]", "[query, query]");
    assert_snapshot!(stock.lua("push backup --force --fresh"), @"
    $ lua push backup --force --fresh
    ⚠️  Granular push is deprecated when agent versioning is on. Use `lua push` (no args) to stage all changes, then `lua version create`.
    Backup pushed successfully (v2)!
      New uploads: 2
      Hash: [HASH]
    ");
    let second = sums(&stock, ".");
    assert_ne!(first, second);
    assert_snapshot!(stock.lua("source rollback --version 1 --force"), @"
    $ lua source rollback --version 1 --force
    ⚠️  `lua source rollback` is deprecated when agent versioning is on. Use `lua version promote <version>` — instant, no re-upload required.
    ");
    assert_eq!(sums(&stock, "."), first);
    assert_snapshot!(stock.lua("source list"), @"
    $ lua source list
    VERSION   CREATED            BY        TRIGGERED BY                   HASH
    v3 *	2026-11-21 09:30	ana@example.com	rollback to v1                 [HASH]
    v2	2026-11-21 09:30	ana@example.com	manual lua push backup         [HASH]
    v1	2026-11-21 09:30	ana@example.com	batch push                     [HASH]
    ");
    assert_snapshot!(stock.lua("source rollback --version 2 --force"), @"
    $ lua source rollback --version 2 --force
    ⚠️  `lua source rollback` is deprecated when agent versioning is on. Use `lua version promote <version>` — instant, no re-upload required.
    ");
    assert_eq!(sums(&stock, "."), second);
    assert_snapshot!(stock.lua("pull --version 1 --force"), @"
    $ lua pull --version 1 --force
    Pulling source for agent version v1 (backup v1)…
    ");
    assert_eq!(sums(&stock, "."), first);
    edit(&stock, "src/store.ts", "[query]", "[]");
    assert_snapshot!(stock.lua("pull --force"), @"
    $ lua pull --force
    Pulling latest source backup (v5)…
    ");
    assert_eq!(sums(&stock, "."), first);
    assert_snapshot!(stock.lua("source list --limit 3"), @"
    $ lua source list --limit 3
    VERSION   CREATED            BY        TRIGGERED BY                   HASH
    v6 *	2026-11-21 09:30	ana@example.com	rollback to v5                 [HASH]
    v5	2026-11-21 09:30	ana@example.com	rollback to v1                 [HASH]
    v4	2026-11-21 09:30	ana@example.com	rollback to v2                 [HASH]
    ");
}

#[test]
fn what_is_not_there_or_not_answered_changes_nothing() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    let before = sums(&stock, ".");
    let missing = stock.lua("source rollback --version 77 --force");
    assert_eq!(missing.code, 1, "{missing}");
    assert!(
        missing
            .stderr
            .contains("HTTP 404 GET [URL]/developer/agents/agent_paint/backup/manifest?version=77"),
        "{missing}"
    );
    assert_eq!(stock.lua("source rollback --version 1").code, 1);
    edit(&stock, "src/store.ts", "[query]", "[]");
    // It asks, nobody answers, and it ends as if all were well.
    assert_eq!(stock.lua("pull").code, 0);
    assert_eq!(stock.lua("pull --version 9 --force").code, 1);
    edit(&stock, "src/store.ts", "[]", "[query]");
    assert_eq!(sums(&stock, "."), before);
    assert_eq!(stock.ok("source list").lines().count(), 2);
}
