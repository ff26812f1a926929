//! Voices: nothing of them is sent and nothing compared, and every deployment of an agent that has some says so.

use super::remote::PlatformRemote;
use crate::error::Result;
use crate::history::source::SourceVersion;
use crate::history::state::State;

impl PlatformRemote {
    /// Notes the voices of the newest source version, after everything of it was sent.
    pub fn note_voices(&self) -> Result<()> {
        let (store, mut seen) = (self.store()?, self.seen());
        let series = store.heads()?.source;
        let Some(id) = series.last() else { return Ok(()) };
        let version = SourceVersion::load(store.objects(), series.len() as u64, *id)?;
        let voices: Vec<String> = State::load(store.objects(), &version.state)?.voices().collect();
        if !voices.is_empty() {
            seen.deployed().not_sent.voices = voices;
        }
        Ok(())
    }
}
