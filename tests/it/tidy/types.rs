//! Types: every answer and every failure is one.

use super::{Source, check, code, room, source, sources};

/// Rooms whose JSON is an answer, and so a type with named fields. In `reader` and `compare` it is data.
const ANSWERING: [&str; 6] = ["cli", "report", "server", "flow", "merge", "history"];

#[test]
fn answers_are_types_and_no_json_by_hand() {
    check(sources("src"), json_by_hand);
}

#[test]
fn no_failure_is_a_text() {
    check(sources("src"), text_as_failure);
}

fn json_by_hand(source: &Source) -> Vec<String> {
    if !room(&source.path).is_some_and(|room| ANSWERING.contains(&room)) {
        return Vec::new();
    }
    let by_hand = code(source).filter(|(_, line)| line.contains("json!"));
    by_hand
        .map(|(number, line)| {
            format!("{}:{number}: an answer is a serde type: {}", source.path, line.trim())
        })
        .collect()
}

/// A `Result` that fails with a `String`, also in a type alias: nobody can tell one failure from another.
fn text_as_failure(source: &Source) -> Vec<String> {
    let code: String = code(source).map(|(_, line)| format!("{line}\n")).collect();
    let fails = code.match_indices("Result<").filter(|(at, name)| {
        let arguments = arguments(&code[at + name.len()..]);
        arguments.len() == 2 && arguments[1] == "String"
    });
    fails.map(|_| format!("{}: a failure is a type, no text", source.path)).collect()
}

/// The arguments of a generic type, up to its end.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut arguments) = (0, vec![String::new()]);
    for letter in text.chars() {
        match letter {
            '>' if depth == 0 => break,
            ',' if depth == 0 => arguments.push(String::new()),
            letter => {
                depth += i32::from("<([".contains(letter)) - i32::from(">)]".contains(letter));
                arguments.last_mut().expect("there is one").push(letter);
            }
        }
    }
    let arguments = arguments.iter().map(|one| one.trim().to_owned());
    arguments.filter(|one| !one.is_empty()).collect()
}

#[test]
fn json_that_is_no_type() {
    let wrong = |path: &str, text: &str| json_by_hand(&source(path, text)).len();
    assert_eq!(wrong("src/cli/push.rs", "    out.json(&json!({}))"), 1);
    assert_eq!(wrong("src/server/a.rs", "serde_json::json!(1)"), 1);
    assert_eq!(wrong("src/reader/zod.rs", "json!({\"type\": \"null\"})"), 0, "data");
    assert_eq!(wrong("src/report/a.rs", "#[cfg(test)]\nmod tests {\njson!(1)"), 0);
    assert_eq!(wrong("src/history/tests.rs", "json!(1)"), 0);
}

#[test]
fn a_failure_that_is_a_text() {
    let wrong = |text: &str| text_as_failure(&source("src/a.rs", text)).len();
    assert_eq!(wrong("pub type Reading = Result<Agent, String>;"), 1);
    assert_eq!(wrong("fn a() -> Result<\n    Vec<(u8, u8)>,\n    String,\n> {"), 1);
    assert_eq!(wrong("-> std::result::Result<Map<String, String>, String>"), 1);
    assert_eq!(wrong("fn a() -> Result<HashMap<String, String>> {"), 0);
    assert_eq!(wrong("fn a() -> Result<Option<String>, Error> {"), 0);
    assert_eq!(wrong("#[cfg(test)]\nmod tests {\nfn a() -> Result<u8, String>"), 0);
}
