//! A socket that whoever starts the server opened before, as systemd does.

#![cfg(unix)]

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer, passed, token};
use std::net::{TcpListener, TcpStream};

#[test]
fn whoever_connected_before_the_server_was_there_is_answered() {
    let project = Project::new();
    let header = bearer(&token(&project, "--agent shop --scope read"));
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut early = Wire::new(TcpStream::connect(address).unwrap());
    early.send("GET", "/shop/refs", &header, b"");
    let server = Server::passed(&project, socket, 1, "");
    assert_eq!(server.url, format!("http://{address}"));
    assert_eq!(early.reply().status, 200);
    assert_eq!(server.ask("GET", "/readyz", "", b"").status, 200);
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
}

#[test]
fn a_second_socket_is_for_those_who_watch() {
    let project = Project::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let server = Server::passed(&project, socket, 2, "--json");
    assert_eq!(server.admin.as_deref(), Some(address.as_str()));
}

#[test]
fn what_is_passed_is_judged_as_what_is_named() {
    let project = Project::new();
    let refused = |address: &str, count, options: &str| {
        let socket = TcpListener::bind(address).unwrap();
        let output = passed(&project, socket, count, options).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = refused("127.0.0.1:0", 1, "--listen 127.0.0.1:0");
    assert!(told.contains("`--listen` names an address, and a socket was passed for it"), "{told}");
    let told = refused("127.0.0.1:0", 2, "--admin-listen 127.0.0.1:0");
    assert!(told.contains("`--admin-listen` names an address"), "{told}");
    let told = refused("127.0.0.1:0", 3, "");
    assert!(told.contains("3 sockets were passed"), "{told}");
    // Others reach it, and there is no token yet.
    let told = refused("0.0.0.0:0", 1, "");
    assert!(told.contains("there is no token"), "{told}");
}

#[test]
fn sockets_that_are_for_another_process_are_not_taken() {
    let mut project = Project::new();
    project.set("LISTEN_FDS", "1");
    project.set("LISTEN_PID", "1");
    let server = Server::start(&project, "");
    assert_eq!(server.ask("GET", "/healthz", "", b"").status, 200);
}
