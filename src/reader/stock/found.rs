//! Primitives that the stock compiler finds in one file, by the words at its top level.

use super::lists::{assigned, mentions, text};
use super::names::{Decl, Lookup, declarators, default_expression, is_named};
use super::values::LossReason;
use crate::model::kind::Kind;
use crate::reader::eval::value::SourceSpan;
use crate::reader::primitives::forms::name_of_class;
use crate::reader::syntax::module::{Binding, Export, Module};
use oxc_ast::ast::{
    CallExpression, Class, ClassElement, Declaration, ExportDefaultDeclarationKind, Expression,
    ObjectExpression, ObjectPropertyKind, PropertyDefinition, PropertyKey, PropertyKind, Statement,
    VariableDeclarator,
};
use oxc_span::{GetSpan, Span};
use std::rc::Rc;

/// A primitive in a file.
pub struct StockPrimitive<'a> {
    pub kind: &'static str,
    /// The variable or the class; `default` where an expression is exported.
    pub export: &'a str,
    pub class: Option<&'a str>,
    pub name: String,
    pub by_default: bool,
    pub module: Rc<Module<'a>>,
    pub span: Span,
    pub shape: StockForm<'a>,
}

#[derive(Clone, Copy)]
pub enum StockForm<'a> {
    /// `new LuaSkill({…})`, `defineSkill({…})`, or the object itself.
    Config(&'a ObjectExpression<'a>),
    Class(&'a Class<'a>),
}

impl StockPrimitive<'_> {
    pub fn site(&self) -> SourceSpan {
        SourceSpan::new(self.module.id, self.span)
    }

    /// True if a skill's word for a tool means this one.
    pub fn answers_to(&self, word: &str) -> bool {
        self.export == word || self.name == word || self.class == Some(word)
    }
}

