//! Isolation of tenants: whatever one tenant, or a stranger, does to a server, the requests of
//! another are answered.

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer};
use std::net::TcpStream;

/// A server with two tenants: the headers of `bad` and `good`.
struct Tenants {
    server: Server,
    bad: String,
    good: String,
    project: Project,
}

impl Tenants {
    fn new(limits: &str) -> Tenants {
        let mut project = Project::new();
        project.set("LUA_STORE_SERVE_LIMITS", limits);
        let server = Server::start(&project, "");
        Tenants::on(project, server)
    }

    fn on(project: Project, server: Server) -> Tenants {
        let (bad, good) =
            (server.token(&project, "bad", "push"), server.token(&project, "good", "push"));
        Tenants { bad: bearer(&bad), good: bearer(&good), server, project }
    }

    /// Many connections on each of which a request begins and does not end.
    fn begin(
        &self,
        count: usize,
        method: &str,
        path: impl Fn(usize) -> String,
        headers: &str,
    ) -> Vec<Wire<TcpStream>> {
        let one = |nth| {
            let mut wire = Wire::new(self.server.connect());
            wire.head(method, &path(nth), headers, 1000);
            wire.raw(b"x");
            wire
        };
        (0..count).map(one).collect()
    }

    /// Everything that a client asks for: refs, an upload, a transaction, a fetch. The upload is one
    /// of bytes that are no pack, which only the transaction finds out.
    fn good_is_served(&self) {
        let ask = |method, path: &str, headers: &str, body: &[u8]| {
            self.server
                .ask(method, &format!("/good/{path}"), &format!("{}{headers}", self.good), body)
                .status
        };
        assert_eq!(ask("GET", "refs", "", b""), 200);
        let pack = blake3::hash(b"abc");
        let upload = ask(
            "PATCH",
            &format!("packs/{pack}"),
            "Upload-Offset: 0\r\nUpload-Length: 3\r\n",
            b"abc",
        );
        assert_eq!(upload, 204);
        let transaction =
            format!("{{\"txn\":\"000102030405060708090a0b0c0d0e0f\",\"pack\":\"{pack}\"}}");
        assert_eq!(ask("POST", "transactions", "", transaction.as_bytes()), 409);
        assert_eq!(ask("POST", "fetch", "", b"{\"want\":[]}"), 404, "nothing was pushed");
    }
}

fn pack(nth: usize) -> String {
    format!("/bad/packs/{nth:064x}")
}

fn places(pool: &str) -> String {
    format!("lua_store_pool_places{{pool=\"{pool}\"}}")
}

#[test]
fn slow_uploads_of_one_tenant() {
    let tenants = Tenants::new("");
    let headers = format!("{}Upload-Offset: 0\r\nUpload-Length: 1000\r\n", tenants.bad);
    let _slow = tenants.begin(64, "PATCH", pack, &headers);
    tenants.server.wait_for(&places("requests"), 64);
    assert_eq!(tenants.server.metric(&places("uploads")), 16, "a quarter of the places");
    tenants.good_is_served();
}

#[test]
fn slow_bodies_of_one_tenant() {
    let tenants = Tenants::new("requests=40/20");
    let _slow = tenants.begin(60, "POST", |_| "/bad/fetch".to_owned(), &tenants.bad);
    tenants.server.wait_for("lua_store_pool_refused_total{pool=\"requests\"}", 40);
    assert_eq!(tenants.server.metric(&places("requests")), 20);
    tenants.good_is_served();
}

