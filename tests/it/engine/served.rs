//! Servers on a database: push, promote, clone and tokens, through two servers with nothing else in common.

use crate::common::Project;
use crate::common::postgres::{self, Database};
use crate::common::server::{Server, bearer};
use crate::common::shop;

/// Two servers on one database, each with a scratch folder of its own.
struct Pair {
    project: Project,
    database: Database,
    one: Server,
    other: Server,
}

/// Options that name the engine.
fn place(database: &Database, scratch: &str) -> String {
    format!("--store {} --scratch ../{scratch}", database.url())
}

impl Pair {
    /// `None` where there is no PostgreSQL.
    fn new() -> Option<Pair> {
        let database = postgres::database()?;
        let project = shop::project();
        let one = Server::start(&project, &place(&database, "one"));
        let other = Server::start(&project, &place(&database, "other"));
        Some(Pair { project, database, one, other })
    }

    fn serve(&self, line: &str) -> String {
        self.project.ok(&format!("serve {line} {}", place(&self.database, "cli")))
    }

    fn token(&self, scope: &str) -> String {
        self.serve(&format!("token create --agent shop --scope {scope}")).trim().to_owned()
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
    let Some(mut pair) = Pair::new() else { return };
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
    let Pair { project, database, one, other, .. } = pair;
    drop((one, other));
    for scratch in ["one", "other", "cli"] {
        std::fs::remove_dir_all(project.path("..").join(scratch)).unwrap();
    }
    let server = Server::start(&project, &place(&database, "one"));
    project.ok(&format!("clone {}/shop ../again", server.url));
    project.ok(&format!("serve fsck {}", place(&database, "one")));
}

#[test]
fn a_token_that_was_revoked_admits_nothing_from_the_next_request_on() {
    let Some(pair) = Pair::new() else { return };
    let status =
        |server: &Server, token: &str| server.ask("GET", "/shop/refs", &bearer(token), b"").status;
    for _ in 0..5 {
        let token = pair.token("push");
        assert_eq!((status(&pair.one, &token), status(&pair.other, &token)), (200, 200));
        let stored = pair.database.sql("SELECT string_agg(entry, ' ') FROM lua_store.token");
        assert!(!stored.contains(&token[4..20]), "no secret is stored");
        let id = pair.database.sql("SELECT id FROM lua_store.token ORDER BY place DESC LIMIT 1");
        pair.serve(&format!("token revoke {}", id.trim()));
        assert_eq!((status(&pair.one, &token), status(&pair.other, &token)), (401, 401));
    }
    assert_eq!(pair.database.sql("SELECT count(*) FROM lua_store.token"), "0\n");
}

#[test]
fn an_archived_agent_is_closed_at_every_server() {
    let Some(mut pair) = Pair::new() else { return };
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
    let Some(mut pair) = Pair::new() else { return };
    pair.remotes();
    pair.project.ok("push --remote one");
    let (database, server) = (&pair.database, &pair.one);
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
    const CLIENTS: usize = 4;
    const PUSHES: usize = 4;
    let Some(mut pair) = Pair::new() else { return };
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
