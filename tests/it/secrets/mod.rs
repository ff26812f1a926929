//! Secrets: what looks like one is refused or left out before anything of it is kept, and printed nowhere.

mod samples;

use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use std::path::Path;

/// Put together at run time, so that no scanner takes this file for a leak.
fn anthropic() -> String {
    ["sk-ant-", "api03-q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0W_eR5tY6u"].concat()
}

fn github() -> String {
    ["ghp_", "q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6"].concat()
}

fn slack() -> String {
    ["xoxb-", "2938475610-3847561029-q9Zx8Wc7Vb6Nm5Lk"].concat()
}

/// First file of the store, or object in a pack, that holds these bytes. Objects are read out of
/// the packs by the library, so that compression hides nothing.
fn store_holds(project: &Project, secret: &str) -> Option<String> {
    let has = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    let objects = every_object(&project.path(".lua"));
    let object = objects.iter().find(|(_, bytes)| has(bytes)).map(|(id, _)| id.clone());
    in_files(project, secret).or(object)
}

fn in_files(project: &Project, secret: &str) -> Option<String> {
    let has = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    for entry in walkdir::WalkDir::new(project.path(".lua")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() && has(&std::fs::read(entry.path()).unwrap()) {
            return Some(entry.path().display().to_string());
        }
    }
    None
}

fn every_object(store: &Path) -> Vec<(String, Vec<u8>)> {
    use lua_store::internals::object::Source;
    let store = lua_store::internals::store::Store::open(store).unwrap();
    let objects = store.objects();
    let ids = objects.ids().unwrap();
    ids.iter().map(|id| (id.to_string(), objects.find(id).unwrap().unwrap().1)).collect()
}

fn assert_nowhere(project: &Project, secret: &str, outcomes: &[Outcome]) {
    assert_eq!(store_holds(project, secret), None);
    for outcome in outcomes {
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!told.contains(secret), "{outcome}");
    }
}

#[test]
fn a_value_that_looks_like_a_secret_stops_the_push() {
    let project = shop::project();
    let in_two = |key: String| format!("{}' + '{}", &key[..6], &key[6..]);
    shop::edit(
        &project,
        "src/index.ts",
        "https://docs.example.com/mcp",
        &format!("https://d.example.com/{}", in_two(slack())),
    );
    shop::edit(
        &project,
        "src/index.ts",
        "'openai/gpt-4o'",
        &format!("'openai/{}'", in_two(github())),
    );
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "'Use this when",
        &format!("`Log in with {}.` + 'Use this when", anthropic()),
    );
    let refused = project.run("push");
    assert_snapshot!(refused, @r#"
    $ lua-store push
    --- stderr
    Error: cannot push: 4 secret(s) would be kept for ever, and sent to every remote
      src/skills/orders.skill.ts:7: this file, which the agent's code reaches, contains what looks like an Anthropic API key: sk-ant-…
      src/index.ts:16: model of the agent contains what looks like a GitHub token: ghp_…
      src/skills/orders.skill.ts:7: context of skill "orders" contains what looks like an Anthropic API key: sk-ant-…
      src/index.ts:6: url of MCP server "docs" contains what looks like a Slack token: xoxb-…
    hint: read it when the agent runs: put the value into `.env` and write `env('NAME')`
    hint: run `lua-store push --allow agent/model --allow mcp-server/docs --allow skill/orders --allow src/skills/orders.skill.ts` to store what is no secret
    --- exit 1
    "#);
    let told = [
        "push --dry-run",
        "status",
        "status --json",
        "diff",
        "diff --json",
        "diff -p",
        "compile",
        "compile --json",
    ];
    let mut told: Vec<Outcome> = told.map(|line| project.run(line)).into();
    assert!(told[4..].iter().all(|outcome| outcome.code == 0));
    told.push(refused);
    for secret in [anthropic(), github(), slack()] {
        assert_nowhere(&project, &secret, &told);
    }
    assert!(
        !project.path(".lua/cache/agent").exists(),
        "an agent with a secret is not kept beside the store either"
    );
    assert_eq!(project.json("source list").as_array().unwrap().len(), 0);
}

