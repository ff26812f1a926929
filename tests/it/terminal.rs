//! Differences at a terminal: colour, the pager.

#![cfg(unix)]

use crate::common::proxy::{Fault, Proxy};
use crate::common::server::Server;
use crate::common::{Project, shop};

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

#[test]
fn only_what_is_longer_than_the_screen_is_paged() {
    let mut project = shop::versioned();
    // Numbers the lines, so that one sees it at work.
    project.set("LUA_STORE_PAGER", "cat -n");
    let (long, code) = project.on_terminal("ls-tree -r v1", "");
    assert!(long.starts_with("     1\t") && code == 0, "{long}");
    assert_eq!(long.lines().count(), project.ok("ls-tree -r v1").lines().count());
    let plain = project.ok("ls-tree -r v1");
    assert_eq!(project.on_terminal("ls-tree -r v1 --no-pager", "").0, plain);
    assert_eq!(project.on_terminal("ls-tree v1", "").0, project.ok("ls-tree v1"));
    project.set("LUA_STORE_PAGER", "cat");
    assert_eq!(project.on_terminal("ls-tree -r v1", "").0, plain);
    project.set("LUA_STORE_PAGER", "no-such-pager");
    assert_eq!(project.on_terminal("ls-tree -r v1", "").0, plain);
}

#[test]
fn a_destructive_command_asks_and_no_is_the_default() {
    let project = two_versions();
    for answer in ["\n", "n\n", "what?\n"] {
        let (shown, code) = project.on_terminal("version delete v2", answer);
        assert!(shown.contains("Delete v2? [y/N] ") && shown.contains("Aborted."), "{shown}");
        assert_eq!(code, 0);
    }
    let (shown, code) = project.on_terminal("version delete v2", "y\n");
    assert!(shown.contains("✓ Deleted v2.\n"), "{shown}");
    assert_eq!(code, 0);
}

#[test]
fn nothing_is_asked_where_nobody_can_answer() {
    let mut project = two_versions();
    let refused = "--- stderr\nError: cannot ask \"Delete v2?\" without a terminal\n\
                   hint: add `--force` to run it without a question\n--- exit 2\n";
    assert!(project.run("version delete v2").to_string().ends_with(refused));
    assert_eq!(project.on_terminal("version delete v2 --ci", "y\n").1, 2);
    assert_eq!(project.on_terminal("version delete v2 --json", "y\n").1, 2);
    project.set("CI", "true");
    assert_eq!(project.on_terminal("version delete v2", "y\n").1, 2);
    assert_eq!(project.list("version list")[0]["status"], "staged");
}

fn two_versions() -> Project {
    let project = shop::versioned();
    shop::edit(&project, "src/index.ts", "openai/gpt-4o", "openai/gpt-4o-mini");
    project.ok("push");
    project.ok("version create");
    project
}

/// A server that takes its time, so that each phase of a clone is drawn.
#[test]
fn each_phase_of_a_clone_has_a_bar_of_its_own_that_fits_the_terminal() {
    let mut project = shop::versioned();
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "agent_shop", "push"));
    project.ok(&format!("remote add origin {}/agent_shop", server.url));
    project.ok("push");
    let address = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = Proxy::before(address);
    for (columns, folder) in [(50, "narrow"), (100, "wide")] {
        proxy.next([Fault::Delay(600); 8]);
        let line = format!("clone {}/agent_shop ../{folder}", proxy.url());
        let (shown, code) = project.on_terminal_of(columns, &line, "");
        assert_eq!(code, 0, "{shown}");
        let frames = frames(&shown);
        let seen = |phase: &str| frames.iter().any(|frame| frame.contains(phase));
        assert!(seen("Receiving"), "{shown:?}");
        for frame in &frames {
            let phase = frame.split(' ').find(|word| word.starts_with(char::is_uppercase));
            let (phase, is_fit) =
                (phase.unwrap_or_default(), frame.chars().count() < usize::from(columns));
            let counts_bytes = frame.contains("B");
            let is_known = ["Receiving", "Checking", "Restoring"].contains(&phase);
            assert!(
                is_fit && is_known && counts_bytes == (phase == "Receiving"),
                "{frame:?} in {shown:?}"
            );
        }
    }
}

/// The frames of progress bars: what was drawn after a line was cleared, and is no output.
fn frames(shown: &str) -> Vec<String> {
    let lines = shown.split('\n').filter(|line| line.contains("\r\u{1b}[2K"));
    let drawn =
        lines.flat_map(|line| line.split("\r\u{1b}[2K").map(str::to_owned).collect::<Vec<_>>());
    drawn
        .map(|frame| frame.trim_end().to_owned())
        .filter(|frame| !frame.is_empty() && !frame.starts_with('✓'))
        .collect()
}

#[test]
fn a_table_fits_a_narrow_terminal() {
    let mut project = two_versions();
    project.set("LUA_STORE_AUTHOR", "somebody.with.a.long.name@store.example.com");
    project.write("src/more.ts", "export const more = 1;\n");
    project.ok("push");
    project.ok("version create -m \"a message that is longer than any line of this terminal\"");
    for line in ["version list", "source list", "persona list", "compile", ""] {
        let (shown, _) =
            project.on_terminal_of(50, &format!("{line} --no-pager --color never"), "");
        let too_long =
            shown.lines().find(|line| line.chars().count() > 50 && !line.starts_with("Active"));
        assert!(too_long.is_none(), "{line}: {too_long:?} in\n{shown}");
        assert!(shown.lines().count() > 3, "{line}: {shown}");
    }
    let (wide, _) = project.on_terminal_of(200, "version list --no-pager", "");
    assert!(wide.starts_with("VERSION  STATUS  "), "{wide}");
}
