//! The story of two people, played with real processes.

use std::path::Path;
use std::process::Command;

/// Needs bash, as the script does.
#[cfg(unix)]
#[test]
fn two_people_lose_nothing() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/two-people.sh");
    let output =
        Command::new("bash").arg(script).arg(env!("CARGO_BIN_EXE_lua-store")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.trim_end().ends_with("Nothing was lost."),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
