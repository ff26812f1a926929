//! `lua deploy`: of one primitive, and of all.

use super::edit;
use crate::common::stock::Stock;
use insta::assert_snapshot;

#[test]
fn one_primitive_is_deployed_as_a_version_of_the_agent() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    let none = stock.lua("deploy skill --name catalog --set-version 1.0.1 --force");
    assert_snapshot!(none, @"
    $ lua deploy skill --name catalog --set-version 1.0.1 --force
    ℹ️  For agents under versioning, `lua deploy` creates and promotes a new agent version scoped to this primitive; otherwise it goes live directly. For multi-primitive releases, `lua version promote <version>` remains the recommended flow.
    📦 Deploying Skill: catalog
    📦 Selected version: 1.0.1
    --- stderr
    ✖ error: no version is active; run `lua version create` and `lua version promote` first
    --- exit 1
    ");
    stock.ok("version create -m first");
    stock.ok("version promote 1");
    edit(&stock, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    stock.ok("push skill --name catalog --force");
    assert_snapshot!(stock.lua("deploy skill --name catalog --set-version latest --force"), @r#"
    $ lua deploy skill --name catalog --set-version latest --force
    ℹ️  For agents under versioning, `lua deploy` creates and promotes a new agent version scoped to this primitive; otherwise it goes live directly. For multi-primitive releases, `lua version promote <version>` remains the recommended flow.
    📦 Deploying Skill: catalog
    📦 Selected version: 1.0.2
    ✔ deployed catalog@1.0.2 — agent version 2 promoted
    ✨ Version is live. Generate traffic first, then inspect:
       Test:     `lua chat -e production -m "your test message"`
       Inspect:  `lua logs --type skill --limit 10`
    "#);
    assert_snapshot!(stock.lua("version list"), @"
    $ lua version list
    VERSION  STATUS      CREATED           BY               MESSAGE
    v2*      active      2026-11-21 09:30  ana@example.com  deploy skill catalog 1.0.2
    v1       superseded  2026-11-21 09:30  ana@example.com  first
    ");
    assert_snapshot!(stock.lua("version diff 1 2"), @"
    $ lua version diff 1 2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.1 → 1.0.2
    Webhooks: (no changes)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
    ");
    assert_snapshot!(stock.lua("deploy skill --name catalog --set-version 9.9.9 --force"), @r#"
    $ lua deploy skill --name catalog --set-version 9.9.9 --force
    ℹ️  For agents under versioning, `lua deploy` creates and promotes a new agent version scoped to this primitive; otherwise it goes live directly. For multi-primitive releases, `lua version promote <version>` remains the recommended flow.
    📦 Deploying Skill: catalog
    Available versions:
      - 1.0.2
      - 1.0.1
    --- stderr
    ✖ error: Version "9.9.9" not found.
    --- exit 1
    "#);
    assert_snapshot!(stock.lua("deploy job --name nightly --set-version 1.0.1 --force"), @"
    $ lua deploy job --name nightly --set-version 1.0.1 --force
    ℹ️  For agents under versioning, `lua deploy` creates and promotes a new agent version scoped to this primitive; otherwise it goes live directly. For multi-primitive releases, `lua version promote <version>` remains the recommended flow.
    📦 Deploying Job: nightly
    📦 Selected version: 1.0.1
    ✔ deployed nightly@1.0.1 — agent version 2 promoted
    ✨ Job is live. Trigger or wait for schedule, then inspect logs:
       Manual trigger:  `lua jobs trigger --job-name nightly`
       Inspect:         `lua logs --type job --name nightly --limit 10`
    ");
    stock.ok("push all --force");
    assert_snapshot!(stock.lua("deploy all --force"), @r#"
    $ lua deploy all --force
    ℹ️  For agents under versioning, each deploy below creates and promotes an agent version scoped to that primitive. To switch everything atomically in one version instead, use `lua version create` + `lua version promote`.
    🚀 Deploying latest versions of all primitives...
      ✔ deployed catalog@1.0.3 — agent version 3 promoted
      ✔ deployed orders@1.0.2 — agent version 4 promoted
      ✔ deployed order-paid@1.0.2 — agent version 5 promoted
      ✔ deployed new-review@1.0.2 — agent version 6 promoted
      ✔ deployed nightly@1.0.2 — agent version 7 promoted
      ✔ deployed guard@1.0.2 — agent version 8 promoted
      ✔ deployed polish@1.0.2 — agent version 9 promoted
      ✅ Persona v2 deployed
    ✅ Deployed 8 primitives successfully
    ✨ All deployed. Generate traffic first, then inspect:
       Test:     `lua chat -e production -m "your test message"`
       Inspect:  `lua logs --limit 10`
    "#);
    assert_snapshot!(stock.lua("version status"), @"
    $ lua version status
    Active agent version: v9
       TYPE           NAME        ACTIVE VERSION  LOCAL
       skill          catalog     v1.0.3          v1.0.3
       skill          orders      v1.0.2          v1.0.2
       webhook        order-paid  v1.0.2          v1.0.2
       job            nightly     v1.0.2          v1.0.2
       preprocessor   guard       v1.0.2          v1.0.2
       postprocessor  polish      v1.0.2          v1.0.2
       trigger        new-review  v1.0.2          v1.0.2
    ");
}
