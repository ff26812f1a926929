//! Agent patterns of a token: ids, and patterns in which `*` matches any characters.

use crate::error::{Error, Result};
use crate::protocol::{AgentId, RESERVED_IDS};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `shop`, `team-*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AgentPattern(String);

impl AgentPattern {
    /// True if it is the id of one agent.
    pub fn is_plain(&self) -> bool {
        !self.0.contains('*')
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a shell takes it.
    pub fn quoted(&self) -> String {
        if self.is_plain() { self.0.clone() } else { format!("'{}'", self.0) }
    }

    pub fn matches(&self, agent: &str) -> bool {
        matches(self.0.as_bytes(), agent.as_bytes())
    }

    /// True if it covers every agent of the other pattern. A `*` of the other is matched by none but a `*`, as no
    /// other character of a pattern is one.
    pub fn covers(&self, other: &AgentPattern) -> bool {
        self.matches(&other.0)
    }
}

/// With one place to go back to: where the last `*` began to match. So the time is bounded by the product of the lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut back) = (0, 0, None);
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            back = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            p = star + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

impl FromStr for AgentPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<AgentPattern> {
        match text.replace('*', "x").parse::<AgentId>() {
            Ok(_) => Ok(AgentPattern(text.to_owned())),
            Err(_) if text.contains('*') => Err(Error::usage(format!(
                "\"{text}\" cannot be a pattern of agents"
            ))
            .hint(
                "`shop` is one agent, `team-*` all whose ids begin with `team-`, `*` every agent",
            )),
            // With the rules of an id.
            Err(error) => Err(error),
        }
    }
}

impl TryFrom<String> for AgentPattern {
    type Error = Error;

    /// A file of tokens may have an id that was allowed once. It opens nothing.
    fn try_from(text: String) -> Result<AgentPattern> {
        if RESERVED_IDS.contains(&&*text) { Ok(AgentPattern(text)) } else { text.parse() }
    }
}

impl From<AgentPattern> for String {
    fn from(pattern: AgentPattern) -> String {
        pattern.0
    }
}

impl fmt::Display for AgentPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As a token's file has them: one id under `agent`, anything else under `agents`, which older programs do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PatternFields", into = "PatternFields")]
pub struct AgentPatterns(Vec<AgentPattern>);

#[derive(Serialize, Deserialize)]
struct PatternFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<AgentPattern>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    agents: Vec<AgentPattern>,
}

impl AgentPatterns {
    /// At least one; each once.
    pub fn new(patterns: Vec<AgentPattern>) -> Result<AgentPatterns> {
        let mut all: Vec<AgentPattern> = Vec::new();
        for pattern in patterns {
            if !all.contains(&pattern) {
                all.push(pattern);
            }
        }
        match all.is_empty() {
            true => Err(Error::usage("a token needs at least one agent")),
            false => Ok(AgentPatterns(all)),
        }
    }

    /// The agent, where it is for one alone.
    pub fn one(&self) -> Option<AgentId> {
        match &self.0[..] {
            [one] if one.is_plain() => one.as_str().parse().ok(),
            _ => None,
        }
    }

    pub fn list(&self) -> &[AgentPattern] {
        &self.0
    }

    pub fn has(&self, agent: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(agent))
    }

    /// True if it is for every agent.
    pub fn has_all(&self) -> bool {
        self.0.iter().any(|pattern| pattern.0.bytes().all(|letter| letter == b'*'))
    }

    pub fn cover(&self, other: &AgentPatterns) -> bool {
        other.0.iter().all(|one| self.0.iter().any(|pattern| pattern.covers(one)))
    }
}

impl TryFrom<PatternFields> for AgentPatterns {
    type Error = Error;

    fn try_from(fields: PatternFields) -> Result<AgentPatterns> {
        if let Some(pattern) = fields.agent.as_ref().filter(|agent| !agent.is_plain()) {
            return Err(Error::usage(format!("\"{pattern}\" is not the id of one agent")));
        }
        AgentPatterns::new(fields.agent.into_iter().chain(fields.agents).collect())
    }
}

impl From<AgentPatterns> for PatternFields {
    fn from(agents: AgentPatterns) -> PatternFields {
        match agents.one() {
            Some(agent) => {
                PatternFields { agent: Some(AgentPattern(agent.into())), agents: Vec::new() }
            }
            None => PatternFields { agent: None, agents: agents.0 },
        }
    }
}

/// `shop, team-*`
impl fmt::Display for AgentPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(AgentPattern::as_str).collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> AgentPattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_star_is_any_characters() {
        let cases = [
            ("shop", "shop", true),
            ("shop", "shop2", false),
            ("team-*", "team-", true),
            ("team-*", "team-a", true),
            ("team-*", "Team-a", false),
            ("*", "anything", true),
            ("*-test", "a-test-test", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxcyyb", false),
            ("a**", "a", true),
        ];
        for (text, agent, is_one) in cases {
            assert_eq!(pattern(text).matches(agent), is_one, "{text} {agent}");
        }
    }

    #[test]
    fn a_pattern_covers_what_has_no_other_agents() {
        let covers = |a: &str, b: &str| pattern(a).covers(&pattern(b));
        assert!(covers("*", "team-*") && covers("team-*", "team-a*") && covers("team-*", "team-a"));
        assert!(covers("team-*", "team-*") && covers("shop", "shop"));
        assert!(!covers("team-*", "te*") && !covers("team-*", "*") && !covers("shop", "s*p"));
    }

    #[test]
    fn a_token_for_an_id_that_is_reserved_now_is_read_and_opens_nothing() {
        let text = r#"{"agent":"developer"}"#;
        let patterns: AgentPatterns = serde_json::from_str(text).unwrap();
        assert_eq!(patterns.one(), None);
        assert_eq!(patterns.to_string(), "developer");
        assert!(serde_json::from_str::<AgentPatterns>(r#"{"agent":"a/b"}"#).is_err());
        assert!(serde_json::from_str::<AgentPatterns>(r#"{"agent":"team-*"}"#).is_err());
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["", "a b", "a/*", ".*", "-*", "ä*", "developer"] {
            assert!(wrong.parse::<AgentPattern>().is_err(), "{wrong}");
        }
        assert!(AgentPatterns::new(Vec::new()).is_err());
        assert_eq!(AgentPatterns::new(vec![pattern("a"), pattern("a")]).unwrap().list().len(), 1);
    }
}
