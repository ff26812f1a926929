//! Classes and enums: instances with their fields, constructors and inherited members, as far as
//! these only compute. Called for `new` and for classes that a list of primitives names.

use super::expression::propagate;
use super::value::{
    Class, Code, EvalScope, Function, MadeBy, Object, SourceSpan, Value, number_text,
};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use crate::reader::reach::root::ReachRoot;
use crate::reader::syntax::module::{Binding, Imported, ModuleId};
use oxc_ast::ast::{
    Class as ClassNode, ClassElement, MethodDefinitionKind, TSEnumDeclaration, TSEnumMemberName,
    TSTypeName,
};
use oxc_span::GetSpan;
use std::rc::Rc;

/// The name, free in every program, under which a constructor finds its class.
const OWN_CLASS: &str = "super";

impl<'a> Evaluator<'a> {
    /// A class with its bases and interfaces.
    pub fn class(&self, scope: &Rc<EvalScope<'a>>, node: &'a ClassNode<'a>) -> Result<Value<'a>> {
        let parent = match node.heritage_expression() {
            Some(parent) => Some(self.expression(scope, parent)?),
            None => None,
        };
        let mut bases: Vec<Rc<str>> = Vec::new();
        bases.extend(node.id.as_ref().map(|id| id.name.as_str().into()));
        bases.extend(
            node.implements.iter().map(|one| self.type_name(scope.module, &one.expression)),
        );
        match &parent {
            Some(Value::Class(parent)) => bases.extend(parent.bases.iter().cloned()),
            Some(Value::Package(path)) => bases.extend(path.last().cloned()),
            _ => {}
        }
        let (scope, roots, assigned) = (scope.clone(), self.roots_in(scope), Default::default());
        let class = Class {
            module: scope.module,
            node,
            scope,
            roots,
            parent,
            bases: Rc::new(bases),
            assigned,
        };
        Ok(Value::Class(Rc::new(class)))
    }

    /// A type by the name it has where it is declared: `import { LuaTool as Tool }` is `LuaTool`.
    fn type_name(&self, module: ModuleId, name: &TSTypeName<'a>) -> Rc<str> {
        let written = name.to_string();
        let module = self.modules.get(module);
        let binding = module.script().and_then(|script| script.bindings.get(written.as_str()));
        match binding {
            Some(Binding::Import { name: Imported::Name(name), .. }) if *name != "default" => {
                (*name).into()
            }
            // `lua.LuaTool` of a namespace import.
            _ => written.rsplit('.').next().unwrap_or(&written).into(),
        }
    }

    /// Result of `new Class(…)` at a place.
    pub fn instance(
        &self,
        class: &Rc<Class<'a>>,
        arguments: Vec<Value<'a>>,
        at: SourceSpan,
    ) -> Result<Value<'a>> {
        let site = SourceSpan::new(class.module, class.node.span);
        // A class without arguments is the same wherever it is instantiated.
        let roots: Rc<[ReachRoot<'a>]> = match arguments.is_empty() {
            true => Rc::default(),
            false => self.within(&[ReachRoot::expression(at)], || self.roots()),
        };
        let by = class.node.id.as_ref().map_or("default", |id| id.name.as_str()).into();
        let made = MadeBy { by, bases: class.bases.clone(), class: Some(class.clone()) };
        let object = Rc::new(Object::new(Vec::new(), Some(made), site, roots.clone()));
        self.deeper(site, || {
            self.at_top(|| {
                self.within(&roots, || {
                    self.methods(class, &object)?;
                    self.construct(class, &object, arguments)?;
                    self.getters(class, &object)
                })
            })?;
            Ok(Value::Undefined)
        })?;
        Ok(Value::Object(object))
    }

