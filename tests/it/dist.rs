//! `dist-v2`: what `lua compile` made of the project enters beside the agent, and never decides what changed.
//!
//! `fixtures/dist` is a project and real output of lua-cli 3.37.0 for it, without source maps: `here` and
//! `there` were compiled in two folders; `names` after a change that only moved the minifier's names in
//! the other bundles, `neighbour` after one that stands in the bundle of the job too.

use crate::common::Project;
use insta::assert_snapshot;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use walkdir::WalkDir;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dist")
}

/// Copies a folder of the fixtures into the project.
fn copy(project: &Project, from: &str, to: &str) {
    let from = fixtures().join(from);
    for entry in WalkDir::new(&from).into_iter().map(Result::unwrap).filter(|one| one.file_type().is_file()) {
        let below = entry.path().strip_prefix(&from).unwrap().to_string_lossy().replace('\\', "/");
        let to = format!("{to}{below}");
        project.write(&to, std::fs::read(entry.path()).unwrap());
    }
}

/// The paint shop, compiled in this folder.
fn compiled(output: &str) -> Project {
    let project = Project::new();
    copy(&project, "project", "");
    copy(&project, output, "dist-v2/");
    project.ok("init");
    project
}

fn edit(project: &Project, from: &str, to: &str) {
    let text = project.read("src/shop.ts");
    assert!(text.contains(from), "{from}");
    project.write("src/shop.ts", text.replace(from, to));
}

