//! Voices: they are neither sent nor compared, and every command says so.

use super::{AGENT, Shop};
use crate::common::shop;
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;
use serde_json::json;

const WORDS: &str =
    "Not sent, as voices are neither sent to the platform nor compared with it: ava";

/// A shop with a voice; nothing is pushed.
fn prepared() -> Shop {
    let shop = Shop::empty(Assumptions::default());
    let index = "src/index.ts";
    shop::edit(&shop.project, index, "import { LuaAgent,", "import { LuaAgent, LuaVoice,");
    let voice = "const ava = new LuaVoice({ name: 'ava', llm: 'openai/gpt-4o', stt: 'deepgram/nova-3:en', tts: 'cartesia/sonic:abc' });\n\nexport const agent";
    shop::edit(&shop.project, index, "export const agent", voice);
    shop::edit(
        &shop.project,
        index,
        "  jobs: [nightly],\n",
        "  jobs: [nightly],\n  voices: [ava],\n",
    );
    shop
}

#[test]
fn pushes_promotions_and_their_plans_name_them() {
    let shop = prepared();
    let plan = shop.run("push --dry-run");
    assert!(plan.stderr.contains(WORDS), "{plan}");
    let answer = shop.project.json(&shop.line("push --dry-run"));
    assert_eq!(answer["plan"]["notSent"], json!(["voice ava"]));
    for what in ["a first push", "a push of nothing"] {
        let pushed = shop.run("push");
        assert!(pushed.stderr.contains(WORDS), "{what}: {pushed}");
        assert_eq!(pushed.stderr.matches("ava").count(), 1, "{what}: {pushed}");
    }
    assert!(shop.changes().iter().all(|route| !route.contains("voice")), "{:?}", shop.changes());
    shop.project.ok("version create -m first --offline");
    let plan = shop.run("version promote 1 --dry-run");
    assert!(plan.stderr.contains(WORDS), "{plan}");
    let promoted = shop.run("version promote 1");
    assert_eq!(promoted.code, 0, "{promoted}");
    assert!(promoted.stderr.contains(WORDS), "{promoted}");
    assert!(shop.platform.body(AGENT, "voice-agents", "ava", "1.0.0").is_none());
}

#[test]
fn they_are_unknown_and_never_in_sync() {
    let shop = prepared();
    shop.ok("push");
    shop.project.ok("version create -m first --offline");
    shop.ok("version promote 1");
    assert_snapshot!(shop.project.run("remote verify").to_string(), @r"
    $ lua-store remote verify
    Active v1 there · 3 of 4 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not shown by the platform
      voice ava is unknown: voices are neither sent to the platform nor compared with it
    --- exit 11
    ");
    let checked = shop.project.run("sync --check");
    assert_eq!(checked.code, 11, "{checked}");
    assert!(checked.stdout.contains("voice ava is unknown: voices are neither sent"), "{checked}");
    let compared = shop.project.run("diff platform");
    assert_eq!(compared.code, 11, "{compared}");
    assert!(compared.stdout.contains("unknown   voice ava is unknown"), "{compared}");
}
