//! Stop of a server: it lets running requests finish, and waits for none for ever.

#![cfg(unix)]

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer};
use std::net::TcpStream;

/// A server with half of an upload on its way.
fn uploading(limits: &str) -> (Project, Server, String, Wire<TcpStream>, String) {
    let mut project = Project::new();
    project.set("LUA_STORE_SERVE_LIMITS", limits);
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop", "push"));
    let path = format!("/shop/packs/{}", blake3::hash(&[7; 1000]));
    let mut wire = Wire::new(server.connect());
    wire.head(
        "PATCH",
        &path,
        &format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n"),
        1000,
    );
    wire.raw(&[7; 500]);
    server.wait_for("lua_store_uploads", 1);
    (project, server, header, wire, path)
}

#[test]
fn an_idle_server_stops_at_once() {
    for signal in ["-TERM", "-INT"] {
        let project = Project::new();
        let server = Server::start(&project, "");
        let mut idle = Wire::new(server.connect());
        idle.send("GET", "/healthz", "", b"");
        assert_eq!(idle.reply().status, 200);
        server.signal(signal);
        let (code, log) = server.ended();
        assert_eq!(code, Some(0));
        assert!(
            log.contains("\"event\":\"stopping\"") && log.ends_with("\"event\":\"stopped\"}\n"),
            "{log}"
        );
        assert!(idle.try_reply("GET").is_none());
    }
}

#[test]
fn an_upload_that_is_running_is_finished() {
    let (_project, server, _, mut wire, _) = uploading("grace=60000");
    server.signal("-TERM");
    assert!(wire.raw(&[7; 500]));
    let reply = wire.reply();
    assert_eq!((reply.status, reply.header("upload-offset")), (204, Some("1000")));
    let (code, log) = server.ended();
    assert_eq!(code, Some(0));
    assert!(log.contains("\"status\":204") && !log.contains("grace"), "{log}");
}

#[test]
fn an_upload_that_never_ends_is_cut_and_goes_on_later() {
    let (project, server, header, mut wire, path) = uploading("grace=200");
    server.signal("-TERM");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0));
    assert!(log.contains("\"event\":\"grace is over\""), "{log}");
    assert!(wire.try_reply("PATCH").is_none());
    let server = Server::start(&project, "");
    let mut wire = Wire::new(server.connect());
    wire.send("HEAD", &path, &header, b"");
    assert_eq!(wire.try_reply("HEAD").unwrap().header("upload-offset"), Some("500"));
    let rest = format!("{header}Upload-Offset: 500\r\nUpload-Length: 1000\r\n");
    assert_eq!(server.ask("PATCH", &path, &rest, &[7; 500]).status, 204);
}

#[test]
fn a_second_signal_waits_for_nothing() {
    let (_project, server, _, _wire, _) = uploading("grace=60000");
    server.signal("-TERM");
    // Until the first has been seen: a server that stops takes no connection.
    while std::net::TcpStream::connect(server.url.trim_start_matches("http://")).is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    server.signal("-TERM");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0));
    assert!(log.contains("\"event\":\"stopped at once\""), "{log}");
}
