//! Layout of a remote store's folder, which is the data folder of a server: the name of everything
//! in it, and its `format` file.
//!
//! No other file of the room builds a path. Names of agents and uploads come from the network, so
//! each is encoded or checked here before it becomes a path.

use super::engine::{PackKey, SharedNote};
use crate::error::{At, Error, Hint, Result};
use crate::fs::{self, Published};
use crate::model::names;
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::{AgentId, RESERVED_IDS};
use std::path::{Path, PathBuf};

const FORMAT: &str = "format";
/// The content of the file, which names the format.
pub const FORMAT_LINE: &str = "lua-store depot 1\n";
/// The same of a folder for files on their way.
const SCRATCH_LINE: &str = "lua-store scratch 1\n";
const AGENTS: &str = "a";
const PROBE: &str = "probe";
const CACHE: &str = "cache";
/// Suffix of the file that names the sender of an upload.
pub const BY: &str = "by";
/// The end of the name of an upload that goes on.
pub const PART: &str = "part";
/// The end of the name of one that is whole.
pub const PACK: &str = "pack";

/// The folder of a remote store.
#[derive(Clone, Debug)]
pub struct RemoteLayout(PathBuf);

impl RemoteLayout {
    pub fn new(root: &Path) -> RemoteLayout {
        RemoteLayout(root.to_owned())
    }

    /// Makes the folder a remote store, when it is an empty or a new one, and refuses any other that is none.
    pub fn make(root: &Path) -> Result<RemoteLayout> {
        RemoteLayout::make_as(root, FORMAT_LINE)
    }

    /// Makes the folder one for files on their way, of a remote store on another engine, in the same way.
    pub fn make_scratch(root: &Path) -> Result<RemoteLayout> {
        RemoteLayout::make_as(root, SCRATCH_LINE)
    }

    fn make_as(root: &Path, line: &str) -> Result<RemoteLayout> {
        let path = root.join(FORMAT);
        if let Some(found) = fs::read_if_exists(&path)? {
            if found == line.as_bytes() {
                return Ok(RemoteLayout::new(root));
            }
            check_format(root, &found)?;
            // It is the folder of a server, and a scratch folder may be lost at any time.
            return Err(Error::usage(format!("\"{}\" contains agents", root.display()))
                .hint("name an empty or new folder"));
        }
        if !root.is_dir()
            && !root.parent().is_some_and(|parent| parent.as_os_str().is_empty() || parent.is_dir())
        {
            return Err(Error::not_found(format!(
                "cannot create \"{}\": its parent folder does not exist",
                root.display()
            )));
        }
        fs::create_dir_all(root)?;
        check_empty(root)?;
        match fs::create(&path, line.as_bytes())? {
            Published::Done => Ok(RemoteLayout::new(root)),
            Published::Exists => RemoteLayout::make_as(root, line),
        }
    }

    /// True if the folder is a remote store, of whatever format.
    pub fn exists(root: &Path) -> bool {
        root.join(FORMAT).is_file()
    }

    /// Refuses a folder that has anything in it.
    pub fn check_new(root: &Path) -> Result<()> {
        if RemoteLayout::exists(root) {
            return Err(Error::conflict(format!("\"{}\" contains agents already", root.display()))
                .hint("name an empty or new folder for the backup"));
        }
        check_empty(root)
    }

    /// Makes a folder a remote store in which everything else was put before.
    pub fn finish(root: &Path) -> Result<()> {
        match fs::create(&root.join(FORMAT), FORMAT_LINE.as_bytes())? {
            Published::Done => Ok(()),
            Published::Exists => fs::sync_dir(root),
        }
    }

    pub fn root(&self) -> &Path {
        &self.0
    }

    pub fn agents(&self) -> PathBuf {
        self.0.join(AGENTS)
    }

    pub fn agent(&self, agent: &AgentId) -> PathBuf {
        self.agents().join(shard(agent.as_str())).join(encode(agent))
    }

    pub fn head(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("head")
    }

    pub fn lock(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("head.lock")
    }

    /// Lock of upkeep for one agent.
    pub fn upkeep_lock(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("upkeep.lock")
    }

    pub fn packs(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("pack")
    }

    pub fn pack(&self, key: &PackKey) -> PathBuf {
        self.packs(&key.agent).join(key.file_name())
    }

    /// Folder of the uploads of an agent.
    pub fn incoming(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("incoming")
    }

