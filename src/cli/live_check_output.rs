//! Output of the comparison of what runs on the platform with its active version.

use super::Exit;
use crate::client::{CodeGap, LiveCheck, LivePart, LiveState, PushedBy};
use crate::history::imported::{CodeTally, LiveTallies, LiveTally, PromotionProof};
use crate::report::view;
use serde::Serialize;

/// The comparison as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveCheckView<'a> {
    /// Active version: its number here, and there.
    version: u64,
    platform: u64,
    /// True if every part is as the version says; null if the platform does not show all parts, and the others are.
    equal: Option<bool>,
    parts: Vec<PartView<'a>>,
}

impl<'a> LiveCheckView<'a> {
    pub fn new(check: &'a LiveCheck) -> LiveCheckView<'a> {
        let is_equal = check.is_equal();
        LiveCheckView {
            version: check.here,
            platform: check.there,
            equal: Some(is_equal).filter(|is_equal| !is_equal || !check.has_unknown()),
            parts: PartView::all(check),
        }
    }
}

/// Exit code of a comparison.
pub fn exit(check: &LiveCheck) -> Exit {
    match (check.is_equal(), check.has_unknown()) {
        (false, _) => Exit::Found,
        (true, true) => Exit::Unread,
        (true, false) => Exit::Done,
    }
}

/// One part as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PartView<'a> {
    /// `skill`, `persona`, `current persona`, `model`, `setting`, `mcp-server` …
    kind: &'a str,
    name: Option<&'a str>,
    /// `code` for the code of a primitive, whose `there` and `version` are hashes
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'static str>,
    /// `equal`, `different`, `extra` (not in the version), `elsewhere` (not in the version, made in the dashboard or the
    /// marketplace), `missing` (only in the version), `unknown`, `uncompared` (code that the platform does not show, for the
    /// reason)
    state: &'static str,
    there: Option<&'a str>,
    version: Option<&'a str>,
    /// Reason why it is unknown.
    reason: Option<&'a str>,
    /// Origin of one that was made elsewhere: `dashboard`, `marketplace` …
    source: Option<&'a str>,
    /// Time and author of the push of the number that runs.
    #[serde(rename = "pushedAt")]
    pushed_at: Option<String>,
    #[serde(rename = "pushedBy")]
    pushed_by: Option<&'a str>,
}

