//! Everything that runs, and the states in which an interrupted promotion may leave it.

use super::super::{AGENT, Shop};
use crate::platform::stub::Live;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Debug)]
pub struct End {
    pub active: Option<u64>,
    /// Descriptions by the names of the primitives: their numbers depend on how many answers were lost.
    pub code: BTreeMap<String, Value>,
    pub persona: Value,
    pub model: Option<String>,
    pub servers: BTreeMap<String, Value>,
}

impl End {
    pub fn of(shop: &Shop) -> End {
        let live = shop.live();
        let code = code(shop, &live);
        let Live { active, persona, model, servers, .. } = live;
        End { active, code, persona, model, servers }
    }

    /// The same under another number of the active version.
    pub fn numbered(&self, active: Option<u64>) -> End {
        End { active, ..self.clone() }
    }
}

fn code(shop: &Shop, live: &Live) -> BTreeMap<String, Value> {
    let one = |(name, number): (&String, &String)| {
        let (kind, primitive) = name.split_once('/').unwrap();
        let body = shop.platform.body(AGENT, kind, primitive, number).unwrap();
        (name.clone(), body["description"].clone())
    };
    live.code.iter().map(one).collect()
}

/// The code that runs is that of one version as a whole, and the other parts are those of the old or of the new one: after
/// the switch, of the new one.
pub fn check_whole(shop: &Shop, old: &End, new: &End, at: &str) {
    let live = End::of(shop);
    let is_new = live.active != old.active;
    assert_eq!(live.code, if is_new { &new.code } else { &old.code }.clone(), "{at}");
    for (part, is, was, will) in [
        ("persona", json!(live.persona), json!(old.persona), json!(new.persona)),
        ("model", json!(live.model), json!(old.model), json!(new.model)),
        ("MCP servers", json!(live.servers), json!(old.servers), json!(new.servers)),
    ] {
        assert!(is == was || is == will, "{at}: {part} {is} is of neither version");
        assert!(!is_new || is == will, "{at}: {part} {is} after the switch");
    }
}

pub fn check_sound(shop: &Shop, at: &str) {
    let checked = shop.project.run("fsck");
    let is_sound = checked.code == 0 && checked.stdout.contains("nothing is damaged");
    assert!(is_sound, "{at}: {checked}");
}
