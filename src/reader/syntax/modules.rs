//! Modules of a project: each read and parsed once, and found from a specifier as TypeScript finds
//! it.
//!
//! [`Files`] records every file that is read or looked for, because the cache of the reader depends on
//! exactly these.

use super::files::Files;
use super::module::{Link, Module, ModuleContent, ModuleId, Script, place};
use crate::error::{Error, Kind, Result};
use crate::model::agent::SourceRef;
use crate::object::Tombstone;
use crate::reader::syntax::limits;
use crate::reader::unreadable_at;
use oxc_allocator::Allocator;
use oxc_ast::ast::Expression;
use oxc_parser::{ParseOptions, Parser};
use oxc_resolver::{
    ResolveContext, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery,
    TsconfigOptions, TsconfigReferences,
};
use oxc_span::{SourceType, Span};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// In the order in which a specifier without one is tried.
pub const EXTENSIONS: [&str; 9] =
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/// All modules that were asked for so far. One arena holds every syntax tree.
pub struct Modules<'a> {
    root: PathBuf,
    arena: &'a Allocator,
    files: Files,
    resolver: ResolverGeneric<Files>,
    /// The same without `tsconfig.json`.
    plain: OnceCell<ResolverGeneric<Files>>,
    loaded: RefCell<Vec<Rc<Module<'a>>>>,
    /// Keys are compared as bytes here: the paths come from one place, and comparing their parts costs much.
    by_file: RefCell<HashMap<OsString, ModuleId>>,
    /// By folder and specifier.
    targets: RefCell<HashMap<OsString, HashMap<String, ImportTarget>>>,
    /// Files that were read as they are, and those that were looked for and not there.
    texts: RefCell<BTreeMap<PathBuf, Option<Rc<str>>>>,
    /// First request for each file.
    importers: RefCell<BTreeMap<OsString, SourceRef>>,
}

/// Target of an import specifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportTarget {
    /// A file of the project (or of the workspace around it).
    Module(PathBuf),
    /// An npm package or a part of Node, by the package's name.
    Package(String),
    Missing,
}

impl<'a> Modules<'a> {
    pub fn new(root: &Path, files: &Files, arena: &'a Allocator) -> Modules<'a> {
        Modules {
            root: root.to_owned(),
            arena,
            files: files.clone(),
            resolver: resolver(Some(root), files),
            plain: OnceCell::new(),
            loaded: RefCell::default(),
            by_file: RefCell::default(),
            targets: RefCell::default(),
            texts: RefCell::default(),
            importers: RefCell::default(),
        }
    }

    /// Source of the modules' files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    pub fn get(&self, id: ModuleId) -> Rc<Module<'a>> {
        self.loaded.borrow()[id.0 as usize].clone()
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files that were read, or could not be read as code, relative to the project.
    pub fn paths(&self) -> Vec<String> {
        let (texts, importers) = (self.texts.borrow(), self.importers.borrow());
        let by_file = self.by_file.borrow();
        let is_new = |file: &&Path| !by_file.contains_key(file.as_os_str());
        let read = texts.iter().filter(|(_, text)| text.is_some()).map(|(file, _)| file.as_path());
        let asked = importers.keys().map(Path::new).filter(|file| !texts.contains_key(*file));
        let mut asked: Vec<&Path> = asked.filter(is_new).collect();
        asked.sort_unstable();
        let mut paths: Vec<String> =
            self.loaded.borrow().iter().map(|module| module.path.clone()).collect();
        paths.extend(read.filter(is_new).chain(asked).map(|file| self.relative(file)));
        paths
    }

    /// First import or read of each file, both paths relative to the project.
    pub fn importers(&self) -> BTreeMap<String, SourceRef> {
        let importers = self.importers.borrow();
        importers.iter().map(|(file, by)| (self.relative(Path::new(file)), by.clone())).collect()
    }

    /// Notes that code of a module asks for a file.
    pub fn ask(&self, file: &Path, by: &Module<'a>, span: Span) {
        let mut importers = self.importers.borrow_mut();
        if !importers.contains_key(file.as_os_str()) {
            let by = SourceRef { path: by.path.clone(), line: by.place(span).0 };
            importers.insert(file.into(), by);
        }
    }

    /// Number of opened modules.
    pub fn count(&self) -> u32 {
        u32::try_from(self.loaded.borrow().len()).unwrap_or(u32::MAX)
    }

    /// The text of a file of the project as it is; `None` where there is none, or it is no text.
    pub fn text(&self, file: &Path) -> Result<Option<Rc<str>>> {
        if let Some(text) = self.texts.borrow().get(file) {
            return Ok(text.clone());
        }
        let bytes = self.files.read_if_file(file)?;
        let text: Option<Rc<str>> =
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Into::into);
        self.texts.borrow_mut().insert(file.to_owned(), text.clone());
        Ok(text)
    }

