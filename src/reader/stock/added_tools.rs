//! Tools that code adds to a skill: `skill.addTool(…)`, `skill.addTools([…])`.

use super::found::{StockForm, StockPrimitive};
use super::names::{Decl, Lookup, import_as};
use crate::reader::syntax::module::Module;
use oxc_ast::AstKind;
use oxc_ast::ast::Expression;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, Span};
use std::rc::Rc;

/// Every node of a file.
pub fn nodes<'a>(module: &Module<'a>) -> Vec<AstKind<'a>> {
    let Some(script) = module.script() else { return Vec::new() };
    let semantic = SemanticBuilder::new().with_build_nodes(true).build(script.program).semantic;
    semantic.nodes().iter().map(|node| node.kind()).collect()
}

/// Arguments of `addTools` (a list) and `addTool` (a word) of a skill, in its file.
pub fn added<'a>(
    lookup: Lookup<'_, 'a>,
    skill: &StockPrimitive<'a>,
) -> Vec<(Option<&'a str>, &'a Expression<'a>)> {
    let module = &skill.module;
    if !module.text.contains("addTool") || skill.export == "default" && skill.class.is_none() {
        return Vec::new();
    }
    let calls = nodes(module).into_iter().filter_map(|node| {
        let AstKind::CallExpression(call) = node else { return None };
        let Expression::StaticMemberExpression(member) = &call.callee else { return None };
        let argument = call.arguments.first()?.as_expression()?;
        if !is_owner(lookup, skill, &member.object, call.span) {
            return None;
        }
        match (member.property.name.as_str(), argument) {
            ("addTools", _) => Some((None, argument)),
            ("addTool", Expression::NewExpression(new)) => {
                let span = new.callee.span();
                Some((Some(&module.text[span.start as usize..span.end as usize]), argument))
            }
            ("addTool", Expression::Identifier(name)) => Some((Some(name.name.as_str()), argument)),
            _ => None,
        }
    });
    calls.collect()
}

/// The file that a name is imported from, by its name there; this one where it is not imported.
pub fn imported<'a>(
    lookup: Lookup<'_, 'a>,
    module: &Rc<Module<'a>>,
    word: &str,
) -> Option<Rc<Module<'a>>> {
    match import_as(module, word) {
        Some(link) => lookup.target(module, link),
        None => Some(module.clone()),
    }
}

/// A class's own code adds to itself; else the name has to lead to the skill's variable.
fn is_owner<'a>(
    lookup: Lookup<'_, 'a>,
    skill: &StockPrimitive<'a>,
    object: &Expression<'_>,
    call: Span,
) -> bool {
    const HOPS: usize = 10;
    if let StockForm::Class(class) = skill.shape {
        return class.span.contains_inclusive(call);
    }
    let Expression::Identifier(name) = object else { return false };
    let mut at = name.name.to_string();
    for _ in 0..HOPS {
        if at == skill.export {
            return true;
        }
        match lookup.local(&skill.module, &at) {
            Some(Decl::Variable(_, Some(Expression::Identifier(next)))) => {
                at = next.name.to_string()
            }
            _ => return false,
        }
    }
    false
}
