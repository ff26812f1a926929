//! `serve token rotate`: a new secret for the same rights; the old one ends after a while.

use super::to_json;
use crate::cli::Exit;
use crate::cli::commands::serve::expiry;
use crate::cli::commands::serve::place::Place;
use crate::cli::context::Context;
use crate::cli::time;
use crate::error::{Error, Result};
use crate::server::tokens::Tokens;
use jiff::SignedDuration;

/// Make a token with the rights of another one, which ends after a time of grace
#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// The id of the old token, as `serve token list` shows it
    id: String,
    /// How long the old one is still good: `24h`, `7d`; `0h` for not at all
    #[arg(long, value_name = "TIME", default_value = "24h")]
    grace: String,
    #[command(flatten)]
    place: Place,
}

impl Rotate {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let hours = expiry::hours(&self.grace).and_then(|hours| i64::try_from(hours).ok());
        let hours = hours.ok_or_else(|| {
            Error::usage(format!("\"{}\" is no while", self.grace)).hint("use `24h`, `7d` or `0h`")
        })?;
        let now = cx.now()?;
        let tokens = Tokens::of(&self.place.existing(cx)?);
        let rotated = tokens.rotate(&self.id, SignedDuration::from_hours(hours), now)?;
        if cx.out.is_json() {
            let mut answer = to_json(&rotated.entry);
            answer["token"] = rotated.secret.to_string().into();
            answer["oldExpiresAt"] = serde_json::json!(rotated.old_ends);
            cx.out.json(&answer)?;
            return Ok(Exit::Done);
        }
        cx.out.line(&rotated.secret)?;
        let (entry, old) = (&rotated.entry, &self.id);
        let until = match hours {
            0 => format!("{old} opens nothing any more"),
            _ => format!("{old} is good until {}", time::minute(rotated.old_ends)),
        };
        cx.out.note(format!("Token {}: {} on {}; {until}.", entry.id, entry.scope, entry.agents));
        Ok(Exit::Done)
    }
}