    /// Target found for each specifier.
    pub fn targets(&self) -> Vec<(String, ImportTarget)> {
        let targets = self.targets.borrow();
        let all = targets.values().flatten();
        all.map(|(specifier, target)| (specifier.clone(), target.clone())).collect()
    }

    /// The module in this file, parsed on first use.
    pub fn open(&self, file: &Path) -> Result<Rc<Module<'a>>> {
        if let Some(&id) = self.by_file.borrow().get(file.as_os_str()) {
            return Ok(self.get(id));
        }
        let bytes = self.files.read_file(file)?;
        let path = self.relative(file);
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let message = format!("cannot read \"{path}\": it is not UTF-8 text");
            return Err(unreadable_at(message, &path, 0, 0));
        };
        if let Some(tombstone) = Tombstone::parse(&bytes) {
            let what = format!("cannot read \"{path}\": it was {}", tombstone.sentence());
            return Err(Error::new(Kind::Unreadable, what)
                .hint("write the file again, or remove its imports"));
        }
        let marked = text.starts_with('\u{feff}');
        let text: &'a str = self.arena.alloc_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let content = self.content(file, &path, text)?;
        let id = ModuleId(u32::try_from(self.loaded.borrow().len()).unwrap_or(u32::MAX));
        let module = Rc::new(Module { id, file: file.to_owned(), path, text, marked, content });
        self.loaded.borrow_mut().push(module.clone());
        self.by_file.borrow_mut().insert(file.into(), id);
        Ok(module)
    }

    /// Target of a link of this module. A missing project file is an error.
    pub fn follow(&self, from: &Module<'a>, link: Link<'a>) -> Result<ImportTarget> {
        match self.target(&from.file, link.specifier) {
            ImportTarget::Missing => {
                let (line, column) = from.place(link.span);
                let place = format!("{}:{line}:{column}", from.path);
                let message =
                    format!("cannot find \"{}\", imported at \"{place}\"", link.specifier);
                Err(unreadable_at(message, &from.path, line.into(), column.into())
                    .hint("correct the import, or restore the file it names"))
            }
            ImportTarget::Module(file) => {
                self.ask(&file, from, link.span);
                Ok(ImportTarget::Module(file))
            }
            ImportTarget::Package(name) => Ok(ImportTarget::Package(name)),
        }
    }

    fn target(&self, from: &Path, specifier: &str) -> ImportTarget {
        let folder = from.parent().unwrap_or(&self.root).as_os_str();
        let known = self.targets.borrow();
        if let Some(target) = known.get(folder).and_then(|targets| targets.get(specifier)) {
            return target.clone();
        }
        drop(known);
        let target = self.resolve(from, specifier);
        let mut targets = self.targets.borrow_mut();
        targets.entry(folder.into()).or_default().insert(specifier.to_owned(), target.clone());
        target
    }

    fn resolve(&self, from: &Path, specifier: &str) -> ImportTarget {
        // The part after `?` is for a bundler: `./persona.md?raw`.
        let bare = specifier.split_once('?').map_or(specifier, |(path, _)| path);
        let directory = from.parent().unwrap_or(&self.root);
        let mut found = self.resolve_in(&self.resolver, directory, bare);
        if let Err(
            ResolveError::TsconfigNotFound(_)
            | ResolveError::TsconfigLoadFailed { .. }
            | ResolveError::TsconfigCircularExtend(_)
            | ResolveError::TsconfigSelfReference(_),
        ) = found
        {
            // A base that `tsconfig.json` extends but that is not installed or cannot be read is
            // ignored.
            let plain = self.plain.get_or_init(|| resolver(None, &self.files));
            found = self.resolve_in(plain, directory, bare);
        }
        match found {
            Ok(path) if !path.components().any(|part| part.as_os_str() == "node_modules") => {
                ImportTarget::Module(path)
            }
            Ok(_) => ImportTarget::Package(package(bare)),
            Err(_) if bare.starts_with('.') || bare.starts_with('/') => ImportTarget::Missing,
            Err(_) => ImportTarget::Package(package(bare)),
        }
    }

    /// Target of a specifier in a folder.
    fn resolve_in(
        &self,
        resolver: &ResolverGeneric<Files>,
        directory: &Path,
        specifier: &str,
    ) -> Result<PathBuf, ResolveError> {
        let config = resolver.find_tsconfig(directory)?;
        let context = &mut ResolveContext::default();
        let found = resolver.resolve_with_context(directory, specifier, config.as_deref(), context);
        found.map(|found| found.into_path_buf())
    }

    /// An expression of a module, parsed once more to be evaluated by itself.
    pub fn propagate(&self, module: &Module<'a>, span: Span) -> Option<&'a Expression<'a>> {
        let text = module.text.get(span.start as usize..span.end as usize)?;
        let parsed = Parser::new(self.arena, text, SourceType::ts()).parse_expression().ok()?;
        Some(self.arena.alloc(parsed))
    }

    /// The path inside the project, with `/`; a file beside the project begins with `../`.
    pub fn relative(&self, file: &Path) -> String {
        let mut base = self.root.as_path();
        let mut up = String::new();
        loop {
            if let Ok(inside) = file.strip_prefix(base) {
                for part in inside {
                    if !up.is_empty() && !up.ends_with('/') {
                        up.push('/');
                    }
                    up.push_str(&part.to_string_lossy());
                }
                return up;
            }
            match base.parent() {
                Some(parent) => base = parent,
                None => return file.to_string_lossy().into_owned(),
            }
            up.push_str("../");
        }
    }

    fn content(&self, file: &Path, path: &str, text: &'a str) -> Result<ModuleContent<'a>> {
        let extension =
            file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if extension == "json" {
            return match serde_json::from_str(text) {
                Ok(value) => Ok(ModuleContent::Json(value)),
                Err(error) => {
                    let (line, column) = (error.line(), error.column());
                    let message = format!("{path}:{line}:{column}: not JSON");
                    Err(unreadable_at(message, path, line as u64, column as u64))
                }
            };
        }
        match SourceType::from_path(file) {
            Ok(kind) => Ok(ModuleContent::Script(Box::new(self.parse(path, text, kind)?))),
            Err(_) => Ok(ModuleContent::Text),
        }
    }

    fn parse(&self, path: &str, text: &'a str, kind: SourceType) -> Result<Script<'a>> {
        if let Some(offset) = limits::too_deep(text) {
            return Err(syntax_error(path, text, offset, "nested too deeply to be read"));
        }
        // The body of a workflow script is that of a function: it may return.
        let allow_return_outside_function =
            path.ends_with(crate::reader::primitives::script::SUFFIX);
        let options = ParseOptions {
            preserve_parens: false,
            allow_return_outside_function,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(self.arena, text, kind).with_options(options).parse();
        if let Some(first) = parsed.diagnostics.iter().next() {
            let offset = first.labels.first().map_or(0, |label| label.offset());
            return Err(syntax_error(path, text, offset as usize, &first.message));
        }
        Ok(Script::new(self.arena.alloc(parsed.program)))
    }
}

/// `file:line:column: message`, the line, and a caret below the column.
fn syntax_error(path: &str, text: &str, offset: usize, message: &str) -> Error {
    let (line, column) = place(text, offset);
    let source = text.lines().nth(line as usize - 1).unwrap_or_default();
    // A window of the line, so that a minified file gives a readable message.
    let from = (column as usize - 1).saturating_sub(100);
    let shown: String =
        source.chars().skip(from).take(160).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let caret = " ".repeat(column as usize - 1 - from);
    let message = message.trim_end_matches('.');
    let message = format!("{path}:{line}:{column}: {message}\n  {shown}\n  {caret}^");
    unreadable_at(message, path, line.into(), column.into())
}

/// The package's name in a specifier: `@scope/name` or `name`; parts of Node keep `node:`.
pub fn package(specifier: &str) -> String {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    specifier.split('/').take(parts).collect::<Vec<_>>().join("/")
}

fn resolver(root: Option<&Path>, files: &Files) -> ResolverGeneric<Files> {
    let config_file =
        root.map(|root| root.join("tsconfig.json")).filter(|file| files.is_file(file));
    let tsconfig = config_file.map(|config_file| {
        TsconfigDiscovery::Manual(TsconfigOptions {
            config_file,
            references: TsconfigReferences::Disabled,
        })
    });
    let options = ResolveOptions {
        tsconfig,
        extensions: EXTENSIONS.map(str::to_owned).to_vec(),
        extension_alias: [
            (".js", &[".ts", ".tsx", ".js", ".jsx"][..]),
            (".jsx", &[".tsx", ".jsx"]),
            (".mjs", &[".mts", ".mjs"]),
            (".cjs", &[".cts", ".cjs"]),
        ]
        .map(|(from, to)| (from.to_owned(), to.iter().map(|&one| one.to_owned()).collect()))
        .to_vec(),
        condition_names: ["node", "import"].map(str::to_owned).to_vec(),
        ..ResolveOptions::default()
    };
    ResolverGeneric::new_with_file_system(files.clone(), options)
}
