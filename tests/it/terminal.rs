//! What is different when a person sits at a terminal: colour, the pager.

#![cfg(unix)]

use crate::common::Project;

#[test]
fn errors_are_coloured_unless_no_color_is_set() {
    let mut project = Project::new();
    let (shown, code) = project.on_terminal("nonsense", "");
    assert!(shown.starts_with("\x1b[1m\x1b[31mError:\x1b[0m unrecognized"), "{shown:?}");
    assert_eq!(code, 2);
    assert!(project.on_terminal("--help", "").0.contains('\x1b'));
    project.set("NO_COLOR", "1");
    let (shown, _) = project.on_terminal("nonsense", "");
    assert!(shown.starts_with("Error: unrecognized"), "{shown:?}");
    assert!(!project.on_terminal("--help", "").0.contains('\x1b'));
    assert!(project.on_terminal("--help --color always", "").0.contains('\x1b'));
}
