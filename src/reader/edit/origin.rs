//! Origin of a value of the agent in the source: the text that writing it back replaces.

use super::site::{EditForm, EditSite, absent, bom, is_named, is_object_method, range};
use crate::error::{Error, Result};
use crate::reader::edit::edit_files::EditFiles;
use crate::reader::eval::file_reads;
use crate::reader::eval::value::{EvalScope, SourceSpan, Value};
use crate::reader::eval::{Evaluator, ResolvedExport};
use crate::reader::primitives::entry;
use crate::reader::syntax::module::{Binding, Module, ModuleContent};
use crate::reader::syntax::modules::Modules;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, NewExpression, ObjectExpression,
    ObjectPropertyKind,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// References followed from the agent to a value.
const HOPS_MAX: usize = 100;

/// Place in the source of the value under these keys of the agent: `["persona"]`, `["persona",
/// "base"]`. An expression that other code uses too does not count. With `is_own` only the agent's
/// own configuration does.
pub fn find(files: &EditFiles<'_>, keys: &[&str], is_own: bool) -> Result<EditSite> {
    crate::reader::on_stack(&files.root()?, |root| {
        let arena = Allocator::default();
        let files = files.files(root, &BTreeMap::new());
        let evaluator = Evaluator::new(Modules::new(root, &files, &arena));
        let (module, agents) = entry::find(root, &evaluator)?.ok_or_else(|| entry::none(root))?;
        let Some(agent) = agents.first() else { return Err(by_hand(&module.path, keys)) };
        let made_in = evaluator.modules.get(agent.site.module);
        let mut finder = AgentFinder {
            evaluator: &evaluator,
            module: &made_in,
            site: agent.site,
            keys,
            is_own,
            found: None,
        };
        if let Some(script) = made_in.script() {
            finder.visit_program(script.program);
        }
        finder.found.unwrap_or_else(|| Err(by_hand(&made_in.path, keys)))
    })
}

fn by_hand(path: &str, keys: &[&str]) -> Error {
    let key = keys.join(".");
    Error::failed(format!(
        "cannot set \"{key}\": how \"{path}\" gives it to the agent is not known"
    ))
    .hint(format!("write `{key}: '…'` into `new LuaAgent({{ … }})`, then try again"))
}

/// Looks for the expression that makes the agent.
struct AgentFinder<'f, 'a> {
    evaluator: &'f Evaluator<'a>,
    module: &'f Rc<Module<'a>>,
    site: SourceSpan,
    keys: &'f [&'f str],
    is_own: bool,
    found: Option<Result<EditSite>>,
}

impl<'a> AgentFinder<'_, 'a> {
    fn made(&mut self, span: Span, arguments: &[Argument<'a>]) {
        if SourceSpan::new(self.module.id, span) != self.site {
            return;
        }
        let Some(config) = arguments.first().and_then(|one| one.as_expression()) else { return };
        let spared = RefCell::default();
        let search = ValueSearch {
            evaluator: self.evaluator,
            hops: 0,
            is_own: self.is_own,
            spared: &spared,
        };
        let found = search.below(self.module, config, self.keys).transpose();
        self.found =
            found.map(|found| found.map(|place| EditSite { spared: spared.take(), ..place }));
    }
}

impl<'a> Visit<'a> for AgentFinder<'_, 'a> {
    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.made(it.span, &it.arguments);
        walk::walk_new_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        self.made(it.span, &it.arguments);
        walk::walk_call_expression(self, it);
    }
}

#[derive(Clone, Copy)]
struct ValueSearch<'s, 'a> {
    evaluator: &'s Evaluator<'a>,
    hops: usize,
    is_own: bool,
    /// Last name that was not followed, because other code uses its value.
    spared: &'s RefCell<Option<String>>,
}