impl<'a> PartView<'a> {
    fn all(check: &'a LiveCheck) -> Vec<PartView<'a>> {
        let parts = check.parts.iter();
        parts.map(|(part, state)| PartView::new(part, state, &check.pushed)).collect()
    }

    pub fn new(part: &'a LivePart, state: &'a LiveState, pushed: &'a [PushedBy]) -> PartView<'a> {
        let (kind, name) = match part {
            LivePart::Primitive(kind, name) => (*kind, Some(&**name)),
            LivePart::Persona => ("persona", None),
            LivePart::CurrentPersona => ("current persona", None),
            LivePart::Model => ("model", None),
            LivePart::Server(name) => ("mcp-server", Some(&**name)),
            LivePart::Setting(name) => ("setting", Some(*name)),
            LivePart::Code(kind, name) => (*kind, Some(&**name)),
        };
        let (word, there, version, reason) = match state {
            LiveState::Equal => ("equal", None, None, None),
            LiveState::Different { there, version } => {
                ("different", Some(&**there), Some(&**version), None)
            }
            LiveState::Extra { there } => ("extra", Some(&**there), None, None),
            LiveState::Elsewhere { there, .. } => ("elsewhere", Some(&**there), None, None),
            LiveState::Missing { version } => ("missing", None, Some(&**version), None),
            LiveState::Unknown(reason) => ("unknown", None, None, Some(&**reason)),
            LiveState::Uncompared(gap) => ("uncompared", None, None, Some(gap.words())),
        };
        let push = pushed.iter().find(|push| push.part == *part);
        PartView {
            kind,
            name,
            of: matches!(part, LivePart::Code(..)).then_some("code"),
            state: word,
            there,
            version,
            reason,
            source: match state {
                LiveState::Elsewhere { source, .. } => Some(source),
                _ => None,
            },
            pushed_at: push.and_then(|push| push.at_ms).map(crate::history::record::iso),
            pushed_by: push.and_then(|push| push.by.as_deref()),
        }
    }
}

/// Sentences: one for the whole, one for each part that is not as the version says.
pub fn lines(check: &LiveCheck) -> Vec<String> {
    let mut lines = vec![summary(check)];
    for (part, state) in &check.parts {
        if let Some(sentence) = sentence(check, part, state) {
            lines.push(format!("  {sentence}"));
        }
    }
    lines
}

/// `Active v13 there · 7 of 7 primitives at their numbers · persona, model, 2 MCP servers equal · settings equal · code of 7 of 7
/// bundles equal`
pub fn summary(check: &LiveCheck) -> String {
    format!("Active {}", counts(check.here, check.there, &check.tallies()))
}

/// The same of the comparison after a promotion.
pub fn proof(proof: &PromotionProof) -> String {
    let differs = match proof.differs.is_empty() {
        true => String::new(),
        false => format!(" · not equal: {}", proof.differs.join(", ")),
    };
    format!("{}{differs}", counts(proof.here, proof.there, &proof.tallies))
}

fn counts(here: u64, there: u64, tallies: &LiveTallies) -> String {
    let other = match there == here {
        true => String::new(),
        false => format!(" (platform:{there})"),
    };
    let LiveTallies { primitives, persona, model, servers, settings, code } = *tallies;
    let mut words = vec![
        format!("v{here}{other} there"),
        format!("{} of {} primitives at their numbers", primitives.equal, primitives.all()),
    ];
    let server_words = match servers.all() {
        1 => "1 MCP server".to_owned(),
        all => format!("{all} MCP servers"),
    };
    words.extend(tally_words(&[("persona", persona), ("model", model), (&server_words, servers)]));
    words.extend(tally_words(&[("settings", settings)]));
    words.push(code_words(code));
    words.join(" · ")
}

/// Names of parts with one result: `persona, model equal`, `2 MCP servers not equal`. A part without any is left out.
fn tally_words(parts: &[(&str, LiveTally)]) -> Vec<String> {
    let result = |tally: &LiveTally| match tally {
        LiveTally { different: 1.., .. } => "not equal",
        LiveTally { unknown: 1.., .. } => "unknown",
        _ => "equal",
    };
    let with = |word: &str| {
        let names: Vec<&str> = parts
            .iter()
            .filter(|(_, tally)| tally.all() > 0 && result(tally) == word)
            .map(|(name, _)| *name)
            .collect();
        (!names.is_empty()).then(|| format!("{} {word}", names.join(", ")))
    };
    ["equal", "not equal", "unknown"].into_iter().filter_map(with).collect()
}

fn code_words(code: CodeTally) -> String {
    let CodeTally { equal, not_shown, not_pushed_here, not_asked, other_hash, .. } = code;
    let gaps = [
        (not_shown, CodeGap::NotShown),
        (not_pushed_here, CodeGap::NotPushedHere),
        (not_asked, CodeGap::NotAsked),
        (other_hash, CodeGap::OtherHash),
    ];
    let all = code.all();
    if all == 0 {
        return "code of bundles: not compared".to_owned();
    }
    if let Some((_, gap)) = gaps.iter().find(|(count, _)| *count == all) {
        return format!("code of bundles: {}", gap.words());
    }
    let mut words = format!("code of {equal} of {all} bundles equal");
    for (count, gap) in gaps.into_iter().filter(|(count, _)| *count > 0) {
        words.push_str(&format!(", {count} {}", gap.words()));
    }
    words
}

/// Sentence about a part that is not as the version says.
pub fn sentence(check: &LiveCheck, part: &LivePart, state: &LiveState) -> Option<String> {
    let here = check.here;
    let what = match part {
        LivePart::Persona => "persona as served".to_owned(),
        part => part.to_string(),
    };
    let push = check.pushed.iter().find(|push| push.part == *part);
    let by =
        push.and_then(|push| push.by.as_deref()).map_or(String::new(), |by| format!(" by {by}"));
    let at = push
        .and_then(|push| push.at_ms)
        .map_or(String::new(), |at| format!(" at {}", view::minute(at)));
    let push = if push.is_some() { format!(" (pushed{by}{at})") } else { String::new() };
    Some(match (state, part) {
        (LiveState::Equal | LiveState::Uncompared(_), _) => return None,
        (LiveState::Different { .. }, LivePart::Persona) => {
            format!(
                "{what} is not the text of v{here}: somebody edited it there, or the promote moved only the mark"
            )
        }
        (LiveState::Different { there, version }, LivePart::Primitive(..)) => format!(
            "{what} is live as {there}{push}, v{here} has {version}: deployed alone; the next promote reverts it"
        ),
        (LiveState::Different { .. }, LivePart::Code(..)) => {
            format!(
                "{what} is not the code that was pushed for v{here}: the platform shows another hash of it"
            )
        }
        (LiveState::Different { there, version }, _) => {
            format!("{what} is {there}, v{here} has {version}")
        }
        (LiveState::Extra { there }, _) => {
            format!("{what} is live as {there}{push}, and not in v{here}")
        }
        (LiveState::Elsewhere { there, source }, _) => {
            format!("{what} is live as {there}, made in the {source}: not part of v{here}")
        }
        (LiveState::Missing { version }, _) => {
            format!("{what} is not live, v{here} has {version}")
        }
        (LiveState::Unknown(reason), _) => format!("{what} is unknown: {reason}"),
    })
}
