//! All integration tests, one binary.

mod format;
