//! Compiled output in a push: the parts that are kept, and the parts that make a difference.

use super::{compiled, copy, edit, fixtures, paths, stock_hash};
use insta::assert_snapshot;

const LONG: &str = "'Wow, www, kwxzq kwxzq jjj vvv www zzz xxx qqq uuu yyy ggg'";

#[test]
fn bundles_and_values_stand_beside_the_definition() {
    let project = compiled("here");
    project.ok("push");
    project.ok("version create");
    assert_snapshot!(paths(&project, "v1:state").join("\n"), @"
    agent.json
    jobs/nightly/code/bundle.js
    jobs/nightly/definition.json
    jobs/nightly/modules/src/shop.ts
    jobs/nightly/reach.json
    persona
    skills/shop/code/tools/list.js
    skills/shop/code/tools/mix.js
    skills/shop/code/tools/open.js
    skills/shop/code/values.json
    skills/shop/definition.json
    skills/shop/modules/src/shop.ts
    skills/shop/reach.json
    versions.json
    ");
    assert_snapshot!(project.ok("cat-file v1:state/skills/shop/code/values.json"), @r#"{"/tools/mix/inputSchema/properties/colour":{"enum":["red","green","blue"],"type":"string"}}"#);
    for (kept, made) in [
        ("skills/shop/code/tools/open.js", "tool/open.js"),
        ("jobs/nightly/code/bundle.js", "job/nightly.js"),
    ] {
        let made = project.read(&format!("dist-v2/artifacts/{made}"));
        assert_eq!(project.ok(&format!("cat-file v1:state/{kept}")), made, "byte for byte");
        assert!(project.read("dist-v2/manifest.json").contains(&stock_hash(&made)));
    }
    let definition = project.ok("cat-file v1:state/skills/shop/definition.json");
    assert!(
        definition.contains(r#""colour":{"$source":"z.enum(colours as [string, ...string[]])"}"#)
    );
}

#[test]
fn two_folders_give_equal_ids() {
    let (here, there) = (compiled("here"), compiled("there"));
    let (one, other) = (here.json("push"), there.json("push"));
    assert_eq!(one["compiled"]["state"], "fresh");
    assert_eq!((&one["state"], &one["source"]), (&other["state"], &other["source"]));
    here.ok("version create");
    for path in paths(&here, "v1:state") {
        let text = here.ok(&format!("cat-file v1:state/{path}"));
        for noise in ["/srv/", "2026-11-21", "compiledAt", "sourceMappingURL"] {
            assert!(!text.contains(noise), "{path} has {noise}");
        }
    }
}

#[test]
fn the_names_of_a_minifier_are_no_change() {
    let project = compiled("here");
    project.ok("push");
    copy(&project, "names", "dist-v2/");
    edit(&project, "'Open a tin'", LONG);
    let answer = project.json("push --dry-run");
    assert_eq!(answer["compiled"]["state"], "fresh");
    let items = answer["items"].as_array().unwrap();
    let told: Vec<_> = items
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["change"].as_str().unwrap()))
        .collect();
    assert!(told.contains(&("shop", "changed")), "{told:?}");
    assert!(told.contains(&("nightly", "unchanged")), "{told:?}");
    let nightly = items.iter().find(|item| item["name"] == "nightly").unwrap();
    assert_eq!((&nightly["to"], &nightly["rebundled"]), (&"1.0.0".into(), &true.into()));
}

#[test]
fn what_is_bundled_anew_and_the_same_is_no_change() {
    let project = compiled("here");
    project.ok("push");
    project.ok("version create");
    let job = project.ok("rev-parse v1:state/jobs/nightly");
    copy(&project, "neighbour", "dist-v2/");
    edit(&project, "'List the tins'", "'List the tins of a shelf'");
    assert_snapshot!(project.run("push --dry-run").notes(), @r#"
    $ lua-store push --dry-run
      ~  shop v1.0.1 would be pushed (skill, 1.0.0 → 1.0.1)
          ~ tool list
              description:
                - List the tins
                + List the tins of a shelf
    Would push 1 change(s), 1 changed file(s). Nothing was stored.
    --- stderr
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    "#);
    assert_snapshot!(project.run("diff").changes(), @"
    $ lua-store diff
    Diff v1 → project
    Skills:
      ~ shop 1.0.0 → 1.0.1
          ~ tool list
              description:
                - List the tins
                + List the tins of a shelf
    Jobs:
      · nightly@1.0.0 (re-bundled, same behaviour)
    Files:
      M src/shop.ts
    ");
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  (none)
    Newest version:  v1
    Pushed source:   v1
    Staged:          v1 (created, never live)
    Not pushed:
      ~ skill shop (changed)
      · job nightly (re-bundled, same behaviour)
      M src/shop.ts
    --- stderr
    hint: run `lua-store version promote v1` to make it active
    hint: run `lua-store push` to store it
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    "#);
    let answer = project.json("diff");
    assert_eq!(answer["jobs"]["rebundled"][0]["name"], "nightly");
    assert_eq!(answer["jobs"]["changed"].as_array().unwrap().len(), 0);
    assert_eq!(project.json("status")["rebundled"][0]["name"], "nightly");
    project.ok("push");
    project.ok("version create");
    assert_eq!(project.ok("rev-parse v2:state/jobs/nightly"), job, "the pushed tree is kept");
}

#[test]
fn code_that_comes_and_goes_between_versions_is_no_change() {
    let project = compiled("here");
    project.ok("push");
    project.ok("version create");
    edit(&project, "'Counts the tins'", "'Counts all tins'");
    project.ok("push");
    edit(&project, "'Counts all tins'", "'Counts the tins'");
    edit(&project, "'List the tins'", "'List the tins of a shelf'");
    copy(&project, "neighbour", "dist-v2/");
    project.ok("push");
    project.ok("version create");
    assert_snapshot!(project.run("version diff 1 2").changes(), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ shop 1.0.0 → 1.0.1
          ~ tool list
              description:
                - List the tins
                + List the tins of a shelf
    Jobs:
      · nightly@1.0.2 (re-bundled, same behaviour)
    Files:
      M src/shop.ts
    ");
}

#[test]
fn a_schema_that_only_the_compiler_knows_is_compared() {
    let project = compiled("here");
    project.ok("push");
    project.ok("version create");
    edit(&project, "'red,green,blue'", "'red,green'");
    let manifest = project.read("dist-v2/manifest.json");
    let hash = stock_hash(&project.read("src/shop.ts"));
    let old = stock_hash(&std::fs::read_to_string(fixtures().join("project/src/shop.ts")).unwrap());
    let manifest =
        manifest.replace(&old, &hash).replace("\"green\",\n                \"blue\"", "\"green\"");
    project.write("dist-v2/manifest.json", manifest);
    assert_eq!(project.json("push")["compiled"]["state"], "fresh");
    project.ok("version create");
    let told = project.ok("version diff 1 2");
    assert!(told.contains("blue"), "{told}");
}
