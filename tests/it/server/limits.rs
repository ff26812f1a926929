//! Clients that are slow, or too many. The limits are made small; nothing here looks at a clock.

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer};

const PACK: &str = "/shop/packs/0000000000000000000000000000000000000000000000000000000000000000";

fn served(limits: &str) -> (Project, Server, String) {
    let mut project = Project::new();
    project.set("LUA_STORE_SERVE_LIMITS", limits);
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop", "push"));
    (project, server, header)
}

/// The headers of an upload of 1,000 bytes.
fn upload(header: &str) -> String {
    format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n")
}

#[test]
fn a_head_that_never_ends_ends_the_connection() {
    let (_project, server, _) = served("head=200");
    let mut wire = Wire::new(server.connect());
    wire.raw(b"GET /healthz HTTP/1.1\r\nHo");
    let reply = wire.reply();
    assert_eq!((reply.status, reply.header("connection")), (408, Some("close")));
    assert_eq!(reply.json()["error"]["kind"], "unavailable");
    let id = reply.header("x-request-id").unwrap().to_owned();
    assert!(wire.try_reply("GET").is_none());
    // Drop by drop is no way around it.
    let mut wire = Wire::new(server.connect());
    wire.raw(b"GET /healthz HTTP/1.1\r\nX: ");
    let taken = (0..2000).take_while(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        wire.raw(b"x")
    });
    assert!(taken.count() < 2000);
    // Nor is a connection that says nothing, or nothing more: nobody waits for an answer there.
    let mut wire = Wire::new(server.connect());
    assert!(wire.try_reply("GET").is_none());
    let mut wire = Wire::new(server.connect());
    wire.send("GET", "/healthz", "", b"");
    assert_eq!(wire.reply().status, 200);
    assert!(wire.try_reply("GET").is_none());
    // The same after a request that was answered.
    let mut wire = Wire::new(server.connect());
    wire.send("GET", "/healthz", "", b"");
    assert_eq!(wire.reply().status, 200);
    wire.raw(b"GET /hea");
    assert_eq!(wire.reply().status, 408);
    assert_eq!(server.ask("GET", "/healthz", "", b"").status, 200);
    assert!(server.log().contains(&id), "the log has it");
}

#[test]
fn a_json_body_that_never_ends_is_given_up() {
    let (_project, server, header) = served("json=200");
    let mut wire = Wire::new(server.connect());
    wire.head("POST", "/shop/fetch", &header, 100);
    wire.raw(b"{\"want\"");
    assert_eq!(wire.reply().status, 408);
}

#[test]
fn an_upload_that_is_too_slow_is_given_up() {
    let (_project, server, header) = served("span=200,slowest=500");
    let mut wire = Wire::new(server.connect());
    wire.head("PATCH", PACK, &upload(&header), 1000);
    wire.raw(&[1; 300]);
    let reply = wire.reply();
    assert_eq!(reply.status, 408);
    assert!(reply.text().contains("arrived too slowly"), "{}", reply.text());
    server.wait_for("lua_store_uploads", 0);
    // The received bytes are kept.
    let reply = server.ask("HEAD", PACK, &header, b"");
    assert_eq!(reply.header("upload-offset"), Some("300"));
}

#[test]
fn more_requests_than_there_may_be_are_told_to_come_again() {
    let (_project, server, header) = served("requests=1");
    let mut first = Wire::new(server.connect());
    first.head("PATCH", PACK, &upload(&header), 1000);
    server.wait_for("lua_store_uploads", 1);
    let reply = server.ask("GET", "/shop/refs", &header, b"");
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")));
    assert!(
        reply.text().contains("this token or agent has too many requests at once"),
        "{}",
        reply.text()
    );
    assert_eq!(server.ask("GET", "/healthz", "", b"").status, 200, "who watches gets through");
    drop(first);
    server.wait_for("lua_store_pool_places{pool=\"requests\"}", 0);
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
}

#[test]
fn an_upload_too_many_waits_and_is_told_to_come_again() {
    let (_project, server, header) = served("uploads=1,wait=200");
    let mut first = Wire::new(server.connect());
    first.head("PATCH", PACK, &upload(&header), 1000);
    server.wait_for("lua_store_uploads", 1);
    let other = PACK.replace("0000", "1111");
    assert_eq!(server.ask("PATCH", &other, &upload(&header), b"x").status, 429);
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
    assert_eq!(server.metric("lua_store_pool_refused_total{pool=\"uploads\"}"), 1);
}

#[test]
fn for_a_connection_too_many_one_that_does_nothing_is_closed() {
    let (_project, server, _) = served("connections=1");
    let mut first = Wire::new(server.connect());
    first.send("GET", "/healthz", "", b"");
    assert_eq!(first.reply().status, 200);
    let mut second = Wire::new(server.connect());
    second.send("GET", "/healthz", "", b"");
    assert_eq!(second.reply().status, 200);
    assert!(first.try_reply("GET").is_none());
}

#[test]
fn a_connection_too_many_waits_where_all_are_at_work() {
    let (_project, server, header) = served("connections=1");
    let mut first = Wire::new(server.connect());
    first.head("PATCH", PACK, &format!("{}Expect: 100-continue\r\n", upload(&header)), 1000);
    // The server begins to read the body: the request is underway.
    assert_eq!(first.reply().status, 100);
    let mut second = Wire::new(server.connect());
    second.send("GET", "/healthz", "", b"");
    first.raw(&[1; 1000]);
    assert_eq!(first.reply().status, 422);
    assert_eq!(second.reply().status, 200);
}
