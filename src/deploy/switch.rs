//! Between the look and the switch: parts that are live at once, primitives to delete, and the comparison of the version that
//! was made with ours.

use super::deployment::Deployment;
use super::parts::WantedModel;
use super::promotion::{DeployTarget, pins_of};
use crate::client::{DeployRequest, Effect};
use crate::error::{Error, Result};
use crate::history::source::SourceVersion;
use crate::history::state::parse_key;
use crate::platform::changes;
use crate::platform::details::VersionSnapshot;
use crate::platform::{DEFAULT_TRANSPORT, ListedPersona, Listing};
use serde_json::{Map, Value, json};

/// A change of a part that is live with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartChange {
    Model,
    Server(String),
    Persona,
}

impl PartChange {
    pub fn request(&self) -> DeployRequest {
        match self {
            PartChange::Model => DeployRequest::new("#10", Effect::AtOnce, "model"),
            PartChange::Server(name) => {
                DeployRequest::new("#7", Effect::AtOnce, format!("MCP server {name}"))
            }
            PartChange::Persona => DeployRequest::new("#12", Effect::AtOnce, "persona"),
        }
    }
}

/// Parts of a version that differ from those that are live, in the order in which they are set: the persona last.
pub fn part_changes(target: &DeployTarget, listing: &Listing) -> Vec<PartChange> {
    let now = super::parts::of_listing(listing);
    let mut changes = Vec::new();
    let is_computed = target.parts.model == WantedModel::Computed;
    if is_computed || !target.parts.is_model(now.model.as_deref()) {
        changes.push(PartChange::Model);
    }
    for name in target.parts.servers.keys() {
        let is_there = now.servers.get(name).is_some_and(|row| target.parts.is_server(name, row));
        if !is_there {
            changes.push(PartChange::Server(name.clone()));
        }
    }
    let current = listing.personas.iter().find(|row| row.is_current);
    let is_current = current.is_some_and(|row| target.parts.is_persona(&row.content));
    let is_served = now.persona.served.is_null() || target.parts.is_persona(&now.persona.served);
    if target.parts.persona.is_some() && !(is_current && is_served) {
        changes.push(PartChange::Persona);
    }
    changes
}

impl Deployment<'_> {
    /// Sets persona, model and MCP servers where they differ. They are live from here on.
    pub fn set_live_parts(&mut self, target: &DeployTarget) -> Result<()> {
        for change in part_changes(target, &self.listing) {
            self.is_half_live = true;
            match change {
                PartChange::Model => self.set_model(target, Effect::AtOnce)?,
                PartChange::Server(name) => self.set_server(target, &name)?,
                PartChange::Persona => self.set_persona(target)?,
            }
        }
        Ok(())
    }

    pub fn set_model(&mut self, target: &DeployTarget, effect: Effect) -> Result<()> {
        let fields = match &target.parts.model {
            WantedModel::Named(model) => Map::from_iter([("model".to_owned(), json!(model))]),
            WantedModel::Computed => {
                let resolver =
                    self.compile(target.version.source)?.agent.fields.get("modelResolver").cloned();
                let resolver = resolver.ok_or_else(|| {
                    Error::failed("the compiler made no code of the model, which is computed")
                })?;
                Map::from_iter([("modelResolver".to_owned(), resolver)])
            }
            WantedModel::Unmentioned => return Ok(()),
        };
        self.is_model_set = true;
        self.set_fields(DeployRequest { effect, ..PartChange::Model.request() }, &fields)
    }

    pub fn set_fields(
        &mut self,
        request: DeployRequest,
        fields: &Map<String, Value>,
    ) -> Result<()> {
        self.send(request, |client, _| changes::set_fields(client, fields))
    }

    pub fn set_server(&mut self, target: &DeployTarget, name: &str) -> Result<()> {
        let plain = target.parts.servers.get(name).and_then(plain_server);
        let body = match plain {
            Some(body) => Some(body),
            None => {
                let servers = &self.compile(target.version.source)?.servers;
                let body = servers.iter().find(|body| body.name == name);
                body.map(|body| body.body.clone())
            }
        };
        let body = body.ok_or_else(|| {
            Error::failed(format!(
                "the MCP server \"{name}\" is not in the output of `lua compile`, so it cannot be set there"
            ))
        })?;
        let request = PartChange::Server(name.to_owned()).request();
        let server =
            self.send(request, |client, key| changes::upsert_server(client, &body, key))?;
        if server.is_active {
            return Ok(());
        }
        let request = DeployRequest::new("#8", Effect::AtOnce, format!("MCP server {name}"));
        self.send(request, |client, _| changes::activate_server(client, &server.id))
    }

    /// Sets the persona: an old version with the same text, else a new one.
    fn set_persona(&mut self, target: &DeployTarget) -> Result<()> {
        let Some(persona) = target.parts.persona.clone() else { return Ok(()) };
        let same = self.listing.personas.iter().rev().find(|row| row.content == persona);
        if let Some(number) = same.map(|row| row.number) {
            self.persona_made = Some((number, persona));
            return self.serve_persona(number, Effect::AtOnce);
        }
        let highest = self.listing.personas.last().map_or(0, |row| row.number);
        let request = PartChange::Persona.request();
        let number = self.send(request, |client, key| {
            let number = changes::create_persona(client, &persona, key)?;
            Self::given("#12", "version", (number, highest))
        })?;
        self.persona_made = Some((number, persona.clone()));
        if number == highest + 1 {
            return Ok(());
        }
        // Somebody edited it in between, and ours is over theirs now; or it was sent twice.
        let all = Listing::personas(self.client)?;
        let is_theirs = |row: &&ListedPersona| {
            row.number > highest && row.number < number && row.content != persona
        };
        match all.iter().rev().find(is_theirs).map(|row| row.number) {
            None => Ok(()),
            Some(theirs) => {
                self.put_persona = Some(theirs);
                Err(Error::conflict(format!(
                    "somebody else edited the persona meanwhile: version {theirs} there"
                ))
                .hint(crate::error::Hint::FetchPlatform))
            }
        }
    }

    pub fn serve_persona(&mut self, number: u64, effect: Effect) -> Result<()> {
        let request = DeployRequest::new("#13", effect, format!("persona version {number}"));
        self.send(request, |client, key| changes::serve_persona(client, number, key))
    }

    /// Deletes primitives that the version does not contain and that were named.
    pub fn retire(&mut self, target: &DeployTarget) -> Result<()> {
        let extra = super::preconditions::extra(target, &self.listing);
        for (kind, name) in extra {
            let mut rows = self.listing.primitives.iter();
            let row = rows.find(|row| row.route.kind.word == kind && row.name == name);
            let Some(row) = row.filter(|row| self.options.retire.contains(&row.name)) else {
                continue;
            };
            let (path, id) = (row.route.path, row.id.clone());
            let request = DeployRequest::new("#34", Effect::AtOnce, format!("{kind} {name}"));
            self.retired.push(format!("the {kind} \"{name}\""));
            self.send(request, |client, _| changes::delete_primitive(client, path, &id))?;
        }
        Ok(())
    }

    /// Compiles the version if the change of a part needs its code: before anything is live.
    pub fn compile_parts(&mut self, target: &DeployTarget) -> Result<()> {
        let is_code = |change: &PartChange| match change {
            PartChange::Model => target.parts.model == WantedModel::Computed,
            PartChange::Server(name) => {
                target.parts.servers.get(name).is_some_and(|one| plain_server(one).is_none())
            }
            PartChange::Persona => false,
        };
        if part_changes(target, &self.listing).iter().any(is_code) {
            self.compile(target.version.source)?;
        }
        Ok(())
    }

    /// The source version of a version of ours.
    pub fn source_of(&self, target: &DeployTarget) -> Result<SourceVersion> {
        let number = target.version.meta.source_version;
        let id = self.series.get(number.saturating_sub(1) as usize).copied();
        let id =
            id.ok_or_else(|| Error::corrupt(format!("there is no source version v{number}")))?;
        SourceVersion::load(self.store.objects(), number, id)
    }
}

