//! Temporary names in the folders of a project, while a restore goes on. They say what may be under them: a *draft*
//! is ours alone, unfinished perhaps, and so is a *folder* that is new; what is *aside* had a place in the project, and may be the only copy of what
//! somebody saved a moment ago.

use std::sync::atomic::{AtomicU32, Ordering};

const PREFIX: &str = ".lua-store-tmp-";
const DRAFT: &str = ".lua-store-tmp-new-";
const ASIDE: &str = ".lua-store-tmp-old-";
const FOLDER: &str = ".lua-store-tmp-dir-";

/// So much of a file's own name is in those made of it, in bytes. With the rest they fit everywhere.
const LONGEST: usize = 100;

/// True if a restore made the name, now or long ago. No snapshot takes such a file.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// A new name for a file that is being written.
pub fn draft() -> String {
    format!("{DRAFT}{}", unique())
}

/// A new name for what had this one.
pub fn aside(name: &str) -> String {
    format!("{ASIDE}{}-{}", unique(), fit(name))
}

/// A new name for a folder that will have this one.
pub fn folder(name: &str) -> String {
    format!("{FOLDER}{}-{}", unique(), fit(name))
}

/// True if the name is that of a folder that was not complete.
pub fn is_folder(name: &str) -> bool {
    name.starts_with(FOLDER)
}

/// True if the name is that of a folder that was to have this one.
pub fn is_folder_for(name: &str, target: &str) -> bool {
    let rest = name.strip_prefix(FOLDER).and_then(|rest| rest.splitn(3, '-').nth(2));
    rest == Some(fit(target))
}

/// True if the name can only be one of ours.
pub fn is_draft(name: &str) -> bool {
    let rest = name.strip_prefix(DRAFT).and_then(|rest| rest.split_once('-'));
    rest.is_some_and(|(process, count)| {
        [process, count].iter().all(|part| part.parse::<u32>().is_ok())
    })
}

/// The name that the file had before it was put aside; what else there is to say of one that earlier programs named.
pub fn former(name: &str) -> &str {
    let aside = name.strip_prefix(ASIDE).and_then(|rest| rest.splitn(3, '-').nth(2));
    aside
        .or_else(|| name.strip_prefix(PREFIX))
        .filter(|former| !former.is_empty())
        .unwrap_or("file")
}

/// The name for what was saved under another one, which was taken from it.
pub fn saved(name: &str, number: u32) -> String {
    format!("{}.saved-{number}", fit(name))
}

fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn fit(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_may_be_under_it() {
        assert!(is_draft(&draft()) && !is_draft(&aside("1-2")));
        for name in ["a.ts", "a-b-c", "-", "é".repeat(50).as_str()] {
            assert_eq!(former(&aside(name)), name);
        }
        assert_eq!(former(".lua-store-tmp-77-0"), "77-0");
        assert_eq!(former(".lua-store-tmp-"), "file");
        assert!(!is_draft(".lua-store-tmp-77-0") && !is_draft(".lua-store-tmp-new-mine"));
        assert!(is_folder_for(&folder("a-b"), "a-b") && !is_folder_for(&folder("a-b"), "b"));
        assert!(is_folder(&folder("a")) && is_temporary(&folder("a")) && !is_folder(&aside("a")));
        assert!(aside(&"é".repeat(120)).len() < 143 && saved(&"é".repeat(120), 12).len() < 143);
    }
}
