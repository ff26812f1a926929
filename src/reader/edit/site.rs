//! A part of a file that writing a value back replaces, and how the value is written there.

use crate::reader::syntax::module::Module;
use oxc_ast::ast::{CallExpression, Expression, ObjectExpression, ObjectPropertyKind, PropertyKey};
use oxc_span::{GetSpan, Span};
use std::ops::Range;
use std::path::PathBuf;

/// A part of a file of the project.
pub struct EditSite {
    pub file: PathBuf,
    /// Relative to the project, with `/`.
    pub path: String,
    /// The bytes of `file` that are replaced.
    pub range: Range<usize>,
    pub form: EditForm,
    /// A constant that other code uses too, so that it stays and the value is written where it is named.
    pub spared: Option<String>,
}

/// Form in which the value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditForm {
    Quoted(char),
    Template,
    /// Any other expression, as a whole.
    Expression,
    /// `{ persona }`: the replacement needs the key.
    Shorthand(String),
    /// An object that other code uses too: it is spread into one of its own, with this key.
    Around(String),
    /// No property yet: the insertion needs the key, and a separator.
    Absent {
        key: String,
        separator: Separator,
    },
    /// A whole file of text.
    File,
}

/// Text between an inserted property and its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Separator {
    /// The first one of an empty object.
    None,
    /// After another: a comma and this white space before it.
    Before(String),
}

pub fn is_named(key: &PropertyKey<'_>, name: &str) -> bool {
    key.static_name().is_some_and(|key| key == name)
}

/// `Object.freeze({ … })`, `Object.assign({}, { … })`.
pub fn is_object_method(call: &CallExpression<'_>) -> bool {
    let Some(member) = call.callee.as_member_expression() else { return false };
    matches!(member.object(), Expression::Identifier(name) if name.name == "Object")
        && ["freeze", "seal", "assign"].contains(&member.static_property_name().unwrap_or_default())
}

/// A place for a new property: after the name of the agent, else after the last property. What is to win over an
/// object that is spread in comes last.
pub fn absent(
    module: &Module<'_>,
    object: &ObjectExpression<'_>,
    key: &str,
    is_last: bool,
) -> EditSite {
    let named = if is_last { None } else { name(object) };
    let at = named.or_else(|| object.properties.len().checked_sub(1));
    absent_after(module, object, key, at)
}

fn name(object: &ObjectExpression<'_>) -> Option<usize> {
    object.properties.iter().position(
        |property| matches!(property, ObjectPropertyKind::ObjectProperty(one) if is_named(&one.key, "name")),
    )
}

fn absent_after(
    module: &Module<'_>,
    object: &ObjectExpression<'_>,
    key: &str,
    at: Option<usize>,
) -> EditSite {
    let (offset, separator) = match at.map(|at| object.properties[at].span()) {
        Some(span) => {
            let before = match at {
                Some(at) if at > 0 => object.properties[at - 1].span().end,
                _ => object.span.start + 1,
            };
            let gap = &module.text[before as usize..span.start as usize];
            // White space before the neighbour, without the comments above it.
            let space = gap.trim_end_matches([' ', '\t', '\n', '\r']).len();
            let space = &gap[space..];
            let last_line = space.rfind('\n').map(|at| &space[at + 1..]);
            let space = match last_line {
                Some(indent) if module.text.contains("\r\n") => format!("\r\n{indent}"),
                Some(indent) => format!("\n{indent}"),
                None => " ".to_owned(),
            };
            (span.end, Separator::Before(space))
        }
        None => (object.span.start + 1, Separator::None),
    };
    EditSite {
        file: module.file.clone(),
        path: module.path.clone(),
        range: range(module, Span::new(offset, offset)),
        form: EditForm::Absent { key: key.to_owned(), separator },
        spared: None,
    }
}

/// A span of the text as bytes of the file, which may begin with a mark.
pub fn range(module: &Module<'_>, span: Span) -> Range<usize> {
    bom(module) + span.start as usize..bom(module) + span.end as usize
}

pub fn bom(module: &Module<'_>) -> usize {
    if module.marked { '\u{feff}'.len_utf8() } else { 0 }
}