    /// The methods of a class and of those it extends, the most derived ones last.
    fn methods(&self, class: &Rc<Class<'a>>, object: &Rc<Object<'a>>) -> Result<()> {
        for class in lineage(class).into_iter().rev() {
            for element in &class.node.body.body {
                let ClassElement::MethodDefinition(method) = element else { continue };
                if method.kind != MethodDefinitionKind::Method
                    || method.r#static
                    || method.value.body.is_none()
                {
                    continue;
                }
                if let Some(key) = self.key(&class.scope, &method.key, method.computed)? {
                    let node = Code::Function(&method.value);
                    object.set(&key, self.function(&class.scope, node));
                }
            }
        }
        Ok(())
    }

    /// Runs fields and constructor of a class on an object: first the parent's.
    fn construct(
        &self,
        class: &Rc<Class<'a>>,
        object: &Rc<Object<'a>>,
        arguments: Vec<Value<'a>>,
    ) -> Result<()> {
        let constructor = class.node.body.body.iter().find_map(|element| match element {
            ClassElement::MethodDefinition(one)
                if one.kind == MethodDefinitionKind::Constructor =>
            {
                one.value.body.is_some().then_some(&one.value)
            }
            _ => None,
        });
        let this = Value::Object(object.clone());
        let Some(node) = constructor else {
            self.parent(class, object, arguments)?;
            return self.fields(class, object);
        };
        if class.parent.is_none() {
            self.fields(class, object)?;
        }
        let scope = EvalScope::inside(&class.scope, Some(this.clone()));
        scope.names.borrow_mut().insert(OWN_CLASS, Value::Class(class.clone()));
        let roots = Rc::default();
        let function = Function { module: class.module, node: Code::Function(node), scope, roots };
        let site = SourceSpan::new(class.module, node.span);
        let made = self.call_function(&function, Some(this), arguments, site)?;
        if made.is_unknown() {
            // Fields that the rest of the constructor would set are unknown.
            object.set("...", propagate(made, site));
        }
        Ok(())
    }

    /// `super(…)` in a constructor.
    pub fn call_super(
        &self,
        scope: &Rc<EvalScope<'a>>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>> {
        if let (Some(Value::Object(object)), Some(Value::Class(class))) =
            (&scope.this, scope.find(OWN_CLASS))
        {
            self.parent(&class, object, arguments)?;
            self.fields(&class, object)?;
        }
        Ok(Value::Undefined)
    }

    fn parent(
        &self,
        class: &Rc<Class<'a>>,
        object: &Rc<Object<'a>>,
        arguments: Vec<Value<'a>>,
    ) -> Result<()> {
        match (&class.parent, arguments.first()) {
            (Some(Value::Class(parent)), _) => self.construct(parent, object, arguments)?,
            // `super({ name: … })` of a class of `lua-cli`.
            (Some(_), Some(Value::Object(config))) => {
                let fields = config.fields.borrow().clone();
                fields.into_iter().for_each(|(name, value)| object.set(&name, value));
            }
            _ => {}
        }
        Ok(())
    }

    fn fields(&self, class: &Rc<Class<'a>>, object: &Rc<Object<'a>>) -> Result<()> {
        let scope = EvalScope::inside(&class.scope, Some(Value::Object(object.clone())));
        for element in &class.node.body.body {
            let ClassElement::PropertyDefinition(field) = element else { continue };
            let (false, Some(init)) = (field.r#static, &field.value) else { continue };
            if let Some(key) = self.key(&scope, &field.key, field.computed)? {
                let value = self.expression(&scope, init)?;
                object.set(&key, value);
            }
        }
        Ok(())
    }

    fn getters(&self, class: &Rc<Class<'a>>, object: &Rc<Object<'a>>) -> Result<()> {
        for class in lineage(class).into_iter().rev() {
            for element in &class.node.body.body {
                let ClassElement::MethodDefinition(method) = element else { continue };
                if method.kind != MethodDefinitionKind::Get || method.r#static {
                    continue;
                }
                if let Some(key) = self.key(&class.scope, &method.key, method.computed)? {
                    let value =
                        self.get(&class, &method.value, Some(Value::Object(object.clone())))?;
                    object.set(&key, value);
                }
            }
        }
        Ok(())
    }

