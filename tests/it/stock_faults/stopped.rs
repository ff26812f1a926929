//! The client goes away: in the middle of a request, after it and before its answer, and for ever.

use super::calls::{Call, Client};
use super::place::{Place, view};
use super::played::PlayedStory;
use crate::common::http::Wire;
use crate::common::server::{Server, data};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Sends a part of a request, and goes away.
fn send_part(client: &Client, server: &Server, call: &Call, number: usize, bytes: usize) {
    let (path, headers) = client.address(call, Some(number));
    let mut wire = Wire::new(server.connect());
    wire.head(&call.method, &path, &headers, call.body.len() as u64);
    wire.raw(&call.body[..bytes]);
}

/// Files of uploads of the agent, unfinished ones among them.
fn uploads(place: &Place) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(data(&place.project)).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files.filter(|path| is_upload(path)).collect()
}

fn is_upload(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "uploads")
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

/// Each request is broken off in the middle of its body, then sent whole by a client that does not wait for the answer,
/// then sent again. Others see the result of whole requests alone.
#[test]
fn at_every_request() {
    let played = PlayedStory::new(|_, _, _| false);
    let place = Place::copy_of(&played.story.empty.data());
    let server = place.serve("");
    let mut client = played.story.client.clone();
    for (number, now) in played.calls.iter().enumerate() {
        let writes = now.steps > 0 && !now.call.is_upload();
        if !now.call.body.is_empty() {
            send_part(&client, &server, &now.call, number, now.call.body.len() / 2);
        }
        if writes {
            let seen = view(&client, &server, &place.head());
            assert_eq!(seen, played.view_before(number), "half of {}", now.call.shown());
        }
        send_part(&client, &server, &now.call, number, now.call.body.len());
        now.is_answer(client.send_named(&server, &now.call, Some(number)), "sent again");
        if writes {
            let seen = view(&client, &server, &place.head());
            assert_eq!(seen, now.view, "twice {}", now.call.shown());
        }
    }
    let whole = uploads(&place);
    wait_until("no upload is unfinished", || {
        uploads(&place).iter().all(|path| !is_unfinished(path))
    });
    assert_eq!(uploads(&place).len(), whole.iter().filter(|path| !is_unfinished(path)).count());
}

fn is_unfinished(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with("tmp-")
}

/// A client stops before its manifest. The numbers that it pushed by then stay staged; its files are removed after a day.
#[test]
fn uploads_that_nobody_named_are_gone_after_a_day_and_the_push_can_be_run_again() {
    let played = PlayedStory::new(|_, call, number| call.is_manifest() && number < 90);
    let (number, before) = &played.kept[0];
    let files = uploads(before).len();
    assert!(files > 15, "{files} uploads");
    for (hours, left) in [(23, files - 1), (25, 0)] {
        let mut place = Place::copy_of(&before.data());
        // One is two hours older: when it is gone, upkeep has looked at all.
        let old = std::fs::File::options().append(true).open(&uploads(&place)[0]).unwrap();
        old.set_modified(SystemTime::now() - Duration::from_secs(2 * 3600)).unwrap();
        // The copies are as young as the clock of this machine says.
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
        place.project.set("LUA_STORE_NOW", &now.to_string());
        place.project.set("LUA_STORE_SERVE_LIMITS", "round=20");
        let server = place.serve("");
        wait_until("they are gone", || uploads(&place).len() <= left);
        drop(server);
        assert_eq!(uploads(&place).len(), left, "after {hours} hours");
        assert_eq!(place.head().heads.source.len(), 0);
        // The clock of the other test runs, for which the addresses are good.
        let place = Place::copy_of(&place.data());
        let server = place.serve("");
        let mut client = Client { run: 7, ..played.story.client.clone() };
        let rest: Vec<Call> = played.calls[..=*number].iter().map(|now| now.call.clone()).collect();
        for call in rest.iter().filter(|call| call.is_upload() || call.is_manifest()) {
            let reply = client.send(&server, call).unwrap();
            assert!(reply.status < 300, "{}", reply.text());
        }
        let seen = view(&client, &server, &place.head());
        assert_eq!(seen, played.calls[*number].view);
    }
}
