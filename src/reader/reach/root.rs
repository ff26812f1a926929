//! Pieces of code that a value needs when it runs. Data is in the definition whole; code leads on.

use crate::model::kind::{Kind, TOOL};
use crate::reader::eval::value::{Code, Object, SourceSpan, Value};
use crate::reader::syntax::module::ModuleId;
use crate::reader::syntax::normal;
use oxc_ast::ast::{Class, ClassElement};
use oxc_span::{GetSpan, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Depth to which values are searched; deeper ones were no definition anyway.
const DEPTH: usize = 64;

/// Root of a reach: a function, a class, or an expression, with its place.
#[derive(Clone, Copy)]
pub struct ReachRoot<'a> {
    pub site: SourceSpan,
    node: RootNode<'a>,
}

#[derive(Clone, Copy)]
enum RootNode<'a> {
    Code(Code<'a>),
    Class(&'a Class<'a>),
    /// A class without the fields that the definition has as data, by their index in the kind's
    /// list.
    Made(&'a Class<'a>, &'static Kind, u32),
    /// A whole module, in place of a part of it.
    Module,
    /// The whole declaration around the place.
    Declaration,
    Expression,
}

impl<'a> ReachRoot<'a> {
    pub fn code(module: ModuleId, code: Code<'a>) -> ReachRoot<'a> {
        let span = match code {
            Code::Arrow(node) => node.span,
            Code::Function(node) => node.span,
        };
        ReachRoot { site: SourceSpan::new(module, span), node: RootNode::Code(code) }
    }

    pub fn expression(site: SourceSpan) -> ReachRoot<'a> {
        // A place without an end is no place: then all of the module counts.
        let node = if site.end == 0 { RootNode::Module } else { RootNode::Expression };
        ReachRoot { site, node }
    }

    pub fn module(module: ModuleId) -> ReachRoot<'a> {
        ReachRoot { site: SourceSpan { module, start: 0, end: 0 }, node: RootNode::Module }
    }

    /// All of the declaration that a place is in.
    pub fn declaration(site: SourceSpan) -> ReachRoot<'a> {
        ReachRoot { site, node: RootNode::Declaration }
    }

    pub fn is_declaration(&self) -> bool {
        matches!(self.node, RootNode::Declaration)
    }

    pub fn is_module(&self) -> bool {
        matches!(self.node, RootNode::Module)
    }

    /// The stretches of a class that count, where not all of it does.
    pub fn counted(&self) -> Option<Vec<Span>> {
        let RootNode::Made(class, kind, data) = self.node else { return None };
        let (mut spans, mut from) = (Vec::new(), class.span.start);
        for element in &class.body.body {
            if is_field(element, &|key| is_data(kind, data, key)) {
                spans.push(Span::new(from, element.span().start));
                from = element.span().end;
            }
        }
        spans.push(Span::new(from, class.span.end));
        Some(spans)
    }

    /// The normalised source; `text` is that of the module.
    pub fn normal(&self, text: &str) -> String {
        match self.node {
            RootNode::Code(code) => normal::function(code),
            RootNode::Class(class) => normal::class(class, &|_| false),
            RootNode::Made(class, kind, data) => {
                let is_schema = |key: &str| key.ends_with("Schema") && kind.fields.contains(&key);
                normal::made_class(class, &|key| is_data(kind, data, key), &is_schema)
            }
            RootNode::Expression | RootNode::Declaration | RootNode::Module => {
                let (start, end) = (self.site.start as usize, self.site.end as usize);
                normal::code(text.get(start..end).unwrap_or_default())
            }
        }
    }
}

fn is_data(kind: &Kind, data: u32, key: &str) -> bool {
    kind.fields.iter().position(|field| *field == key).is_some_and(|at| data & (1 << at) != 0)
}

