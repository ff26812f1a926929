//! Credentials: tokens that were given to `login`, one file of the user's, outside of every project.

use super::Address;
use crate::error::{Error, Hint, Result};
use crate::fs;
use std::io::ErrorKind;
use std::path::Path;
use toml_edit::{DocumentMut, Item, Table, value};

/// The token for a remote, where the file has one.
pub fn find(file: &Path, address: &Address) -> Result<Option<String>> {
    let document = load(file)?;
    let entry = document.get(&address.to_string()).and_then(Item::as_table_like);
    Ok(entry.and_then(|entry| entry.get("token")?.as_str()).map(str::to_owned))
}

/// Keeps a token. Only the user can read the file, from its first byte on.
pub fn keep(file: &Path, address: &Address, token: &str) -> Result<()> {
    let mut document = load(file)?;
    let mut entry = Table::new();
    entry.insert("token", value(token));
    document.insert(&address.to_string(), Item::Table(entry));
    save(file, &document)
}

/// Forgets a token; `false` when there was none.
pub fn forget(file: &Path, address: &Address) -> Result<bool> {
    let mut document = load(file)?;
    let had = document.remove(&address.to_string()).is_some();
    if had {
        save(file, &document)?;
    }
    Ok(had)
}

fn load(file: &Path) -> Result<DocumentMut> {
    let bytes = match fs::read_if_exists(file) {
        // A job without a home directory has a home like `/dev/null`.
        Err(error) if error.io_kind() == Some(ErrorKind::NotADirectory) => None,
        read => read?,
    };
    let bytes = bytes.unwrap_or_default();
    let text = String::from_utf8(bytes).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Error::usage(format!("cannot read \"{}\": it is not TOML", file.display()))
            .hint(Hint::LoginAgain)
    })
}

fn save(file: &Path, document: &DocumentMut) -> Result<()> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::replace_private(file, document.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_for_one_remote_and_for_nobody_else_to_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("lua-store/credentials.toml");
        let address = |text| Address::parse(text, dir.path()).unwrap();
        let (one, two) = (address("https://host/a"), address("https://host/b"));
        assert_eq!(find(&file, &one).unwrap(), None);
        keep(&file, &one, "lst_1").unwrap();
        keep(&file, &two, "lst_2").unwrap();
        keep(&file, &one, "lst_3").unwrap();
        assert_eq!(find(&file, &one).unwrap().as_deref(), Some("lst_3"));
        assert_eq!(find(&file, &two).unwrap().as_deref(), Some("lst_2"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(forget(&file, &one).unwrap());
        assert!(!forget(&file, &one).unwrap());
        assert_eq!(find(&file, &one).unwrap(), None);
        assert_eq!(find(&file, &two).unwrap().as_deref(), Some("lst_2"));
    }
}
