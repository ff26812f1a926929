//! Many clients push, pull and promote at one server at once: whatever was acknowledged is there
//! afterwards, under its number.

use super::published;
use super::served::{assert_same_as, copy, head, heads, serve};
use crate::common::{Project, faults};
use lua_store::internals::object::Id;
use std::collections::BTreeMap;

/// Attempts of one client before it counts as stuck.
const PATIENCE: usize = 60;

/// Successes that the server acknowledged to one client: source versions by number, and promotions.
#[derive(Default)]
struct Acknowledged {
    pushes: Vec<(u64, Id)>,
    promotions: usize,
}

/// An agent with a job for each of so many people.
fn team(people: usize) -> Project {
    let project = published();
    let (mut imports, mut jobs) = (String::new(), String::new());
    for name in 0..people {
        project.write(&format!("src/jobs/job{name}.ts"), job(name, "begins"));
        imports += &format!("import job{name} from './jobs/job{name}';\n");
        jobs += &format!(", job{name}");
    }
    let index =
        project.read("src/index.ts").replace("jobs: [nightly", &format!("jobs: [nightly{jobs}"));
    project.write("src/index.ts", imports + &index);
    project.ok("push");
    project
}

fn job(name: usize, text: &str) -> String {
    format!(
        "import {{ LuaJob }} from 'lua-cli';

export default new LuaJob({{
  name: 'job{name}',
  description: '{text}',
  schedule: {{ type: 'cron', expression: '0 3 * * *' }},
  execute: async () => ({{ done: true }}),
}});
"
    )
}

/// A client who has seen what the server has.
fn client(of: &Project, url: &str, number: usize) -> Project {
    let mut client = copy(of);
    client.set("LUA_STORE_AUTHOR", &format!("client{number}@example.com"));
    super::served::aim(&client, url);
    client
}

/// Runs a command until the server takes it; after each refusal what others did is brought here.
fn insist(client: &Project, line: &str) -> serde_json::Value {
    for _ in 0..PATIENCE {
        let outcome = client.run(&format!("{line} --json"));
        if outcome.code == 0 {
            return serde_json::from_str(&outcome.stdout).unwrap();
        }
        assert!(matches!(outcome.code, 1 | 11), "{outcome}");
        let pulled = client.run("pull --ours");
        assert!(matches!(pulled.code, 0 | 11), "after {outcome}\n{pulled}");
    }
    panic!("`{line}` was refused {PATIENCE} times");
}

fn take_turns(client: &Project, name: usize, rounds: usize) -> Acknowledged {
    let mut acknowledged = Acknowledged::default();
    for round in 0..rounds {
        client.write(&format!("src/jobs/job{name}.ts"), job(name, &format!("round {round}")));
        let sent = insist(client, "push");
        acknowledged.note(client, &sent);
        if (name + round).is_multiple_of(2) {
            client.ok("version create -m turn");
            let promoted = insist(client, "version promote latest");
            acknowledged.promotions += usize::from(promoted["changed"] == true);
        }
    }
    acknowledged
}

impl Acknowledged {
    fn note(&mut self, client: &Project, sent: &serde_json::Value) {
        let source = heads(&client.root()).source;
        let numbers = sent["remote"]["sourceVersions"].as_array().unwrap().iter();
        self.pushes
            .extend(numbers.map(|n| n.as_u64().unwrap()).map(|n| (n, source[n as usize - 1])));
    }
}

/// So many clients take so many turns each.
fn at_once(clients: usize, rounds: usize) {
    let mut ana = team(clients);
    let server = serve(&mut ana, "");
    let before = head(server.data());
    let clients: Vec<Project> =
        (0..clients).map(|number| client(&ana, &server.url, number)).collect();
    let done: Vec<Acknowledged> = std::thread::scope(|scope| {
        let turns = |(name, client)| scope.spawn(move || take_turns(client, name, rounds));
        let started: Vec<_> = clients.iter().enumerate().map(turns).collect();
        started.into_iter().map(|client| client.join().expect("a client came to its end")).collect()
    });
    let after = head(server.data());
    assert!(
        after.heads.source.starts_with(&before.heads.source)
            && after.heads.versions.starts_with(&before.heads.versions)
    );
    let mut numbers = BTreeMap::new();
    for (number, id) in done.iter().flat_map(|acknowledged| &acknowledged.pushes) {
        assert_eq!(after.heads.source[*number as usize - 1], *id, "v{number} was acknowledged");
        assert!(numbers.insert(*number, *id).is_none(), "v{number} was acknowledged to two");
    }
    assert!(numbers.len() >= clients.len() * rounds, "{} pushes", numbers.len());
    for client in &clients {
        assert_eq!(client.run("pull --ours").code, 0);
        faults::assert_clean(&client.root());
    }
    let last = &clients[0];
    last.ok("push");
    assert_same_as(last, server.data());
    assert_same_ledger(last, done.iter().map(|acknowledged| acknowledged.promotions).sum());
    assert_eq!(server.metric("lua_store_panics_total"), 0);
}

/// The first promotion of all, and those that the clients were told of.
fn assert_same_ledger(client: &Project, promotions: usize) {
    assert_eq!(client.list("log --ledger").as_array().unwrap().len(), 1 + promotions);
    client.ok("log --verify");
    client.ok("fsck");
}

#[test]
fn two_clients() {
    at_once(2, 4);
}

#[test]
fn eight_clients() {
    at_once(8, 2);
}
