//! Evaluator: the value of an expression, without running the project.
//!
//! It knows literals, operators, names across modules, objects, classes, and functions that only
//! compute. Everything else becomes [`Value::Unknown`] with the place and the reason; it never
//! guesses. Steps and depth are bounded, so every project ends in an answer.

pub mod assign;
pub mod body;
pub mod builtin;
pub mod call;
pub mod class;
pub mod exports;
pub mod expression;
pub mod file_reads;
pub mod flow;
pub mod imported_json;
pub mod library;
pub mod limits;
pub mod lists;
mod literal;
pub mod operator;
pub mod pattern;
pub mod value;

use crate::error::Result;
use crate::reader::eval::body::Flow;
use crate::reader::eval::expression::propagate;
use crate::reader::eval::value::{Code, EvalScope, SourceSpan, Value};
use crate::reader::reach::root::{self, ReachRoot};
use crate::reader::syntax::module::{Binding, Module, ModuleId, Script};
use crate::reader::syntax::modules::Modules;
use oxc_ast::ast::{BindingPattern, Expression};
use oxc_span::{GetSpan, Span};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Expressions within expressions, calls included.
const DEPTH_MAX: u32 = 1_500;
/// Expressions evaluated for one project.
const STEPS_MAX: u32 = 5_000_000;
/// Bytes of a text and items of a list.
pub const SIZE_MAX: usize = 1 << 20;

