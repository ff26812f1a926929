//! A client in another language, `tests/client`: written from `docs/format.md` and `docs/protocol.md` alone, it and this
//! program share a server. It runs where Python has its packages; `.ci/run` makes sure of that.

#![cfg(unix)]

use crate::common::proxy::{Fault, Proxy};
use crate::common::server::Server;
use crate::common::stub::Stub;
use crate::common::{Project, list_of, shop};
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server, a project that has it as its remote, and the client beside it.
struct Both {
    project: Project,
    server: Server,
    token: String,
    python: PathBuf,
}

/// The Python that has what the client needs: the one of `.ci/run`, or that of the system.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python3");
    let has_all = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import blake3, msgpack, zstandard"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = [own, PathBuf::from("python3")].into_iter().find(has_all);
    if found.is_none() {
        #[allow(
            clippy::print_stderr,
            reason = "whoever runs the tests has to see that one did not run"
        )]
        {
            eprintln!(
                "skipped: the client in Python needs `pip install -r tests/client/requirements.txt`"
            );
        }
    }
    found
}

impl Both {
    fn new(project: Project) -> Option<Both> {
        let python = python()?;
        let server = Server::start(&project, "");
        let token = server.token(&project, "shop", "promote");
        Some(Both { project, server, token, python })
    }

    fn url(&self) -> String {
        format!("{}/shop", self.server.url)
    }

