//! Push of a source version: its primitives, and its files as a backup.

use super::backup_body::{self, BackupBody};
use super::deployment::Deployment;
use super::journal::extend;
use super::{skill_yaml, yaml::YAML};
use crate::client::{DeployRequest, Effect};
use crate::error::Result;
use crate::history::imported::push_mark;
use crate::history::source::SourceVersion;
use crate::history::state::State;
use crate::platform::SentFiles;
use crate::platform::changes;

impl Deployment<'_> {
    /// Pushes everything of a source version that nobody notices. Gives the number of its backup.
    pub fn push_source(&mut self, version: &SourceVersion) -> Result<u64> {
        let objects = self.store.objects();
        let state = State::load(objects, &version.state)?;
        self.push_numbers(&state, version.source)?;
        match self.record.backup_of(version.number) {
            Some(backup) => Ok(backup),
            None => {
                let files = backup_body::sent_files(self.store.objects(), &version.source)?;
                let backup = self.back_up(version, &files)?;
                self.write_yaml(&state, backup, files.get(YAML))?;
                Ok(backup)
            }
        }
    }

    fn back_up(&mut self, version: &SourceVersion, files: &SentFiles) -> Result<u64> {
        let yaml = files.get(YAML).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let org = yaml.as_deref().and_then(skill_yaml::org);
        let triggered_by = push_mark(version.number, &version.id);
        let backup = BackupBody::of(files, &triggered_by, org.as_deref());
        let mangled = backup.mangled.iter();
        self.done.warnings.extend(mangled.map(|path| {
            format!("\"{path}\" has the key of another binary file, whose bytes a restore from the platform gives it")
        }));
        self.upload(backup.blobs, false)?;
        let subject = format!("backup of source version v{}", version.number);
        let request = DeployRequest::new("#19", Effect::Staged, subject);
        let highest = self.listing.backups.last().map_or(0, |row| row.number);
        let number = self.send(request, |client, key| {
            let number = changes::create_backup(client, &backup.body, key)?;
            Self::given("#19", "activeVersion", (number, highest))
        })?;
        self.record.backups.insert(number, version.number);
        // With its backup it is there, whatever comes after: no import may give its number to another backup.
        extend(&mut self.record.heads.source, &self.series, version.number);
        self.done.backup = Some(number);
        self.project_hash = Some(backup.project_hash);
        Ok(number)
    }
}
