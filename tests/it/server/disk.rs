//! A server whose disk takes nothing: it serves what it has, refuses what would be written, and goes on when it can.

use crate::common::http::Reply;
use crate::common::server::{Server, bearer, data, token};
use crate::common::{Project, shop};
use std::path::{Path, PathBuf};

/// A shop whose versions are on a server that does not run now, with a token that may do all.
struct Stored {
    project: Project,
    token: String,
}

impl Stored {
    fn new() -> Stored {
        let mut stored = Stored::empty();
        stored.fill();
        stored
    }

    fn empty() -> Stored {
        Stored { project: shop::project(), token: String::new() }
    }

    fn fill(&mut self) {
        self.token = token(&self.project, "--agent shop --scope admin");
        self.project.set("LUA_STORE_TOKEN", &self.token);
        self.project.set("LUA_STORE_TRIES", "1");
        self.project.ok("remote add origin http://127.0.0.1:1/shop");
        let _server = self.serve("");
        for name in ["first", "second"] {
            self.change(name);
            self.project.ok("push");
            self.project.ok(&format!("version create -m {name}"));
        }
        self.project.ok("version promote 1");
    }

    fn change(&self, what: &str) {
        let before = self.project.read("src/index.ts");
        let after = before.replace("You are Ava.", &format!("You are Ava. Now {what}."));
        self.project.write("src/index.ts", after);
    }

    /// A server to which something may happen, which is made the remote.
    fn serve(&mut self, fault: &str) -> Server {
        self.project.set("LUA_STORE_FAULT", fault);
        let server = Server::start(&self.project, "");
        self.project.set("LUA_STORE_FAULT", "");
        self.project.ok(&format!("remote set-url origin {}/shop", server.url));
        server
    }

    fn ask(&self, server: &Server, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        server.ask(method, path, &format!("{}{headers}", bearer(&self.token)), body)
    }

    /// The pack with a source version. Of one alone the server has no pack: it is put together.
    fn fetch(&self, server: &Server, nth: usize) -> Reply {
        let refs = self.ask(server, "GET", "/shop/refs", "", b"").json();
        let want = serde_json::json!({"want": [refs["source"][nth]], "have": []}).to_string();
        self.ask(server, "POST", "/shop/fetch", "", want.as_bytes())
    }

