//! A whole file gets a second name, durably.

use super::durable::{Clobber, Published, Temp, sync_dir};
use super::fault::{self, Step};
use crate::error::{At, Result};
use std::fs::File;
use std::io;
use std::path::Path;

/// Makes a whole file durable under a second name, in another folder of the same file system, unless
/// the name is taken: sync, link, sync of the folder. Where files cannot be linked it is copied.
pub fn link_new(file: &Path, target: &Path) -> Result<Published> {
    let dir = target.parent().unwrap_or_else(|| Path::new("."));
    let mut source = File::options().read(true).write(true).open(file).at("open", file)?;
    fault::step(Step::Sync, file, || source.sync_all()).at("sync", file)?;
    match fault::step(Step::Link, target, || std::fs::hard_link(file, target)) {
        Ok(()) => sync_dir(dir).map(|()| Published::Done),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Published::Exists),
        Err(_) => {
            let mut temp = Temp::create_in(dir)?;
            io::copy(&mut source, &mut temp).at("write", target)?;
            temp.publish(target, Clobber::Never)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_has_two_names_and_takes_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let (file, target) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&file, "one").unwrap();
        assert_eq!(link_new(&file, &target).unwrap(), Published::Done);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"one");
        std::fs::write(&file, "two").unwrap();
        assert_eq!(link_new(&file, &target).unwrap(), Published::Exists);
        assert_eq!(std::fs::read(&target).unwrap(), b"one");
        assert!(link_new(&dir.path().join("c"), &target).is_err());
    }
}
