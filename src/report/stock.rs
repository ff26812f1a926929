//! Differences of two versions as `lua compile` builds them, in words and as JSON.

use super::line::{Line, Sign};
use crate::model::agent::Dropped;
use crate::operations::stock::{Difference, NAMES, list};
use serde::Serialize;

/// `As `lua compile` builds it:`, and what it leaves out, form by form.
pub fn built_lines(difference: &Difference) -> Vec<Line> {
    let title = "As `lua compile` builds it:";
    if let Some((name, reason)) = &difference.unknown {
        return vec![Line::plain(format!(
            "{title} not known, since {name} cannot be read: {reason}"
        ))];
    }
    let mut lines = Vec::new();
    let groups = [
        (Sign::Removed, "−", &difference.removed, ""),
        (Sign::Added, "+", &difference.restored, ""),
        (Sign::Removed, "−", &difference.missing, ", omitted since the beginning"),
    ];
    for (sign, mark, lost, end) in groups {
        let same =
            |a: &Dropped, b: &Dropped| (&a.field, &a.kind, &a.of) == (&b.field, &b.kind, &b.of);
        let mut lost: Vec<&Dropped> = lost.iter().collect();
        lost.sort_by_key(|one| (&one.field, &one.kind, &one.of, &one.name));
        for group in lost.chunk_by(|a, b| same(a, b)) {
            let what = match &group[0].field {
                None => counted(group),
                Some(field) => format!("`{field}` of {}", counted(group)),
            };
            let why = match sign {
                Sign::Removed => {
                    format!(" ({}:{}: {})", group[0].path, group[0].line, group[0].reason)
                }
                _ => String::new(),
            };
            lines.push(Line::new(sign, format!("  {mark} {what}{end}{why}")));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, Line::plain(title));
    }
    lines
}

/// The same as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BuiltView<'a> {
    removed: &'a [Dropped],
    restored: &'a [Dropped],
    missing: &'a [Dropped],
    unknown: Option<UnreadVersion<'a>>,
    deployable: Option<bool>,
}

/// A version that cannot be read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnreadVersion<'a> {
    /// Null for what is no agent version.
    version: Option<u64>,
    name: &'a str,
    reason: &'a str,
}

impl<'a> UnreadVersion<'a> {
    fn new(name: &'a str, reason: &'a str) -> UnreadVersion<'a> {
        let version = name.strip_prefix('v').and_then(|number| number.parse().ok());
        UnreadVersion { version, name, reason }
    }
}

impl<'a> BuiltView<'a> {
    pub fn new(difference: &'a Difference) -> BuiltView<'a> {
        let Difference { removed, restored, missing, unknown, deployable } = difference;
        let unknown = unknown.as_ref();
        let unknown = unknown.map(|(name, reason)| UnreadVersion::new(name, reason.as_str()));
        BuiltView { removed, restored, missing, unknown, deployable: *deployable }
    }
}

/// `12 tools of skill partner`, or their names where they are few.
fn counted(group: &[&Dropped]) -> String {
    if group.len() <= NAMES {
        return list(group);
    }
    let of = group[0].of.as_ref().map_or(String::new(), |skill| format!(" of skill {skill}"));
    format!("{} {}s{of}", group.len(), group[0].kind)
}
