//! Files that git has of a project: those of a commit, and the entries of the index.

use super::repository::Repository;
use crate::error::{Error, Result};
use crate::object::{Id, Mode};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Read};

/// A submodule: a commit of another repository.
pub const LINK: &str = "160000";

/// One file as git has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitFile {
    /// As git writes it: `100644`, `100755`, `120000`, or [`LINK`].
    pub mode: String,
    /// The name of the object in git.
    pub oid: String,
}

/// Files by their paths in the project.
pub type GitFiles = BTreeMap<String, GitFile>;

/// Mode of a file as git writes it.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::File => "100644",
        Mode::Executable => "100755",
        Mode::Symlink => "120000",
        Mode::Directory => "040000",
    }
}

impl Repository {
    /// The project's files in a commit. What is not UTF-8 in a name can be in no version, and is passed over.
    pub(super) fn files_of(&self, commit: &str) -> Result<GitFiles> {
        let listed = self.git.run(&["ls-tree", "-r", "-z", commit])?;
        // `100644 blob <name>\t<path>`
        Ok(records(&listed)
            .filter_map(|(words, path)| Some((path, file(words.first()?, words.get(2)?))))
            .collect())
    }

    /// The project's entries in the index that are not in conflict.
    pub(super) fn staged(&self) -> Result<GitFiles> {
        let listed = self.git.run(&["ls-files", "-s", "-z"])?;
        // `100644 <name> <stage>\t<path>`
        let settled = records(&listed).filter(|(words, _)| words.get(2) == Some(&"0"));
        Ok(settled
            .filter_map(|(words, path)| Some((path, file(words.first()?, words.get(1)?))))
            .collect())
    }

    /// Paths that are in conflict.
    pub(super) fn unsettled(&self) -> Result<Vec<String>> {
        let listed = self.git.run(&["ls-files", "-u", "-z"])?;
        Ok(records(&listed).map(|(_, path)| path).collect())
    }

    /// Paths that git keeps off the disk (sparse checkout).
    pub(super) fn not_checked_out(&self) -> Result<Vec<String>> {
        let listed = self.git.run(&["ls-files", "-t", "-z"])?;
        let lines =
            listed.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
        Ok(lines.filter_map(|line| line.strip_prefix("S ")).map(str::to_owned).collect())
    }

    /// Paths whose file on the disk is not what HEAD has.
    pub(super) fn edited(&self) -> Result<Vec<String>> {
        let args = ["diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff"];
        let listed = self.git.run(&[&args[..], &["--ignore-submodules=all", "HEAD"]].concat())?;
        Ok(paths(&listed))
    }

    /// Those of the paths that git ignores and does not track.
    pub(super) fn ignored(&self, paths_asked: &[&str]) -> Result<Vec<String>> {
        if paths_asked.is_empty() {
            return Ok(Vec::new());
        }
        // A path that begins with a colon would be taken for a pattern.
        let input: String = paths_asked.iter().map(|path| format!("./{path}\0")).collect();
        let answer = self.git.answer(&["check-ignore", "-z", "--stdin"], input.as_bytes())?;
        let ignored = paths(&answer.unwrap_or_default()).into_iter();
        Ok(ignored.filter_map(|path| path.strip_prefix("./").map(str::to_owned)).collect())
    }

    /// Our ids of blobs of git: their bytes, read and hashed. One that git does not have has none.
    pub(super) fn ids<'a>(
        &self,
        oids: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, Id>> {
        let mut wanted: Vec<&str> = oids.collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let input = wanted.join("\n") + "\n";
        self.git.stream(&["cat-file", "--batch"], input.as_bytes(), |out| {
            let mut found = HashMap::new();
            for _ in &wanted {
                let (oid, id) = read_blob(out).map_err(|error| cut_short(&error))?;
                found.extend(id.map(|id| (oid, id)));
            }
            Ok(found)
        })
    }
}

/// `<name> blob <size>`, the bytes, a newline; or `<name> missing`.
fn read_blob(out: &mut dyn BufRead) -> io::Result<(String, Option<Id>)> {
    let mut head = String::new();
    out.read_line(&mut head)?;
    let mut words = head.split_whitespace();
    let oid = words.next().ok_or(io::ErrorKind::UnexpectedEof)?.to_owned();
    let Some(size) = words.nth(1).and_then(|size| size.parse::<u64>().ok()) else {
        return Ok((oid, None));
    };
    let mut hasher = Id::blob_hasher();
    let mut bytes = out.take(size);
    if io::copy(&mut bytes, &mut hasher)? < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    out.read_exact(&mut [0])?;
    Ok((oid, Some(hasher.finalize().into())))
}

fn cut_short(error: &io::Error) -> Error {
    Error::failed(format!("cannot read the output of git cat-file: {error}"))
}

fn file(mode: &str, oid: &str) -> GitFile {
    GitFile { mode: mode.to_owned(), oid: oid.to_owned() }
}

/// The words before the tab and the path after it, for each record that ends with a NUL.
fn records(listed: &[u8]) -> impl Iterator<Item = (Vec<&str>, String)> {
    let lines = listed.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
    lines.filter_map(|line| {
        let (words, path) = line.split_once('\t')?;
        Some((words.split(' ').filter(|word| !word.is_empty()).collect(), path.to_owned()))
    })
}

fn paths(listed: &[u8]) -> Vec<String> {
    let texts = listed.split(|byte| *byte == 0).filter_map(|path| std::str::from_utf8(path).ok());
    texts.filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_with_a_nul_and_paths_may_hold_anything_else() {
        let listed =
            b"100644 blob aa\tsrc/a b\n\"c\".ts\x00160000 commit bb\tlib\x00100644 blob cc\t\xff\x00";
        let found: Vec<_> = records(listed).collect();
        assert_eq!(found[0], (vec!["100644", "blob", "aa"], "src/a b\n\"c\".ts".to_owned()));
        assert_eq!(found[1], (vec!["160000", "commit", "bb"], "lib".to_owned()));
        assert_eq!(found.len(), 2);
        assert_eq!(paths(b"a\0b c\0"), ["a", "b c"]);
    }

    #[test]
    fn blobs_are_read_one_after_the_other() {
        let mut out: &[u8] = b"aa blob 3\nx\ny\nbb missing\ncc blob 0\n\n";
        assert_eq!(read_blob(&mut out).unwrap(), ("aa".to_owned(), Some(Id::of_blob(b"x\ny"))));
        assert_eq!(read_blob(&mut out).unwrap(), ("bb".to_owned(), None));
        assert_eq!(read_blob(&mut out).unwrap(), ("cc".to_owned(), Some(Id::of_blob(b""))));
        assert!(read_blob(&mut out).is_err());
        assert!(read_blob(&mut &b"aa blob 9\nshort"[..]).is_err());
    }
}
