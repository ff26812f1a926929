//! What is sent to somebody who asks: one pack with what he lacks.

use super::Depot;
use super::opened::Pieces;
use crate::error::{At, Error, Result};
use crate::fs::Temp;
use crate::object::{Id, Kind, Source, Tree};
use crate::pack::{Content, Encoded, PackId, Writer};
use crate::protocol::{AgentId, Fetch};
use crate::store::Mapped;
use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::Arc;

/// A pack that is ready to be sent, from any place on. Asked for again, it has the same bytes.
#[derive(Clone)]
pub struct Parcel(Arc<Made>);

struct Made {
    pack: Mapped,
    /// Gone with the last who sends it.
    _file: Temp,
}

impl Parcel {
    pub fn id(&self) -> PackId {
        self.0.pack.id()
    }

    #[allow(clippy::len_without_is_empty, reason = "a pack is never empty")]
    pub fn len(&self) -> u64 {
        self.0.pack.bytes().len() as u64
    }

    /// Its bytes from `offset` to the end.
    pub fn reader(&self, offset: u64) -> ParcelReader {
        ParcelReader { parcel: self.clone(), at: offset.min(self.len()) as usize }
    }
}

/// Reads a parcel, and keeps it.
pub struct ParcelReader {
    parcel: Parcel,
    at: usize,
}

impl Read for ParcelReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = (&self.parcel.0.pack.bytes()[self.at..]).read(out)?;
        self.at += read;
        Ok(read)
    }
}

impl Depot {
    /// Everything that is reachable from what somebody wants and not from what he has, as one pack.
    pub fn fetch(&self, agent: &AgentId, fetch: &Fetch) -> Result<Parcel> {
        let key = (agent.clone(), fetch.clone());
        if let Some(parcel) = self.parcels.get(&key) {
            return Ok(parcel);
        }
        let (seen, pieces) = self.opened(agent)?;
        if seen.token.is_none() {
            return Err(Error::not_found(format!("there is no agent \"{agent}\"")));
        }
        if fetch.want.is_empty() {
            return Err(Error::usage("nothing is asked for"));
        }
        for id in &fetch.want {
            if !pieces.objects.contains(id)? {
                return Err(Error::not_found(format!("agent \"{agent}\" has no object {id}")));
            }
        }
        let parcel = self.make(&pieces, fetch)?;
        self.parcels.put(key, parcel.clone());
        Ok(parcel)
    }

    fn make(&self, pieces: &Pieces, fetch: &Fetch) -> Result<Parcel> {
        let had = reachable(pieces, &fetch.have, &HashSet::new())?;
        let had: HashSet<Id> = had.into_iter().collect();
        let temp = self.scratch_file()?;
        let path = temp.path().to_owned();
        let mut writer = Writer::new(temp);
        for id in reachable(pieces, &fetch.want, &had)? {
            if let Some((kind, bytes)) = pieces.objects.find(&id)? {
                let entry = Encoded::new(Content::Object(kind), &bytes, None, 1);
                writer.append(&[id], &entry).at("write", &path)?;
            }
        }
        let (temp, id) = writer.finish().at("write", &path)?;
        Ok(Parcel(Arc::new(Made { pack: Mapped::open(&path, id)?, _file: temp })))
    }
}

fn reachable(pieces: &Pieces, roots: &[Id], without: &HashSet<Id>) -> Result<Vec<Id>> {
    let mut found = Vec::new();
    let mut seen = without.clone();
    let mut open: Vec<Id> = roots.iter().rev().copied().collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some((kind, bytes)) = pieces.objects.find(&id)? else { continue };
        found.push(id);
        if kind == Kind::Tree {
            open.extend(Tree::decode(&bytes)?.entries().iter().map(|entry| entry.id));
        }
    }
    Ok(found)
}
