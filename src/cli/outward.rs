//! The part of a command that goes to a remote: before the work here, whether the remote has what is not
//! seen here; after it, what is to go there.

use super::context::Context;
use super::progress::{self, Unit};
use super::remote::{self, Reached};
use crate::client::divergence::Divergence;
use crate::client::push::{self, PushOutcome, RemotePush};
use crate::client::{self, fetch};
use crate::error::{Error, Kind, Result};
use crate::history::project::Project;
use crate::merge::incoming::Incoming;
use crate::merge::pull::{self, PullOutcome};
use crate::progress::Progress;
use crate::protocol::Head;
use crate::report;
use crate::store::Store;
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
    pub reached: Reached,
    /// Or why it could not be asked.
    pub head: Result<Head>,
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
    pub fn begin(
        cx: &mut Context<'_>,
        project: &Project,
        which: &Which,
    ) -> Result<Option<Outward>> {
        let Some(outward) = Outward::ask(cx, project, which)? else { return Ok(None) };
        if let Ok(head) = &outward.head {
            let standing =
                Divergence::of(&project.store().heads()?, head, project.store().objects())?;
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
                if !Divergence::of(&store.heads()?, head, store.objects())?.can_push() {
                    return Err(behind(cx, store, "push", &outward.reached.name, head));
                }
            }
        }
        Ok(Some(outward))
    }

    /// [`Outward::begin`], but what the remote has and is not seen here becomes history: ours goes after it. Says
    /// what that is, and asks.
    pub fn overtake(
        cx: &mut Context<'_>,
        project: &Project,
        which: &Which,
        force: bool,
    ) -> Result<Option<Outward>> {
        let outward = Outward::ask(cx, project, which)?.ok_or_else(|| {
            Error::usage("there is no remote whose versions could be superseded")
                .hint("`lua-store remote add origin https://host/AGENT` names one")
        })?;
        let Outward { reached, head } = outward;
        let (head, store) = (head?, project.store());
        fetch::bring(store, &reached.name, &*reached.remote, head.clone(), &Progress::default())?;
        let news = Incoming::of(store.objects(), &store.heads()?, &client::heads(&head))?;
        if !news.is_empty() {
            for line in report::news_lines(&news) {
                cx.out.note(line.text);
            }
            let question =
                format!("Your push will supersede what \"{}\" has. Continue?", reached.name);
            if !cx.confirm(&question, force)? {
                return Ok(None);
            }
            match pull::overtake(project, &client::heads(&head), None)? {
                PullOutcome::Refused(refused) => {
                    return Err(report::refusal(&reached.name, &refused));
                }
                PullOutcome::Pulled(pulled) => {
                    report::renumbered_lines(&pulled.rebased)
                        .iter()
                        .for_each(|line| cx.out.note(&line.text));
                }
                PullOutcome::UpToDate => {}
            }
        }
        Ok(Some(Outward { reached, head: Ok(head) }))
    }

    /// [`Outward::begin`] without an opinion on what the remote has.
    pub fn ask(cx: &mut Context<'_>, project: &Project, which: &Which) -> Result<Option<Outward>> {
        if which.offline {
            return Ok(None);
        }
        let Some(reached) = remote::reach(cx, project, which.remote.as_deref())? else {
            return Ok(None);
        };
        match fetch::look(project.store(), &reached.name, &*reached.remote) {
            Err(error) if error.kind() != Kind::Unavailable => {
                Err(with_hint(error, "`--offline` leaves the remote alone"))
            }
            head => {
                check_author(cx, project, &reached)?;
                Ok(Some(Outward { reached, head }))
            }
        }
    }

    /// Sends whatever is not there. `made` is the source version that this command made.
    pub fn finish(
        self,
        cx: &mut Context<'_>,
        project: &Project,
        made: Option<u64>,
    ) -> Result<Told> {
        let Outward { reached, head } = self;
        let head = head.map_err(|error| kept(error, &reached.name, made))?;
        let term = *cx.out.term();
        let sent = progress::show(&term, "Sending", Unit::Byte, |progress| {
            push::push(project.store(), &reached.name, &*reached.remote, head, progress)
        });
        match sent {
            Ok(PushOutcome::Done(pushed)) => tell(cx, &reached, &pushed),
            Ok(PushOutcome::Behind(head)) => {
                Err(behind(cx, project.store(), "push", &reached.name, &head))
            }
            Err(error) => Err(kept(error, &reached.name, made)),
        }
    }
}

/// Before a record is made that the remote would refuse, as its token speaks for somebody else alone.
fn check_author(cx: &Context<'_>, project: &Project, reached: &Reached) -> Result<()> {
    let Some(owner) = reached.remote.author() else { return Ok(()) };
    let by = cx.who(project)?.by;
    if by.eq_ignore_ascii_case(&owner) {
        return Ok(());
    }
    let name = &reached.name;
    let message =
        format!("you are \"{by}\", and the token for {name} speaks for \"{owner}\" alone");
    Err(Error::new(Kind::Forbidden, message)
        .hint(format!("`--author {owner}`, or `lua-store login {name}` with your own token")))
}

fn tell(cx: &mut Context<'_>, reached: &Reached, pushed: &RemotePush) -> Result<Told> {
    let RemotePush { source, versions, active, objects, bytes } = pushed.clone();
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
            false => {
                format!("✅ Sent to {}: {} ({} bytes)", self.name, parts.join(", "), self.bytes)
            }
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
pub fn behind(cx: &mut Context<'_>, store: &Store, action: &str, name: &str, head: &Head) -> Error {
    match Incoming::of(store.objects(), &store.heads().unwrap_or_default(), &client::heads(head)) {
        Ok(news) => {
            for line in report::news_lines(&news) {
                cx.out.note(line.text);
            }
            report::behind(action, name, &news)
        }
        Err(error) => error,
    }
}

/// It is here, and not there yet. Only where the remote did not answer the same command helps.
fn kept(error: Error, name: &str, made: Option<u64>) -> Error {
    let when = match error.kind() {
        Kind::Unavailable => " when it answers",
        _ => ", once that is mended",
    };
    let hint = match made {
        Some(number) => {
            format!("v{number} is kept here; `lua-store push` sends it to {name}{when}")
        }
        None => format!("`lua-store push` sends what is here to {name}{when}"),
    };
    with_hint(error, &hint)
}

pub fn with_hint(error: Error, hint: &str) -> Error {
    match error.hint_text() {
        Some(first) => {
            let both = format!("{first}\n{hint}");
            error.hint(both)
        }
        None => error.hint(hint),
    }
}
