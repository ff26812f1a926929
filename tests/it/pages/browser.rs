//! A browser as far as a server sees it: the name that it asks for, what it accepts, its cookie and its forms.

use crate::common::http::{Reply, Wire};
use crate::common::server::Server;

pub struct Browser {
    pub host: String,
    pub cookie: Option<String>,
}

impl Browser {
    pub fn new(server: &Server) -> Browser {
        let host = server.url.split_once("://").unwrap().1.to_owned();
        Browser { host, cookie: None }
    }

    /// A request with these headers besides those that every browser sends.
    pub fn ask(
        &self,
        server: &Server,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Reply {
        let mut wire = Wire::new(server.connect());
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n{}{headers}Content-Length: {}\r\n\r\n",
            self.host,
            cookie.unwrap_or_default(),
            body.len()
        );
        wire.raw(head.as_bytes());
        wire.raw(body.as_bytes());
        wire.try_reply(method).expect("an answer")
    }

    pub fn get(&self, server: &Server, path: &str) -> Reply {
        self.ask(server, "GET", path, "", "")
    }

    /// The text of a page that must be there.
    pub fn page(&self, server: &Server, path: &str) -> String {
        let reply = self.get(server, path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }

    /// Follows redirects to a page that must be there, and gives its address too.
    pub fn follow(&self, server: &Server, path: &str) -> (String, String) {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let reply = self.get(server, &path);
            match reply.header("location") {
                Some(next) => path = next.to_owned(),
                None => {
                    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
                    return (path, reply.text());
                }
            }
        }
        panic!("{path} leads nowhere")
    }

    /// Sends a form from one of our own pages.
    pub fn post(&self, server: &Server, path: &str, fields: &[(&str, &str)]) -> Reply {
        let headers =
            "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
        self.ask(server, "POST", path, headers, &encode(fields))
    }

    /// Signs in, and keeps the cookie.
    pub fn sign_in(&mut self, server: &Server, token: &str) -> Reply {
        let key = self.cookie.as_ref().map(|_| self.form_key(server)).unwrap_or_default();
        let reply =
            self.post(server, "/-/login", &[("token", token), ("key", &key), ("to", "/shop")]);
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        }
        reply
    }

    /// Value that forms of this session send.
    pub fn form_key(&self, server: &Server) -> String {
        let page = self.page(server, "/-/login");
        let (_, rest) = page.split_once("name=\"key\" value=\"").expect("a form of a session");
        rest.split('"').next().unwrap().to_owned()
    }
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", plain(name), plain(value))).collect();
    pairs.join("&")
}

/// The text of elements with a class, entities resolved.
pub fn texts_of(page: &str, start: &str, end: &str) -> Vec<String> {
    page.split(start)
        .skip(1)
        .map(|rest| {
            let rest = rest.split_once('>').unwrap().1;
            text(rest.split(end).next().unwrap())
        })
        .collect()
}

/// The text of some HTML.
pub fn text(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<').enumerate() {
        match part {
            (0, plain) => text.push_str(plain),
            (_, part) => text.push_str(part.split_once('>').map_or("", |(_, plain)| plain)),
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
