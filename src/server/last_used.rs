//! Time of the last use of each token. It is noted in memory with each request, and written now and then, not
//! durably: it is for people who look for tokens that nobody needs.

use crate::engine::TokenRows;
use crate::error::Result;
use crate::fs;
use crate::remote_store::RemoteLayout;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// By the ids of tokens, in seconds since 1970-01-01 UTC.
type Times = BTreeMap<String, i64>;

pub struct LastUsed {
    place: UsePlace,
    noted: Mutex<Noted>,
}

enum UsePlace {
    File(PathBuf),
    Rows(Arc<dyn TokenRows>),
}

#[derive(Default)]
struct Noted {
    times: Times,
    is_new: bool,
}

impl LastUsed {
    /// Of the server whose data are in this folder.
    pub fn of(data: &Path) -> LastUsed {
        let place = UsePlace::File(RemoteLayout::new(data).tokens_used());
        LastUsed { place, noted: Mutex::default() }
    }

    /// Of the servers that share these tokens.
    pub fn shared(rows: Arc<dyn TokenRows>) -> LastUsed {
        LastUsed { place: UsePlace::Rows(rows), noted: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, id: &str, now: Timestamp) {
        let now = now.as_second();
        let mut noted = self.noted();
        match noted.times.get_mut(id) {
            Some(known) if *known >= now => return,
            Some(known) => *known = now,
            None => drop(noted.times.insert(id.to_owned(), now)),
        }
        noted.is_new = true;
    }

    /// Time of each token's last use, as far as it was written. A damaged file counts as empty.
    pub fn read(&self) -> BTreeMap<String, Timestamp> {
        let times = self.written().into_iter();
        times.filter_map(|(id, time)| Some((id, Timestamp::from_second(time).ok()?))).collect()
    }

    /// The same with what was noted here since it was written.
    pub fn newest(&self) -> BTreeMap<String, Timestamp> {
        let mut times = self.read();
        for (id, time) in &self.noted().times {
            let Ok(time) = Timestamp::from_second(*time) else { continue };
            let known = times.entry(id.clone()).or_insert(time);
            *known = time.max(*known);
        }
        times
    }

    fn written(&self) -> Times {
        match &self.place {
            UsePlace::File(path) => LastUsed::in_file(path),
            UsePlace::Rows(rows) => rows.used().unwrap_or_default().into_iter().collect(),
        }
    }

    fn in_file(path: &Path) -> Times {
        let bytes = fs::read_if_exists(path).ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let line = |line: &str| {
            let (id, time) = line.split_once(' ')?;
            Some((id.to_owned(), time.parse().ok()?))
        };
        text.lines().filter_map(line).collect()
    }

    /// Writes what is new, beside what other servers wrote; only of tokens that exist.
    pub fn write(&self, exists: impl Fn(&str) -> bool) -> Result<()> {
        let mine = {
            let mut noted = self.noted();
            if !std::mem::take(&mut noted.is_new) {
                return Ok(());
            }
            noted.times.clone()
        };
        let path = match &self.place {
            UsePlace::File(path) => path,
            UsePlace::Rows(rows) => return rows.note_used(&Vec::from_iter(mine)),
        };
        let mut times = self.written();
        for (id, time) in mine {
            let known = times.entry(id).or_insert(time);
            *known = time.max(*known);
        }
        times.retain(|id, _| exists(id));
        let text: String = times.iter().map(|(id, time)| format!("{id} {time}\n")).collect();
        fs::replace_unsynced(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_noted_is_put_together() {
        let dir = tempfile::tempdir().unwrap();
        let used = RemoteLayout::new(dir.path()).tokens_used();
        let at = |second| Timestamp::from_second(second).unwrap();
        let (one, other) = (LastUsed::of(dir.path()), LastUsed::of(dir.path()));
        one.note("a", at(10));
        one.note("gone", at(10));
        one.note("a", at(5));
        one.write(|id| id != "gone").unwrap();
        other.note("a", at(7));
        other.note("b", at(20));
        other.write(|_| true).unwrap();
        let read = LastUsed::of(dir.path()).read();
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), at(10)), ("b".to_owned(), at(20))]
        );
        crate::fs::remove(&used).unwrap();
        other.write(|_| true).unwrap();
        assert!(!used.exists(), "nothing new, nothing written");
    }
}
