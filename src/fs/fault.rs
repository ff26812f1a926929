//! Lets a test cut the program at any disk step. Compiled into debug builds only.
//!
//! Every call that changes the disk is made inside [`step`]. `LUA_STORE_FAULT` says what to do:
//!
//! * `trace=FILE`: append one line per step (`sync objects/tmp-…`), to count and to check the order;
//! * `kill=N`: die without any clean-up at step N (a write is torn: half of it is done first);
//! * `full=N`: from step N on every step that needs room fails as on a full disk;
//! * `readonly=N`: from step N on every step fails as on a disk that can only be read;
//! * `save=N`: just before step N somebody saves the file that the step is about, as an editor does; `saves=N` before
//!   step N and before the next one.
//!
//! * `reads=FILE`: append the path of each file that is opened to be read, to count them;
//! * `bytes=FILE`: append the number of bytes and the path of each read of a file of the store (what is mapped is not
//!   counted), to add them up;
//! * `looks=FILE`: append the path of each file and folder whose metadata is read, to count them; `FOLDER/./NAME` where the
//!   name is looked up in the open folder;
//! * `asks=FILE`: append the path of each name that a restore asks the kind of, to count them;
//! * `stops=FILE`: write the path of each file that is opened to be read into a file, and wait until somebody has
//!   removed that, for half a minute at most;
//!
//! Several are given with commas between them: `kill=7,trace=FILE`. With `in=TEXT` among them only steps count whose
//! path holds the text, such as those of one agent of a server. With `while=FILE` the disk is full, or can only be read,
//! as long as there is such a file. With `since=FILE` no step counts before there is such a file: those of a server's start
//! are left out.

use std::io::{self, Write};
use std::path::Path;

/// Kind of a disk step.
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
    /// A file is opened for a lock, which changes nothing: it is not counted, and fails on a disk that can only be read.
    Lock,
    /// A file was opened to be read: it is not counted among the others, and never fails.
    Read,
}

/// Does one step, unless the plan says otherwise. The one way to change the disk.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn step<T>(_: Step, _: &Path, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    call()
}

/// Does one step, unless the plan says otherwise. The one way to change the disk.
#[cfg(debug_assertions)]
pub fn step<T>(step: Step, path: &Path, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    match step {
        Step::Read => return call().inspect(|_| read(path)),
        Step::Lock => open_to_write(path)?,
        _ => match announce(step, path)? {
            Extent::Whole => {}
            Extent::Torn => die(),
        },
    }
    call()
}

/// Notes that the kind of an entry is asked for.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn note_question(_: impl FnOnce() -> std::path::PathBuf) {}

/// Notes that the kind of an entry is asked for.
#[cfg(debug_assertions)]
pub fn note_question(path: impl FnOnce() -> std::path::PathBuf) {
    if let Some(file) = plan().and_then(|plan| plan.asks.as_ref()) {
        trace_line(file, &path().display().to_string());
    }
}

/// A limit, lowered by a test so that a few files count as many.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn limit(_: &str, limit: usize) -> usize {
    limit
}

/// A limit, lowered by a test so that a few files count as many.
#[cfg(debug_assertions)]
pub fn limit(variable: &str, limit: usize) -> usize {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(limit)
}

/// Notes that the metadata of a file or folder is read.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn note_look(_: impl FnOnce() -> std::path::PathBuf) {}

/// Notes that the metadata of a file or folder is read.
#[cfg(debug_assertions)]
pub fn note_look(path: impl FnOnce() -> std::path::PathBuf) {
    if let Some(file) = plan().and_then(|plan| plan.looks.as_ref()) {
        trace_line(file, &path().display().to_string());
    }
}

/// Notes that so many bytes of a file were read.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn count_bytes(_: &Path, _: usize) {}

/// Notes that so many bytes of a file were read.
#[cfg(debug_assertions)]
pub fn count_bytes(path: &Path, count: usize) {
    if let Some(file) = plan().and_then(|plan| plan.bytes.as_ref()) {
        trace_line(file, &format!("{count} {}", path.display()));
    }
}

/// One step of writing: all of the bytes, or half of them and then death.
pub fn write_all(mut to: impl Write, path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(debug_assertions)]
    if let Extent::Torn = announce(Step::Write, path)? {
        to.write_all(&bytes[..bytes.len() / 2])?;
        die();
    }
    #[cfg(not(debug_assertions))]
    let _ = path;
    to.write_all(bytes)
}

/// Part of a write that is to happen.
#[cfg(debug_assertions)]
enum Extent {
    Whole,
    /// Half of it, and then death.
    Torn,
}

