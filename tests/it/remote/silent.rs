//! Servers that say nothing, or a byte now and then, and those whose certificate nobody trusts.

use super::published;
use super::served::{AGENT, aim, head, heads};
use crate::common::Project;
use crate::common::server::{Server, data};
use rcgen::generate_simple_self_signed;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// Accepts whatever comes, and sends `begin` and then `drip` again and again.
fn dripping(begin: &'static str, drip: &'static str) -> String {
    serving(move |_| (begin.to_owned(), drip))
}

/// The same as each request decides.
fn serving(answer: impl Fn(&[u8]) -> (String, &'static str) + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                let (begin, drip) = answer(&head);
                let mut sent = stream.write_all(begin.as_bytes());
                while sent.is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                    sent = stream.write_all(drip.as_bytes());
                }
            });
        }
    });
    url
}

fn impatient() -> Project {
    let mut project = published();
    project.set("LUA_STORE_TRIES", "1");
    project.set("LUA_STORE_SILENCE", "600");
    project
}

/// Ends with this, and changes nothing.
fn cut(url: &str, part: &str) {
    let project = impatient();
    aim(&project, url);
    let before = heads(&project.root());
    for line in ["fetch", "pull", "push", "sync --check --strict"] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 11, "{outcome}");
        assert!(outcome.stderr.contains(part), "{outcome}");
        assert_eq!(heads(&project.root()), before);
    }
}

#[test]
fn a_silent_server_is_told_of_and_given_up() {
    cut(&dripping("", ""), "does not answer");
    let project = impatient();
    let url = dripping("", "");
    aim(&project, &url);
    let outcome = project.run("fetch");
    let told = format!("waiting for \"{url}/{AGENT}\", which has not answered yet");
    assert!(outcome.stderr.contains(&told), "{outcome}");
}

#[test]
fn a_head_that_drips_is_cut() {
    cut(&dripping("HTTP/1.1 200 OK\r\nX-Slow: ", "x"), "does not answer");
}

#[test]
fn a_body_that_drips_is_cut() {
    cut(
        &dripping("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n", " "),
        "it sends too slowly",
    );
}

/// The head comes at once, and the pack a byte now and then.
#[test]
fn a_pack_that_drips_is_cut() {
    let project = impatient();
    let now = head(&data(&project));
    let refs = json!({"agent": AGENT, "source": now.heads.source, "versions": now.heads.versions, "active": now.heads.active});
    let refs = refs.to_string();
    let whole = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{refs}",
        refs.len()
    );
    let begin = "HTTP/1.1 200 OK\r\nETag: \"0\"\r\nContent-Length: 10000000\r\n\r\n";
    let url = serving(move |request| match request.starts_with(b"GET ") {
        true => (whole.clone(), ""),
        false => (begin.to_owned(), "x"),
    });
    let outcome = project.run(&format!("clone {url}/{AGENT} ../other"));
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(outcome.stderr.contains("it sends too slowly"), "{outcome}");
    assert!(!project.path("../other/src").exists());
}

#[test]
fn a_server_that_answers_in_time_is_not_told_of() {
    let mut project = published();
    let server = super::served::serve(&mut project, "");
    let outcome = project.run("fetch");
    assert!(outcome.code == 0 && !outcome.stderr.contains("waiting for"), "{outcome}");
    drop(server);
}

/// A server with a certificate of its own, for this name.
fn with_certificate(project: &Project, name: &str) -> (Server, String) {
    let made = generate_simple_self_signed([name.to_owned()]).unwrap();
    project.write("../own.pem", made.cert.pem());
    project.write("../own.key", made.signing_key.serialize_pem());
    let server = Server::start(project, "--no-auth --tls-cert ../own.pem --tls-key ../own.key");
    let url = server.url.clone();
    (server, url)
}

#[test]
fn a_certificate_that_nobody_trusts_is_told_once_and_never_in_sync() {
    let project = published();
    let (_server, url) = with_certificate(&project, "127.0.0.1");
    aim(&project, &url);
    let before = heads(&project.root());
    for line in [
        "fetch",
        "pull",
        "push",
        "sync --check",
        "version promote 1",
        &format!("clone {url}/{AGENT} ../c"),
    ] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 9, "{outcome}");
        let told = format!("the certificate of \"{url}/{AGENT}\" is not trusted: ");
        assert!(outcome.stderr.contains("SSL_CERT_FILE=ca.pem"), "{outcome}");
        assert!(outcome.stderr.contains(&told) && !outcome.stderr.contains("tried"), "{outcome}");
        assert!(!outcome.to_string().contains("in sync"), "{outcome}");
        assert_eq!(heads(&project.root()), before);
    }
    let told: serde_json::Value =
        serde_json::from_str(&project.run("fetch --json").stdout).unwrap();
    assert_eq!(told["error"]["code"], "untrusted");
    let status = project.run("status");
    assert!(status.code == 0 && status.stderr.contains("is not trusted"), "{status}");
}

#[test]
fn a_server_without_tls_is_named_in_words() {
    let project = published();
    let server = Server::start(&project, "--no-auth");
    let url = server.url.replace("http://", "https://");
    aim(&project, &url);
    let outcome = project.run("fetch");
    let expected = format!(
        "Error: cannot use TLS with \"{url}/{AGENT}\": the server there does not speak TLS\n\
         hint: use `http://` in its address if it is meant to be without TLS\n"
    );
    assert_eq!((outcome.stderr.as_str(), outcome.code), (expected.as_str(), 11));
}

#[test]
fn a_certificate_for_another_name_is_none() {
    let mut project = published();
    let (_server, url) = with_certificate(&project, "elsewhere.example.com");
    aim(&project, &url);
    let trusted = project.path("../own.pem");
    project.set("SSL_CERT_FILE", trusted.to_str().unwrap());
    let outcome = project.run("fetch");
    assert_eq!(outcome.code, 9, "{outcome}");
    assert!(outcome.stderr.contains("it is for another name"), "{outcome}");
}
