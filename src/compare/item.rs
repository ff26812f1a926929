//! Items of a push: its result for one part of an agent.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushChange {
    New,
    Changed,
    Unchanged,
    Removed,
}

impl PushChange {
    pub fn word(self) -> &'static str {
        match self {
            PushChange::New => "new",
            PushChange::Changed => "changed",
            PushChange::Unchanged => "unchanged",
            PushChange::Removed => "removed",
        }
    }
}

/// Result of a push for one primitive, the persona, or the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedItem {
    /// The word of the kind, `persona`, or `agent` for the settings, which have no number.
    pub kind: &'static str,
    pub name: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub change: PushChange,
    /// True if the compiler made other code of an unchanged primitive.
    pub rebundled: bool,
}
