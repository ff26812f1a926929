//! Bodies that are wrong, before each request of the story: an answer that the command reads, nothing changed, little
//! memory, and the right request works afterwards.

use super::calls::{AGENT, Call, Client, below, refusal};
use super::place::{Place, view};
use super::played::PlayedStory;
use super::story::{Story, packed};
use crate::common::http::{Reply, Wire};
use crate::common::server::Server;
use std::net::Shutdown;

/// Memory that wrong requests may take, at most.
const MOST_MEMORY: u64 = 48 << 20;

/// Levels of a body that are more than any reader follows.
const LEVELS: usize = 100_000;

fn wrong_bodies(call: &Call) -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| [open.repeat(LEVELS), close.repeat(LEVELS)].concat();
    let half = call.body[..call.body.len() / 2].to_vec();
    let deep_field =
        format!("{{\"name\":\"deep\",\"version\":\"9.9.9\",\"x\":{}}}", deep("[", "]"));
    vec![
        b"no JSON".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"{\"name\":\"\xff\"}".to_vec(),
        half,
        deep("[", "]").into_bytes(),
        deep("{\"a\":", "}").into_bytes(),
        deep_field.into_bytes(),
    ]
}

/// Addresses whose body says nothing that the server needs.
fn ignores_its_body(call: &Call) -> bool {
    call.path.ends_with("/source")
        || call.path.ends_with("/publish")
        || call.path.ends_with("/persona/version/1")
}

fn is_refused(reply: Option<Reply>, call: &Call) -> Reply {
    let reply =
        reply.unwrap_or_else(|| panic!("{}: no answer to {} bytes", call.shown(), call.body.len()));
    let (status, _, message) = refusal(&reply);
    assert!((400..500).contains(&status), "{}: {status} {message}", call.shown());
    assert!(!message.is_empty() && !message.contains('\n'), "{message:?}");
    reply
}

#[test]
fn bodies_that_are_no_request_are_refused_before_each_right_one() {
    let played = PlayedStory::new(|_, _, _| false);
    let place = Place::copy_of(&played.story.empty.data());
    let server = place.serve("");
    let mut client = played.story.client.clone();
    let mut peak = None;
    for (number, now) in played.calls.iter().enumerate() {
        let call = &now.call;
        let is_json = call.body.first() == Some(&b'{') && !ignores_its_body(call);
        let head = place.head();
        for body in wrong_bodies(call).into_iter().filter(|_| is_json) {
            is_refused(client.send(&server, &Call { body, ..call.clone() }), call);
        }
        if is_json {
            let seen = view(&client, &server, &head);
            assert_eq!(seen, played.view_before(number), "{}", call.shown());
        }
        now.is_answer(client.send_named(&server, call, Some(number)), "after wrong ones");
        peak = peak.or_else(|| server.peak_memory());
    }
    let grown = server.peak_memory().zip(peak).map_or(0, |(last, first)| last - first);
    assert!(grown < MOST_MEMORY, "{grown} bytes more");
}