/// Counts and traces one step, and says whether it may happen.
#[cfg(debug_assertions)]
fn announce(step: Step, path: &Path) -> io::Result<Extent> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    let counts = |plan: &&Plan| {
        path.to_string_lossy().contains(&plan.place)
            && plan.starts.as_ref().is_none_or(|file| file.exists())
    };
    let Some(plan) = plan().filter(counts) else {
        return Ok(Extent::Whole);
    };
    let number = TAKEN.fetch_add(1, Ordering::SeqCst) + 1;
    if let Some(file) = &plan.trace {
        trace(file, step, path);
    }
    match plan.kill == Some(number) {
        true if step == Step::Write => return Ok(Extent::Torn),
        true => die(),
        false => {}
    }
    if is_now(plan, plan.full, number) && needs_room(step) {
        return Err(io::Error::from(io::ErrorKind::StorageFull));
    }
    if is_now(plan, plan.readonly, number) {
        return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
    }
    if plan.saves.is_some_and(|(first, count)| (first..first + count).contains(&number)) {
        save(path, number)?;
    }
    Ok(Extent::Whole)
}

/// Fails for a file below a folder that a fault makes read-only.
#[cfg(debug_assertions)]
fn open_to_write(path: &Path) -> io::Result<()> {
    let plan = plan().filter(|plan| path.to_string_lossy().contains(&plan.place));
    match plan.is_some_and(|plan| is_now(plan, plan.readonly, u64::MAX)) {
        true => Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem)),
        false => Ok(()),
    }
}

/// True between the start and the end of a fault that starts at a step.
#[cfg(debug_assertions)]
fn is_now(plan: &Plan, from: Option<u64>, number: u64) -> bool {
    from.is_some_and(|from| number >= from) && plan.lasts.as_ref().is_none_or(|file| file.exists())
}

/// Notes that a file of the store is open, and waits where a test stops there.
#[cfg(debug_assertions)]
fn read(path: &Path) {
    // One thread at a time: two would read what the other one wrote into the pipe.
    static STOP: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let Some(plan) = plan() else { return };
    if let Some(file) = &plan.reads {
        trace_line(file, &path.display().to_string());
    }
    if let Some(file) = &plan.stops {
        let _one = STOP.lock();
        // Renamed, so that nobody reads half of a path.
        let draft = file.with_extension("draft");
        let written = std::fs::write(&draft, path.display().to_string());
        let _ = written.and_then(|()| std::fs::rename(&draft, file));
        let ticks = (0..30_000).take_while(|_| file.exists());
        ticks.for_each(|_| std::thread::sleep(std::time::Duration::from_millis(1)));
    }
}

/// Ends the process as SIGKILL would: no destructor, no buffer flushed.
#[cfg(debug_assertions)]
fn die() -> ! {
    std::process::abort();
}

#[cfg(debug_assertions)]
#[derive(Default)]
struct Plan {
    trace: Option<std::path::PathBuf>,
    reads: Option<std::path::PathBuf>,
    bytes: Option<std::path::PathBuf>,
    looks: Option<std::path::PathBuf>,
    asks: Option<std::path::PathBuf>,
    stops: Option<std::path::PathBuf>,
    kill: Option<u64>,
    full: Option<u64>,
    readonly: Option<u64>,
    /// As long as this file exists.
    lasts: Option<std::path::PathBuf>,
    /// From when this file exists.
    starts: Option<std::path::PathBuf>,
    /// The first step, and how many.
    saves: Option<(u64, u64)>,
    place: String,
}

#[cfg(debug_assertions)]
fn plan() -> Option<&'static Plan> {
    static PLAN: std::sync::OnceLock<Option<Plan>> = std::sync::OnceLock::new();
    let read = || {
        let text = std::env::var("LUA_STORE_FAULT").ok()?;
        let mut plan = Plan::default();
        for part in text.split(',') {
            match part.split_once('=')? {
                ("trace", file) => plan.trace = Some(file.into()),
                ("reads", file) => plan.reads = Some(file.into()),
                ("bytes", file) => plan.bytes = Some(file.into()),
                ("looks", file) => plan.looks = Some(file.into()),
                ("asks", file) => plan.asks = Some(file.into()),
                ("stops", file) => plan.stops = Some(file.into()),
                ("kill", at) => plan.kill = Some(at.parse().ok()?),
                ("full", at) => plan.full = Some(at.parse().ok()?),
                ("readonly", at) => plan.readonly = Some(at.parse().ok()?),
                ("while", file) => plan.lasts = Some(file.into()),
                ("since", file) => plan.starts = Some(file.into()),
                ("save", at) => plan.saves = Some((at.parse().ok()?, 1)),
                ("saves", at) => plan.saves = Some((at.parse().ok()?, 2)),
                ("in", place) => plan.place = place.to_owned(),
                _ => return None,
            }
        }
        Some(plan)
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
    trace_line(file, &format!("{step:?} {}", path.display()));
}

#[cfg(debug_assertions)]
fn trace_line(file: &Path, line: &str) {
    use std::io::Write;
    let log = std::fs::File::options().append(true).create(true).open(file);
    if let Ok(mut log) = log {
        let _ = log.write_all(format!("{line}\n").as_bytes());
    }
}
