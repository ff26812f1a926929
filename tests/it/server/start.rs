//! Start of a server, and the cases in which it refuses.

use crate::common::Project;
use crate::common::server::{Server, token};
use insta::assert_snapshot;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn elsewhere_than_on_this_machine_nothing_is_served_without_tokens() {
    let project = Project::new();
    assert_snapshot!(project.run("serve --data ../data --listen 0.0.0.0:0"), @"
    $ lua-store serve --data ../data --listen 0.0.0.0:0
    --- stderr
    Error: cannot listen on 0.0.0.0:0: there is no token
    hint: run `lua-store serve token create --agent AGENT --scope push` to create one
    --- exit 2
    ");
    assert_snapshot!(project.run("serve --data ../data --listen [::]:0 --no-auth"), @"
    $ lua-store serve --data ../data --listen [::]:0 --no-auth
    --- stderr
    Error: cannot listen on [::]:0 with `--no-auth`: other machines can reach it
    hint: `--no-auth` is for 127.0.0.1; leave it out, and create tokens: `lua-store serve token create --agent AGENT --scope push`
    --- exit 2
    ");
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let project = Project::new();
    assert_snapshot!(project.run("serve --data ../data --listen nowhere"), @r#"
    $ lua-store serve --data ../data --listen nowhere
    --- stderr
    Error: cannot listen on "nowhere": it is not an address
    hint: use a host and a port: `127.0.0.1:7420`, `localhost:0`, `[::]:7420`
    --- exit 2
    "#);
    assert_snapshot!(project.run("serve --data ../data --public-url agents.example.com"), @r#"
    $ lua-store serve --data ../data --public-url agents.example.com
    --- stderr
    Error: "agents.example.com" is not the URL of a server
    hint: use a URL such as `https://agents.example.com`
    --- exit 2
    "#);
    assert_snapshot!(project.run("serve --data ../data --tls-cert c.pem"), @"
    $ lua-store serve --data ../data --tls-cert c.pem
    --- stderr
    Error: the following required arguments were not provided: --tls-key <FILE>
    hint: usage: `lua-store serve --tls-cert <FILE> --tls-key <FILE> --data <DIR>`
    --- exit 2
    ");
    assert_snapshot!(project.run("serve --data ../data --tls-cert c.pem --tls-key k.pem"), @r#"
    $ lua-store serve --data ../data --tls-cert c.pem --tls-key k.pem
    --- stderr
    Error: cannot read "[DIR]/project/c.pem": No such file or directory
    --- exit 1
    "#);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let address = server.url.trim_start_matches("http://");
    let outcome = project.run(&format!("serve --data ../data --listen {address}"));
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(outcome.stderr.contains(&format!("Error: cannot listen on {address}: ")), "{outcome}");
}

#[test]
fn the_address_is_one_line_of_json_too() {
    let project = Project::new();
    token(&project, "--agent shop --scope read");
    let server = Server::start(&project, "--public-url https://agents.example.com/");
    assert_eq!(server.ask("GET", "/healthz", "", b"").status, 200);
    let log = server.log();
    assert!(log.contains("The address of a remote is https://agents.example.com/AGENT\n"), "{log}");
    let mut command = project.lua_store("serve --listen 127.0.0.1:0 --data ../data --json");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let answer: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(answer["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{line}");
    assert_eq!(answer["publicUrl"], serde_json::Value::Null);
}

#[test]
fn a_warning_says_what_is_missing_or_open() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth");
    assert_eq!(server.ask("GET", "/shop/refs", "", b"").status, 200);
    let log = server.log();
    assert!(
        log.starts_with("warning: without tokens every user and program of this machine"),
        "{log}"
    );
}

#[test]
fn a_folder_on_which_nothing_can_be_tried_is_found_before_anything_is_served() {
    let project = Project::new();
    token(&project, "--agent shop --scope read");
    // A disk that is full, or can only be read, is another matter: `disk.rs`.
    project.write("../data/probe", "in the way");
    let outcome = project.run("serve --data ../data --listen 127.0.0.1:0");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{outcome}");
    assert!(outcome.stderr.contains("data/probe"), "{outcome}");
}