/// True if an element of a class is a field of its instances with one of these names.
pub fn is_field(element: &ClassElement<'_>, named: &dyn Fn(&str) -> bool) -> bool {
    let ClassElement::PropertyDefinition(field) = element else { return false };
    let name = if field.computed { None } else { field.key.static_name() };
    !field.r#static && field.decorators.is_empty() && name.is_some_and(|name| named(&name))
}

/// Each root once.
pub fn distinct<'a>(roots: &[ReachRoot<'a>]) -> Vec<ReachRoot<'a>> {
    let by_site: BTreeMap<SourceSpan, ReachRoot<'a>> =
        roots.iter().map(|root| (root.site, *root)).collect();
    by_site.into_values().collect()
}

/// The code of a primitive and the code that made it; empty where it is only data. Its data is in the definition and no
/// code, nor is that of its tools.
pub fn of_primitive<'a>(kind: &'static Kind, object: &Rc<Object<'a>>) -> Vec<ReachRoot<'a>> {
    let mut found = RootCollector::default();
    found.defined.insert(Rc::as_ptr(object).addr(), kind);
    if let (true, Some(Value::List(tools))) = (kind.word == "skill", object.get("tools")) {
        for tool in tools.borrow().iter() {
            if let Value::Object(tool) = tool {
                found.defined.insert(Rc::as_ptr(tool).addr(), &TOOL);
            }
        }
    }
    found.collect(&Value::Object(object.clone()), DEPTH);
    if !found.is_code {
        return Vec::new();
    }
    distinct(&found.roots)
}

/// The fields of a kind that an object has as texts, numbers and the like.
fn data(kind: &Kind, object: &Object<'_>) -> u32 {
    let is_data = |key: &str| {
        matches!(
            object.get(key),
            Some(Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null)
        )
    };
    let fields = kind.fields.iter().enumerate();
    fields.filter(|(_, key)| is_data(key)).fold(0, |all, (at, _)| all | 1 << at)
}

#[derive(Default)]
struct RootCollector<'a> {
    roots: Vec<ReachRoot<'a>>,
    is_code: bool,
    /// Values that were searched already: one value can occur in many places.
    seen: BTreeSet<usize>,
    /// Objects of the definition, and the kind of each.
    defined: BTreeMap<usize, &'static Kind>,
}

impl<'a> RootCollector<'a> {
    fn code(&mut self, root: ReachRoot<'a>, roots: &[ReachRoot<'a>]) {
        self.is_code = true;
        self.roots.push(root);
        self.roots.extend(roots);
    }

    fn collect(&mut self, value: &Value<'a>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Function(one) => self.code(ReachRoot::code(one.module, one.node), &one.roots),
            Value::Class(class) => self.class(class),
            Value::Unknown(unknown) => self.code(ReachRoot::expression(unknown.site), &[]),
            Value::Namespace(module) => self.code(ReachRoot::module(*module), &[]),
            Value::List(items) if self.seen.insert(Rc::as_ptr(items).addr()) => {
                items.borrow().iter().for_each(|item| self.collect(item, depth));
            }
            Value::Object(object) if self.seen.insert(Rc::as_ptr(object).addr()) => {
                // The methods of a class are code, even if no field has them.
                if let Some(class) = object.made.as_ref().and_then(|made| made.class.as_ref()) {
                    let site = SourceSpan::new(class.module, class.node.span);
                    let node = match self.defined.get(&Rc::as_ptr(object).addr()) {
                        Some(kind) => RootNode::Made(class.node, kind, data(kind, object)),
                        None => RootNode::Class(class.node),
                    };
                    self.code(ReachRoot { site, node }, &class.roots);
                }
                self.roots.extend(&*object.roots);
                self.roots.extend(&*object.schemas.borrow());
                object.fields.borrow().iter().for_each(|(_, field)| self.collect(field, depth));
            }
            _ => {}
        }
    }

    fn class(&mut self, class: &crate::reader::eval::value::Class<'a>) {
        let site = SourceSpan::new(class.module, class.node.span);
        self.code(ReachRoot { site, node: RootNode::Class(class.node) }, &class.roots);
    }
}
