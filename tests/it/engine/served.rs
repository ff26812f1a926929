//! Servers on an engine: push, promote, clone and tokens, through two servers with nothing else in common.

use crate::common::Project;
use crate::common::balancer::balance;
use crate::common::bucket::{Bucket, Fault, S3Place};
use crate::common::postgres::{self, Database};
use crate::common::server::{Server, bearer};
use crate::common::shop;

/// Engine of two servers.
enum Site {
    Database(Database),
    Bucket(Bucket),
    /// Heads in the database, packs in the bucket.
    Both(Database, Bucket),
}

impl Site {
    fn all() -> Vec<Site> {
        let mut all = vec![Site::Bucket(Bucket::start())];
        all.extend(postgres::database().map(Site::Database));
        all.extend(postgres::database().map(|database| Site::Both(database, Bucket::start())));
        all
    }

    /// Options that name the engine.
    fn place(&self, scratch: &str) -> String {
        let store = match self {
            Site::Database(database) => database.url(),
            Site::Bucket(bucket) => bucket.url("/some/agents"),
            Site::Both(database, bucket) => {
                format!("{} --packs {}", database.url(), bucket.url("/packs"))
            }
        };
        format!("--store {store} --scratch ../{scratch}")
    }

    /// Entries of the tokens as they are stored.
    fn stored_tokens(&self) -> String {
        match self {
            Site::Database(database) | Site::Both(database, _) => {
                database.sql("SELECT string_agg(entry, ' ') FROM lua_store.token")
            }
            Site::Bucket(bucket) => {
                String::from_utf8(bucket.object("some/agents/tokens").unwrap()).unwrap()
            }
        }
    }

    fn bucket(&self) -> Option<&Bucket> {
        match self {
            Site::Database(_) => None,
            Site::Bucket(bucket) | Site::Both(_, bucket) => Some(bucket),
        }
    }
}

/// Two servers on one engine, each with a scratch folder of its own.
struct Pair {
    project: Project,
    site: Site,
    one: Server,
    other: Server,
}

impl Pair {
    fn of(site: Site) -> Pair {
        let mut project = shop::project();
        for (name, value) in site.bucket().map(Bucket::variables).unwrap_or_default() {
            project.set(&name, &value);
        }
        let one = Server::start(&project, &site.place("one"));
        let other = Server::start(&project, &site.place("other"));
        Pair { project, site, one, other }
    }

    /// `None` where there is no PostgreSQL.
    fn on_database() -> Option<Pair> {
        Some(Pair::of(Site::Database(postgres::database()?)))
    }

    fn database(&self) -> &Database {
        match &self.site {
            Site::Database(database) | Site::Both(database, _) => database,
            Site::Bucket(_) => panic!("there is no database"),
        }
    }

    fn serve(&self, line: &str) -> String {
        self.project.ok(&format!("serve {line} {}", self.site.place("cli")))
    }

    fn token(&self, scope: &str) -> String {
        self.serve(&format!("token create --agent shop --scope {scope}")).trim().to_owned()
    }

