//! A program of one's own on the library: it keeps a project, makes a version of it live, reads it back and shares it.
//!
//! `cargo run --example embed -- PROJECT REMOTE`, where REMOTE is `https://host/AGENT` or a folder's path with the agent's
//! id, as in `../share/shop`.

use lua_store::{Author, Error, Kind, Project, Result};
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, remote] = &arguments[..] else {
        return Err(Error::new(Kind::Usage, "usage: embed PROJECT REMOTE"));
    };
    let mut out = Vec::new();
    let done = run(Path::new(root), remote, SystemTime::now(), &mut out);
    std::io::stdout().write_all(&out).expect("standard output takes it");
    done
}

/// `now` is the time that records get: the library asks for no clock.
pub fn run(root: &Path, remote: &str, now: SystemTime, out: &mut Vec<u8>) -> Result<()> {
    let mut say = |text: String| writeln!(out, "{text}").expect("memory takes it");
    let author = Author::new("release bot", now);
    let project = Project::init(root)?;
    let store = project.store();

    // Keep the project as it is, and give that a number.
    let pushed = project.push(Some("from the library"), &author)?;
    say(format!("source version {:?}", pushed.number));
    let made = project.create_version(Some("first"), &author)?;
    say(format!("version {:?}", made.map(|version| version.number)));

    // Make it live, unless something else became so meanwhile.
    let before = store.active()?.map(|version| version.number.to_string());
    let live = project.promote("latest", before.as_deref(), Some("it was tried"), &author)?;
    say(format!("v{} is {}, made by {}", live.number, live.status.word(), live.author));
    for path in live.files()? {
        say(format!("  {path}: {} bytes", live.read(&path)?.len()));
    }

    // Share it.
    project.add_remote("origin", remote)?;
    let origin = project.remote("origin", None, now)?;
    let sent = origin.push(&author)?;
    say(format!("sent versions {:?}, live there now: {}", sent.versions, sent.active_moved));
    say(format!(
        "sent again: {:?}; new there: {}",
        origin.push(&author)?.versions,
        origin.fetch()?
    ));

    // What changes after that is told in the words of `lua-store diff`.
    let changed = project.diff("active")?;
    say(format!("changed since: {} lines, {} files", changed.lines.len(), changed.files.len()));
    Ok(())
}
