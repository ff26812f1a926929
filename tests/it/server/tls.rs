//! TLS, with certificates that are made for the test.

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer};
use insta::assert_snapshot;
use rcgen::generate_simple_self_signed;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;

/// Writes a new certificate for `localhost` and its key; gives it for a client to trust.
fn certificate(project: &Project, name: &str) -> CertificateDer<'static> {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    project.write(&format!("{name}.pem"), made.cert.pem());
    project.write(&format!("{name}.key"), made.signing_key.serialize_pem());
    made.cert.der().clone()
}

fn trusting(
    trusted: &CertificateDer<'static>,
    server: &Server,
) -> Wire<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    Wire::new(StreamOwned::new(connection, server.connect()))
}

fn health(wire: &mut Wire<StreamOwned<ClientConnection, TcpStream>>) -> Option<u16> {
    wire.send("GET", "/healthz", "", b"");
    wire.try_reply("GET").map(|reply| reply.status)
}

#[test]
fn requests_go_through_tls() {
    let project = Project::new();
    let trusted = certificate(&project, "a");
    let server = Server::start(&project, "--tls-cert a.pem --tls-key a.key");
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let mut wire = trusting(&trusted, &server);
    assert_eq!(health(&mut wire), Some(200));
    wire.send("GET", "/shop/refs", &bearer(&server.token(&project, "shop", "read")), b"");
    assert_eq!(wire.reply().status, 200);
    // Without TLS the header is absent.
    let mut plain = Wire::new(server.connect());
    plain.send("GET", "/healthz", "", b"");
    assert!(plain.try_reply("GET").is_none());
    let stranger = certificate(&project, "b");
    assert_eq!(
        health(&mut trusting(&stranger, &server)),
        None,
        "another certificate is not trusted"
    );
}

#[test]
fn a_client_that_never_speaks_is_sent_away() {
    let mut project = Project::new();
    certificate(&project, "a");
    project.set("LUA_STORE_SERVE_LIMITS", "head=200");
    let server = Server::start(&project, "--tls-cert a.pem --tls-key a.key");
    let mut silent = Wire::new(server.connect());
    assert!(silent.try_reply("GET").is_none());
    assert!(server.log().contains("\"cause\":\"no TLS in time\""));
}

#[test]
#[cfg(unix)]
fn a_new_certificate_is_taken_without_a_restart() {
    let project = Project::new();
    let first = certificate(&project, "a");
    let server = Server::start(&project, "--tls-cert a.pem --tls-key a.key");
    assert_eq!(health(&mut trusting(&first, &server)), Some(200));
    let second = certificate(&project, "a");
    assert_eq!(health(&mut trusting(&second, &server)), None);
    server.signal("-HUP");
    let found = (0..1000).any(|_| health(&mut trusting(&second, &server)) == Some(200));
    assert!(found, "{}", server.log());
    // One that makes no sense changes nothing.
    project.write("a.pem", "no certificate");
    server.signal("-HUP");
    server.signal("-TERM");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0));
    assert!(log.contains("\"event\":\"certificate reloaded\""), "{log}");
}

#[test]
fn files_that_are_no_certificate_or_another_s_key_are_refused() {
    let project = Project::new();
    certificate(&project, "a");
    certificate(&project, "b");
    let run =
        |files: &str| project.run(&format!("serve --data ../data --listen 127.0.0.1:0 {files}"));
    assert_snapshot!(run("--tls-cert a.key --tls-key a.key"), @r#"
    $ lua-store serve --data ../data --listen 127.0.0.1:0 --tls-cert a.key --tls-key a.key
    --- stderr
    Error: cannot use "[DIR]/project/a.key" for TLS: it has no certificate
    hint: `--tls-cert` and `--tls-key` name PEM files: the chain of certificates, and its private key
    --- exit 2
    "#);
    assert_snapshot!(run("--tls-cert a.pem --tls-key a.pem"), @r#"
    $ lua-store serve --data ../data --listen 127.0.0.1:0 --tls-cert a.pem --tls-key a.pem
    --- stderr
    Error: cannot use "[DIR]/project/a.pem" for TLS: it has no private key
    hint: `--tls-cert` and `--tls-key` name PEM files: the chain of certificates, and its private key
    --- exit 2
    "#);
    assert_snapshot!(run("--tls-cert a.pem --tls-key b.key"), @r#"
    $ lua-store serve --data ../data --listen 127.0.0.1:0 --tls-cert a.pem --tls-key b.key
    --- stderr
    Error: cannot use "[DIR]/project/b.key" for TLS: it is the key of another certificate
    hint: `--tls-cert` and `--tls-key` name PEM files: the chain of certificates, and its private key
    --- exit 2
    "#);
}
