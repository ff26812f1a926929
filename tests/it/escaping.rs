//! No byte of others reaches a terminal raw: every place that others write to carries every letter that a terminal
//! would act on, and every command is run on a terminal and into a pipe.

#![cfg(unix)]

use crate::common::server::Server;
use crate::common::{Project, shop};
use std::io::{Read, Write};
use std::net::TcpListener;

/// Characters that a terminal or its reader would act on, from the tables of ECMA-48 and Unicode,
/// but NUL, which no argument and no name can hold.
fn acting() -> impl Iterator<Item = char> {
    let controls = ('\u{1}'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
    let bidi = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
    controls.chain(bidi.chars())
}

/// All of them but those of white space, and a title, a wiped screen and a hidden text.
fn nasty() -> String {
    let letters: String = acting().filter(|letter| !"\t\n\r".contains(*letter)).collect();
    format!("{letters}\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}8m!")
}

/// The same with an end of line and what would look like words of this program.
fn spoof() -> String {
    format!("{}\r\nSPOOF: all is well\n", nasty())
}

/// A string of TypeScript.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Two pushes, two versions and a rollback, with a server, a colleague's push that is not here, and a file that was not pushed.
/// The server is to be kept.
fn everywhere() -> (Project, Server) {
    let mut project = Project::new();
    shop::write(&project);
    let (bad, spoof) = (nasty(), spoof());
    project.set("LUA_STORE_AUTHOR", &format!("ana{bad}@example.com"));
    let name = |file: &str, from: &str, to: &str| {
        let text = project.read(file);
        assert!(text.contains(from), "{file}: {from}");
        project.write(file, text.replace(from, to));
    };
    name("src/index.ts", "'shop'", &quoted(&format!("shop{bad}")));
    name("src/index.ts", "'openai/gpt-4o'", &quoted(&format!("openai/gpt{bad}")));
    name("src/index.ts", "'docs'", &quoted(&format!("docs{bad}")));
    name(
        "src/index.ts",
        "`You are Ava.\nYou help customers shop.`",
        &quoted(&format!("You are {bad}.\nHelp.")),
    );
    name("src/skills/catalog.skill.ts", "'search'", &quoted(&format!("search{bad}")));
    name("src/skills/catalog.skill.ts", "'Finds products'", &quoted(&format!("Finds {spoof}")));
    name(
        "src/skills/catalog.skill.ts",
        "name: 'catalog'",
        &format!("name: {}", quoted(&format!("catalog{bad}"))),
    );
    project.write(&format!("src/{bad}.txt"), format!("first {bad}\n"));
    project.ok("init");
    let server = Server::start(&project, "--no-auth");
    project.ok(&format!("remote add origin {}/agent_shop", server.url));
    let said = |line: &str| {
        let output = project.lua_store(line).arg("-m").arg(&spoof).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    said("push");
    said("version create");
    said("version promote 1");
    name("src/index.ts", "Help.", &format!("Help {}.", quoted(&bad).trim_matches('"')));
    name("src/skills/catalog.skill.ts", "Finds ", "Finds all ");
    project.write(&format!("src/{bad}.txt"), format!("second {bad}\n"));
    said("push");
    said("version create");
    said("version promote 2");
    project.ok(&format!("clone {}/agent_shop ../colleague", server.url));
    let colleague = |line: &str| {
        project
            .lua_store(&format!("-C ../colleague {line}"))
            .arg("-m")
            .arg(&spoof)
            .output()
            .unwrap()
    };
    project.write(&format!("../colleague/src/{bad}.txt"), format!("third {bad}\n"));
    for line in ["push", "version promote 1"] {
        let output = colleague(line);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    project.write(&format!("src/new{bad}.txt"), "new\n");
    (project, server)
}

/// Every command that says something of the project, also where it fails.
const LINES: &[&str] = &[
    "status",
    "compile",
    "version list",
    "version list --all",
    "version show 1",
    "version show 2",
    "version diff 1 2",
    "version diff 1 2 -p",
    "version diff 1 2 --stat",
    "version diff 1 2 --name-only",
    "version diff 1 2 --raw",
    "version status",
    "version promote 1 --dry-run",
    "version promote 1 --expect 1",
    "source list",
    "source show 2",
    "source diff 1 2",
    "source diff 1 2 -p",
    "persona list",
    "persona show 2",
    "persona diff 1 2",
    "log",
    "log --ledger",
    "log --ledger --verify",
    "diff",
    "diff -p",
    "diff --name-only",
    "show 2",
    "show active",
    "show v2:src",
    "ls-tree -r v2",
    "ls-tree v2:src",
    "rev-parse v2",
    "fsck",
    "count-objects",
    "remote list",
    "sync --check",
    "push --dry-run",
    "git status",
    "git connect",
    "source rollback --version 1",
    "version delete 2",
    "fetch",
    "pull",
    "push",
    "push --set-version x",
    "version create",
    "version promote 1",
    "version promote previous",
    "version promote previous --offline",
    "bundle create all.bundle",
    "bundle verify all.bundle",
    "sync --accept",
    "init",
    "hash-object package.json",
    "completions bash",
    "compact",
];

/// Commands whose data is bytes of files: into a pipe they go as they are.
fn is_exact(line: &str) -> bool {
    line.starts_with("show \"v2:src/")
        || line.starts_with("cat-file")
        || line.starts_with("persona show")
}

/// The colours that are ours.
fn without_colours(shown: &str) -> String {
    ["0", "1", "2", "4", "31", "32", "33", "36"]
        .iter()
        .fold(shown.to_owned(), |text, code| text.replace(&format!("\u{1b}[{code}m"), ""))
}

/// Bars of progress, which are drawn where a machine is slow: each is wiped off before the next thing is written.
fn without_progress(shown: &str) -> String {
    let lines = shown.split('\n').map(|line| line.rsplit("\r\u{1b}[2K").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Characters in an output that a terminal should not get.
fn alarms(line: &str, shown: &str) -> Vec<String> {
    let bad = shown
        .chars()
        .find(|letter| acting().any(|other| other == *letter) && !"\n\t".contains(*letter));
    let spoofed = shown.lines().find(|line| line.starts_with("SPOOF"));
    let mut alarms = Vec::new();
    alarms.extend(bad.map(|bad| format!("{line}: {bad:?} in {shown:?}")));
    alarms.extend(
        shown.contains('\u{fffd}').then(|| format!("{line}: bytes that are no text: {shown:?}")),
    );
    alarms.extend(spoofed.map(|_| format!("{line}: a line of others: {shown:?}")));
    alarms
}

/// To whatever is asked.
const NO: &str = "n\nn\n";

/// On a terminal, with colours and without, and into a pipe, as text and as JSON.
fn all_alarms(project: &Project, line: &str) -> Vec<String> {
    let (plain, code) = project.on_terminal(&format!("{line} --color never"), NO);
    assert_ne!(code, 101, "{plain}");
    let plain = without_progress(&plain);
    let coloured = without_colours(&without_progress(&project.on_terminal(line, NO).0));
    let (json, piped) = (project.run(&format!("{line} --json")), project.run(line));
    let mut shown = vec![plain, coloured, json.stdout, json.stderr, piped.stderr];
    shown.extend((!is_exact(line)).then_some(piped.stdout));
    shown.iter().flat_map(|shown| alarms(line, shown)).collect()
}

fn assert_calm(project: &Project, lines: impl IntoIterator<Item = impl AsRef<str>>) {
    let found: Vec<String> =
        lines.into_iter().flat_map(|line| all_alarms(project, line.as_ref())).collect();
    assert!(found.is_empty(), "{} alarms:\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn no_command_lets_a_byte_of_others_through() {
    let (mut project, _server) = everywhere();
    project.set("LUA_STORE_PAGER", "cat");
    project.git("init -q");
    assert_calm(&project, LINES);
}

#[test]
fn nor_does_one_that_is_given_such_bytes() {
    let (mut project, _server) = everywhere();
    project.set("LUA_STORE_PAGER", "cat");
    let bad = nasty();
    let file = format!("\"v2:src/{bad}.txt\"");
    let reading = ["show", "cat-file", "cat-file --raw", "ls-tree"]
        .map(|command| format!("{command} {file}"));
    let given = [
        "show",
        "version promote",
        "version show",
        "persona show",
        "cat-file",
        "rev-parse",
        "push",
        "clone",
        "remote add",
        "bundle verify",
        "-C",
    ];
    assert_calm(&project, reading.into_iter().chain(given.map(|line| format!("{line} \"{bad}\""))));
}

#[test]
fn into_a_pipe_the_bytes_of_files_are_exact() {
    let (project, _server) = everywhere();
    let bad = nasty();
    let output = project.lua_store("show").arg(format!("v2:src/{bad}.txt")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("second {bad}\n"));
    let (shown, _) = project.on_terminal(&format!("show \"v2:src/{bad}.txt\""), "");
    assert!(shown.starts_with("second \\u{1}\\u{2}"), "{shown}");
}

/// Nor what is read of a remote without a project.
#[test]
fn a_remote_that_is_read_from_elsewhere_is_calm() {
    let (mut project, server) = everywhere();
    project.set("LUA_STORE_PAGER", "cat");
    let url = format!("{}/agent_shop", server.url);
    let reading = [
        "status",
        "version list",
        "version show 2",
        "version diff 1 2 -p",
        "version status",
        "log",
        "log --ledger",
        "persona list",
        "persona show 2",
        "show 2",
        "ls-tree -r v2",
    ];
    let restoring = ["restore v2 ../out", "restore v2 ../out", "restore v9 ../nine"];
    let lines = reading.iter().chain(&restoring).map(|line| format!("{line} --remote {url}"));
    assert_calm(&project, lines.chain(restoring.map(|line| line.replace("out", "second"))));
}

/// The stock compiler prints what the code of the project makes it print.
#[test]
fn the_compiler_is_calm() {
    use std::os::unix::fs::PermissionsExt;
    let (project, _server) = everywhere();
    let script = format!(
        "#!/bin/sh\ncat <<'END'\n{}END\nprintf 'no end \\377' >&2\nexit 1\n",
        nasty() + "\n"
    );
    project.write("node_modules/.bin/lua", script);
    let path = project.path("node_modules/.bin/lua");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = project.run("compile --compiler lua");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(
        outcome.stderr.contains("\\u{1b}]0;owned") && outcome.stderr.contains("no end"),
        "{outcome}"
    );
    let shown = outcome.stderr.replace('\u{fffd}', "");
    assert_eq!(alarms("compile --compiler lua", &shown), Vec::<String>::new());
}

/// JSON says the same, in other letters.
#[test]
fn json_keeps_what_it_escapes() {
    let (project, _server) = everywhere();
    let list = project.list("log --ledger");
    assert_eq!(list[0]["reason"].as_str().unwrap().trim(), spoof().trim());
    assert!(list[0]["by"].as_str().unwrap().contains(&nasty()));
}

/// A server, or a proxy before it, that answers everything with this.
fn answering(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let _ = client.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\nx-request-id: a\u{9b}2J\r\n\r\n",
                body.len()
            );
            let _ =
                client.write_all(head.as_bytes()).and_then(|()| client.write_all(body.as_bytes()));
        }
    });
    url
}

#[test]
fn what_a_server_says_is_calm_too() {
    let mut project = shop::project();
    project.set("LUA_STORE_TRIES", "1");
    let bad = spoof();
    let problem = serde_json::json!({"error": {"kind": "failed", "message": bad, "hint": nasty()}})
        .to_string();
    let refused = serde_json::json!({"refused": {"invalid": {"reason": bad}}}).to_string();
    project.ok("remote add origin http://127.0.0.1:9/agent_shop");
    for (status, body) in [
        ("400 Bad", problem.clone()),
        ("403 No", problem.clone()),
        ("500 Oh", problem),
        ("409 Refused", refused),
        ("200 OK", bad.clone()),
        ("418 \u{9b}2J", bad),
    ] {
        let url = answering(status, body);
        project.ok(&format!("remote set-url origin {url}/agent_shop"));
        let lines = [
            "fetch",
            "push --message x",
            "version promote 1",
            "status",
            "sync --check",
            "pull",
            "version list",
            "log --ledger",
        ];
        assert_calm(&project, lines);
    }
}
