//! Checkups of the remotes: each is asked once, with little patience, and nothing of its answer is stored.

use super::Checkup;
use crate::cli::context::Context;
use crate::cli::remote;
use crate::client::{Address, RetryPolicy};
use crate::error::{Error, Kind, Result};
use crate::history::project::Project;
use crate::platform::PlatformAddress;
use crate::store::{Heads, StoreConfig};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Time to wait for each remote.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers of all remotes.
#[derive(Default)]
pub struct RemoteAnswers {
    pub checks: Vec<Checkup>,
    /// Heads of each remote: those of now, else those of its last answer.
    pub heads: Vec<Heads>,
}

/// Asks every remote of the project.
pub fn ask_all(cx: &mut Context<'_>, project: &Project, offline: bool) -> Result<RemoteAnswers> {
    let mut answers = RemoteAnswers::default();
    // A damaged configuration is a finding of the store.
    let Ok(config) = project.store().config() else { return Ok(answers) };
    for (name, url) in config.remotes() {
        let (check, heads) = match offline {
            true => (Checkup::skipped(subject(name), "not asked"), None),
            false => ask(cx, project, &config, name, url),
        };
        answers.checks.push(check);
        answers.heads.extend(heads.or_else(|| last_answer(project, name)));
    }
    Ok(answers)
}

fn subject(name: &str) -> String {
    format!("remote {name}")
}

fn last_answer(project: &Project, name: &str) -> Option<Heads> {
    let store = project.store();
    let tracked = store.remote(name).ok().flatten();
    let last = store.last_known(name).map(|last| last.refs).or(tracked)?;
    Some(last.heads)
}

fn ask(
    cx: &mut Context<'_>,
    project: &Project,
    config: &StoreConfig,
    name: &str,
    url: &str,
) -> (Checkup, Option<Heads>) {
    let answer = match Address::parse(url, project.root()) {
        Ok(Address::Platform(at)) => ask_platform(&at).map(|what| (what, None)),
        Ok(address) => {
            let insecure = cx.insecure() || config.is_insecure(name);
            ask_store(cx, name, address, insecure).map(|(what, heads)| (what, Some(heads)))
        }
        Err(error) => Err(error),
    };
    match answer {
        Ok((what, heads)) => (Checkup::ok(subject(name), what), heads),
        Err(error) => (finding(name, url, &error), None),
    }
}

fn finding(name: &str, url: &str, error: &Error) -> Checkup {
    let fix = match error.kind() {
        Kind::Auth => format!("run `lua-store login {name}` to store another token"),
        Kind::Forbidden | Kind::NotFound => {
            format!("run `lua-store login {name}` with a token that may read this agent")
        }
        _ => format!(
            "check that this machine reaches it; run `lua-store remote set-url {name} URL` if it has another address"
        ),
    };
    let check = Checkup::of_error(subject(name), error, &fix);
    // The address is what a person can judge.
    match check.what.contains(url) {
        true => check,
        false => Checkup { what: format!("{url}: {}", check.what), ..check },
    }
}

/// Asks a server or a folder for its heads, on a thread: a network folder may never answer.
fn ask_store(
    cx: &mut Context<'_>,
    name: &str,
    address: Address,
    insecure: bool,
) -> Result<(String, Heads)> {
    if let Address::Folder { root, .. } = &address
        && !root.is_dir()
    {
        return Err(Error::unavailable(format!(
            "the folder \"{}\" does not exist",
            root.display()
        ))
        .hint("mount its disk")
        .also(format!(
            "run `lua-store push --remote {name}` to create it, if it was never pushed to"
        )));
    }
    let policy = RetryPolicy::short(PATIENCE);
    let reached = remote::open_patiently(cx, name.to_owned(), address, insecure, (policy, None))?;
    let at = reached.address.to_string();
    let (tell, answer) = mpsc::channel();
    let ask = move || {
        let head = reached.remote.any_head();
        drop(tell.send(head.map(|head| (head, reached.remote.author(), reached.remote.token()))));
    };
    drop(std::thread::Builder::new().spawn(ask));
    let (head, author, token) = match answer.recv_timeout(2 * PATIENCE) {
        Ok(answer) => answer?,
        Err(RecvTimeoutError::Timeout) => {
            return Err(Error::unavailable(format!("{at} does not answer")));
        }
        Err(RecvTimeoutError::Disconnected) => {
            return Err(Error::failed(format!("{at} was not asked")));
        }
    };
    let whose = match (token, author) {
        (Some(token), Some(author)) => format!("; the token is \"{token}\", of {author}"),
        (Some(token), None) => format!("; the token is \"{token}\""),
        (None, Some(author)) => format!("; the token is of {author}"),
        (None, None) => String::new(),
    };
    let (sources, versions) = (head.heads.source.len(), head.heads.versions.len());
    let what = format!("it has {sources} source version(s), {versions} version(s){whose}");
    Ok((what, head.heads))
}

/// Asks the platform for the agent, which needs the right to read it and changes nothing.
fn ask_platform(at: &PlatformAddress) -> Result<String> {
    let origin = remote::platform_key(at)?.origin;
    let client = remote::platform_client(at, RetryPolicy::short(PATIENCE))?;
    client.get("#9", &format!("/admin/agents/{}", at.agent.as_str()))?.data("#9")?;
    Ok(format!("{at} answers; the API key is that of {origin}"))
}
