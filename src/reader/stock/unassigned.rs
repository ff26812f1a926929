//! A property that an object has when it runs, and that the compiler does not find in how it is written.

use super::values::LossReason;
use crate::reader::eval::value::SourceSpan;
use crate::reader::syntax::module::Module;
use oxc_ast::ast::{ObjectExpression, ObjectPropertyKind, PropertyKey};
use oxc_span::GetSpan;

/// Reason why a property that an object has when it runs is none to the compiler.
pub fn unassigned<'a>(module: &Module<'a>, config: &ObjectExpression<'a>, key: &str) -> LossReason {
    let mut at = (config.span, format!("there is no `{key}: …` in this object"));
    for property in &config.properties {
        match property {
            ObjectPropertyKind::SpreadProperty(spread) => {
                at = (
                    spread.span,
                    format!("it does not look for `{key}` in an object that is spread"),
                );
            }
            ObjectPropertyKind::ObjectProperty(one) => {
                let reason = match &one.key {
                    PropertyKey::StaticIdentifier(name) if name.name == key && one.shorthand => {
                        format!("it does not read `{key}` in short, without `{key}: `")
                    }
                    PropertyKey::StaticIdentifier(name) if name.name == key => {
                        format!("it does not read `{key}` as a method or a getter")
                    }
                    PropertyKey::StringLiteral(text) if text.value == key => {
                        format!("it does not read the key `{key}` in quotes")
                    }
                    _ => continue,
                };
                at = (one.span(), reason);
                break;
            }
        }
    }
    (SourceSpan::new(module.id, at.0), at.1)
}
