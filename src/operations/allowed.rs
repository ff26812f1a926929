//! Allowed secrets: the list in the configuration, changed by `push` and shown by `status`.

use crate::error::{Error, Hint, Result};
use crate::history::project::Project;

/// Puts these on the list, and takes those from it.
pub fn change(project: &Project, allow: &[String], disallow: &[String]) -> Result<()> {
    if allow.is_empty() && disallow.is_empty() {
        return Ok(());
    }
    let lock = project.store().lock()?;
    let mut config = project.store().config()?;
    for name in disallow {
        let known = [named(project, name), name.clone()];
        if !known.iter().any(|name| config.remove_allowed(name)) {
            return Err(Error::not_found(format!("\"{name}\" is not allowed")).hint(match config
                .allow()
            {
                list if list.is_empty() => "no name is allowed".to_owned(),
                list => format!("allowed: {}", list.join(", ")),
            }));
        }
    }
    for name in allow {
        if name.trim_matches('/').is_empty() {
            return Err(Error::usage("`--allow` needs a path, or a kind and a name")
                .hint(Hint::AllowExample));
        }
        config.add_allowed(&named(project, name));
    }
    config.save(&lock)
}

/// The pattern for a name. One without a slash would be found in every folder: a file that is there means itself.
fn named(project: &Project, name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    let is_file = !name.contains('/') && project.root().join(name).symlink_metadata().is_ok();
    if is_file { format!("/{name}") } else { name.to_owned() }
}
