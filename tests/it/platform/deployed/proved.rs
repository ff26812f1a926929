//! Proof of a promotion: the code that the platform shows, and what is kept with the promotion.

use super::{AGENT, Shop};
use crate::common::Outcome;
use crate::platform::stub::{Assumptions, At, CodeHashes, Fault};
use insta::assert_snapshot;
use serde_json::json;

fn showing(code_hashes: CodeHashes) -> Assumptions {
    Assumptions { code_hashes, ..Assumptions::default() }
}

/// Sentence about the code, of a comparison.
fn code(outcome: &Outcome) -> String {
    let line = outcome.stdout.lines().find(|line| line.starts_with("Active v"));
    let line = line.unwrap_or_else(|| panic!("no comparison: {outcome}"));
    line.rsplit(" · ").next().unwrap().to_owned()
}

#[test]
fn code_whose_hash_is_shown_is_compared() {
    let shop = Shop::new(showing(CodeHashes::OfBundles));
    let verified = shop.project.run("remote verify");
    assert_eq!((verified.code, &*code(&verified)), (0, "code of 3 of 3 bundles equal"));
    let answer = shop.project.json("remote verify");
    let is_code = |part: &&serde_json::Value| part["of"] == "code";
    let parts: Vec<_> = answer["parts"].as_array().unwrap().iter().filter(is_code).collect();
    let names: Vec<_> = parts.iter().map(|part| (&part["kind"], &part["name"])).collect();
    let expected = [("job", "nightly"), ("skill", "catalog"), ("skill", "orders")]
        .map(|(a, b)| (json!(a), json!(b)));
    assert_eq!(names, expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>());
    assert!(parts.iter().all(|part| part["state"] == "equal"), "{answer}");
    shop.second(false);
    shop.ok("push");
    let promoted = shop.run("version promote 2");
    assert_eq!((promoted.code, &*code(&promoted)), (0, "code of 3 of 3 bundles equal"));
}

#[test]
fn code_that_is_not_shown_is_counted_and_no_doubt() {
    let cases = [
        (CodeHashes::Hidden, "code of bundles: not shown by the platform"),
        (CodeHashes::OfSkills, "code of 2 of 3 bundles equal, 1 not shown by the platform"),
        (CodeHashes::Others, "code of bundles: shown with hashes of another kind"),
    ];
    for (hashes, words) in cases {
        let shop = Shop::new(showing(hashes));
        let verified = shop.project.run("remote verify");
        assert_eq!((verified.code, &*code(&verified)), (0, words));
        shop.second(false);
        shop.ok("push");
        let promoted = shop.run("version promote 2");
        assert_eq!((promoted.code, &*code(&promoted)), (0, words));
    }
    // A clone has pushed nothing, and cannot know.
    let shop = Shop::new(showing(CodeHashes::OfBundles));
    shop.project.ok(&format!("clone {} ../mine", shop.platform.address(AGENT)));
    let verified = shop.project.run("-C ../mine remote verify");
    assert_eq!((verified.code, &*code(&verified)), (0, "code of bundles: not pushed from here"));
}

#[test]
fn other_code_under_a_number_of_ours_is_a_failure() {
    let shop = Shop::new(showing(CodeHashes::OfBundles));
    shop.second(false);
    shop.ok("push");
    shop.platform.dashboard(AGENT).replace_code("orders", "1.0.1");
    let words = "code of skill orders is not the code that was pushed for v2";
    let promoted = shop.run("version promote 2");
    assert_eq!((promoted.code, &*code(&promoted)), (1, "code of 2 of 3 bundles equal"));
    assert!(promoted.stdout.contains(words), "{promoted}");
    let verified = shop.project.run("remote verify");
    assert_eq!((verified.code, &*code(&verified)), (1, "code of 2 of 3 bundles equal"));
    assert!(verified.stdout.contains(words), "{verified}");
    let shown = shop.project.json("version show 2");
    assert_eq!(shown["proof"]["equal"], false);
    assert_eq!(shown["proof"]["differs"], json!(["code of skill orders"]));
    let ledger = shop.project.ok("log --ledger");
    assert!(ledger.contains("something else ran on the platform"), "{ledger}");
}

#[test]
fn the_proof_is_kept_with_the_promotion() {
    let shop = Shop::new(Assumptions::default());
    assert_snapshot!(shop.project.run("version show 1 --offline").to_string(), @r"
    $ lua-store version show 1 --offline
    Version v1 (active)
      Created: 2026-11-21T09:30:00.000Z by ana@example.com
      Live since 09:30 UTC (just now) by ana@example.com
      Message: first
      Source:  v1
      Content: 3 exact, 0 inferred from backups, 0 unknown
      Proved:  2026-11-21 09:30 v1 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not shown by the platform
      Model:   openai/gpt-4o
      Snapshot:
        Skills:         2
        Webhooks:       0
        Triggers:       0
        Jobs:           1
        Preprocessors:  0
        Postprocessors: 0
        MCP servers:    1
        Persona:        v1
    --- stderr
    as origin had it at 09:30 UTC, just now
    ");
    shop.second(false);
    assert_eq!(shop.project.json("version show 2 --offline").get("proof"), None);
    shop.ok("version promote 2");
    shop.ok("version promote 1");
    assert_snapshot!(shop.project.run("log --ledger --offline").to_string(), @r"
    $ lua-store log --ledger --offline
    5f6676c3  2026-11-21 09:30  promote v1  by ana@example.com  verified on the platform
    92168345  2026-11-21 09:30  promote v2  by ana@example.com  verified on the platform
    9426a22a  2026-11-21 09:30  promote v1  by ana@example.com  verified on the platform
    --- stderr
    as origin had it at 09:30 UTC, just now
    ");
    let ledger = shop.project.json("log --ledger --offline");
    let proofs: Vec<_> =
        ledger["records"].as_array().unwrap().iter().map(|one| &one["proof"]).collect();
    let expected = json!({
        "at": "2026-11-21T09:30:00.000Z",
        "platform": 2,
        "equal": true,
        "primitives": {"equal": 3, "different": 0, "unknown": 0},
        "persona": {"equal": 2, "different": 0, "unknown": 0},
        "model": {"equal": 1, "different": 0, "unknown": 0},
        "servers": {"equal": 1, "different": 0, "unknown": 0},
        "settings": {"equal": 0, "different": 0, "unknown": 0},
        "code": {"equal": 0, "different": 0, "notShown": 3, "notPushedHere": 0, "notAsked": 0, "otherHash": 0},
        "differs": [],
    });
    assert_eq!(proofs.len(), 3);
    assert_eq!(proofs[1], &expected);
    assert_eq!([&proofs[0]["platform"], &proofs[2]["platform"]], [1, 1]);
}

#[test]
fn a_promotion_that_is_finished_later_has_its_proof() {
    let shop = Shop::new(Assumptions::default());
    shop.second(false);
    shop.ok("push");
    shop.platform.on(At::route("#33"), Fault::Status(500));
    let cut = shop.run("version promote 2");
    assert_ne!(cut.code, 0, "{cut}");
    assert_eq!(shop.live().active, Some(2));
    shop.platform.reset_faults();
    let done = shop.run("version promote 2");
    assert_eq!(done.code, 0, "{done}");
    let ledger = shop.project.json("log --ledger");
    assert_eq!(ledger["records"][0]["proof"]["equal"], true, "{ledger}");
    assert_eq!(shop.project.json("version show 2")["proof"]["platform"], 2);
}
