//! Words that become records, and secrets that the history has already.

use super::{anthropic, assert_nowhere, github, slack};
use crate::common::shop;
use insta::assert_snapshot;

#[test]
fn words_that_hold_a_secret_are_refused_before_they_are_a_record() {
    let project = shop::project();
    let refused = project.run(&format!("push -m \"with {}\"", anthropic()));
    assert_eq!(refused.code, 1, "{refused}");
    assert_snapshot!(refused.stderr, @r#"
    Error: cannot store this message: it contains what looks like an Anthropic API key: sk-ant-…
    hint: write it without that value: it would be stored for ever and sent to every remote
    hint: add "record/message" to the list `allow` of ".lua/config.toml" if it is not a secret
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
    assert!(project.list("version list").to_string().contains("staged"));
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
