//! Client addresses from proxies: accepted from the proxies that are named, and from nobody else.

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::Server;

/// The `peer` of each request in a log that was not answered with 200 as one of those who watch.
fn peers(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let requests = lines.filter(|line| line["event"] == "request");
    requests.map(|line| line["peer"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_trusted_proxy_says_who_sent_a_request() {
    let project = Project::new();
    let server = Server::start(&project, "--trust-proxy 10.0.0.0/8,127.0.0.1");
    let ask = |path: &str, headers: &str| server.ask("GET", path, headers, b"").status;
    // The part before the last unknown address was written by that client.
    ask("/shop/refs", "X-Forwarded-For: 127.0.0.1, 192.0.2.99, 192.0.2.7, 10.1.1.1\r\n");
    ask("/shop/refs", "Forwarded: for=\"[2001:db8::7]:4711\";proto=https\r\n");
    // Two headers at once: it is unknown which of them the proxy wrote.
    ask("/shop/refs", "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.8\r\n");
    assert_eq!(ask("/metrics", "X-Forwarded-For: 127.0.0.1\r\n"), 200);
    for refused in [
        "X-Forwarded-For: 127.0.0.1, 192.0.2.7\r\n",
        "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=127.0.0.1\r\n",
        "X-Forwarded-For: unknown\r\n",
        "Via: 1.1 proxy\r\n",
    ] {
        assert_eq!(ask("/metrics", refused), 401, "{refused}");
    }
    let log = server.log();
    let peers = peers(&log);
    assert_eq!(peers[..2], ["192.0.2.7", "2001:db8::7"], "{log}");
    assert!(peers[2].starts_with("127.0.0.1:"), "{log}");
    assert!(log.lines().any(|line| line.contains("\"proxy\":\"127.0.0.1:")), "{log}");
}

#[test]
fn of_everybody_else_nothing_is_believed() {
    let project = Project::new();
    let server = Server::start(&project, "--trust-proxy 192.0.2.0/24");
    let ask = |path: &str, headers: &str| server.ask("GET", path, headers, b"").status;
    ask("/shop/refs", "X-Forwarded-For: 192.0.2.7\r\n");
    assert_eq!(ask("/metrics", "X-Forwarded-For: 127.0.0.1\r\n"), 401);
    assert_eq!(ask("/metrics", ""), 200);
    let log = server.log();
    assert!(peers(&log).iter().all(|peer| peer.starts_with("127.0.0.1:")), "{log}");
}

#[test]
fn a_trusted_proxy_may_have_more_connections_than_a_stranger() {
    for (options, stays) in [("--trust-proxy 127.0.0.1", true), ("", false)] {
        let mut project = Project::new();
        project.set("LUA_STORE_SERVE_LIMITS", "strangers=2");
        let server = Server::start(&project, options);
        let mut open: Vec<_> = (0..4).map(|_| Wire::new(server.connect())).collect();
        for wire in open.iter_mut().rev() {
            wire.send("GET", "/healthz", "", b"");
            wire.try_reply("GET");
        }
        let answers = open.iter_mut().map(|wire| {
            wire.send("GET", "/healthz", "", b"");
            wire.try_reply("GET").is_some()
        });
        assert_eq!(
            answers.filter(|answered| *answered).count(),
            if stays { 4 } else { 2 },
            "{options}"
        );
    }
}

#[test]
fn an_address_that_is_none_is_refused() {
    let outcome = Project::new().run("serve --data ../data --trust-proxy 10.0.0.0/33");
    assert!(outcome.code == 2 && outcome.stderr.contains("10.0.0.0/33"), "{outcome}");
}
