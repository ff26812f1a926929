//! Answers of a server to malformed requests.

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer};
use insta::assert_snapshot;

fn served() -> (Project, Server, String) {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop", "promote"));
    (project, server, header)
}

#[test]
fn unknown_addresses_and_methods() {
    let (_project, server, header) = served();
    let asked = |method, path| server.ask(method, path, &header, b"").shown();
    assert_snapshot!(asked("GET", "/"), @r#"
    404
    content-type: application/json

    {"error":{"kind":"not_found","message":"there is no such address","hint":"run `lua-store remote add origin URL/AGENT` with the URL of this server and the id of an agent"}}
    "#);
    assert_snapshot!(asked("PUT", "/shop/refs"), @r#"
    405
    content-type: application/json
    allow: GET,HEAD

    {"error":{"kind":"usage","message":"this address does not allow that method"}}
    "#);
    for path in [
        "/shop",
        "/shop/",
        "/shop/refs/",
        "/shop/x",
        "/shop/packs",
        "/shop/packs/a/b",
        "//refs",
        "*",
        "/%zz/refs",
    ] {
        assert_eq!(server.ask("GET", path, &header, b"").status / 100, 4, "{path}");
    }
    for agent in ["..", "%2e%2e", "a%00b", "a%2fb", "%ff", ".a", "-a", &"a".repeat(500)] {
        let reply = server.ask("GET", &format!("/{agent}/refs"), &header, b"");
        assert!(matches!(reply.status, 400 | 404), "{agent}: {}", reply.status);
    }
}

#[test]
fn every_answer_has_the_id_of_its_request() {
    let (_project, server, header) = served();
    for path in ["/healthz", "/metrics", "/nowhere", "/shop/refs"] {
        assert!(server.ask("GET", path, &header, b"").header("x-request-id").is_some(), "{path}");
    }
    let own = server.ask("GET", "/healthz", "X-Request-Id: from-a-proxy-1\r\n", b"");
    assert_eq!(own.header("x-request-id"), Some("from-a-proxy-1"));
    let wrong = server.ask("GET", "/healthz", "X-Request-Id: {\"a\"}\r\n", b"");
    assert_ne!(wrong.header("x-request-id"), Some("{\"a\"}"));
}

#[test]
fn json_that_is_none_or_says_something_else() {
    let (_project, server, header) = served();
    let asked = |route: &str, body: &str| {
        server.ask("POST", &format!("/shop/{route}"), &header, body.as_bytes())
    };
    assert_snapshot!(asked("transactions", "").shown(), @r#"
    400
    content-type: application/json

    {"error":{"kind":"usage","message":"the body is not a transaction: EOF while parsing a value at line 1 column 0"}}
    "#);
    assert_snapshot!(asked("transactions", "{\"txn\":\"00\"}").shown(), @r#"
    400
    content-type: application/json

    {"error":{"kind":"usage","message":"the body is not a transaction: \"00\" is not the id of a transaction (32 hexadecimal digits) at line 1 column 12"}}
    "#);
    assert_snapshot!(asked("fetch", "{\"want\":[],\"since\":3}").shown(), @r#"
    400
    content-type: application/json

    {"error":{"kind":"usage","message":"the body is not a fetch: unknown field `since`, expected `want` or `have` at line 1 column 18"}}
    "#);
    for body in
        ["[]", "null", "{", "{\"want\":[\"../x\"]}", "{\"want\":null}", "\u{0}", "{\"want\":[]}x"]
    {
        assert_eq!(asked("fetch", body).status, 400, "{body}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(asked("fetch", &deep).status, 400);
}

#[test]
fn bodies_that_are_too_large_are_refused_before_and_while_they_come() {
    let (_project, server, header) = served();
    let mut wire = Wire::new(server.connect());
    wire.head("POST", "/shop/fetch", &header, 5 << 20);
    assert_snapshot!(wire.reply().shown(), @r#"
    413
    content-type: application/json

    {"error":{"kind":"usage","message":"the body is too large for a fetch: at most 4194304 bytes"}}
    "#);
    let mut wire = Wire::new(server.connect());
    wire.raw(
        format!(
            "POST /shop/fetch HTTP/1.1\r\nHost: x\r\n{header}Transfer-Encoding: chunked\r\n\r\n"
        )
        .as_bytes(),
    );
    let piece = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..65 {
        if !wire.raw(&piece) {
            break;
        }
    }
    // The refusal comes before the last piece, so the connection may end under the sender.
    assert!(wire.try_reply("POST").is_none_or(|reply| reply.status == 413));
}

#[test]
fn what_is_no_http_is_refused_with_a_body_and_an_id_and_ends_the_connection() {
    let (_project, server, header) = served();
    let long_head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(300_000));
    let long_path = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500));
    let after_another = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let raws: [(&[u8], u16); 10] = [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /healthz HTTP/3.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (long_path.as_bytes(), 414),
        (long_head.as_bytes(), 431),
        (many.as_bytes(), 431),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ];
    let mut ids = std::collections::BTreeSet::new();
    for (raw, status) in raws {
        for before in ["", after_another] {
            let shown = String::from_utf8_lossy(&raw[..raw.len().min(60)]).into_owned();
            let mut wire = Wire::new(server.connect());
            if !before.is_empty() {
                wire.raw(before.as_bytes());
                assert_eq!(wire.reply().text(), "ok\n");
            }
            wire.raw(raw);
            let reply = wire.try_reply("GET").unwrap_or_else(|| panic!("no answer to {shown}"));
            assert_eq!(reply.status, status, "{shown}: {reply:?}");
            assert_eq!(reply.json()["error"]["kind"], "usage", "{shown}: {reply:?}");
            assert_eq!(
                reply.header("content-type"),
                Some("application/json"),
                "{shown}: {reply:?}"
            );
            assert_eq!(reply.header("connection"), Some("close"), "{shown}: {reply:?}");
            ids.insert(reply.header("x-request-id").expect("an id").to_owned());
            assert!(wire.try_reply("GET").is_none(), "{shown}: the connection ends");
        }
    }
    assert_eq!(ids.len(), 20, "each has an id of its own");
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
    assert_eq!(
        server.metric("lua_store_requests_total{route=\"none\",method=\"other\",status=\"431\"}"),
        4
    );
    let log = server.log();
    assert!(ids.iter().all(|id| log.contains(id.as_str())), "the log knows each of them: {log}");
}

/// The stock command reads another body, and knows it by the address.
#[test]
fn a_head_of_the_stock_command_that_cannot_be_read_is_refused_with_its_three_keys() {
    let (_project, server, header) = served();
    let below = "/developer/agents/shop/backup";
    let many = format!("GET {below} HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500));
    let long = format!("PATCH /agents/shop/sub-agent?{} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    let length = format!("POST {below}/manifest HTTP/1.1\r\nContent-Length: -1\r\n\r\n");
    let version = format!("GET {below} HTTP/3.0\r\n\r\n");
    let raws = [
        (
            many,
            431,
            "the head of the request is too large: at most 100 headers, and 128 KiB in all",
        ),
        (long, 414, "the address of the request is too long"),
        (length, 400, "the request is not valid HTTP/1.1"),
        (version, 400, "the request is not valid HTTP/1.1"),
    ];
    for (raw, status, message) in raws {
        // Also after an answer, on the same connection.
        for path in [None, Some("/shop/refs"), Some("/admin/me/authorization")] {
            let mut wire = Wire::new(server.connect());
            if let Some(path) = path {
                wire.send("GET", path, &header, b"");
                assert_eq!(wire.reply().status, 200);
            }
            wire.raw(raw.as_bytes());
            let reply = wire.try_reply("GET").expect("an answer");
            assert_eq!(reply.status, status, "{reply:?}");
            let body = serde_json::json!({
                "statusCode": status, "code": "BAD_REQUEST", "message": message,
            });
            assert_eq!(reply.json(), body);
            assert!(reply.header("x-request-id").is_some());
        }
    }
    // Other requests on the same connection get the other body.
    let mut wire = Wire::new(server.connect());
    wire.send("GET", "/admin/me/authorization", &header, b"");
    wire.reply();
    wire.raw(b"GET /shop/refs HTTP/3.0\r\n\r\n");
    assert_eq!(wire.reply().json()["error"]["kind"], "usage");
}

/// The second answer of a pipeline is not mistaken for one that was made up, however the bytes look.
#[test]
fn an_answer_of_ours_stays_as_it_is_whatever_follows() {
    let (_project, server, header) = served();
    let mut wire = Wire::new(server.connect());
    wire.raw(
        format!("GET /shop/nowhere HTTP/1.1\r\nHost: x\r\n{header}\r\nnonsense\r\n\r\n").as_bytes(),
    );
    let first = wire.reply();
    assert_eq!((first.status, first.json()["error"]["kind"].as_str()), (404, Some("not_found")));
    let second = wire.reply();
    assert_eq!((second.status, second.json()["error"]["kind"].as_str()), (400, Some("usage")));
}

#[test]
fn one_connection_carries_many_requests() {
    let (_project, server, header) = served();
    let mut wire = Wire::new(server.connect());
    for _ in 0..3 {
        wire.send("GET", "/shop/refs", &header, b"");
        assert_eq!(wire.reply().status, 200);
    }
    // Two at once, answered in order.
    wire.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(
        (wire.reply().text(), wire.reply().text()),
        ("ok\n".to_owned(), "ready\n".to_owned())
    );
}

#[test]
fn the_counters_count() {
    let (_project, server, header) = served();
    server.ask("GET", "/shop/refs", &header, b"");
    server.ask("GET", "/shop/refs", "", b"");
    server.ask("POST", "/shop/fetch", &header, b"not json");
    assert_eq!(
        server.metric("lua_store_requests_total{route=\"refs\",method=\"GET\",status=\"200\"}"),
        1
    );
    assert_eq!(
        server.metric("lua_store_requests_total{route=\"refs\",method=\"GET\",status=\"401\"}"),
        1
    );
    assert_eq!(server.metric("lua_store_request_seconds_count{route=\"refs\"}"), 2);
    assert_eq!(server.metric("lua_store_received_bytes_total"), 8);
    let text = server.ask("GET", "/metrics", "", b"").text();
    let families: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    assert_snapshot!(families.join("\n"), @"
    # TYPE lua_store_build_info gauge
    # TYPE lua_store_requests_total counter
    # TYPE lua_store_request_seconds histogram
    # TYPE lua_store_transactions_total counter
    # TYPE lua_store_received_bytes_total counter
    # TYPE lua_store_sent_bytes_total counter
    # TYPE lua_store_panics_total counter
    # TYPE lua_store_log_lines_dropped_total counter
    # TYPE lua_store_proofs_total counter
    # TYPE lua_store_proofs_spared_total counter
    # TYPE lua_store_damage_total counter
    # TYPE lua_store_damaged gauge
    # TYPE lua_store_disk_writable gauge
    # TYPE lua_store_condemned_bytes gauge
    # TYPE lua_store_cache_bytes gauge
    # TYPE lua_store_connections gauge
    # TYPE lua_store_uploads gauge
    # TYPE lua_store_downloads gauge
    # TYPE lua_store_agents_opened gauge
    # TYPE lua_store_pool_places gauge
    # TYPE lua_store_pool_refused_total counter
    # TYPE lua_store_connections_limit gauge
    # TYPE lua_store_connections_closed_total counter
    ");
}
