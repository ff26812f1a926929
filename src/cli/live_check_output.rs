//! Output of the comparison of what runs on the platform with its active version.

use super::Exit;
use crate::client::{LiveCheck, LivePart, LiveState, PushedBy};
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
    /// `equal`, `different`, `extra` (not in the version), `elsewhere` (not in the version, made in the dashboard or the
    /// marketplace), `missing` (only in the version), `unknown`
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
        };
        let push = pushed.iter().find(|push| push.part == *part);
        PartView {
            kind,
            name,
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

/// `Active v13 there · 7 of 7 primitives at their numbers · persona, model, 2 MCP servers equal · settings equal · code of
/// bundles: not shown by the platform`
pub fn summary(check: &LiveCheck) -> String {
    let other = match check.there == check.here {
        true => String::new(),
        false => format!(" (platform:{})", check.there),
    };
    let primitives = Tally::of(check, |part| matches!(part, LivePart::Primitive(..)));
    let mut words = vec![
        format!("Active v{}{other} there", check.here),
        format!("{} of {} primitives at their numbers", primitives.equal, primitives.all()),
    ];
    let servers = Tally::of(check, |part| matches!(part, LivePart::Server(_)));
    words.extend(Tally::words(&[
        (
            "persona".to_owned(),
            Tally::of(check, |part| matches!(part, LivePart::Persona | LivePart::CurrentPersona)),
        ),
        ("model".to_owned(), Tally::of(check, |part| matches!(part, LivePart::Model))),
        (
            match servers.all() {
                1 => "1 MCP server".to_owned(),
                all => format!("{all} MCP servers"),
            },
            servers,
        ),
    ]));
    let settings = Tally::of(check, |part| matches!(part, LivePart::Setting(_)));
    words.extend(Tally::words(&[("settings".to_owned(), settings)]));
    words.push("code of bundles: not shown by the platform".to_owned());
    words.join(" · ")
}

/// Number of parts by their result.
#[derive(Clone, Copy, Default)]
struct Tally {
    equal: usize,
    different: usize,
    unknown: usize,
}

impl Tally {
    fn of(check: &LiveCheck, is: fn(&LivePart) -> bool) -> Tally {
        let mut tally = Tally::default();
        for (_, state) in check.parts.iter().filter(|(part, _)| is(part)) {
            match state {
                LiveState::Equal => tally.equal += 1,
                LiveState::Elsewhere { .. } => {}
                LiveState::Unknown(_) => tally.unknown += 1,
                LiveState::Different { .. }
                | LiveState::Extra { .. }
                | LiveState::Missing { .. } => tally.different += 1,
            }
        }
        tally
    }

    fn all(self) -> usize {
        self.equal + self.different + self.unknown
    }

    /// Names of parts with one result: `persona, model equal`, `2 MCP servers not equal`. A part without
    /// any is left out.
    fn words(parts: &[(String, Tally)]) -> Vec<String> {
        let result = |tally: &Tally| match tally {
            Tally { different: 1.., .. } => "not equal",
            Tally { unknown: 1.., .. } => "unknown",
            _ => "equal",
        };
        let with = |word: &str| {
            let names: Vec<&str> = parts
                .iter()
                .filter(|(_, tally)| tally.all() > 0 && result(tally) == word)
                .map(|(name, _)| &**name)
                .collect();
            (!names.is_empty()).then(|| format!("{} {word}", names.join(", ")))
        };
        ["equal", "not equal", "unknown"].into_iter().filter_map(with).collect()
    }
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
        (LiveState::Equal, _) => return None,
        (LiveState::Different { .. }, LivePart::Persona) => {
            format!(
                "{what} is not the text of v{here}: somebody edited it there, or the promote moved only the mark"
            )
        }
        (LiveState::Different { there, version }, LivePart::Primitive(..)) => format!(
            "{what} is live as {there}{push}, v{here} has {version}: deployed alone; the next promote reverts it"
        ),
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
