//! Checkups of the store: its format, refs, configuration and lock. Objects are not read.

use super::Checkup;
use crate::cli::hints;
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::history::recovery;
use crate::store::refs;
use std::time::Duration;

/// Longest time that a command has the lock, but for one that waits for a slow disk.
const LOCKED: Duration = Duration::from_secs(1);

const FSCK: &str = "run `lua-store fsck` to list what is damaged and which versions it affects";

/// Checkup of everything that a command reads before it reads objects.
pub fn whole(project: &Project) -> Checkup {
    first_damage(project).unwrap_or_else(|error| Checkup::of_error("store", &error, FSCK))
}

fn first_damage(project: &Project) -> Result<Checkup> {
    let store = project.store();
    let problems = recovery::problems(store, &store.refs().check());
    if let Some(first) = problems.first() {
        let more = match problems.len() {
            1 => String::new(),
            many => format!(" (and {} more)", many - 1),
        };
        let fix = first.next.as_ref().map_or(FSCK.to_owned(), hints::text);
        return Ok(Checkup::finding("store", format!("{}{more}", first.what), &fix));
    }
    store.require_whole()?;
    store.active()?;
    store.config()?;
    if store.is_damaged() {
        let what = "a command found damage, and no check has found the store whole since";
        return Ok(Checkup::finding("store", what, FSCK));
    }
    let count =
        |series: &str| store.refs().latest(series).map(|newest| newest.map_or(0, |it| it.0));
    let (sources, versions) = (count(refs::SOURCE)?, count(refs::VERSIONS)?);
    Ok(Checkup::ok(
        "store",
        format!(
            "{sources} source version(s), {versions} version(s); run `lua-store fsck` to read every object"
        ),
    ))
}

/// Checkup of the lock of the writers.
pub fn lock(project: &Project) -> Checkup {
    let store = project.store();
    let file = store.lock_file();
    match store.is_locked(LOCKED) {
        Ok(false) => Checkup::ok("lock", "no other command is writing"),
        Ok(true) => {
            let what = format!(
                "another process has had \"{}\" locked for {} s",
                file.display(),
                LOCKED.as_secs()
            );
            let list = if cfg!(windows) {
                "resmon.exe".to_owned()
            } else {
                format!("fuser -v {}", hints::quoted(&file.to_string_lossy()))
            };
            let fix = format!(
                "wait for the other lua-store command; run `{list}` to find its process, and end it if it is stuck"
            );
            Checkup::finding("lock", what, &fix)
        }
        Err(error) => lock_error(&error),
    }
}

fn lock_error(error: &Error) -> Checkup {
    Checkup::of_error(
        "lock",
        error,
        "correct the rights of that file, and run `lua-store doctor` again",
    )
}
