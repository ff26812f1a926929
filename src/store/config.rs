//! `config.toml`: the agent's id, the author, allowed secrets, git, the remotes.
//!
//! Edits keep comments and unknown keys, since people write in it too. It never holds a secret:
//! tokens are in a file of the user (`client::credentials`).

use super::{StoreLock, layout};
use crate::error::{Error, Result};
use crate::fs;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

/// The key of a remote that says that a token may go there over plain HTTP.
const INSECURE: &str = "insecure";

/// Name of a remote by default.
pub const DEFAULT_REMOTE: &str = "origin";

const CHECKOUT: &str = "checkout";

/// The configuration of one store. Keys, comments and order that it does not know survive a change.
#[derive(Debug)]
pub struct StoreConfig {
    dir: PathBuf,
    document: DocumentMut,
}

impl StoreConfig {
    /// Reads `config.toml`; a missing one is empty.
    pub(super) fn load(dir: &Path) -> Result<StoreConfig> {
        let path = dir.join(layout::CONFIG);
        let bytes = fs::read_if_exists(&path)?.unwrap_or_default();
        let bad = |line: usize, what: &str| {
            let place = format!("\"{}\" line {line}", path.display());
            Error::usage(format!("cannot read {place}: {what}"))
                .hint("correct that line and try again")
        };
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => return Err(bad(line_of(&bytes, error.valid_up_to()), "not UTF-8")),
        };
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            bad(line_of(&bytes, at), error.message().lines().next().unwrap_or("not TOML"))
        })?;
        let config = StoreConfig { dir: dir.to_owned(), document };
        config.check(&path)?;
        Ok(config)
    }

    /// The agent that this project is, where it is known.
    pub fn agent(&self) -> Option<&str> {
        self.document.get("agent")?.as_str()
    }

    /// Default author, where neither a flag nor the environment names one.
    pub fn author(&self) -> Option<&str> {
        self.document.get("author")?.as_str()
    }

    /// Secrets that are kept nevertheless: patterns of paths, and of `KIND/NAME` for values.
    pub fn allow(&self) -> Vec<String> {
        let patterns = self.document.get("allow").and_then(Item::as_array);
        let texts = patterns.into_iter().flatten().filter_map(|pattern| pattern.as_str());
        texts.map(str::to_owned).collect()
    }

    /// Adds a pattern to that list; `false` when it is there.
    pub fn add_allowed(&mut self, pattern: &str) -> bool {
        let is_new = !self.allow().iter().any(|known| known == pattern);
        let list = self.document.entry("allow").or_insert_with(|| value(Array::new()));
        if let Some(list) = list.as_array_mut().filter(|_| is_new) {
            list.push(pattern);
        }
        is_new
    }

    /// Takes a pattern out of that list; `false` when it is not there.
    pub fn remove_allowed(&mut self, pattern: &str) -> bool {
        let Some(list) = self.document.get_mut("allow").and_then(Item::as_array_mut) else {
            return false;
        };
        let before = list.len();
        list.retain(|known| known.as_str() != Some(pattern));
        list.len() < before
    }

    /// The address of a remote.
    pub fn remote(&self, name: &str) -> Option<&str> {
        self.remote_table()?.get(name)?.as_table_like()?.get("url")?.as_str()
    }

    /// True if a token may go to a remote over plain HTTP.
    pub fn is_insecure(&self, name: &str) -> bool {
        let remote = self.remote_table().and_then(|table| table.get(name)?.as_table_like());
        remote.and_then(|remote| remote.get(INSECURE)?.as_bool()).unwrap_or(false)
    }

    /// Name and address of every remote, in the order of the file.
    pub fn remotes(&self) -> Vec<(&str, &str)> {
        let names =
            self.remote_table().into_iter().flat_map(|table| table.iter().map(|(name, _)| name));
        names.filter_map(|name| Some((name, self.remote(name)?))).collect()
    }

    /// The remote that a command means without a name: the only one, or `origin`. `None` where there is none, or several others.
    pub fn default_remote(&self) -> Option<&str> {
        let remotes = self.remotes();
        match &remotes[..] {
            [(only, _)] => Some(only),
            many => many.iter().map(|(name, _)| *name).find(|name| *name == DEFAULT_REMOTE),
        }
    }

    /// True if versions and promotions are committed to git.
    pub fn git_enabled(&self) -> bool {
        let git = self.document.get("git").and_then(Item::as_table_like);
        git.and_then(|git| git.get("enabled")?.as_bool()).unwrap_or(false)
    }

    pub fn set_git_enabled(&mut self, enabled: bool) {
        let git = self.document.entry("git").or_insert_with(|| Item::Table(Table::new()));
        if let Some(git) = git.as_table_like_mut() {
            git.insert("enabled", value(enabled));
        }
    }

    /// True of the store of a checkout: its files are pushed as they are, after whatever the remote has.
    pub fn is_checkout(&self) -> bool {
        self.document.get(CHECKOUT).and_then(Item::as_bool).unwrap_or(false)
    }

    pub fn set_checkout(&mut self) {
        self.document.insert(CHECKOUT, value(true));
    }

    pub fn set_agent(&mut self, agent: &str) {
        self.document["agent"] = value(agent);
    }

    pub fn set_author(&mut self, author: &str) {
        self.document["author"] = value(author);
    }

    /// Sets the address of a remote. The leave to send a token over plain HTTP is for this address alone.
    pub fn set_remote(&mut self, name: &str, url: &str, insecure: bool) -> Result<()> {
        check_remote_name(name)?;
        let remotes = self.document.entry("remote").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let remotes = remotes.as_table_like_mut().expect("checked when it was read");
        let remote = remotes.entry(name).or_insert_with(|| Item::Table(Table::new()));
        let remote = remote.as_table_like_mut().expect("checked when it was read");
        remote.insert("url", value(url));
        match insecure {
            true => remote.insert(INSECURE, value(true)),
            false => remote.remove(INSECURE),
        };
        Ok(())
    }

    /// Forgets a remote; `false` when there was none of that name.
    pub fn remove_remote(&mut self, name: &str) -> bool {
        let remotes = self.document.get_mut("remote").and_then(Item::as_table_like_mut);
        remotes.is_some_and(|table| table.remove(name).is_some())
    }

    /// Writes it back, durably. Load it under the same lock, or a change of somebody else's is lost.
    pub fn save(&self, lock: &StoreLock) -> Result<()> {
        lock.check(&self.dir);
        fs::replace(&self.dir.join(layout::CONFIG), self.document.to_string().as_bytes())
    }

    fn remote_table(&self) -> Option<&dyn TableLike> {
        self.document.get("remote")?.as_table_like()
    }

    /// The keys that are known have the type they must have, so that none is silently passed over.
    fn check(&self, path: &Path) -> Result<()> {
        let wrong = |key: &str, must: &str| {
            Error::usage(format!("cannot read \"{}\": \"{key}\" must be {must}", path.display()))
                .hint("correct that key and try again")
        };
        for key in ["agent", "author"] {
            if self.document.get(key).is_some_and(|item| !item.is_str()) {
                return Err(wrong(key, "a text in quotes"));
            }
        }
        let is_text_list =
            |item: &Item| item.as_array().is_some_and(|list| list.iter().all(|v| v.is_str()));
        if self.document.get("allow").is_some_and(|item| !is_text_list(item)) {
            return Err(wrong("allow", "a list of texts, as in allow = [\"fixtures/*.pem\"]"));
        }
        if let Some(git) = self.document.get("git") {
            let enabled = git.as_table_like().map(|git| git.get("enabled"));
            if !enabled.is_some_and(|enabled| enabled.is_none_or(Item::is_bool)) {
                return Err(wrong("git", "a table with \"enabled\", true or false, as in [git]"));
            }
        }
        if self.document.get("remote").is_some() && self.remote_table().is_none() {
            return Err(wrong("remote", "a table, as in [remote.origin]"));
        }
        for (name, _) in self.remote_table().into_iter().flat_map(TableLike::iter) {
            if self.remote(name).is_none() {
                return Err(wrong(&format!("remote.{name}"), "a table with the text \"url\""));
            }
            let insecure = self
                .remote_table()
                .and_then(|table| table.get(name)?.as_table_like()?.get(INSECURE));
            if insecure.is_some_and(|insecure| !insecure.is_bool()) {
                return Err(wrong(&format!("remote.{name}.{INSECURE}"), "true or false"));
            }
        }
        Ok(())
    }
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at.min(bytes.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// A remote's name is also the name of a file in `refs/remotes/`, where `tmp-` begins the names of files
/// that are being written.
pub fn check_remote_name(name: &str) -> Result<()> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty()
        || name.len() > 100
        || name.starts_with(['.', '-'])
        || name.starts_with("tmp-")
        || !name.chars().all(fine)
    {
        return Err(Error::usage(format!("\"{name}\" cannot be the name of a remote")).hint(
            "use letters, digits, `-`, `_` and `.`, beginning with a letter or digit, not with `tmp-`",
        ));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write what a person would")]
mod tests {
    use super::super::Store;

    fn store(config: &str) -> (tempfile::TempDir, Store) {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        std::fs::write(store.dir().join("config.toml"), config).unwrap();
        (project, store)
    }

    #[test]
    fn no_file_is_an_empty_configuration() {
        let project = tempfile::tempdir().unwrap();
        let config = Store::init(&project.path().join(".lua")).unwrap().config().unwrap();
        assert_eq!((config.agent(), config.author(), config.remotes()), (None, None, vec![]));
    }

    #[test]
    fn a_change_keeps_comments_order_and_unknown_keys() {
        let before = "# mine\nzeta = 1 # why\nauthor = \"a@b\"\n\n[remote.origin]\nurl = \"u\" # old\nx = [1]\n";
        let (_project, store) = store(before);
        let mut config = store.config().unwrap();
        config.set_author("c@d");
        config.set_remote("origin", "v", false).unwrap();
        config.set_remote("other", "/w", false).unwrap();
        config.save(&store.lock().unwrap()).unwrap();
        let after = std::fs::read_to_string(store.dir().join("config.toml")).unwrap();
        for kept in [
            "# mine\nzeta = 1 # why\nauthor = \"c@d\"\n",
            "x = [1]\n",
            "[remote.other]\nurl = \"/w\"\n",
        ] {
            assert!(after.contains(kept), "{after}");
        }
        let config = store.config().unwrap();
        assert_eq!(config.remotes(), [("origin", "v"), ("other", "/w")]);
        assert_eq!(config.author(), Some("c@d"));
    }

    #[test]
    fn git_is_off_until_it_is_said() {
        let (_project, store) = store("agent = \"a\" # mine\n\n[git]\nother = 1 # kept\n");
        let mut config = store.config().unwrap();
        assert!(!config.git_enabled());
        config.set_git_enabled(true);
        config.save(&store.lock().unwrap()).unwrap();
        assert!(store.config().unwrap().git_enabled());
        let after = std::fs::read_to_string(store.dir().join("config.toml")).unwrap();
        assert_eq!(after, "agent = \"a\" # mine\n\n[git]\nother = 1 # kept\nenabled = true\n");
    }

    #[test]
    fn a_remote_can_be_forgotten() {
        let (_project, store) = store("[remote.a]\nurl = \"u\"\n");
        let mut config = store.config().unwrap();
        assert!(config.remove_remote("a"));
        assert!(!config.remove_remote("a"));
        assert_eq!(config.remote("a"), None);
        for bad in ["../x", "", ".x", "-x", "a/b", "tmp-x", "é"] {
            assert!(config.set_remote(bad, "u", false).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_allowed_can_be_added_and_taken_away() {
        let (_project, store) =
            store("agent = \"a\"\nallow = [\"x.pem\"] # why\n\n[remote.origin]\nurl = \"u\"\n");
        let mut config = store.config().unwrap();
        assert!(config.add_allowed("skill/orders") && !config.add_allowed("x.pem"));
        config.save(&store.lock().unwrap()).unwrap();
        let after = std::fs::read_to_string(store.dir().join("config.toml")).unwrap();
        let expected = "agent = \"a\"\nallow = [\"x.pem\", \"skill/orders\"] # why\n\n[remote.origin]\nurl = \"u\"\n";
        assert_eq!(after, expected);
        assert!(config.remove_allowed("x.pem") && !config.remove_allowed("x.pem"));
        assert_eq!(config.allow(), ["skill/orders"]);
        let (_project, store) = self::store("[git]\nenabled = true\n");
        let mut config = store.config().unwrap();
        config.add_allowed("a");
        config.save(&store.lock().unwrap()).unwrap();
        assert_eq!(
            (store.config().unwrap().allow(), config.git_enabled()),
            (vec!["a".to_owned()], true)
        );
    }

    #[test]
    fn what_cannot_be_read_names_its_line_or_key() {
        for (text, part) in [
            ("agent = \"a\"\nauthor = \n", "line 2"),
            ("agent = \"a\"\n\n[remote\n", "line 3"),
            ("agent = 5\n", "\"agent\" must be"),
            ("remote = \"x\"\n", "\"remote\" must be"),
            ("git = true\n", "\"git\" must be"),
            ("[git]\nenabled = 1\n", "\"git\" must be"),
            ("[remote.origin]\nurl = 5\n", "\"remote.origin\" must be"),
            ("[remote.origin]\nurl = \"u\"\ninsecure = 1\n", "\"remote.origin.insecure\" must be"),
        ] {
            let (_project, store) = store(text);
            let error = store.config().unwrap_err();
            assert!(
                error.message().contains("config.toml\"") && error.message().contains(part),
                "{error}"
            );
        }
    }
}
