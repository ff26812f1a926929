//! The part of a command that goes to a remote: before the work here, whether the remote has what is not
//! seen here; after it, what is to go there.

use super::context::Context;
use super::progress::{self, Unit};
use super::remote::{self, Reached};
use crate::agent::project::Project;
use crate::agent::promote::Step;
use crate::agent::{source, version};
use crate::error::{Error, Kind, Result};
use crate::object::Id;
use crate::progress::Progress;
use crate::protocol::Head;
use crate::store::Store;
use crate::sync::fetch;
use crate::sync::promote::{self, Taken};
use crate::sync::push::{self, Pushed, Sent};
use crate::sync::standing::{Local, Standing};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Which remote a command goes to.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Which {
    /// The remote [default: the only one, or origin]
    #[arg(long, value_name = "NAME", conflicts_with = "offline", add = ArgValueCompleter::new(super::complete::remotes))]
    pub remote: Option<String>,
    /// Leave the remote alone; the next push brings it there
    #[arg(long)]
    pub offline: bool,
}

/// A remote, and what it had when it was asked.
pub struct Outward {
    reached: Reached,
    /// Or why it could not be asked.
    head: Result<Head>,
}

/// What went to a remote, for `--json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    name: String,
    url: String,
    source_versions: Vec<u64>,
    versions: Vec<u64>,
    active_moved: bool,
    objects: u64,
    bytes: u64,
}

impl Outward {
    /// Asks the remote, where there is one. One that has what is not seen here is an error, before anything
    /// is made here; one that cannot be reached is none yet.
    pub fn begin(cx: &mut Context<'_>, project: &Project, which: &Which) -> Result<Option<Outward>> {
        let Some(outward) = Outward::ask(cx, project, which)? else { return Ok(None) };
        if let Ok(head) = &outward.head {
            let standing = Standing::of(&Local::read(project.store())?, head, project.store().objects())?;
            if !standing.can_push() {
                let store = project.store();
                fetch::bring(
                    store,
                    &outward.reached.name,
                    &*outward.reached.remote,
                    head.clone(),
                    &Progress::default(),
                )?;
                // What was not seen may turn out to be what is here.
                if !Standing::of(&Local::read(store)?, head, store.objects())?.can_push() {
                    return Err(behind(store, &outward.reached.name, head));
                }
            }
        }
        Ok(Some(outward))
    }

    /// [`Outward::begin`] without an opinion on what the remote has.
    pub fn ask(cx: &mut Context<'_>, project: &Project, which: &Which) -> Result<Option<Outward>> {
        if which.offline {
            return Ok(None);
        }
        let Some(reached) = remote::reach(cx, project, which.remote.as_deref())? else { return Ok(None) };
        match fetch::look(project.store(), &reached.name, &*reached.remote) {
            Err(error) if error.kind() != Kind::Unavailable => {
                Err(with_hint(error, "`--offline` leaves the remote alone"))
            }
            head => Ok(Some(Outward { reached, head })),
        }
    }

    /// Sends whatever is not there. `made` is the source version that this command made.
    pub fn finish(self, cx: &mut Context<'_>, project: &Project, made: Option<u64>) -> Result<Told> {
        let Outward { reached, head } = self;
        let head = head.map_err(|error| kept(error, &reached.name, made))?;
        let term = *cx.out.term();
        let sent = progress::show(&term, "Sending", Unit::Byte, |progress| {
            push::push(project.store(), &reached.name, &*reached.remote, head, progress)
        });
        match sent {
            Ok(Sent::Done(pushed)) => tell(cx, &reached, &pushed),
            Ok(Sent::Behind(head)) => Err(behind(project.store(), &reached.name, &head)),
            Err(error) => Err(kept(error, &reached.name, made)),
        }
    }

    /// Takes a step of the pointer there, and then here.
    pub fn take(self, cx: &mut Context<'_>, project: &Project, step: &Step) -> Result<()> {
        let Outward { reached, head } = self;
        let unchanged =
            |error: Error| with_hint(error, "nothing was changed; `--offline` moves only the pointer here");
        let head = head.map_err(unchanged)?;
        let term = *cx.out.term();
        let taken = progress::show(&term, "Sending", Unit::Byte, |progress| {
            promote::take(project.store(), &reached.name, &*reached.remote, head, step, progress)
        });
        match taken.map_err(unchanged)? {
            Taken::Done => Ok(()),
            Taken::Behind(head) => Err(behind(project.store(), &reached.name, &head)),
        }
    }
}

