//! A command that only reads: what it reads from, and what is live according to whom.
//!
//! The remote is asked on a thread of its own, with little patience and while the command does what it can
//! without the answer; a folder on a network that hangs holds it up no longer than a server that does.

use super::context::Context;
use super::elsewhere;
use super::hints;
use super::remote;
use crate::client::remote_cache::CachedRemote;
use crate::client::{Address, RetryPolicy, remembered};
use crate::error::{Error, Kind, Result};
use crate::flow::remote::{NamedRemote, choose};
use crate::history::catalog::Catalog;
use crate::history::live::{KnownRemote, Live};
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::report;
use crate::store::{Heads, RemoteTracking, Store};
use clap_complete::ArgValueCompleter;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time to wait for the answer, unless `LUA_STORE_PATIENCE` sets another (milliseconds). Short,
/// because the last known answer serves as well.
const PATIENCE: Duration = Duration::from_millis(300);

/// The same for the Lua platform: two round trips over the internet, of several requests each.
const PLATFORM_PATIENCE: Duration = Duration::from_secs(2);

/// Remote that a command asks for the live version.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LiveRemoteArgs {
    /// The remote to ask [default: the only one, or origin]; with a URL no project is needed
    #[arg(long, value_name = "NAME|URL", add = ArgValueCompleter::new(super::complete::remotes))]
    pub remote: Option<String>,
    /// Ask no remote; use its last known answer
    #[arg(long)]
    pub offline: bool,
}

/// A question on its way.
pub struct RemoteQuery {
    name: String,
    answer: Option<Receiver<Result<RemoteTracking>>>,
    until: Instant,
}

/// View of a command: the project, and the heads of a remote.
pub struct View {
    pub project: Project,
    known_remote: Option<KnownRemote>,
    now_ms: i64,
    /// Held as long as it is read, where it is no project of the user's.
    kept: Option<CachedRemote>,
}

impl LiveRemoteArgs {
    /// Opens the project, and asks the remote where there is one.
    ///
    /// A remote that is named is read itself: what it has, and nothing of the project.
    pub fn open(&self, cx: &mut Context<'_>) -> Result<View> {
        if let Some(remote) = &self.remote {
            return elsewhere::open(cx, self, remote);
        }
        let project = cx.project()?;
        let asked = self.ask(cx, &project)?;
        View::new(cx, project, asked)
    }

    /// The same, where versions of remotes may be named: `origin/active` asks that remote.
    pub fn open_with(&self, cx: &mut Context<'_>, revisions: &[&Revision]) -> Result<View> {
        let view = self.open(cx)?;
        self.ask_named(cx, &view, revisions)?;
        Ok(view)
    }

    /// Asks the remotes whose live version is named.
    fn ask_named(&self, cx: &mut Context<'_>, view: &View, revisions: &[&Revision]) -> Result<()> {
        for name in revisions.iter().filter_map(|revision| revision.remote_of_pointer()) {
            let named = LiveRemoteArgs { remote: Some(name.to_owned()), offline: self.offline };
            if !view.is_project() || view.knows_now(name) {
                continue;
            }
            let Some(asked) = named.ask(cx, &view.project)? else { continue };
            if let Some(known) = asked.known_remote(cx, view.store(), view.now_ms)?
                && !known.fresh
            {
                cx.out.note(report::according(&known, view.now_ms));
            }
        }
        Ok(())
    }

    /// The same where only some revisions depend on what is live: for the others nobody is asked.
    pub fn open_for(&self, cx: &mut Context<'_>, revisions: &[&Revision]) -> Result<View> {
        let asks = revisions.iter().any(|revision| revision.is_of_pointer());
        let whom = LiveRemoteArgs { offline: self.offline || !asks, ..self.clone() };
        // The remote must be asked: nothing here has its content.
        let whom = if self.remote.is_some() { self } else { &whom };
        let view = whom.open(cx)?;
        self.ask_named(cx, &view, revisions)?;
        if let Some(known_remote) =
            view.known_remote.as_ref().filter(|known_remote| asks && !known_remote.fresh)
        {
            cx.out.note(report::according(known_remote, view.now_ms));
        }
        Ok(view)
    }

