//! Pages of a server, asked for as a browser without scripts does: what they say, who gets them, and their headers.

mod bad_input;
pub mod browser;
mod compared;
mod content;
mod deleting;
mod feeds;
mod headers;
mod hostile;
mod limits;
mod persona_editing;
mod promoting;
mod searching;
mod sessions;
mod snapshots;
mod story;
mod tokens;

use crate::common::server::Server;
use crate::common::{Project, shop};
use browser::Browser;

/// A server with an agent of two versions, the first of them live, and a browser that is signed in.
fn served() -> (Project, Server, Browser) {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    (project, server, browser)
}

/// Serves the project's versions as the agent `shop`, and makes v1 live.
pub fn publish(project: &Project, options: &str) -> Server {
    let server = Server::start(project, options);
    let token = server.token(project, "shop", "admin");
    project.ok(&format!("remote add origin {}/shop", server.url));
    let settings = project.home().join(".config/lua-store");
    std::fs::create_dir_all(&settings).unwrap();
    let file = settings.join("credentials.toml");
    std::fs::write(&file, format!("[\"{}/shop\"]\ntoken = \"{token}\"\n", server.url)).unwrap();
    restrict(&file);
    project.ok("push");
    project.ok("version promote v1 --reason \"it was tried\"");
    server
}

/// Pushes what changed, and makes a version of it; `mark` goes into the persona, as a version needs a change of the agent.
pub fn next_version(project: &Project, mark: usize) {
    shop::edit(project, "src/index.ts", "You are Ava", &format!("You are Ava {mark}"));
    project.ok("push");
    project.ok("version create");
}

#[cfg(unix)]
fn restrict(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn restrict(_: &std::path::Path) {}

/// A browser with a session for the agent `shop`.
fn signed_in(project: &Project, server: &Server, scope: &str) -> Browser {
    let mut browser = Browser::new(server);
    let token = server.token(project, "shop", scope);
    assert_eq!(browser.sign_in(server, &token).status, 303);
    browser
}
