//! One agent that many push to, by hand, at two servers of one folder: nobody is lost, and nobody sends a pack twice.

use crate::common::Project;
use crate::common::server::{Server, data};
use crate::remote_store::agent::{Client, agent, assert_whole, txn};
use lua_store::internals::object::Id;
use lua_store::internals::remote_store::RemoteStore;
use serde_json::{Value, json};

const CLIENTS: usize = 12;
const PUSHES: usize = 3;

/// Uploads a pack once, and asks for its source version until it is taken. Gives its number.
fn push(server: &Server, client: &Client, text: &str) -> (usize, Id) {
    let mut made = client.make();
    let id = made.source(text);
    let (pack, bytes) = client.pack(made);
    let headers = format!("Upload-Offset: 0\r\nUpload-Length: {}\r\n", bytes.len());
    let sent = server.ask("PATCH", &format!("/agent_1/packs/{pack}"), &headers, &bytes);
    assert_eq!(sent.status, 204, "{}", sent.text());
    let mut after = 0;
    for _ in 0..1000 {
        let body = json!({"txn": txn(), "pack": pack.to_string(), "source": {"after": after, "ids": [id]}});
        let reply = server.ask("POST", "/agent_1/transactions", "", body.to_string().as_bytes());
        let answer = reply.json();
        if reply.status == 200 {
            assert_eq!(answer["done"]["source"][after], json!(id));
            return (after, id);
        }
        let moved = &answer["refused"]["moved"]["source"];
        assert!(moved.is_array(), "the pack was kept, and so nothing but a race is lost: {answer}");
        after = moved.as_array().map_or(0, Vec::len);
    }
    panic!("never taken")
}

#[test]
fn many_push_to_one_agent_at_two_servers_and_send_each_pack_once() {
    let project = Project::new();
    let servers = [Server::start(&project, "--no-auth"), Server::start(&project, "--no-auth")];
    let work = |name: usize| {
        let (server, client) = (&servers[name % servers.len()], Client::new());
        (0..PUSHES)
            .map(|n| push(server, &client, &format!("client {name}, push {n}")))
            .collect::<Vec<_>>()
    };
    let mut taken: Vec<(usize, Id)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS).map(|name| scope.spawn(move || work(name))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    taken.sort_unstable_by_key(|(at, _)| *at);
    let store = RemoteStore::open(&data(&project)).unwrap();
    let there = store.head(&agent()).unwrap().unwrap().heads.source;
    assert_eq!(taken.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), there);
    assert_eq!(there.len(), CLIENTS * PUSHES);
    assert_whole(&store, &agent());
}

#[test]
fn an_id_that_comes_again_with_another_request_is_refused() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth");
    push(&server, &Client::new(), "one");
    let head = server.ask("GET", "/agent_1/refs", "", b"");
    let client = Client::new();
    let mut made = client.make();
    let id = made.source("two");
    let (pack, bytes) = client.pack(made);
    let headers = format!("Upload-Offset: 0\r\nUpload-Length: {}\r\n", bytes.len());
    server.ask("PATCH", &format!("/agent_1/packs/{pack}"), &headers, &bytes);
    let txn = txn();
    let ask = |after: usize, query: &str| {
        let body =
            json!({"txn": txn, "pack": pack.to_string(), "source": {"after": after, "ids": [id]}});
        server.ask(
            "POST",
            &format!("/agent_1/transactions{query}"),
            "",
            body.to_string().as_bytes(),
        )
    };
    assert_eq!(ask(1, "").status, 200);
    assert_eq!(ask(1, "").status, 200, "a retry");
    let reply = ask(2, "");
    assert_eq!((reply.status, &reply.json()["error"]["kind"]), (400, &json!("usage")));
    // Under another id it is refused because of the present state, with the note that this is its
    // own.
    let known = head.json()["source"][0].as_str().unwrap().parse::<Id>().unwrap();
    let query = format!("?after=1,0,0&digest={}", blake3::hash(known.as_bytes()).to_hex());
    let moved = |after: usize, id: Id| -> Value {
        let body = json!({"txn": crate::remote_store::agent::txn(), "source": {"after": after, "ids": [id]}});
        let path = format!("/agent_1/transactions{query}");
        server.ask("POST", &path, "", body.to_string().as_bytes()).json()["refused"]["moved"]
            .clone()
    };
    let told = moved(1, id);
    assert_eq!(
        (&told["landed"], &told["source"], &told["after"]),
        (&json!(true), &json!([id]), &json!([1, 0, 0]))
    );
    assert_eq!(moved(0, id)["landed"], json!(false));
}
