//! `pnpm-lock.yaml`: the project's dependencies are read as YAML, the packages line by line, since
//! there can be many thousands of them.

use super::LockFile;
use super::graph::{Graph, GraphNode};
use crate::error::Result;
use crate::reader::unreadable_at;
use serde_json::Value;
use std::collections::HashMap;

/// Versions that the project itself has, and the dependencies of each package.
pub fn read(lock: &LockFile) -> Result<(HashMap<String, String>, Graph)> {
    let (head, packages) = lock.text.split_once("\npackages:").unwrap_or((&lock.text, ""));
    let file: Value = serde_saphyr::from_str(head).map_err(|error| {
        let (line, column) =
            error.location().map(|at| (at.line(), at.column())).unwrap_or_default();
        let place = if line > 0 { format!(":{line}:{column}") } else { String::new() };
        let message = format!("cannot read \"{}{place}\": not YAML", lock.name);
        unreadable_at(message, lock.name, line, column)
    })?;
    let mut graph = graph(packages);
    let project = if lock.project.is_empty() { "." } else { &lock.project };
    let importer =
        file.get("importers").and_then(|importers| importers.get(project)).unwrap_or(&file);
    let mut versions = HashMap::new();
    for group in ["optionalDependencies", "devDependencies", "dependencies"] {
        for (name, one) in importer.get(group).and_then(Value::as_object).into_iter().flatten() {
            let Some(text) = one.as_str().or_else(|| one.get("version")?.as_str()) else {
                continue;
            };
            versions.insert(name.clone(), version(text));
            graph.root(name, &key(name, text));
        }
    }
    Ok((versions, graph))
}

/// Sections `packages` and `snapshots`. In both a package is indented by two spaces, its
/// dependencies by four.
fn graph(text: &str) -> Graph {
    let (mut graph, mut open) = (Graph::default(), None);
    let mut in_needs = false;
    let close = |graph: &mut Graph, open: Option<(String, GraphNode)>| {
        open.into_iter().for_each(|(key, node)| graph.add([key], node));
    };
    for line in text.lines() {
        let field = line.trim_start();
        match line.len() - field.len() {
            2 => {
                close(&mut graph, open.take());
                let Some((name, _)) = split(field) else { continue };
                open =
                    Some((own_key(name), GraphNode { version: version(name), needs: Vec::new() }));
                in_needs = false;
            }
            4 => in_needs = ["dependencies:", "optionalDependencies:"].contains(&field),
            6 if in_needs => {
                let Some(((name, value), (_, node))) = split(field).zip(open.as_mut()) else {
                    continue;
                };
                node.needs.push((name.to_owned(), key(name, value)));
            }
            _ => {}
        }
    }
    close(&mut graph, open);
    graph
}

/// `'@s/p': 1.0.0`, without quotes.
fn split(field: &str) -> Option<(&str, &str)> {
    let (name, value) = match field.strip_prefix('\'') {
        Some(quoted) => quoted.split_once("':")?,
        None => field.split_once(':')?,
    };
    Some((name, value.trim().trim_matches('\'')))
}

/// The key of a package in its own place: `/debug/4.4.3`, `/debug@4.4.3` and `debug@4.4.3` alike.
fn own_key(text: &str) -> String {
    let Some(path) = text.strip_prefix('/') else { return text.to_owned() };
    // The oldest form has the version behind a slash.
    match path.rsplit_once('/') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{name}@{version}")
        }
        _ => path.to_owned(),
    }
}

/// Key of a dependency: a version, or another package's key.
fn key(name: &str, value: &str) -> String {
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{name}@{value}")
    } else {
        own_key(value)
    }
}

/// `3.24.1` of `3.24.1(react@18.0.0)`, `3.24.1_react@18.0.0`, `/zod/3.24.1` and `zod-v3@3.24.1`.
fn version(text: &str) -> String {
    let text = text.split('(').next().unwrap_or_default();
    if text.contains(':') {
        return text.to_owned();
    }
    let text =
        if text.starts_with('/') { text.rsplit('/').next().unwrap_or_default() } else { text };
    let text = text.split('_').next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((_, version)) => version.to_owned(),
        None => text.to_owned(),
    }
}
