//! A platform at one moment, to begin many tests with.

use super::Platform;
use super::world::World;

pub struct SavedPlatform(World);

impl Platform {
    pub fn save(&self) -> SavedPlatform {
        self.listeners.quiet();
        SavedPlatform(self.shared.world().clone())
    }

    /// Puts everything back to what it was, at the same address. The log is empty, and no fault waits.
    pub fn put_back(&self, saved: &SavedPlatform) {
        self.listeners.quiet();
        *self.shared.world() = saved.0.clone();
        self.reset_faults();
        self.reset_requests();
    }
}
