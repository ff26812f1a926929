//! Skipped tests: what they need is not on this machine.

use std::io::Write;

/// Says on the terminal, past the capture of test output, why a test did nothing.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
