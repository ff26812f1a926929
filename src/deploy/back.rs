//! The way back: a promotion that was refused or is given up leaves live what was live before it.

use super::deployment::Deployment;
use super::journal::OpenPromotion;
use super::parts::{self, LiveParts, WantedModel};
use super::{open, promotion::DeployTarget};
use crate::client::{DeployRequest, Effect};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::imported::{SeenPersona, SeenServer};
use crate::platform::changes::{self, VersionDeletion};
use crate::platform::details;
use serde_json::{Map, Value, json};

impl Deployment<'_> {
    /// Puts everything back after a refusal. Gives the error that says what is live now.
    pub fn refused(&mut self, error: Error) -> Error {
        let before = self.done.warnings.len();
        let back = self.put_back();
        // An error has no warnings beside it.
        let kept: String =
            self.done.warnings.drain(before..).map(|kept| format!("; {kept}")).collect();
        match back {
            Ok(()) => {
                let live = match (&self.theirs, self.is_half_live) {
                    (Some(theirs), _) => theirs,
                    (None, true) => "persona, model and MCP servers were put back",
                    (None, false) => "nothing that is live was changed",
                };
                let gone = match self.retired.is_empty() {
                    true => String::new(),
                    false => format!("; deleted there for good: {}", self.retired.join(", ")),
                };
                error.also(format!("{live}; v{} is not promoted{gone}{kept}", self.last_number))
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
        self.done.warnings.extend(self.theirs.clone());
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
            self.put_parts_back(&open, &target)?;
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

    /// Puts back the parts that are as the promotion set them. Whatever somebody else changed since stays.
    fn put_parts_back(&mut self, open: &OpenPromotion, target: &DeployTarget) -> Result<()> {
        let before = self.parts_to_serve(open)?;
        let now = parts::of_listing(&self.listing);
        self.put_model_back((&before, &now), target)?;
        for (name, server) in &before.servers {
            self.put_server_back((name, server), (open, &now), target)?;
        }
        let is_new = |name: &&String| {
            !before.servers.contains_key(*name) && target.parts.servers.contains_key(*name)
        };
        for name in now.servers.keys().filter(is_new) {
            self.done.warnings.push(format!(
                "the MCP server \"{name}\" stays active: no request can deactivate it, the dashboard can"
            ));
        }
        self.put_persona_back((&before, &now), target)?;
        if self.done.requests.iter().any(|one| one.effect == Effect::AtOnce) {
            self.check_back(&before, target)?;
        }
        Ok(())
    }

    /// Parts that are to be live: those before the promotion, or those of the version that somebody else promoted since.
    fn parts_to_serve(&mut self, open: &OpenPromotion) -> Result<LiveParts> {
        let before = open.before.clone();
        let Some(row) = self.listing.active() else { return Ok(before) };
        let number = row.number;
        if Some(number) == before.active {
            return Ok(before);
        }
        if Some(number) == open.there {
            return Err(Error::conflict(format!("version {number} of the platform is active")));
        }
        let by = row.by.as_ref().map_or(String::new(), |by| format!(" of {by}"));
        self.theirs = Some(format!(
            "version {number}{by} runs there, with its persona, model and MCP servers"
        ));
        let Some(snapshot) = details::snapshot(self.client, number)? else {
            return Ok(parts::of_listing(&self.listing));
        };
        let all = &self.listing.personas;
        let persona = all.iter().find(|row| Some(row.number) == snapshot.persona);
        let servers = snapshot.servers.into_iter();
        Ok(LiveParts {
            active: Some(number),
            persona: SeenPersona {
                served: persona.map(|row| row.content.clone()).unwrap_or_default(),
                current: snapshot.persona,
                ..before.persona
            },
            model: snapshot.model,
            servers: servers
                .map(|one| (one.name, SeenServer { transport: one.transport, url: one.url }))
                .collect(),
        })
    }

    fn put_model_back(
        &mut self,
        (before, now): (&LiveParts, &LiveParts),
        target: &DeployTarget,
    ) -> Result<()> {
        if before.model == now.model {
            return Ok(());
        }
        let is_ours = match &target.parts.model {
            WantedModel::Named(model) => now.model.as_ref() == Some(model),
            // The platform shows no code.
            WantedModel::Computed => true,
            WantedModel::Unmentioned => false,
        };
        if !is_ours {
            let model = now.model.as_deref().unwrap_or("the default");
            self.note_kept(&format!("the model was changed to {model} there"));
            return Ok(());
        }
        let fields = Map::from_iter([("model".to_owned(), json!(before.model))]);
        self.set_fields(DeployRequest::new("#10", Effect::AtOnce, "model, put back"), &fields)
    }

    fn put_server_back(
        &mut self,
        (name, before): (&str, &SeenServer),
        (open, now): (&OpenPromotion, &LiveParts),
        target: &DeployTarget,
    ) -> Result<()> {
        let there = now.servers.get(name);
        if there == Some(before) {
            return Ok(());
        }
        let is_ours = match there {
            Some(row) => target.parts.is_server(name, row),
            // Only the switch can stop one.
            None => open.is_switched && !target.parts.servers.contains_key(name),
        };
        if !is_ours {
            self.note_kept(&format!("the MCP server \"{name}\" was changed there"));
            return Ok(());
        }
        let mut body = Map::from_iter([("name".to_owned(), json!(name))]);
        body.extend(before.transport.clone().map(|it| ("transport".to_owned(), json!(it))));
        body.extend(before.url.clone().map(|it| ("url".to_owned(), json!(it))));
        let subject = format!("MCP server {name}, put back");
        let request = DeployRequest::new("#7", Effect::AtOnce, subject);
        self.send(request, |client, key| changes::upsert_server(client, &body, key)).map(drop)
    }

    fn put_persona_back(
        &mut self,
        (before, now): (&LiveParts, &LiveParts),
        target: &DeployTarget,
    ) -> Result<()> {
        let current = self.put_persona.or(before.persona.current);
        let wanted = self.persona_before(before);
        if now.persona.current == current && (now.persona.served == wanted || wanted.is_null()) {
            return Ok(());
        }
        let is_ours = |persona: &Value| target.parts.persona.as_ref() == Some(persona);
        let row = self.listing.personas.iter().find(|row| row.is_current);
        if !is_ours(&now.persona.served) && !row.is_some_and(|row| is_ours(&row.content)) {
            self.note_kept("the persona was changed there");
            return Ok(());
        }
        match current {
            Some(number) => self.serve_persona(number, Effect::AtOnce),
            None => {
                let stays = "the persona stays: there was none before, and no request removes one";
                self.done.warnings.push(stays.to_owned());
                Ok(())
            }
        }
    }

    fn note_kept(&mut self, what: &str) {
        self.done.warnings.push(format!("{what} meanwhile, and stays so"));
    }

    /// Reads everything back: no part may be as the promotion set it, if it was another one before.
    fn check_back(&mut self, before: &LiveParts, target: &DeployTarget) -> Result<()> {
        self.read_again()?;
        let now = parts::of_listing(&self.listing);
        let persona = self.persona_before(before);
        let is_left = |persona: &Value| target.parts.persona.as_ref() == Some(persona);
        let is_served =
            persona.is_null() || now.persona.served == persona || !is_left(&now.persona.served);
        let is_model = now.model == before.model
            || target.parts.model != WantedModel::Named(now.model.clone().unwrap_or_default());
        match is_served && is_model {
            true => Ok(()),
            false => {
                Err(Error::new(Kind::Failed, "the platform does not serve what was live before"))
            }
        }
    }

    /// The persona that was live, or the one that somebody else made since.
    fn persona_before(&self, before: &LiveParts) -> Value {
        let theirs = self.put_persona.and_then(|number| {
            let row = self.listing.personas.iter().find(|row| row.number == number)?;
            Some(row.content.clone())
        });
        theirs.unwrap_or_else(|| before.persona.served.clone())
    }
}
