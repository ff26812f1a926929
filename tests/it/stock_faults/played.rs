//! The story as it goes when nothing disturbs it: what every fault is compared with.

use super::calls::Call;
use super::place::{Place, view};
use super::story::Story;
use crate::common::http::Reply;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A request of the story.
pub struct Played {
    pub call: Call,
    pub status: u16,
    pub answer: String,
    /// Disk steps that it took.
    pub steps: usize,
    /// Everything that a client can read afterwards.
    pub view: Vec<String>,
}

impl Played {
    /// Checks the answer to this request after a fault.
    pub fn is_answer(&self, reply: Option<Reply>, context: &str) {
        let shown = self.call.shown();
        let reply = reply.unwrap_or_else(|| panic!("{shown}, {context}: no answer"));
        let expected = (self.status, self.answer.clone());
        assert_eq!((reply.status, reply.text()), expected, "{shown}, {context}");
    }
}

/// The requests of a story, and the folder before some of them.
pub struct PlayedStory {
    pub story: Story,
    pub calls: Vec<Played>,
    /// The folder before the requests with these numbers.
    pub kept: Vec<(usize, Place)>,
}

impl PlayedStory {
    /// Plays a story, and keeps a copy of the folder before the requests that are named.
    pub fn new(is_kept: impl Fn(&[Played], &Call, usize) -> bool) -> PlayedStory {
        let story = Story::new();
        let mut place = Place::copy_of(&story.empty.data());
        let trace = place.project.path("../trace");
        let server = place.serve_with(&format!("trace={}", trace.display()));
        place.start_faults();
        let mut client = story.client.clone();
        let (mut calls, mut kept) = (Vec::<Played>::new(), Vec::new());
        for call in story.calls() {
            let number = calls.len();
            if is_kept(&calls, call, number) {
                kept.push((number, Place::copy_of(&place.data())));
            }
            let reply = client.send_named(&server, call, Some(number)).unwrap();
            assert!(reply.status < 300, "{}: {}", call.shown(), reply.text());
            let taken = std::fs::read_to_string(&trace).unwrap_or_default().lines().count();
            std::fs::write(&trace, "").unwrap();
            // The first look at an agent syncs its folder, at the same time as the server's own look at its packs: once
            // or twice. A `GET` has no other step.
            let steps = if call.method == "GET" { 0 } else { taken };
            let (status, answer) = (reply.status, reply.text());
            let seen = match calls.last().filter(|_| steps == 0 || call.is_upload()) {
                Some(before) => before.view.clone(),
                None => view(&client, &server, &place.head()),
            };
            calls.push(Played { call: call.clone(), status, answer, steps, view: seen });
        }
        // The addresses that it was given are the same in each run.
        let story = Story { client, ..story };
        PlayedStory { story, calls, kept }
    }

    /// The view before a request.
    pub fn view_before(&self, number: usize) -> &[String] {
        &self.calls[number.saturating_sub(1)].view
    }
}

/// Does something for each thing, a few at once: most of the time they wait for the disk.
pub fn for_each<T: Sync>(things: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let take = || {
        while let Some(thing) = things.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(thing);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended.for_each(|ended| ended.expect("a fault showed something wrong"));
    });
}