    /// Begins to ask. Only a remote that is named and is not there is an error.
    pub fn ask(&self, cx: &mut Context<'_>, project: &Project) -> Result<Option<RemoteQuery>> {
        let store = project.store();
        let chosen = store.config().and_then(|config| {
            let chosen = choose(project, &config, self.remote.as_deref())?;
            Ok(chosen.map(|(name, address)| (config.is_insecure(&name), name, address)))
        });
        let (insecure, name, address) = match chosen {
            Ok(Some(chosen)) => chosen,
            Ok(None) => return Ok(None),
            Err(error) if self.remote.is_none() => {
                cx.out.warn(format!("no remote was asked what is live: {}", error.message()));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let patience = patience(&address)?;
        let until = Instant::now() + patience;
        if self.offline || patience.is_zero() {
            return Ok(Some(RemoteQuery { name, answer: None, until }));
        }
        let (tell, answer) = mpsc::channel();
        let insecure = cx.insecure() || insecure;
        match remote::open_patiently(
            cx,
            name.clone(),
            address,
            insecure,
            (RetryPolicy::short(patience), Some(store.dir())),
        ) {
            Ok(reached) => {
                let remembered = reached.remembering(store, cx.now()?.as_millisecond());
                let NamedRemote { name, remote, .. } = remembered;
                let store = store.clone();
                // It may outlive the patience, and is cut off with the process.
                let ask = move || drop(tell.send(remembered::ask(&store, &name, &*remote)));
                // Without a thread nobody asks, and the answer says that it broke off.
                drop(std::thread::Builder::new().spawn(ask));
            }
            Err(error) => drop(tell.send(Err(error))),
        }
        Ok(Some(RemoteQuery { name, answer: Some(answer), until }))
    }
}

/// Live version, according to the remote if there is one: for a command that does something else.
pub fn of(cx: &mut Context<'_>, project: &Project, whom: &LiveRemoteArgs) -> Result<Live> {
    match of_remote(cx, project, whom)? {
        Some(live) => Ok(live),
        None => Live::of(project.store(), None),
    }
}

/// Live version of a remote, and the records that were not sent to it. `None` without a remote.
pub fn of_remote(
    cx: &mut Context<'_>,
    project: &Project,
    whom: &LiveRemoteArgs,
) -> Result<Option<Live>> {
    let Some(asked) = whom.ask(cx, project)? else { return Ok(None) };
    let now_ms = cx.now()?.as_millisecond();
    let known_remote = asked.known_remote(cx, project.store(), now_ms)?;
    Live::of(project.store(), known_remote).map(Some)
}

impl RemoteQuery {
    /// Heads of the remote now, or at its last answer. `None`: it never answered.
    fn known_remote(
        self,
        cx: &mut Context<'_>,
        store: &Store,
        now_ms: i64,
    ) -> Result<Option<KnownRemote>> {
        let RemoteQuery { name, answer, until } = self;
        let left = until.saturating_duration_since(Instant::now());
        let answer = answer.map(|answer| match answer.recv_timeout(left) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(Error::unavailable("it does not answer")),
            Err(RecvTimeoutError::Disconnected) => Err(Error::failed("the connection broke")),
        });
        let error = match answer {
            Some(Ok(now)) => {
                return Ok(Some(known_remote(name, Some(now_ms), true, now)));
            }
            Some(Err(error)) => Some(error),
            None => None,
        };
        let last = match store.last_known(&name) {
            Some(heard) => Some((Some(heard.at_ms), heard.refs)),
            None => store.remote(&name)?.map(|what| (None, what)),
        };
        match (error, &last) {
            (Some(error), _) if error.kind() == Kind::Rewritten => {
                cx.out.warn(error.message());
                hints::of(&error).into_iter().for_each(|hint| cx.out.hint(hint));
            }
            (Some(error), Some(_)) => {
                cx.out.note(format!("{name} could not be asked: {}", error.message()))
            }
            (Some(error), None) => cx.out.warn(format!(
                "{name} could not be asked, and never was: the local state is shown ({})",
                error.message()
            )),
            (None, _) => {}
        }
        Ok(last.map(|(at_ms, what)| known_remote(name, at_ms, false, what)))
    }
}

fn known_remote(
    remote: String,
    at_ms: Option<i64>,
    fresh: bool,
    what: RemoteTracking,
) -> KnownRemote {
    let heads = Heads {
        source: what.heads.source,
        versions: what.heads.versions,
        active: what.heads.active,
    };
    KnownRemote { remote, at_ms, fresh, heads, receipts: what.receipts }
}

fn patience(address: &Address) -> Result<Duration> {
    let Some(text) = remote::environment("LUA_STORE_PATIENCE") else {
        return Ok(match address {
            Address::Platform(_) => PLATFORM_PATIENCE,
            _ => PATIENCE,
        });
    };
    text.parse().map(Duration::from_millis).map_err(|_| {
        Error::usage(format!(
            "LUA_STORE_PATIENCE is \"{text}\", which is not a number of milliseconds"
        ))
        .hint("set for example `LUA_STORE_PATIENCE=2000`; 0 never asks")
    })
}

impl View {
    pub fn new(cx: &mut Context<'_>, project: Project, asked: Option<RemoteQuery>) -> Result<View> {
        let now_ms = cx.now()?.as_millisecond();
        let known_remote = asked
            .map(|asked| asked.known_remote(cx, project.store(), now_ms))
            .transpose()?
            .flatten();
        Ok(View { project, known_remote, now_ms, kept: None })
    }

