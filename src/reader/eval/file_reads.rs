//! Files of the project that its code reads while it is loaded: a persona in a text file.
//!
//! Only files in the project count, no secrets, and no path that leads out. A path is a value of
//! its own, so that no absolute path becomes part of a definition.

use super::value::{SourceSpan, Value};
use crate::error::Result;
use crate::reader::syntax::modules::Modules;
use crate::workspace::secret_name;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

type ScopeRef = [Rc<str>];

/// `__dirname`, `__filename`.
pub fn name<'a>(modules: &Modules<'a>, name: &str, site: SourceSpan) -> Option<Value<'a>> {
    let module = modules.get(site.module);
    match name {
        "__dirname" => module.file.parent().map(path),
        "__filename" => Some(path(&module.file)),
        _ => None,
    }
}

/// `import.meta.url` and its kin.
pub fn place<'a>(
    modules: &Modules<'a>,
    names: &ScopeRef,
    key: &str,
    site: SourceSpan,
) -> Option<Value<'a>> {
    let is_meta = matches!(names, [global, import, meta]
        if &**global == "globalThis" && &**import == "import" && &**meta == "meta");
    let name_of_key = match key {
        "url" | "filename" => "__filename",
        "dirname" => "__dirname",
        _ => return None,
    };
    if is_meta { name(modules, name_of_key, site) } else { None }
}

/// `new URL('./persona.md', import.meta.url)`.
pub fn url<'a>(names: &ScopeRef, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let is_url = names.last().is_some_and(|name| &**name == "URL");
    match arguments {
        [Value::Text(relative), Value::Path(base)] if is_url && !relative.contains(':') => {
            Path::new(&**base).parent().map(|folder| path(&plain(&folder.join(&**relative))))
        }
        [place @ Value::Path(_)] if is_url => Some(place.clone()),
        _ => None,
    }
}

/// Functions of Node that find and read files; `None` where it is another function.
pub fn call<'a>(
    modules: &Modules<'a>,
    names: &ScopeRef,
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Result<Option<Value<'a>>> {
    let part = |name: &Rc<str>| !["default", "posix", "promises"].contains(&&**name);
    let names: Vec<&str> = names.iter().filter(|name| part(name)).map(|name| &**name).collect();
    let first = arguments.first();
    let [package, function] = names.as_slice() else {
        return Ok((names == ["globalThis", "process", "cwd"]).then(|| path(modules.root())));
    };
    Ok(match (package.trim_start_matches("node:"), *function, first) {
        ("fs", "readFileSync" | "readFile", Some(target)) => {
            read(modules, target, arguments.get(1), site)?
        }
        ("fs", "existsSync", Some(target)) => match project_file(modules, target) {
            Some(file) => Some(Value::Bool(modules.text(&file)?.is_some())),
            None => None,
        },
        ("url", "fileURLToPath" | "pathToFileURL", Some(place @ Value::Path(_))) => {
            Some(place.clone())
        }
        ("path", "join", Some(_)) => joined(arguments),
        ("path", "resolve", _) => {
            let from_root = [&[path(modules.root())], arguments].concat();
            let start =
                from_root.iter().rposition(|one| matches!(one, Value::Path(_))).unwrap_or(0);
            joined(&from_root[start..])
        }
        ("path", "dirname", Some(Value::Path(place))) => Path::new(&**place).parent().map(path),
        _ => None,
    })
}

/// The file of the project that a call of this function reads as a text.
pub fn file_read(modules: &Modules<'_>, names: &ScopeRef, target: &Value<'_>) -> Option<PathBuf> {
    let [package, .., function] = names else { return None };
    let is_read = package.trim_start_matches("node:") == "fs" && &**function == "readFileSync";
    if is_read { project_file(modules, target) } else { None }
}

fn path<'a>(path: &Path) -> Value<'a> {
    Value::Path(path.to_string_lossy().into())
}

/// `path.join` of a place with names, or of names alone.
fn joined<'a>(parts: &[Value<'a>]) -> Option<Value<'a>> {
    let (first, rest) = parts.split_first()?;
    let (mut whole, is_place) = match first {
        Value::Path(place) => (PathBuf::from(&**place), true),
        Value::Text(text) => (PathBuf::from(&**text), false),
        _ => return None,
    };
    for part in rest {
        let Value::Text(text) = part else { return None };
        whole.push(text.trim_start_matches('/'));
    }
    let whole = plain(&whole);
    Some(if is_place { path(&whole) } else { Value::text(whole.to_string_lossy()) })
}

/// A path without `.` and, where that can be told, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// The file of the project that a path means; `None` for others, and for secrets.
fn project_file(modules: &Modules<'_>, target: &Value<'_>) -> Option<PathBuf> {
    let file = match target {
        Value::Path(place) => plain(Path::new(&**place)),
        // A relative path is one from the folder in which the agent is built.
        Value::Text(text) => plain(&modules.root().join(&**text)),
        _ => return None,
    };
    let real = file.canonicalize().unwrap_or_else(|_| file.clone());
    let name = modules.relative(&file);
    let inside = |path: &Path| path.starts_with(modules.root());
    (inside(&file) && inside(&real) && secret_name(&name).is_none()).then_some(file)
}

fn read<'a>(
    modules: &Modules<'a>,
    target: &Value<'a>,
    encoding: Option<&Value<'a>>,
    site: SourceSpan,
) -> Result<Option<Value<'a>>> {
    let Some(file) = project_file(modules, target) else {
        let known = matches!(target, Value::Path(_) | Value::Text(_));
        let reason = "reads a file that is outside the project or may contain a secret";
        return Ok(known.then(|| Value::unknown(site, reason)));
    };
    let text = modules.text(&file)?;
    if text.is_some() {
        modules.ask(&file, &modules.get(site.module), site.span());
    }
    let Some(text) = text else {
        let reason =
            format!("reads \"{}\", which is not a text file here", modules.relative(&file));
        return Ok(Some(Value::unknown(site, reason)));
    };
    let encoding = match encoding {
        Some(Value::Object(options)) => options.get("encoding"),
        other => other.cloned(),
    };
    let encoding = encoding.and_then(|one| one.to_text()).map(|one| one.to_ascii_lowercase());
    Ok(Some(match encoding.as_deref() {
        Some("utf8" | "utf-8") => Value::Text(text),
        // Bytes: `.toString()` makes a text of them.
        None | Some("undefined" | "null") => {
            Value::object(vec![(BYTES.into(), Value::Text(text))], site)
        }
        Some(_) => Value::unknown(site, "reads a file in an encoding that is not evaluated"),
    }))
}

/// Field of an object that represents the bytes of a text file.
pub const BYTES: &str = "$bytes";