pub struct Evaluator<'a> {
    pub modules: Modules<'a>,
    values: RefCell<HashMap<(ModuleId, &'a str), Value<'a>>>,
    defaults: RefCell<HashMap<ModuleId, Value<'a>>>,
    /// Names being evaluated: a name that needs itself is unknown.
    busy: RefCell<HashSet<(ModuleId, &'a str)>>,
    /// Statements of the top level that ran, and the one that runs now.
    run: RefCell<HashSet<SourceSpan>>,
    running: Cell<Option<SourceSpan>>,
    /// Names whose further statements wait for that one.
    later: RefCell<Vec<(ModuleId, &'a str, Value<'a>)>>,
    /// The calls that run now, one list for each top-level name being evaluated.
    frames: RefCell<Vec<Vec<ReachRoot<'a>>>>,
    depth: Cell<u32>,
    steps: Cell<u32>,
    /// See `limits`.
    pub made: Cell<usize>,
}

/// Target of an exported name.
pub enum ResolvedExport<'a> {
    Local(Rc<Module<'a>>, &'a str),
    Value(Value<'a>),
}

impl<'a> Evaluator<'a> {
    pub fn new(modules: Modules<'a>) -> Evaluator<'a> {
        Evaluator {
            modules,
            values: RefCell::default(),
            defaults: RefCell::default(),
            busy: RefCell::default(),
            run: RefCell::default(),
            running: Cell::new(None),
            later: RefCell::default(),
            frames: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(0),
            made: Cell::new(0),
        }
    }

    /// Counts operations that cost more than one step: a call, a turn of a loop. Their result can
    /// be nested as deeply as there are turns, and has to be dropped again.
    pub fn spend(&self, steps: u32) {
        self.steps.set(self.steps.get() + steps);
    }

    /// True if evaluation ended soon after its last step.
    pub fn kept_to_steps(&self) -> bool {
        self.steps.get() <= 2 * STEPS_MAX
    }

    /// Runs one step deeper, or gives an unknown where that is too deep or too long.
    pub fn deeper(
        &self,
        site: SourceSpan,
        run: impl FnOnce() -> Result<Value<'a>>,
    ) -> Result<Value<'a>> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > STEPS_MAX {
            return Ok(Value::unknown(site, "takes too many steps to evaluate"));
        }
        if self.depth.get() >= DEPTH_MAX {
            return Ok(Value::unknown(site, "is nested too deeply"));
        }
        self.depth.set(self.depth.get() + 1);
        let value = run();
        self.depth.set(self.depth.get() - 1);
        value
    }

    /// The code that runs now: calls, and the functions that they call.
    pub fn roots(&self) -> Rc<[ReachRoot<'a>]> {
        match self.frames.borrow().last() {
            Some(frame) if !frame.is_empty() => root::distinct(frame).into(),
            _ => Rc::default(),
        }
    }

    /// The same for a value made in a scope: at the top level of a module nothing else had to run.
    pub fn roots_in(&self, scope: &EvalScope<'a>) -> Rc<[ReachRoot<'a>]> {
        if scope.parent.is_some() { self.roots() } else { Rc::default() }
    }

    /// Runs a call within the current frame.
    pub fn within<T>(&self, pieces: &[ReachRoot<'a>], run: impl FnOnce() -> T) -> T {
        if let Some(frame) = self.frames.borrow_mut().last_mut() {
            frame.extend(pieces);
        }
        let value = run();
        if let Some(frame) = self.frames.borrow_mut().last_mut() {
            frame.truncate(frame.len() - pieces.len());
        }
        value
    }

    /// Runs code of a module's top level in a frame of its own.
    pub fn at_top<T>(&self, run: impl FnOnce() -> T) -> T {
        self.frames.borrow_mut().push(Vec::new());
        let value = run();
        self.frames.borrow_mut().pop();
        value
    }

    /// Value of a name in a scope; `None` for a name that nothing declares.
    pub fn name(&self, scope: &Rc<EvalScope<'a>>, name: &str) -> Result<Option<Value<'a>>> {
        if let Some(value) = scope.find(name) {
            return Ok(Some(value));
        }
        let module = self.modules.get(scope.module);
        let Some((&name, _)) =
            module.script().and_then(|script| script.bindings.get_key_value(name))
        else {
            return Ok(None);
        };
        self.local(module, name).map(Some)
    }

    /// The value of a top-level name. Imports are followed in a loop, so that no chain is too long.
    fn local(&self, module: Rc<Module<'a>>, name: &'a str) -> Result<Value<'a>> {
        let mut at = (module, name);
        let mut seen = HashSet::new();
        loop {
            let key = (at.0.id, at.1);
            if let Some(value) = self.values.borrow().get(&key) {
                return Ok(value.clone());
            }
            let Some(script) = at.0.script() else { return Ok(Value::Undefined) };
            let next = match script.bindings.get(at.1) {
                Some(&Binding::Import { link, name }) => self.import(&at.0, link, name)?,
                Some(&Binding::Variable { init: Some(Expression::Identifier(other)), .. })
                    if self.plain(script, at.1, other.name.as_str()) =>
                {
                    ResolvedExport::Local(at.0.clone(), other.name.as_str())
                }
                Some(&binding) => return self.declared(&at.0, at.1, binding),
                None => ResolvedExport::Value(Value::unknown(
                    SourceSpan::new(at.0.id, Span::default()),
                    format!("needs \"{}\", which is not declared", at.1),
                )),
            };
            match next {
                ResolvedExport::Value(value) => return Ok(value),
                ResolvedExport::Local(module, name) if seen.insert((module.id, name)) => {
                    at = (module, name)
                }
                ResolvedExport::Local(module, name) => {
                    let reason = format!("needs \"{name}\", which refers to itself");
                    return Ok(Value::unknown(SourceSpan::new(module.id, Span::default()), reason));
                }
            }
        }
    }

    /// `const a = b` with nothing else to it: evaluated without a level of depth.
    fn plain(&self, script: &Script<'a>, name: &str, other: &str) -> bool {
        script.bindings.contains_key(other)
            && !script.names.assigned.contains(name)
            && !script.effects.contains_key(name)
            && matches!(
                script.bindings.get(name),
                Some(Binding::Variable { pattern: BindingPattern::BindingIdentifier(_), .. })
            )
    }

    fn declared(
        &self,
        module: &Rc<Module<'a>>,
        name: &'a str,
        binding: Binding<'a>,
    ) -> Result<Value<'a>> {
        let key = (module.id, name);
        let site = |span: Span| SourceSpan::new(module.id, span);
        if !self.busy.borrow_mut().insert(key) {
            let span = binding_span(binding);
            return Ok(Value::unknown(site(span), format!("needs \"{name}\", which needs itself")));
        }
        let scope = EvalScope::module(module.id);
        let value = self.at_top(|| match binding {
            Binding::Variable { pattern, init } => {
                self.variable(module, &scope, name, pattern, init)
            }
            Binding::Function(node) => Ok(self.function(&scope, Code::Function(node))),
            Binding::Class(node) => self.class(&scope, node),
            Binding::Enum(node) => self.enumeration(&scope, node),
            Binding::Import { link, .. } => Ok(Value::unknown(site(link.span), "is imported")),
            Binding::Namespace(node) => self.namespace(&scope, node),
            Binding::Opaque(span) => {
                Ok(Value::unknown(site(span), "is a declaration that is not evaluated"))
            }
        });
        self.busy.borrow_mut().remove(&key);
        let value = value?;
        self.values.borrow_mut().insert(key, value.clone());
        self.at_top(|| self.effects(module.id, name, &value))?;
        Ok(value)
    }

    fn variable(
        &self,
        module: &Module<'a>,
        scope: &Rc<EvalScope<'a>>,
        name: &'a str,
        pattern: &'a BindingPattern<'a>,
        init: Option<&'a Expression<'a>>,
    ) -> Result<Value<'a>> {
        let site = SourceSpan::new(module.id, init.map_or_else(|| pattern.span(), GetSpan::span));
        let assigned = module.script().is_some_and(|script| script.names.assigned.contains(name));
        if assigned {
            return Ok(Value::unknown(
                site,
                format!("needs \"{name}\", which is assigned more than once"),
            ));
        }
        let Some(init) = init else {
            return Ok(Value::unknown(site, format!("needs \"{name}\", which has no value here")));
        };
        let value = self.expression(scope, init)?;
        if matches!(pattern, BindingPattern::BindingIdentifier(_)) {
            return Ok(value);
        }
        let inner = EvalScope::inside(scope, None);
        self.bind(&inner, pattern, value)?;
        Ok(inner.find(name).unwrap_or(Value::Undefined))
    }

    /// Runs the top-level statements that change the value of a name: `skill.addTool(new Tool())`.
    /// Each runs once, for the first of the names it changes that is requested; while it runs, the
    /// others have only the changes of the statements above it.
    fn effects(&self, module: ModuleId, name: &'a str, value: &Value<'a>) -> Result<()> {
        let module = self.modules.get(module);
        let Some(effects) = module.script().and_then(|script| script.effects.get(name)) else {
            return Ok(());
        };
        let scope = EvalScope::module(module.id);
        for &effect in effects {
            let site = SourceSpan::new(module.id, effect.span());
            let above = self.running.get();
            if above.is_some_and(|above| above.module == module.id && above.start < site.start) {
                self.later.borrow_mut().push((module.id, name, value.clone()));
                break;
            }
            if !self.run.borrow_mut().insert(site) {
                continue;
            }
            self.running.set(Some(site));
            let flow =
                self.within(&[ReachRoot::declaration(site)], || self.statement(&scope, effect));
            self.running.set(above);
            if let Flow::Return(unknown) = flow? {
                value.taint(propagate(unknown, site));
            }
        }
        while self.running.get().is_none()
            && let Some((module, name, value)) = { self.later.borrow_mut().pop() }
        {
            self.effects(module, name, &value)?;
        }
        Ok(())
    }
}

fn binding_span(binding: Binding<'_>) -> Span {
    match binding {
        Binding::Variable { pattern, init } => init.map_or_else(|| pattern.span(), GetSpan::span),
        Binding::Function(node) => node.span,
        Binding::Class(node) => node.span,
        Binding::Enum(node) => node.span,
        Binding::Import { link, .. } => link.span,
        Binding::Namespace(node) => node.span,
        Binding::Opaque(span) => span,
    }
}
