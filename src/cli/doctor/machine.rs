//! Checkups of the machine: free space, clock, rights, the file of tokens.

use super::Checkup;
use crate::cli::context::Context;
use crate::cli::copied::size;
use crate::cli::hints::quoted;
use crate::cli::token::credentials_file;
use crate::error::{Error, Result};
use crate::fs;
use crate::history::ledger::LedgerEntry;
use crate::history::project::Project;
use crate::history::record::iso;
use crate::history::source;
use crate::history::version::{self, Version};
use std::io::ErrorKind;
use std::path::Path;

/// Space for the files of a command, beside a copy of the packs.
const ROOM: u64 = 64 << 20;

/// Difference of two clocks that harms nobody.
const CLOCK_MS: i64 = 5 * 60 * 1000;

/// 2026-01-01T00:00:00Z: a clock that shows an earlier time was never set.
const BUILT_MS: i64 = 1_767_225_600_000;

/// Checkup of the disk. Combining the packs writes a second copy before it removes the first.
pub fn space(project: &Project) -> Checkup {
    let store = project.store();
    let packs = store.objects().counts().map_or(0, |counts| counts.bytes);
    let wanted = packs + ROOM;
    match fs::free_bytes(store.dir()) {
        Ok(free) if free < wanted => {
            let dir = store.dir().display();
            let what = format!(
                "{} are free on the disk of \"{dir}\", {} are needed",
                size(free),
                size(wanted)
            );
            Checkup::finding(
                "space",
                what,
                "run `lua-store gc` to remove unreachable objects, and remove other files from this disk",
            )
        }
        Ok(_) => Checkup::ok("space", "the disk has room for another copy of the store"),
        Err(error) => Checkup::skipped("space", error.message()),
    }
}

/// Checkup of the clock: nothing can be newer than now.
pub fn clock(cx: &Context<'_>, project: Option<&Project>) -> Result<Checkup> {
    let now_ms = cx.now()?.as_millisecond();
    let newest = project.and_then(newest_record);
    let what = match newest {
        _ if now_ms < BUILT_MS => format!("it is {}, before this program was written", iso(now_ms)),
        Some((at_ms, what)) if at_ms > now_ms + CLOCK_MS => {
            format!("it is {}, and {what} is of {}", iso(now_ms), iso(at_ms))
        }
        _ => return Ok(Checkup::ok("clock", "it is later than every record")),
    };
    let set = match std::env::consts::OS {
        "macos" => "sudo sntp -sS time.apple.com",
        "windows" => "w32tm /resync",
        _ => "sudo timedatectl set-ntp true",
    };
    let fix = format!("run `{set}` to set the clock of this machine, if it is wrong");
    Ok(Checkup::finding("clock", what, &fix))
}

/// Time and name of the newest record. What cannot be read is a finding of the store.
fn newest_record(project: &Project) -> Option<(i64, String)> {
    let store = project.store();
    let pushed = source::latest(store).ok().flatten();
    let pushed =
        pushed.map(|pushed| (pushed.record.at_ms, format!("source version v{}", pushed.number)));
    let newest = store.refs().latest(version::REFS).ok().flatten();
    let version = newest.and_then(|(number, id)| Version::load(store.objects(), number, id).ok());
    let version = version.map(|version| (version.meta.at_ms, format!("v{}", version.number)));
    let ledger = store.active().ok().flatten();
    let ledger = ledger.and_then(|active| LedgerEntry::load(store.objects(), &active.ledger).ok());
    let ledger =
        ledger.map(|step| (step.record.at_ms, "the newest record of the ledger".to_owned()));
    [pushed, version, ledger].into_iter().flatten().max()
}

/// Checkup of the folder of the command, outside of a project.
pub fn directory(directory: &Path) -> Checkup {
    match fs::check_writable(directory) {
        Ok(()) => Checkup::ok("rights", "a project can be created in this folder"),
        Err(error) => refused(&error, directory),
    }
}

/// Checkup of the rights of this user: to create files in each folder of the store and in the project, and to read each
/// file of the store.
pub fn rights(project: &Project) -> Checkup {
    let dir = project.store().dir();
    if let Err(error) = fs::check_writable(project.root()) {
        return refused(&error, project.root());
    }
    for entry in walkdir::WalkDir::new(dir) {
        let checked = match &entry {
            Ok(entry) if entry.file_type().is_dir() => fs::check_writable(entry.path()),
            Ok(entry) if entry.file_type().is_file() => fs::check_readable(entry.path()),
            Ok(_) => Ok(()),
            Err(error) => Err(unlisted(error, dir)),
        };
        match checked {
            // Another command renames and removes files meanwhile.
            Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => {}
            Err(error) => return refused(&error, dir),
            Ok(()) => {}
        }
    }
    Checkup::ok("rights", "you can write to the project and to the store")
}

fn unlisted(error: &walkdir::Error, dir: &Path) -> Error {
    let path = error.path().unwrap_or(dir);
    let kind = error.io_error().map_or(ErrorKind::Other, std::io::Error::kind);
    Error::io("read", path, kind.into())
}

fn refused(error: &Error, top: &Path) -> Checkup {
    let fix = match error.io_kind() {
        Some(ErrorKind::ReadOnlyFilesystem) => {
            "mount its disk so that it can be written: `mount -o remount,rw MOUNTPOINT`".to_owned()
        }
        _ if cfg!(windows) => format!("run `icacls \"{}\" /grant %USERNAME%:F /t`", top.display()),
        _ => format!(
            "run `sudo chown -R \"$(id -un)\" {0} && chmod -R u+rwX {0}` to own it again",
            quoted(&top.to_string_lossy())
        ),
    };
    Checkup::finding("rights", error.message(), &fix)
}

/// Checkup of the file of tokens: nobody else may read it.
pub fn token_file() -> Checkup {
    let Some(file) = credentials_file().filter(|file| file.exists()) else {
        return Checkup::ok("token file", "no token is stored");
    };
    let name = file.to_string_lossy();
    match fs::check_readable(&file).and_then(|()| fs::is_open_to_others(&file)) {
        Ok(false) => Checkup::ok("token file", "only you can read it"),
        Ok(true) => Checkup::finding(
            "token file",
            format!("other users of this machine can read \"{name}\""),
            &format!(
                "run `chmod 600 {}` to keep it to yourself, and create new tokens if somebody read it",
                quoted(&name)
            ),
        ),
        Err(error) => Checkup::finding(
            "token file",
            error.message(),
            &format!("run `sudo chown \"$(id -un)\" {0} && chmod 600 {0}`", quoted(&name)),
        ),
    }
}