    /// View of a remote outside of a project.
    pub fn elsewhere(
        project: Project,
        known_remote: KnownRemote,
        now_ms: i64,
        kept: CachedRemote,
    ) -> View {
        View { project, known_remote: Some(known_remote), now_ms, kept: Some(kept) }
    }

    /// True if this remote has just answered.
    fn knows_now(&self, remote: &str) -> bool {
        self.known_remote.as_ref().is_some_and(|known| known.fresh && known.remote == remote)
    }

    /// True if the view has files of the user, and not only a remote.
    pub fn is_project(&self) -> bool {
        self.kept.is_none()
    }

    /// Text for an empty list: `(no versions yet — run …)`. Outside of a project nothing can be
    /// run.
    pub fn none(&self, what: &str, command: &str) -> String {
        if self.is_project() { format!("({what} — run {command})") } else { format!("({what})") }
    }

    pub fn live(&self) -> Result<Live> {
        Live::of(self.store(), self.known_remote.clone())
    }

    /// The same for a command that has read the catalog, and `ACTIVE` with it.
    pub fn live_of(&self, catalog: &Catalog) -> Result<Live> {
        match self.known_remote {
            None => Live::with(self.store(), catalog.pointer().copied(), None),
            Some(_) => self.live(),
        }
    }

    pub fn catalog_and_live(&self) -> Result<(Catalog<'_>, Live)> {
        let catalog = self.catalog()?;
        let live = self.live_of(&catalog)?;
        Ok((catalog, live))
    }

    pub fn store(&self) -> &Store {
        self.project.store()
    }

    /// Heads of the remote, if it decides.
    pub fn theirs(&self) -> Option<&Heads> {
        self.known_remote.as_ref().map(|known_remote| &known_remote.heads)
    }

    /// The versions, and what each is by the word of the remote.
    pub fn catalog(&self) -> Result<Catalog<'_>> {
        Catalog::by_remote(self.store(), self.theirs())
    }

    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Says below a table whose word it is, and what is not the same here.
    pub fn print_live(&self, cx: &mut Context<'_>, live: &Live) {
        let lines = report::live_lines(live, self.now_ms);
        lines.into_iter().chain(report::unsent(live)).for_each(|line| cx.out.note(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_platform_has_time_for_two_round_trips() {
        let of = |url: &str| patience(&Address::parse(url, Path::new("/")).unwrap()).unwrap();
        // Each over a connection that is new: name, TCP, TLS and the answer, 150 ms each.
        assert!(of("lua://agent_shop") >= Duration::from_millis(2 * 4 * 150));
        assert_eq!(of("https://store.example.com/agent_shop"), PATIENCE);
        assert_eq!(of("../data/agent_shop"), PATIENCE);
    }
}
