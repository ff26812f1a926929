//! Requests to a server that answers one line after the other.

use super::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Gives each request the next of these answers, and keeps the heads of the requests. An empty answer is a connection that is
/// cut.
struct Line {
    base: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Line {
    fn of(answers: Vec<String>) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        // Ends with its last answer.
        std::thread::spawn(move || {
            for answer in answers {
                let Ok((mut stream, _)) = listener.accept() else { return };
                seen.lock().unwrap().push(head(&mut stream));
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Line { base, heads }
    }

    fn client(&self) -> PlatformClient {
        let address = PlatformAddress { base: self.base.clone(), agent: "a".parse().unwrap() };
        let key = PlatformKey::find(&address, Some("key-1".into()), None, None).unwrap();
        PlatformClient { first: Duration::ZERO, ..PlatformClient::new(address, key) }
    }

    fn asked(&self) -> usize {
        self.heads.lock().unwrap().len()
    }
}

/// The head of a request, with the body after it.
fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut body = vec![0; field(&head, "content-length").map_or(0, |text| text.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8_lossy(&body)
}

/// A header of a request; the name is in lower case.
fn field(head: &str, name: &str) -> Option<String> {
    let fields = head.lines().skip(1).take_while(|line| !line.is_empty());
    let mut fields = fields.filter_map(|line| line.split_once(": "));
    fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_busy_platform_is_asked_again_and_a_refusal_is_not() {
    let line = Line::of(vec![
        answer("503 X", "", ""),
        answer("429 X", "Retry-After: 0\r\n", ""),
        answer("502 X", "", "<html>"),
        answer("200 X", "", "{\"versions\":[]}"),
    ]);
    let got = line.client().get("#9", "/x").unwrap();
    assert_eq!((got.status, line.asked()), (200, 4));
    let head = line.heads.lock().unwrap()[3].to_lowercase();
    for part in ["get /x http/1.1", "authorization: bearer key-1", "x-lua-client: lua-store/"] {
        assert!(head.contains(part), "{head}");
    }
    for status in ["400 X", "401 X", "403 X", "404 X", "409 X", "500 X", "501 X"] {
        let line = Line::of(vec![answer(status, "", "{}"); 2]);
        assert_eq!(line.client().get("#9", "/x").unwrap().status.to_string(), status[..3]);
        assert_eq!(line.asked(), 1, "{status}");
    }
}

#[test]
fn after_four_tries_the_last_answer_counts() {
    let line = Line::of(vec![answer("503 X", "", ""); 5]);
    let got = line.client().get("#9", "/x").unwrap();
    assert_eq!((got.status, line.asked()), (503, 4));
    let error = got.data("#9").unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (crate::error::Kind::Unavailable, "#9: status 503")
    );
}

#[test]
fn no_redirect_is_followed_with_the_key() {
    let other = Line::of(vec![answer("200 X", "", "{}")]);
    let line = Line::of(vec![answer("302 X", &format!("Location: {}/y\r\n", other.base), "")]);
    let error = line.client().get("#9", "/x").unwrap_err();
    assert!(error.message().starts_with("#9 was answered with a redirect"), "{}", error.message());
    assert_eq!(other.asked(), 0);
}

#[test]
fn an_answer_without_an_end_is_cut() {
    let body = "x".repeat((MAX_ANSWER + 10) as usize);
    let line = Line::of(vec![answer("200 X", "", &body)]);
    let error = line.client().get("#9", "/x").unwrap_err();
    assert!(
        error.message().contains("the answer to #9 is larger than 32 MiB"),
        "{}",
        error.message()
    );
}

#[test]
fn a_platform_that_is_not_there_is_unavailable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let line = Line { base, heads: Arc::default() };
    let error = line.client().get("#9", "/x").unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Unavailable);
    assert!(!error.message().contains("key-1"), "{}", error.message());
}

#[test]
fn a_change_with_a_name_is_sent_again_under_the_same_name() {
    let line = Line::of(vec![
        answer("503 X", "", ""),
        String::new(),
        answer("429 X", "Retry-After: 0\r\n", ""),
        answer("201 X", "", "{\"version\":3}"),
    ]);
    let key = IdempotencyKey::new().unwrap();
    let got = line.client().post("#12", "/x", &serde_json::json!({"a": 1}), &key).unwrap();
    assert_eq!((got.status, got.tries, line.asked()), (201, 4, 4));
    for head in line.heads.lock().unwrap().iter() {
        assert!(head.starts_with("POST /x HTTP/1.1\r\n") && head.ends_with("{\"a\":1}"), "{head}");
        assert_eq!(field(head, "x-idempotency-key").as_deref(), Some(key.as_str()));
        assert_eq!(field(head, "content-type").as_deref(), Some("application/json"));
    }
}

#[test]
fn a_key_is_a_random_uuid() {
    let key = IdempotencyKey::new().unwrap();
    // The form of RFC 9562, version 4.
    let form =
        regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
    assert!(form.unwrap().is_match(key.as_str()), "{key}");
    assert_ne!(IdempotencyKey::new().unwrap(), key);
    let text = serde_json::to_string(&key).unwrap();
    assert_eq!(text, format!("\"{key}\""));
    assert_eq!(serde_json::from_str::<IdempotencyKey>(&text).unwrap(), key);
}

#[test]
fn a_change_without_a_name_is_sent_once() {
    let changes = [Method::PUT, Method::PATCH, Method::DELETE];
    for method in changes {
        for status in ["502 X", "503 X", "504 X", "500 X"] {
            let line = Line::of(vec![answer(status, "", ""); 2]);
            let got = line.client().change(method.clone(), "#10", "/x", None).unwrap();
            let error = got.data("#8").unwrap_err();
            assert_eq!((error.kind(), line.asked()), (crate::error::Kind::Unavailable, 1));
        }
        let line = Line::of(vec![String::new(); 2]);
        let error = line.client().change(method.clone(), "#10", "/x", None).unwrap_err();
        assert_eq!((error.kind(), line.asked()), (crate::error::Kind::Unavailable, 1));
        // It was not begun.
        let line =
            Line::of(vec![answer("429 X", "Retry-After: 0\r\n", ""), answer("200 X", "", "{}")]);
        let body = serde_json::json!({});
        assert_eq!(
            line.client().change(method.clone(), "#10", "/x", Some(&body)).unwrap().status,
            200
        );
        for head in line.heads.lock().unwrap().iter() {
            assert!(head.starts_with(&format!("{method} /x ")), "{head}");
            assert_eq!(field(head, "x-idempotency-key"), None);
        }
        assert_eq!(line.asked(), 2);
    }
}

#[test]
fn a_change_may_have_been_made_if_its_answer_cannot_be_used() {
    let key = IdempotencyKey::new().unwrap();
    let large = answer("200 X", "", &"x".repeat((MAX_ANSWER + 10) as usize));
    for odd in [answer("303 X", "Location: /y\r\n", ""), large] {
        let line = Line::of(vec![odd]);
        let error = line.client().post("#12", "/x", &serde_json::json!({}), &key).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Unavailable, "{error}");
    }
}

#[test]
fn an_upload_sends_no_key_and_its_address_is_in_no_message() {
    let headers = BTreeMap::from([("x-amz-checksum-sha256".to_owned(), "c3Vt".to_owned())]);
    let line = Line::of(vec![answer("503 X", "", ""), String::new(), answer("200 X", "", "")]);
    let url = format!("{}/part-1?sig=part-2", line.base);
    line.client().upload(&url, b"bytes", &headers).unwrap();
    assert_eq!(line.asked(), 3);
    for head in line.heads.lock().unwrap().iter() {
        assert!(head.starts_with("PUT /part-1?sig=part-2 ") && head.ends_with("bytes"), "{head}");
        assert!(!head.contains("key-1"), "{head}");
        for (name, value) in [
            ("authorization", None),
            ("x-lua-client", None),
            ("content-type", Some("application/octet-stream")),
            ("x-amz-checksum-sha256", Some("c3Vt")),
            ("content-length", Some("5")),
        ] {
            assert_eq!(field(head, name).as_deref(), value, "{name}");
        }
    }
    let closed = {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/part-1?sig=part-2", closed.local_addr().unwrap())
    };
    let other = format!("{}/part-1?sig=part-2", Line::of(vec![answer("403 X", "", "")]).base);
    let moved = answer("307 X", "Location: http://127.0.0.1:1/part-3\r\n", "");
    let moved = format!("{}/part-1?sig=part-2", Line::of(vec![moved]).base);
    for url in [&closed, &other, &moved, "http://elsewhere/part-1?sig=part-2", "https:///part-1"] {
        let error = line.client().upload(url, b"bytes", &headers).unwrap_err();
        assert!(!error.message().contains("part-"), "{url}: {error}");
        let error = line.client().download(url).unwrap_err();
        assert!(!error.message().contains("part-"), "{url}: {error}");
    }
    let wrong = BTreeMap::from([("a b".to_owned(), "c".to_owned())]);
    let error = line.client().upload(&closed, b"bytes", &wrong).unwrap_err();
    assert_eq!(error.message(), "#15: the header \"a b\" cannot be sent");
}
