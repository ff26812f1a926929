//! The server that the demo starts: this program, on a free port, for this machine alone.

use crate::error::{At, Error, Result};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ends with the demo, however that ends.
pub struct DemoServer {
    child: Child,
    pub url: String,
    /// The line that starts it.
    pub typed: String,
}

impl DemoServer {
    /// Opens every agent to everybody on this machine.
    pub fn open(program: &Path, data: &Path) -> Result<DemoServer> {
        let words = ["serve", "--listen", "127.0.0.1:0", "--no-auth", "--data"];
        DemoServer::start(program, &words, data)
    }

    /// Ends, and starts again at the same address, for those who have a token.
    pub fn with_tokens(self, program: &Path, data: &Path) -> Result<DemoServer> {
        let url = self.url.clone();
        drop(self);
        let address = url.trim_start_matches("http://");
        DemoServer::start(program, &["serve", "--listen", address, "--data"], data)
    }

    fn start(program: &Path, words: &[&str], data: &Path) -> Result<DemoServer> {
        let mut command = Command::new(program);
        command
            .args(words)
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let child = command.spawn().at("start", program)?;
        let typed = format!("lua-store {} {}", words.join(" "), data.display());
        let mut server = DemoServer { child, url: String::new(), typed };
        let mut line = String::new();
        if let Some(stdout) = server.child.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .at("read", Path::new("the server's answer"))?;
        }
        server.url = line.trim().to_owned();
        match server.url.starts_with("http://") {
            true => Ok(server),
            false => Err(Error::failed("the server of the demo did not start")
                .hint(format!("run `{}` to see the reason", server.typed))),
        }
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
