//! Lines for one detail of a change, cut to a readable length unless all of it is wanted.

use crate::compare::Detail;
use crate::diff::ProseEdit;
use crate::report::line::{Line, Sign, pair};
use serde_json::Value;

/// Lines of one piece of prose before the rest is counted only.
const PROSE: usize = 12;
/// Letters of one value or sentence.
const LETTERS: usize = 400;

/// The lines of a detail, without indentation. `whole` tells all of it, however long.
pub fn lines(detail: &Detail, whole: bool) -> Vec<Line> {
    match detail {
        Detail::Code { field } if field == "execute" => vec![Line::plain("code changed")],
        Detail::Code { field } => vec![Line::plain(format!("{field}: code changed"))],
        Detail::Secret { field } => vec![Line::plain(format!("{field} changed (secret)"))],
        Detail::Parameter { parameter, says, .. } if !parameter.is_empty() => {
            vec![Line::plain(format!("`{parameter}` {says}"))]
        }
        Detail::Parameter { field, says, .. } => vec![Line::plain(format!("{field} {says}"))],
        Detail::Value { field, from, to } => {
            vec![Line::plain(format!(
                "{field}: {} → {}",
                value(from.as_ref(), whole),
                value(to.as_ref(), whole)
            ))]
        }
        Detail::Text { field, edits } if edits.is_empty() => {
            vec![Line::plain(format!("{field}: only white space differs"))]
        }
        Detail::Text { field, edits } => {
            let mut lines = vec![Line::plain(format!("{field}:"))];
            lines.extend(prose(edits, whole).into_iter().map(|line| line.indented(2)));
            lines
        }
    }
}

/// The changed sentences, those that went before those that came for them.
pub fn prose(edits: &[ProseEdit], whole: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for edit in edits {
        let paired = edit.removed.len() == edit.added.len();
        if paired {
            for (old, new) in edit.removed.iter().zip(&edit.added) {
                let (gone, came) = pair(&cut(old, whole), &cut(new, whole));
                lines.extend([gone, came]);
            }
            continue;
        }
        let line = |sign, mark: &str, text: &String| {
            Line::new(sign, format!("{mark} {}", cut(text, whole)))
        };
        lines.extend(edit.removed.iter().map(|text| line(Sign::Removed, "-", text)));
        lines.extend(edit.added.iter().map(|text| line(Sign::Added, "+", text)));
    }
    if !whole && lines.len() > PROSE {
        let more = lines.len() - PROSE;
        lines.truncate(PROSE);
        lines.push(Line::plain(format!(
            "… and {more} more changed sentences (`--patch` shows all)"
        )));
    }
    lines
}

/// A value on one line.
pub fn value(value: Option<&Value>, whole: bool) -> String {
    let text = match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(other) => other.to_string(),
    };
    cut(&text, whole)
}

fn cut(text: &str, whole: bool) -> String {
    if whole || text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    text.chars().take(LETTERS).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(detail: &Detail, whole: bool) -> Vec<String> {
        lines(detail, whole).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn each_detail_has_its_words() {
        let field = || "timeout".to_owned();
        let value = Detail::Value { field: field(), from: Some(json!(30)), to: None };
        assert_eq!(texts(&value, false), ["timeout: 30 → (none)"]);
        assert_eq!(texts(&Detail::Code { field: "execute".into() }, false), ["code changed"]);
        assert_eq!(
            texts(&Detail::Code { field: "condition".into() }, false),
            ["condition: code changed"]
        );
        assert_eq!(texts(&Detail::Secret { field: field() }, false), ["timeout changed (secret)"]);
        let parameter =
            Detail::Parameter { field: field(), parameter: "size".into(), says: "removed".into() };
        assert_eq!(texts(&parameter, false), ["`size` removed"]);
        let text = |edits| Detail::Text { field: "context".into(), edits };
        assert_eq!(texts(&text(vec![]), false), ["context: only white space differs"]);
        let edit = ProseEdit { removed: vec!["A.".into()], added: vec!["B.".into(), "C.".into()] };
        assert_eq!(texts(&text(vec![edit]), false), ["context:", "  - A.", "  + B.", "  + C."]);
    }

    #[test]
    fn a_long_text_is_cut_unless_all_is_wanted() {
        let edit = ProseEdit { removed: vec![], added: vec!["x".repeat(500); 20] };
        let text = Detail::Text { field: "context".into(), edits: vec![edit] };
        let short = texts(&text, false);
        assert_eq!(short.len(), 14);
        assert_eq!(short[1].chars().count(), "  + ".len() + 401);
        assert_eq!(short[13], "  … and 8 more changed sentences (`--patch` shows all)");
        assert_eq!((texts(&text, true).len(), texts(&text, true)[1].len()), (21, 504));
    }
}
