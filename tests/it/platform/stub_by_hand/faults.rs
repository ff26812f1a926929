//! Faults of the stub, its keys, and the addresses of blobs.

use super::super::stub::{At, Fault, Platform};
use super::{AGENT, asked, sent, tried};
use crate::common::http::Wire;
use serde_json::json;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const NEW: &str = "POST /developer/agents/:a/persona/version";

#[test]
fn each_fault_happens_at_its_request_and_nowhere_else() {
    let platform = Platform::start(AGENT);
    let persona = json!({"persona": "x"}).to_string();
    let push = || tried(&platform, NEW, "", persona.as_bytes());
    let count = || {
        asked(&platform, "/developer/agents/:a/persona/versions").1["versions"]
            .as_array()
            .unwrap()
            .len()
    };
    platform.on(At::route("#12"), Fault::CutBefore);
    platform.on(At::route("#12").nth(2), Fault::CutAfter);
    platform.on(At::route("#12").nth(3), Fault::Status(503));
    platform.on(At::route("#12").nth(4), Fault::StatusAfter(500));
    platform.on(At::route("#12").nth(5), Fault::Bytes(b"<html>".to_vec()));
    platform.on(At::route("#12").nth(6), Fault::Redirect("http://other/".into()));
    platform.on(At::route("#12").nth(7), Fault::Busy(429, 2));
    assert_eq!(platform.waiting_faults(), 7);
    assert!(push().is_none());
    assert_eq!(count(), 0);
    assert!(push().is_none());
    assert_eq!(count(), 1);
    assert_eq!((push().unwrap().status, count()), (503, 1));
    assert_eq!((push().unwrap().status, count()), (500, 2));
    assert_eq!((push().unwrap().text(), count()), ("<html>".to_owned(), 2));
    let redirect = push().unwrap();
    assert_eq!((redirect.status, redirect.header("location")), (302, Some("http://other/")));
    let busy = push().unwrap();
    assert_eq!((busy.status, busy.header("retry-after")), (429, Some("2")));
    assert_eq!((push().unwrap().status, count()), (201, 3));
    assert_eq!(platform.waiting_faults(), 0);
}

#[test]
fn somebody_else_acts_before_and_after_a_request_and_a_delay_is_waited_for() {
    let platform = Platform::start(AGENT);
    platform.reset_requests();
    platform.on(
        At::request(2),
        Fault::before(|other| {
            other.edit_persona("before");
        }),
    );
    platform.on(
        At::request(2),
        Fault::after(|other| {
            other.edit_persona("after");
        }),
    );
    platform.on(At::request(3), Fault::Delay(Duration::from_millis(50)));
    let texts = || {
        let answer = asked(&platform, "/developer/agents/:a/persona/versions").1;
        let all = answer["versions"].as_array().unwrap().clone();
        all.iter().map(|one| one["persona"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(texts().is_empty());
    sent(&platform, NEW, &json!({"persona": "mine"}));
    let since = Instant::now();
    assert_eq!(texts(), ["after", "mine", "before"]);
    assert!(since.elapsed() >= Duration::from_millis(50));
    let lines: Vec<_> = platform.requests().iter().map(|one| one.number).collect();
    assert_eq!(lines, ["#11", "#12", "#11"]);
    assert_eq!(platform.changes().len(), 1);
    assert_eq!(platform.changes()[0].json(), json!({"persona": "mine"}));
}

#[test]
fn a_repeated_post_is_done_once_if_its_key_is_known() {
    for is_honoured in [true, false] {
        let platform = Platform::start(AGENT);
        platform.assume(|assumptions| assumptions.idempotency = is_honoured);
        let body = json!({"persona": "x"}).to_string();
        for _ in 0..2 {
            let header = "X-Idempotency-Key: 1\r\n";
            assert_eq!(tried(&platform, NEW, header, body.as_bytes()).unwrap().status, 201);
        }
        let number = platform.live(AGENT).current_persona;
        assert_eq!(number, Some(if is_honoured { 1 } else { 2 }));
        assert_eq!(platform.requests()[1].idempotency_key(), Some("1"));
    }
}

#[test]
fn a_wrong_key_another_agent_and_an_unknown_route_are_refused() {
    let platform = Platform::start(AGENT);
    assert_eq!(asked(&platform, "/developer/skills/agent_other").0, 403);
    assert_eq!(asked(&platform, "/developer/agents/:a/env").0, 404);
    assert_eq!(platform.requests().last().unwrap().number, "?");
    let key = platform.key();
    platform.change_key("another");
    assert_eq!(asked(&platform, "/admin/agents/:a").0, 200);
    let stream = TcpStream::connect(platform.url().trim_start_matches("http://")).unwrap();
    let mut wire = Wire::new(stream);
    wire.send("GET", "/admin/agents/agent_shop", &format!("Authorization: Bearer {key}\r\n"), b"");
    assert_eq!(wire.reply().status, 401);
}

#[test]
fn a_blob_is_sent_to_its_address_without_a_key() {
    let platform = Platform::start(AGENT);
    let post = |path: &str| {
        sent(
            &platform,
            &format!("POST /developer/agents/:a/backup/{path}"),
            &json!({"hashes": ["00ff"]}),
        )
        .1
    };
    assert_eq!(post("check-blobs")["missing"], json!(["00ff"]));
    assert_eq!(post("blob-urls")["urls"], json!({}));
    let upload = post("blob-upload-urls")["urls"]["00ff"].as_str().unwrap().to_owned();
    let at = |method: &str, url: &str, headers: &str, body: &[u8]| {
        let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
        let mut wire = Wire::new(TcpStream::connect(host).unwrap());
        wire.send(method, &format!("/{path}"), headers, body);
        wire.reply()
    };
    assert!(!upload.starts_with(&platform.url()), "another host has them");
    assert_eq!(at("PUT", &upload, "Authorization: Bearer x\r\n", b"bytes").status, 400);
    assert_eq!(at("GET", &upload, "", b"").status, 403);
    assert_eq!(at("PUT", &upload, "x-amz-checksum-sha256: AAAA\r\n", b"bytes").status, 400);
    assert_eq!(at("PUT", &upload, "", b"bytes").status, 200);
    assert_eq!(post("check-blobs")["existing"], json!(["00ff"]));
    let download = post("blob-urls")["urls"]["00ff"].as_str().unwrap().to_owned();
    assert_eq!(at("GET", &download, "", b"").body, b"bytes");
    let many: Vec<String> = (0..501).map(|at| at.to_string()).collect();
    let line = "POST /developer/agents/:a/backup/check-blobs";
    assert_eq!(sent(&platform, line, &json!({"hashes": many})).0, 400);
}
