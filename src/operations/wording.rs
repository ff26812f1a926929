//! The words that somebody gives a record: a message, a reason, an author. They are kept for ever and sent to every remote.

use crate::error::{Error, Result};
use crate::history::rules;
use crate::operations::leak;
use crate::store::Store;
use crate::workspace::{self, Patterns};

/// Refuses texts that no record may hold, before there is one: too long ones, and secrets. Each has
/// the name of its field.
pub fn check(store: &Store, words: &[(&str, Option<&str>)]) -> Result<()> {
    check_with(words, |field| Ok(Patterns::new(&store.config()?.allow()).matches(field)))
}

/// The same where no project allows anything.
pub fn check_words(words: &[(&str, Option<&str>)]) -> Result<()> {
    check_with(words, |_| Ok(false))
}

/// Refuses a text with a secret, however long it is.
pub fn check_secret(field: &str, text: &str) -> Result<()> {
    let Some(hit) = workspace::secrets(text.as_bytes()).next() else { return Ok(()) };
    let reason = leak::reason(text, &hit);
    Err(Error::failed(format!("cannot store this {field}: it {reason}")))
}

fn check_with(
    words: &[(&str, Option<&str>)],
    is_allowed: impl Fn(&str) -> Result<bool>,
) -> Result<()> {
    for (field, text) in words {
        text.map_or(Ok(()), |text| rules::check_text(field, text))?;
        let Some(hit) = text.and_then(|text| workspace::secrets(text.as_bytes()).next()) else {
            continue;
        };
        let allow = format!("record/{field}");
        if is_allowed(&allow)? {
            continue;
        }
        let reason = leak::reason(text.unwrap_or_default(), &hit);
        return Err(Error::failed(format!("cannot store this {field}: it {reason}")).hint(format!(
            "write it without that value: it would be stored for ever and sent to every remote\n\
             add \"{allow}\" to the list `allow` of \".lua/config.toml\" if it is not a secret"
        )));
    }
    Ok(())
}
