//! Monitoring of a server: health, readiness and counters, and the parts of them that others may
//! see.

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer, data};
use std::net::TcpStream;

/// A server with an address for those who watch over it.
fn watched(options: &str) -> (Project, Server, String) {
    let project = Project::new();
    let server = Server::start(&project, &format!("--json --admin-listen 127.0.0.1:0 {options}"));
    let admin = server.admin.clone().unwrap();
    (project, server, admin)
}

fn ask(address: &str, path: &str, headers: &str) -> (u16, String) {
    let mut wire = Wire::new(TcpStream::connect(address).unwrap());
    wire.send("GET", path, headers, b"");
    let reply = wire.reply();
    (reply.status, reply.text())
}

#[test]
fn the_address_for_watchers_has_no_agents_and_the_other_one_nothing_else() {
    for options in ["", "--no-auth"] {
        let (_project, server, admin) = watched(options);
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(ask(&admin, path, "").0, 200, "{path}");
            assert_eq!(server.ask("GET", path, "", b"").status, 404, "{path}");
        }
        assert_eq!(ask(&admin, "/shop/refs", "").0, 404);
        // Not even without tokens is it open to others than this machine's.
        assert_eq!(ask(&admin, "/metrics", "X-Forwarded-For: 192.0.2.1\r\n").0, 401);
    }
}

#[test]
fn watchers_get_through_when_all_connections_are_taken() {
    let mut project = Project::new();
    project.set("LUA_STORE_SERVE_LIMITS", "connections=1");
    let server = Server::start(&project, "--json --admin-listen 127.0.0.1:0");
    let header = bearer(&server.token(&project, "shop", "push"));
    let mut slow = Wire::new(server.connect());
    let headers =
        format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\nExpect: 100-continue\r\n");
    slow.head("PATCH", &format!("/shop/packs/{}", "0".repeat(64)), &headers, 1000);
    assert_eq!(slow.reply().status, 100);
    let (status, text) = ask(server.admin.as_ref().unwrap(), "/metrics", "");
    assert!(status == 200 && text.contains("lua_store_uploads 1\n"), "{text}");
}

#[test]
fn a_label_is_from_a_list() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let lines = |server: &Server| server.ask("GET", "/metrics", "", b"").text().lines().count();
    server.ask("BREW", "/a/b/c", "", b"");
    server.ask("GET", "/a/b/c", "", b"");
    // The look is counted by the next one.
    lines(&server);
    let before = lines(&server);
    for nth in 0..200 {
        server.ask(&format!("M{nth}"), &format!("/x{nth}/y/z{nth}"), "", b"");
        server.ask("GET", &format!("/agent-{nth}/x"), "", b"");
    }
    assert_eq!(lines(&server), before);
    let count =
        server.metric("lua_store_requests_total{route=\"none\",method=\"other\",status=\"404\"}");
    assert_eq!(count, 201);
}

/// However many agents there are: what a page costs is what it reads.
#[cfg(debug_assertions)]
#[test]
fn a_page_of_counters_opens_nothing_of_an_agent() {
    let mut project = crate::common::shop::versioned();
    let reads = project.path("../reads");
    project.set("LUA_STORE_FAULT", &format!("reads={}", reads.display()));
    let server = Server::start(&project, "--no-auth");
    project.set("LUA_STORE_FAULT", "");
    let page = || assert_eq!(server.ask("GET", "/metrics", "", b"").status, 200);
    page();
    // An agent of which the server remembers nothing.
    project.ok("remote add origin ../other/shop");
    project.ok("push");
    crate::remote::copy(&project.path("../other"), &data(&project));
    let of_agents = || {
        let all = std::fs::read_to_string(&reads).unwrap_or_default();
        let agents = data(&project).join("a");
        all.lines().filter(|line| line.starts_with(agents.to_str().unwrap())).count()
    };
    (0..3).for_each(|_| page());
    assert_eq!(of_agents(), 0);
    assert_eq!(server.ask("GET", "/shop/refs", "", b"").status, 200);
    assert!(of_agents() > 0, "what is read is counted");
}

#[test]
fn the_counters_look_at_no_agent() {
    // System calls of the heads on the disk are traced; a page causes none of them, with or without
    // agents.
    let project = Project::new();
    let server = Server::start(&project, "");
    let page = |server: &Server| server.ask("GET", "/metrics", "", b"").text();
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.split(['{', ' ']).next()?.to_owned())).collect()
    };
    page(&server);
    let before = names(&page(&server));
    // Folders that cannot be agents' any more: whoever looked into one would fail.
    let agents = data(&project).join("a");
    std::fs::create_dir_all(&agents).unwrap();
    for shelf in 0..=255u8 {
        std::fs::write(agents.join(format!("{shelf:02x}")), "no folder").unwrap();
    }
    assert_eq!(names(&page(&server)), before);
}

#[cfg(unix)]
#[test]
fn a_server_that_stops_says_so_before_it_takes_no_more() {
    let (project, server, admin) = watched("--drain 60s");
    let header = bearer(&server.token(&project, "shop", "read"));
    assert_eq!(ask(&admin, "/readyz", "").0, 200);
    server.signal("-TERM");
    while ask(&admin, "/readyz", "").0 != 503 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(ask(&admin, "/healthz", "").0, 200);
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200, "it still answers");
    server.signal("-TERM");
    let (code, log) = server.ended();
    assert!(code == Some(0) && log.contains("\"event\":\"stopped at once\""), "{log}");
}

#[cfg(unix)]
#[test]
fn somebody_at_a_terminal_waits_for_nobody() {
    let (_project, server, _) = watched("--drain 600s");
    server.signal("-INT");
    assert_eq!(server.ended().0, Some(0));
}

#[cfg(unix)]
#[test]
fn the_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let project = crate::common::shop::project();
    let folder = data(&project);
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = Server::start_after(&project, "umask 000", "");
    let token = server.token(&project, "shop", "push");
    project.ok(&format!("remote add origin {}/shop", server.url));
    assert!(
        project.lua_store("push").env("LUA_STORE_TOKEN", token).output().unwrap().status.success()
    );
    let mut files = 0;
    for entry in walkdir::WalkDir::new(&folder) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let wanted = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{}", entry.path().display());
        files += u32::from(entry.file_type().is_file());
    }
    assert!(files >= 4, "{files}");
}
