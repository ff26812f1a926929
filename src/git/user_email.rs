//! Address of git's user, from git's files. Starting git takes longer than a promotion: it is asked only where the files
//! have something that this reader does not know, or say nothing.

use super::config_file::ConfigFile;
use super::process::GitCommand;
use crate::fs;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables with which git reads other settings, or looks for the repository elsewhere. Those of the repository itself
/// are removed for git, too.
const ASK_GIT: [&str; 4] = [
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// Without these git takes a folder for none of its own.
#[cfg(unix)]
const FOLDERS: [&str; 2] = ["objects", "refs"];

/// Reads a variable of the environment.
pub type Variables<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// Address that git would sign a commit in a folder with; none without git.
pub fn user_email(folder: &Path, variables: &Variables<'_>) -> Option<String> {
    let found = from_files(folder, variables);
    found.or_else(|| GitCommand::at(folder).line(&["config", "user.email"]).ok())
}

/// The address that the files contain for certain. The file that counts most is read first, and no further one after a
/// value. The file of the system is left to git, which alone knows where it is.
fn from_files(folder: &Path, variables: &Variables<'_>) -> Option<String> {
    if ASK_GIT.iter().any(|name| variables(name).is_some()) {
        return None;
    }
    let local = repository_config(folder)?;
    for (path, is_local) in local
        .map(|path| (path, true))
        .into_iter()
        .chain(global_configs(folder, variables)?.into_iter().map(|path| (path, false)))
    {
        let Some(bytes) = fs::read_if_exists(&path).ok()? else { continue };
        let config = ConfigFile::parse(std::str::from_utf8(&bytes).ok()?)?;
        if is_local
            && !matches!(config.get("core.repositoryformatversion"), None | Some(Some("0" | "1")))
        {
            return None;
        }
        if let Some(email) = config.get("user.email") {
            return email.filter(|email| !email.contains(['\n', '\t', '\u{8}'])).map(str::to_owned);
        }
    }
    None
}

/// Files of the user, the one that counts most first. `None`: git has to say.
fn global_configs(folder: &Path, variables: &Variables<'_>) -> Option<Vec<PathBuf>> {
    if let Some(path) = variables("GIT_CONFIG_GLOBAL") {
        return Some(vec![folder.join(path)]);
    }
    let named = |name: &str| variables(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = folder.join(named("HOME")?);
    let xdg = named("XDG_CONFIG_HOME").map_or(home.join(".config"), |path| folder.join(path));
    Some(vec![home.join(".gitconfig"), xdg.join("git/config")])
}

/// Configuration of the repository around a folder; `Some(None)` without one, `None` where git has to say.
#[cfg(unix)]
fn repository_config(folder: &Path) -> Option<Option<PathBuf>> {
    use std::os::unix::fs::MetadataExt;
    let folder = folder.canonicalize().ok()?;
    let device = folder.metadata().ok()?.dev();
    for dir in folder.ancestors() {
        if dir.metadata().ok()?.dev() != device {
            return Some(None);
        }
        let dot_git = dir.join(".git");
        match dot_git.symlink_metadata() {
            Ok(_) => {
                let git_dir = git_dir(&dot_git)?;
                // git reads nothing of a repository of somebody else.
                let is_ours =
                    [dir, dot_git.as_path(), git_dir.as_path()].iter().all(|path| is_ours(path));
                return if is_ours { config_of(&git_dir).map(Some) } else { None };
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => return None,
        }
        // It may be a repository without files.
        if dir.join("HEAD").exists() && FOLDERS.iter().all(|name| dir.join(name).exists()) {
            return None;
        }
    }
    Some(None)
}

#[cfg(not(unix))]
fn repository_config(_: &Path) -> Option<Option<PathBuf>> {
    None
}

#[cfg(unix)]
fn is_ours(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    path.symlink_metadata().is_ok_and(|data| data.uid() == user)
}

/// The folder that a `.git` is, or names as `gitdir: PATH`.
#[cfg(unix)]
fn git_dir(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return Some(dot_git.to_owned());
    }
    let text = text(dot_git)?;
    let path = text.strip_prefix("gitdir: ")?.trim_end_matches('\n');
    Some(dot_git.parent()?.join(path))
}

/// The configuration in a folder of git, which a linked work tree has elsewhere. `None` if it does not look like one.
#[cfg(unix)]
fn config_of(git_dir: &Path) -> Option<PathBuf> {
    let head = text(&git_dir.join("HEAD"))?;
    let is_commit =
        head.trim_end().len() >= 40 && head.trim_end().bytes().all(|b| b.is_ascii_hexdigit());
    if !head.starts_with("ref: refs/") && !is_commit {
        return None;
    }
    let common = match fs::read_if_exists(&git_dir.join("commondir")).ok()? {
        Some(path) => git_dir.join(String::from_utf8(path).ok()?.trim_end_matches('\n')),
        None => git_dir.to_owned(),
    };
    let is_whole = FOLDERS.iter().all(|name| common.join(name).is_dir());
    is_whole.then(|| common.join("config"))
}

#[cfg(unix)]
fn text(path: &Path) -> Option<String> {
    String::from_utf8(fs::read_if_exists(path).ok()??).ok()
}

#[cfg(all(test, unix))]
mod tests;
