//! Compiled output that is stale, damaged, incomplete or holds a secret.

use super::{Damage, compiled, edit, fixtures, paths, stock_hash};
use insta::assert_snapshot;

#[test]
fn stale_output_is_ignored_and_said() {
    let project = compiled("here");
    edit(&project, "'Open a tin'", "'Open the tin'");
    assert_snapshot!(project.run("push").notes(), @r#"
    $ lua-store push
    💾 Backup at v1 (6 new file(s))
    ✅ Push complete: 4 changed
    --- stderr
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    The output of `lua compile` is older than the project and is ignored: "src/shop.ts" differs from the file that was compiled
    hint: run `lua-store version create` to create a version of it
    "#);
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  (none)
    Newest version:  (none)
    Pushed source:   v1
    The pushed state is in no version yet.
    Nothing to push: the project is as it was pushed.
    --- stderr
    hint: run `lua-store version create` to create a version of it
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    The output of `lua compile` is older than the project and is ignored: "src/shop.ts" differs from the file that was compiled
    "#);
    assert_snapshot!(project.run("compile"), @r#"
    $ lua-store compile
    Paint Shop (src/index.ts)
    Persona: 14 letters

    KIND   NAME     SOURCE          DESCRIPTION
    skill  shop     src/shop.ts:47  The shop
    tool   mix      src/shop.ts     Mix a colour
    tool   open     src/shop.ts     Open the tin
    tool   list     src/shop.ts     List the tins
    job    nightly  src/shop.ts:54  Counts the tins
    --- stderr
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    The output of `lua compile` is older than the project and is ignored: "src/shop.ts" differs from the file that was compiled
    "#);
    project.ok("version create");
    assert!(!paths(&project, "v1:state").iter().any(|path| path.contains("code/")));
    let told = project.json("status");
    assert_eq!(told["compiled"]["state"], "stale");
    assert_eq!(
        told["compiled"]["reason"],
        "\"src/shop.ts\" differs from the file that was compiled"
    );
    std::fs::remove_file(project.path("package.json")).unwrap();
    assert_eq!(project.json("status")["compiled"]["reason"], "\"package.json\" is gone");
}

#[test]
fn a_file_that_no_push_keeps_counts_too() {
    let project = compiled("here");
    project.write(".gitignore", "dist-v2/\ntsconfig.json\n");
    assert_eq!(project.json("status")["compiled"]["state"], "fresh");
    assert_eq!(project.json("status")["compiled"]["state"], "fresh");
    project.write("tsconfig.json", "{}");
    assert_eq!(
        project.json("status")["compiled"]["reason"],
        "\"tsconfig.json\" differs from the file that was compiled"
    );
}

#[test]
fn numbers_in_the_stock_manifest_do_not_make_output_stale() {
    let project = compiled("here");
    project.write(
        "lua.skill.yaml",
        "agent: { agentId: a }\nskills:\n  - { name: shop, version: 1.0.4 }\n",
    );
    assert_eq!(project.json("push")["compiled"]["state"], "fresh");
}

#[test]
fn damaged_output_is_ignored_and_said() {
    let manifest = std::fs::read_to_string(fixtures().join("here/manifest.json")).unwrap();
    let cut = &manifest[..manifest.len() / 2];
    let out = manifest.replace("artifacts/tool/mix.js", "../../outside.js");
    let cases: [(&str, Damage<'_>); 6] = [
        ("is not well formed", Box::new(|p| p.write("dist-v2/manifest.json", cut))),
        ("is not well formed", Box::new(|p| p.write("dist-v2/manifest.json", "[".repeat(100_000)))),
        ("is not a path inside", Box::new(|p| p.write("dist-v2/manifest.json", &out))),
        (
            "mix.js\" is gone",
            Box::new(|p| std::fs::remove_file(p.path("dist-v2/artifacts/tool/mix.js")).unwrap()),
        ),
        (
            "mix.js\" differs from the manifest",
            Box::new(|p| p.write("dist-v2/artifacts/tool/mix.js", "0")),
        ),
        (
            "dist-v2/manifest.json\" is not a file",
            Box::new(|p| {
                std::fs::remove_file(p.path("dist-v2/manifest.json")).unwrap();
                std::fs::create_dir(p.path("dist-v2/manifest.json")).unwrap();
            }),
        ),
    ];
    for (reason, damage) in cases {
        let project = compiled("here");
        // Once it was whole, and is known as such.
        assert_eq!(project.json("status")["compiled"]["state"], "fresh");
        damage(&project);
        let outcome = project.run("push");
        assert_eq!(outcome.code, 0, "{outcome}");
        let told = outcome.stderr.lines().find(|line| line.contains("`lua compile` is ignored"));
        assert!(told.is_some_and(|line| line.contains(reason)), "{reason}: {outcome}");
        assert!(!outcome.stderr.contains("panicked"), "{outcome}");
    }
}

#[test]
fn a_bundle_with_a_secret_is_left_out() {
    let project = compiled("here");
    let path = "dist-v2/artifacts/tool/open.js";
    let bundle = project.read(path);
    let secret = format!("{bundle}\nvar key='sk_live_{}';", "4eC39HqLyjWDarjtT1zdp7dz");
    project.write(path, &secret);
    let manifest = project.read("dist-v2/manifest.json");
    project.write(
        "dist-v2/manifest.json",
        manifest.replace(&stock_hash(&bundle), &stock_hash(&secret)),
    );
    let outcome = project.run("push");
    assert!(
        outcome.stderr.contains(&format!("left out \"{path}\": contains what looks like")),
        "{outcome}"
    );
    project.ok("version create");
    let tree = paths(&project, "v1:state").join(" ");
    assert!(tree.contains("code/tools/mix.js") && !tree.contains("code/tools/open.js"), "{tree}");
}

#[test]
fn a_secret_that_only_the_compiler_knows_stops_the_push() {
    let project = compiled("here");
    let key = format!("sk_live_{}", "4eC39HqLyjWDarjtT1zdp7dz");
    let manifest = project.read("dist-v2/manifest.json");
    assert!(manifest.contains("\"green\""));
    project.write("dist-v2/manifest.json", manifest.replace("\"green\"", &format!("\"{key}\"")));
    for line in ["push", "push --dry-run", "version create --auto-push"] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 1, "{outcome}");
        let place = "tools.mix.inputSchema.properties.colour (in the output of `lua compile`).enum[1] of skill \"shop\"";
        assert!(outcome.stderr.contains(place), "{outcome}");
        assert!(outcome.stderr.contains("`lua-store push --allow skill/shop`"), "{outcome}");
        assert!(!outcome.stderr.contains(&key), "{outcome}");
    }
    assert_eq!(project.list("source list"), serde_json::json!([]));
    assert!(project.run("status").stderr.contains("cannot be pushed: src/shop.ts:"));
    project.ok("push --allow skill/shop");
    project.ok("version create");
    assert!(project.ok("cat-file v1:state/skills/shop/code/values.json").contains(&key));
}

#[test]
fn what_the_output_lacks_is_not_pushed() {
    let project = compiled("here");
    let mut manifest: serde_json::Value =
        serde_json::from_str(&project.read("dist-v2/manifest.json")).unwrap();
    let primitives = manifest["primitives"].as_array_mut().unwrap();
    primitives.retain(|one| one["name"] != "mix" && one["name"] != "nightly");
    assert_eq!(primitives.iter().filter(|one| one["kind"] == "tool").count(), 2);
    project.write("dist-v2/manifest.json", manifest.to_string());
    for line in ["push", "push --dry-run", "version create --auto-push"] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 1, "{outcome}");
        let told = "cannot push what the output of `lua compile` lacks";
        assert!(
            outcome.stderr.contains(told) && outcome.stderr.contains("push --allow-dropped"),
            "{outcome}"
        );
        assert!(outcome.stderr.contains("tool mix of skill shop"), "{outcome}");
        assert!(outcome.stderr.contains("job nightly"), "{outcome}");
    }
    let refused = project.run("push --json").stdout;
    let refused: serde_json::Value = serde_json::from_str(&refused).unwrap();
    let dropped = refused["error"]["details"]["dropped"].as_array().unwrap();
    let names: Vec<_> = dropped.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["mix", "nightly"], "{refused}");
    assert_eq!(project.list("source list"), serde_json::json!([]));
    let answer = project.json("push --allow-dropped");
    assert_eq!((&answer["sourceVersion"], &answer["deployable"]), (&1.into(), &false.into()));
}