#[test]
fn a_download_that_nobody_takes_holds_a_place_of_its_own_tenant() {
    // A place ends with the last byte of the answer, not with its head.
    let tenants = Tenants::new("requests=3/1");
    let project = &tenants.project;
    crate::common::shop::write(project);
    project.ok("init");
    // More than the system's buffers between the two take.
    let mut noise = vec![0; 24 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    project.write("noise.bin", noise);
    project.ok(&format!("remote add origin {}/bad", tenants.server.url));
    let token = tenants.bad.trim().rsplit(' ').next().unwrap();
    let mut push = project.lua_store("push");
    assert!(push.env("LUA_STORE_TOKEN", token).output().unwrap().status.success());
    let source = project.list("source list")[0]["id"].as_str().unwrap().to_owned();
    let mut wire = Wire::new(tenants.server.connect());
    wire.send(
        "POST",
        "/bad/fetch",
        &tenants.bad,
        format!("{{\"want\":[\"{source}\"]}}").as_bytes(),
    );
    tenants.server.wait_for("lua_store_downloads", 1);
    assert_eq!(tenants.server.ask("GET", "/bad/refs", &tenants.bad, b"").status, 429);
    tenants.good_is_served();
    drop(wire);
    tenants.server.wait_for(&places("requests"), 0);
}

/// Connections on which nothing, or a part of a head, is ever sent.
fn idle(server: &Server, count: usize) -> Vec<Wire<TcpStream>> {
    let one = |nth| {
        let mut wire = Wire::new(server.connect());
        if nth % 2 == 0 {
            wire.raw(b"GET /good/refs HTTP/1.1\r\nHo");
        }
        wire
    };
    (0..count).map(one).collect()
}

#[test]
fn idle_connections_of_nobody() {
    let tenants = Tenants::new("connections=40,strangers=100");
    let mut kept = Wire::new(tenants.server.connect());
    kept.send("GET", "/good/refs", &tenants.good, b"");
    assert_eq!(kept.reply().status, 200);
    let _idle = idle(&tenants.server, 200);
    tenants.good_is_served();
    // A client that showed a token keeps its connection.
    kept.send("GET", "/good/refs", &tenants.good, b"");
    assert_eq!(kept.reply().status, 200);
    assert!(tenants.server.metric("lua_store_connections_closed_total") >= 161);
}

#[test]
fn idle_connections_of_one_address_are_few() {
    let tenants = Tenants::new("strangers=64");
    let _idle = idle(&tenants.server, 200);
    tenants.good_is_served();
    tenants.server.wait_for("lua_store_connections", 64);
}

#[cfg(unix)]
#[test]
fn a_low_limit_of_open_files() {
    let mut project = Project::new();
    project.set("LUA_STORE_SERVE_LIMITS", "strangers=1000");
    let server = Server::start_after(&project, "ulimit -n 500", "");
    let tenants = Tenants::on(project, server);
    let most = tenants.server.metric("lua_store_connections_limit");
    assert!((32..200).contains(&most), "{most}");
    let headers = format!("{}Upload-Offset: 0\r\nUpload-Length: 1000\r\n", tenants.bad);
    let _slow = tenants.begin(20, "PATCH", pack, &headers);
    let _idle = idle(&tenants.server, 500);
    tenants.good_is_served();
    assert!(!tenants.server.log().contains("\"event\":\"accept\""), "there was a file for each");
}

#[cfg(unix)]
#[test]
fn the_soft_limit_of_open_files_is_raised() {
    let project = Project::new();
    let server = Server::start_after(&project, "ulimit -Sn 100", "");
    assert_eq!(server.ask("GET", "/healthz", "", b"").status, 200);
    let limited = Server::start_after(&Project::new(), "ulimit -n 500", "");
    assert!(
        server.metric("lua_store_connections_limit")
            > limited.metric("lua_store_connections_limit")
    );
}

#[cfg(unix)]
#[test]
fn too_few_open_files_are_told_at_the_start() {
    let project = Project::new();
    let mut shell = project.command("sh");
    let line = format!(
        "ulimit -n 100; exec '{}' serve --listen 127.0.0.1:0 --data ../data",
        env!("CARGO_BIN_EXE_lua-store")
    );
    let output = shell.args(["-c", &line]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("Error: cannot serve with 100 open files at once\nhint: run `ulimit -n 4096` before the start; "),
        "{said}"
    );
}

/// A pack of a few hundred bytes that is a file of 64 MiB.
fn bomb() -> Vec<u8> {
    let project = Project::new();
    crate::common::shop::write(&project);
    project.write("zeros.bin", vec![0; 64 << 20]);
    project.ok("init");
    project.ok("push");
    let packs = std::fs::read_dir(project.path(".lua/objects")).unwrap();
    let pack =
        packs.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some()).unwrap();
    let bytes = std::fs::read(pack).unwrap();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    bytes
}

#[test]
fn a_decompression_bomb_is_looked_at_once() {
    let tenants = Tenants::new("proof=1000000/10");
    let (bomb, server) = (bomb(), &tenants.server);
    let name = blake3::hash(&bomb).to_hex();
    let headers = format!("{}Upload-Offset: 0\r\nUpload-Length: {}\r\n", tenants.bad, bomb.len());
    let upload = || server.ask("PATCH", &format!("/bad/packs/{name}"), &headers, &bomb).status;
    let post = |nth: usize| {
        let body = format!("{{\"txn\":\"{nth:032x}\",\"pack\":\"{name}\"}}");
        server.ask("POST", "/bad/transactions", &tenants.bad, body.as_bytes())
    };
    assert_eq!(upload(), 204);
    // All at once, and again and again.
    let replies: Vec<_> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..16).map(|nth| scope.spawn(move || post(nth))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    let refused = |reply: &crate::common::http::Reply| {
        reply.status == 409 && reply.text().contains("bytes would have to be decompressed")
    };
    assert!(replies.iter().all(refused), "{replies:?}");
    for nth in 16..20 {
        assert_eq!(upload(), 204);
        assert!(refused(&post(nth)));
    }
    let counts =
        ["lua_store_proofs_total", "lua_store_proofs_spared_total"].map(|name| server.metric(name));
    assert_eq!(counts, [1, 19]);
    tenants.good_is_served();
}

