//! The way back: a promotion that was refused or is given up leaves live what was live before it.

use super::deployment::Deployment;
use super::journal::OpenPromotion;
use super::parts::{self, LiveParts, WantedModel};
use super::{open, promotion::DeployTarget};
use crate::client::{DeployRequest, Effect};
use crate::error::{Error, Hint, Kind, Result};
use crate::platform::changes::{self, VersionDeletion};
use serde_json::{Map, Value, json};

impl Deployment<'_> {
    /// Puts everything back after a refusal. Gives the error that says what is live now.
    pub fn refused(&mut self, error: Error) -> Error {
        match self.put_back() {
            Ok(()) => {
                let live = match self.is_half_live {
                    true => "persona, model and MCP servers were put back",
                    false => "nothing that is live was changed",
                };
                let gone = match self.retired.is_empty() {
                    true => String::new(),
                    false => format!("; deleted there for good: {}", self.retired.join(", ")),
                };
                error.also(format!("{live}; v{} is not promoted{gone}", self.last_number))
            }
            Err(back) => Error::new(
                error.kind(),
                format!("{}; and it was not put back: {}", error.message(), back.message()),
            )
            .hint(Hint::AbortPromotion { remote: open::named(self.store, self.name) }),
        }
    }

    /// The error after which nobody knows whether the version runs.
    pub fn interrupted(&self, error: Error) -> Error {
        error.also(self.finish_hint(self.last_number))
    }

    fn finish_hint(&self, number: u64) -> Hint {
        open::finish_hint(self.store, self.name, number)
    }

    /// A promotion was interrupted, and decides what is live.
    pub fn open_promotion(&self, number: u64, other: Option<u64>) -> Error {
        let what = other.map_or("push".to_owned(), |other| format!("promote v{other}"));
        Error::conflict(format!("cannot {what}: the promotion of v{number} was interrupted"))
            .hint(self.finish_hint(number))
    }

    /// Gives up the open promotion.
    pub fn abort(&mut self) -> Result<u64> {
        let open = self.open()?.clone();
        self.last_number = open.number;
        let active = self.listing.active().map(|row| row.number);
        if open.there.is_some() && active == open.there {
            let Some(before) = open.before.active else {
                return Err(Error::failed(format!(
                    "v{} runs, and no version was active before it: it cannot be taken back",
                    open.number
                ))
                .hint(self.finish_hint(open.number)));
            };
            let subject = format!("version {before} is made active");
            let request = DeployRequest::new("#27", Effect::Switch, subject);
            self.send(request, |client, key| changes::promote_version(client, before, key))?;
            self.forget_switch(&open);
        }
        self.is_half_live = true;
        self.put_back()?;
        Ok(open.number)
    }

    /// The version did not run, as far as our history says.
    fn forget_switch(&mut self, open: &OpenPromotion) {
        if self.record.heads.active == Some(open.new) {
            self.record.heads.active = open.expected;
        }
        for (number, version) in &mut self.record.versions {
            if Some(*number) == open.before.active {
                "active".clone_into(&mut version.status);
            } else if Some(*number) == open.there {
                "superseded".clone_into(&mut version.status);
            }
        }
    }

    /// Sets the live parts to what they were, reads them back, deletes the version that was made, and ends the promotion.
    fn put_back(&mut self) -> Result<()> {
        let open = self.open()?.clone();
        self.last_number = open.number;
        if self.is_half_live {
            self.read_again()?;
            let target = self.target((open.number, open.version), (open.expected, open.new))?;
            if let Some((theirs, _)) = self.edited_since(&target, &self.listing.personas)? {
                self.put_persona = Some(theirs);
            }
            self.put_parts_back(&open)?;
        }
        if let Some(there) = open.there.filter(|_| open.is_made) {
            let request = DeployRequest::new("#28", Effect::Staged, format!("version {there}"));
            match self.send(request, |client, _| changes::delete_version(client, there))? {
                VersionDeletion::Done => {
                    if let Some(version) = self.record.versions.get_mut(&there) {
                        "deleted".clone_into(&mut version.status);
                    }
                }
                VersionDeletion::IsLast => self.done.warnings.push(format!(
                    "version {there} of the platform stays: it is the only one, and cannot be deleted"
                )),
                VersionDeletion::IsActive => {
                    return Err(Error::conflict(format!("version {there} of the platform is active")));
                }
            }
        }
        self.journal.promotion = None;
        self.save()
    }

    fn put_parts_back(&mut self, open: &OpenPromotion) -> Result<()> {
        let (before, now) = (&open.before, parts::of_listing(&self.listing));
        if before.model != now.model {
            let fields = Map::from_iter([("model".to_owned(), json!(before.model))]);
            self.set_fields(DeployRequest::new("#10", Effect::AtOnce, "model, put back"), &fields)?;
        }
        for (name, server) in &before.servers {
            if now.servers.get(name) == Some(server) {
                continue;
            }
            let mut body = Map::from_iter([("name".to_owned(), json!(name))]);
            body.extend(server.transport.clone().map(|it| ("transport".to_owned(), json!(it))));
            body.extend(server.url.clone().map(|it| ("url".to_owned(), json!(it))));
            let subject = format!("MCP server {name}, put back");
            let request = DeployRequest::new("#7", Effect::AtOnce, subject);
            self.send(request, |client, key| changes::upsert_server(client, &body, key))?;
        }
        for name in now.servers.keys().filter(|name| !before.servers.contains_key(*name)) {
            self.done.warnings.push(format!(
                "the MCP server \"{name}\" stays active: no request can deactivate it, the dashboard can"
            ));
        }
        self.put_persona_back(open)?;
        self.read_again()?;
        let now = parts::of_listing(&self.listing);
        let persona = self.persona_before(open);
        let is_served = now.persona.served.is_null() || now.persona.served == persona;
        match is_served && now.model == before.model {
            true => Ok(()),
            false => {
                Err(Error::new(Kind::Failed, "the platform does not serve what was live before"))
            }
        }
    }

    /// The persona that was live, or the one that somebody else made since.
    fn persona_before(&self, open: &OpenPromotion) -> Value {
        let theirs = self.put_persona.and_then(|number| {
            let row = self.listing.personas.iter().find(|row| row.number == number)?;
            Some(row.content.clone())
        });
        theirs.unwrap_or_else(|| open.before.persona.served.clone())
    }

    fn put_persona_back(&mut self, open: &OpenPromotion) -> Result<()> {
        let now = parts::of_listing(&self.listing);
        let current = self.put_persona.or(open.before.persona.current);
        let wanted = self.persona_before(open);
        if now.persona.current == current && (now.persona.served == wanted || wanted.is_null()) {
            return Ok(());
        }
        match current {
            Some(number) => self.serve_persona(number, Effect::AtOnce),
            None => Ok(()),
        }
    }
}
