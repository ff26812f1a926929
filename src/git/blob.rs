//! Git blobs for the files of a version. What git would convert on the way in (line ends, filters such as LFS,
//! encodings) is converted by git itself; everything else goes in byte for byte.

use super::process::GitCommand;
use super::repository::Repository;
use crate::error::{Error, Result};
use crate::object::{Id, Mode, Source};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

/// A file that shall be an object of git.
#[derive(Clone, Debug)]
pub struct NewGitBlob {
    pub path: String,
    pub mode: Mode,
    pub id: Id,
}

/// Attributes that make git change bytes on the way in, whatever they are.
const CONVERTING: [&str; 3] = ["filter", "ident", "working-tree-encoding"];

impl Repository {
    /// Stores files, and gives the name of each in git, in their order.
    pub(super) fn store(&self, source: &dyn Source, files: &[NewGitBlob]) -> Result<Vec<String>> {
        let converted = self.converted(source, files, true)?;
        let plain: Vec<&NewGitBlob> =
            files.iter().filter(|file| !converted.contains_key(&file.path)).collect();
        let mut ids: Vec<Id> = plain.iter().map(|file| file.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let stored = import(&self.git, source, &ids)?;
        let name =
            |file: &NewGitBlob| converted.get(&file.path).or_else(|| stored.get(&file.id)).cloned();
        let missing_blob =
            |file: &NewGitBlob| Error::failed(format!("git did not accept \"{}\"", file.path));
        files.iter().map(|file| name(file).ok_or_else(|| missing_blob(file))).collect()
    }

    /// Ids of the files that git may convert, by path; with `write` the blobs are stored as well.
    pub(super) fn converted(
        &self,
        source: &dyn Source,
        files: &[NewGitBlob],
        write: bool,
    ) -> Result<HashMap<String, String>> {
        let converting = self.with_attributes(files)?;
        let mut names = HashMap::new();
        for file in files.iter().filter(|file| file.mode.is_file()) {
            let bytes = source.blob(&file.id)?;
            // Line ends are touched only where there is a carriage return.
            if !bytes.contains(&b'\r') && !converting.contains(&file.path) {
                continue;
            }
            let path = format!("--path={}", file.path);
            let args = ["hash-object", &path, "--stdin", "-w"];
            let args = if write { &args[..] } else { &args[..3] };
            let name =
                self.git.feed(args, |stdin| stdin.write_all(&bytes).map_err(|e| broken(&e)))?;
            names.insert(file.path.clone(), String::from_utf8_lossy(&name).trim().to_owned());
        }
        Ok(names)
    }

    fn with_attributes(&self, files: &[NewGitBlob]) -> Result<HashSet<String>> {
        if files.is_empty() {
            return Ok(HashSet::new());
        }
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let args = [&["check-attr", "-z", "--stdin"], &CONVERTING[..]].concat();
        let answer = self.git.answer(&args, paths.join("\0").as_bytes())?.unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let words: Vec<&str> = answer.split('\0').collect();
        // path, attribute, value
        let set =
            words.chunks_exact(3).filter(|triple| !matches!(triple[2], "unspecified" | "unset"));
        Ok(set.map(|triple| triple[0].to_owned()).collect())
    }
}

/// Gives git the bytes of blobs in one stream, and gets their names.
fn import(git: &GitCommand, source: &dyn Source, ids: &[Id]) -> Result<HashMap<Id, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let names = git.feed(&["fast-import", "--quiet", "--done"], |stdin| {
        for (number, id) in ids.iter().enumerate() {
            let (mark, bytes) = (number + 1, source.blob(id)?);
            let put = |stdin: &mut dyn Write| -> io::Result<()> {
                write!(stdin, "blob\nmark :{mark}\ndata {}\n", bytes.len())?;
                stdin.write_all(&bytes)?;
                write!(stdin, "\nget-mark :{mark}\n")
            };
            put(stdin).map_err(|error| broken(&error))?;
        }
        stdin.write_all(b"done\n").map_err(|error| broken(&error))
    })?;
    let names = String::from_utf8_lossy(&names).into_owned();
    Ok(ids.iter().copied().zip(names.lines().map(str::to_owned)).collect())
}

fn broken(error: &io::Error) -> Error {
    Error::failed(format!("cannot pass a file to git: {error}"))
}