impl<'a> Lookup<'_, 'a> {
    /// All primitives of a kind in a file, in the order in which they are found.
    pub fn found(self, kind: &'static Kind, module: &Rc<Module<'a>>) -> Vec<StockPrimitive<'a>> {
        let mut all = Vec::new();
        let Some(script) = module.script() else { return all };
        let variables: Vec<_> = script.program.body.iter().flat_map(declarators).collect();
        for by_function in [true, false] {
            let configured = variables.iter().filter_map(|one| {
                let init = one.init.as_ref().filter(|init| !in_parentheses(module, init.span()))?;
                Some((variable(one)?, one.span, config(kind, module, init, by_function)?))
            });
            let default = default_expression(module).and_then(|value| {
                Some(("default", value.span(), config(kind, module, value, by_function)?))
            });
            for (export, span, config) in configured.chain(default) {
                all.extend(self.configured(kind, module, export, span, config));
            }
        }
        if !["voice", "workflow"].contains(&kind.word) {
            all.extend(classes(module).filter_map(|class| self.class_found(kind, module, class)));
        }
        if kind.word == "tool" {
            for one in variables {
                let Some((export, config)) = variable(one).zip(self.tool_object(module, one))
                else {
                    continue;
                };
                if !all.iter().any(|found| found.export == export) {
                    all.extend(self.configured(kind, module, export, one.span, config));
                }
            }
        }
        all
    }

    fn configured(
        self,
        kind: &'static Kind,
        module: &Rc<Module<'a>>,
        export: &'a str,
        span: Span,
        config: &'a ObjectExpression<'a>,
    ) -> Option<StockPrimitive<'a>> {
        let name = self.text(module, assigned(config, "name")?).ok()??;
        let by_default = export == "default";
        let (module, shape) = (module.clone(), StockForm::Config(config));
        (!name.is_empty()).then_some(StockPrimitive {
            kind: kind.word,
            export,
            class: None,
            name,
            by_default,
            module,
            span,
            shape,
        })
    }

    fn class_found(
        self,
        kind: &'static Kind,
        module: &Rc<Module<'a>>,
        class: &'a Class<'a>,
    ) -> Option<StockPrimitive<'a>> {
        let own = class.id.as_ref()?.name.as_str();
        if !self
            .lineage(module, class)
            .iter()
            .any(|(module, class)| extends_kind(module, class, kind))
        {
            return None;
        }
        let set = self
            .member(module, class, "name")
            .and_then(|(module, field)| self.text(&module, field.value.as_ref()?).ok()?);
        let by_default = is_default_class(module, own);
        let (export, name) =
            (if by_default { "default" } else { own }, set.unwrap_or_else(|| name_of_class(own)));
        let (module, shape) = (module.clone(), StockForm::Class(class));
        Some(StockPrimitive {
            kind: kind.word,
            export,
            class: Some(own),
            name,
            by_default,
            module,
            span: class.span,
            shape,
        })
    }

    /// A class and those it extends, as far as they are of the project.
    pub fn lineage(
        self,
        module: &Rc<Module<'a>>,
        class: &'a Class<'a>,
    ) -> Vec<(Rc<Module<'a>>, &'a Class<'a>)> {
        const GENERATIONS: usize = 10;
        let mut all = vec![(module.clone(), class)];
        while all.len() <= GENERATIONS {
            let Some((module, class)) = all.last() else { break };
            let Some(Expression::Identifier(parent)) = class.heritage_expression() else { break };
            match self.local(module, parent.name.as_str()) {
                Some(Decl::Class(module, class)) => all.push((module, class)),
                _ => break,
            }
        }
        all
    }

    /// A field of a class or of those it extends.
    pub fn member(
        self,
        module: &Rc<Module<'a>>,
        class: &'a Class<'a>,
        name: &str,
    ) -> Option<(Rc<Module<'a>>, &'a PropertyDefinition<'a>)> {
        self.lineage(module, class).into_iter().find_map(|(module, class)| {
            let field = class.body.body.iter().find_map(|element| match element {
                ClassElement::PropertyDefinition(one)
                    if matches!(&one.key, PropertyKey::StaticIdentifier(key) if key.name == name) =>
                {
                    Some(&**one)
                }
                _ => None,
            })?;
            Some((module, field))
        })
    }

    /// `const tool = { name, description, inputSchema, execute }`.
    fn tool_object(
        self,
        module: &Rc<Module<'a>>,
        one: &'a VariableDeclarator<'a>,
    ) -> Option<&'a ObjectExpression<'a>> {
        let init = one.init.as_ref()?;
        let Expression::ObjectExpression(object) = init.get_inner_expression() else { return None };
        self.text(module, assigned(object, "name")?).ok()??;
        let callable = object.properties.iter().any(|property| match property {
            ObjectPropertyKind::ObjectProperty(one)
                if matches!(&one.key, PropertyKey::StaticIdentifier(key) if key.name == "execute")
                    && one.kind == PropertyKind::Init =>
            {
                one.method || one.shorthand || is_callable(&one.value)
            }
            _ => false,
        });
        let written = Span::new(one.span.start, init.span().end);
        let typed = module.text[written.start as usize..written.end as usize]
            .replace("LuaVoiceTool", "LuaTool");
        let told = mentions(object, "description")
            || mentions(object, "inputSchema")
            || typed.contains("LuaTool");
        (callable && told).then_some(object)
    }

    /// Reason why nothing of a kind is found for a name in a file.
    pub fn missing(
        self,
        kind: &Kind,
        module: &Rc<Module<'a>>,
        name: &str,
        by_default: bool,
    ) -> LossReason {
        let nothing = || {
            let reason = format!("it finds no such {} in `{}`", kind.one, module.path);
            (SourceSpan::new(module.id, Span::new(0, 0)), reason)
        };
        let declared = module.script().and_then(|script| script.bindings.get(name));
        let value = match declared {
            Some(Binding::Class(class)) => return self.why_class(kind, module, class),
            Some(&Binding::Variable { init: Some(init), .. }) => Some(init),
            _ if by_default => default_expression(module),
            _ => None,
        };
        let at = |span: Span, reason: String| (SourceSpan::new(module.id, span), reason);
        let Some(value) = value else { return nothing() };
        if let Some(config) = configuration(value) {
            let callee = callee(module, value).unwrap_or_default();
            if !(kind.classes.contains(&callee) || kind.functions.contains(&callee)) {
                return at(value.span(), format!("it does not know that `{callee}` creates one"));
            }
            let Some(config) = config else {
                return at(
                    value.span(),
                    format!(
                        "the configuration is not written as an object in {}",
                        text(module, value)
                    ),
                );
            };
            return match assigned(config, "name") {
                None => at(config.span, "it finds no `name: …` in the configuration".to_owned()),
                Some(name) => match self.text(module, name) {
                    Err((site, reason)) => (site, format!("the name is not read: {reason}")),
                    Ok(_) => nothing(),
                },
            };
        }
        at(value.span(), format!("it does not see what {} creates", text(module, value)))
    }

    fn why_class(self, kind: &Kind, module: &Rc<Module<'a>>, class: &'a Class<'a>) -> LossReason {
        let name = class.id.as_ref().map_or("", |id| id.name.as_str());
        let wanted = kind.classes.first().copied().unwrap_or_default();
        let reason =
            format!("the class `{name}` says neither `implements {wanted}` nor `extends {wanted}`");
        (SourceSpan::new(module.id, class.span), reason)
    }
}