#[test]
fn a_pack_that_waits_for_another_is_proven_once() {
    let tenants = Tenants::new("");
    let (bomb, server) = (bomb(), &tenants.server);
    let name = blake3::hash(&bomb).to_hex();
    let headers = format!("{}Upload-Offset: 0\r\nUpload-Length: {}\r\n", tenants.bad, bomb.len());
    assert_eq!(server.ask("PATCH", &format!("/bad/packs/{name}"), &headers, &bomb).status, 204);
    for nth in 0..5 {
        // The pack is fine, and what the transaction names is not in it.
        let source = format!("{{\"after\":0,\"ids\":[\"{}\"]}}", "0".repeat(64));
        let body = format!("{{\"txn\":\"{nth:032x}\",\"pack\":\"{name}\",\"source\":{source}}}");
        let reply = server.ask("POST", "/bad/transactions", &tenants.bad, body.as_bytes());
        assert!(reply.status == 409 && reply.text().contains("missing"), "{}", reply.text());
    }
    assert_eq!(server.metric("lua_store_proofs_total"), 1);
}

#[test]
fn an_agent_has_no_more_bytes_than_its_quota() {
    let project = Project::new();
    let server = Server::start(&project, "--agent-bytes 1000 --agent-refs 2");
    let tenants = Tenants::on(project, server);
    let server = &tenants.server;
    let upload = |nth: usize, length: usize| {
        let headers = format!("{}Upload-Offset: 0\r\nUpload-Length: {length}\r\n", tenants.bad);
        server.ask("PATCH", &pack(nth), &headers, b"x")
    };
    let reply = upload(1, 1001);
    assert_eq!((reply.status, reply.header("retry-after")), (507, Some("3600")));
    assert!(
        reply
            .text()
            .contains("agent \\\"bad\\\" has reached its limit of 1000 bytes on this server"),
        "{}",
        reply.text()
    );
    // Announced bytes of an upload count before they arrive, and stored ones afterwards.
    let headers = format!("{}Upload-Offset: 0\r\nUpload-Length: 600\r\n", tenants.bad);
    let mut slow = Wire::new(server.connect());
    slow.head("PATCH", &pack(2), &headers, 600);
    server.wait_for("lua_store_uploads", 1);
    assert_eq!(upload(3, 401).status, 507);
    assert_eq!(upload(3, 400).status, 204);
    slow.raw(&[1; 599]);
    drop(slow);
    server.wait_for("lua_store_uploads", 0);
    assert_eq!(upload(4, 401).status, 507);
    let ids = vec!["0".repeat(64); 3];
    let body =
        serde_json::json!({"txn": "0".repeat(32), "source": {"after": 0, "ids": ids}}).to_string();
    let reply = server.ask("POST", "/bad/transactions", &tenants.bad, body.as_bytes());
    assert_eq!(reply.status, 507, "{}", reply.text());
    tenants.good_is_served();
}

#[test]
fn a_reader_does_not_fill_the_cache() {
    let mut project = Project::new();
    project.set("LUA_STORE_SERVE_LIMITS", "");
    let server = Server::start(&project, "--agent-cache 500K");
    let tenants = Tenants::on(project, server);
    let (project, server) = (&tenants.project, &tenants.server);
    crate::common::shop::write(project);
    project.ok("init");
    project.ok(&format!("remote add origin {}/bad", server.url));
    let token = tenants.bad.trim().rsplit(' ').next().unwrap();
    for nth in 0..5u8 {
        let mut noise = vec![0; 200 << 10];
        blake3::Hasher::new().update(&[nth]).finalize_xof().fill(&mut noise);
        project.write("noise.bin", noise);
        assert!(
            project
                .lua_store("push")
                .env("LUA_STORE_TOKEN", token)
                .output()
                .unwrap()
                .status
                .success()
        );
    }
    let read = bearer(&server.token(project, "bad", "read"));
    let sources = project.list("source list");
    let ids: Vec<&str> =
        sources.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    let mut asked = 0;
    for (a, b) in ids.iter().flat_map(|a| ids.iter().map(move |b| (a, b))).filter(|(a, b)| a != b) {
        let body = format!("{{\"want\":[\"{a}\",\"{b}\"]}}");
        assert_eq!(server.ask("POST", "/bad/fetch", &read, body.as_bytes()).status, 200);
        asked += 1;
    }
    assert_eq!(asked, 20);
    let kept = server.metric("lua_store_cache_bytes");
    assert!((1..=500 << 10).contains(&kept), "{kept}");
    let cache = std::fs::read_dir(server.data().join("cache")).unwrap();
    let on_disk: u64 = cache.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(on_disk, kept);
    tenants.good_is_served();
}
