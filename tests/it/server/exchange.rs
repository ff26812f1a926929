//! A real push and a real fetch, by hand, over connections that break and with bytes that are wrong.

use crate::common::Project;
use crate::common::http::{Reply, Wire};
use crate::common::server::{Server, bearer};
use crate::common::shop;
use serde_json::{Value, json};

/// A project with one push, and a server that has nothing of it.
struct Pushed {
    project: Project,
    server: Server,
    header: String,
    pack: Vec<u8>,
    source: String,
}

impl Pushed {
    fn new() -> Pushed {
        let project = shop::project();
        project.ok("push");
        let server = Server::start(&project, "");
        let header = bearer(&server.token(&project, "shop", "promote"));
        let packs = std::fs::read_dir(project.path(".lua/objects")).unwrap();
        let pack = packs
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some())
            .unwrap();
        let source = project.list("source list")[0]["id"].as_str().unwrap().to_owned();
        Pushed { project, server, header, pack: std::fs::read(pack).unwrap(), source }
    }

    fn name(&self) -> String {
        blake3::hash(&self.pack).to_hex().to_string()
    }

    fn headers(&self, offset: usize, length: usize) -> String {
        format!("{}Upload-Offset: {offset}\r\nUpload-Length: {length}\r\n", self.header)
    }

    fn send(&self, name: &str, offset: usize, length: usize, bytes: &[u8]) -> Reply {
        self.server.ask(
            "PATCH",
            &format!("/shop/packs/{name}"),
            &self.headers(offset, length),
            bytes,
        )
    }

    fn arrived(&self) -> usize {
        let reply =
            self.server.ask("HEAD", &format!("/shop/packs/{}", self.name()), &self.header, b"");
        reply.header("upload-offset").unwrap().parse().unwrap()
    }

    fn post(&self, route: &str, headers: &str, body: &Value) -> Reply {
        let headers = format!("{}{headers}", self.header);
        self.server.ask("POST", &format!("/shop/{route}"), &headers, body.to_string().as_bytes())
    }

    fn commit(&self, txn: u8) -> Reply {
        let source = json!({"after": 0, "ids": [self.source]});
        self.post(
            "transactions",
            "",
            &json!({"txn": format!("{txn:032x}"), "pack": self.name(), "source": source}),
        )
    }

    fn refs(&self) -> Reply {
        self.server.ask("GET", "/shop/refs", &self.header, b"")
    }
}

