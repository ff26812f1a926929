//! `remote check`: the routes of the platform, with this program's own server in its place and with others.

use crate::common::Project;
use crate::common::server::Server;
use crate::common::shop;
use crate::common::stub::Stub;
use insta::assert_snapshot;

/// A server whose agent has one version.
fn served() -> (Project, Server) {
    let mut project = shop::project();
    let server = Server::start(&project, "");
    let token = server.token(&project, "agent_paint", "promote");
    project.set("LUA_STORE_TOKEN", &token);
    project.set("LUA_API_KEY", &token);
    project.ok(&format!("remote add origin {}/agent_paint", server.url));
    project.ok("push -m first");
    project.ok("version create --send -m first");
    (project, server)
}

fn check(url: &str) -> String {
    format!("remote check lua+{url}/agent_paint")
}

#[test]
fn every_route_of_a_server_is_asked_once_and_nothing_changes_there() {
    let (project, server) = served();
    let before = project.ok("fetch --json");
    let answer = project.json(&check(&server.url));
    let routes = answer["routes"].as_array().unwrap();
    let problems: Vec<_> = routes.iter().filter(|row| !row["problem"].is_null()).collect();
    assert!(problems.is_empty(), "{answer:#}");
    assert_eq!(answer["expected"], routes.len());
    let asked: Vec<&str> = routes.iter().map(|row| row["route"].as_str().unwrap()).collect();
    for route in [
        "#9",
        "#11",
        "#6",
        "#1 skills",
        "#33 skills",
        "#1 workflows",
        "#24",
        "#25",
        "#22",
        "#21",
        "#16",
    ] {
        assert_eq!(asked.iter().filter(|one| **one == route).count(), 1, "{route} of {asked:?}");
    }
    // The report is the answer; it has no value of the agent, and no key.
    let report = project.read("platform-check.json");
    let parsed: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(parsed["routes"].as_array().unwrap().len(), routes.len());
    for secret in ["lst_", "You are", "2026-", "first"] {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
    let shape = routes.iter().find(|row| row["route"] == "#25").unwrap();
    assert_eq!(shape["shape"]["snapshot"]["persona"]["*"], "integer|string");
    assert_eq!(project.ok("fetch --json"), before);
    let again = project.run(&check(&server.url)).to_string();
    assert!(again.contains("\"platform-check.json\" exists"), "{again}");
}

#[test]
fn an_answer_that_lacks_its_list_is_a_problem_and_no_empty_list() {
    let mut project = Project::new();
    project.set("LUA_API_KEY", "api_1");
    let stub = Stub::with_answers(|request| match request {
        "GET /admin/agents/a" => (200, "{\"success\":true,\"data\":{\"name\":\"x\"}}".into()),
        "GET /developer/webhooks/a" => {
            (200, "{\"success\":true,\"data\":{\"webhooks\":[]}}".into())
        }
        "GET /developer/jobs/a" => (403, "{\"message\":\"no\",\"code\":\"SCOPE\"}".into()),
        "GET /developer/agents/a/versions" => (200, "[]".into()),
        line if line.starts_with("GET /developer/voice-agents") => (404, "{}".into()),
        "GET /developer/agents/a/mcp-servers" => (200, "<html>".into()),
        _ => (200, "{}".into()),
    });
    let shown =
        project.run(&format!("remote check lua+{}/a --output out.json", stub.url)).to_string();
    let shown: String = shown.lines().map(|line| without_time(line) + "\n").collect();
    assert_snapshot!(shown.replace(&stub.url, "[URL]"), @r#"
    $ lua-store remote check lua+[URL]/a --output out.json
    ROUTE               STATUS  TIME  REQUEST                                                PROBLEM
    #9                  200     [T]  GET /admin/agents/:a
    #11                 200     [T]  GET /developer/agents/:a/persona/versions              it has no list "versions"
    #6                  200     [T]  GET /developer/agents/:a/mcp-servers                   #6 did not answer with JSON: expected value at line 1 column 1
    #1 skills           200     [T]  GET /developer/skills/:a                               it has no list "skills"
    #1 webhooks         200     [T]  GET /developer/webhooks/:a
    #1 triggers         200     [T]  GET /developer/triggers/:a                             it has no list "triggers"
    #1 jobs             403     [T]  GET /developer/jobs/:a                                 status 403: no (SCOPE)
    #1 preprocessors    200     [T]  GET /developer/preprocessors/:a                        it has no list "preprocessors"
    #1 postprocessors   200     [T]  GET /developer/postprocessors/:a                       it has no list "postprocessors"
    #1 devices          200     [T]  GET /developer/devices/:a                              it has no list "devices"
    #1 device-triggers  200     [T]  GET /developer/device-triggers/:a                      it has no list "triggers"
    #1 voice-agents     404     [T]  GET /developer/voice-agents/:a
    #1 workflows        200     [T]  GET /developer/workflows/:a                            it has no list "workflows"
    #24                 200     [T]  GET /developer/agents/:a/versions?all=true&status=all
    #22                 200     [T]  GET /developer/agents/:a/backup/versions?all=true      it has no list "versions"
    4 of 15 routes answered as expected.
    --- stderr
    The report is in out.json: keys and types of each answer, no values.
    --- exit 1
    "#);
    assert!(stub.requests().iter().all(|line| line.starts_with("GET ")));
}

/// A row with a mark in place of its time, whatever the width of the column is.
fn without_time(line: &str) -> String {
    if let Some((before, after)) = line.split_once("TIME ") {
        return format!("{before}TIME  {}", after.trim());
    }
    let Some((before, after)) = line.split_once(" ms ") else { return line.trim_end().to_owned() };
    let before = before.trim_end_matches(|one: char| one.is_ascii_digit());
    format!("{before}[T]  {}", after.trim())
}

#[test]
fn without_a_key_or_with_a_wrong_one_nothing_is_written() {
    let mut project = Project::new();
    let stub = Stub::with_answers(|_| (401, "{\"message\":\"who are you\"}".into()));
    let line = format!("remote check lua+{}/a", stub.url);
    project.set("LUA_API_KEY", "");
    project.write(".env", "LUA_API_KEY=of-a-file\n");
    project.ok("init");
    let shown = project.run(&line).to_string().replace(&stub.url, "[URL]");
    assert_snapshot!(shown, @"
    $ lua-store remote check lua+[URL]/a
    --- stderr
    Error: there is no API key for lua+[URL]/a
    hint: set LUA_API_KEY to an API key of the platform, or run `lua-store remote login` to store one
    --- exit 9
    ");
    assert!(stub.requests().is_empty(), "no request without a key");
    project.set("LUA_API_KEY", "api_wrong");
    let shown = project.run(&line).to_string().replace(&stub.url, "[URL]");
    assert_snapshot!(shown, @"
    $ lua-store remote check lua+[URL]/a
    --- stderr
    Error: #9: status 401: who are you
    hint: set LUA_API_KEY to a key of the platform that is valid
    --- exit 9
    ");
    assert_eq!(stub.requests().len(), 1);
    assert!(!project.path("platform-check.json").exists());
    assert_snapshot!(project.run("remote add origin lua://a").to_string(), @r"
    $ lua-store remote add origin lua://a
    ✓ Added the remote origin (lua://a).
    --- stderr
    hint: run `lua-store fetch` to import its history
    ");
}
