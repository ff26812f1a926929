//! Losses: parts of an agent that the stock compiler would leave out, leave empty or change.

use super::found::{StockForm, StockPrimitive, callee};
use super::lists::{assigned, mentions};
use super::names::{Lookup, declarators, is_named};
use super::unassigned::unassigned;
use super::values::LossReason;
use super::view::{ListedPrimitive, Loss, StockView};
use crate::model::agent::{Agent, Dropped, Persona, Primitive};
use crate::reader::eval::value::SourceSpan;
use crate::reader::primitives::script;
use crate::reader::syntax::module::{Binding, Imported, Module};
use oxc_ast::ast::Expression;
use serde_json::Value as Json;
use std::rc::Rc;

pub fn losses<'a>(lookup: Lookup<'_, 'a>, agent: &Agent, view: &StockView<'a>) -> Vec<Dropped> {
    let mut all = Losses { lookup, view, dropped: Vec::new() };
    for one in agent.primitives.iter().filter(|one| !one.source.path.ends_with(script::SUFFIX)) {
        all.primitive(one);
    }
    if !agent.entry.is_empty() {
        all.agent(agent);
    }
    let mut dropped = all.dropped;
    dropped.sort();
    dropped.dedup();
    dropped
}

struct Losses<'w, 'l, 'a> {
    lookup: Lookup<'l, 'a>,
    view: &'w StockView<'a>,
    dropped: Vec<Dropped>,
}

/// Owner of a value.
struct Subject<'s> {
    kind: &'s str,
    name: &'s str,
    of: Option<&'s str>,
}

impl<'a> Losses<'_, '_, 'a> {
    fn lose(&mut self, subject: &Subject<'_>, field: Option<&str>, why: LossReason) {
        self.add(subject, field, false, why);
    }

    /// A property to which the compiler gives another value.
    fn alter(&mut self, subject: &Subject<'_>, field: &str, why: Option<LossReason>) {
        why.into_iter().for_each(|why| self.add(subject, Some(field), true, why));
    }

    fn add(
        &mut self,
        subject: &Subject<'_>,
        field: Option<&str>,
        otherwise: bool,
        (site, reason): LossReason,
    ) {
        let module = self.lookup.evaluator.modules.get(site.module);
        let (line, column) = module.place(site.span());
        self.dropped.push(Dropped {
            path: module.path.clone(),
            line,
            column,
            kind: subject.kind.to_owned(),
            name: subject.name.to_owned(),
            of: subject.of.map(str::to_owned),
            field: field.map(str::to_owned),
            otherwise,
            reason,
        });
    }

    fn primitive(&mut self, one: &Primitive) {
        let subject = Subject { kind: one.kind.word, name: &one.name, of: None };
        let view = self.view;
        let here =
            |it: &&ListedPrimitive<'_>| it.found.kind == one.kind.word && it.found.name == one.name;
        let Some(made) = view.primitives.iter().find(here) else {
            let why = self.why(one.kind.word, &one.name, None);
            return self.drop_all(&subject, why, &one.source.path, one.source.line);
        };
        self.fields(&subject, &made.found, &one.definition);
        match one.kind.word {
            "webhook" => return self.webhook(&subject, &made.found, one),
            "skill" => self.condition(&subject, &made.found, &one.definition),
            _ => return,
        }
        for tool in one.definition["tools"].as_array().into_iter().flatten() {
            self.tool(&one.name, made, tool);
        }
    }

    fn tool(&mut self, skill: &str, made: &ListedPrimitive<'_>, tool: &Json) {
        let Some(name) = tool["name"].as_str() else { return };
        let subject = Subject { kind: "tool", name, of: Some(skill) };
        if !made.tools.iter().any(|other| other == name) {
            let (site, path) = (made.found.site(), tool["path"].as_str().unwrap_or_default());
            let (path, line) = if path.is_empty() {
                let module = self.lookup.evaluator.modules.get(site.module);
                (module.path.clone(), module.place(site.span()).0)
            } else {
                (path.to_owned(), 1)
            };
            let why = self.why("tool", name, Some(skill));
            return self.drop_all(&subject, why, &path, line);
        }
        let view = self.view;
        if let Some(found) = view.tools.iter().find(|tool| tool.name == name) {
            self.fields(&subject, found, tool);
            self.schema(&subject, found, "inputSchema", &tool["inputSchema"]);
        }
    }