    /// An upload that goes on.
    pub fn part(&self, agent: &AgentId, pack: &PackId) -> PathBuf {
        self.incoming(agent).join(format!("{pack}.{PART}"))
    }

    /// An upload that is whole.
    pub fn whole(&self, agent: &AgentId, pack: &PackId) -> PathBuf {
        self.incoming(agent).join(format!("{pack}.{PACK}"))
    }

    /// File that names the sender of an upload.
    pub fn upload_by(&self, agent: &AgentId, pack: &PackId) -> PathBuf {
        self.incoming(agent).join(format!("{pack}.{BY}"))
    }

    /// Folder of the files that the stock command uploaded for an agent.
    pub fn stock_uploads(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("uploads")
    }

    /// Folder of those of them whose key begins with these digits.
    pub fn stock_upload_shard(&self, agent: &AgentId, digits: &str) -> PathBuf {
        self.stock_uploads(agent).join(digits)
    }

    /// A corner for one probe.
    pub fn probe(&self, nonce: &str) -> PathBuf {
        self.0.join(PROBE).join(nonce)
    }

    /// File of a note.
    pub fn note(&self, note: SharedNote<'_>) -> PathBuf {
        match note {
            SharedNote::Archived(agent) => self.agent(agent).join("archived"),
            SharedNote::Scrub => self.0.join("scrub"),
            SharedNote::Quotas => self.0.join("quotas"),
            SharedNote::Address => self.0.join("address"),
        }
    }

    /// The tokens of the server.
    pub fn tokens(&self) -> PathBuf {
        self.0.join("tokens.json")
    }

    pub fn tokens_lock(&self) -> PathBuf {
        self.0.join("tokens.lock")
    }

    /// File with the last use of each token.
    pub fn tokens_used(&self) -> PathBuf {
        self.0.join("tokens.used")
    }

    /// State of a backup, in the folder of the backup.
    pub fn backup_state(&self) -> PathBuf {
        self.0.join("backup")
    }

    pub fn backup_lock(&self) -> PathBuf {
        self.0.join("backup.lock")
    }

    /// Exists while a backup is copied into the folder, and names the backup.
    pub fn restoring(&self) -> PathBuf {
        self.0.join("restoring")
    }

    /// Cache: answers being sent, copies of packs that an engine keeps elsewhere.
    pub fn cache(&self) -> PathBuf {
        self.0.join(CACHE)
    }

    /// All agents that have a folder, ascending.
    pub fn list_agents(&self) -> Result<Vec<AgentId>> {
        let mut agents = Vec::new();
        for shard in names_in(&self.agents())? {
            let folders = names_in(&self.agents().join(&shard))?;
            agents.extend(folders.iter().filter_map(|name| decode(name)));
        }
        agents.sort_unstable();
        Ok(agents)
    }

    /// Ids of stored agents that no agent can have any more.
    pub fn reserved_agents(&self) -> Vec<&'static str> {
        let has_folder = |id: &&str| self.agents().join(shard(id)).join(id).is_dir();
        RESERVED_IDS.into_iter().filter(has_folder).collect()
    }
}

/// The names in a folder that are text; none where there is no folder.
pub fn names_in(dir: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at("read", dir)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.at("read", dir)?.file_name().into_string().ok());
    }
    Ok(names)
}

fn check_format(root: &Path, found: &[u8]) -> Result<()> {
    if found == FORMAT_LINE.as_bytes() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&found[..found.len().min(80)]);
    let text = text.trim_end_matches('\n');
    let place = root.display();
    if text.starts_with("lua-store depot ") {
        let known = FORMAT_LINE.trim_end();
        return Err(Error::failed(format!(
            "cannot open \"{place}\": its format is {text:?}, this program knows {known:?}"
        ))
        .hint("a newer lua-store wrote it; update lua-store to read it"));
    }
    Err(Error::failed(format!(
        "\"{place}\" is not a folder of `lua-store serve`: its file \"format\" contains {text:?}"
    )))
}

/// A folder with files of somebody else is not made a remote store: it was probably named by mistake.
fn check_empty(root: &Path) -> Result<()> {
    if RemoteLayout::new(root).restoring().exists() {
        return Err(Error::failed(format!(
            "a restore of a backup was interrupted in \"{}\"",
            root.display()
        ))
        .hint(Hint::RestoreBackupAgain));
    }
    let stranger =
        |name: &String| !name.starts_with("tmp-") && name != FORMAT && name != "lost+found";
    match names_in(root)?.into_iter().find(stranger) {
        None => Ok(()),
        Some(name) => Err(Error::failed(format!(
            "cannot store agents in \"{}\": it has other files, such as \"{name}\"",
            root.display()
        ))
        .hint("name an empty or new folder")),
    }
}

