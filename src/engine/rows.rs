//! Tokens as rows of an engine that several servers share.

use crate::error::Result;

/// A token: its id, and the entry as JSON, which contains a hash and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: String,
    pub entry: String,
}

pub trait TokenRows: Send + Sync {
    /// A number that no two states of the tokens share. Whoever asks after a change was answered sees the new one.
    fn etag(&self) -> Result<i64>;

    /// All tokens, the oldest first.
    fn all(&self) -> Result<Vec<TokenRow>>;

    /// Replaces the tokens by what `edit` makes of them, in one step. Changes wait for each other, or `edit` is called again
    /// with what the other one left.
    fn change(&self, edit: &mut dyn FnMut(Vec<TokenRow>) -> Result<Vec<TokenRow>>) -> Result<()>;

    /// Time of the last use of each token, in seconds since 1970-01-01 UTC.
    fn used(&self) -> Result<Vec<(String, i64)>>;

    /// Notes when tokens were used. A time that is earlier than the known one changes nothing.
    fn note_used(&self, times: &[(String, i64)]) -> Result<()>;
}
