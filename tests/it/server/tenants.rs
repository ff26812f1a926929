//! What one tenant, or nobody, does to a server: another tenant's requests are answered all the same.

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
        let (bad, good) = (server.token(&project, "bad", "push"), server.token(&project, "good", "push"));
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
            self.server.ask(method, &format!("/good/{path}"), &format!("{}{headers}", self.good), body).status
        };
        assert_eq!(ask("GET", "refs", "", b""), 200);
        let pack = blake3::hash(b"abc");
        let upload =
            ask("PATCH", &format!("packs/{pack}"), "Upload-Offset: 0\r\nUpload-Length: 3\r\n", b"abc");
        assert_eq!(upload, 204);
        let transaction = format!("{{\"txn\":\"000102030405060708090a0b0c0d0e0f\",\"pack\":\"{pack}\"}}");
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
    let source = project.json("source list")[0]["id"].as_str().unwrap().to_owned();
    let mut wire = Wire::new(tenants.server.connect());
    wire.send("POST", "/bad/fetch", &tenants.bad, format!("{{\"want\":[\"{source}\"]}}").as_bytes());
    tenants.server.wait_for("lua_store_downloads", 1);
    assert_eq!(tenants.server.ask("GET", "/bad/refs", &tenants.bad, b"").status, 429);
    tenants.good_is_served();
    drop(wire);
    tenants.server.wait_for(&places("requests"), 0);
}