/// Agents are spread over 256 folders.
fn shard(agent: &str) -> String {
    Id::of_blob(agent.as_bytes()).to_string()[..2].to_owned()
}

/// Folder of an agent: the id in lower case, and the positions of its capitals, so that two ids get
/// two folders on a file system that ignores case. Each digit after the `~` covers four characters
/// of the id.
fn encode(agent: &AgentId) -> String {
    let text = agent.as_str();
    let name = names::encode(&text.to_ascii_lowercase());
    let digit = |four: &[u8]| {
        let bits = four
            .iter()
            .enumerate()
            .map(|(at, byte)| u32::from(byte.is_ascii_uppercase()) << (3 - at));
        char::from_digit(bits.sum(), 16).unwrap_or_default()
    };
    let capitals: String = text.as_bytes().chunks(4).map(digit).collect();
    match capitals.trim_end_matches('0') {
        "" => name,
        capitals => format!("{name}~{capitals}"),
    }
}

fn decode(folder: &str) -> Option<AgentId> {
    let (name, capitals) = folder.split_once('~').unwrap_or((folder, ""));
    let is_capital = |at: usize| {
        let digit =
            capitals.as_bytes().get(at / 4).and_then(|digit| char::from(*digit).to_digit(16));
        digit.is_some_and(|digit| digit >> (3 - at % 4) & 1 == 1)
    };
    let spell = |(at, c): (usize, char)| if is_capital(at) { c.to_ascii_uppercase() } else { c };
    let text: String = names::decode(name)?.chars().enumerate().map(spell).collect();
    let agent = text.parse().ok()?;
    (encode(&agent) == folder).then_some(agent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_document_shows_these_folders() {
        let cases = [
            ("agent_1", "agent_1"),
            ("baseAgent_agent_1772_x", "baseagent_agent_1772_x~08"),
            ("AGENT", "agent~f8"),
            ("con", "%63on"),
            ("Con", "%63on~8"),
            ("a.", "a%2E"),
        ];
        for (agent, folder) in cases {
            assert_eq!(encode(&agent.parse().unwrap()), folder);
            assert_eq!(decode(folder).unwrap().as_str(), agent);
        }
        for other in ["agent~0", "AGENT", "agent~08~", "agent~g", "agent~ff", "..", ""] {
            assert_eq!(decode(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn two_agents_are_two_folders_whatever_the_file_system_thinks_of_case(
            a in "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", b in "[Aa]{1,6}", c in "[Aa]{1,6}"
        ) {
            let agent: AgentId = a.parse().unwrap();
            prop_assert_eq!(decode(&encode(&agent)), Some(agent.clone()));
            prop_assert!(encode(&agent).len() < 200);
            let (b, c): (AgentId, AgentId) = (b.parse().unwrap(), c.parse().unwrap());
            prop_assert_eq!(b == c, encode(&b).to_lowercase() == encode(&c).to_lowercase());
        }
    }

    #[test]
    fn only_an_empty_or_a_new_folder_becomes_a_remote_store() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        assert!(
            RemoteLayout::make(&root.join("deeper"))
                .unwrap_err()
                .message()
                .contains("its parent folder does not exist")
        );
        RemoteLayout::make(&root).unwrap();
        RemoteLayout::make(&root).unwrap();
        assert_eq!(fs::read(&root.join("format")).unwrap(), b"lua-store depot 1\n");
        fs::replace(&root.join("format"), b"lua-store depot 2\n").unwrap();
        assert!(
            RemoteLayout::make(&root)
                .unwrap_err()
                .message()
                .contains("its format is \"lua-store depot 2\"")
        );
        fs::replace(&root.join("format"), b"lua-store 1\n").unwrap();
        assert!(
            RemoteLayout::make(&root)
                .unwrap_err()
                .message()
                .contains("is not a folder of `lua-store serve`")
        );
        fs::replace(&dir.path().join("notes.txt"), b"").unwrap();
        assert!(RemoteLayout::make(dir.path()).unwrap_err().message().contains("such as"));
    }
}
