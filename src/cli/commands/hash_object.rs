//! `hash-object`: the id that the bytes of a file have.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::{At, Result};
use crate::object::Id;
use serde::Serialize;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Print the id of files, the same that `b3sum` prints
#[derive(Debug, clap::Args)]
pub struct HashObject {
    /// The files
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    files: Vec<PathBuf>,
    /// Read standard input instead
    #[arg(long)]
    stdin: bool,
}

#[derive(Serialize)]
struct Hashed {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    id: String,
}

impl HashObject {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let mut hashed = Vec::new();
        if self.stdin {
            let id = hash(io::stdin().lock(), Path::new("standard input"))?;
            hashed.push(Hashed { path: None, id });
        }
        for path in self.files {
            let id = hash(cx.open(&path)?, &path)?;
            hashed.push(Hashed { path: Some(path), id });
        }
        if cx.out.is_json() {
            cx.out.json(&hashed)?;
            return Ok(Exit::Done);
        }
        for one in hashed {
            cx.out.line(one.id)?;
        }
        Ok(Exit::Done)
    }
}

/// In pieces: a file may be larger than memory.
fn hash(mut input: impl Read, path: &Path) -> Result<String> {
    let mut hasher = Id::blob_hasher();
    let mut piece = vec![0; 256 * 1024];
    loop {
        match input.read(&mut piece).at("read", path)? {
            0 => return Ok(Id::from(hasher.finalize()).to_string()),
            count => hasher.update(&piece[..count]),
        };
    }
}
