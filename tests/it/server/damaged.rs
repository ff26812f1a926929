//! A server with damage on its disk: it reports the damage as its own, blames no client, and goes
//! on.

#[cfg(unix)]
use crate::common::http::{Reply, Wire};
use crate::common::server::{Server, bearer};
use crate::common::{Project, shop};
use std::path::PathBuf;

/// A server with an agent whose first source version has a large file, the header of a token for it, and another agent.
struct Damaged {
    project: Project,
    server: Server,
    header: String,
}

impl Damaged {
    fn new() -> Damaged {
        let mut project = shop::project();
        project.set("LUA_STORE_TRIES", "1");
        project.write("book.txt", book());
        let server = Server::start(&project, "");
        let token = server.token(&project, "*", "promote");
        let header = bearer(&token);
        project.set("LUA_STORE_TOKEN", &token);
        project.ok(&format!("remote add origin {}/other", server.url));
        project.ok("push");
        project.ok(&format!("remote set-url origin {}/shop", server.url));
        project.ok("push");
        Damaged { project, server, header }
    }

    #[cfg(unix)]
    fn refs(&self, agent: &str) -> Reply {
        self.server.ask("GET", &format!("/{agent}/refs"), &self.header, b"")
    }

    #[cfg(unix)]
    /// The status of the answer to who wants everything of an agent; `None` where it breaks off.
    fn fetch(&self, agent: &str) -> Option<u16> {
        let source = self.refs(agent).json()["source"].clone();
        let want = serde_json::json!({"want": source, "have": []}).to_string();
        let mut wire = Wire::new(self.server.connect());
        wire.send("POST", &format!("/{agent}/fetch"), &self.header, want.as_bytes());
        wire.try_reply("POST").map(|reply| reply.status)
    }

    /// The only pack of an agent.
    fn pack(&self, agent: &str) -> PathBuf {
        Damaged::pack_of(&self.server, agent)
    }

    fn pack_of(server: &Server, agent: &str) -> PathBuf {
        let entries = walkdir::WalkDir::new(server.data()).into_iter().filter_map(Result::ok);
        let is_pack = |path: &PathBuf| {
            path.extension().is_some_and(|kind| kind == "pack")
                && path.to_string_lossy().contains(&format!("/{agent}/pack/"))
        };
        entries.map(|entry| entry.into_path()).find(is_pack).unwrap()
    }
}

/// Text that nothing makes short, a line for each number.
fn book() -> String {
    let line = |n: u32| format!("{n} {}\n", blake3::hash(&n.to_le_bytes()).to_hex());
    (0..16_000).map(line).collect()
}

#[test]
fn a_push_that_leans_on_what_rotted_there_is_not_blamed() {
    let damaged = Damaged::new();
    let pack = damaged.pack("shop");
    // The book is nearly all of it.
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20].iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::remove_file(&pack).unwrap();
    std::fs::write(&pack, &bytes).unwrap();
    let Damaged { mut project, server, header } = damaged;
    drop(server);
    let server = Server::start(&project, "");
    project.ok(&format!("remote set-url origin {}/shop", server.url));
    project.write("book.txt", book().replacen("\n17 ", "\nseventeen ", 1));
    let refused = project.run("push");
    assert!(
        refused.code == 11 && refused.stderr.contains("its stored data is damaged"),
        "{refused}"
    );
    assert!(!refused.stderr.contains("whether this store is whole"), "{refused}");
    assert!(server.metric("lua_store_damage_total") > 0);
    let ready = server.ask("GET", "/readyz", "", b"").text();
    assert!(ready.contains("damage: 1 objects"), "{ready}");
    // The right bytes are put back, under the server's feet, and the same push goes through.
    bytes[middle..middle + 20].iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::write(&pack, &bytes).unwrap();
    project.set("LUA_STORE_TRIES", "5");
    project.ok("push");
    let refs = server.ask("GET", "/shop/refs", &header, b"").json();
    assert_eq!(refs["source"].as_array().unwrap().len(), 2);
    let log = server.log();
    let told = log.lines().find(|line| line.contains("\"event\":\"damage\"")).expect(&log);
    assert!(
        told.contains(pack.file_name().unwrap().to_str().unwrap())
            && told.contains("\"object\":\""),
        "{told}"
    );
}

