//! Completion of a shell, beside commands and options: versions, names of primitives, kinds, from
//! the project of the current folder. Any failure here only means that nothing is completed.

use super::args::Cli;
use super::table::cut;
use crate::compare::persona;
use crate::error::{Error, Result};
use crate::history::catalog::Catalog;
use crate::history::project::Project;
use crate::history::record::SOURCE;
use crate::history::revision::Revision;
use crate::history::state::State;
use crate::history::state::parse_key;
use crate::history::version::Status;
use crate::history::{remote_heads, resolve, source};
use crate::model::kind::KINDS;
use crate::object::{Source, TreeEntry};
use crate::text;
use clap::CommandFactory;
use clap_complete::CompletionCandidate;
use clap_complete::env::CompleteEnv;
use std::ffi::{OsStr, OsString};

/// Set by the script that `completions` prints: the program then completes instead of running.
pub const VARIABLE: &str = "LUA_STORE_COMPLETE";

/// Versions that are completed with their message beside the number.
const TOLD: usize = 100;

/// Completes the command line of a shell, when one asks. `false` when none does.
pub fn answer(raw: &[OsString]) -> Result<bool> {
    if std::env::var_os(VARIABLE).is_none() {
        return Ok(false);
    }
    let directory = std::env::current_dir().ok();
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .try_complete(raw.iter().cloned(), directory.as_deref())
        .map_err(|error| Error::usage(format!("cannot complete: {error}")))
}

fn project() -> Option<Project> {
    Project::find(&std::env::current_dir().ok()?).ok()
}

/// Candidates that begin with what is typed. Somebody who types digits gets numbers without the letter.
fn matching(
    typed: &OsStr,
    all: impl IntoIterator<Item = (String, Option<String>)>,
) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let bare = typed.starts_with(|letter: char| letter.is_ascii_digit());
    let candidate = |(order, (value, help)): (usize, (String, Option<String>))| {
        let value =
            if bare { value.strip_prefix('v').map_or(value.clone(), str::to_owned) } else { value };
        let found = CompletionCandidate::new(value.clone())
            .help(help.map(Into::into))
            .display_order(Some(order));
        value.starts_with(&*typed).then_some(found)
    };
    // A shell would put the candidate on the line as it is, so none with control characters is
    // offered.
    let calm = |(value, help): (String, Option<String>)| {
        let help = help.map(|help| text::line(&help).into_owned());
        (!value.chars().any(text::is_active)).then_some((value, help))
    };
    all.into_iter().filter_map(calm).enumerate().filter_map(candidate).collect()
}

/// Remotes, with where they are.
pub fn remotes(typed: &OsStr) -> Vec<CompletionCandidate> {
    let config = project().and_then(|project| project.store().config().ok());
    let remotes = config.iter().flat_map(|config| config.remotes());
    matching(typed, remotes.map(|(name, url)| (name.to_owned(), Some(url.to_owned()))))
}

/// Agent versions, newest first, with their messages.
pub fn versions(typed: &OsStr) -> Vec<CompletionCandidate> {
    let words = [
        ("active", "the version that is live"),
        ("latest", "the newest version that is not deleted"),
        ("previous", "the version that was live before"),
    ];
    let words = words.map(|(word, help)| (word.to_owned(), Some(help.to_owned())));
    matching(typed, numbered(|_| true).unwrap_or_default().into_iter().chain(words))
}

/// Deleted versions.
pub fn deleted_versions(typed: &OsStr) -> Vec<CompletionCandidate> {
    matching(typed, numbered(|status| status == Status::Deleted).unwrap_or_default())
}

/// Numbers of the versions with some statuses, newest first, with their messages.
fn numbered(is_wanted: impl Fn(Status) -> bool) -> Option<Vec<(String, Option<String>)>> {
    let project = project()?;
    let catalog = Catalog::load(project.store()).ok()?;
    let told = |(at, number): (usize, u64)| {
        let message = (at < TOLD).then(|| catalog.get(number).ok()?.meta.message).flatten();
        let status = catalog.status(number).word();
        let help =
            message.map_or(status.to_owned(), |text| format!("{status}: {}", cut(&text, 50)));
        (format!("v{number}"), Some(help))
    };
    let wanted = catalog.numbers().filter(|number| is_wanted(catalog.status(*number)));
    Some(wanted.enumerate().map(told).collect())
}

/// Versions of all series. The numbers of a series are offered once its name is typed.
pub fn any_versions(typed: &OsStr) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy();
    let Some((series, _)) = text.rsplit_once('/') else {
        let mut found = versions(typed);
        let series = series().into_iter().map(|(name, help)| (format!("{name}/"), Some(help)));
        found.extend(matching(typed, series));
        return found;
    };
    let numbers = members(series).unwrap_or_default();
    matching(typed, numbers.into_iter().map(|name| (format!("{series}/{name}"), None)))
}