impl<'a> ValueSearch<'_, 'a> {
    fn further(self) -> Option<Self> {
        (self.hops < HOPS_MAX).then_some(ValueSearch { hops: self.hops + 1, ..self })
    }

    /// Place of the value below these keys of an expression; `None` if it is not certain.
    fn below(
        self,
        module: &Rc<Module<'a>>,
        at: &Expression<'a>,
        keys: &[&str],
    ) -> Result<Option<EditSite>> {
        let Some(next) = self.further() else { return Ok(None) };
        let Some((key, rest)) = keys.split_first() else { return self.value(module, at).map(Some) };
        match at.get_inner_expression() {
            Expression::ObjectExpression(object) => {
                match next.property(module, object, key, rest)? {
                    Some(place) => Ok(Some(place)),
                    None if rest.is_empty() => {
                        Ok(Some(absent(module, object, key, self.spared.borrow().is_some())))
                    }
                    None => Ok(None),
                }
            }
            Expression::CallExpression(call) if is_object_method(call) => {
                match call.arguments.last().and_then(|one| one.as_expression()) {
                    Some(last) => next.below(module, last, keys),
                    None => Ok(None),
                }
            }
            other => match next.referred(module, other)? {
                Some((module, Referred::Expression(at))) => next.below(&module, at, keys),
                _ if rest.is_empty() && self.spared.borrow().is_some() => Ok(Some(EditSite {
                    file: module.file.clone(),
                    path: module.path.clone(),
                    range: range(module, at.span()),
                    form: EditForm::Around((*key).to_owned()),
                    spared: None,
                })),
                _ => Ok(None),
            },
        }
    }

    /// A property of an object, or of an object that is spread into it; the last one counts.
    fn property(
        self,
        module: &Rc<Module<'a>>,
        object: &ObjectExpression<'a>,
        key: &str,
        rest: &[&str],
    ) -> Result<Option<EditSite>> {
        for property in object.properties.iter().rev() {
            match property {
                ObjectPropertyKind::ObjectProperty(one) if is_named(&one.key, key) => {
                    if one.shorthand && rest.is_empty() {
                        let place = self.value(module, &one.value)?;
                        // A name that leads nowhere: the property itself is replaced.
                        let stays = place.range == range(module, one.value.span())
                            && place.file == module.file;
                        let form = if stays {
                            EditForm::Shorthand(key.to_owned())
                        } else {
                            place.form.clone()
                        };
                        return Ok(Some(EditSite { form, ..place }));
                    }
                    return self.below(module, &one.value, rest);
                }
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let found = match spread.argument.get_inner_expression() {
                        Expression::ObjectExpression(inner) => {
                            self.property(module, inner, key, rest)?
                        }
                        other => match self.referred(module, other)? {
                            Some((module, Referred::Expression(at))) => {
                                match at.get_inner_expression() {
                                    Expression::ObjectExpression(inner) => {
                                        self.property(&module, inner, key, rest)?
                                    }
                                    _ => None,
                                }
                            }
                            _ => None,
                        },
                    };
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                ObjectPropertyKind::ObjectProperty(_) => {}
            }
        }
        Ok(None)
    }

    /// The place of a value itself: a literal, through constants and imports; else the whole expression.
    fn value(self, module: &Rc<Module<'a>>, at: &Expression<'a>) -> Result<EditSite> {
        let here = |span: Span, form: EditForm| EditSite {
            file: module.file.clone(),
            path: module.path.clone(),
            range: range(module, span),
            form,
            spared: None,
        };
        Ok(match at.get_inner_expression() {
            Expression::StringLiteral(text) => {
                let double = module.text[text.span.start as usize..].starts_with('"');
                here(text.span, EditForm::Quoted(if double { '"' } else { '\'' }))
            }
            Expression::TemplateLiteral(template) => here(template.span, EditForm::Template),
            other => {
                let referred = match self.further() {
                    Some(next) => next.referred(module, other)?.map(|referred| (next, referred)),
                    None => None,
                };
                match referred {
                    Some((next, (module, Referred::Expression(at)))) => next.value(&module, at)?,
                    Some((_, (module, Referred::File))) => EditSite {
                        file: module.file.clone(),
                        path: module.path.clone(),
                        range: bom(&module)..bom(&module) + module.text.len(),
                        form: EditForm::File,
                        spared: None,
                    },
                    None => match self.read_from(module, other)? {
                        Some(place) => place,
                        None => here(at.span(), EditForm::Expression),
                    },
                }
            }
        })
    }

    /// The file that a call reads: `readFileSync('persona.md', 'utf8')`, with `.trim()` and the like behind it.
    fn read_from(self, module: &Rc<Module<'a>>, at: &Expression<'a>) -> Result<Option<EditSite>> {
        let Expression::CallExpression(call) = at.get_inner_expression() else { return Ok(None) };
        if self.is_own {
            return Ok(None);
        }
        let (scope, modules) = (EvalScope::module(module.id), &self.evaluator.modules);
        let value = |span: Span| -> Result<Option<Value<'a>>> {
            let Some(at) = modules.propagate(module, span) else { return Ok(None) };
            self.evaluator.at_top(|| self.evaluator.expression(&scope, at)).map(Some)
        };
        if let (Some(Value::Package(names)), Some(target)) =
            (value(call.callee.span())?, call.arguments.first())
            && let Some(target) = value(target.span())?
        {
            let Some(path) = file_reads::file_read(modules, &names, &target) else {
                return Ok(None);
            };
            let Some(text) = modules.text(&path)? else { return Ok(None) };
            let relative = modules.relative(&path);
            let range = 0..text.len();
            return Ok(Some(EditSite {
                file: path,
                path: relative,
                range,
                form: EditForm::File,
                spared: None,
            }));
        }
        match call
            .callee
            .as_member_expression()
            .map(|member| (member.object(), member.static_property_name()))
        {
            Some((object, Some("trim" | "trimEnd" | "trimStart" | "toString"))) => {
                self.read_from(module, object)
            }
            _ => Ok(None),
        }
    }

    /// Expression that a name or a member refers to.
    fn referred<'e>(
        self,
        module: &Rc<Module<'a>>,
        at: &'e Expression<'a>,
    ) -> Result<Option<Reference<'e, 'a>>>
    where
        'a: 'e,
    {
        match at {
            Expression::Identifier(name) => self.declared(module, name.name.as_str()),
            Expression::StaticMemberExpression(member) => {
                let Some((module, Referred::Expression(object))) =
                    self.referred(module, &member.object)?
                else {
                    return self.member_of_module(
                        module,
                        &member.object,
                        member.property.name.as_str(),
                    );
                };
                let Expression::ObjectExpression(object) = object.get_inner_expression() else {
                    return Ok(None);
                };
                let named = object.properties.iter().rev().find_map(|property| match property {
                    ObjectPropertyKind::ObjectProperty(one)
                        if is_named(&one.key, &member.property.name) =>
                    {
                        Some(&one.value)
                    }
                    _ => None,
                });
                Ok(named.map(|value| (module, Referred::Expression(value))))
            }
            _ => Ok(None),
        }
    }

    /// `texts.persona` of `import * as texts`.
    fn member_of_module<'e>(
        self,
        module: &Rc<Module<'a>>,
        object: &Expression<'a>,
        key: &'a str,
    ) -> Result<Option<Reference<'e, 'a>>>
    where
        'a: 'e,
    {
        let Expression::Identifier(name) = object else { return Ok(None) };
        let evaluator = self.evaluator;
        match evaluator.module_named(module, name.name.as_str())? {
            Some(other) => match evaluator.export(other, key)? {
                ResolvedExport::Local(module, name) => self.declared(&module, name),
                ResolvedExport::Value(_) => Ok(None),
            },
            None => Ok(None),
        }
    }

    fn declared<'e>(self, module: &Rc<Module<'a>>, name: &str) -> Result<Option<Reference<'e, 'a>>>
    where
        'a: 'e,
    {
        let Some(next) = self.further().filter(|_| !self.is_own) else { return Ok(None) };
        let Some(script) = module.script() else { return Ok(None) };
        match script.bindings.get(name) {
            Some(&Binding::Variable {
                pattern: BindingPattern::BindingIdentifier(_),
                init: Some(init),
            }) => {
                if self.evaluator.uses(module, name)? > 1 {
                    *self.spared.borrow_mut() = Some(format!("\"{name}\" in \"{}\"", module.path));
                    return Ok(None);
                }
                Ok(Some((module.clone(), Referred::Expression(init))))
            }
            Some(&Binding::Import { link, name }) => {
                match self.evaluator.imported(module, link, name)? {
                    Some((module, name)) => match &module.content {
                        ModuleContent::Text => Ok(Some((module, Referred::File))),
                        ModuleContent::Json(_) => Ok(None),
                        ModuleContent::Script(_) => {
                            match self.evaluator.export(module.clone(), name)? {
                                ResolvedExport::Local(module, name) => next.declared(&module, name),
                                ResolvedExport::Value(_) => Ok(default_of(&module, name)),
                            }
                        }
                    },
                    None => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }
}

type Reference<'e, 'a> = (Rc<Module<'a>>, Referred<'e, 'a>);

enum Referred<'e, 'a> {
    Expression(&'e Expression<'a>),
    File,
}

/// `export default 'text'` of this very module.
fn default_of<'e, 'a>(module: &Rc<Module<'a>>, name: &str) -> Option<Reference<'e, 'a>>
where
    'a: 'e,
{
    match module.script()?.exports.get(name) {
        Some(&crate::reader::syntax::module::Export::Expression(at)) => {
            Some((module.clone(), Referred::Expression(at)))
        }
        _ => None,
    }
}
