//! Layout of `.lua/`: the name of everything in it, and its `format` file. No other file builds a
//! path below `.lua/`; only the git guard is elsewhere (`git_guard`). An unknown format is refused
//! before anything is read or written.

use crate::error::{Error, Hint, Result};
use crate::fs::{self, Published};
use crate::store::git_guard;
use std::path::{Path, PathBuf};

/// The folder of a store, beside the project's files.
pub const DIR: &str = ".lua";

pub const FORMAT: &str = "format";
pub const CONFIG: &str = "config.toml";
pub const ACTIVE: &str = "ACTIVE";
pub const LOCK: &str = "lock";
pub const OBJECTS: &str = "objects";
pub const PACKED_REFS: &str = "packed-refs";
pub const REFLOG: &str = "reflog";
/// Objects that must not be stored again.
pub const PURGED: &str = "purged";
/// The merge that is open.
pub const MERGE: &str = "merge";
/// The operation log.
pub const OPERATIONS: &str = "operations";
/// Packs that are not verified yet.
pub const INCOMING: &str = "incoming";

pub const REFS: &str = "refs";
/// The series of the source versions, one per push.
pub const SOURCE: &str = "refs/source";
/// The series of the agent versions, one per `version create`.
pub const VERSIONS: &str = "refs/versions";
/// The series of the safety snapshots, one per workspace that a restore overwrote.
pub const SNAPSHOTS: &str = "refs/snapshots";
/// Remote-tracking refs: the heads of each remote at the last fetch.
pub const REMOTES: &str = "refs/remotes";
/// Answers of the Lua platform: one record for each remote that is on it.
pub const PLATFORM: &str = "refs/platform";

/// Deployments to the platform that are not ended: a journal for each remote.
pub const DEPLOYS: &str = "deploys";
pub const DEPLOY_LOCK: &str = "deploy-lock";

/// Files that can be removed at any time.
pub const CACHE: &str = "cache";
/// Stat cache of the workspace.
pub const STAT_INDEX: &str = "cache/index";
/// The agent that was read last.
pub const AGENT: &str = "cache/agent";
/// The output of the compiler that was looked at last.
pub const COMPILED: &str = "cache/dist";
/// Losses of the stock compiler in versions.
pub const LOSSES: &str = "cache/losses";
pub const LEDGER_INDEX: &str = "cache/ledger";
/// In which pack each object is.
pub const MULTI_PACK_INDEX: &str = "cache/multi-pack-index";
/// Copy of the pack in `ACTIVE`.
pub const RECORDS: &str = "cache/records";
/// The last answer of each remote.
pub const LAST_KNOWN: &str = "cache/heard";
/// Last comparisons of what runs at remotes with their active versions.
pub const RUNNING: &str = "cache/running";
/// Proofs that the remote-tracking refs are durable.
pub const DURABLE: &str = "cache/durable";
/// Objects that nothing reaches, and since when that is known.
pub const UNREACHED: &str = "cache/unreached";
/// Caches of linked work trees, a folder for each.
pub const WORK_TREES: &str = "cache/worktrees";
/// The source version that the files of a work tree were equal to last.
pub const BASE: &str = "cache/base";
/// Exists from when damage was found until all is sound.
pub const DAMAGED: &str = "cache/damaged";

/// The whole content of `format` in a new store. Another layout takes another number.
const FORMAT_LINE: &str = "lua-store 1\n";

/// The same in a store whose `packed-refs` may be a table.
const WITH_TABLES: &str = "lua-store 2\n";

/// The same in a store whose `ACTIVE` may end with a pack, too.
const WITH_RECORDS: &str = "lua-store 3\n";

/// The newest format that this program writes.
pub const NEWEST_FORMAT: &str = WITH_RECORDS;

/// Every format that this program reads, the oldest first.
const KNOWN: [&str; 3] = [FORMAT_LINE, WITH_TABLES, WITH_RECORDS];

/// Folder of the store of a project.
pub fn dir_in(root: &Path) -> PathBuf {
    root.join(DIR)
}

/// True if the store of a folder is in this very folder.
pub fn is_project(root: &Path) -> bool {
    dir_in(root).join(FORMAT).is_file()
}

/// The folder of the project whose store is in `dir`.
pub fn project_of(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => dir,
    }
}

/// Name of a ref or a series for a person: `source/v3`.
pub fn short(name: &str) -> &str {
    name.strip_prefix(REFS).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
}

/// The store's folder and those in it that hold durable files.
pub fn folders(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let below = [OBJECTS, REFS, SOURCE, VERSIONS].map(|name| dir.join(name));
    std::iter::once(dir.to_owned()).chain(below)
}

/// Makes what is missing. `format` comes last: without it a folder is no store, so that a crash
/// before leaves nothing that could be taken for one.
pub fn make(dir: &Path) -> Result<()> {
    if fs::read_if_exists(&dir.join(FORMAT))?.is_some() {
        check_format(dir)?;
    }
    git_guard::check_untracked(dir)?;
    for folder in folders(dir) {
        fs::create_dir_all(&folder)?;
    }
    // An earlier run may have died between making a folder and making its name durable.
    fs::sync_dir(&dir.join(REFS))?;
    fs::sync_dir(project_of(dir))?;
    git_guard::install(dir)?;
    match fs::create(&dir.join(FORMAT), FORMAT_LINE.as_bytes())? {
        Published::Done => Ok(()),
        Published::Exists => fs::sync_dir(dir),
    }
}

