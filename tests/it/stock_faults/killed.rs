//! The server dies at every disk step of every request of the story; another one takes its place, and the request is
//! sent again as the command does it, under the same name.

use super::calls::Client;
use super::place::{Place, view};
use super::played::{PlayedStory, for_each};
use crate::common::server::Server;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A story with a server that dies at one step of each request that takes so many.
struct Deaths<'a> {
    played: &'a PlayedStory,
    step: usize,
    place: Place,
    client: Client,
}

impl Deaths<'_> {
    /// Gives the number of deaths.
    fn play(&mut self) -> usize {
        let (mut server, mut deaths) = (self.serve(), 0);
        for (number, now) in self.played.calls.iter().enumerate() {
            let context = format!("step {}", self.step);
            if now.steps >= self.step {
                self.place.start_faults();
                let reply = self.client.send_named(&server, &now.call, Some(number));
                assert!(reply.is_none(), "{}, {context}: no death", now.call.shown());
                drop(server);
                deaths += 1;
                self.place.stop_faults();
                server = self.serve();
                self.is_old_or_new(&server, number);
            }
            now.is_answer(self.client.send_named(&server, &now.call, Some(number)), &context);
        }
        let seen = view(&self.client, &server, &self.place.head());
        assert_eq!(seen, self.played.calls.last().unwrap().view);
        deaths
    }

    fn serve(&mut self) -> Server {
        self.place.serve_with(&format!("kill={}", self.step))
    }

    /// Every answer that was sent holds, and nothing half shows.
    fn is_old_or_new(&mut self, server: &Server, number: usize) {
        let now = &self.played.calls[number];
        let head = self.place.head();
        if now.call.is_upload() {
            // Nobody sees it before a manifest.
            return;
        }
        let seen = view(&self.client, server, &head);
        assert!(
            seen == now.view || seen == self.played.view_before(number),
            "{} at step {}: neither old nor new: {seen:#?}",
            now.call.shown(),
            self.step
        );
    }
}

#[test]
fn at_every_step_of_every_request() {
    let played = PlayedStory::new(|_, _, _| false);
    let most = played.calls.iter().map(|now| now.steps).max().unwrap();
    let deaths = AtomicUsize::new(0);
    for_each(&(1..=most).collect::<Vec<usize>>(), |step| {
        let place = Place::copy_of(&played.story.empty.data());
        let client = played.story.client.clone();
        let count = Deaths { played: &played, step: *step, place, client }.play();
        deaths.fetch_add(count, Ordering::Relaxed);
    });
    let steps: usize = played.calls.iter().map(|now| now.steps).sum();
    assert!(steps > 400, "{steps} steps");
    assert_eq!(deaths.into_inner(), steps);
}
