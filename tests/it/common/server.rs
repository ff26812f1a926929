//! A running `lua-store serve` on a free port of this machine. It is killed when it is dropped.

use super::http::{Reply, Wire};
use super::{Project, answer};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

pub struct Server {
    child: Child,
    pub url: String,
    /// Address of the administrators' listener; known with `--json`.
    pub admin: Option<String>,
    address: SocketAddr,
    data: PathBuf,
    log: Option<JoinHandle<String>>,
}

impl Server {
    /// Serves the folder `data` beside the project, in the project's environment.
    pub fn start(project: &Project, options: &str) -> Server {
        Server::spawn(project, command(project, options))
    }

    /// The same in a shell that did something before, such as to lower a limit.
    #[cfg(unix)]
    pub fn start_after(project: &Project, before: &str, options: &str) -> Server {
        let command = command(project, options);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\"")]).arg(command.get_program());
        shell.args(command.get_args()).current_dir(command.get_current_dir().unwrap()).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Server::spawn(project, shell)
    }

    /// The same as systemd starts it: with a socket that listens already, so many times.
    #[cfg(unix)]
    pub fn passed(
        project: &Project,
        socket: std::net::TcpListener,
        count: u32,
        options: &str,
    ) -> Server {
        Server::spawn(project, passed(project, socket, count, options))
    }

    fn spawn(project: &Project, mut command: Command) -> Server {
        let data = data(project);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8(text).expect("a log is text")
        });
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let json: Option<serde_json::Value> = serde_json::from_str(&url).ok();
        if json.is_some() {
            answer::check("serve --json", url.as_bytes());
        }
        let told = |name: &str| Some(json.as_ref()?[name].as_str()?.to_owned());
        let admin = told("adminUrl").and_then(|url| Some(url.split_once("://")?.1.to_owned()));
        let url = told("url").unwrap_or_else(|| url.trim().to_owned());
        let Some((_, address)) = url.split_once("://") else {
            panic!("serve did not start: {}", log.join().unwrap())
        };
        Server { child, admin, address: address.parse().unwrap(), url, data, log: Some(log) }
    }

    /// A new token.
    pub fn token(&self, project: &Project, agent: &str, scope: &str) -> String {
        token(project, &format!("--agent {agent} --scope {scope}"))
    }

    pub fn data(&self) -> &PathBuf {
        &self.data
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        // Only so that a test that is wrong ends.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// One request over a connection of its own. Headers are lines.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        let mut wire = Wire::new(self.connect());
        wire.send(method, path, headers, body);
        wire.try_reply(method).expect("an answer")
    }

    /// The same of a server that may be killed by it: `None` where no whole answer came.
    pub fn try_ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Reply> {
        let stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut wire = Wire::new(stream);
        wire.send(method, path, headers, body);
        wire.try_reply(method)
    }

    /// A counter or gauge of `/metrics`; 0 while it is not there.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.ask("GET", "/metrics", "", b"").text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Waits until a gauge or counter has a value.
    pub fn wait_for(&self, name: &str, value: u64) {
        for _ in 0..1000 {
            if self.metric(name) == value {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{name} never was {value}, it is {}", self.metric(name));
    }

    #[cfg(unix)]
    /// The maps of its memory, as the system lists them.
    #[cfg(target_os = "linux")]
    pub fn maps(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/maps", self.child.id())).unwrap()
    }

    /// The most memory that it had so far, in bytes; `None` where the system does not say.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
    }

    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end of a server that was told to stop: its exit code and its log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        (status.code(), self.log.take().unwrap().join().unwrap())
    }

    /// Ends it, and gives its log.
    #[cfg(unix)]
    pub fn log(self) -> String {
        self.signal("-TERM");
        self.ended().1
    }

    /// There is no gentle end: the log gets a moment for its last lines.
    #[cfg(not(unix))]
    pub fn log(mut self) -> String {
        std::thread::sleep(Duration::from_millis(500));
        let _ = self.child.kill();
        self.ended().1
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(project: &Project, options: &str) -> Command {
    let mut command = project.lua_store(&format!("serve --listen 127.0.0.1:0 {options}"));
    if !options.contains("--store") {
        command.arg("--data").arg(data(project));
    }
    if !options.contains("--drain") {
        command.arg("--drain=0s");
    }
    command
}

/// `serve` with a listening socket as the descriptors from 3 on. The variables name the process
/// that the sockets are for, so only a shell that becomes the program can set them.
#[cfg(unix)]
pub fn passed(
    project: &Project,
    socket: std::net::TcpListener,
    count: u32,
    options: &str,
) -> Command {
    let command = project.lua_store(&format!("serve --drain=0s --data ../data {options}"));
    let sockets: String = (3..3 + count).map(|number| format!(" {number}<&0")).collect();
    let mut shell = Command::new("sh");
    let script =
        format!("export LISTEN_PID=$$ LISTEN_FDS={count}; exec \"$0\" \"$@\"{sockets} </dev/null");
    shell.args(["-c", &script]).arg(command.get_program());
    shell.args(command.get_args()).current_dir(command.get_current_dir().unwrap()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(std::os::fd::OwnedFd::from(socket));
    shell
}

/// The server's folder.
pub fn data(project: &Project) -> PathBuf {
    project.root().parent().unwrap().join("data")
}

/// A new token of the server whose folder is beside the project.
pub fn token(project: &Project, options: &str) -> String {
    let data = data(project);
    let mut command = project.lua_store(&format!("serve token create {options}"));
    let output = command.arg("--data").arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The header that shows a token.
pub fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}