#[test]
fn what_is_no_secret_is_allowed_by_its_name_and_stays_so() {
    let project = shop::project();
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "'Use this when",
        &format!("'{}' + ' Use this when", anthropic()),
    );
    assert_snapshot!(project.run("push --allow skill/orders --allow src/skills/orders.skill.ts").notes(), @"
    $ lua-store push --allow skill/orders --allow src/skills/orders.skill.ts
    💾 Backup at v1 (8 new file(s))
    ✅ Push complete: 6 changed
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    assert!(store_holds(&project, &anthropic()).is_some());
    assert_snapshot!(project.run("status"), @"
    $ lua-store status
    Active version:  (none)
    Newest version:  (none)
    Pushed source:   v1
    The pushed state is in no version yet.
    Nothing to push: the project is as it was pushed.
    Allowed secrets: skill/orders, src/skills/orders.skill.ts
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    assert_eq!(
        project.json("status")["allowed"],
        serde_json::json!(["skill/orders", "src/skills/orders.skill.ts"])
    );
    assert_eq!(project.json("push")["changed"], false);
    assert_snapshot!(project.run("push --disallow skill/orders"), @r#"
    $ lua-store push --disallow skill/orders
    --- stderr
    Error: cannot push: 1 secret(s) would be kept for ever, and sent to every remote
      src/skills/orders.skill.ts:7: context of skill "orders" contains what looks like an Anthropic API key: sk-ant-…
    hint: read it when the agent runs: put the value into `.env` and write `env('NAME')`
    hint: run `lua-store push --allow skill/orders` to store what is no secret
    --- exit 1
    "#);
    assert_snapshot!(project.run("push --disallow skill/orders"), @r#"
    $ lua-store push --disallow skill/orders
    --- stderr
    Error: "skill/orders" is not allowed
    hint: allowed: src/skills/orders.skill.ts
    --- exit 3
    "#);
    assert_snapshot!(project.run("push --allow \"\""), @r#"
    $ lua-store push --allow ""
    --- stderr
    Error: `--allow` needs a path, or a kind and a name
    hint: run for example `lua-store push --allow src/key.ts --allow skill/orders`
    --- exit 2
    "#);
}

#[test]
fn a_file_that_code_reaches_is_not_left_out() {
    let project = shop::project();
    project.write(
        "src/lib/store.ts",
        format!(
            "const key = '{}';\nexport const find = (id: string) => ({{ id, key }});\n",
            github()
        ),
    );
    project.write("src/notes.ts", format!("// {}\n", slack()));
    let refused = project.run("push");
    assert_snapshot!(refused, @"
    $ lua-store push
    --- stderr
    Error: cannot push: 1 secret(s) would be kept for ever, and sent to every remote
      src/lib/store.ts:1: this file, which the agent's code reaches, contains what looks like a GitHub token: ghp_…
    hint: read it when the agent runs: put the value into `.env` and write `env('NAME')`
    hint: run `lua-store push --allow src/lib/store.ts` to store what is no secret
    --- exit 1
    ");
    assert_nowhere(&project, &github(), &[refused]);
    let pushed = project.run("push --allow src/lib/store.ts");
    assert_snapshot!(pushed.notes(), @r#"
    $ lua-store push --allow src/lib/store.ts
    💾 Backup at v1 (8 new file(s))
    ✅ Push complete: 6 changed
    --- stderr
    warning: left out "src/notes.ts": contains what looks like a Slack token in line 1
    hint: run `lua-store version create` to create a version of it
    "#);
    assert_nowhere(&project, &slack(), &[pushed]);
    project.ok("version create");
    let tree = project.ok("ls-tree -r v1");
    assert!(tree.contains("source/src/lib/store.ts") && !tree.contains("notes.ts"), "{tree}");
}

#[test]
fn a_file_that_is_ignored_and_reached_is_no_way_around() {
    let project = shop::project();
    project.write(".gitignore", "src/lib\n");
    project.write(
        "src/lib/store.ts",
        format!("export const find = (id: string) => '{}';\n", github()),
    );
    let refused = project.run("push");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("  src/lib/store.ts:1: "), "{refused}");
    assert_nowhere(&project, &github(), &[refused]);
}

#[test]
fn a_secret_by_its_name_is_refused_when_code_imports_it() {
    let project = shop::project();
    project.write("src/lib/secrets.json", "{\"a\": 1}\n");
    project.write(
        "src/lib/store.ts",
        "import a from './secrets.json';\nexport const find = () => a;\n",
    );
    let refused = project.run("push");
    assert!(
        refused.stderr.contains(
            "src/lib/secrets.json: this file, which the agent's code reaches, is left out (credential file)"
        ),
        "{refused}"
    );
    project.ok("push --allow src/lib/secrets.json");
}

#[test]
fn words_that_hold_a_secret_are_refused_before_they_are_a_record() {
    let project = shop::project();
    let refused = project.run(&format!("push -m \"with {}\"", anthropic()));
    assert_eq!(refused.code, 1, "{refused}");
    assert_snapshot!(refused.stderr, @r#"
    Error: cannot keep this message: it contains what looks like an Anthropic API key: sk-ant-…
    hint: write it without that value: it is kept for ever and sent to every remote
    hint: "record/message" in the list `allow` of ".lua/config.toml" keeps what is no secret
    "#);
    project.ok("push");
    let mut told = vec![
        refused,
        project.run(&format!("version create -m \"with {}\"", anthropic())),
        project.run(&format!("push --author {}", anthropic())),
    ];
    assert!(told.iter().all(|outcome| outcome.code == 1), "{told:?}");
    project.ok("version create -m first");
    let promoted = project.run(&format!("version promote 1 -m \"with {}\"", anthropic()));
    assert_eq!(promoted.code, 1, "{promoted}");
    assert!(project.json("version list").to_string().contains("staged"));
    told.push(promoted);
    assert_nowhere(&project, &anthropic(), &told);
    project.write(".lua/config.toml", "allow = [\"record/reason\"]\n");
    project.ok(&format!("version promote 1 -m \"with {}\"", anthropic()));
}

#[test]
fn what_is_in_the_history_stands_in_nobodys_way() {
    let project = shop::project();
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "'Use this when",
        &format!("'{}' + 'Use this when", anthropic()),
    );
    project.ok("push --allow skill/orders --allow src/skills/orders.skill.ts");
    project.ok("version create -m first");
    project.ok("version promote 1");
    project.write(".lua/config.toml", "");
    shop::edit(&project, "src/skills/orders.skill.ts", &anthropic(), "");
    project.ok("push");
    project.ok("version create -m second");
    project.ok("version promote 2");
    project.ok("version promote 1");
    project.ok("source rollback --version 1 --force");
    assert!(project.read("src/skills/orders.skill.ts").contains(&anthropic()));
}

/// Allowed secrets come with a clone or a pull, or others could push nothing of it.
#[test]
fn what_others_allowed_comes_with_a_clone_and_a_pull() {
    let ana = shop::project();
    ana.write(".env.shared", format!("TOKEN={}\n", slack()));
    shop::edit(
        &ana,
        "src/skills/orders.skill.ts",
        "'Use this when",
        &format!("'{}' + ' Use this when", anthropic()),
    );
    let remote = ana.path("../server/agent_shop");
    std::fs::create_dir_all(remote.parent().unwrap()).unwrap();
    ana.ok(&format!("remote add origin \"{}\"", remote.display()));
    ana.ok("push --allow skill/orders --allow src/skills/orders.skill.ts --allow .env.shared");
    let cloned = ana.run(&format!("clone \"{}\" ../ben", remote.display()));
    let allowed = ["/.env.shared", "skill/orders", "src/skills/orders.skill.ts"];
    assert!(
        cloned.stderr.contains("Allowed secrets, as agent_shop contains them: .env.shared, src/skills/orders.skill.ts, skill/orders"),
        "{cloned}"
    );
    let status = ana.json("status -C ../ben");
    let mut listed: Vec<&str> =
        status["allowed"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    listed.sort_unstable();
    assert_eq!(listed, allowed);
    let none = serde_json::json!([]);
    assert_eq!((&status["notPushed"]["files"], &status["secrets"]), (&none, &none), "{status}");
    // Another one, in a file that is new and in one that was there; and the colleague's own edit beside it.
    ana.write(".env.shared", format!("TOKEN={}\nMORE=1\n", slack()));
    ana.write("src/lib/key.ts", format!("export const key = '{}';\n", github()));
    ana.ok("push --allow src/lib/key.ts");
    ana.write("../ben/notes.md", "mine\n");
    // A pull that is refused changes nothing, the list neither.
    ana.write("../ben/src/lib/key.ts", "export const key = 'mine';\n");
    let refused = ana.run("pull -C ../ben");
    assert_eq!(refused.code, 1, "{refused}");
    assert_eq!(ana.json("status -C ../ben")["allowed"].as_array().unwrap().len(), 3);
    std::fs::remove_file(ana.path("../ben/src/lib/key.ts")).unwrap();
    let pulled = ana.run("pull -C ../ben");
    assert_eq!(pulled.code, 0, "{pulled}");
    assert!(
        pulled.stderr.contains("Allowed secrets, as origin contains them: src/lib/key.ts\n"),
        "{pulled}"
    );
    assert!(ana.read("../ben/.env.shared").contains("MORE"));
    ana.ok("push -C ../ben");
    let tree = ana.ok("ls-tree -r -C ../ben source/v3");
    assert!(tree.contains(".env.shared") && tree.contains("src/lib/key.ts"), "{tree}");
    // A secret that nobody allowed is refused as before.
    ana.write("../ben/src/lib/other.ts", format!("export const key = '{}';\n", github()));
    ana.write(
        "../ben/src/lib/store.ts",
        "import { key } from './other';\nexport const find = (id: string) => ({ id, key });\n",
    );
    let refused = ana.run("push -C ../ben");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("src/lib/other.ts:1: "), "{refused}");
}

/// Secret that the program finds in a sample: the bytes that must be nowhere.
fn secret_in(sample: &str) -> Option<(&'static str, String)> {
    let hit = lua_store::internals::workspace::secrets(sample.as_bytes()).next()?;
    Some((hit.what, sample[hit.range].to_owned()))
}

/// Every row of the table has a sample, and every sample is found as what it is.
#[test]
fn every_shape_has_a_sample_that_is_found() {
    let shapes: Vec<_> = lua_store::internals::workspace::secret_patterns().collect();
    for shape in &shapes {
        let recipes: Vec<&str> = samples::SAMPLES
            .iter()
            .filter(|(name, _)| *name == shape.name)
            .map(|(_, recipe)| *recipe)
            .collect();
        assert!(!recipes.is_empty(), "the shape \"{}\" has no sample in samples.rs", shape.name);
        for (recipe, seed) in
            recipes.iter().flat_map(|recipe| (0..20).map(move |seed| (recipe, seed)))
        {
            let text = format!("const a = 1;\n  {};\n", samples::make(recipe, seed));
            assert_eq!(
                secret_in(&text).map(|(what, _)| what),
                Some(shape.what),
                "{}: {text}",
                shape.name
            );
        }
    }
    let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
    for (number, name) in names.iter().enumerate() {
        assert!(!names[..number].contains(name), "two shapes are called \"{name}\"");
    }
    for (name, _) in samples::SAMPLES {
        assert!(names.contains(name), "\"{name}\" is the name of no shape");
    }
}

/// One skill and one file for each sample: each is refused as a value and left out as a file, and no object, pack
/// or cache has a byte of it.
#[test]
fn nothing_of_any_shape_is_kept() {
    let project = Project::new();
    let (mut index, mut secrets) =
        (String::from("import { LuaAgent, LuaSkill } from 'lua-cli';\n"), Vec::new());
    let mut names = Vec::new();
    for (number, (shape, recipe)) in samples::SAMPLES.iter().enumerate() {
        let sample = samples::make(recipe, 7);
        let name = format!("s{number}-{shape}");
        project.write(&format!("notes/{name}.txt"), &sample);
        let text = serde_json::to_string(&format!("Use this. {sample} ")).unwrap();
        index += &format!(
            "const s{number} = new LuaSkill({{ name: '{name}', context: {text}, tools: [] }});\n"
        );
        let (_, secret) = secret_in(&sample).unwrap_or_else(|| panic!("{shape}: {sample}"));
        secrets.push((name.clone(), secret));
        names.push(format!("s{number}"));
    }
    index += &format!(
        "export const agent = new LuaAgent({{ name: 'a', skills: [{}] }});\n",
        names.join(", ")
    );
    project.write("src/index.ts", index);
    project.ok("init");
    let status = project.json("status");
    let refused: Vec<&str> = status["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leak| leak["allow"].as_str().unwrap())
        .collect();
    let left_out: Vec<&str> = status["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| left["path"].as_str().unwrap())
        .collect();
    for (name, _) in &secrets {
        assert!(refused.contains(&&*format!("skill/{name}")), "the value of {name} is not refused");
        assert!(
            left_out.contains(&&*format!("notes/{name}.txt")),
            "the file of {name} is not left out"
        );
    }
    // The file may be kept: then each value of its own is in the way.
    let pushed = project.run("push --allow src/index.ts");
    assert_eq!(pushed.code, 1, "{pushed}");
    let told = [
        project.run("status --json"),
        project.run("compile --json"),
        project.run("diff --json"),
        pushed,
    ];
    let told: String =
        told.iter().map(|outcome| format!("{}{}", outcome.stdout, outcome.stderr)).collect();
    project.ok("push --disallow src/index.ts --force backup");
    let objects = every_object(&project.path(".lua"));
    for (name, secret) in &secrets {
        let longest = secret.lines().max_by_key(|line| line.len()).unwrap();
        assert!(!told.contains(longest), "{name} is printed");
        assert_eq!(in_files(&project, longest), None, "{name}");
        let has =
            |bytes: &[u8]| bytes.windows(longest.len()).any(|part| part == longest.as_bytes());
        assert!(!objects.iter().any(|(_, bytes)| has(bytes)), "an object holds {name}");
    }
}