/// A copy over an existing file truncates it first.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
#[test]
fn a_pack_that_is_cut_short_under_a_running_server_takes_nobody_else_with_it() {
    let damaged = Damaged::new();
    let pack = damaged.pack("shop");
    let bytes = std::fs::read(&pack).unwrap();
    let cut = |len: u64| {
        std::fs::OpenOptions::new().write(true).open(&pack).unwrap().set_len(len).unwrap()
    };
    // It is open there, and what is asked for was not asked for before.
    assert_eq!(damaged.refs("shop").status, 200);
    cut(4096);
    for _ in 0..2 {
        assert_eq!(damaged.fetch("shop"), Some(500));
        assert_eq!(damaged.fetch("other"), Some(200));
    }
    assert!(damaged.server.metric("lua_store_damaged") > 0);
    std::fs::write(&pack, &bytes).unwrap();
    assert_eq!(damaged.fetch("shop"), Some(200));
    // The same while the answer is kept: what was promised is broken off, and nothing else is sent instead.
    assert!(bytes.len() > 500_000, "it is sent in several pieces: {}", bytes.len());
    cut(300_000);
    assert_eq!([damaged.fetch("shop"), damaged.fetch("shop")], [None, Some(500)]);
    // As long as nothing was promised, the answer reports it.
    std::fs::write(&pack, &bytes).unwrap();
    assert_eq!(damaged.fetch("shop"), Some(200));
    cut(0);
    assert_eq!([damaged.fetch("shop"), damaged.fetch("shop")], [Some(500); 2]);
    // A request that names the lost object does not need it.
    let source = damaged.refs("shop").json()["source"].clone();
    let asked = serde_json::json!({"txn": "0".repeat(32), "source": {"after": 1, "ids": source}})
        .to_string();
    let reply = damaged.server.ask("POST", "/shop/transactions", &damaged.header, asked.as_bytes());
    assert_eq!(reply.status, 500, "{}", reply.text());
    std::fs::write(&pack, &bytes).unwrap();
    assert_eq!(damaged.fetch("shop"), Some(200));
    assert_eq!(damaged.fetch("other"), Some(200));
    assert_eq!(damaged.server.metric("lua_store_panics_total"), 0);
}

/// Damage of the first agent hides nothing of the next one.
#[test]
fn a_check_goes_on_past_an_agent_whose_head_cannot_be_read() {
    let Damaged { project, server, .. } = &Damaged::new();
    let entries = walkdir::WalkDir::new(server.data()).into_iter().filter_map(Result::ok);
    let head =
        entries.map(|entry| entry.into_path()).find(|path| path.ends_with("other/head")).unwrap();
    let sound = std::fs::read(&head).unwrap();
    // Another form than the program knows.
    let newer = [&[sound[0], 99], &sound[2..]].concat();
    for (bytes, told) in
        [(&b"no head"[..], "the head of agent \"other\" is damaged"), (&newer, "its format is ")]
    {
        std::fs::remove_file(&head).unwrap();
        std::fs::write(&head, bytes).unwrap();
        let checked = project.run("serve fsck --data ../data");
        assert!(
            checked.code == 1
                && checked.stdout.contains("damaged: other: ")
                && checked.stdout.contains(told),
            "{checked}"
        );
        assert!(checked.stdout.contains("Checked 2 agent(s): 1 problem(s)."), "{checked}");
        let one = project.run("serve fsck --agent other --agent shop --data ../data");
        assert_eq!((one.code, one.stdout), (1, checked.stdout));
    }
    let pack = Damaged::pack_of(server, "shop");
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&pack).unwrap();
    std::fs::write(&pack, bytes).unwrap();
    let checked = project.run("serve fsck --json --data ../data");
    let answer: serde_json::Value = serde_json::from_str(&checked.stdout).unwrap();
    let mut agents: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["agent"].as_str().unwrap())
        .collect();
    agents.dedup();
    assert_eq!(
        (checked.code, agents, &answer["agents"]),
        (1, vec!["other", "shop"], &2.into()),
        "{checked}"
    );
}