#[test]
fn lengths_that_are_wrong() {
    let played = PlayedStory::new(is_first_manifest);
    let (number, before) = &played.kept[0];
    let mut place = Place::copy_of(&before.data());
    place.project.set("LUA_STORE_SERVE_LIMITS", "json=300,span=300");
    let server = place.serve("");
    let mut client = played.story.client.clone();
    let upload = played.calls[..*number].iter().rfind(|now| now.call.is_upload()).unwrap();
    for call in [&played.calls[*number].call, &upload.call] {
        let (path, headers) = client.address(call, None);
        let length = call.body.len() as u64;
        let opened = |length: u64| {
            let mut wire = Wire::new(server.connect());
            wire.head(&call.method, &path, &headers, length);
            wire.raw(&call.body);
            wire
        };
        // Bytes beyond the length are no request, and the connection ends with them.
        is_refused(opened(length - 1).try_reply("PUT"), call);
        // A body that stays away, and one that is cut off.
        let reply = is_refused(opened(length + 1).try_reply("PUT"), call);
        assert_eq!((reply.status, refusal(&reply).1.as_str()), (408, "BUSY"));
        let stream = server.connect();
        let mut wire = Wire::new(stream.try_clone().unwrap());
        wire.head(&call.method, &path, &headers, length + 1);
        wire.raw(&call.body);
        stream.shutdown(Shutdown::Write).unwrap();
        if let Some(reply) = wire.try_reply("PUT") {
            is_refused(Some(reply), call);
        }
        // A slow one: a byte in each tenth of a second.
        let mut wire = Wire::new(server.connect());
        wire.head(&call.method, &path, &headers, length);
        for byte in &call.body[..10] {
            wire.raw(&[*byte]);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let reply = is_refused(wire.try_reply("PUT"), call);
        assert_eq!(reply.status, 408);
    }
    let seen = view(&client, &server, &place.head());
    assert_eq!(seen, played.view_before(*number));
    let now = &played.calls[*number];
    now.is_answer(client.send_named(&server, &now.call, Some(*number)), "the right length");
}

fn is_first_manifest(calls: &[super::played::Played], call: &Call, _: usize) -> bool {
    call.is_manifest() && calls.iter().all(|played| !played.call.is_manifest())
}

#[test]
fn methods_that_an_address_does_not_have() {
    let story = Story::new();
    let server = story.empty.serve("");
    let mut client = story.client.clone();
    let mut seen = Vec::new();
    for call in story.calls().filter(|call| !call.is_upload()) {
        if seen.contains(&call.shape()) {
            continue;
        }
        seen.push(call.shape());
        for method in ["TRACE", "OPTIONS", "MOVE"] {
            let wrong = Call { method: method.to_owned(), ..call.clone() };
            let reply = is_refused(client.send(&server, &wrong), call);
            assert_eq!(refusal(&reply).1, "METHOD_NOT_ALLOWED", "{}", wrong.shown());
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
    // An address that is none.
    for path in [below("backup/manifest/x"), format!("/developer/skills/{AGENT}/x/y/z/w")] {
        is_refused(client.send(&server, &Call::get(&path)), &Call::get(&path));
    }
}

/// Uploads that are wrong, many of them at once, and a bomb: the server keeps its memory, and takes the right ones.
#[test]
fn uploads_that_are_wrong() {
    let story = Story::new();
    let server = story.empty.serve("");
    let mut client = story.client.clone();
    let good = packed(b"hello\n");
    // By `printf 'hello\n' | sha256sum`.
    let key = "5891b5b522d5df08";
    let body = serde_json::json!({"hashes": [key]});
    let urls = Call::post(&below("backup/blob-upload-urls"), &body);
    assert_eq!(client.send(&server, &urls).unwrap().status, 200);
    let bomb = packed(&vec![0; 1 << 20]).repeat(1000);
    assert!(bomb.len() < 2 << 20, "1 GB in {} bytes", bomb.len());
    let wrong = [packed(b"other"), b"hello\n".to_vec(), good[..10].to_vec(), Vec::new()];
    let before = server.peak_memory();
    at_once(&client, &server, &wrong, key, 100);
    at_once(&client, &server, &[bomb], key, 1);
    let grown = server.peak_memory().zip(before).map_or(0, |(last, first)| last - first);
    assert!(grown < MOST_MEMORY, "{grown} bytes more");
    assert_eq!(client.send(&server, &Call::upload(key, good)).unwrap().status, 200);
}

/// So many uploads at once, all of them wrong.
fn at_once(client: &Client, server: &Server, wrong: &[Vec<u8>], key: &str, count: usize) {
    std::thread::scope(|scope| {
        for number in 0..count {
            let mut client = client.clone();
            let body = wrong[number % wrong.len()].clone();
            scope.spawn(move || {
                let call = Call::upload(key, body);
                is_refused(client.send(server, &call), &call);
            });
        }
    });
}