    /// Reason why a name is missing: its own loss, or the end of a list of its kind.
    fn why(&self, kind: &str, name: &str, of: Option<&str>) -> Option<LossReason> {
        let mut near =
            self.view.losses.iter().filter(|loss| loss.kind == kind && loss.of.as_deref() == of);
        let named = near.clone().find(|loss| loss.names.iter().any(|one| one == name));
        let loss: &Loss = named.or_else(|| near.find(|loss| loss.names.is_empty()))?;
        Some(loss.why.clone())
    }

    fn drop_all(&mut self, subject: &Subject<'_>, why: Option<LossReason>, path: &str, line: u32) {
        match why {
            Some(why) => self.lose(subject, None, why),
            None => self.dropped.push(Dropped {
                path: path.to_owned(),
                line,
                column: 1,
                kind: subject.kind.to_owned(),
                name: subject.name.to_owned(),
                of: subject.of.map(str::to_owned),
                field: None,
                otherwise: false,
                reason: "it does not find it where it looks".to_owned(),
            }),
        }
    }

    /// Texts of a primitive that come out empty.
    fn fields(&mut self, subject: &Subject<'_>, found: &StockPrimitive<'a>, definition: &Json) {
        let context = (subject.kind == "skill").then_some("context");
        for field in ["description"].into_iter().chain(context) {
            if !is_known(&definition[field]) {
                continue;
            }
            match self.empty(&found.module, found.shape, field, &definition[field]) {
                Some(why) => self.lose(subject, Some(field), why),
                None => self.alter(
                    subject,
                    field,
                    self.extra_members(&found.module, found.shape, field),
                ),
            }
        }
    }

    /// Records a property that has more members than at run time.
    fn extra_members(
        &self,
        module: &Rc<Module<'a>>,
        shape: StockForm<'a>,
        field: &str,
    ) -> Option<LossReason> {
        let (module, value) = self.lookup.written(module, shape, field)?;
        self.lookup.extra_members(&module, value)
    }

    /// Every class that extends the kind's counts as one with a condition.
    fn condition(&mut self, subject: &Subject<'_>, found: &StockPrimitive<'a>, definition: &Json) {
        let StockForm::Class(class) = found.shape else { return };
        if !definition["condition"].is_null() || class.heritage_expression().is_none() {
            return;
        }
        let reason = "a class that extends `LuaSkill` counts as one with a condition".to_owned();
        self.alter(
            subject,
            "hasCondition",
            Some((SourceSpan::new(found.module.id, class.span), reason)),
        );
    }

    fn webhook(&mut self, subject: &Subject<'_>, found: &StockPrimitive<'a>, one: &Primitive) {
        if !one.definition["secret"].is_null()
            && let Some(why) = self.secret_refused(found)
        {
            return self.lose(subject, None, why);
        }
        for (field, _) in one.kind.schemas {
            self.schema(subject, found, field, &one.definition[field]);
        }
    }

    /// Reason why a secret makes the compiler stop, with everything.
    fn secret_refused(&self, found: &StockPrimitive<'a>) -> Option<LossReason> {
        let (module, field) = (&found.module, "secret");
        let (site, reason) = match self.lookup.written(module, found.shape, field) {
            Some((module, value)) => self.lookup.unreadable(&module, value).or_else(|| {
                let (site, name) = self.lookup.environment(&module, value)?;
                Some((site, format!("it does not read `{name}` there")))
            })?,
            None => match found.shape {
                StockForm::Config(config) if mentions(config, field) => {
                    unassigned(module, config, field)
                }
                _ => return None,
            },
        };
        Some((site, format!("it stops at the `secret`, and compiles nothing: {reason}")))
    }

    fn agent(&mut self, agent: &Agent) {
        let subject = Subject { kind: "agent", name: &agent.name, of: None };
        let Some((module, shape)) = &self.view.agent else {
            let why = self.lookup.agent_why(agent);
            return self.drop_all(&subject, why, &agent.entry, 1);
        };
        let persona = match &agent.persona {
            Some(Persona::Text(text)) => Json::String(text.clone()),
            Some(Persona::Object(value)) => value.clone(),
            None => Json::Null,
        };
        let settings = ["model", "description"].map(|key| (key, agent.settings.get(key).cloned()));
        let fields = [("persona", Some(persona))].into_iter().chain(settings);
        for (field, value) in fields {
            if let Some(value) = value.filter(is_known) {
                match self.empty(module, *shape, field, &value) {
                    Some(why) => self.lose(&subject, Some(field), why),
                    None => self.alter(&subject, field, self.extra_members(module, *shape, field)),
                }
            }
        }
    }