/// Names of the series beside the agent versions.
fn series() -> Vec<(String, String)> {
    let Some(project) = project() else { return Vec::new() };
    let store = project.store();
    let has = |refs: &str| store.refs().latest(refs).is_ok_and(|latest| latest.is_some());
    let mut found = Vec::new();
    if has(source::REFS) {
        found.push(("source".to_owned(), "source versions, one for every push".to_owned()));
    }
    if has(source::SNAPSHOT_REFS) {
        found.push(("snapshot".to_owned(), "safety snapshots".to_owned()));
    }
    let remotes = store.tracked().unwrap_or_default();
    found.extend(remotes.into_iter().map(|name| (name, "versions of this remote".to_owned())));
    found
}

/// Members of a series, newest first: of `source`, `snapshot`, `origin`, `origin/source`.
fn members(series: &str) -> Option<Vec<String>> {
    let project = project()?;
    let numbered = |refs: &str| -> Option<Vec<String>> {
        let refs = project.store().refs().list(refs).ok()?;
        let numbers = refs.iter().rev().map(|(number, _)| format!("v{number}"));
        Some(numbers.chain(["latest".to_owned()]).collect())
    };
    match series {
        "source" => return numbered(source::REFS),
        "snapshot" => return numbered(source::SNAPSHOT_REFS),
        _ => {}
    }
    let (remote, is_source) = match series.strip_suffix("/source") {
        Some(remote) => (remote, true),
        None => (series, false),
    };
    let heads = remote_heads::heads(project.store(), remote).ok()?;
    let count = if is_source { heads.source.len() } else { heads.versions.len() };
    let words: &[&str] =
        if is_source { &["latest"] } else { &["active", "latest", "previous", "source/"] };
    let numbers = (1..=count).rev().map(|number| format!("v{number}"));
    Some(numbers.chain(words.iter().map(|word| (*word).to_owned())).collect())
}

/// Versions, and after `v2:` the paths inside, folder by folder.
pub fn objects(typed: &OsStr) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy();
    let Some((version, path)) = text.split_once(':') else { return any_versions(typed) };
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let found = inside(version, folder).unwrap_or_default();
    let candidate = |entry: TreeEntry| {
        let slash = if entry.mode.is_directory() { "/" } else { "" };
        (format!("{version}:{folder}{}{slash}", entry.name), None)
    };
    matching(typed, found.into_iter().map(candidate))
}

/// Content of a folder of a version. At the top level the files of the project come first, as the
/// most frequent choice.
fn inside(version: &str, folder: &str) -> Option<Vec<TreeEntry>> {
    let project = project()?;
    let objects = project.store().objects();
    let entries = |path: &str| -> Option<Vec<TreeEntry>> {
        let at = Revision::Inside(Box::new(version.parse().ok()?), path.to_owned());
        let tree = resolve::object(project.store(), None, &at)
            .ok()
            .filter(|entry| entry.mode.is_directory())?;
        Some(objects.tree(&tree.id).ok()?.entries().to_vec())
    };
    match folder {
        "" => Some([entries(SOURCE).unwrap_or_default(), entries("")?].concat()),
        _ => entries(folder),
    }
}

/// Source versions, newest first.
pub fn sources(typed: &OsStr) -> Vec<CompletionCandidate> {
    let refs = project().and_then(|project| project.store().refs().list(source::REFS).ok());
    matching(
        typed,
        refs.unwrap_or_default().iter().rev().map(|(number, _)| (format!("v{number}"), None)),
    )
}

/// Safety snapshots, newest first.
pub fn snapshots(typed: &OsStr) -> Vec<CompletionCandidate> {
    let refs =
        project().and_then(|project| project.store().refs().list(source::SNAPSHOT_REFS).ok());
    matching(
        typed,
        refs.unwrap_or_default().iter().rev().map(|(number, _)| (format!("v{number}"), None)),
    )
}

/// Versions of the persona, newest first, with their status.
pub fn personas(typed: &OsStr) -> Vec<CompletionCandidate> {
    let found = || {
        let project = project()?;
        let catalog = Catalog::load(project.store()).ok()?;
        persona::list(project.store(), &catalog).ok().map(|list| list.versions)
    };
    let told = found().unwrap_or_default();
    matching(
        typed,
        told.iter().map(|one| (format!("v{}", one.number), Some(one.status.word().to_owned()))),
    )
}

/// Arguments of `push`.
pub fn kinds(typed: &OsStr) -> Vec<CompletionCandidate> {
    let words = ["all", "persona", "backup"].into_iter().chain(KINDS.iter().map(|kind| kind.word));
    matching(typed, words.map(|word| (word.to_owned(), None)))
}

/// Names of the pushed primitives, with their kind.
pub fn names(typed: &OsStr) -> Vec<CompletionCandidate> {
    let found = || {
        let project = project()?;
        let pushed = source::latest(project.store()).ok()??;
        let state = State::load(project.store().objects(), &pushed.state).ok()?;
        let named =
            |key: &String| parse_key(key).map(|(kind, name)| (name, Some(kind.one.to_owned())));
        Some(state.primitives.keys().filter_map(named).collect::<Vec<_>>())
    };
    matching(typed, found().unwrap_or_default())
}
