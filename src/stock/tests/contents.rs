//! Contents of files: which bytes a key means, and how they are sent.

use super::files::{CREATE, pushed_by_store, stored};
use super::*;
use crate::object::{Id, Mode};
use crate::stock::key_hasher::FileKey;

const CHECK: &str = "POST /developer/agents/shop/backup/check-blobs";

/// Body of #19 with these paths, all with one key and a length of one byte.
fn alike(key: &str, paths: &[&str]) -> Value {
    let files: Vec<Value> =
        paths.iter().map(|path| json!({"relativePath": path, "hash": key, "size": 1})).collect();
    json!({"projectHash": "00", "triggeredBy": "push", "files": files})
}

/// Sends bytes under a key, for a token.
fn send(shop: &Shop, key: &str, token: &str, bytes: &[u8]) {
    let mut draft = shop.service.store().begin_stock_upload(&shop.agent, key).unwrap();
    draft.write_all(bytes).unwrap();
    draft.finish(Id::of_blob(bytes), std::str::from_utf8(bytes).is_ok(), token).unwrap();
}

#[test]
fn bytes_come_before_the_text_that_a_client_made_of_them() {
    let mut shop = Shop::new();
    let (one, two) = (b"\xff\x01png".as_slice(), b"\xfe\x01png".as_slice());
    let (key, is_text) = FileKey::of(one);
    assert!(!is_text && key == FileKey::of(two).0, "both are the same text");
    let key = key.to_string();
    let entry = |size: usize| {
        json!({"projectHash": "00", "triggeredBy": "push",
            "files": [{"relativePath": "logo.png", "hash": key, "size": size}]})
    };
    send(&shop, &key, "", one);
    std::thread::sleep(std::time::Duration::from_millis(5));
    send(&shop, &key, "", "\u{fffd}\u{1}png".as_bytes());
    // Also where the length is that of the text.
    shop.ok(CREATE, entry(7));
    assert_eq!(stored(&shop, 1)[0].2, one);
    // A key of such bytes is always missing, so that a change of them arrives.
    let asked = shop.ok("POST /developer/agents/shop/backup/check-blobs", json!({"hashes": [key]}));
    assert_eq!(asked["missing"], json!([key]));
    send(&shop, &key, "", two);
    shop.ok(CREATE, entry(5));
    assert_eq!(stored(&shop, 2)[0].2, two);
    // Each version names its own bytes by all of their digits, and the newest by the key of the client.
    let hash = |shop: &mut Shop, query: &str| {
        let got = shop.get(&format!("/developer/agents/shop/backup/manifest{query}"));
        got["files"][0]["hash"].as_str().unwrap().to_owned()
    };
    let sum = |bytes: &[u8]| {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(hash(&mut shop, "?version=1"), sum(one));
    assert_eq!(hash(&mut shop, "?version=2"), sum(two));
    assert_eq!(hash(&mut shop, ""), key);
}

#[test]
fn of_several_uploads_the_own_one_with_the_right_length_counts() {
    let mut shop = Shop::new();
    let key = FileKey::of(b"\xff").0.to_string();
    send(&shop, &key, "", b"\xfe");
    std::thread::sleep(std::time::Duration::from_millis(5));
    send(&shop, &key, "theirs", b"\xfd");
    let body = |size: u64| {
        json!({"projectHash": "00", "triggeredBy": "push",
            "files": [{"relativePath": "a.bin", "hash": key, "size": size}]})
    };
    shop.ok(CREATE, body(1));
    assert_eq!(stored(&shop, 1)[0].2, b"\xfe", "another token's upload is newer, and not meant");
    // The beginning of a character is one replacement character, as one wrong byte is.
    send(&shop, &key, "", b"\xf0\x9f");
    shop.ok(CREATE, body(1));
    assert_eq!(stored(&shop, 2)[0].2, b"\xfe");
    shop.ok(CREATE, body(2));
    assert_eq!(stored(&shop, 3)[0].2, b"\xf0\x9f");
    let two = json!({"projectHash": "00", "triggeredBy": "push", "files": [
        {"relativePath": "a.bin", "hash": key, "size": 1}, {"relativePath": "b.bin", "hash": key, "size": 2}]});
    let refused = shop.refused(CREATE, two);
    assert!(
        refused.0 == 409 && refused.2.contains("\"a.bin\"") && refused.2.contains("\"b.bin\""),
        "{refused:?}"
    );
    let absent = json!({"projectHash": "00", "triggeredBy": "push",
        "files": [{"relativePath": "x", "hash": "0123456789abcdef", "size": 1}]});
    let refused = shop.refused(CREATE, absent);
    assert!(refused.2.contains("0123456789abcdef") && refused.2.contains("\"x\""), "{refused:?}");
}

#[test]
fn a_content_that_was_not_sent_is_the_one_that_its_path_had() {
    let key = FileKey::of(b"\xff").0.to_string();
    for (path, bytes) in [("a.bin", b"\xff"), ("b.bin", b"\xfe")] {
        let mut shop = Shop::new();
        let file = Mode::File;
        pushed_by_store(&mut shop, &[("a.bin", file, b"\xff"), ("b.bin", file, b"\xfe")]);
        shop.ok(CREATE, alike(&key, &[path]));
        assert_eq!(stored(&shop, 2), [(path.to_owned(), file, bytes.to_vec())]);
    }
}

#[test]
fn a_key_is_read_as_the_content_in_the_newest_source_version() {
    let mut shop = Shop::new();
    let key = FileKey::of(b"\xff").0.to_string();
    for bytes in [b"\xff", b"\xfe", b"\xff"] {
        pushed_by_store(&mut shop, &[("a.bin", Mode::File, bytes), ("a.txt", Mode::File, b"text")]);
        assert_eq!(shop.file(&key), bytes);
    }
    let digits: String = Sha256::digest(b"\xfe").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shop.file(&digits), b"\xfe");
    // A content that no other one shares its key with has the name that the client knows.
    let manifest = shop.get("/developer/agents/shop/backup/manifest?version=2");
    assert_eq!(manifest["files"][0]["hash"], json!(digits));
    assert_eq!(manifest["files"][1]["hash"], json!(FileKey::of(b"text").0.to_string()));
}