/// Body of a server whose definition is text alone. Code needs the compiler.
fn plain_server(definition: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_plain = |(field, value): (&String, &Value)| {
        ["name", "transport", "url"].contains(&field.as_str()) && value.is_string()
    };
    definition.iter().all(is_plain).then(|| {
        let mut body = definition.clone();
        body.entry("transport").or_insert(json!(DEFAULT_TRANSPORT));
        body
    })
}

/// Compares a version that was made with the one that was meant: each pin, the persona, the model, the MCP servers.
pub fn check_snapshot(
    target: &DeployTarget,
    listing: &Listing,
    (there, snapshot): (u64, &VersionSnapshot),
    made: Option<&(u64, Value)>,
) -> Result<()> {
    let mut wrong = Vec::new();
    let pins = pins_of(snapshot);
    let name = |key: &str| {
        parse_key(key)
            .map_or_else(|| key.to_owned(), |(kind, name)| format!("{} {name}", kind.word))
    };
    for (key, number) in &target.pins {
        match pins.get(key) {
            Some(pin) if pin == number => {}
            Some(pin) => wrong.push(format!("{} is {pin}, not {number}", name(key))),
            None => wrong.push(format!("{} is missing", name(key))),
        }
    }
    for key in pins.keys().filter(|key| !target.pins.contains_key(*key)) {
        let row = listing.primitives.iter().find(|row| crate::import::key_of(row) == *key);
        if row.is_none_or(|row| row.made_elsewhere().is_none()) {
            wrong.push(format!("{} is in it", name(key)));
        }
    }
    let of_list = || {
        let row = listing.personas.iter().find(|row| Some(row.number) == snapshot.persona);
        row.map(|row| row.content.clone())
    };
    let persona = match made {
        Some((number, text)) if Some(*number) == snapshot.persona => Some(text.clone()),
        _ => of_list(),
    };
    if target.parts.persona.is_some()
        && !persona.is_some_and(|persona| target.parts.is_persona(&persona))
    {
        wrong.push("the persona is another one".to_owned());
    }
    if !target.parts.is_model(snapshot.model.as_deref()) {
        let model = snapshot.model.as_deref().unwrap_or("the default");
        wrong.push(format!("the model is {model}"));
    }
    wrong.extend(other_servers(target, snapshot));
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Error::conflict(format!(
            "version {there} of the platform is not v{}: {}",
            target.version.number,
            wrong.join("; ")
        ))
        .hint(crate::error::Hint::FetchPlatform)),
    }
}

/// MCP servers of a snapshot that are not those of a version, in words.
fn other_servers(target: &DeployTarget, snapshot: &VersionSnapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in target.parts.servers.keys() {
        let row = snapshot.servers.iter().find(|row| row.name == *name);
        let is_equal = row.is_some_and(|row| {
            let seen = crate::history::imported::SeenServer {
                transport: row.transport.clone(),
                url: row.url.clone(),
            };
            target.parts.is_server(name, &seen)
        });
        if !is_equal {
            wrong.push(format!("the MCP server {name} is another one or missing"));
        }
    }
    for row in snapshot.servers.iter().filter(|row| !target.parts.servers.contains_key(&row.name)) {
        wrong.push(format!("the MCP server {} is in it", row.name));
    }
    wrong
}
