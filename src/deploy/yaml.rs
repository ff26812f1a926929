//! `lua.skill.yaml` of the project after a push: the stock command reads there what was pushed last, and would otherwise pin
//! old sources.

use super::deployment::Deployment;
use super::primitives;
use super::skill_yaml::{self, YamlBackup, YamlEdit, YamlPrimitive};
use crate::error::Result;
use crate::fs;
use crate::history::imported::{self, FileEdit};
use crate::history::state::{State, parse_key};
use crate::model::kind_routes::KindRoute;
use crate::model::numbers;
use crate::object::Id;

/// File of the stock command with the ids and numbers that it pushed last.
pub const YAML: &str = "lua.skill.yaml";

impl Deployment<'_> {
    /// Sets ids, numbers and the backup in the file, where there is one. A file that cannot be edited stays, with a warning:
    /// the push is done.
    /// `pushed` is the file that was pushed.
    pub fn write_yaml(
        &mut self,
        state: &State,
        backup: u64,
        pushed: Option<&Vec<u8>>,
    ) -> Result<()> {
        let Some(last_hash) = self.project_hash.clone() else { return Ok(()) };
        let backup =
            YamlBackup { active_version: backup, last_hash, last_pushed_at_ms: self.now_ms };
        let primitives = self.yaml_primitives(state, primitives::is_versioned)?;
        self.edit_yaml(&YamlEdit { primitives, backup: Some(backup) }, pushed)
    }

    /// Sets ids and numbers of the primitives in the file whose keys are these.
    pub fn write_yaml_numbers(
        &mut self,
        state: &State,
        is_set: impl Fn(&str) -> bool,
        pushed: Option<&Vec<u8>>,
    ) -> Result<()> {
        let primitives = self.yaml_primitives(state, is_set)?;
        self.edit_yaml(&YamlEdit { primitives, backup: None }, pushed)
    }

    fn edit_yaml(&mut self, edit: &YamlEdit, pushed: Option<&Vec<u8>>) -> Result<()> {
        let path = self.store.project().join(YAML);
        if self.options.no_yaml {
            return Ok(());
        }
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(()) };
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        match skill_yaml::edit(&text, edit) {
            Ok(new) if new == text => Ok(()),
            Ok(new) => {
                self.note_edit(pushed, &text, &new)?;
                fs::rewrite(&path, new.as_bytes())
            }
            Err(error) => {
                self.done.warnings.push(format!("{}; it was not changed", error.message()));
                Ok(())
            }
        }
    }

    /// Notes the edit before it is made, so that nobody takes it for one of the user. A file that the user has edited since it
    /// was pushed is not noted.
    fn note_edit(&mut self, pushed: Option<&Vec<u8>>, old: &str, new: &str) -> Result<()> {
        let Some(before) = pushed.map(|pushed| Id::of_blob(pushed)) else { return Ok(()) };
        let known = FileEdit { before, after: Id::of_blob(old.as_bytes()) };
        if before == known.after || imported::is_yaml_edit(self.store, known)? {
            self.record.yaml_edit = Some(FileEdit { before, after: Id::of_blob(new.as_bytes()) });
            self.record.save(&self.store.lock()?, self.store, self.name)?;
        }
        Ok(())
    }

    /// Kinds of primitives whose ids are not in the file yet.
    pub fn kinds_without_ids(&self, state: &State) -> Result<Vec<&'static KindRoute>> {
        let mut kinds = Vec::new();
        let bytes = match self.options.no_yaml {
            true => None,
            false => fs::read_if_exists(&self.store.project().join(YAML))?,
        };
        let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Ok(kinds);
        };
        for key in state.primitives.keys().filter(|key| primitives::is_versioned(key)) {
            let Some((kind, name)) = parse_key(key) else { continue };
            let one = YamlPrimitive::new(kind.word, &name, "", None)?;
            if !skill_yaml::has_id(&text, &one) {
                kinds.extend(primitives::route_of(key));
            }
        }
        Ok(kinds)
    }

    fn yaml_primitives(
        &self,
        state: &State,
        is_set: impl Fn(&str) -> bool,
    ) -> Result<Vec<YamlPrimitive>> {
        let mut all = Vec::new();
        for key in state.primitives.keys().filter(|key| is_set(key)) {
            let Some((kind, name)) = parse_key(key) else { continue };
            let row = primitives::row_of(&self.listing, key);
            let Some(id) = self.ids.get(key).or(row.map(|row| &row.id)) else { continue };
            let Some(here) = state.numbers.get(key) else { continue };
            let there = self.record.number_there(key, here);
            let listed = row.and_then(primitives::newest);
            let newest = listed.filter(|listed| numbers::is_past(listed, there)).unwrap_or(there);
            all.push(YamlPrimitive::new(kind.word, &name, id, Some(newest))?);
        }
        Ok(all)
    }
}