    fn is_read(&self, server: &Server) {
        assert_eq!(self.ask(server, "GET", "/shop/refs", "", b"").status, 200);
        self.project.ok(&format!("clone {}/shop ../clone", server.url));
        std::fs::remove_dir_all(self.project.path("../clone")).unwrap();
        for nth in [0, 1] {
            let reply = self.fetch(server, nth);
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
    }

    /// Checks the answers to a client and to a plain request, and that neither changes anything.
    fn nothing_is_taken(&self, server: &Server, why: &str) {
        let head = head(&data(&self.project));
        let refused = self.project.run("push");
        assert_eq!(refused.code, 11, "{refused}");
        assert!(refused.stderr.contains(&format!("the server's disk {why}")), "{refused}");
        let promoted = self.project.run("version promote 2");
        assert_eq!(promoted.code, 11, "{promoted}");
        let pack = blake3::hash(b"abc");
        let upload = "Upload-Offset: 0\r\nUpload-Length: 3\r\n";
        let reply = self.ask(server, "PATCH", &format!("/shop/packs/{pack}"), upload, b"abc");
        is_refused(&reply, why);
        assert_eq!(self::head(&data(&self.project)), head);
        let ready = server.ask("GET", "/readyz", "", b"");
        assert_eq!(ready.status, 503);
        assert!(
            ready.text().contains("cannot be written") && !ready.text().contains("/data"),
            "{}",
            ready.text()
        );
        let health =
            |options: &str| self.project.run(&format!("serve health {}{options}", server.url)).code;
        assert_eq!((health(""), health(" --ready")), (0, 11));
        assert_eq!(server.metric("lua_store_disk_writable"), 0);
    }

    /// Waits until the server sees that the disk takes writes, and pushes.
    fn goes_on(&self, server: &Server) {
        server.wait_for("lua_store_disk_writable", 1);
        assert_eq!(server.ask("GET", "/readyz", "", b"").status, 200);
        self.project.ok("push");
        let listed = self.project.list("source list");
        let refs = self.ask(server, "GET", "/shop/refs", "", b"").json();
        assert_eq!(refs["source"].as_array().unwrap().len(), listed.as_array().unwrap().len());
    }
}

fn is_refused(reply: &Reply, why: &str) {
    assert_eq!(reply.status, 507, "{}", reply.text());
    let error = &reply.json()["error"];
    assert_eq!(error["kind"], "unavailable");
    assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    assert_eq!(reply.header("retry-after"), Some("60"));
}

fn head(data: &Path) -> Vec<u8> {
    let files = walkdir::WalkDir::new(data).into_iter().map(|entry| entry.unwrap().into_path());
    let heads: Vec<PathBuf> = files.filter(|path| path.ends_with("head")).collect();
    assert_eq!(heads.len(), 1);
    std::fs::read(&heads[0]).unwrap()
}

/// The disk is one that takes nothing from the first moment on, and then one that does.
fn takes_nothing_at_first(fault: &str, why: &str, system: &str) {
    let mut stored = Stored::new();
    let switch = stored.project.path("../switch");
    std::fs::write(&switch, "").unwrap();
    let folder = data(&stored.project);
    let server =
        stored.serve(&format!("{fault},in={},while={}", folder.display(), switch.display()));
    stored.change("third");
    stored.is_read(&server);
    stored.nothing_is_taken(&server, why);
    // Before the disk was tried nothing is decided either.
    let transaction = b"{\"txn\":\"000102030405060708090a0b0c0d0e0f\"}";
    is_refused(&stored.ask(&server, "POST", "/shop/transactions", "", transaction), why);
    stored.is_read(&server);
    std::fs::remove_file(&switch).unwrap();
    stored.goes_on(&server);
    let log = server.log();
    let warned = log.lines().find(|line| line.starts_with("warning: ")).expect(&log);
    assert!(warned.contains(&folder.display().to_string()) && warned.contains(system), "{warned}");
    let events: Vec<&str> =
        log.lines().filter(|line| line.contains("\"event\":\"disk\"")).collect();
    let told = |line: &str, writable: bool| line.contains(&format!("\"writable\":{writable}"));
    assert!(events.len() == 2 && told(events[0], false) && told(events[1], true), "{events:?}");
}

#[test]
fn a_full_disk() {
    takes_nothing_at_first("full=1", "is full", "no storage space");
}

#[test]
fn a_disk_that_can_only_be_read() {
    takes_nothing_at_first("readonly=1", "is read-only", "read-only filesystem");
}

/// A disk that takes nothing, and no other one either.
#[test]
fn without_any_disk_what_is_in_one_pack_is_served() {
    let mut stored = Stored::new();
    let server = stored.serve("readonly=1");
    assert_eq!(stored.ask(&server, "GET", "/shop/refs", "", b"").status, 200);
    let statuses: Vec<u16> = (0..2).map(|nth| stored.fetch(&server, nth).status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&507), "{statuses:?}");
}

/// A disk that fills up, and becomes one that can only be read, under a running server and before it starts.
#[cfg(unix)]
#[test]
fn a_small_disk() {
    use crate::common::skip::skipped;
    use crate::common::small_disk::SmallDisk;
    let mut stored = Stored::empty();
    std::fs::create_dir(data(&stored.project)).unwrap();
    let Some(disk) = SmallDisk::mount(data(&stored.project)) else {
        return skipped(
            "no file system could be mounted, so no disk was full or read-only (needs root)",
        );
    };
    stored.fill();
    for (is_full, why) in [(true, "is full"), (false, "is read-only")] {
        let take = || if is_full { disk.fill_up_to(0) } else { disk.remount("ro") };
        let give = || if is_full { disk.free() } else { disk.remount("rw") };
        for is_running in [true, false] {
            let mut server = stored.serve("");
            stored.change(&format!("it {why} {is_running}"));
            if !is_running {
                drop(server);
                take();
                server = stored.serve("");
            } else {
                take();
            }
            server.wait_for("lua_store_disk_writable", 0);
            stored.is_read(&server);
            stored.nothing_is_taken(&server, why);
            give();
            stored.goes_on(&server);
        }
    }
}
