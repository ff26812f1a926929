//! An agent that the compiler does not find in the file that makes it.

use super::found::{callee, configuration};
use super::lists::assigned;
use super::names::{Lookup, declarators, default_expression};
use super::values::LossReason;
use crate::model::agent::Agent;
use crate::model::kind::AGENT;
use crate::reader::eval::value::SourceSpan;
use crate::reader::syntax::module::{Binding, Imported, Module};
use oxc_ast::ast::Expression;
use oxc_span::GetSpan;

/// Reason why an agent without a name is none: the template has an empty one until `lua init` sets
/// it.
const NAMELESS: &str = "its name is empty (`lua init` sets it), and without one it is not an agent: the primitives of every file are used instead";

impl Lookup<'_, '_> {
    /// Reason why the agent itself is not made.
    pub fn agent_why(self, agent: &Agent) -> Option<LossReason> {
        let root = self.evaluator.modules.root();
        let module = self.evaluator.modules.open(&root.join(&agent.entry)).ok()?;
        let variables = module.script()?.program.body.iter().flat_map(declarators);
        let mut inits =
            variables.filter_map(|one| one.init.as_ref()).chain(default_expression(&module));
        let value = inits
            .find(|value| makes_agent(&module, value.get_inner_expression()))?
            .get_inner_expression();
        let (class, at) = (AGENT.classes[0], SourceSpan::new(module.id, value.span()));
        let Some(config) = configuration(value)? else {
            return Some((
                at,
                format!("the configuration of `{class}` is not written as an object"),
            ));
        };
        let Some(name) = assigned(config, "name") else {
            return Some((at, "it finds no `name: …` in the configuration".to_owned()));
        };
        match self.text(&module, name) {
            Err((site, reason)) => Some((site, format!("the name is not read: {reason}"))),
            Ok(Some(text)) if text.is_empty() => {
                Some((SourceSpan::new(module.id, name.span()), NAMELESS.to_owned()))
            }
            Ok(_) => {
                let callee = callee(&module, value).filter(|callee| *callee != class)?;
                Some((at, format!("it does not know that `{callee}` creates one")))
            }
        }
    }
}

/// True for a call of a function that makes agents, under whatever name it is imported.
fn makes_agent(module: &Module<'_>, value: &Expression<'_>) -> bool {
    let Some(callee) = callee(module, value) else { return false };
    let word = callee.rsplit('.').next().unwrap_or(callee);
    let word = match module.script().and_then(|script| script.bindings.get(word)) {
        Some(Binding::Import { name: Imported::Name(name), .. }) => name,
        _ => word,
    };
    AGENT.classes.contains(&word) || AGENT.functions.contains(&word)
}
