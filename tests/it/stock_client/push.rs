//! `lua push`: of everything, and of one primitive.

use super::edit;
use crate::common::stock::{Stock, fixtures, masked};
use insta::assert_snapshot;

#[test]
fn everything_is_pushed_and_again() {
    let Some(stock) = Stock::new() else { return };
    assert_snapshot!(stock.lua("push all"), @r#"
    $ lua push all
    Usage:
      lua push all --force                Push all components without prompts
      lua push all --force --auto-deploy  Push and deploy all to production
    --- stderr
    ✖ error: The "all" type requires the --force flag
    --- exit 1
    "#);
    let first = stock.lua("push all --force");
    assert_snapshot!(first.without_time(), @r#"
    $ lua push all --force
    ✅ YAML synced with manifest
    ✅ YAML synced with manifest
    🔧 Creating 2 new skills on server...
       ✅ Created "catalog" (ID: [ID])
       ✅ Created "orders" (ID: [ID])
    ✅ Created 2 skills on server
    ✅ Server skills and YAML are fully in sync
    🔧 Creating 1 new webhooks on server...
       ✅ Created "order-paid" (ID: [ID])
    ✅ Created 1 webhooks on server
    ✅ Server webhooks and YAML are fully in sync
    🔧 Creating 1 new triggers on server...
       ✅ Created "new-review" (ID: [ID])
    ✅ Created 1 triggers on server
    ✅ Server triggers and YAML are fully in sync
    🔧 Creating 1 new jobs on server...
       ✅ Created "nightly" (ID: [ID])
    ✅ Created 1 jobs on server
    ✅ Server jobs and YAML are fully in sync
    🔧 Creating 1 new preprocessors on server...
       ✅ Created "guard" (ID: [ID])
    ✅ Created 1 preprocessors on server
    ✅ Server preprocessors and YAML are fully in sync
    🔧 Creating 1 new postprocessors on server...
       ✅ Created "polish" (ID: [ID])
    ✅ Created 1 postprocessors on server
    ✅ Server postprocessors and YAML are fully in sync
    ✅ Server MCP servers and YAML are fully in sync
    🔧 Creating 1 new devices on server...
       ✅ Created "label-printer" (ID: [ID])
    ✅ Created 1 devices on server
    ✅ Server devices and YAML are fully in sync
    🔧 Creating 1 new device triggers on server...
       ✅ Created "doorbell" (ID: [ID])
    ✅ Created 1 device triggers on server
    ✅ Server device triggers and YAML are fully in sync
    🔧 Creating 1 new voices on server...
       ✅ Created "line" (ID: [ID])
    ✅ Created 1 voices on server
    ✅ Server voices and YAML are fully in sync
    ✅ Server workflows and YAML are fully in sync
    ✅ Compiled 14 primitives (1 agent, 2 skills, 2 tools, 1 webhook, 1 trigger, 1 job, 1 preprocessor, 1 postprocessor, 1 mcp-server, 1 device, 1 device-trigger, 1 voice)
      📝 catalog: 1.0.0 → 1.0.1
      ✅ catalog v1.0.1 pushed
      📝 orders: 1.0.0 → 1.0.1
      ✅ orders v1.0.1 pushed
      📝 order-paid: 1.0.0 → 1.0.1
      ✅ order-paid v1.0.1 pushed
      📝 new-review: 1.0.0 → 1.0.1
      ✅ new-review v1.0.1 pushed
      📝 nightly: 1.0.0 → 1.0.1
      ✅ nightly v1.0.1 pushed
      📝 guard: 1.0.0 → 1.0.1
      ✅ guard v1.0.1 pushed
      📝 polish: 1.0.0 → 1.0.1
      ✅ polish v1.0.1 pushed
      📝 label-printer: 1.0.0 → 1.0.1
      ✅ label-printer v1.0.1 pushed
      📝 doorbell: 1.0.0 → 1.0.1
      ✅ doorbell v1.0.1 pushed
      📝 line: 1.0.0 → 1.0.1
      ✅ line v1.0.1 pushed
      ✅ docs
      ✅ Persona version 1 created
      ✅ Model "openai/gpt-4o" pushed
      ✅ Model settings cleared (using provider defaults)
      ✅ Batching config cleared (using platform defaults)
      ✅ Browser switch off (default)
      ✅ Voices linked: line (1 voice(s))
    💡 Persona v1 is now served — the push published it and pointed the agent at it.
       Roll back with `lua deploy persona` (pick an earlier version) or `lua persona production deploy --persona-version <n>`.
    💾 Backup at v1 (11 new file(s))
    💡 Source attached to 2/2 skill(s) — Builder UI will reflect CLI edits
    ✅ Push All Complete!
    🛠️  Skills (2):
       • catalog v1.0.1
       • orders v1.0.1
    🪝 Webhooks (1):
       • order-paid v1.0.1
    📦 Triggers (1):
       • new-review v1.0.1
    ⏰ Jobs (1):
       • nightly v1.0.1
    📥 Preprocessors (1):
       • guard v1.0.1
    📤 Postprocessors (1):
       • polish v1.0.1
    📦 Devices (1):
       • label-printer v1.0.1
    📦 Device triggers (1):
       • doorbell v1.0.1
    🎙️ Voices (1):
       • line v1.0.1
    🌙 Persona:
       • Version 1 created
    💾 Backup:
       • Source files pushed
    Run `lua version create [-m "<message>"]` to snapshot the staged state into a named version, then `lua version promote <version>` to deploy.
    "#);
    let yaml = masked(&stock.project.read("lua.skill.yaml"));
    assert_snapshot!(yaml.split_once("  lastHash").unwrap().0, @"
    agent:
      agentId: agent_paint
      orgId: org
    skills:
      - name: catalog
        skillId: [ID]
        version: 1.0.1
      - name: orders
        skillId: [ID]
        version: 1.0.1
    webhooks:
      - name: order-paid
        version: 1.0.1
        webhookId: [ID]
    jobs:
      - jobId: [ID]
        name: nightly
        version: 1.0.1
    preprocessors:
      - name: guard
        preprocessorId: [ID]
        version: 1.0.1
    postprocessors:
      - name: polish
        postprocessorId: [ID]
        version: 1.0.1
    mcpServers:
      - mcpServerId: [ID]
        name: docs
    backup:
      activeVersion: 1
    ");
    assert_snapshot!(stock.lua("source list"), @"
    $ lua source list
    VERSION   CREATED            BY        TRIGGERED BY                   HASH
    v1 *	2026-11-21 09:30	ana@example.com	batch push                     [HASH]
    ");
    // The same again: new numbers, and one more backup.
    assert_snapshot!(stock.lua("push all --force").brief(), @r#"
    $ lua push all --force
      📝 catalog: 1.0.1 → 1.0.2
      ✅ catalog v1.0.2 pushed
      📝 orders: 1.0.1 → 1.0.2
      ✅ orders v1.0.2 pushed
      📝 order-paid: 1.0.1 → 1.0.2
      ✅ order-paid v1.0.2 pushed
      📝 new-review: 1.0.1 → 1.0.2
      ✅ new-review v1.0.2 pushed
      📝 nightly: 1.0.1 → 1.0.2
      ✅ nightly v1.0.2 pushed
      📝 guard: 1.0.1 → 1.0.2
      ✅ guard v1.0.2 pushed
      📝 polish: 1.0.1 → 1.0.2
      ✅ polish v1.0.2 pushed
      📝 label-printer: 1.0.1 → 1.0.2
      ✅ label-printer v1.0.2 pushed
      📝 doorbell: 1.0.1 → 1.0.2
      ✅ doorbell v1.0.2 pushed
      📝 line: 1.0.1 → 1.0.2
      ✅ line v1.0.2 pushed
      ✅ docs
      ✅ Persona version 2 created
      ✅ Model "openai/gpt-4o" pushed
      ✅ Model settings cleared (using provider defaults)
      ✅ Batching config cleared (using platform defaults)
      ✅ Browser switch off (default)
      ✅ Voices linked: line (1 voice(s))
    💡 Persona v2 is now served — the push published it and pointed the agent at it.
       Roll back with `lua deploy persona` (pick an earlier version) or `lua persona production deploy --persona-version <n>`.
    💾 Backup at v2 (1 new file(s))
    💡 Source attached to 2/2 skill(s) — Builder UI will reflect CLI edits
    ✅ Push All Complete!
    🛠️  Skills (2):
       • catalog v1.0.2
       • orders v1.0.2
    🪝 Webhooks (1):
       • order-paid v1.0.2
    📦 Triggers (1):
       • new-review v1.0.2
    ⏰ Jobs (1):
       • nightly v1.0.2
    📥 Preprocessors (1):
       • guard v1.0.2
    📤 Postprocessors (1):
       • polish v1.0.2
    📦 Devices (1):
       • label-printer v1.0.2
    📦 Device triggers (1):
       • doorbell v1.0.2
    🎙️ Voices (1):
       • line v1.0.2
    🌙 Persona:
       • Version 2 created
    💾 Backup:
       • Source files pushed
    Run `lua version create [-m "<message>"]` to snapshot the staged state into a named version, then `lua version promote <version>` to deploy.
    "#);
    assert_snapshot!(stock.lua("source list"), @"
    $ lua source list
    VERSION   CREATED            BY        TRIGGERED BY                   HASH
    v2 *	2026-11-21 09:30	ana@example.com	batch push                     [HASH]
    v1	2026-11-21 09:30	ana@example.com	batch push                     [HASH]
    ");
}

#[test]
fn one_primitive_is_pushed() {
    let Some(stock) = Stock::new() else { return };
    stock.ok("push all --force");
    edit(&stock, "src/skills/catalog.skill.ts", "Knows the products", "Knows all products");
    assert_snapshot!(stock.lua("push skill --name catalog --force").brief(), @"
    $ lua push skill --name catalog --force
    ✅ Compilation complete
    📦 Selected skill: catalog
    ✅ Bundles uploaded
    📝 Auto-bumping version: 1.0.1 → 1.0.2
    ✅ Successfully pushed catalog v1.0.2
    💾 Backup at v2 (2 new file(s))
    💡 Source attached to 2/2 skill(s) — Builder UI will reflect CLI edits
    ✨ Staged but NOT live yet. To make it active:
       Deploy:      `lua deploy skill`
       Or re-push:  `lua push skill --force --auto-deploy`
    ");
    assert_snapshot!(stock.lua("push skill --name nope --force").brief(), @r#"
    $ lua push skill --name nope --force
    ✅ Compilation complete
    --- stderr
    ✖ error: skill "nope" not found
    --- exit 1
    "#);
    assert_snapshot!(stock.lua("push mcp --name docs --force").brief(), @r#"
    $ lua push mcp --name docs --force
    ✅ Compilation complete
    ✅ Authentication verified
    📦 Selected MCP server: docs
    ✅ MCP server "docs" pushed successfully
    💾 Backup at v3 (1 new file(s))
    💡 Source attached to 2/2 skill(s) — Builder UI will reflect CLI edits
    ✨ Tip: run `lua push mcp --force --auto-deploy` to re-push with auto-activation.
    "#);
    edit(&stock, "src/index.ts", "You help customers shop.", "You help everybody.");
    let asked = stock.lua("push persona");
    assert_eq!(asked.code, 0, "{asked}");
    assert!(!stock.ok("persona production versions").contains("Version 2"));
    assert_snapshot!(stock.lua("push persona --force").brief(), @r#"
    $ lua push persona --force
    📦 Pushing agent config for: agent_paint
    Persona preview:
    You are Ava.
    You help everybody.
    Model: openai/gpt-4o
      ✅ Persona version 2 created
      ✅ Model "openai/gpt-4o" pushed
      ✅ Model settings cleared (using provider defaults)
      ✅ Batching config cleared (using platform defaults)
      ✅ Browser switch off (default)
      ✅ Voices linked: line (1 voice(s))
    💡 Persona v2 is now served — the push published it and pointed the agent at it.
       Roll back with `lua deploy persona` (pick an earlier version) or `lua persona production deploy --persona-version <n>`.
    "#);
    assert!(stock.ok("persona production versions").contains("Version 2"));
    assert_snapshot!(stock.lua("push backup --force"), @"
    $ lua push backup --force
    Backup pushed successfully (v4)!
      New uploads: 2
      Hash: [HASH]
    ");
    assert_snapshot!(stock.lua("source list"), @"
    $ lua source list
    VERSION   CREATED            BY        TRIGGERED BY                   HASH
    v4 *	2026-11-21 09:30	ana@example.com	manual lua push backup         [HASH]
    v3	2026-11-21 09:30	ana@example.com	push mcp docs                  [HASH]
    v2	2026-11-21 09:30	ana@example.com	push skill catalog             [HASH]
    v1	2026-11-21 09:30	ana@example.com	batch push                     [HASH]
    ");
}

/// A workflow is activated by the push itself, which moves nothing here.
#[test]
fn a_workflow_is_pushed_and_its_activation_promotes_nothing() {
    let Some(stock) = Stock::new() else { return };
    let brief = std::fs::read(fixtures().join("workflow/brief.ts")).unwrap();
    stock.project.write("src/brief.ts", brief);
    edit(&stock, "src/index.ts", "  voices: [line],", "  voices: [line],\n  workflows: [brief],");
    edit(
        &stock,
        "src/index.ts",
        "import { line }",
        "import { brief } from './brief';\nimport { line }",
    );
    let pushed = stock.ok("push all --force");
    assert!(pushed.contains("🚀 brief v1.0.1 deployed"), "{pushed}");
    assert_snapshot!(stock.lua("version list"), @"
    $ lua version list
    (no versions yet — run `lua version create` to make one)
    ");
    assert_snapshot!(stock.lua("version status"), @"
    $ lua version status
    This agent has no versions. Per-primitive deploys (`lua deploy`) go live immediately for agents that are not under versioning.
    ");
}
