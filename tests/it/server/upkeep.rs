//! Upkeep of a running server: damage is reported, and abandoned uploads are removed, with and
//! without pushes.

use crate::common::http::Wire;
use crate::common::server::{Server, bearer};
use crate::common::{Project, shop};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files of a folder name somewhere in the server's data.
fn files(server: &Server, folder: &str) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(server.data()).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files.filter(|path| path.parent().unwrap().ends_with(folder)).collect()
}

/// Waits until something is so. The limit is for a test that fails.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

/// A few bits of a file change: of one alone it may not matter.
fn spoil(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[200..220].iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_scrub_tells_of_damage_in_the_log_the_metrics_and_readyz() {
    let mut project = shop::project();
    project.set("LUA_STORE_SERVE_LIMITS", "round=50");
    let server = Server::start(&project, "");
    let token = server.token(&project, "shop", "promote");
    project.set("LUA_STORE_TOKEN", &token);
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    let pack = files(&server, "pack").remove(0);
    let data = server.data().clone();
    assert!(!server.log().contains("\"event\":\"damage\""));
    spoil(&pack);
    // The scrub went on from where it was: it is begun anew.
    let _ = std::fs::remove_file(data.join("scrub"));
    let server = Server::start(&project, "");
    wait_until("damage is counted", || server.metric("lua_store_damage_total") > 0);
    assert!(server.metric("lua_store_damaged") > 0);
    let ready = server.ask("GET", "/readyz", "", b"");
    assert_eq!(ready.status, 200, "it serves all the others");
    assert!(ready.text().starts_with("ready\ndamage: "), "{}", ready.text());
    assert!(!ready.text().contains("shop"), "anybody may read it: {}", ready.text());
    // Damaged objects are not sent.
    let source = project.list("source list")[0]["id"].as_str().unwrap().to_owned();
    let want = serde_json::json!({"want": [source], "have": []}).to_string();
    assert_eq!(server.ask("POST", "/shop/fetch", &bearer(&token), want.as_bytes()).status, 500);
    let log = server.log();
    let told = log.lines().find(|line| line.contains("\"event\":\"damage\"")).expect(&log);
    let name = pack.file_name().unwrap().to_str().unwrap();
    assert!(told.contains("\"agent\":\"shop\"") && told.contains(name), "{told}");
}

#[test]
fn a_restarted_server_goes_on_with_the_scrub_where_it_was() {
    let mut project = shop::project();
    project.set("LUA_STORE_SERVE_LIMITS", "round=50");
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "promote"));
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    let pack = files(&server, "pack").remove(0);
    let _ = server.log();
    let server = Server::start(&project, "");
    let state = server.data().join("scrub");
    let noted = || std::fs::read_to_string(&state).unwrap_or_default();
    wait_until("the agent was read", || noted().ends_with(" shop\n"));
    let _ = server.log();
    let before = noted();
    spoil(&pack);
    // A month later it is due again.
    let late = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(31 * 24);
    project.set("LUA_STORE_NOW", &late.to_string());
    let server = Server::start(&project, "");
    wait_until("damage is counted", || server.metric("lua_store_damage_total") > 0);
    wait_until("and that is noted", || noted() != before && noted().ends_with(" shop\n"));
}

/// A server whose clock is two days ahead.
fn late(limits: &str) -> (Project, Server) {
    let mut project = Project::new();
    project.set("LUA_STORE_SERVE_LIMITS", limits);
    let late = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    project.set("LUA_STORE_NOW", &late.to_string());
    let server = Server::start(&project, "");
    (project, server)
}

/// Begins an upload that breaks off.
fn begin(server: &Server, agent: &str, header: &str, n: usize) -> u16 {
    let pack = format!("/{agent}/packs/{n:064x}");
    let headers = format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n");
    let mut wire = Wire::new(server.connect());
    wire.send("PATCH", &pack, &headers, b"some of it");
    wire.reply().status
}

#[test]
fn an_upload_that_nobody_goes_on_with_goes_without_any_push() {
    let (project, server) = late("round=50");
    let header = bearer(&server.token(&project, "shop", "push"));
    assert_eq!(begin(&server, "shop", &header, 1), 204);
    wait_until("the upload is gone", || files(&server, "incoming").is_empty());
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
    wait_until("it is told", || server.metric("lua_store_uploads") == 0);
    assert!(server.log().contains("\"uploads\":1"));
}

#[test]
fn broken_off_uploads_of_one_token_make_room_for_each_other_and_for_all_others() {
    let (project, server) = late("");
    let header = bearer(&server.token(&project, "shop", "push"));
    let other = bearer(&server.token(&project, "shop", "push"));
    for n in 0..100 {
        assert_eq!(begin(&server, "shop", &header, n), 204, "upload {n}");
    }
    let parts = files(&server, "incoming").len();
    assert!(parts <= 2 * 8, "{parts} files");
    assert_eq!(begin(&server, "shop", &other, 1000), 204);
}

/// Each upload reads the folder of unfinished ones: what landed must not make the next one slower.
#[test]
fn uploads_that_landed_leave_no_file_behind() {
    let mut project = shop::project();
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "push"));
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    // Noise does not compress: this one comes in several pieces.
    let mut noise = vec![0; 700_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    project.write("noise.bin", &noise);
    project.ok("push");
    assert_eq!(server.metric("lua_store_uploads"), 0);
    assert!(files(&server, "incoming").is_empty(), "{:?}", files(&server, "incoming"));
}

#[test]
fn a_token_with_many_uploads_at_once_is_told_to_finish_one() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop", "push"));
    let other = bearer(&server.token(&project, "shop", "push"));
    for n in 0..8 {
        assert_eq!(begin(&server, "shop", &header, n), 204);
    }
    let upload = format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n");
    let refused = server.ask("PATCH", &format!("/shop/packs/{:064x}", 8), &upload, b"0123456789");
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("60")),
        "nothing is idle yet"
    );
    let error = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(error.starts_with("8 uploads of this token are unfinished"), "{error}");
    assert_eq!(begin(&server, "shop", &other, 9), 204, "that is nobody else's trouble");
    let reply = server.ask("HEAD", &format!("/shop/packs/{:064x}", 0), &header, b"");
    assert_eq!(reply.header("upload-offset"), Some("10"), "and what arrived is there");
}
