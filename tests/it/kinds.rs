//! Kinds of answers: each has a command here that prints it, and `schema` prints the schema of each.

use crate::common::server::Server;
use crate::common::{Project, answer, shop};
use insta::assert_snapshot;
use serde_json::Value;
use std::collections::BTreeSet;

/// A kind, and a command whose answer is one; `$` is a command of the shell before it.
type Story = &'static [(&'static str, &'static str)];

const SECRET: &str = "the code\n";

const ALONE: Story = &[
    ("overview", ""),
    ("init", "init"),
    ("push", "push -m first"),
    ("agent", "compile"),
    ("status", "status"),
    ("versionCreation", "version create -m one"),
    ("promotion", "version promote 1"),
    ("promotion", "version promote 1 --dry-run"),
    ("versionList", "version list"),
    ("version", "version show 1"),
    ("versionContent", "version show source/v1"),
    ("versionSummary", "show v1"),
    ("versionChanges", "show source/v1"),
    ("file", "show v1:package.json"),
    ("folder", "show v1:src"),
    ("log", "log"),
    ("ledger", "log --ledger"),
    ("timeline", "log --pushes"),
    ("blame", "blame package.json"),
    ("diff", "diff"),
    ("$", "sed -i 's/help customers shop/help/' src/index.ts && echo notes > notes.md"),
    ("push", "push --dry-run"),
    ("push", "push -m second"),
    ("versionStatus", "version status"),
    ("versionCreation", "version create -m two"),
    ("versionDiff", "version diff 1 2"),
    ("versionDeletion", "version delete 2 --force"),
    ("versionUndeletion", "version undelete 2"),
    ("undo", "undo"),
    ("operationList", "op log"),
    ("sourceVersionList", "source list"),
    ("sourceVersion", "source show 1"),
    ("sourceDiff", "source diff 1 2"),
    ("personaList", "persona list"),
    ("persona", "persona show 1"),
    ("personaDiff", "persona diff 1 2"),
    ("$", "echo edited > notes.md"),
    ("restore", "restore notes.md"),
    ("snapshotList", "snapshot list"),
    ("snapshotDiff", "snapshot diff 1"),
    ("snapshotRestore", "snapshot restore 1"),
    ("restoredFolder", "restore v1 ../restored"),
    ("sourceRollbackPlan", "source rollback --version 1 --dry-run"),
    ("sourceRollback", "source rollback --version 1 --force"),
    ("error", "version show 99"),
    ("error", "version show --nonsense"),
];

const OBJECTS: Story = &[
    ("$", "mkdir -p tmp && echo 'the code' > secret.md"),
    ("push", "push"),
    ("versionCreation", "version create"),
    ("tree", "ls-tree -r v1"),
    ("object", "cat-file v1:meta"),
    ("object", "cat-file v1"),
    ("revisionList", "rev-parse v1 source/v1"),
    ("hashList", "hash-object package.json"),
    ("purge", "purge secret.md --reason leaked --dry-run"),
    ("purge", "purge secret.md --reason leaked --force"),
    ("purgeAllowance", "purge --allow {object}"),
    ("check", "fsck"),
    ("collection", "gc"),
    ("compaction", "compact"),
    ("objectCount", "count-objects"),
    ("doctor", "doctor"),
    ("program", "--version"),
    ("gitNotConnected", "git status"),
    ("$", "git init -q . && git config user.name Ana && git config user.email ana@example.com"),
    ("gitConnection", "git connect"),
    ("gitStatus", "git status"),
    ("gitDisconnection", "git disconnect"),
    ("manPage", "man"),
    ("manPages", "man pages"),
    ("helpTopic", "versions"),
    ("schemaList", "schema"),
    ("schema", "schema push"),
    ("demo", "demo"),
];

const SHARED: Story = &[
    ("remote", "remote add origin ../data/agent_shop"),
    ("remoteAddress", "remote set-url origin ../data/agent_shop"),
    ("push", "push"),
    ("versionCreation", "version create -m one"),
    ("promotion", "version promote 1"),
    ("remoteList", "remote list"),
    ("remoteShow", "remote show"),
    ("remoteStatus", "-C .. status --remote project/../data/agent_shop"),
    ("bundle", "bundle create ../all.bundle"),
    ("bundleVerification", "bundle verify ../all.bundle"),
    ("bundleFetch", "fetch ../all.bundle"),
    ("clone", "clone ../data/agent_shop ../ben"),
    ("drift", "sync --check"),
    ("$", "cd ../ben && sed -i 's/help customers shop/help/' src/index.ts"),
    ("drift", "-C ../ben sync --check"),
    ("push", "-C ../ben push"),
    ("fetch", "fetch"),
    ("pull", "pull"),
    ("pullNothing", "pull"),
    ("$", "sed -i 's/You help/We help/' src/index.ts"),
    ("syncAccept", "sync --accept --force"),
    ("$", "echo more >> notes.md"),
    ("syncPull", "sync --pull --force"),
    ("versionPull", "pull --version 1 --force"),
    (
        "$",
        "sed -i 's/Finds products/Finds ours/' src/skills/catalog.skill.ts && cd ../ben && sed -i 's/Finds products/Finds theirs/' src/skills/catalog.skill.ts",
    ),
    ("push", "-C ../ben push"),
    ("pullConflicts", "pull"),
    ("pullMarkers", "pull --markers"),
    ("status", "status"),
    ("pullAbort", "pull --abort"),
    ("$", "echo '}' >> src/index.ts"),
    ("driftUnread", "sync --check"),
    ("status", "status"),
    ("remoteAddress", "remote set-url origin http://127.0.0.1:1/agent_shop"),
    ("driftUnknown", "sync --check"),
    ("remoteRemoval", "remote remove origin"),
];

