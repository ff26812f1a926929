//! Somebody else at a request of a promotion: no code runs that the version does not contain, and an edit is overwritten only
//! in the one request before the switch, with an error that names it.

use super::super::{AGENT, Shop};
use super::end::{End, check_sound};
use super::prepared::{ABORT, Prepared};
use crate::common::Outcome;
use crate::platform::stub::Dashboard;
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Pushes,
    EditsPersona,
    DeploysSkill,
    DeploysJob,
    Promotes,
}

const PERSONA: &str = "You are Bo.";
const THEIRS: &str = "Theirs";

impl Act {
    pub fn play(self, dashboard: &Dashboard) {
        let body = || json!({"description": THEIRS});
        match self {
            Act::Pushes => dashboard.push("skills", "orders", "1.0.9", body()),
            Act::EditsPersona => drop(dashboard.edit_persona(PERSONA)),
            Act::DeploysSkill => {
                dashboard.push("skills", "catalog", "1.0.9", body());
                dashboard.deploy("skills", "catalog", "1.0.9");
            }
            Act::DeploysJob => {
                dashboard.push("jobs", "nightly", "1.0.9", body());
                dashboard.deploy("jobs", "nightly", "1.0.9");
            }
            Act::Promotes => {
                let theirs = dashboard.create_version("theirs");
                dashboard.promote(theirs);
            }
        }
    }

    pub fn check(self, it: &Prepared, shop: &Shop, outcome: &Outcome, number: usize, at: &str) {
        let at = &format!("{at}: {outcome}");
        let requests = shop.platform.requests();
        let switch = requests.iter().position(|one| one.number == "#27").map(|at| at + 1);
        let live = End::of(shop);
        match self {
            Act::Pushes => {
                let expected = if outcome.code == 0 { &it.new } else { &it.old };
                assert_eq!(live, expected.numbered(live.active), "{at}");
            }
            Act::EditsPersona => check_edited(it, &live, outcome, (number, switch), at),
            Act::DeploysSkill => {
                let name = "skills/catalog";
                // They may deploy it when everything was read back.
                let is_late = switch.is_some_and(|switch| number > switch);
                assert!(live.code[name] != THEIRS || outcome.code != 0 || is_late, "{at}");
                let mut expected = if outcome.code == 0 { &it.new } else { &it.old }.clone();
                if live.code[name] != THEIRS {
                    let words = "somebody else pushed the skill \"catalog\" 1.0.9 meanwhile";
                    assert!(outcome.stderr.contains(words), "{at}: taken back without a word");
                }
                if outcome.code != 0 && switch.is_some() {
                    expected = it.new.clone();
                }
                expected.code.insert(name.to_owned(), live.code[name].clone());
                assert_eq!(live, expected.numbered(live.active), "{at}");
            }
            Act::DeploysJob | Act::Promotes => {
                check_promoted(self, (it, shop), &live, outcome, (number, switch), at);
            }
        }
        shop.platform.reset_faults();
        check_sound(shop, at);
        // An open promotion can be taken back, and takes nothing of theirs back.
        let aborted = shop.project.run(ABORT);
        let is_none = aborted.stderr.contains("no promotion of \"origin\" is open");
        assert!(aborted.code == 0 || is_none, "{at}: {aborted}");
        let after = End::of(shop);
        assert!(live.persona != PERSONA || after.persona == PERSONA, "{at}: {aborted}");
        check_sound(shop, at);
    }
}

/// Their persona stays, or the switch itself overwrote it, and the error names it.
fn check_edited(
    it: &Prepared,
    live: &End,
    outcome: &Outcome,
    (number, switch): (usize, Option<usize>),
    at: &str,
) {
    let mut expected = if switch.is_some() { &it.new } else { &it.old }.clone();
    if live.persona == PERSONA {
        expected.persona = live.persona.clone();
    } else {
        assert_eq!(switch, Some(number), "{at}: their persona was overwritten");
        assert!(outcome.stderr.contains("somebody else edited the persona"), "{at}");
        assert_ne!(outcome.code, 0, "{at}");
    }
    assert_eq!(*live, expected.numbered(live.active), "{at}");
}

/// The persona, model and MCP servers that run are those of the active version.
fn check_parts(shop: &Shop, at: &str) {
    let live = shop.live();
    let version = shop.platform.version(AGENT, live.active.unwrap()).unwrap();
    let snapshot = &version["snapshot"];
    assert_eq!(json!(live.current_persona), snapshot["persona"]["version"], "{at}");
    assert_eq!(json!(live.model), snapshot["model"], "{at}");
    for server in snapshot["mcpServers"].as_array().unwrap() {
        let name = server["name"].as_str().unwrap();
        assert_eq!(live.servers[name]["url"], server["url"], "{at}");
    }
}

/// Their version is active, or the switch itself took it back, and the error names it.
fn check_promoted(
    act: Act,
    (it, shop): (&Prepared, &Shop),
    live: &End,
    outcome: &Outcome,
    (number, switch): (usize, Option<usize>),
    at: &str,
) {
    if switch.is_some_and(|switch| number > switch) {
        // Theirs is the later one, and ours is found to be active no more, or everything was read back before.
        let words = ["is active", "something else runs"];
        let is_said = words.iter().any(|word| outcome.stderr.contains(word));
        assert!(outcome.code == 0 || is_said, "{at}");
        return;
    }
    if outcome.code == 0 {
        // Theirs, if it was made of the same parts a moment before: nothing is left to be made then.
        assert_eq!(*live, it.new.numbered(live.active), "{at}");
        return;
    }
    let words = [
        "somebody else",
        "since the last fetch",
        "are different versions",
        "cannot be pushed",
        "cannot be made",
        "is not v2",
    ];
    assert!(words.iter().any(|word| outcome.stderr.contains(word)), "{at}");
    if switch.is_none() && live.active != it.old.active {
        check_parts(shop, at);
    }
    if let Some(switch) = switch {
        // The look directly before the switch has two answers: theirs came after the first of them.
        assert!(switch - number <= 1, "{at}: their version was taken back");
        assert!(outcome.stderr.contains("somebody else promoted seconds before"), "{at}");
    }
    if act == Act::DeploysJob && switch.is_none() {
        assert_eq!(live.code["jobs/nightly"], THEIRS, "{at}");
    }
}