pub fn check_format(dir: &Path) -> Result<()> {
    let path = dir.join(FORMAT);
    let Some(found) = fs::read_if_exists(&path)? else {
        return Err(Error::usage(format!(
            "not a lua-store project: there is no \"{}\"",
            path.display()
        ))
        .hint(Hint::Init));
    };
    if KNOWN.iter().any(|line| found == line.as_bytes()) {
        return Ok(());
    }
    let text = show(&found);
    if is_another_version(&found) {
        return Err(Error::failed(format!(
            "cannot open the store \"{}\": its format is {text}, this program knows {} to {}",
            dir.display(),
            show(FORMAT_LINE.as_bytes()),
            show(WITH_RECORDS.as_bytes()),
        ))
        .hint("a newer lua-store wrote it; update lua-store to read it"));
    }
    Err(Error::corrupt(format!("\"{}\" is damaged: it contains {text}", path.display()))
        .hint(Hint::RecoverFormat { line: show(WITH_RECORDS.as_bytes()) }))
}

/// Raises the number of the format to the one with tables, durably.
pub fn require_tables(dir: &Path) -> Result<()> {
    require(dir, WITH_TABLES)
}

/// The same for a pack in `ACTIVE`.
pub fn require_records(dir: &Path) -> Result<()> {
    require(dir, WITH_RECORDS)
}

fn require(dir: &Path, line: &str) -> Result<()> {
    let path = dir.join(FORMAT);
    let Some(found) = fs::read_if_exists(&path)? else { return Ok(()) };
    let older = KNOWN.iter().take_while(|known| **known != line);
    match older.into_iter().any(|known| found == known.as_bytes()) {
        true => fs::replace(&path, line.as_bytes()),
        false => Ok(()),
    }
}

fn is_another_version(found: &[u8]) -> bool {
    let number = found.strip_prefix(b"lua-store ").and_then(|rest| rest.strip_suffix(b"\n"));
    number.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

/// Content of a damaged file, quoted, escaped and short enough for a message.
pub fn show(bytes: &[u8]) -> String {
    const MOST_BYTES: usize = 80;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]);
    match bytes.len() {
        0 => "nothing".to_owned(),
        len if len > MOST_BYTES => format!("{text:?}… ({len} bytes)"),
        _ => format!("{:?}", text.trim_end_matches('\n')),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::super::Store;
    use super::*;
    use crate::error::Kind;

    fn project() -> (tempfile::TempDir, PathBuf) {
        let project = tempfile::tempdir().unwrap();
        let dir = project.path().join(DIR);
        (project, dir)
    }

    #[test]
    fn init_leaves_what_the_stock_command_keeps_there() {
        let (_project, dir) = project();
        std::fs::create_dir_all(dir.join("external")).unwrap();
        std::fs::write(dir.join("config.json"), "{}").unwrap();
        std::fs::write(dir.join("external/x"), "x").unwrap();
        Store::init(&dir).unwrap();
        assert_eq!(std::fs::read_to_string(dir.join("config.json")).unwrap(), "{}");
        assert_eq!(std::fs::read_to_string(dir.join("external/x")).unwrap(), "x");
        assert_eq!(std::fs::read_to_string(dir.join("format")).unwrap(), "lua-store 1\n");
    }

    #[test]
    fn init_again_changes_nothing() {
        let (_project, dir) = project();
        let store = Store::init(&dir).unwrap();
        let id = crate::object::Id::of_blob(b"x");
        store.refs().create(&store.lock().unwrap(), "refs/source/v1", id).unwrap();
        Store::init(&dir).unwrap();
        assert_eq!(store.refs().get("refs/source/v1").unwrap(), Some(id));
    }

    #[test]
    fn a_folder_without_format_is_no_store_and_init_finishes_it() {
        let (_project, dir) = project();
        Store::init(&dir).unwrap();
        std::fs::remove_file(dir.join("format")).unwrap();
        std::fs::remove_dir(dir.join("refs/versions")).unwrap();
        let error = Store::open(&dir).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert_eq!(error.hints(), [Hint::Init]);
        Store::init(&dir).unwrap();
        assert!(dir.join("refs/versions").is_dir());
    }

    #[test]
    fn an_unknown_or_damaged_format_is_named_and_left_alone() {
        let (_project, dir) = project();
        Store::init(&dir).unwrap();
        let cases: [(&[u8], Kind, &str); 6] = [
            (b"lua-store 4\n", Kind::Failed, "its format is \"lua-store 4\""),
            (b"lua-store 1", Kind::Corrupt, "it contains \"lua-store 1\""),
            (b"lua-store \n", Kind::Corrupt, "it contains \"lua-store \""),
            (b"", Kind::Corrupt, "it contains nothing"),
            (b"\xff\x00", Kind::Corrupt, "it contains \"\u{fffd}\\0\""),
            (&[b'a'; 5000], Kind::Corrupt, "(5000 bytes)"),
        ];
        for (bytes, kind, part) in cases {
            std::fs::write(dir.join("format"), bytes).unwrap();
            for error in [Store::open(&dir).unwrap_err(), Store::init(&dir).unwrap_err()] {
                assert_eq!(error.kind(), kind, "{error}");
                assert!(error.message().contains(part), "{error}");
            }
            assert_eq!(std::fs::read(dir.join("format")).unwrap(), bytes);
        }
    }
}
