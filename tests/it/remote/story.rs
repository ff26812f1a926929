//! The stories of several people, played with real processes.

// The stories are scripts of bash.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

/// Needs bash, as the scripts do.
fn tell(script: &str, end: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let output =
        Command::new("bash").arg(script).arg(env!("CARGO_BIN_EXE_lua-store")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.trim_end().ends_with(end),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn two_people_lose_nothing() {
    tell("two-people.sh", "Nothing was lost.");
}

#[test]
fn a_week_of_a_team_goes_through() {
    tell("week.sh", "The week went through.");
}
