//! Module: one file of a project, with its syntax tree, declarations, imports and exports. It is
//! immutable after parsing; `Modules` owns it.

use super::names::{self, ModuleNames};
use oxc_ast::ast::{
    BindingPattern, Class, Declaration, ExportDefaultDeclarationKind, ExportFromDeclaration,
    Expression, Function, ImportDeclaration, ImportDeclarationSpecifier, ImportOrExportKind,
    ModuleExportName, Program, Statement, TSEnumDeclaration, TSModuleReference,
    TSNamespaceDeclaration, VariableDeclarationKind,
};
use oxc_span::Span;
use std::collections::HashMap;
use std::path::PathBuf;

/// The place of a module in [`super::modules::Modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// A project file that other files can import.
pub struct Module<'a> {
    pub id: ModuleId,
    /// Absolute.
    pub file: PathBuf,
    /// Relative to the project, with `/`.
    pub path: String,
    pub text: &'a str,
    /// True if the file begins with a byte order mark, which `text` lacks.
    pub marked: bool,
    pub content: ModuleContent<'a>,
}

/// Content of a module.
pub enum ModuleContent<'a> {
    Script(Box<Script<'a>>),
    Json(serde_json::Value),
    Text,
}

/// The tables of a TypeScript or JavaScript module.
pub struct Script<'a> {
    pub program: &'a Program<'a>,
    pub bindings: HashMap<&'a str, Binding<'a>>,
    pub exports: HashMap<&'a str, Export<'a>>,
    /// `export * from "…"`, in source order.
    pub stars: Vec<Link<'a>>,
    /// Top-level statements that change a binding: `skill.addTool(…)`, a loop with `list.push(…)`.
    pub effects: HashMap<&'a str, Vec<&'a Statement<'a>>>,
    pub names: ModuleNames<'a>,
}

/// Specifier of another module, with its place.
#[derive(Clone, Copy)]
pub struct Link<'a> {
    pub specifier: &'a str,
    pub span: Span,
}

/// Binding of a top-level name.
#[derive(Clone, Copy)]
pub enum Binding<'a> {
    Variable {
        pattern: &'a BindingPattern<'a>,
        init: Option<&'a Expression<'a>>,
    },
    Function(&'a Function<'a>),
    Class(&'a Class<'a>),
    Enum(&'a TSEnumDeclaration<'a>),
    Import {
        link: Link<'a>,
        name: Imported<'a>,
    },
    Namespace(&'a TSNamespaceDeclaration<'a>),
    /// A declaration that is not evaluated.
    Opaque(Span),
}

/// Export that an import takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Imported<'a> {
    Name(&'a str),
    Everything,
}

/// Target of an exported name.
#[derive(Clone, Copy)]
pub enum Export<'a> {
    Local(&'a str),
    From { link: Link<'a>, name: Imported<'a> },
    Expression(&'a Expression<'a>),
    Function(&'a Function<'a>),
    Class(&'a Class<'a>),
}

impl<'a> Module<'a> {
    pub fn script(&self) -> Option<&Script<'a>> {
        match &self.content {
            ModuleContent::Script(script) => Some(script),
            ModuleContent::Json(_) | ModuleContent::Text => None,
        }
    }

    /// Line and column of a place, both counted from 1, columns in characters.
    pub fn place(&self, span: Span) -> (u32, u32) {
        place(self.text, span.start as usize)
    }
}

/// Line and column of a byte offset, both counted from 1, columns in characters.
pub fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

