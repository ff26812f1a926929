//! Secrets: what looks like one is refused or left out before anything of it is kept, and printed nowhere.

mod history;
mod patterns;
mod samples;

use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use std::path::Path;

/// Put together at run time, so that no scanner takes this file for a leak.
pub fn anthropic() -> String {
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
    Error: cannot push: 4 secret(s) would be stored for ever, and sent to every remote
      src/skills/orders.skill.ts:7: this file, which the agent's code reaches, contains what looks like an Anthropic API key: sk-ant-…
      src/index.ts:16: model of the agent contains what looks like a GitHub token: ghp_…
      src/skills/orders.skill.ts:7: context of skill "orders" contains what looks like an Anthropic API key: sk-ant-…
      src/index.ts:6: url of MCP server "docs" contains what looks like a Slack token: xoxb-…
    hint: read it when the agent runs: put the value into `.env` and write `env('NAME')`
    hint: run `lua-store push --allow agent/model --allow mcp-server/docs --allow skill/orders --allow src/skills/orders.skill.ts` to store it if it is not a secret
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
    assert_eq!(project.list("source list").as_array().unwrap().len(), 0);
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
    Error: cannot push: 1 secret(s) would be stored for ever, and sent to every remote
      src/skills/orders.skill.ts:7: context of skill "orders" contains what looks like an Anthropic API key: sk-ant-…
    hint: read it when the agent runs: put the value into `.env` and write `env('NAME')`
    hint: run `lua-store push --allow skill/orders` to store it if it is not a secret
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
    Error: cannot push: 1 secret(s) would be stored for ever, and sent to every remote
      src/lib/store.ts:1: this file, which the agent's code reaches, contains what looks like a GitHub token: ghp_…
    hint: read it when the agent runs: put the value into `.env` and write `env('NAME')`
    hint: run `lua-store push --allow src/lib/store.ts` to store it if it is not a secret
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
