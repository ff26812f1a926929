//! `hash-object`: the id that the bytes of a file have.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::error::{At, Result};
use crate::object::Id;
use crate::store::Batch;
use serde::Serialize;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Print the id of files, the same as `b3sum` prints
#[derive(Debug, clap::Args)]
pub struct HashObject {
    /// The files
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    files: Vec<PathBuf>,
    /// Read standard input instead
    #[arg(long)]
    stdin: bool,
    /// Also write the bytes to the store
    #[arg(short, long)]
    write: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Hashed {
    /// Absent for standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    id: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    objects: Vec<Hashed>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(hashList: Answer);

impl HashObject {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let batch = if self.write { Some(cx.project()?.store().batch()) } else { None };
        let mut hashed = Vec::new();
        if self.stdin {
            let id = hash(&mut io::stdin().lock(), Path::new("standard input"), batch.as_ref())?;
            hashed.push(Hashed { path: None, id });
        }
        for path in self.files {
            let id = hash(&mut cx.open(&path)?, &path, batch.as_ref())?;
            hashed.push(Hashed { path: Some(path), id });
        }
        if let Some(batch) = batch {
            batch.commit()?;
        }
        if cx.out.is_json() {
            let length = ListLength::whole(hashed.len());
            cx.out.json(&Answer { objects: hashed, length })?;
            return Ok(Exit::Done);
        }
        for one in hashed {
            cx.out.line(one.id)?;
        }
        Ok(Exit::Done)
    }
}

/// The id of what is read, which goes into the batch where there is one.
fn hash(input: &mut dyn Read, path: &Path, batch: Option<&Batch>) -> Result<String> {
    let id = match batch {
        Some(batch) => {
            let kept = batch.add_from(input, None);
            kept.map_err(|error| error.context(format!("cannot store \"{}\"", path.display())))?
        }
        None => digest(input, path)?,
    };
    Ok(id.to_string())
}

/// In pieces: a file may be larger than memory.
fn digest(input: &mut dyn Read, path: &Path) -> Result<Id> {
    let mut hasher = Id::blob_hasher();
    let mut piece = vec![0; 256 * 1024];
    loop {
        match input.read(&mut piece).at("read", path)? {
            0 => return Ok(hasher.finalize().into()),
            count => hasher.update(&piece[..count]),
        };
    }
}