    /// Ids of the tokens, the oldest first.
    fn ids(&self) -> Vec<String> {
        let listed: serde_json::Value =
            serde_json::from_str(&self.serve("token list --json")).unwrap();
        let tokens = listed["tokens"].as_array().unwrap().iter();
        tokens.map(|token| token["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Pushes to one server and makes the other the remote.
    fn remotes(&mut self) {
        let token = self.token("promote");
        self.project.set("LUA_STORE_TOKEN", &token);
        for (name, server) in [("one", &self.one), ("other", &self.other)] {
            self.project.ok(&format!("remote add {name} {}/shop", server.url));
        }
    }
}

#[test]
fn what_one_server_stored_the_other_serves() {
    for site in Site::all() {
        serves_case(Pair::of(site));
    }
}

fn serves_case(mut pair: Pair) {
    pair.remotes();
    let project = &pair.project;
    project.ok("push --remote one");
    project.ok("version create");
    project.ok("push --remote one");
    project.ok("version promote v1 --remote other --force");
    project.ok("fetch one");
    project.ok(&format!("clone {}/shop ../cloned", pair.other.url));
    let listed = pair.serve("agents list");
    assert!(listed.contains("shop") && listed.contains("v1"), "{listed}");
    assert!(pair.serve("fsck").contains("nothing is damaged"));
    assert!(pair.serve("gc --full --prune-older-than 0").contains("Upkeep of 1 agent(s)"));
    assert!(pair.serve("backup ../backup").contains("1 agent(s)"));
    project.ok("serve fsck --data ../backup");
    let tokens = project.ok("serve token list --data ../backup");
    assert!(tokens.contains("promote"), "the backup has the tokens: {tokens}");
    // Files on their way may be lost at any time.
    let Pair { project, site, one, other } = pair;
    drop((one, other));
    for scratch in ["one", "other", "cli"] {
        std::fs::remove_dir_all(project.path("..").join(scratch)).unwrap();
    }
    let server = Server::start(&project, &site.place("one"));
    project.ok(&format!("clone {}/shop ../again", server.url));
    project.ok(&format!("serve fsck {}", site.place("one")));
}

/// No two requests of a push go to the same server.
#[test]
fn a_push_through_a_balancer_needs_no_one_server() {
    for site in Site::all() {
        balanced_case(Pair::of(site));
    }
}

fn balanced_case(mut pair: Pair) {
    let token = pair.token("promote");
    pair.project.set("LUA_STORE_TOKEN", &token);
    let address = |server: &Server| server.connect().peer_addr().unwrap();
    let url = balance(vec![address(&pair.one), address(&pair.other)]);
    let project = &pair.project;
    project.ok(&format!("remote add origin {url}/shop"));
    for n in 0..5 {
        project.write(&format!("file-{n}.md"), format!("text {n}"));
        project.ok("push");
        // Each push begins at another server.
        if n % 2 == 0 {
            project.ok("fetch");
        }
    }
    project.ok("version create");
    project.ok("push");
    project.ok("version promote v1 --force");
    project.ok(&format!("clone {url}/shop ../cloned"));
    assert!(pair.serve("fsck").contains("nothing is damaged"));
    pair.serve("gc --full --prune-older-than 0");
    assert!(pair.serve("fsck").contains("nothing is damaged"));
    if let Site::Bucket(bucket) = &pair.site {
        let packs = bucket.keys().iter().filter(|key| key.contains("/pack/")).count();
        assert_eq!(packs, 1, "upkeep removed the packs of uploads: {:?}", bucket.keys());
    }
}

/// Copies of the packs of two agents in the scratch folder, after a clone of each.
fn copies(options: &str) -> usize {
    let site = Site::Bucket(Bucket::start());
    let mut project = shop::project();
    for (name, value) in site.bucket().map(Bucket::variables).unwrap_or_default() {
        project.set(&name, &value);
    }
    let place = site.place("one");
    let pushed = Server::start(&project, &site.place("other"));
    let mut tokens = Vec::new();
    for agent in ["shop", "twin"] {
        let line = format!("serve token create --agent {agent} --scope push {place}");
        tokens.push((agent, project.ok(&line).trim().to_owned()));
        project.set("LUA_STORE_TOKEN", &tokens.last().unwrap().1);
        project.ok(&format!("remote add {agent} {}/{agent}", pushed.url));
        project.ok(&format!("push --remote {agent}"));
    }
    let server = Server::start(&project, &format!("{place} {options}"));
    for (agent, token) in tokens {
        project.set("LUA_STORE_TOKEN", &token);
        project.ok(&format!("clone {}/{agent} ../{agent}", server.url));
    }
    std::fs::read_dir(project.path("../one/cache")).unwrap().count()
}

#[test]
fn copies_of_packs_stay_within_their_limit() {
    assert_eq!(copies(""), 2);
    assert_eq!(copies("--scratch-bytes 1"), 1, "those of the agent that was used last");
}

#[test]
fn a_token_that_was_revoked_admits_nothing_from_the_next_request_on() {
    for site in Site::all() {
        token_case(Pair::of(site));
    }
}

fn token_case(pair: Pair) {
    let status =
        |server: &Server, token: &str| server.ask("GET", "/shop/refs", &bearer(token), b"").status;
    for _ in 0..5 {
        let token = pair.token("push");
        assert_eq!((status(&pair.one, &token), status(&pair.other, &token)), (200, 200));
        assert!(!pair.site.stored_tokens().contains(&token[4..20]), "no secret is stored");
        pair.serve(&format!("token revoke {}", pair.ids().last().unwrap()));
        assert_eq!((status(&pair.one, &token), status(&pair.other, &token)), (401, 401));
    }
    assert!(pair.ids().is_empty());
}

#[test]
fn an_archived_agent_is_closed_at_every_server() {
    for site in Site::all() {
        archived_case(Pair::of(site));
    }
}

fn archived_case(mut pair: Pair) {
    pair.remotes();
    pair.project.ok("push --remote one");
    pair.serve("agents archive shop");
    pair.project.write("extra.md", "more");
    for remote in ["one", "other"] {
        let refused = pair.project.run(&format!("push --remote {remote}"));
        assert!(refused.code == 10 && refused.stderr.contains("is archived"), "{refused}");
    }
    pair.serve("agents archive shop --undo");
    pair.project.ok("push --remote other");
}

#[test]
fn a_database_that_is_away_is_reported_and_comes_back() {
    let Some(mut pair) = Pair::on_database() else { return };
    pair.remotes();
    pair.project.ok("push --remote one");
    let (database, server) = (pair.database(), &pair.one);
    let name = &database.name;
    database.sql_elsewhere(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    database.sql_elsewhere(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ));
    assert_eq!(server.ask("GET", "/healthz", "", b"").status, 200);
    let refused = server.ask("GET", "/shop/refs", &bearer("lst_x"), b"");
    assert_eq!(refused.status, 503, "{}", refused.text());
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(server.ask("GET", "/readyz", "", b"").status, 503);
    database.sql_elsewhere(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(server.ask("GET", "/readyz", "", b"").status, 200);
    pair.project.ok("fetch one");
}

#[test]
fn a_bucket_that_is_away_is_reported_and_comes_back() {
    let mut pair = Pair::of(Site::Bucket(Bucket::start()));
    pair.remotes();
    pair.project.ok("push --remote one");
    let server = &pair.one;
    let status = |path: &str, token: &str| server.ask("GET", path, &bearer(token), b"").status;
    // A refusal of the bucket is nothing that a client did wrong.
    for fault in [
        Fault::Refused(403, "ExpiredToken"),
        Fault::Refused(403, "AccessDenied"),
        Fault::Foreign(502),
    ] {
        pair.site.bucket().unwrap().faults(move |_| Some(fault));
        assert_eq!(status("/healthz", ""), 200);
        assert_eq!(status("/shop/refs", "lst_x"), 503, "{fault:?}");
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!(status("/readyz", ""), 503);
        pair.site.bucket().unwrap().heal();
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!(status("/readyz", ""), 200);
    }
    pair.project.ok("fetch one");
}

/// Pushes a file until a server acknowledges it, as a person does who pulls in between.
fn push_file(client: &Project, name: &str) {
    client.write(name, name);
    for attempt in 0..40 {
        let remote = ["one", "other"][attempt % 2];
        if client.run(&format!("push --remote {remote}")).code == 0 {
            return;
        }
        client.run(&format!("pull {remote}"));
    }
    panic!("{name} was never acknowledged");
}

#[test]
fn a_server_that_is_killed_takes_no_acknowledged_push_with_it() {
    for site in Site::all() {
        killed_case(Pair::of(site));
    }
}

fn killed_case(mut pair: Pair) {
    const CLIENTS: usize = 4;
    const PUSHES: usize = 4;
    pair.remotes();
    pair.project.ok("push --remote one");
    let clients: Vec<Project> = (0..CLIENTS).map(|_| pair.project.copy()).collect();
    std::thread::scope(|scope| {
        for (nth, client) in clients.iter().enumerate() {
            scope.spawn(move || {
                (0..PUSHES).for_each(|n| push_file(client, &format!("client-{nth}-{n}.md")));
            });
        }
        std::thread::sleep(std::time::Duration::from_secs(2));
        pair.one.signal("-KILL");
    });
    pair.project.ok(&format!("clone {}/shop ../cloned", pair.other.url));
    for name in
        (0..CLIENTS).flat_map(|nth| (0..PUSHES).map(move |n| format!("client-{nth}-{n}.md")))
    {
        assert!(pair.project.path("../cloned").join(&name).is_file(), "{name} is lost");
    }
    assert!(pair.serve("fsck").contains("nothing is damaged"));
}