    /// Reason why a value that we know is empty to the compiler.
    fn empty(
        &self,
        module: &Rc<Module<'a>>,
        shape: StockForm<'a>,
        field: &str,
        value: &Json,
    ) -> Option<LossReason> {
        match shape {
            StockForm::Config(config) => match assigned(config, field) {
                Some(expression) => self.lookup.unreadable(module, expression),
                // Objects, and only those, it takes in short.
                None if value.is_object() && mentions(config, field) => None,
                None => Some(unassigned(module, config, field)),
            },
            StockForm::Class(class) => match self.lookup.member(module, class, field) {
                Some((module, member)) => match &member.value {
                    Some(expression) => self.lookup.unreadable(&module, expression),
                    None => {
                        let reason =
                            format!("`{field}` has its value from elsewhere than its declaration");
                        Some((SourceSpan::new(module.id, member.span), reason))
                    }
                },
                None => {
                    let reason = format!("it finds no field `{field} = …` in the class");
                    Some((SourceSpan::new(module.id, class.span), reason))
                }
            },
        }
    }

    /// A schema, which the model or the platform is given.
    fn schema(
        &mut self,
        subject: &Subject<'_>,
        found: &StockPrimitive<'a>,
        field: &str,
        schema: &Json,
    ) {
        let has_properties = schema["properties"].as_object().is_some_and(|all| !all.is_empty());
        if !has_properties || schema.get("$source").is_some() {
            return;
        }
        match self.schema_lost(found, field, schema) {
            Some(why) => self.lose(subject, Some(field), why),
            None => {
                self.alter(subject, field, self.extra_members(&found.module, found.shape, field))
            }
        }
    }

    fn schema_lost(
        &self,
        found: &StockPrimitive<'a>,
        field: &str,
        schema: &Json,
    ) -> Option<LossReason> {
        let module = &found.module;
        if let StockForm::Config(config) = found.shape {
            let reason = if found.export == "default" {
                "it reads no schema of what is exported as default without a name".to_owned()
            } else if let Some(class) = class_of(module, found.export) {
                format!("it reads no schema of `new {class}({{…}})`")
            } else {
                String::new()
            };
            if !reason.is_empty() {
                return Some((SourceSpan::new(module.id, config.span), reason));
            }
            let Some(value) = assigned(config, field) else {
                return Some(unassigned(module, config, field));
            };
            return self.lookup.unreadable(module, value).or_else(|| self.other_zod(module, value));
        }
        let why = self.empty(module, found.shape, field, schema);
        why.or_else(|| {
            let StockForm::Class(class) = found.shape else { return None };
            let (module, member) = self.lookup.member(module, class, field)?;
            self.other_zod(&module, member.value.as_ref()?)
        })
    }

    /// A schema of a newer zod has no properties to the compiler.
    fn other_zod(&self, module: &Rc<Module<'a>>, value: &'a Expression<'a>) -> Option<LossReason> {
        use oxc_span::GetSpan;
        let script = module.script()?;
        let others = script.bindings.iter().filter_map(|(name, binding)| match binding {
            Binding::Import { link, name: Imported::Name(_) | Imported::Everything }
                if link.specifier.starts_with("zod/v4") =>
            {
                Some((*name, link.specifier))
            }
            _ => None,
        });
        let text = &module.text[value.span().start as usize..value.span().end as usize];
        let mut others = others.filter(|(name, _)| text.contains(&format!("{name}.")));
        let (_, specifier) = others.next()?;
        Some((
            SourceSpan::new(module.id, value.span()),
            format!("it does not know the schemas of `{specifier}`"),
        ))
    }
}

/// False for a value that is unknown or empty.
fn is_known(value: &Json) -> bool {
    match value {
        Json::String(text) => !text.is_empty(),
        Json::Object(fields) => {
            fields.values().any(Json::is_string) && !fields.contains_key("$source")
        }
        _ => false,
    }
}

/// The class of `const name = new Class(…)`.
fn class_of<'m>(module: &'m Module<'_>, name: &str) -> Option<&'m str> {
    let variables =
        module.script().into_iter().flat_map(|script| &script.program.body).flat_map(declarators);
    let init = variables.filter(|one| is_named(one, name)).find_map(|one| one.init.as_ref())?;
    let value = init.get_inner_expression();
    callee(module, value).filter(|_| matches!(value, Expression::NewExpression(_)))
}
