//! Patterns of secrets with a form of their own: neither a fixed prefix with a run of characters,
//! nor a name with a value. Each is a function, and has a sample in `tests/it/secrets/samples.rs`.

use super::find::starts_here;
use super::pattern::CharSet::{Alnum, Base64, Dotted, Hex, Word};
use super::pattern::{
    CharRun, PatternForm, Secret, SecretFinder, SecretPattern, is_random, just, run,
};
use super::urls::{url, web_url};
use std::ops::Range;

const fn own(
    name: &'static str,
    what: &'static str,
    anchors: &'static [&'static str],
    find: SecretFinder,
) -> SecretPattern {
    SecretPattern { name, what, anchors, form: PatternForm::Custom(find) }
}

pub const PATTERNS: &[SecretPattern] = &[
    own("private-key", "a private key", &["-----BEGIN "], private_key),
    own(
        "database-url",
        "a URL with a password",
        &[
            "postgres://",
            "postgresql://",
            "+psycopg2://",
            "mysql://",
            "mysql2://",
            "mariadb://",
            "mongodb://",
            "mongodb+srv://",
            "redis://",
            "rediss://",
            "amqp://",
            "amqps://",
            "mssql://",
            "sqlserver://",
            "clickhouse://",
            "cockroachdb://",
            "libsql://",
            "nats://",
            "smtp://",
            "smtps://",
            "ftp://",
            "cloudinary://",
        ],
        url,
    ),
    own("web-url", "a URL with a password", &["https://", "http://"], web_url),
    own("supabase-service-role", "a Supabase service role key", &["eyJ"], service_role),
    own("telegram", "a Telegram bot token", &[":AA"], telegram),
    own("azure-client-secret", "an Azure client secret", &["Q~"], azure_client_secret),
    own("azure-ai", "an Azure API key", &["JQQJ99"], azure_ai),
    own(
        "azure-signature",
        "an Azure shared access signature",
        &["&sig=", "?sig="],
        azure_signature,
    ),
    own("mailchimp", "a Mailchimp key", &["-us"], mailchimp),
    own("airtable-token", "an Airtable token", &["pat"], airtable),
    own("harness", "a Harness token", &["pat.", "sat."], harness),
    own("terraform", "a Terraform token", &[".atlasv1."], terraform),
    own("maxmind", "a MaxMind key", &["_mmk"], maxmind),
    own("newrelic-ingest", "a New Relic key", &["NRAL"], newrelic),
    own("twitter-bearer", "a Twitter token", &["AAAAAAAAAAAAAAAAAAAAAA"], twitter_bearer),
    own("firebase-messaging", "a Firebase server key", &[":APA91b"], firebase),
    own("facebook-token", "a Facebook token", &["facebook", "graph.fb", "fb_"], facebook),
    own("authress", "an Authress key", &[".acc_", ".acc-"], authress),
];

pub fn secret(range: Range<usize>, shown: usize) -> Option<Secret> {
    Some(Secret { range, shown })
}

/// The characters of a sort right before a place.
fn before(text: &[u8], at: usize, belongs: fn(u8) -> bool, most: usize) -> usize {
    text[..at].iter().rev().take(most).take_while(|byte| belongs(**byte)).count()
}

fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
}

/// The words of a private key, and then really one. Line ends may be written as `\n`, as in a JSON file, and
/// lines of a header may come before it.
fn private_key(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let after = &text[anchor.end..];
    let end = after
        .iter()
        .take(100)
        .collect::<Vec<_>>()
        .windows(5)
        .position(|five| five == [&b'-'; 5])?;
    let words = String::from_utf8_lossy(&after[..end]);
    if !words.ends_with("PRIVATE KEY") && !words.ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let mut at = anchor.end + end + 5;
    for _ in 0..8 {
        at += gap(&text[at..]);
        let line = text[at..].iter().take(200).take_while(|byte| !b"\r\n\\".contains(byte)).count();
        let is_header = text[at..at + line].windows(2).any(|two| two == b": ");
        if !is_header {
            break;
        }
        at += line;
    }
    let body = at;
    let mut length = 0;
    while let line @ 1.. =
        text[at..].iter().take_while(|byte| is_alnum(**byte) || b"+/=".contains(byte)).count()
    {
        length += line;
        at += line;
        at += gap(&text[at..]);
    }
    // The shortest key has 64 characters; an excerpt in a document neither more nor an end.
    let is_whole = length >= 100 || length >= 60 && text[at..].starts_with(b"-----END ");
    let first = &text[body..text.len().min(body + 60)];
    if is_whole && is_random(first) { secret(anchor.start..at, anchor.len()) } else { None }
}

