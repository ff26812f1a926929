//! `serve health`: the health check of a container.

use crate::common::Project;
use crate::common::server::Server;
use insta::assert_snapshot;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn a_server_that_answers_is_exit_0() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth");
    let shown = |line: &str| {
        let outcome = project.run(&format!("serve health {}{line}", server.url));
        outcome.to_string().replace(&server.url, "[URL]")
    };
    assert_snapshot!(shown(""), @r"
    $ lua-store serve health [URL]
    ✓ [URL] answers.
    ");
    assert_snapshot!(shown(" --ready"), @r"
    $ lua-store serve health [URL] --ready
    ✓ [URL] is ready.
    ");
    let answer = project.json(&format!("serve health {} --ready", server.url));
    assert_eq!((&answer["url"], &answer["ready"]), (&server.url.clone().into(), &true.into()));
    // A slash at the end is no other address.
    project.ok(&format!("serve health {}/", server.url));
}

#[test]
fn the_health_is_asked_where_the_monitoring_is() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth --admin-listen 127.0.0.1:0 --json");
    let admin = server.admin.clone().unwrap();
    project.ok(&format!("serve health http://{admin} --ready"));
    let elsewhere = project.run(&format!("serve health {}", server.url));
    assert_eq!(elsewhere.code, 3, "{elsewhere}");
}

#[test]
fn nobody_and_somebody_else_are_told_apart() {
    let project = Project::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let shown = |line: &str| {
        project.run(&format!("serve health {line}")).to_string().replace(&url, "[URL]")
    };
    assert_snapshot!(shown(&url), @r#"
    $ lua-store serve health [URL]
    --- stderr
    Error: "[URL]" sent an invalid answer: `/healthz` does not answer "ok"
    hint: check that this is the address of a `lua-store serve`, of a version that this program supports
    --- exit 1
    "#);
    let request = other.join().unwrap();
    assert!(request.starts_with("GET /healthz HTTP/1.1\r\n"), "{request}");
    assert!(!request.to_lowercase().contains("authorization"), "{request}");
    assert_snapshot!(shown(&url), @r#"
    $ lua-store serve health [URL]
    --- stderr
    Error: cannot reach "[URL]": connection refused
    --- exit 11
    "#);
    assert_snapshot!(shown("store.example.com"), @r#"
    $ lua-store serve health store.example.com
    --- stderr
    Error: "store.example.com" is not the URL of a server
    hint: use a URL such as `https://agents.example.com`
    --- exit 2
    "#);
}
