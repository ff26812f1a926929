//! Lets a test cut the program at any disk step. Compiled into debug builds only.
//!
//! Every step that changes the disk announces itself here first. `LUA_STORE_FAULT` says what to do:
//!
//! * `trace=FILE`: append one line per step (`sync objects/tmp-…`), to count and to check the order;
//! * `kill=N`: die without any clean-up at step N (a write is torn: half of it is done first);
//! * `full=N`: from step N on every step that needs room fails as on a full disk;
//! * `save=N`: just before step N somebody saves the file that the step is about, as an editor does; `saves=N` before
//!   step N and before the next one.
//!
//! With `,in=TEXT` behind it only steps count whose path holds the text, such as those of one agent of a server.

use std::io;
use std::path::Path;

/// What a step does to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Create,
    Write,
    Sync,
    Rename,
    Link,
    SyncDir,
    Mkdir,
    /// A file gets a temporary name, because it will be removed.
    Aside,
    Remove,
}

/// How much of a write is to happen.
pub enum Extent {
    Whole,
    /// Half of it, and then death.
    #[cfg_attr(not(debug_assertions), allow(dead_code, reason = "only a test tears a write"))]
    Torn,
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn step(_: Step, _: &Path) -> io::Result<Extent> {
    Ok(Extent::Whole)
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn die() {}

/// Announces one step.
#[cfg(debug_assertions)]
pub fn step(step: Step, path: &Path) -> io::Result<Extent> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    let Some((plan, _)) = plan().filter(|(_, place)| path.to_string_lossy().contains(place)) else {
        return Ok(Extent::Whole);
    };
    let number = TAKEN.fetch_add(1, Ordering::SeqCst) + 1;
    match plan {
        Plan::Trace(file) => trace(file, step, path),
        Plan::Kill(at) if *at == number && step == Step::Write => return Ok(Extent::Torn),
        Plan::Kill(at) if *at == number => die(),
        Plan::Full(at) if number >= *at && needs_room(step) => {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Plan::Save(at) if *at == number => save(path, number)?,
        Plan::Saves(at) if [*at, *at + 1].contains(&number) => save(path, number)?,
        Plan::Kill(_) | Plan::Full(_) | Plan::Save(_) | Plan::Saves(_) => {}
    }
    Ok(Extent::Whole)
}

/// Ends the process as SIGKILL would: no destructor, no buffer flushed.
#[cfg(debug_assertions)]
pub fn die() {
    std::process::abort();
}

#[cfg(debug_assertions)]
enum Plan {
    Trace(std::path::PathBuf),
    Kill(u64),
    Full(u64),
    Save(u64),
    Saves(u64),
}

#[cfg(debug_assertions)]
fn plan() -> Option<&'static (Plan, String)> {
    static PLAN: std::sync::OnceLock<Option<(Plan, String)>> = std::sync::OnceLock::new();
    let read = || {
        let text = std::env::var("LUA_STORE_FAULT").ok()?;
        let (text, place) = text.split_once(",in=").unwrap_or((&text, ""));
        let (word, value) = text.split_once('=')?;
        let plan = match word {
            "trace" => Plan::Trace(value.into()),
            "kill" => Plan::Kill(value.parse().ok()?),
            "full" => Plan::Full(value.parse().ok()?),
            "save" => Plan::Save(value.parse().ok()?),
            "saves" => Plan::Saves(value.parse().ok()?),
            _ => return None,
        };
        Some((plan, place.to_owned()))
    };
    PLAN.get_or_init(read).as_ref()
}

/// A name that is in its directory already needs no more room to become durable.
#[cfg(debug_assertions)]
fn needs_room(step: Step) -> bool {
    !matches!(step, Step::Aside | Step::Remove | Step::SyncDir)
}

/// Another file of other bytes takes the name, in one step.
#[cfg(debug_assertions)]
fn save(path: &Path, number: u64) -> io::Result<()> {
    let draft = path.with_extension("saving");
    std::fs::write(&draft, format!("saved before step {number}\n"))?;
    std::fs::rename(&draft, path)
}

#[cfg(debug_assertions)]
fn trace(file: &Path, step: Step, path: &Path) {
    use std::io::Write;
    let line = format!("{step:?} {}\n", path.display());
    let log = std::fs::File::options().append(true).create(true).open(file);
    if let Ok(mut log) = log {
        let _ = log.write_all(line.as_bytes());
    }
}