/// The paths in a tree.
fn paths(project: &Project, tree: &str) -> Vec<String> {
    let listed = project.ok(&format!("ls-tree -r {tree}"));
    listed.lines().map(|line| line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")).collect()
}

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
    assert_snapshot!(project.ok("cat-file v1:state/skills/shop/code/tools/open.js"), @r#"
    var $0 = Object.defineProperty;
    var $1 = Object.getOwnPropertyDescriptor;
    var $2 = Object.getOwnPropertyNames;
    var $3 = Object.prototype.hasOwnProperty;
    var $4 = (_0, _1) => {
    	for (var _2 in _1) $0(_0, _2, {
    		get: _1[_2],
    		enumerable: !0
    	});
    }, $5 = (_0, _1, _2, _3) => {
    	if (_1 && typeof _1 == "object" || typeof _1 == "function") for (let _4 of $2(_1)) !$3.call(_0, _4) && _4 !== _2 && $0(_0, _4, {
    		get: () => _1[_4],
    		enumerable: !(_3 = $1(_1, _4)) || _3.enumerable
    	});
    	return _0;
    };
    var $6 = (_0) => $5($0({}, "__esModule", { value: !0 }), _0);
    var $7 = {};
    $4($7, {
    	OpenTool: () => $10,
    	default: () => $15
    });
    module.exports = $6($7);
    var $8 = require("zod"), $9 = Array.from(new Map("red,green,blue".split(",").map((_0) => [_0, 1])).keys());
    var $10 = class {
    	name = "open";
    	description = "Open a tin";
    	inputSchema = $8.z.object({ tin: $8.z.string() });
    	async execute(_0) {
    		return { opened: _0.tin };
    	}
    }, $11 = {
    	name: "list",
    	description: "List the tins",
    	inputSchema: $8.z.object({ shelf: $8.z.number().int() }),
    	execute: async (_0) => [_0.shelf]
    };
    var $12 = {
    	name: "nightly",
    	description: "Counts the tins",
    	schedule: {
    		type: "cron",
    		expression: process.env.TINS_AT ?? "0 1 * * *"
    	},
    	execute: async () => {
    		console.log("tins");
    	}
    };
    var $13 = new $10(), $14 = {
    	version: "2.0.0",
    	kind: "tool",
    	name: "open",
    	description: "Open a tin",
    	exportName: "OpenTool",
    	pattern: "class-definition"
    }, $15 = {
    	__lua_primitive__: $14,
    	primitive: {
    		kind: "tool",
    		name: $13.name ?? "open",
    		description: $13.description ?? "Open a tin",
    		inputSchema: $13.inputSchema,
    		execute: typeof $13.execute == "function" ? $13.execute.bind($13) : void 0,
    		condition: typeof $13.condition == "function" ? $13.condition.bind($13) : void 0
    	}
    };
    0 && (module.exports = { OpenTool });
    "#);
    let definition = project.ok("cat-file v1:state/skills/shop/definition.json");
    assert!(definition.contains(r#""colour":{"$source":"z.enum(colours as [string, ...string[]])"}"#));
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
fn the_names_of_a_minifier_are_no_news() {
    let project = compiled("here");
    project.ok("push");
    let kept = project.json("push --dry-run")["state"].clone();
    copy(&project, "names", "dist-v2/");
    edit(&project, "'Open a tin'", LONG);
    let answer = project.json("push --dry-run");
    assert_eq!(answer["compiled"]["state"], "fresh");
    assert_ne!(answer["state"], kept);
    let rebundled = answer["items"].as_array().unwrap().iter().filter(|item| item["rebundled"] == true);
    assert_eq!(rebundled.count(), 0);
}

#[test]
fn what_is_bundled_anew_and_the_same_is_no_change() {
    let project = compiled("here");
    project.ok("push");
    project.ok("version create");
    let job = project.ok("rev-parse v1:state/jobs/nightly");
    copy(&project, "neighbour", "dist-v2/");
    edit(&project, "'List the tins'", "'List the tins of a shelf'");
    assert_snapshot!(project.run("push --dry-run"), @r#"
    $ lua-store push --dry-run
      ·  Paint Shop unchanged (agent settings)
      ·  persona v1 unchanged (persona)
      ~  shop v1.0.1 would be pushed (skill, 1.0.0 → 1.0.1)
          ~ tool list
              description:
                - List the tins
                + List the tins of a shelf
      ·  nightly v1.0.0 unchanged (job; re-bundled, same behaviour)
    Would push 1 change(s), 1 changed file(s). Nothing was stored.
    --- stderr
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    "#);
    assert_snapshot!(project.run("diff"), @"
    $ lua-store diff
    Diff v1 → project
    Skills:
      ~ shop 1.0.0 → 1.0.1
          ~ tool list
              description:
                - List the tins
                + List the tins of a shelf
    Webhooks: (no changes)
    Jobs: (no changes)
      · nightly@1.0.0 (re-bundled, same behaviour)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
    Files:
      M src/shop.ts
    ");
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  (none)
    Newest version:  v1
    Pushed source:   v1
    Staged:          v1 (made, never live)
    Not pushed:
      ~ skill shop (changed)
      · job nightly (re-bundled, same behaviour)
      M src/shop.ts
    --- stderr
    hint: `lua-store version promote v1` makes it active
    hint: `lua-store push` keeps it
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
    assert_snapshot!(project.run("version diff 1 2"), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ shop 1.0.0 → 1.0.1
          ~ tool list
              description:
                - List the tins
                + List the tins of a shelf
    Webhooks: (no changes)
    Jobs: (no changes)
      · nightly@1.0.2 (re-bundled, same behaviour)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
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
    let manifest = manifest.replace(&old, &hash).replace("\"green\",\n                \"blue\"", "\"green\"");
    project.write("dist-v2/manifest.json", manifest);
    assert_eq!(project.json("push")["compiled"]["state"], "fresh");
    project.ok("version create");
    let told = project.ok("version diff 1 2");
    assert!(told.contains("blue"), "{told}");
}

/// As `printf '%s' TEXT | sha256sum | head -c 16` has it.
fn stock_hash(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn stale_output_is_ignored_and_said() {
    let project = compiled("here");
    edit(&project, "'Open a tin'", "'Open the tin'");
    assert_snapshot!(project.run("push"), @r#"
    $ lua-store push
      ✅ Paint Shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ shop v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
    💾 Backup at v1 (6 new file(s))
    ✅ Push complete: 4 changed
    --- stderr
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    The output of `lua compile` is older than the project and is ignored: "src/shop.ts" is not what was compiled
    hint: `lua-store version create` makes a version of it
    "#);
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  (none)
    Newest version:  (none)
    Pushed source:   v1
    The pushed state is in no version yet.
    Nothing to push: the project is as it was pushed.
    --- stderr
    hint: `lua-store version create` makes a version of it
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    The output of `lua compile` is older than the project and is ignored: "src/shop.ts" is not what was compiled
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
    The output of `lua compile` is older than the project and is ignored: "src/shop.ts" is not what was compiled
    "#);
    project.ok("version create");
    assert!(!paths(&project, "v1:state").iter().any(|path| path.contains("code/")));
    let told = project.json("status");
    assert_eq!(told["compiled"]["state"], "stale");
    assert_eq!(told["compiled"]["reason"], "\"src/shop.ts\" is not what was compiled");
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
    assert_eq!(project.json("status")["compiled"]["reason"], "\"tsconfig.json\" is not what was compiled");
}

#[test]
fn numbers_in_the_stock_manifest_do_not_make_output_stale() {
    let project = compiled("here");
    project.write("lua.skill.yaml", "agent: { agentId: a }\nskills:\n  - { name: shop, version: 1.0.4 }\n");
    assert_eq!(project.json("push")["compiled"]["state"], "fresh");
}

type Damage<'a> = Box<dyn Fn(&Project) + 'a>;

#[test]
fn damaged_output_is_ignored_and_said() {
    let manifest = std::fs::read_to_string(fixtures().join("here/manifest.json")).unwrap();
    let cut = &manifest[..manifest.len() / 2];
    let out = manifest.replace("artifacts/tool/mix.js", "../../outside.js");
    let cases: [(&str, Damage<'_>); 6] = [
        ("is not well formed", Box::new(|p| p.write("dist-v2/manifest.json", cut))),
        ("is not well formed", Box::new(|p| p.write("dist-v2/manifest.json", "[".repeat(100_000)))),
        ("is no path inside", Box::new(|p| p.write("dist-v2/manifest.json", &out))),
        (
            "mix.js\" is gone",
            Box::new(|p| std::fs::remove_file(p.path("dist-v2/artifacts/tool/mix.js")).unwrap()),
        ),
        (
            "mix.js\" is not what the manifest says",
            Box::new(|p| p.write("dist-v2/artifacts/tool/mix.js", "0")),
        ),
        (
            "dist-v2/manifest.json\" is no file",
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
    project.write("dist-v2/manifest.json", manifest.replace(&stock_hash(&bundle), &stock_hash(&secret)));
    let outcome = project.run("push");
    assert!(outcome.stderr.contains(&format!("left out \"{path}\": contains what looks like")), "{outcome}");
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
        let place =
            "tools.mix.inputSchema.properties.colour (as `lua compile` made it).enum[1] of skill \"shop\"";
        assert!(outcome.stderr.contains(place), "{outcome}");
        assert!(outcome.stderr.contains("`lua-store push --allow skill/shop`"), "{outcome}");
        assert!(!outcome.stderr.contains(&key), "{outcome}");
    }
    assert_eq!(project.json("source list"), serde_json::json!([]));
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
    assert_eq!(project.json("source list"), serde_json::json!([]));
    let answer = project.json("push --allow-dropped");
    assert_eq!((&answer["sourceVersion"], &answer["deployable"]), (&1.into(), &false.into()));
}

/// A stock command of the project that does this instead.
#[cfg(unix)]
fn stock_command(project: &Project, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    project.write("node_modules/.bin/lua", format!("#!/bin/sh\n{script}\n"));
    let path = project.path("node_modules/.bin/lua");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn the_compiler_runs_first_where_it_is_asked_for() {
    let project = compiled("here");
    std::fs::rename(project.path("dist-v2"), project.path("../made")).unwrap();
    stock_command(&project, "echo \"$1 in $PWD\"; cat; cp -r ../made dist-v2");
    assert_snapshot!(project.run("push --compiler lua"), @r#"
    $ lua-store push --compiler lua
      ✅ Paint Shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ shop v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
    💾 Backup at v1 (6 new file(s))
    ✅ Push complete: 4 changed
    --- stderr
    compile in [DIR]/project
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    hint: `lua-store version create` makes a version of it
    "#);
    assert_eq!(project.json("compile --compiler lua")["compiled"]["state"], "fresh");
}

#[cfg(unix)]
#[test]
fn a_compiler_that_fails_pushes_nothing() {
    let project = compiled("here");
    stock_command(&project, "echo 'src/shop.ts:3 - no' >&2; exit 7");
    assert_snapshot!(project.run("push --compiler lua"), @"
    $ lua-store push --compiler lua
    --- stderr
    src/shop.ts:3 - no
    Error: `lua compile` failed: exit status: 7
    hint: correct what it names above, or leave `--compiler` out: the agent is read without it
    --- exit 1
    ");
    stock_command(&project, "rm -r dist-v2");
    assert_snapshot!(project.run("push --compiler lua"), @r#"
    $ lua-store push --compiler lua
    --- stderr
    Error: cannot use what `lua compile` made: there is no "dist-v2/manifest.json"
    hint: run `lua compile` to see what it does
    --- exit 1
    "#);
    std::fs::remove_dir_all(project.path("node_modules")).unwrap();
    assert_snapshot!(project.run("push --compiler lua"), @"
    $ lua-store push --compiler lua
    --- stderr
    Error: cannot find the stock command `lua`
    hint: `npm install lua-cli` in the project, or leave `--compiler` out: the agent is read without it
    --- exit 3
    ");
    assert_eq!(project.json("source list"), serde_json::json!([]));
}

/// `LUA_CLI_MODULES` is a `node_modules` folder with lua-cli.
#[cfg(unix)]
#[test]
fn the_real_compiler_gives_equal_ids_in_two_folders() {
    let node = Command::new("node").arg("--version").output().is_ok();
    let Some(modules) = std::env::var_os("LUA_CLI_MODULES").filter(|_| node) else {
        let why = "needs Node, and LUA_CLI_MODULES with the path of a node_modules folder with lua-cli";
        let _ = writeln!(std::io::stderr(), "skipped: {why}");
        return;
    };
    let state = |below: &str| {
        let mut project = Project::new();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let check = format!("{{\"latestVersion\":\"3.37.0\",\"checkedAt\":{now}}}");
        let settings = project.root().with_file_name("home").join(".lua-cli");
        std::fs::create_dir(&settings).unwrap();
        std::fs::write(settings.join("version-check.json"), check).unwrap();
        project.set("LUA_TELEMETRY", "false");
        copy(&project, "project", below);
        std::os::unix::fs::symlink(&modules, project.path(format!("{below}node_modules"))).unwrap();
        project.ok(&format!("init -C ./{below}"));
        let answer = project.json(&format!("push --compiler lua -C ./{below}"));
        assert_eq!(answer["compiled"]["state"], "fresh");
        answer["state"].clone()
    };
    assert_eq!(state(""), state("a/much/longer/way/"));
}