#[test]
fn a_push_that_is_cut_at_many_places_goes_on_each_time() {
    let pushed = Pushed::new();
    let (name, len) = (pushed.name(), pushed.pack.len());
    let mut start = 0;
    while start < len {
        let end = (start + len / 7 + 1).min(len);
        let mut wire = Wire::new(pushed.server.connect());
        wire.head(
            "PATCH",
            &format!("/shop/packs/{name}"),
            &pushed.headers(start, len),
            (len - start) as u64,
        );
        wire.raw(&pushed.pack[start..end]);
        drop(wire);
        // Nothing is seen of it before its end, nor then.
        assert_eq!(pushed.refs().json()["source"], json!([]));
        let before = start;
        for _ in 0..1000 {
            start = pushed.arrived();
            if start > before {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(before < start && start <= end, "{before} {start} {end}");
    }
    assert_eq!(pushed.commit(1).status, 200);
    let mut head = pushed.refs().json();
    head.as_object_mut().unwrap().remove("receipts");
    assert_eq!(
        head,
        json!({"agent": "shop", "source": [pushed.source], "versions": [], "active": null})
    );
}

#[test]
fn a_repeated_request_has_no_second_effect() {
    let pushed = Pushed::new();
    let (name, len) = (pushed.name(), pushed.pack.len());
    assert_eq!(pushed.send(&name, 0, len, &pushed.pack).status, 204);
    let again = pushed.send(&name, 0, len, &pushed.pack);
    assert_eq!(
        (again.status, again.header("upload-offset").unwrap()),
        (409, len.to_string().as_str())
    );
    let first = pushed.commit(1);
    assert_eq!((first.status, pushed.commit(1).json()), (200, first.json()));
    let other = pushed.commit(2);
    assert_eq!((other.status, &other.json()["refused"]["moved"]), (409, &first.json()["done"]));
    assert_eq!(pushed.server.metric("lua_store_transactions_total{outcome=\"done\"}"), 2);
    assert_eq!(pushed.server.metric("lua_store_transactions_total{outcome=\"moved\"}"), 1);
    assert_eq!(pushed.server.metric("lua_store_agents_opened"), 0);
    pushed.refs();
    assert_eq!(pushed.server.metric("lua_store_agents_opened"), 1);
}

#[test]
fn bytes_that_are_wrong_are_refused() {
    let pushed = Pushed::new();
    let (name, len) = (pushed.name(), pushed.pack.len());
    let mut flipped = pushed.pack.clone();
    flipped[len / 2] ^= 1;
    let reply = pushed.send(&name, 0, len, &flipped);
    assert_eq!(
        (reply.status, reply.json()["error"]["kind"].as_str()),
        (422, Some("corrupt")),
        "{}",
        reply.text()
    );
    assert_eq!(pushed.arrived(), 0, "and forgotten");
    assert_eq!(pushed.commit(1).json(), json!({"refused": "no_pack"}));
    // A pack that is what its name says, and no pack.
    let nonsense = vec![7; 1000];
    let called = blake3::hash(&nonsense).to_hex().to_string();
    assert_eq!(pushed.send(&called, 0, 1000, &nonsense).status, 204);
    let body = json!({"txn": "0".repeat(32), "pack": called, "source": {"after": 0, "ids": [pushed.source]}});
    let reply = pushed.post("transactions", "", &body);
    assert!(
        reply.status == 409 && reply.json()["refused"]["invalid"]["reason"].is_string(),
        "{}",
        reply.text()
    );
    assert_eq!(pushed.refs().json()["source"], json!([]));
}

#[test]
fn uploads_that_make_no_sense_are_refused_before_a_byte_is_taken() {
    let pushed = Pushed::new();
    let (name, len) = (pushed.name(), pushed.pack.len());
    for (offset, length, body, status) in [
        (5, len, 10, 409),
        (len + 1, len, 0, 400),
        (0, 10, 11, 400),
        (0, 0, 0, 400),
        (0, (8 << 30) + 1, 5, 413),
    ] {
        assert_eq!(
            pushed.send(&name, offset, length, &vec![1; body]).status,
            status,
            "{offset} {length} {body}"
        );
        assert_eq!(pushed.arrived(), 0);
    }
    let path = format!("/shop/packs/{name}");
    for headers in [
        "",
        "Upload-Offset: 0\r\n",
        "Upload-Length: 9\r\n",
        "Upload-Offset: -1\r\nUpload-Length: 9\r\n",
        "Upload-Offset: 0\r\nUpload-Length: 0x9\r\n",
    ] {
        let reply = pushed.server.ask("PATCH", &path, &format!("{}{headers}", pushed.header), b"x");
        assert_eq!(reply.status, 400, "{headers}");
    }
    for name in ["abc", &"g".repeat(64), &"0".repeat(65), "..%2f"] {
        let reply = pushed.send(name, 0, 10, b"x");
        assert_eq!(reply.status, 400, "{name}");
    }
    // Longer than it says, without saying how long.
    let mut wire = Wire::new(pushed.server.connect());
    wire.raw(
        format!(
            "PATCH {path} HTTP/1.1\r\nHost: x\r\n{}Transfer-Encoding: chunked\r\n\r\n",
            pushed.headers(0, 3)
        )
        .as_bytes(),
    );
    wire.raw(b"5\r\nabcde\r\n0\r\n\r\n");
    assert_eq!(wire.reply().status, 400);
    assert_eq!(pushed.arrived(), 0);
}

#[test]
fn a_client_that_asks_first_sends_nothing_in_vain() {
    let pushed = Pushed::new();
    let mut wire = Wire::new(pushed.server.connect());
    let headers = format!("{}Expect: 100-continue\r\n", pushed.headers(5, 100));
    wire.head("PATCH", &format!("/shop/packs/{}", pushed.name()), &headers, 95);
    assert_eq!(wire.reply().status, 409);
    let mut wire = Wire::new(pushed.server.connect());
    let headers = format!("{}Expect: 100-continue\r\n", pushed.headers(0, pushed.pack.len()));
    wire.head(
        "PATCH",
        &format!("/shop/packs/{}", pushed.name()),
        &headers,
        pushed.pack.len() as u64,
    );
    assert_eq!(wire.reply().status, 100);
    wire.raw(&pushed.pack);
    assert_eq!(wire.reply().status, 204);
}

#[test]
fn a_fetch_that_is_cut_goes_on() {
    let pushed = Pushed::new();
    pushed.send(&pushed.name(), 0, pushed.pack.len(), &pushed.pack);
    pushed.commit(1);
    let wanted = json!({"want": [pushed.source]});
    let whole = pushed.post("fetch", "", &wanted);
    let etag = whole.header("etag").unwrap().to_owned();
    assert_eq!(etag, format!("\"{}\"", blake3::hash(&whole.body).to_hex()));
    let len = whole.body.len();
    for start in [1, len / 2, len - 1] {
        let part = pushed.post(
            "fetch",
            &format!("Range: bytes={start}-\r\nIf-Range: {etag}\r\n"),
            &wanted,
        );
        assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[start..]));
        assert_eq!(
            part.header("content-range"),
            Some(format!("bytes {start}-{}/{len}", len - 1).as_str())
        );
    }
    let changed = pushed.post("fetch", "Range: bytes=5-\r\nIf-Range: \"another\"\r\n", &wanted);
    assert_eq!((changed.status, changed.body.len()), (200, len));
    let beyond =
        pushed.post("fetch", &format!("Range: bytes={len}-\r\nIf-Range: {etag}\r\n"), &wanted);
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some(format!("bytes */{len}").as_str()))
    );
    assert_eq!(beyond.json()["error"]["kind"], "usage");
    let unknown = pushed.post("fetch", "", &json!({"want": ["0".repeat(64)]}));
    assert_eq!(unknown.status, 404, "{}", unknown.text());
}

