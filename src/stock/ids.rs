//! Ids of primitives and MCP servers: made of agent, kind and name, so that nothing is stored to create one, and
//! creating it twice is creating it once. Also the id of an agent, which one address has in two parts.

use crate::model::kind::Kind;
use crate::protocol::AgentId;

const CONTEXT: &str = "lua-store 2026-11-22 stock primitive id v1";

/// Digits of an id, as those of the platform.
const DIGITS: usize = 24;

/// Id of a primitive or MCP server.
pub fn of(agent: &AgentId, kind: &Kind, name: &str) -> String {
    // A name may contain anything; neither of the others contains a zero byte.
    let text = format!("{agent}\0{}\0{name}", kind.word);
    let key = blake3::derive_key(CONTEXT, text.as_bytes());
    blake3::Hash::from_bytes(key).to_hex()[..DIGITS].to_owned()
}

/// The one of these names that has an id.
pub fn name_of<'a>(
    agent: &AgentId,
    kind: &Kind,
    id: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    names.into_iter().find(|name| of(agent, kind, name) == id)
}

/// Ids of the agents that an address may mean with the part before the first `_`, and its body with the rest. An id
/// without `_` is sent as both parts, and so is `a_a`.
pub fn agents_of(base: &str, rest: &str) -> Vec<String> {
    let joined = format!("{base}_{rest}");
    if base == rest { vec![base.to_owned(), joined] } else { vec![joined] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(word: &str) -> &'static Kind {
        Kind::named(word).unwrap()
    }

    #[test]
    fn an_id_never_changes() {
        // Computed by another program: `b3sum --derive-key CONTEXT` over "shop\0skill\0user-skill".
        let shop = "shop".parse().unwrap();
        assert_eq!(of(&shop, kind("skill"), "user-skill"), EXPECTED);
        let names = ["a", "user-skill", "b"];
        assert_eq!(name_of(&shop, kind("skill"), EXPECTED, names), Some("user-skill"));
        assert_eq!(name_of(&shop, kind("job"), EXPECTED, names), None);
    }

    const EXPECTED: &str = "4ae733b87493eea4b87432de";

    #[test]
    fn the_parts_of_an_agents_id() {
        for id in ["shop", "base_agent_1", "_x", "a_b_", "a_a"] {
            // The command cuts at the first `_`, and replaces the first occurrence of the base.
            let base = id.split('_').next().unwrap();
            let rest = id.replacen(&format!("{base}_"), "", 1);
            assert!(agents_of(base, &rest).contains(&id.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn two_names_have_two_ids(a in ".{0,12}", b in ".{0,12}") {
            let agent = "shop".parse().unwrap();
            let (x, y) = (of(&agent, kind("skill"), &a), of(&agent, kind("skill"), &b));
            prop_assert_eq!(a == b, x == y);
            prop_assert!(x.len() == 24 && x.bytes().all(|digit| digit.is_ascii_hexdigit()));
            prop_assert_ne!(&x, &of(&agent, kind("job"), &a));
            prop_assert_ne!(x, of(&"shop2".parse().unwrap(), kind("skill"), &a));
        }
    }
}
