//! Taking over a file that was written under another name, in another folder of the same file system.

use super::durable::sync_dir;
use super::fault::{self, Step};
use crate::error::{At, Result};
use std::fs::File;
use std::path::Path;

/// Makes the content of a whole file durable, gives it its final name in one step, and makes that
/// durable. Whatever stands there is replaced.
pub fn adopt(file: &Path, target: &Path) -> Result<()> {
    let open = File::options().read(true).write(true).open(file).at("open", file)?;
    fault::step(Step::Sync, file, || open.sync_all()).at("sync", file)?;
    fault::step(Step::Rename, target, || std::fs::rename(file, target)).at("write", target)?;
    sync_dir(target.parent().unwrap_or_else(|| Path::new(".")))
}