#[test]
fn an_uploaded_pack_stays_until_it_is_taken_in_or_breaks_a_rule() {
    let pushed = Pushed::new();
    let (name, len) = (pushed.name(), pushed.pack.len());
    assert_eq!(pushed.send(&name, 0, len, &pushed.pack).status, 204);
    let file = pushed.project.ok("hash-object src/index.ts");
    let create = |after: u64, id: &str| json!({"after": after, "ids": [id]});
    let answer = |header: &str, txn: u8, more: (&str, Value)| {
        let mut body = json!({"txn": format!("{txn:032x}"), "pack": name});
        body[more.0] = more.1;
        pushed.server.ask("POST", "/shop/transactions", header, body.to_string().as_bytes())
    };
    let moved = answer(&pushed.header, 1, ("source", create(5, &pushed.source))).json();
    assert!(moved["refused"]["moved"].is_object(), "{moved}");
    let missing = answer(&pushed.header, 2, ("source", create(0, &"0".repeat(64)))).json();
    assert_eq!(missing["refused"], json!({"missing": {"ids": ["0".repeat(64)], "more": false}}));
    let weaker = bearer(&pushed.server.token(&pushed.project, "shop", "push"));
    let active = json!({"expected": null, "new": {"version": 1, "ledger": pushed.source}});
    assert_eq!(answer(&weaker, 3, ("active", active)).status, 403);
    assert_eq!(answer(&pushed.header, 4, ("sources", json!([]))).status, 400);
    assert_eq!(pushed.arrived(), len, "after all of these");
    let invalid = answer(&pushed.header, 5, ("source", create(0, file.trim()))).json();
    assert!(invalid["refused"]["invalid"]["reason"].is_string(), "{invalid}");
    assert_eq!(pushed.arrived(), 0, "what breaks a rule goes");
    assert_eq!(pushed.commit(6).json(), json!({"refused": "no_pack"}));
    assert_eq!(pushed.send(&name, 0, len, &pushed.pack).status, 204);
    assert_eq!(pushed.commit(6).status, 200);
    assert_eq!(pushed.arrived(), len, "it is the agent's");
    // A client that heard nothing of all that sends its last piece again, without bytes.
    assert_eq!(pushed.send(&name, len, len, b"").status, 204);
    assert_eq!(pushed.post("fetch", "", &json!({"want": []})).status, 400);
}

