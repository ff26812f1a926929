//! A running `lua-store ui`, and a browser without scripts in front of it.

use crate::common::http::{Reply, Wire};
use crate::common::{Project, answer};
use crate::pages::browser::encode;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

pub struct LocalPages {
    child: Child,
    pub port: u16,
    /// Name and port, as a browser sends them.
    pub host: String,
    pub key: String,
    pub addresses: Vec<String>,
    pub cookie: Option<String>,
}

impl LocalPages {
    /// Starts the command, and reads its address.
    pub fn start(project: &Project, options: &str) -> LocalPages {
        let mut command = project.lua_store(&format!("ui --json {options}"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(answer::check("ui --json", line.as_bytes()).as_deref(), Some("ui"), "{line}");
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        let addresses: Vec<String> = serde_json::from_value(told["addresses"].clone()).unwrap();
        assert_eq!(told["url"], addresses[0]);
        let (_, rest) = addresses[0].split_once("http://").unwrap();
        let (host, key) = rest.split_once("/-/open?key=").unwrap();
        let port = host.rsplit_once(':').unwrap().1.parse().unwrap();
        let (host, key) = (host.to_owned(), key.to_owned());
        LocalPages { child, port, host, key, addresses, cookie: None }
    }

    /// The same with the session of the key.
    pub fn entered(project: &Project, options: &str) -> LocalPages {
        let mut pages = LocalPages::start(project, options);
        assert_eq!(pages.enter().status, 303);
        pages
    }

    /// Opens the address with the key, and keeps the cookie.
    pub fn enter(&mut self) -> Reply {
        let reply = self.get(&format!("/-/open?key={}", self.key));
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        }
        reply
    }

    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n{}{headers}Content-Length: {}\r\n\r\n",
            self.host,
            cookie.unwrap_or_default(),
            body.len()
        );
        let mut wire = Wire::new(stream);
        wire.raw(head.as_bytes());
        wire.raw(body.as_bytes());
        wire.try_reply(method).expect("an answer")
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", "")
    }

    /// A page that must be there.
    pub fn page(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }

    /// Sends the form of a page, with its hidden fields.
    pub fn send(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let [expected, key] = ["expected", "key"].map(|name| {
            let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        });
        let hidden = [("expected", &*expected), ("key", &*key)];
        let headers =
            "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
        self.ask("POST", path, headers, &encode(&[fields, &hidden].concat()))
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for its end, and gives the exit code.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for LocalPages {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