/// Line ends, written or real, and the characters that join lines in code: `" +`.
fn gap(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if text.get(at + 1).is_some_and(|next| b"nrt".contains(next)) => at += 2,
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'+' | b'\\' | b',' => at += 1,
            _ => break,
        }
    }
    at
}

/// A JSON Web Token that says it may do everything in a Supabase project.
fn service_role(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let length = text[anchor.start..]
        .iter()
        .take(4000)
        .take_while(|byte| is_word(**byte) || **byte == b'.')
        .count();
    let token = &text[anchor.start..anchor.start + length];
    let [_, payload, signature] = token.split(|byte| *byte == b'.').collect::<Vec<_>>()[..] else {
        return None;
    };
    let claims = String::from_utf8(base64(payload)).ok()?;
    let is_it = claims.contains("\"role\":\"service_role\"")
        && claims.contains("supabase")
        && signature.len() >= 40;
    if is_it && starts_here(text, anchor.start) {
        secret(anchor.start..anchor.start + length, 3)
    } else {
        None
    }
}

/// Bytes of a text in the alphabet of URLs; any other text gives some bytes too.
fn base64(text: &[u8]) -> Vec<u8> {
    let digits = text.iter().filter_map(|byte| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        })
    });
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for digit in digits {
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}

/// `123456789:AA…`
fn telegram(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let digits = before(text, anchor.start, |byte| byte.is_ascii_digit(), 17);
    let start = anchor.start - digits;
    let length = just(Word, 33).length(text.get(anchor.end..)?)?;
    let exact = text[anchor.clone()] == *b":AA" && (8..=10).contains(&digits);
    // `/bot123456789:AA…` in an address of theirs.
    let is_start = starts_here(text, start) || text[..start].ends_with(b"bot");
    if exact && is_start { secret(start..anchor.end + length, 0) } else { None }
}

/// `abc8Q~…`
fn azure_client_secret(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let start = anchor.start.checked_sub(4)?;
    let fits = |byte: &u8| is_word(*byte) || b"~.".contains(byte);
    let head =
        text[start..anchor.start].iter().all(fits) && text[anchor.start - 1].is_ascii_digit();
    let length = text[anchor.end..].iter().take(40).take_while(|byte| fits(byte)).count();
    let range = start..anchor.end + length;
    let fits = head && text[anchor.clone()] == *b"Q~" && (31..=34).contains(&length);
    if fits && starts_here(text, start) && is_random(&text[range.clone()]) {
        secret(range, 0)
    } else {
        None
    }
}

/// 84 letters and digits with a mark in the middle.
fn azure_ai(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let start = anchor.start - before(text, anchor.start, is_alnum, 90);
    let length = just(Alnum, 84).length(&text[start..])?;
    if text[anchor] == *b"JQQJ99" { secret(start..start + length, 0) } else { None }
}

fn azure_signature(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let fits = |byte: &&u8| is_word(**byte) || b"%+/=".contains(byte);
    let length = text[anchor.end..].iter().take(100).take_while(fits).count();
    let range = anchor.end..anchor.end + length;
    // With the time at which it ends it is one of theirs.
    let line = &text[anchor.start.saturating_sub(300)..text.len().min(range.end + 200)];
    let has = |part: &[u8]| line.windows(part.len()).any(|found| found == part);
    let is_it = (43..=64).contains(&length)
        && has(b"se=")
        && has(b"sv=")
        && is_random(&text[range.clone()]);
    if is_it { secret(range, 0) } else { None }
}

/// `0123…-us12`
fn mailchimp(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let digits = just_digits(&text[anchor.end..]);
    let start = anchor.start.checked_sub(32)?;
    let length = just(Hex, 32).length(&text[start..anchor.start])?;
    let is_it =
        (1..=2).contains(&digits) && text[anchor.clone()] == *b"-us" && starts_here(text, start);
    if is_it { secret(start..start + length + anchor.len() + digits, 0) } else { None }
}

