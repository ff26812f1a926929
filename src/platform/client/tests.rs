//! Requests to a server that answers one line after the other.

use super::*;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Gives each request the next of these answers, and keeps the heads of the requests.
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

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
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
    let got = line.client().get("/x").unwrap();
    assert_eq!((got.status, line.asked()), (200, 4));
    let head = line.heads.lock().unwrap()[3].to_lowercase();
    for part in ["get /x http/1.1", "authorization: bearer key-1", "x-lua-client: lua-store/"] {
        assert!(head.contains(part), "{head}");
    }
    for status in ["400 X", "401 X", "403 X", "404 X", "409 X", "500 X", "501 X"] {
        let line = Line::of(vec![answer(status, "", "{}"); 2]);
        assert_eq!(line.client().get("/x").unwrap().status.to_string(), status[..3]);
        assert_eq!(line.asked(), 1, "{status}");
    }
}

#[test]
fn after_four_tries_the_last_answer_counts() {
    let line = Line::of(vec![answer("503 X", "", ""); 5]);
    let got = line.client().get("/x").unwrap();
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
    let error = line.client().get("/x").unwrap_err();
    assert!(error.message().contains("redirect"), "{}", error.message());
    assert_eq!(other.asked(), 0);
}

#[test]
fn an_answer_without_an_end_is_cut() {
    let body = "x".repeat((MAX_ANSWER + 10) as usize);
    let line = Line::of(vec![answer("200 X", "", &body)]);
    let error = line.client().get("/x").unwrap_err();
    assert!(error.message().contains("larger than 32 MiB"), "{}", error.message());
}

#[test]
fn a_platform_that_is_not_there_is_unavailable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let line = Line { base, heads: Arc::default() };
    let error = line.client().get("/x").unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Unavailable);
    assert!(!error.message().contains("key-1"), "{}", error.message());
}
