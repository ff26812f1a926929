//! Two servers over one folder: what one answered the other one knows, and no number is given twice.

use super::calls::{Call, Client, below};
use super::place::{Place, view};
use super::played::PlayedStory;
use crate::common::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn a_story_whose_requests_go_to_two_servers_in_turn() {
    let played = PlayedStory::new(|_, _, _| false);
    let place = Place::copy_of(&played.story.empty.data());
    let servers = [place.serve(""), place.serve("")];
    let mut client = played.story.client.clone();
    for (number, now) in played.calls.iter().enumerate() {
        let (one, other) = (&servers[number % 2], &servers[(number + 1) % 2]);
        now.is_answer(client.send_named(one, &now.call, Some(number)), "at two servers");
        // A retry goes wherever a balancer sends it.
        now.is_answer(client.send_named(other, &now.call, Some(number)), "at the other server");
        if now.steps > 0 && !now.call.is_upload() {
            assert_eq!(view(&client, other, &place.head()), now.view, "{}", now.call.shown());
        }
    }
}

/// Pushes personas and backups. Gives the numbers that were answered.
fn push(mut client: Client, server: &Server, run: u32, manifest: &Call) -> (Vec<u64>, Vec<u64>) {
    let (mut personas, mut backups) = (Vec::new(), Vec::new());
    client.run = run;
    for number in 0..8 {
        let text = json!({"persona": format!("{number} of {run}")});
        let persona = Call::post(&below("persona/version"), &text);
        personas.push(number_in(&mut client, server, &persona, number * 2, "version"));
        backups.push(number_in(&mut client, server, manifest, number * 2 + 1, "activeVersion"));
    }
    (personas, backups)
}

fn number_in(client: &mut Client, server: &Server, call: &Call, name: usize, field: &str) -> u64 {
    let reply = client.send_named(server, call, Some(name)).unwrap();
    assert_eq!(reply.status, 201, "{}: {}", call.shown(), reply.text());
    reply.json()[field].as_u64().unwrap()
}

#[test]
fn two_servers_at_once_give_each_number_once() {
    let played = PlayedStory::new(|calls, call, _| {
        call.path.ends_with("/source") && calls.last().unwrap().call.is_manifest()
    });
    let manifest = played.calls.iter().find(|now| now.call.is_manifest()).unwrap();
    let place = Place::copy_of(&played.kept[0].1.data());
    let servers = [place.serve(""), place.serve("")];
    let client = played.story.client.clone();
    let pushed = std::thread::scope(|scope| {
        let start = |run: u32| {
            let (client, server) = (client.clone(), &servers[run as usize % 2]);
            scope.spawn(move || push(client, server, 10 + run, &manifest.call))
        };
        let runs: Vec<_> = (0..4).map(start).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    let unique = |numbers: Vec<u64>| {
        let set: BTreeSet<u64> = numbers.iter().copied().collect();
        assert_eq!(set.len(), numbers.len(), "{numbers:?}");
        set
    };
    // The first push made one of each.
    let personas = unique(pushed.iter().flat_map(|(personas, _)| personas.clone()).collect());
    assert_eq!(personas, (2..=33).collect());
    let backups = unique(pushed.iter().flat_map(|(_, backups)| backups.clone()).collect());
    assert_eq!(backups, (2..=33).collect());
    let mut client = played.story.client.clone();
    for server in &servers {
        let list = client.send(server, &Call::get(&below("backup/versions?all=true"))).unwrap();
        let rows: Vec<Value> = list.json()["versions"].as_array().unwrap().clone();
        assert_eq!(rows.len(), 33);
    }
    assert_eq!(place.head().heads.source.len(), 33);
}
