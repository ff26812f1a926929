//! Names that mean something else on Windows, where they lead to a device or out of the folder.

use crate::error::{Error, Result};

/// Refuses a name that no file on Windows can have: some mean a device or a path.
pub fn check_windows_name(name: &str) -> Result<()> {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    let bad = name.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
        || name.chars().any(|c| c.is_ascii_control())
        || name.ends_with([' ', '.'])
        || DEVICES.contains(&stem.as_str())
        || numbered("com")
        || numbered("lpt");
    if bad {
        return Err(Error::failed(format!("{name:?} cannot be the name of a file on Windows")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_takes_for_something_else() {
        for name in [
            "con", "NUL.txt", "com1", "LPT9.log", "a:b", "a\\b", "..\\x", "a?", "end.", "end ",
            "\u{1}",
        ] {
            assert!(check_windows_name(name).is_err(), "{name:?}");
        }
        for name in ["console", "com", "com10", "a b", ".gitignore", "é", "nul-x.txt"] {
            assert!(check_windows_name(name).is_ok(), "{name:?}");
        }
    }
}