fn tell(cx: &mut Context<'_>, reached: &Reached, pushed: &Pushed) -> Result<Told> {
    let Pushed { source, versions, active, objects, bytes } = pushed.clone();
    let told = Told {
        name: reached.name.clone(),
        url: reached.address.to_string(),
        source_versions: source,
        versions,
        active_moved: active,
        objects,
        bytes,
    };
    if !cx.out.is_json() {
        cx.out.line(told.words())?;
    }
    Ok(told)
}

impl Told {
    fn words(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(numbers("source version", &self.source_versions));
        parts.extend(numbers("version", &self.versions));
        if self.active_moved {
            parts.push("the ledger".to_owned());
        }
        match parts.is_empty() {
            true => format!("✅ {} has everything.", self.name),
            false => format!("✅ Sent to {}: {} ({} bytes)", self.name, parts.join(", "), self.bytes),
        }
    }
}

/// `source version v5` or `source versions v5..v7`.
fn numbers(what: &str, numbers: &[u64]) -> Option<String> {
    match numbers {
        [] => None,
        [one] => Some(format!("{what} v{one}")),
        [first, .., last] => Some(format!("{what}s v{first}..v{last}")),
    }
}

/// The remote has what is not here: what it is, by whom and when, and what to do.
pub fn behind(store: &Store, name: &str, head: &Head) -> Error {
    let mut lines = Vec::new();
    let local = Local::read(store).ok();
    let here = |series: fn(&Local) -> &Vec<Id>| local.as_ref().map(series).cloned().unwrap_or_default();
    for (number, id) in news(&here(|local| &local.source), &head.source) {
        lines.push(describe_source(store, number, id));
    }
    for (number, id) in news(&here(|local| &local.versions), &head.versions) {
        lines.push(describe_version(store, number, id));
    }
    if lines.is_empty() {
        lines.push("the pointer was moved there".to_owned());
    }
    let more = lines.len().saturating_sub(5);
    lines.truncate(5);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Error::conflict(format!("the remote \"{name}\" has what is not here: {}", lines.join("; ")))
        .hint("`lua-store pull` brings it here and puts yours after it\nnothing was changed")
}

/// Ids of the remote that are not the same here, with their numbers.
fn news<'a>(here: &'a [Id], there: &'a [Id]) -> impl Iterator<Item = (u64, Id)> + 'a {
    let same = here.iter().zip(there).take_while(|(here, there)| here == there).count();
    (same as u64 + 1..).zip(there[same..].iter().copied())
}

fn describe_source(store: &Store, number: u64, id: Id) -> String {
    match source::SourceVersion::load(store.objects(), number, id) {
        Ok(version) => told(
            "source version",
            number,
            &version.record.by,
            version.record.at_ms,
            version.record.message.as_deref(),
        ),
        Err(_) => format!("source version v{number}"),
    }
}

fn describe_version(store: &Store, number: u64, id: Id) -> String {
    match version::Version::load(store.objects(), number, id) {
        Ok(version) => {
            told("version", number, &version.meta.by, version.meta.at_ms, version.meta.message.as_deref())
        }
        Err(_) => format!("version v{number}"),
    }
}

fn told(what: &str, number: u64, by: &str, at_ms: i64, message: Option<&str>) -> String {
    let when = jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| "?".to_owned(), super::time::minute);
    let message = message.map_or(String::new(), |message| format!(" \"{message}\""));
    format!("{what} v{number}{message} by {by}, {when}")
}

/// It is here, and not there yet.
fn kept(error: Error, name: &str, made: Option<u64>) -> Error {
    let hint = match made {
        Some(number) => {
            format!("v{number} is kept here; `lua-store push` brings it to {name} when it answers")
        }
        None => format!("`lua-store push` brings what is here to {name} when it answers"),
    };
    with_hint(error, &hint)
}

fn with_hint(error: Error, hint: &str) -> Error {
    match error.hint_text() {
        Some(first) => {
            let both = format!("{first}\n{hint}");
            error.hint(both)
        }
        None => error.hint(hint),
    }
}
