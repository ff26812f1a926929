//! Key of the platform: where one is looked for, and what is never read.

use super::address::PlatformAddress;
use crate::error::{Error, Hint, Result};
use crate::fs;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

const VARIABLE: &str = "LUA_API_KEY";

/// A key, which no message shows.
#[derive(Clone)]
pub struct PlatformKey {
    value: String,
    /// Source of the key, for messages.
    pub origin: &'static str,
}

impl PlatformKey {
    /// The key for an address: of `LUA_API_KEY`, or the one that `remote login` stored for it, or the one that the stock
    /// command stored for its own API. `variable` is the value of `LUA_API_KEY`, `home` the user's folder.
    pub fn find(
        address: &PlatformAddress,
        variable: Option<String>,
        stored_here: Option<String>,
        home: Option<&Path>,
    ) -> Result<PlatformKey> {
        if let Some(value) = variable.filter(|value| !value.trim().is_empty()) {
            return PlatformKey::checked(value.trim(), VARIABLE);
        }
        if let Some(value) = stored_here {
            return PlatformKey::checked(&value, "stored by `login`");
        }
        let folder = home.map(|home| home.join(".lua-cli"));
        if let Some(folder) = folder.as_deref().filter(|_| address.is_default())
            && let Some(value) = stored(&folder.join("credentials"))?
        {
            return PlatformKey::checked(&value, "~/.lua-cli/credentials");
        }
        let error =
            Error::auth(format!("there is no API key for {address}")).hint(Hint::PlatformKey);
        let has_session = folder.is_some_and(|folder| folder.join("sessions").is_dir());
        Err(match has_session && address.is_default() {
            true => error.hint(
                "the login of the `lua` command is not used: it is renewed at every use, and only that command may do so",
            ),
            false => error,
        })
    }

    /// One that a person has just given.
    pub fn typed(value: &str) -> Result<PlatformKey> {
        PlatformKey::checked(value, "typed")
    }

    fn checked(value: &str, origin: &'static str) -> Result<PlatformKey> {
        match value.chars().all(|letter| letter.is_ascii_graphic()) {
            true => Ok(PlatformKey { value: value.to_owned(), origin }),
            false => Err(Error::usage(format!(
                "the API key ({origin}) contains a space or another character that no key has"
            ))),
        }
    }

    /// The value of the header that sends it.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.value)
    }
}

impl fmt::Debug for PlatformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlatformKey({})", self.origin)
    }
}

/// The one line of the file, which another program writes: it is only read.
fn stored(file: &Path) -> Result<Option<String>> {
    let bytes = match fs::read_if_exists(file) {
        // A job without a home directory has a home like `/dev/null`.
        Err(error) if error.io_kind() == Some(ErrorKind::NotADirectory) => None,
        read => read?,
    };
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Ok(text.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(address: &str, variable: Option<&str>, home: &Path) -> Result<PlatformKey> {
        let address = PlatformAddress::parse(address).unwrap();
        PlatformKey::find(&address, variable.map(str::to_owned), None, Some(home))
    }

    #[test]
    fn the_variable_comes_first_and_the_stored_key_is_for_the_default_address_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(&home.path().join(".lua-cli")).unwrap();
        let _ = fs::create(&home.path().join(".lua-cli/credentials"), b"stored-key\n").unwrap();
        let key = find("lua://a", Some("given-key"), home.path()).unwrap();
        assert_eq!((&*key.bearer(), key.origin), ("Bearer given-key", VARIABLE));
        let key = find("lua://a", Some(" "), home.path()).unwrap();
        assert_eq!(key.bearer(), "Bearer stored-key");
        let address = PlatformAddress::parse("lua://a").unwrap();
        let login = Some("login-key".to_owned());
        let key = PlatformKey::find(&address, None, login.clone(), Some(home.path())).unwrap();
        assert_eq!(key.bearer(), "Bearer login-key");
        let given = Some("given-key".to_owned());
        let key = PlatformKey::find(&address, given, login, Some(home.path())).unwrap();
        assert_eq!(key.origin, VARIABLE);
        let elsewhere = find("lua+https://other.example/a", None, home.path()).unwrap_err();
        assert!(elsewhere.message().contains("no API key for lua+https://other.example/a"));
    }

    #[test]
    fn a_renewable_login_and_an_env_file_are_left_alone_and_the_first_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(&home.path().join(".lua-cli/sessions")).unwrap();
        let _ = fs::create(&home.path().join(".env"), b"LUA_API_KEY=of-a-file\n").unwrap();
        let error = find("lua://a", None, home.path()).unwrap_err();
        assert!(
            error.hints().iter().any(|hint| format!("{hint:?}").contains("login of the `lua`"))
        );
    }

    #[test]
    fn no_output_shows_it() {
        let home = tempfile::tempdir().unwrap();
        let key = find("lua://a", Some("secret-1"), home.path()).unwrap();
        assert_eq!(format!("{key:?}"), "PlatformKey(LUA_API_KEY)");
        let error = find("lua://a", Some("secret 2\u{7}"), home.path()).unwrap_err();
        assert!(!error.message().contains("secret 2"), "{}", error.message());
    }
}
