//! The server dies, and the same command is run again: its requests have new names, and it asks first what the server has.

use super::calls::{Call, Client, below};
use super::place::{KINDS, Place};
use super::played::{PlayedStory, for_each};
use super::story::Command;
use crate::common::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The command that runs now, as far as its requests depend on answers.
struct Run<'a> {
    server: &'a Server,
    client: Client,
    /// Keys that the server does not have.
    missing: Vec<Value>,
    sent: usize,
}

impl Run<'_> {
    /// `None` if the server died.
    fn play(&mut self, calls: &[Call]) -> Option<()> {
        for call in calls {
            if call.path.ends_with("/check-blobs") || !self.is_stored(call) {
                self.send(call)?;
            }
        }
        Some(())
    }

    fn is_stored(&self, call: &Call) -> bool {
        let key = call.path.strip_prefix("/blob/");
        key.is_some_and(|key| !self.missing.contains(&json!(key)))
    }

    fn send(&mut self, call: &Call) -> Option<()> {
        let reply = self.named(call)?;
        if call.path.ends_with("/check-blobs") {
            self.missing.extend(reply["missing"].as_array().unwrap().iter().cloned());
        }
        let message = reply["message"].as_str().unwrap_or_default();
        match reply["code"].as_str() {
            // The command reads the highest number again, and takes the next one.
            Some("CONFLICT") if message.contains("already exists") => {
                let mut body = call.json();
                body["version"] = json!(next(body["version"].as_str().unwrap()));
                let reply = self.named(&Call::post(&call.path, &body))?;
                assert_eq!(reply["code"], Value::Null, "{reply}");
            }
            // It says that there is nothing to do, and ends with 0.
            Some("NO_STAGED_CHANGES" | "VERSION_ALREADY_ACTIVE") | None => {}
            Some(_) => panic!("{}: {reply}", call.shown()),
        }
        Some(())
    }

    fn named(&mut self, call: &Call) -> Option<Value> {
        self.sent += 1;
        let reply = self.client.send_named(self.server, call, Some(self.sent))?;
        Some(serde_json::from_slice(&reply.body).unwrap_or_default())
    }
}

/// The next number after one that was taken.
fn next(number: &str) -> String {
    let (start, last) = number.rsplit_once('.').unwrap();
    format!("{start}.{}", last.parse::<u64>().unwrap() + 1)
}

/// Result of a command: files, the active version, and the highest number of each primitive.
#[derive(Debug, PartialEq)]
struct Outcome {
    files: Value,
    statuses: Vec<(Value, Value)>,
    numbers: BTreeMap<String, String>,
}

fn outcome(client: &mut Client, server: &Server) -> Outcome {
    let mut get = |path: &str| client.send(server, &Call::get(path)).unwrap().json();
    let mut numbers = BTreeMap::new();
    for kind in KINDS {
        let list = get(&format!("/developer/{kind}/{}", super::calls::AGENT));
        for row in list.as_object().unwrap().values().next().unwrap().as_array().unwrap() {
            let newest = row["versions"].as_array().unwrap().last();
            let newest = newest.map_or(&Value::Null, |newest| &newest["version"]);
            numbers.insert(format!("{kind} {}", row["name"]), newest.to_string());
        }
    }
    let versions = get(&below("versions?all=true&status=all"));
    let row = |row: &Value| (row["version"].clone(), row["status"].clone());
    Outcome {
        files: get(&below("backup/manifest"))["files"].clone(),
        statuses: versions.as_array().unwrap().iter().map(row).collect(),
        numbers,
    }
}

/// A command, the folder before it, and its result when nothing disturbs it.
struct Undisturbed<'a> {
    client: &'a Client,
    command: &'a Command,
    before: &'a Place,
    outcome: Outcome,
    sources: usize,
}

impl<'a> Undisturbed<'a> {
    fn new(client: &'a Client, command: &'a Command, before: &'a Place) -> Undisturbed<'a> {
        let place = Place::copy_of(&before.data());
        let server = place.serve("");
        run(client, command, &server, 1).unwrap();
        let outcome = outcome(&mut client.clone(), &server);
        let sources = place.head().heads.source.len();
        Undisturbed { client, command, before, outcome, sources }
    }

    /// Kills the server at a step of the command, and runs the command again.
    fn cut(&self, step: usize) {
        let context = format!("{} at step {step}", self.command.name);
        let mut place = Place::copy_of(&self.before.data());
        let server = place.serve_with(&format!("kill={step}"));
        place.start_faults();
        let died = run(self.client, self.command, &server, 1).is_none();
        assert!(died, "{context}: no death");
        drop(server);
        let killed = place.head().heads.source.len();
        assert!(killed <= self.sources, "{context}: half of a command made {killed}");
        let server = place.serve("");
        let ended = run(self.client, self.command, &server, 2);
        ended.unwrap_or_else(|| panic!("{context}: the second run ended early"));
        let mut found = outcome(&mut self.client.clone(), &server);
        // A number that was taken before the death is not given again.
        for (name, number) in &mut found.numbers {
            let usual = &self.outcome.numbers[name];
            if *number == format!("\"{}\"", next(usual.trim_matches('"'))) {
                number.clone_from(usual);
            }
        }
        assert_eq!(found, self.outcome, "{context}");
        // A backup that landed before the death is followed by one more.
        let more = usize::from(self.command.calls.iter().any(Call::is_manifest));
        let count = place.head().heads.source.len();
        assert!((self.sources..=self.sources + more).contains(&count), "{context}: {count}");
    }
}

/// Runs a command, with names that another run does not have. `None` if the server died.
fn run(client: &Client, command: &Command, server: &Server, run: u32) -> Option<()> {
    let client = Client { run, ..client.clone() };
    Run { server, client, missing: Vec::new(), sent: 0 }.play(&command.calls)
}

/// Steps of a command at which it is cut: some of all, and of a long one some of its manifest. That nothing is lost at
/// the others is tested request by request.
fn chosen(steps: &[usize]) -> Vec<usize> {
    let all: usize = steps.iter().sum();
    if all < 40 {
        return (2..=all).step_by(4).collect();
    }
    let last = steps.iter().rposition(|steps| *steps > 20).unwrap();
    let before: usize = steps[..last].iter().sum();
    let manifest = [9, 10, 20].map(|step| before + step);
    (30..before).step_by(60).chain(manifest).collect()
}

#[test]
fn the_same_command_run_again_ends_as_if_nothing_had_happened() {
    let story = super::story::Story::new();
    let mut starts = vec![0];
    for command in &story.commands {
        starts.push(starts.last().unwrap() + command.calls.len());
    }
    drop(story);
    let played = PlayedStory::new(|_, _, number| starts.contains(&number));
    let mut commands = Vec::new();
    for (command, (_, before)) in played.story.commands.iter().zip(&played.kept) {
        commands.push(Undisturbed::new(&played.story.client, command, before));
    }
    let mut cuts = Vec::new();
    for (undisturbed, (start, _)) in commands.iter().zip(&played.kept) {
        let calls = &played.calls[*start..][..undisturbed.command.calls.len()];
        let steps: Vec<usize> = calls.iter().map(|call| call.steps).collect();
        cuts.extend(chosen(&steps).into_iter().map(|step| (undisturbed, step)));
    }
    for_each(&cuts, |(undisturbed, step)| undisturbed.cut(*step));
}
