//! Arguments of `clone` and remotes that are not what was meant: nothing is written, and the message says what to do.

use super::{published, shared};
use crate::common::recorder::Recorder;
use crate::common::server::Server;
use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use std::path::Path;

/// Every path below a folder.
fn paths(root: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    entries.map(|entry| entry.unwrap().path().display().to_string()).collect()
}

/// Runs a `clone` that fails in an empty folder, and writes nothing there nor around it.
fn refused(project: &Project, argument: &str) -> Outcome {
    let empty = project.path("../empty");
    std::fs::create_dir_all(&empty).unwrap();
    let all = project.path("..");
    let before = paths(&all);
    let line = format!("clone {argument}");
    let mut command = project.lua_store(&line);
    let outcome = project.run_in(&empty, &mut command, &line);
    assert_ne!(outcome.code, 0, "{outcome}");
    assert_eq!(paths(&all), before, "{outcome}");
    outcome
}

/// A web server that is no remote. The length of the header that it writes ends the answer of the recorder.
fn web_page(status: &str, body: &str) -> Recorder {
    let length = format!("Content-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    Recorder::answering(status, &length)
}

#[test]
fn a_clone_of_what_does_not_exist_writes_nothing() {
    let ana = published();
    ana.ok("bundle create ../empty.bundle");
    assert_snapshot!(refused(&ana, "typo"), @r#"
    $ lua-store clone typo
    --- stderr
    Error: cannot clone "typo": there is no such file or folder
    hint: run `lua-store clone https://host/AGENT` to clone from a server, `lua-store clone FOLDER/AGENT` from a folder
    --- exit 3
    "#);
    assert_snapshot!(refused(&ana, "no/such/folder"), @r#"
    $ lua-store clone no/such/folder
    --- stderr
    Error: cannot clone "no/such/folder": there is no such file or folder
    hint: run `lua-store clone https://host/AGENT` to clone from a server, `lua-store clone FOLDER/AGENT` from a folder
    --- exit 3
    "#);
    assert_snapshot!(refused(&ana, "../empty.bundel"), @r#"
    $ lua-store clone ../empty.bundel
    --- stderr
    Error: cannot clone "../empty.bundel": there is no such file or folder
    hint: did you mean `lua-store clone ../empty.bundle`?
    --- exit 3
    "#);
    assert_snapshot!(refused(&ana, "../data/agent_shpo"), @r#"
    $ lua-store clone ../data/agent_shpo
    --- stderr
    Error: nothing was ever pushed to "../data/agent_shpo": the folder has no agent "agent_shpo"
    hint: did you mean `lua-store clone ../data/agent_shop`?
    --- exit 3
    "#);
    assert_snapshot!(refused(&ana, "../data/other"), @r#"
    $ lua-store clone ../data/other
    --- stderr
    Error: nothing was ever pushed to "../data/other": the folder has no agent "other"
    hint: agents: agent_shop
    --- exit 3
    "#);
    assert_snapshot!(refused(&ana, "store.example.com/agent_shop"), @r#"
    $ lua-store clone store.example.com/agent_shop
    --- stderr
    Error: cannot clone "store.example.com/agent_shop": there is no such file or folder
    hint: run `lua-store clone https://store.example.com/agent_shop` if it is a server
    --- exit 3
    "#);
    assert_snapshot!(refused(&ana, "localhost:7420/agent_shop"), @r#"
    $ lua-store clone localhost:7420/agent_shop
    --- stderr
    Error: cannot clone "localhost:7420/agent_shop": there is no such file or folder
    hint: run `lua-store clone http://localhost:7420/agent_shop` if it is a server
    --- exit 3
    "#);
}

#[test]
fn reading_makes_no_remote_of_an_empty_folder() {
    let project = shop::project();
    std::fs::create_dir(project.path("../empty")).unwrap();
    project.ok("remote add origin ../empty/agent_shop");
    project.ok("fetch");
    project.ok("status");
    assert_eq!(paths(&project.path("../empty")).len(), 1, "the folder alone");
    // A disk that is not mounted is no remote that lost everything.
    project.ok("push");
    std::fs::rename(project.path("../empty"), project.path("../disk")).unwrap();
    std::fs::create_dir(project.path("../empty")).unwrap();
    assert_eq!(project.run("fetch").code, 11);
    assert_eq!(paths(&project.path("../empty")).len(), 1, "the folder alone");
}

#[test]
fn a_clone_of_a_project_or_a_folder_says_what_it_is() {
    let ana = published();
    assert_snapshot!(refused(&ana, "../project"), @r#"
    $ lua-store clone ../project
    --- stderr
    Error: cannot clone "../project": it is a project, and only a remote or a bundle can be cloned
    hint: run `lua-store clone [DIR]/data/agent_shop DIR` to clone its remote
    --- exit 2
    "#);
    assert_snapshot!(refused(&ana, "../project/.lua"), @r#"
    $ lua-store clone ../project/.lua
    --- stderr
    Error: cannot clone "../project/.lua": it is a project, and only a remote or a bundle can be cloned
    hint: run `lua-store clone [DIR]/data/agent_shop DIR` to clone its remote
    --- exit 2
    "#);
    assert_snapshot!(refused(&ana, "../data"), @r#"
    $ lua-store clone ../data
    --- stderr
    Error: cannot clone "../data": it is the data folder of a remote, and the agent is missing
    hint: run `lua-store clone ../data/agent_shop`
    --- exit 2
    "#);
    assert_snapshot!(refused(&ana, "../home"), @r#"
    $ lua-store clone ../home
    --- stderr
    Error: cannot clone "../home": it is a folder, but not a remote, a bundle or a project
    hint: run `lua-store -C ../home init` to make it a project
    --- exit 2
    "#);
    assert_snapshot!(refused(&ana, "../project/package.json"), @r#"
    $ lua-store clone ../project/package.json
    --- stderr
    Error: cannot use the bundle "[DIR]/empty/../project/package.json": it is not a bundle, or one of another format
    --- exit 1
    "#);
    let alone = shop::versioned();
    let outcome = refused(&alone, "../project");
    assert_snapshot!(outcome, @r#"
    $ lua-store clone ../project
    --- stderr
    Error: cannot clone "../project": it is a project, and only a remote or a bundle can be cloned
    hint: run `lua-store -C [DIR]/empty/../project bundle create FILE`, then `lua-store clone FILE DIR`
    --- exit 2
    "#);
    // The commands of the hint do what was meant.
    alone.ok("bundle create ../shop.bundle");
    alone.ok("clone ../shop.bundle ../second");
    assert!(alone.path("../second/src/index.ts").exists());
}

#[test]
fn a_clone_of_a_url_that_is_no_remote_says_so() {
    let ana = published();
    let server = Server::start(&ana, "");
    let mut ana = ana;
    ana.set("LUA_STORE_TOKEN", &server.token(&ana, "agent_shop", "push"));
    ana.set("LUA_STORE_TRIES", "1");
    let shown = |outcome: Outcome| outcome.to_string().replace(&server.url, "[URL]");
    assert_snapshot!(shown(refused(&ana, &server.url)), @r#"
    $ lua-store clone [URL]
    --- stderr
    Error: "[URL]" is not the address of a remote: its last part is not the id of an agent
    hint: use `https://host/AGENT`, or the path of a folder
    --- exit 2
    "#);
    assert_snapshot!(shown(refused(&ana, &format!("{}/agent_other", server.url))), @r#"
    $ lua-store clone [URL]/agent_other
    --- stderr
    Error: there is no agent "agent_other" here, or the token is not for it
    --- exit 3
    "#);
    ana.set("LUA_STORE_TOKEN", &server.token(&ana, "*", "push"));
    assert_snapshot!(shown(refused(&ana, &format!("{}/agent_other", server.url))), @r#"
    $ lua-store clone [URL]/agent_other
    --- stderr
    Error: nothing was ever pushed to "[URL]/agent_other"
    hint: is "agent_other" the id of the agent?
    --- exit 3
    "#);
    for (status, body) in [("200 OK", "<html>Welcome</html>"), ("404 Not Found", "<html>?</html>")]
    {
        let page = web_page(status, body);
        let outcome = refused(&ana, &format!("{}/agent_shop", page.url()));
        assert!(
            outcome.stderr.contains("hint: check that this is the address of a `lua-store serve`"),
            "{outcome}"
        );
    }
}

#[test]
fn an_agent_goes_to_the_remote_of_another_one_only_when_that_is_named() {
    let mut project = shop::project();
    project.ok("init --agent-id agent_shop");
    project.ok("remote add origin ../data/agent_staging");
    assert_snapshot!(project.run("push -m first"), @r#"
    $ lua-store push -m first
    --- stderr
    Error: this project is the agent "agent_shop", and the remote "origin" ([DIR]/project/../data/agent_staging) is of "agent_staging"
    hint: run `lua-store remote set-url origin URL` to correct the address
    hint: add `--as agent_staging` to send it there anyway
    --- exit 2
    "#);
    assert!(!project.path("../data").exists());
    assert_eq!(
        project.list("source list"),
        serde_json::json!([]),
        "nothing was stored here either"
    );
    assert_eq!(project.run("push --as agent_shop").code, 2);
    project.ok("push --as agent_staging -m first");
    project.ok("version create");
    assert_eq!(project.run("version promote 1").code, 2);
    project.ok("version promote 1 --as agent_staging");
    assert_eq!(project.run("version delete 1 --force").code, 2);
    // Reading is not writing.
    project.ok("fetch");
    project.set("LUA_STORE_NOW", "2026-11-21T09:31:00Z");
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    let refused = project.run("push --json");
    let error: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(error["error"]["details"]["remoteAgent"], "agent_staging");
    assert_eq!(error["error"]["details"]["agent"], "agent_shop");
    project.ok("remote set-url origin ../data/agent_shop");
    project.ok("push");
    let same = shared();
    same.ok("init --agent-id agent_shop");
    same.ok("push");
}