    /// This program, with the token.
    fn ok(&self, folder: &str, line: &str) -> String {
        let output = self.lua_store(folder, line).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Rows that one of its commands lists.
    fn list(&self, folder: &str, line: &str) -> Value {
        let answer = self.ok(folder, &format!("{line} --json"));
        list_of(serde_json::from_str(&answer).unwrap())
    }

    fn lua_store(&self, folder: &str, line: &str) -> Command {
        let mut command = self.project.lua_store(line);
        command.current_dir(self.project.path(folder)).env("LUA_STORE_TOKEN", &self.token);
        command
    }

    fn command(&self, url: &str, token: &str, words: &[&str]) -> Command {
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/client.py");
        let mut command = Command::new(&self.python);
        command
            .arg("-B")
            .arg(client)
            .args(words)
            .arg("--store")
            .arg(self.project.home().join("client"));
        command.current_dir(self.project.root()).env("REMOTE", url).env("TOKEN", token);
        command.env("LUA_STORE_AUTHOR", "py@example.com");
        command
    }

    fn client(&self, words: &[&str]) -> Vec<Value> {
        said(words, self.command(&self.url(), &self.token, words).output().unwrap())
    }
}

/// Output of the client: one JSON value per line.
fn said(words: &[&str], output: Output) -> Vec<Value> {
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Files of each kind: empty, long, of any bytes, runnable, a link, in a folder, with a name that is not ASCII.
fn files(project: &Project, folder: &str) {
    let text: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
    let mut noise = blake3::Hasher::new().finalize_xof();
    let mut bytes = vec![0; 70_000];
    noise.fill(&mut bytes);
    project.write(&format!("{folder}/notes/long.txt"), text);
    project.write(&format!("{folder}/notes/noise.bin"), bytes);
    project.write(&format!("{folder}/empty"), "");
    project.write(&format!("{folder}/grüße/ü.txt"), "hello\n");
    project.write(&format!("{folder}/run.sh"), "#!/bin/sh\n");
    let runnable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path(format!("{folder}/run.sh")), runnable).unwrap();
    symlink("run.sh", project.path(format!("{folder}/link"))).unwrap();
}

/// Path, what it is, and `b3sum` of each file below a folder.
fn listed(folder: &Path) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let (data, name) = (path.symlink_metadata().unwrap(), path.file_name().unwrap());
            if data.is_dir() {
                open.extend((name != ".lua" && name != ".git").then_some(path));
                continue;
            }
            let (what, bytes) = match data.is_symlink() {
                true => (
                    "link",
                    std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
                ),
                false if data.permissions().mode() & 0o100 != 0 => {
                    ("runnable", std::fs::read(&path).unwrap())
                }
                false => ("file", std::fs::read(&path).unwrap()),
            };
            let path = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            // `init` and `clone` add the git guard.
            if path != ".gitignore" {
                found.push((path, what.to_owned(), blake3::hash(&bytes).to_string()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_the_client_pushes_this_program_clones() {
    let Some(both) = Both::new(Project::new()) else { return };
    let project = &both.project;
    files(project, "theirs");
    assert_eq!(both.client(&["list"]), Vec::<Value>::new());
    // In so many pieces that the end of one falls into every part of a pack.
    let pushed = both.client(&["push", "theirs", "-m", "from Python", "--piece", "9973"]);
    assert_eq!((&pushed[0]["source"], &pushed[0]["outcome"]), (&1.into(), &"done".into()));
    let made = both.client(&["version", "-m", "first"]);
    let promoted = both.client(&["promote", "1", "-m", "looks right"]);
    assert_eq!(promoted[0]["active"], 1);

    both.ok(".", &format!("clone {} ours", both.url()));
    assert_eq!(listed(&project.path("ours")), listed(&project.path("theirs")));
    assert!(both.ok("ours", "fsck").contains("nothing is damaged"));
    let versions = both.list("ours", "version list");
    let (first, list) = (&versions[0], both.client(&["list"]));
    assert_eq!((&first["id"], &first["message"]), (&made[0]["id"], &"first".into()), "{versions}");
    assert!(first["createdBy"].as_str().unwrap().contains("py@example.com"), "{versions}");
    assert_eq!(first["status"], "active", "{versions}");
    let ours: Vec<_> =
        list.iter().map(|one| (one["series"].as_str().unwrap(), &one["id"])).collect();
    assert_eq!(ours, [("source", &pushed[0]["id"]), ("versions", &made[0]["id"])]);
    // The id of a file is what `b3sum` prints.
    let id = both.ok("ours", "rev-parse v1:source/notes/noise.bin");
    let bytes = std::fs::read(project.path("theirs/notes/noise.bin")).unwrap();
    assert_eq!(id.trim(), blake3::hash(&bytes).to_string());
}

#[test]
fn what_this_program_pushes_the_client_restores_and_goes_on_from() {
    let Some(both) = Both::new(shop::project()) else { return };
    let project = &both.project;
    files(project, ".");
    both.ok(".", &format!("remote add origin {}", both.url()));
    both.ok(".", "push");
    both.client(&["fetch"]);
    // A second answer leans on what the first one brought: one line in a long file.
    let text = project.read("notes/long.txt").replace("line 777\n", "another line\n");
    project.write("notes/long.txt", text);
    shop::edit(project, "src/index.ts", "You help customers shop.", "You help.");
    both.ok(".", "push");
    both.ok(".", "version create -m second");
    both.ok(".", "version promote v1");
    let here = listed(&project.root());
    let client = project.home().join("client");
    let size = || -> u64 {
        let packs =
            std::fs::read_dir(&client).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
        packs.map(|data| data.len()).sum()
    };
    let before = size();
    let out = project.home().join("out");
    both.client(&["restore", "versions/1", out.to_str().unwrap()]);
    assert_eq!(listed(&out), here);
    // A quarter of the file, compressed: what was asked for with `have` is not sent again.
    assert!(size() - before < 10_000, "{} bytes for one line", size() - before);

    std::fs::write(out.join("more.txt"), "more\n").unwrap();
    both.client(&["push", out.to_str().unwrap(), "-m", "one more file"]);
    both.client(&["version"]);
    both.client(&["promote", "2"]);
    both.ok(".", "pull");
    assert_eq!(project.read("more.txt"), "more\n");
    assert!(both.ok(".", "fsck").contains("nothing is damaged"));
    let active = both.list(".", "version list");
    assert!(
        active
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["status"] == "active" && one["version"] == 2),
        "{active}"
    );
    // And the other way: this program goes on from it.
    both.ok(".", "push");
    assert!(both.client(&["list"]).len() >= 6);
}

#[test]
fn clients_at_once_get_a_number_each() {
    let Some(both) = Both::new(Project::new()) else { return };
    let stores: Vec<String> = (0..4).map(|number| format!("store{number}")).collect();
    let running: Vec<_> = (0..4)
        .map(|number| {
            both.project.write(&format!("work{number}/file.txt"), format!("{number}\n"));
            let (work, store) = (format!("work{number}"), &stores[number]);
            let mut command = both.command(&both.url(), &both.token, &["push", &work, "-m", &work]);
            command.args(["--store", store]).stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let done = running.into_iter().map(|child| said(&["push"], child.wait_with_output().unwrap()));
    let mut numbers: Vec<u64> = done.map(|lines| lines[0]["source"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
    both.ok(".", &format!("clone {} ours", both.url()));
    assert!(both.ok("ours", "fsck").contains("nothing is damaged"));
}

#[test]
fn a_bad_network_costs_the_client_nothing_and_doubles_nothing() {
    let Some(both) = Both::new(Project::new()) else { return };
    files(&both.project, "theirs");
    let proxy = Proxy::before(both.server.url.strip_prefix("http://").unwrap().parse().unwrap());
    let url = format!("{}/shop", proxy.url());
    let through = |faults: &[Fault], words: &[&str]| {
        proxy.next(faults.iter().copied());
        said(words, both.command(&url, &both.token, words).output().unwrap())
    };
    let push = ["push", "theirs", "--piece", "20000"];
    // In the middle of a piece; then an answer that is lost, whose pieces arrived.
    let pushed = through(&[Fault::CutUp(30_000), Fault::CutDown(200)], &push);
    assert_eq!(pushed[0]["source"], 1);
    assert_eq!(both.client(&["list"]).len(), 1);
    let other = both.project.home().join("other");
    let again = ["restore", "source/1", "out", "--store", other.to_str().unwrap()];
    through(&[Fault::CutDown(30_000), Fault::CutDown(20_000)], &again);
    assert_eq!(listed(&both.project.path("out")), listed(&both.project.path("theirs")));
}

#[test]
fn the_client_ends_as_the_documents_say() {
    let Some(both) = Both::new(Project::new()) else { return };
    both.project.write("theirs/file.txt", "text\n");
    both.client(&["push", "theirs"]);
    both.client(&["version"]);
    let fails = |token: &str, words: &[&str]| {
        let output = both.command(&both.url(), token, words).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (push, other) =
        ["shop", "other"].map(|agent| both.server.token(&both.project, agent, "push")).into();
    for (token, words, code) in [
        (&both.token, vec!["promote", "7"], 3),
        (&push, vec!["promote", "1"], 10),
        (&other, vec!["list"], 3),
        (&format!("lst_{}", "0".repeat(72)), vec!["list"], 9),
        (&"secret".to_owned(), vec!["list"], 2),
    ] {
        let (found, stderr) = fails(token, &words);
        assert_eq!(found, code, "{words:?}: {stderr}");
    }
    // A server that was put back: what was seen is gone.
    let data = both.server.data().clone();
    std::fs::remove_dir_all(data.join("a")).unwrap();
    std::fs::create_dir(data.join("a")).unwrap();
    let (code, stderr) = fails(&both.token, &["list"]);
    assert!(code == 1 && stderr.contains("rewritten"), "{code}: {stderr}");
}

/// Has all bytes of any pack, from before it died, and says that it did what it did not do.
#[test]
fn the_client_ends_each_upload_and_believes_no_done() {
    let Some(both) = Both::new(Project::new()) else { return };
    both.project.write("theirs/file.txt", "text\n");
    let empty = json!({"agent": "shop", "source": [], "versions": [], "active": null});
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let stub = Stub::with_header("Upload-Offset: 1000000\r\n", move |request| match request {
        _ if request.starts_with("GET ") => (200, empty.to_string()),
        _ if request.starts_with("HEAD ") => (200, String::new()),
        _ if request.starts_with("PATCH ") => (204, String::new()),
        _ if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 => {
            (200, json!({"done": empty}).to_string())
        }
        _ => (409, json!({"refused": {"invalid": {"reason": "that is enough"}}}).to_string()),
    });
    let url = format!("{}/shop", stub.url);
    let output = both.command(&url, &both.token, &["push", "theirs"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && stderr.contains("that is enough"), "{stderr}");
    let requests = stub.requests();
    let steps: Vec<&str> = requests.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(steps, ["GET", "HEAD", "PATCH", "POST"].repeat(3), "{requests:?}");
}
