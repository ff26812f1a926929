//! Entry point: the file that makes the agent, and the agent in it. Files are tried in the order of
//! the stock command, so that both find the same agent; of several in one folder the choice is
//! reported.

use crate::error::{Error, Result};
use crate::model::kind::AGENT;
use crate::reader::STOCK_MANIFEST;
use crate::reader::eval::Evaluator;
use crate::reader::eval::value::{EvalScope, Object, SourceSpan, Value};
use crate::reader::syntax::module::{Binding, Module, Script};
use crate::reader::unreadable;
use oxc_ast::ast::{Expression, Statement};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Usual places of an agent, in the order of the stock command.
pub const USUAL: [&str; 6] =
    ["index.ts", "src/index.ts", "agent.ts", "src/agent.ts", "main.ts", "src/main.ts"];
/// Folders without sources of the project.
const SKIPPED: [&str; 7] =
    ["node_modules", "dist", "dist-v2", "coverage", "build", "out", "__tests__"];

/// An agent and the module it is made in.
pub type EntryModule<'a> = (Rc<Module<'a>>, Vec<Rc<Object<'a>>>);

/// The agents of the first file that makes one.
pub fn find<'a>(root: &Path, evaluator: &Evaluator<'a>) -> Result<Option<EntryModule<'a>>> {
    for name in USUAL {
        if let Some(found) = agents_in(&root.join(name), evaluator)? {
            return Ok(Some(found));
        }
    }
    for file in evaluator.modules.files().sources(root) {
        if let Some(found) = agents_in(&file, evaluator)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Other files of the same folder that make agents beside the one that is read. Of several, one in
/// a usual place is meant; of several folders, the user chose one.
pub fn beside<'a>(
    root: &Path,
    evaluator: &Evaluator<'a>,
    (entry, read): &EntryModule<'a>,
) -> Vec<SourceSpan> {
    if USUAL.contains(&&*entry.path) {
        return Vec::new();
    }
    let own = folder(root, &root.join(&*entry.path));
    let mut sites = Vec::new();
    for file in evaluator.modules.files().sources(root) {
        // A file that cannot be read is reported where it is needed.
        let Ok(Some((module, agents))) = agents_in(&file, evaluator) else { continue };
        let is_read = |site: SourceSpan| read.iter().any(|agent| agent.site == site);
        let made = agents.iter().map(|agent| agent.site).filter(|site| site.module == module.id);
        if folder(root, &file) == own {
            sites.extend(made.filter(|site| !is_read(*site)));
        }
    }
    sites
}

/// The folders below a root that make an agent each; none where the root has one of its own in a usual place.
pub fn folders<'a>(root: &Path, evaluator: &Evaluator<'a>) -> Result<Vec<String>> {
    let files = evaluator.modules.files();
    // Most projects need no more than a look at their texts.
    let may_make = |file: &Path| -> Result<bool> {
        let text = files.read_if_file(file)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        Ok(text.contains("new LuaAgent") || text.contains("defineAgent("))
    };
    for name in USUAL {
        if may_make(&root.join(name))? {
            return Ok(Vec::new());
        }
    }
    let mut candidates = Vec::new();
    for file in files.sources(root) {
        if may_make(&file)? {
            candidates.push((folder(root, &file), file));
        }
    }
    let mut folders: BTreeSet<PathBuf> =
        candidates.iter().map(|(folder, _)| folder.clone()).collect();
    if folders.len() > 1 {
        // A file that cannot be read is reported where it is needed.
        let makes = |file: &Path| matches!(agents_in(file, evaluator), Ok(Some(_)));
        candidates.retain(|(_, file)| makes(file));
        folders = candidates.into_iter().map(|(folder, _)| folder).collect();
    }
    let told = |folder: PathBuf| match evaluator.modules.relative(&folder) {
        path if path.is_empty() => ".".to_owned(),
        path => path,
    };
    Ok(folders.into_iter().map(told).collect())
}

/// Every agent below a root that can be read: the folder of its project, its file, and its name.
pub fn places(root: &Path, evaluator: &Evaluator<'_>) -> Vec<AgentPlace> {
    let relative = |path: &Path| match evaluator.modules.relative(path) {
        path if path.is_empty() => ".".to_owned(),
        path => path,
    };
    let mut places: Vec<AgentPlace> = Vec::new();
    for file in evaluator.modules.files().sources(root) {
        let Ok(Some((module, agents))) = agents_in(&file, evaluator) else { continue };
        // A file that passes an agent on makes none.
        for agent in agents.iter().filter(|agent| agent.site.module == module.id) {
            let name = match agent.get("name") {
                Some(Value::Text(name)) => name.to_string(),
                _ => String::new(),
            };
            places.push(AgentPlace {
                folder: relative(&folder(root, &file)),
                file: relative(&file),
                name,
            });
        }
    }
    places
}

