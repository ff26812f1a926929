//! The shapes of well-known keys in text.
//!
//! A key is a fixed beginning and then a run of random characters. A run that is not random enough
//! is a placeholder from a document (`sk-xxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`), and no secret.

use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashSet;
use std::sync::LazyLock;

/// One well-known key.
struct Shape {
    start: &'static str,
    /// The fewest characters that follow.
    least: usize,
    /// The most, where the length is fixed; a longer run is something else.
    most: usize,
    /// Characters that may follow beside letters and digits.
    also: &'static [u8],
    what: &'static str,
}

const ANY: usize = usize::MAX;

const fn shape(
    start: &'static str,
    least: usize,
    most: usize,
    also: &'static [u8],
    what: &'static str,
) -> Shape {
    Shape { start, least, most, also, what }
}

/// The longer beginning stands before the shorter one it contains.
const SHAPES: [Shape; 22] = [
    shape("AKIA", 16, 16, b"", "an AWS access key"),
    shape("ASIA", 16, 16, b"", "an AWS access key"),
    shape("AIza", 35, 35, b"-_", "a Google API key"),
    shape("sk-ant-", 32, ANY, b"-_", "an Anthropic API key"),
    shape("sk-proj-", 32, ANY, b"-_", "an OpenAI API key"),
    shape("sk-svcacct-", 32, ANY, b"-_", "an OpenAI API key"),
    shape("sk-or-v1-", 32, ANY, b"", "an OpenRouter API key"),
    shape("sk-", 32, ANY, b"", "an API key"),
    shape("sk_live_", 16, ANY, b"", "a Stripe key"),
    shape("rk_live_", 16, ANY, b"", "a Stripe key"),
    shape("whsec_", 24, ANY, b"", "a webhook signing secret"),
    shape("ghp_", 36, 36, b"", "a GitHub token"),
    shape("gho_", 36, 36, b"", "a GitHub token"),
    shape("ghs_", 36, 36, b"", "a GitHub token"),
    shape("github_pat_", 60, ANY, b"_", "a GitHub token"),
    shape("glpat-", 20, ANY, b"-_", "a GitLab token"),
    shape("lst_", 72, 72, b"", "a token of `lua-store serve`"),
    shape("npm_", 36, 36, b"", "an npm token"),
    shape("xoxb-", 20, ANY, b"-", "a Slack token"),
    shape("xoxp-", 20, ANY, b"-", "a Slack token"),
    shape("SG.", 60, ANY, b".-_", "a SendGrid key"),
    shape("-----BEGIN ", 0, ANY, b"", "a private key"),
];

/// The first key in a text: its line, counted from 1, and what it looks like.
pub fn find(text: &[u8]) -> Option<(usize, &'static str)> {
    static STARTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let starts = SHAPES.iter().map(|shape| shape.start);
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(starts);
        built.expect("a fixed list of short words always builds")
    });
    let found = STARTS.find_iter(text).find(|found| {
        let shape = &SHAPES[found.pattern().as_usize()];
        let after = &text[found.end()..];
        match shape.start {
            "-----BEGIN " => is_private_key(after),
            _ => starts_a_word(&text[..found.start()]) && is_key(shape, after),
        }
    })?;
    Some((line_of(text, found.start()), SHAPES[found.pattern().as_usize()].what))
}

fn line_of(text: &[u8], at: usize) -> usize {
    1 + text[..at].iter().filter(|b| **b == b'\n').count()
}

/// `task-…` holds `sk-`, a long base64 text holds anything.
fn starts_a_word(before: &[u8]) -> bool {
    !before.last().is_some_and(|b| b.is_ascii_alphanumeric() || b"-_+/".contains(b))
}

fn is_key(shape: &Shape, after: &[u8]) -> bool {
    let belongs = |b: &&u8| b.is_ascii_alphanumeric() || shape.also.contains(b);
    let run = after.iter().take_while(belongs).count();
    (shape.least..=shape.most).contains(&run) && looks_random(&after[..run])
}

/// Many different characters, digits among the letters, and no word that says "not this".
fn looks_random(run: &[u8]) -> bool {
    let different: HashSet<u8> = run.iter().copied().collect();
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = run.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let text = String::from_utf8_lossy(run).to_ascii_lowercase();
    let placeholder = ["example", "your", "xxxx", "1234567890", "abcdef", "placeholder", "dummy", "redacted"];
    different.len() >= 9 && digits >= 1 && letters >= 4 && !placeholder.iter().any(|word| text.contains(word))
}

/// After `-----BEGIN `: the words of a private key, and then really one. The line end may be written
/// as `\n`, as in a JSON file.
fn is_private_key(after: &[u8]) -> bool {
    let head = &after[..after.len().min(40)];
    let Some(end) = head.windows(5).position(|five| five == b"-----") else { return false };
    let words = String::from_utf8_lossy(&head[..end]);
    if !words.ends_with("PRIVATE KEY") && !words.ends_with("PRIVATE KEY BLOCK") {
        return false;
    }
    let body = &after[end + 5..];
    let gap =
        body.iter().take_while(|b| b.is_ascii_whitespace() || **b == b'\\' || **b == b'n' || **b == b'r');
    let body = &body[gap.count()..];
    let run = body.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
    run >= 40 && looks_random(&body[..run])
}

/// The line of a token for a package registry that is written out, not taken from the environment.
pub fn registry_token(text: &[u8]) -> Option<usize> {
    const NAMES: [&str; 5] = ["_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"];
    let text = String::from_utf8_lossy(text);
    let holds = |line: &str| {
        let Some((name, value)) = line.split_once(['=', ':'].as_slice()).map(|_| split_setting(line)) else {
            return false;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        NAMES.iter().any(|end| name.trim().ends_with(end)) && !value.is_empty() && !value.starts_with("${")
    };
    text.lines().position(holds).map(|line| line + 1)
}

/// `//host/:_authToken=value` in one file, `npmAuthToken: value` in the other.
fn split_setting(line: &str) -> (&str, &str) {
    line.split_once('=').or_else(|| line.split_once(": ")).unwrap_or((line, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together at run time, so that no scanner takes this file for a leak.
    fn key(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn keys_are_found_with_their_line() {
        let keys = [
            key(&["AKIA", "Z7Q2M4N8B6V5C3X1"]),
            key(&["sk-", "T3BlbkFJq9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0W"]),
            key(&["sk-ant-api03-", "q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0W_eR5tY6u"]),
            key(&["sk_live_", "51Hq9Zx8Wc7Vb6Nm5Lk4Jh3G"]),
            key(&["ghp_", "q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6"]),
            key(&["xoxb-", "2938475610-3847561029-q9Zx8Wc7Vb6Nm5Lk"]),
            key(&["AIza", "SyD9q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0We"]),
            key(&[
                "-----BEGIN RSA ",
                "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6u",
            ]),
            key(&["-----BEGIN ", "PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"]),
        ];
        for key in keys {
            let text = format!("a\nconst k = \"{key}\";\n");
            assert_eq!(find(text.as_bytes()).map(|(line, _)| line), Some(2), "{key}");
        }
    }

    #[test]
    fn placeholders_and_words_are_not_keys() {
        let plain = [
            "OPENAI_API_KEY=sk-...",
            "sk-your-key-here",
            "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-proj-your-openai-api-key-goes-here-123456",
            "AKIAIOSFODNN7EXAMPLE",
            "task-9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6u",
            "class=\"sk-fading-circle sk-circle-container-element\"",
            "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
            "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) parse(text)",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "const AIzaPrefix = 'AIza'",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        ];
        for text in plain {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
    }
}