#[test]
fn a_file_is_not_fetched() {
    let pushed = Pushed::new();
    pushed.send(&pushed.name(), 0, pushed.pack.len(), &pushed.pack);
    assert_eq!(pushed.commit(1).status, 200);
    let file = pushed.project.ok("hash-object src/index.ts");
    let reply = pushed.post("fetch", "", &json!({"want": [file.trim()]}));
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.text().contains("is not a version, a record or a folder"), "{}", reply.text());
}

#[test]
fn refs_that_did_not_change_are_not_sent_again() {
    let pushed = Pushed::new();
    pushed.send(&pushed.name(), 0, pushed.pack.len(), &pushed.pack);
    pushed.commit(1);
    let etag = pushed.refs().header("etag").unwrap().to_owned();
    let asked = |known: &str| {
        let headers = format!("{}If-None-Match: {known}\r\n", pushed.header);
        let reply = pushed.server.ask("GET", "/shop/refs", &headers, b"");
        (reply.status, reply.body.is_empty(), reply.header("etag") == Some(&etag))
    };
    assert_eq!(asked(&etag), (304, true, true));
    assert_eq!(asked(&format!("\"x\", W/{etag}")), (304, true, true));
    assert_eq!(asked("\"x\""), (200, false, true));
}

#[test]
fn another_agent_is_the_same_as_none() {
    let pushed = Pushed::new();
    pushed.send(&pushed.name(), 0, pushed.pack.len(), &pushed.pack);
    pushed.commit(1);
    let other = bearer(&pushed.server.token(&pushed.project, "other", "admin"));
    let pack = format!("packs/{}", pushed.name());
    for (method, route, body) in [
        ("GET", "refs", String::new()),
        ("HEAD", &pack, String::new()),
        ("PATCH", &pack, "x".to_owned()),
        ("POST", "transactions", json!({"txn": "0".repeat(32)}).to_string()),
        ("POST", "fetch", json!({"want": [pushed.source]}).to_string()),
    ] {
        let asked = |agent: &str| {
            let headers = format!("{other}Upload-Offset: 0\r\nUpload-Length: 1\r\n");
            let reply =
                pushed.server.ask(method, &format!("/{agent}/{route}"), &headers, body.as_bytes());
            reply.shown().replace(agent, "AGENT")
        };
        let exists = asked("shop");
        assert!(exists.starts_with("404\n"), "{method} {route}: {exists}");
        assert_eq!(exists, asked("none"), "{method} {route}");
    }
    assert_eq!(pushed.server.metric("lua_store_agents_opened"), 0, "nothing was looked at");
}

#[test]
fn a_client_that_sends_much_in_vain_reads_why() {
    let pushed = Pushed::new();
    let much = vec![0; 700_000];
    let path = format!("/shop/packs/{}", pushed.name());
    let headers = "Authorization: Bearer wrong\r\nUpload-Offset: 0\r\nUpload-Length: 700000\r\n";
    for _ in 0..10 {
        assert_eq!(pushed.server.ask("PATCH", &path, headers, &much).status, 401);
        let elsewhere = pushed.send(&pushed.name(), 5, 700_005, &much);
        assert_eq!((elsewhere.status, elsewhere.header("upload-offset")), (409, Some("0")));
        assert_eq!(elsewhere.json()["error"]["kind"], "conflict");
    }
}
