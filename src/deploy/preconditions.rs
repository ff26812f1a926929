//! Preconditions of a promotion: nothing moved there since the last fetch, and the newest numbers there are those of the version.

use super::deployment::Deployment;
use super::parts::{self, LiveParts};
use super::primitives::{is_versioned, newest};
use super::promotion::DeployTarget;
use crate::error::{Error, Hint, Result};
use crate::history::state::parse_key;
use crate::import::key_of;
use crate::platform::Listing;

impl Deployment<'_> {
    /// Refuses to overwrite an edit that the last fetch did not know, and a version that cannot be made there.
    pub fn check_before(&mut self, target: &DeployTarget, there: Option<u64>) -> Result<()> {
        self.check_unmoved(target)?;
        if there.is_some() {
            return Ok(());
        }
        self.check_servers(target)?;
        let lacking: Vec<String> = lacking(target, &self.listing);
        if !lacking.is_empty() {
            return Err(Error::conflict(format!(
                "v{} cannot be made on the platform, which takes the newest number of each primitive: {}",
                target.version.number,
                lacking.join("; ")
            ))
            .hint("restore the version, push it, and promote the new one"));
        }
        let extra: Vec<String> = extra(target, &self.listing)
            .into_iter()
            .filter(|(_, name)| !self.options.retire.contains(name))
            .map(|(kind, name)| format!("the {kind} \"{name}\""))
            .collect();
        if extra.is_empty() {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "the platform has primitives that v{} does not contain: {}",
            target.version.number,
            extra.join(", ")
        ))
        .hint(Hint::RetirePrimitives))
    }

    /// Compares persona, model, MCP servers and the active version with those that were seen before.
    pub fn check_moved(&self, target: &DeployTarget, seen: &LiveParts) -> Result<()> {
        let now = parts::of_listing(&self.listing);
        let mut moved = Vec::new();
        let ours = self.record.version_there(target.version.number);
        if now.active != seen.active && (now.active.is_none() || now.active != ours) {
            let row = self.listing.active();
            let by = row.and_then(|row| row.by.clone()).unwrap_or_else(|| "somebody".to_owned());
            let active = now.active.map_or("no version".to_owned(), |active| format!("v{active}"));
            moved.push(format!("the active version is {active} there, created by {by}"));
        }
        if now.persona.served != seen.persona.served
            && !target.parts.is_persona(&now.persona.served)
            || now.persona.current != seen.persona.current && !self.is_current_persona(&now, target)
        {
            moved.push(self.persona_words(&now));
        }
        if now.model != seen.model && !target.parts.is_model(now.model.as_deref()) {
            let model = now.model.as_deref().unwrap_or("the default");
            moved.push(format!("the model is {model} there"));
        }
        let names = now.servers.keys().chain(seen.servers.keys());
        let mut names: Vec<&String> = names.collect();
        names.sort();
        names.dedup();
        for name in names {
            let (is, was) = (now.servers.get(name), seen.servers.get(name));
            let is_wanted = match is {
                Some(row) => target.parts.is_server(name, row),
                None => !target.parts.servers.contains_key(name),
            };
            if is != was && !is_wanted {
                moved.push(format!("the MCP server \"{name}\" was changed there"));
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "cannot promote v{}: since the last fetch, {}",
            target.version.number,
            moved.join("; ")
        ))
        .hint(Hint::FetchPlatform))
    }

    /// A new version would contain every active MCP server, and no request can deactivate one.
    fn check_servers(&self, target: &DeployTarget) -> Result<()> {
        let now = parts::of_listing(&self.listing);
        let mut names = now.servers.keys();
        match names.find(|name| !target.parts.servers.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(Error::conflict(format!(
                "the MCP server \"{name}\" is active on the platform, and v{} has none of this name",
                target.version.number
            ))
            .hint("deactivate it in the dashboard, and fetch: no request can do that")),
        }
    }

    /// The same with what the last fetch knew.
    pub fn check_unmoved(&self, target: &DeployTarget) -> Result<()> {
        let now = parts::of_listing(&self.listing);
        self.check_moved(target, self.record.seen.as_ref().unwrap_or(&now))
    }

    fn is_current_persona(&self, now: &LiveParts, target: &DeployTarget) -> bool {
        let row = self.listing.personas.iter().find(|row| Some(row.number) == now.persona.current);
        row.is_some_and(|row| target.parts.is_persona(&row.content))
    }

    fn persona_words(&self, now: &LiveParts) -> String {
        let row = self.listing.personas.iter().find(|row| Some(row.number) == now.persona.current);
        match row {
            Some(row) => {
                let by = row.by.as_ref().map_or(String::new(), |by| format!(", edited by {by}"));
                format!("the persona is version {} there{by}", row.number)
            }
            None => "the persona was changed there".to_owned(),
        }
    }
}

/// Numbers that are not the newest there, in words.
pub fn lacking(target: &DeployTarget, listing: &Listing) -> Vec<String> {
    let mut lacking = Vec::new();
    for (key, number) in &target.pins {
        let row = listing.primitives.iter().find(|row| key_of(row) == *key);
        let newest = row.and_then(newest);
        if newest == Some(&**number) {
            continue;
        }
        let name = parse_key(key)
            .map_or_else(|| key.clone(), |(kind, name)| format!("{} {name}", kind.word));
        lacking.push(match newest {
            Some(newest) => format!("{name} {number} is older than {newest}"),
            None => format!("{name} {number} is not there"),
        });
    }
    lacking
}

/// Primitives that are there and not in a version, by kind and name. Those that came from elsewhere belong to no push.
pub fn extra(target: &DeployTarget, listing: &Listing) -> Vec<(&'static str, String)> {
    let rows = listing.primitives.iter().filter(|row| {
        let key = key_of(row);
        is_versioned(&key) && newest(row).is_some() && !target.pins.contains_key(&key)
    });
    rows.filter(|row| row.made_elsewhere().is_none())
        .map(|row| (row.route.kind.word, row.name.clone()))
        .collect()
}
