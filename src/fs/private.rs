//! Files and folders for their owner's eyes only.

use super::{Clobber, Temp, platform};
use crate::error::{At, Result};
use std::io::Write;
use std::path::Path;

/// Writes a small file durably in the place of whatever stands there. At no moment anybody but its
/// owner can read it.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    let mut temp = Temp::create(dir, platform::private_options())?;
    temp.write_all(bytes).at("write", path)?;
    temp.publish(path, Clobber::Replace).map(drop)
}

/// From now on whatever this process makes is for its user alone.
pub fn keep_private() {
    platform::keep_private();
}

/// A folder that is there already becomes one for its owner alone. It stays as it is where it belongs to somebody else.
pub fn make_private(dir: &Path) -> Result<()> {
    platform::make_private(dir).at("change the permissions of", dir)
}