    fn get(
        &self,
        class: &Class<'a>,
        node: &'a oxc_ast::ast::Function<'a>,
        this: Option<Value<'a>>,
    ) -> Result<Value<'a>> {
        let (scope, roots) = (class.scope.clone(), class.roots.clone());
        let function = Function { module: class.module, node: Code::Function(node), scope, roots };
        self.call_function(&function, this, Vec::new(), SourceSpan::new(class.module, node.span))
    }

    /// `Class.key`: a static field, getter or method, or the class's name.
    pub fn static_member(
        &self,
        class: &Rc<Class<'a>>,
        key: &str,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        for class in lineage(class) {
            if let Some(value) = class.assigned.borrow().get(key) {
                return Ok(value.clone());
            }
            for element in &class.node.body.body {
                let name = match element {
                    ClassElement::PropertyDefinition(one) if one.r#static => {
                        (&one.key, one.computed)
                    }
                    ClassElement::MethodDefinition(one) if one.r#static => (&one.key, one.computed),
                    _ => continue,
                };
                if self.key(&class.scope, name.0, name.1)?.as_deref() == Some(key) {
                    return self.static_value(&class, element, site);
                }
            }
        }
        Ok(match (key, &class.node.id) {
            ("name", Some(id)) => Value::text(id.name.as_str()),
            _ => Value::Undefined,
        })
    }

    fn static_value(
        &self,
        class: &Rc<Class<'a>>,
        element: &'a ClassElement<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let this = || Some(Value::Class(class.clone()));
        match element {
            ClassElement::PropertyDefinition(field) => {
                let scope = EvalScope::inside(&class.scope, this());
                match &field.value {
                    Some(init) => self.deeper(site, || self.expression(&scope, init)),
                    None => Ok(Value::Undefined),
                }
            }
            ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Get => {
                self.get(class, &method.value, this())
            }
            ClassElement::MethodDefinition(method) => {
                Ok(self.function(&class.scope, Code::Function(&method.value)))
            }
            _ => Ok(Value::Undefined),
        }
    }

    /// An enum as the object it is at run time: numbers lead back to names.
    pub fn enumeration(
        &self,
        scope: &Rc<EvalScope<'a>>,
        node: &'a TSEnumDeclaration<'a>,
    ) -> Result<Value<'a>> {
        let value = Value::object(Vec::new(), SourceSpan::new(scope.module, node.span));
        let Value::Object(object) = &value else { return Ok(value) };
        object.is_enum.set(true);
        let inner = EvalScope::inside(scope, None);
        inner.names.borrow_mut().insert(node.id.name.as_str(), value.clone());
        let mut next = Some(0.0);
        for member in &node.body.members {
            let name = match &member.id {
                TSEnumMemberName::Identifier(name) => name.name.as_str(),
                TSEnumMemberName::String(text) | TSEnumMemberName::ComputedString(text) => {
                    text.value.as_str()
                }
                TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let site = SourceSpan::new(scope.module, member.span());
            let value = match (&member.initializer, next) {
                (Some(init), _) => self.expression(&inner, init)?,
                (None, Some(number)) => Value::Number(number),
                (None, None) => Value::unknown(site, "has no value"),
            };
            next = None;
            if let Value::Number(number) = value {
                next = Some(number + 1.0);
                object.set(&number_text(number), Value::text(name));
            }
            inner.names.borrow_mut().insert(name, value.clone());
            object.set(name, value);
        }
        Ok(value)
    }
}

/// A class and those it extends, the most derived one first.
fn lineage<'a>(class: &Rc<Class<'a>>) -> Vec<Rc<Class<'a>>> {
    let mut classes = vec![class.clone()];
    let mut at = class.clone();
    while let Some(Value::Class(parent)) = &at.parent {
        let parent = parent.clone();
        classes.push(parent.clone());
        at = parent;
    }
    classes
}