fn just_digits(text: &[u8]) -> usize {
    text.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Runs behind an anchor, with a character before each but the first.
fn runs(text: &[u8], anchor: &Range<usize>, separator: u8, runs: &[CharRun]) -> Option<Secret> {
    let mut at = anchor.end;
    for (number, run) in runs.iter().enumerate() {
        if number > 0 {
            (text.get(at) == Some(&separator)).then_some(())?;
            at += 1;
        }
        at += run.length(text.get(at..)?)?;
    }
    if starts_here(text, anchor.start) { secret(anchor.start..at, anchor.len()) } else { None }
}

fn airtable(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let exact = text[anchor.clone()] == *b"pat";
    let found = runs(text, &anchor, b'.', &[just(Alnum, 14).that(|_| true), just(Hex, 64)])?;
    exact.then_some(found)
}

fn harness(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    runs(
        text,
        &anchor,
        b'.',
        &[just(Word, 22).that(|_| true), just(Alnum, 24), just(Alnum, 20).that(|_| true)],
    )
}

fn terraform(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let start = anchor.start - before(text, anchor.start, is_alnum, 20);
    let length = run(Dotted, 60, 70).length(&text[anchor.end..])?;
    if anchor.start - start == 14 { secret(start..anchor.end + length, 0) } else { None }
}

fn maxmind(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let start = anchor.start.checked_sub(36)?;
    let key = &text[start..anchor.start];
    let ends = !text.get(anchor.end).is_some_and(u8::is_ascii_alphanumeric);
    let is_it = key[6] == b'_' && key.iter().all(|byte| is_word(*byte)) && ends && is_random(key);
    if is_it && starts_here(text, start) { secret(start..anchor.end, 0) } else { None }
}

fn newrelic(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let start = anchor.start.checked_sub(36)?;
    let key = &text[start..anchor.start];
    let is_it =
        key.iter().all(u8::is_ascii_hexdigit) && text[anchor.clone()] == *b"NRAL" && is_random(key);
    if is_it && starts_here(text, start) { secret(start..anchor.end, 0) } else { None }
}

fn twitter_bearer(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let fits = |byte: &&u8| is_alnum(**byte) || **byte == b'%';
    let length = text[anchor.end..].iter().take(110).take_while(fits).count();
    let rest = &text[anchor.end..anchor.end + length];
    let percent = rest.contains(&b'%');
    let is_it = (75..=105).contains(&length) && percent && starts_here(text, anchor.start);
    if is_it { secret(anchor.start..anchor.end + length, 0) } else { None }
}

/// `AAAA1234567:APA91b…`
fn firebase(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let start = anchor.start.checked_sub(11)?;
    let length = run(Word, 130, 140).length(&text[anchor.end..])?;
    let is_it = text[start..].starts_with(b"AAAA") && text[anchor.clone()] == *b":APA91b";
    if is_it && starts_here(text, start) { secret(start..anchor.end + length, 4) } else { None }
}

/// `123456789012345|abc…` under a name of theirs.
fn facebook(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let near = &text[anchor.end..text.len().min(anchor.end + 80)];
    let bar = near.iter().position(|byte| *byte == b'|')?;
    let digits = before(near, bar, |byte| byte.is_ascii_digit(), 20);
    let length = run(Word, 27, 40).length(&text[anchor.end + bar + 1..])?;
    let start = anchor.end + bar - digits;
    if (15..=16).contains(&digits) { secret(start..anchor.end + bar + 1 + length, 0) } else { None }
}

/// `sc_NAME.ABCD.acc_ACCOUNT.KEY`
fn authress(text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let head = before(text, anchor.start, |byte| is_word(byte) || byte == b'.', 60);
    let start = anchor.start - head;
    let begins = ["sc_", "ext_", "scauth_", "authress_"];
    let known = begins.iter().find(|begin| text[start..].starts_with(begin.as_bytes()))?;
    let account = text[anchor.end..].iter().take(40).take_while(|byte| is_word(**byte)).count();
    let dot = anchor.end + account;
    (text.get(dot) == Some(&b'.')).then_some(())?;
    let length = run(Base64, 30, 120).length(&text[dot + 1..])?;
    secret(start..dot + 1 + length, known.len())
}