impl<'a> Script<'a> {
    pub fn new(program: &'a Program<'a>) -> Script<'a> {
        let mut script = Script {
            program,
            bindings: HashMap::new(),
            exports: HashMap::new(),
            stars: Vec::new(),
            effects: HashMap::new(),
            names: names::collect(program),
        };
        for statement in &program.body {
            script.statement(statement);
        }
        script
    }

    /// All modules that it names in imports and exports, those of types as well.
    pub fn links(&self) -> Vec<Link<'a>> {
        let sources = self.program.body.iter().filter_map(|statement| match statement {
            Statement::ImportDeclaration(import) => Some(&import.source),
            Statement::ExportFromDeclaration(export) => Some(&export.source),
            Statement::ExportAllDeclaration(export) => Some(&export.source),
            _ => None,
        });
        sources.map(|source| Link { specifier: source.value.as_str(), span: source.span }).collect()
    }

    fn statement(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::ImportDeclaration(import) => self.import(import),
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration, true),
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    let local = Export::Local(export_name(&one.local));
                    self.exports.insert(export_name(&one.exported), local);
                }
            }
            Statement::ExportFromDeclaration(export) => {
                let link =
                    Link { specifier: export.source.value.as_str(), span: export.source.span };
                for one in &export.specifiers {
                    let name = Imported::Name(export_name(&one.local));
                    self.exports.insert(export_name(&one.exported), Export::From { link, name });
                }
            }
            Statement::ExportAllDeclaration(export) => {
                let link =
                    Link { specifier: export.source.value.as_str(), span: export.source.span };
                match &export.exported {
                    Some(name) => {
                        let whole = Export::From { link, name: Imported::Everything };
                        self.exports.insert(export_name(name), whole);
                    }
                    None => self.stars.push(link),
                }
            }
            Statement::ExportDefaultDeclaration(export) => self.default(&export.declaration),
            Statement::TSExportAssignment(export) => {
                self.exports.insert("default", Export::Expression(&export.expression));
            }
            other => match other.as_declaration() {
                Some(declaration) => self.declaration(declaration, false),
                None => {
                    for root in names::roots(other) {
                        self.effects.entry(root).or_default().push(other);
                    }
                }
            },
        }
    }

    fn import(&mut self, import: &'a ImportDeclaration<'a>) {
        let link = Link { specifier: import.source.value.as_str(), span: import.source.span };
        for specifier in import.specifiers.iter().flatten() {
            let (local, name) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    (one.local.name.as_str(), Imported::Name(export_name(&one.imported)))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    (one.local.name.as_str(), Imported::Name("default"))
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                    (one.local.name.as_str(), Imported::Everything)
                }
            };
            self.bindings.insert(local, Binding::Import { link, name });
        }
    }

    fn declaration(&mut self, declaration: &'a Declaration<'a>, exported: bool) {
        let mut bind = |name: &'a str, binding: Binding<'a>| {
            self.bindings.insert(name, binding);
            if exported {
                self.exports.insert(name, Export::Local(name));
            }
        };
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                let constant = variables.kind == VariableDeclarationKind::Const;
                for one in &variables.declarations {
                    let binding = Binding::Variable { pattern: &one.id, init: one.init.as_ref() };
                    for name in one.id.get_binding_identifiers() {
                        if constant {
                            // The assigned name is a local one that shadows it.
                            self.names.assigned.remove(name.name.as_str());
                        }
                        bind(name.name.as_str(), binding);
                    }
                }
            }
            Declaration::FunctionDeclaration(function) => {
                if let (Some(id), Some(_)) = (&function.id, &function.body) {
                    bind(id.name.as_str(), Binding::Function(function));
                }
            }
            Declaration::ClassDeclaration(class) => {
                if let Some(id) = &class.id {
                    bind(id.name.as_str(), Binding::Class(class));
                }
            }
            Declaration::TSEnumDeclaration(one) => bind(one.id.name.as_str(), Binding::Enum(one)),
            Declaration::TSImportEqualsDeclaration(one) => {
                let binding = match &one.module_reference {
                    TSModuleReference::ExternalModuleReference(module) => {
                        let text = &module.expression;
                        let link = Link { specifier: text.value.as_str(), span: text.span };
                        Binding::Import { link, name: Imported::Everything }
                    }
                    _ => Binding::Opaque(one.span),
                };
                bind(one.id.name.as_str(), binding);
            }
            Declaration::TSNamespaceDeclaration(one) => {
                bind(one.id.name.as_str(), Binding::Namespace(one));
            }
            _ => {}
        }
    }

    fn default(&mut self, declaration: &'a ExportDefaultDeclarationKind<'a>) {
        let (export, name) = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => (
                Export::Function(function),
                function.id.as_ref().map(|id| (id, Binding::Function(function))),
            ),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                (Export::Class(class), class.id.as_ref().map(|id| (id, Binding::Class(class))))
            }
            other => match other.as_expression() {
                Some(expression) => (Export::Expression(expression), None),
                None => return,
            },
        };
        if let Some((id, binding)) = name {
            self.bindings.insert(id.name.as_str(), binding);
            self.exports.insert("default", Export::Local(id.name.as_str()));
        } else {
            self.exports.insert("default", export);
        }
    }
}

/// The links that run when a module is loaded: type-only imports, and imports whose names are used in
/// types only, are left away as TypeScript does. Those without names, `import 'x'`, are marked.
pub fn links<'a>(script: &Script<'a>) -> Vec<(Link<'a>, bool)> {
    let mut links = Vec::new();
    for statement in &script.program.body {
        let source = match statement {
            Statement::ImportDeclaration(import) if runs(import, &script.names) => &import.source,
            Statement::ExportFromDeclaration(export) if passes_values(export) => &export.source,
            Statement::ExportAllDeclaration(export) if is_value(export.export_kind) => {
                &export.source
            }
            _ => continue,
        };
        let bare = matches!(statement, Statement::ImportDeclaration(import) if import.specifiers.is_none());
        links.push((Link { specifier: source.value.as_str(), span: source.span }, bare));
    }
    links
}

fn is_value(kind: ImportOrExportKind) -> bool {
    kind == ImportOrExportKind::Value
}

fn passes_values(export: &ExportFromDeclaration<'_>) -> bool {
    is_value(export.export_kind) && export.specifiers.iter().any(|one| is_value(one.export_kind))
}

fn runs(import: &ImportDeclaration<'_>, names: &ModuleNames<'_>) -> bool {
    let Some(specifiers) = &import.specifiers else { return is_value(import.import_kind) };
    let used = |specifier: &ImportDeclarationSpecifier<'_>| {
        let typed = matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(one)
            if !is_value(one.import_kind));
        !typed && names.used.contains(specifier.name().as_ref())
    };
    is_value(import.import_kind) && specifiers.iter().any(used)
}

fn export_name<'a>(name: &'a ModuleExportName<'a>) -> &'a str {
    match name {
        ModuleExportName::IdentifierName(name) => name.name.as_str(),
        ModuleExportName::IdentifierReference(name) => name.name.as_str(),
        ModuleExportName::StringLiteral(text) => text.value.as_str(),
    }
}
