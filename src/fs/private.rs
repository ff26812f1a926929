//! Private process and folders: only their owner can read what is in them.

use super::platform;
use crate::error::{At, Result};
use std::path::Path;

/// From now on whatever this process makes is for its user alone.
pub fn keep_private() {
    platform::keep_private();
}

/// A folder that is there already becomes one for its owner alone. It stays as it is where it belongs to somebody else.
pub fn make_private(dir: &Path) -> Result<()> {
    platform::make_private(dir).at("change the permissions of", dir)
}