const SERVED: Story = &[
    ("newToken", "serve token create --agent agent_shop --scope push --for ben@example.com"),
    ("tokenList", "serve token list"),
    ("newToken", "serve token rotate {token}"),
    ("token", "serve token revoke {token}"),
    ("revokedTokens", "serve token revoke --for ben@example.com"),
    ("login", "login"),
    ("push", "push"),
    ("status", "status"),
    ("error", "push --expect-source v7"),
    ("logout", "logout"),
    ("storedAgentList", "serve agents list"),
    ("storedAgent", "serve agents show agent_shop"),
    ("agentArchive", "serve agents archive agent_shop"),
    ("serverCheck", "serve fsck"),
    ("serverGarbage", "serve gc --dry-run"),
    ("serverCollection", "serve gc"),
    ("backup", "serve backup ../backup"),
    ("backupRestore", "serve restore ../backup --data ../restored"),
    ("agentDeletion", "serve agents delete agent_shop --force"),
];

/// Kinds that no story has: the lines that `serve` and `ui` print, which their tests wait for, and the check of the platform, whose
/// tests are those of `remote check`. The health of a server is asked in `server/health.rs`, and a store is checked in
/// `engine/refused.rs`.
const ELSEWHERE: [&str; 8] = [
    "abortedPromotion",
    "platformCheck",
    "platformDiff",
    "remoteVerification",
    "server",
    "serverHealth",
    "storeCheck",
    "ui",
];

/// Tells a story, and compares the kinds of its answers. Every answer is checked against its schema.
fn tell(project: &Project, story: Story, input: &str) {
    for (kind, line) in story {
        if *kind == "$" {
            let done = project.command("bash").args(["-ec", line]).status().unwrap();
            assert!(done.success(), "{line}");
            continue;
        }
        let object = blake3::hash(SECRET.as_bytes()).to_string();
        let mut line = line.replace("{object}", &object) + " --json";
        if line.contains("{token}") {
            let newest = project.list("serve token list").as_array().unwrap().last().cloned();
            line = line.replace("{token}", newest.unwrap()["id"].as_str().unwrap());
        }
        let outcome = project.run_with_input(&line, input);
        let printed: Value = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{error}: {outcome}"));
        assert_eq!(printed["kind"], **kind, "{outcome}");
    }
}

#[test]
fn answers_of_a_store() {
    let project = Project::new();
    shop::write(&project);
    tell(&project, ALONE, "");
}

#[test]
fn answers_about_objects() {
    let mut project = shop::project();
    project.set("TMPDIR", &project.path("tmp").to_string_lossy());
    tell(&project, OBJECTS, "");
}

#[test]
fn answers_of_what_is_shared() {
    let mut project = shop::project();
    project.set("LUA_STORE_TRIES", "1");
    tell(&project, SHARED, "");
}

#[test]
fn answers_of_a_server() {
    let mut project = shop::project();
    let server = Server::start(&project, "");
    let token = server.token(&project, "agent_shop", "push");
    project.set("LUA_STORE_DATA", &server.data().to_string_lossy());
    project.ok(&format!("remote add origin {}/agent_shop", server.url));
    tell(&project, SERVED, &format!("{token}\n"));
}

#[test]
fn every_kind_is_told_about() {
    let told = [ALONE, OBJECTS, SHARED, SERVED].concat();
    let told = told.iter().map(|(kind, _)| *kind).filter(|kind| *kind != "$").chain(ELSEWHERE);
    let told: BTreeSet<String> = told.map(str::to_owned).collect();
    let listed = Project::new().list("schema");
    let listed = listed.as_array().unwrap().iter();
    let listed: BTreeSet<String> = listed.map(|kind| kind.as_str().unwrap().to_owned()).collect();
    assert_eq!(told, listed);
}

#[test]
fn the_line_of_a_server_is_an_answer() {
    let line = r#"{"schemaVersion":1,"kind":"server","url":"http://127.0.0.1:7420","adminUrl":null,"publicUrl":null,"data":"/data","next":[]}"#;
    assert_eq!(answer::check("serve --json", line.as_bytes()).as_deref(), Some("server"));
}

#[test]
fn a_schema_is_printed_as_it_is_in_the_documents() {
    let project = Project::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    for kind in ["versionList", "error"] {
        let written = std::fs::read_to_string(folder.join(format!("{kind}.json"))).unwrap();
        assert_eq!(project.ok(&format!("schema {kind}")), written);
        let answer = project.json(&format!("schema {kind}"));
        assert_eq!(answer["schema"], serde_json::from_str::<Value>(&written).unwrap());
    }
    assert_snapshot!(project.run("schema versionlist"), @r#"
    $ lua-store schema versionlist
    --- stderr
    Error: there is no answer of the kind "versionlist"
    hint: did you mean `versionList`?
    hint: run `lua-store schema` to list the kinds
    --- exit 3
    "#);
    assert_snapshot!(project.run("schema x --json"), @r#"
    $ lua-store schema x --json
    {
      "schemaVersion": 1,
      "kind": "error",
      "error": {
        "code": "not_found",
        "message": "there is no answer of the kind \"x\"",
        "hint": "run `lua-store schema` to list the kinds"
      },
      "next": [
        [
          "lua-store",
          "schema"
        ]
      ]
    }
    --- exit 3
    "#);
}