fn variable<'a>(one: &'a VariableDeclarator<'a>) -> Option<&'a str> {
    let id = one.id.get_identifier_name()?;
    is_named(one, id.as_str()).then_some(id.as_str())
}

/// The parser gives no parentheses, and the compiler takes nothing out of them.
fn in_parentheses(module: &Module<'_>, at: Span) -> bool {
    module.text[..at.start as usize].trim_end().ends_with('(')
}

/// The object that a call of the kind's functions, or `new` of its classes, is given.
fn config<'a>(
    kind: &Kind,
    module: &Module<'a>,
    value: &'a Expression<'a>,
    by_function: bool,
) -> Option<&'a ObjectExpression<'a>> {
    let callee = callee(module, value)?;
    match (kind.word, value) {
        ("workflow", Expression::CallExpression(call)) if by_function => workflow(call),
        ("workflow", _) => None,
        (_, Expression::CallExpression(_)) if by_function && kind.functions.contains(&callee) => {
            configuration(value)?
        }
        (_, Expression::NewExpression(_)) if !by_function && kind.classes.contains(&callee) => {
            configuration(value)?
        }
        _ => None,
    }
}

/// `createWorkflow({…}).then(…).commit()` or `defineWorkflow({…})`.
fn workflow<'a>(call: &'a CallExpression<'a>) -> Option<&'a ObjectExpression<'a>> {
    let word = |call: &'a CallExpression<'a>| match &call.callee {
        Expression::Identifier(name) => Some(name.name.as_str()),
        Expression::StaticMemberExpression(member) => Some(member.property.name.as_str()),
        _ => None,
    };
    let mut root = call;
    while let Expression::StaticMemberExpression(member) = &root.callee
        && let Expression::CallExpression(inner) = &member.object
    {
        root = inner;
    }
    let made = match word(root)? {
        "createWorkflow" => word(call) == Some("commit"),
        other => other == "defineWorkflow",
    };
    match root.arguments.first().and_then(|one| one.as_expression()) {
        Some(Expression::ObjectExpression(config)) if made => Some(config),
        _ => None,
    }
}

/// The first argument of a call or `new`, if it is one, as far as it is an object.
pub fn configuration<'a>(value: &'a Expression<'a>) -> Option<Option<&'a ObjectExpression<'a>>> {
    let arguments = match value {
        Expression::CallExpression(call) => &call.arguments,
        Expression::NewExpression(new) => &new.arguments,
        _ => return None,
    };
    Some(match arguments.first().and_then(|one| one.as_expression()) {
        Some(Expression::ObjectExpression(config)) => Some(&**config),
        _ => None,
    })
}

pub fn callee<'m>(module: &'m Module<'_>, value: &Expression<'_>) -> Option<&'m str> {
    let span = match value {
        Expression::CallExpression(call) => call.callee.span(),
        Expression::NewExpression(new) => new.callee.span(),
        _ => return None,
    };
    module.text.get(span.start as usize..span.end as usize)
}

/// The classes that a file declares at its top level.
fn classes<'a>(module: &Module<'a>) -> impl Iterator<Item = &'a Class<'a>> + use<'a> {
    let program = module.script().map(|script| script.program);
    program.into_iter().flat_map(|program| &program.body).filter_map(|statement| match statement {
        Statement::ClassDeclaration(class) => Some(&**class),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::ClassDeclaration(class) => Some(&**class),
            _ => None,
        },
        Statement::ExportDefaultDeclaration(export) => match &export.declaration {
            ExportDefaultDeclarationKind::ClassDeclaration(class) => Some(&**class),
            _ => None,
        },
        _ => None,
    })
}

/// True if a class is the default export, by itself or by a separate statement.
fn is_default_class(module: &Module<'_>, name: &str) -> bool {
    match module.script().and_then(|script| script.exports.get("default")) {
        Some(Export::Local(local)) => *local == name,
        Some(Export::Expression(Expression::Identifier(local))) => local.name == name,
        _ => false,
    }
}

/// True if a class extends one of the kind's classes by the name written here.
fn extends_kind(module: &Module<'_>, class: &Class<'_>, kind: &Kind) -> bool {
    let word =
        |span: Span| module.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let extended = class.heritage_expression().map(|parent| word(parent.span()));
    let implemented = class.implements.iter().map(|one| word(one.expression.span()));
    extended.into_iter().chain(implemented).any(|name| kind.classes.contains(&name))
}

fn is_callable(value: &Expression<'_>) -> bool {
    matches!(
        value.get_inner_expression(),
        Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_)
            | Expression::Identifier(_)
            | Expression::StaticMemberExpression(_)
            | Expression::CallExpression(_)
    )
}
