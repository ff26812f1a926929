//! Settings that no snapshot contains: they are set after the switch, and those that the code does not mention are left.

use super::deployment::Deployment;
use super::parts::WantedParts;
use super::promotion::DeployTarget;
use crate::client::{DeployRequest, Effect};
use crate::error::Result;
use crate::history::imported::ImportRecord;
use crate::import::SETTING_FIELDS;
use crate::platform::Listing;
use serde_json::{Map, Value};

/// Fields to set, and fields of an earlier version of ours to clear.
pub fn changes(
    record: &ImportRecord,
    listing: &Listing,
    parts: &WantedParts,
) -> Vec<(&'static str, Value)> {
    let mut changes = Vec::new();
    for (_, field) in SETTING_FIELDS {
        let there = listing.document.get(field);
        match parts.settings.get(field) {
            Some(wanted) if there != Some(wanted) => changes.push((field, wanted.clone())),
            Some(_) => {}
            None if record.set_fields.contains(field)
                && there.is_none_or(|there| !there.is_null()) =>
            {
                changes.push((field, Value::Null));
            }
            None => {}
        }
    }
    changes
}

impl Deployment<'_> {
    /// Sets the settings of a version. Gives those that were changed.
    pub fn set_settings(&mut self, target: &DeployTarget) -> Result<bool> {
        let changes = changes(&self.record, &self.listing, &target.parts);
        for (field, value) in &changes {
            let request = DeployRequest::new("#10", Effect::After, *field);
            let fields = Map::from_iter([((*field).to_owned(), value.clone())]);
            self.set_fields(request, &fields)?;
            match value.is_null() {
                true => self.record.set_fields.remove(*field),
                false => self.record.set_fields.insert((*field).to_owned()),
            };
        }
        Ok(!changes.is_empty())
    }
}