#[test]
fn only_text_that_was_sent_is_known() {
    let mut shop = Shop::new();
    let key = |bytes: &[u8]| FileKey::of(bytes).0.to_string();
    let (text, bytes) = (key(b"text"), key(b"\xff"));
    send(&shop, &text, "", b"text");
    send(&shop, &bytes, "", b"\xff");
    let asked = shop.ok(CHECK, json!({"hashes": [text, bytes]}));
    assert_eq!((&asked["existing"], &asked["missing"]), (&json!([text]), &json!([bytes])));
}

#[test]
fn an_upload_that_the_disk_damaged_is_no_content() {
    let mut shop = Shop::new();
    let key = FileKey::of(b"text").0.to_string();
    send(&shop, &key, "", b"text");
    let upload = shop.service.store().stock_uploads(&shop.agent, &key).unwrap().remove(0);
    crate::fs::replace(&upload.path, b"tent").unwrap();
    let refused = shop.refused(CREATE, alike(&key, &["a.txt"]));
    assert_eq!((refused.0, &*refused.1), (500, "FAILED"));
    assert_eq!(shop.refused("GET /developer/agents/shop/backup", Value::Null).0, 404);
}

#[test]
fn a_large_file_is_read_when_there_is_room_for_it() {
    let mut shop = Shop::new();
    // Bytes that no program makes smaller, so that what is reserved is needed.
    let mut random = vec![0; 200_000];
    blake3::Hasher::new().finalize_xof().fill(&mut random);
    let text = "a line\n".repeat(20_000).into_bytes();
    for bytes in [random, text, vec![b'x'; 65_536], vec![b'x'; 65_537], Vec::new()] {
        pushed_by_store(&mut shop, &[("a.bin", Mode::File, &bytes)]);
        let key = FileKey::of(&bytes).0.to_string();
        assert!(shop.file(&key) == bytes, "{} bytes", bytes.len());
    }
}

#[test]
fn more_hashes_than_a_request_may_have_are_too_large() {
    let mut shop = Shop::new();
    let hashes = |count: u64| json!({"hashes": (0..count).map(|nth| format!("{nth:016x}")).collect::<Vec<_>>()});
    for route in ["check-blobs", "blob-upload-urls", "blob-urls"] {
        let line = format!("POST /developer/agents/shop/backup/{route}");
        shop.ok(&line, hashes(10_000));
        let refused = shop.refused(&line, hashes(10_001));
        assert_eq!((refused.0, &*refused.1), (413, "TOO_LARGE"));
        let message = "10001 hashes are too many for one request: send at most 10000";
        assert_eq!(refused.2, message);
    }
}
