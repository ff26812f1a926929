//! `serve token rotate`: a new secret for the same rights; the old one ends after a while.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::cli::time;
use crate::error::Result;
use crate::server::expiry;

/// Replace a token: create one with the same rights, and let the old one expire
#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// The id of the old token, as `serve token list` shows it
    id: String,
    /// The time after which the old one expires: `24h`, `7d`; `0h` for at once
    #[arg(long, value_name = "TIME", default_value = "24h")]
    grace: String,
    #[command(flatten)]
    place: DataFolder,
}

impl Rotate {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let grace = expiry::grace(&self.grace)?;
        let now = cx.now()?;
        let tokens = self.place.store(cx)?.tokens;
        let rotated = tokens.rotate(&self.id, grace, now)?;
        if cx.out.is_json() {
            cx.out.json(&rotated.view())?;
            return Ok(Exit::Done);
        }
        cx.out.line(&rotated.secret)?;
        let (entry, old) = (&rotated.entry, &self.id);
        let until = match grace.is_zero() {
            true => format!("{old} is no longer valid"),
            false => format!("{old} is valid until {}", time::minute(rotated.old_ends)),
        };
        cx.out.note(format!("Token {}: {} on {}; {until}.", entry.id, entry.scope, entry.agents));
        Ok(Exit::Done)
    }
}
