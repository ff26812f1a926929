//! `yarn.lock`: the form of version 1, and the YAML of later ones. Both are read line by line.

use std::collections::HashMap;

/// The versions of a lock file by name. Where a package is there in several, the one counts that the
/// project's own range asks for.
pub fn versions(text: &str, ranges: &HashMap<String, String>) -> HashMap<String, String> {
    let mut versions = HashMap::new();
    let mut packages: Vec<(&str, &str)> = Vec::new();
    for line in text.lines() {
        if let Some(field) = line.strip_prefix("  ").filter(|field| !field.starts_with(' ')) {
            let Some(version) = version(field) else { continue };
            for (name, range) in packages.drain(..) {
                let asked = ranges.get(name).is_some_and(|asked| asked.trim_start_matches("npm:") == range);
                if asked || !versions.contains_key(name) {
                    versions.insert(name.to_owned(), version.to_owned());
                }
            }
        } else if let Some(head) = line.strip_suffix(':').filter(|head| !head.starts_with([' ', '#'])) {
            packages = head.split(", ").filter_map(|one| package(one.trim_matches('"'))).collect();
        }
    }
    versions
}

/// `version "1.0.0"` or `version: 1.0.0`.
fn version(field: &str) -> Option<&str> {
    let value = field.strip_prefix("version")?.trim_start_matches(':').trim();
    Some(value.trim_matches('"'))
}

/// Name and range of `@scope/name@npm:^1.0.0`; none for a package of the workspace itself.
fn package(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    let (name, range) = (&text[..at], &text[at + 1..]);
    (!range.starts_with("workspace:")).then(|| (name, range.strip_prefix("npm:").unwrap_or(range)))
}