/// Place at which an agent is made.
pub struct AgentPlace {
    pub folder: String,
    pub file: String,
    pub name: String,
}

/// Project folder of a file: the nearest one with a `package.json`, else the parent of `src`.
fn folder(root: &Path, file: &Path) -> PathBuf {
    let inside = || {
        file.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root))
    };
    let says_so = |folder: &&Path| {
        ["package.json", STOCK_MANIFEST].iter().any(|name| folder.join(name).is_file())
    };
    let around = |folder: &&Path| !folder.ends_with("src");
    inside().find(says_so).or_else(|| inside().find(around)).unwrap_or(root).to_owned()
}

/// Error for a project that makes no agent.
pub fn none(root: &Path) -> Error {
    let error = unreadable(format!("no `new LuaAgent({{...}})` found in \"{}\"", root.display()));
    error.hint("run the command in the folder of an agent project, or run `lua init` to create one")
}

/// The files on the disk in which an agent is looked for.
pub fn sources(root: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(root).into_iter();
    let walk = walk.filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry.file_name()));
    let files = walk.filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).filter(|path| is_source(path)).collect()
}

/// Sort key of files, as in the stock command: depth, then name.
pub fn order(path: &Path) -> (usize, String, String) {
    let text = path.to_string_lossy();
    (path.components().count(), text.to_lowercase(), text.into_owned())
}

/// True if a file below the root is searched for an agent.
pub fn is_searched(root: &Path, path: &Path) -> bool {
    let inside = path.strip_prefix(root).unwrap_or(path);
    is_source(path) && !inside.iter().any(is_skipped)
}

fn is_skipped(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || SKIPPED.contains(&&*name)
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let code =
        [".ts", ".tsx", ".mts", ".js", ".mjs"].iter().any(|extension| name.ends_with(extension));
    code && ![".d.ts", ".d.mts"].iter().any(|extension| name.ends_with(extension))
        && !name.contains(".test.")
        && !name.contains(".spec.")
}

fn agents_in<'a>(file: &Path, evaluator: &Evaluator<'a>) -> Result<Option<EntryModule<'a>>> {
    let Some(bytes) = evaluator.modules.files().read_if_file(file)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    if !text.contains("LuaAgent") && !text.contains("defineAgent") {
        return Ok(None);
    }
    let module = evaluator.modules.open(file)?;
    let Some(script) = module.script() else { return Ok(None) };
    let mut agents: Vec<Rc<Object<'a>>> = Vec::new();
    for value in values(evaluator, &module, script)? {
        if let Value::Object(object) = value
            && (object.is_made_by(AGENT.classes) || object.is_made_by(AGENT.functions))
            && !agents.iter().any(|other| Rc::ptr_eq(other, &object))
        {
            agents.push(object);
        }
    }
    agents.sort_by_key(|agent| agent.site.start);
    Ok((!agents.is_empty()).then_some((module.clone(), agents)))
}

/// Values that the top level of a module makes: variables, the default export, bare expressions;
/// and the variables of its functions, since some projects make their agent in `main`.
pub fn values<'a>(
    evaluator: &Evaluator<'a>,
    module: &Module<'a>,
    script: &Script<'a>,
) -> Result<Vec<Value<'a>>> {
    let scope = EvalScope::module(module.id);
    let mut values = Vec::new();
    let is_variable =
        |name: &&&str| matches!(script.bindings.get(**name), Some(Binding::Variable { .. }));
    let names: BTreeSet<&&str> = script.bindings.keys().filter(is_variable).collect();
    for name in names {
        values.extend(evaluator.name(&scope, name)?);
    }
    if let Some(name) = script.exports.keys().find(|&&name| name == "default") {
        values.push(evaluator.exported(module.id, name)?);
    }
    let made = |expression: &'a Expression<'a>| {
        evaluator.at_top(|| evaluator.expression(&scope, expression))
    };
    for statement in &script.program.body {
        match statement {
            Statement::ExpressionStatement(one) if is_new(&one.expression) => {
                values.push(made(&one.expression)?);
            }
            Statement::FunctionDeclaration(function) => {
                for statement in function.body.iter().flat_map(|body| &body.statements) {
                    let Statement::VariableDeclaration(variables) = statement else { continue };
                    for init in variables.declarations.iter().filter_map(|one| one.init.as_ref()) {
                        if is_new(init) {
                            values.push(made(init)?);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(values)
}

/// `new X(…)` or `f(…)`. A call of a method changes something that is looked at elsewhere.
fn is_new(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::NewExpression(_) => true,
        Expression::CallExpression(call) => matches!(call.callee, Expression::Identifier(_)),
        _ => false,
    }
}
