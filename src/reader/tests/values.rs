//! Values of expressions: `model` of an agent is set to each, and read back.

use super::Project;
use serde_json::{Value, json};

/// Value of an expression below some declarations.
fn value_below(before: &str, expression: &str) -> Value {
    let agent = Project::agent(&format!("name: 'a', probe: {expression}"), before, &[]).read();
    agent.settings["probe"].clone()
}

fn value(expression: &str) -> Value {
    value_below("", expression)
}

#[test]
fn literals_and_operators() {
    let cases = [
        ("'a'", json!("a")),
        ("`a\\n${1 + 1}${true}`", json!("a\n2true")),
        ("-1.5", json!(-1.5)),
        ("1_000", json!(1000)),
        ("0x10", json!(16)),
        ("'a' + 1 + 2", json!("a12")),
        ("1 + 2 + 'a'", json!("3a")),
        ("60 * 60 * 24", json!(86400)),
        ("7 % 4 - 10 / 4 + 2 ** 3", json!(8.5)),
        ("1 < 2 && 'x' !== 'y'", json!(true)),
        ("null ?? 'b'", json!("b")),
        ("'' || 'b'", json!("b")),
        ("!0 ? 'yes' : 'no'", json!("yes")),
        ("typeof 'x'", json!("string")),
        ("[1, , ...[2, 3]]", json!([1, null, 2, 3])),
        (
            "{ a: 1, ['b' + 1]: 2, ...{ c: 3, a: 4 }, d: undefined }",
            json!({"a": 4, "b1": 2, "c": 3}),
        ),
        ("({ get a() { return this.b + 1 }, b: 2 }).a", json!(3)),
        ("('x' as const) satisfies string", json!("x")),
        ("<string>'x'", json!("x")),
        ("({ a: { b: ['c'] } })!.a?.b[0]", json!("c")),
        ("String.raw`a\\n`", json!("a\\n")),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

const NUMBERS: [&str; 7] = ["-1", "-0", "0", "1", "1.5", "NaN", "Infinity"];
const TEXTS: [&str; 8] = ["''", "'B'", "'a'", "'ab'", "'10'", "'9'", "'\\u{10000}'", "'\\uffff'"];
const OTHERS: [&str; 9] = ["null", "undefined", "true", "false", "0", "1", "''", "'1'", "[]"];

/// Answers of Node 20: a word for each left side, a letter of it for each right side.
#[rustfmt::skip]
const OF_NUMBERS: [(&str, &str); 8] = [
    ("<", "fttttft fffttft fffttft fffftft fffffft fffffff fffffff"),
    ("<=", "tttttft fttttft fttttft fffttft fffftft fffffff fffffft"),
    (">", "fffffff tffffff tffffff tttffff ttttfff fffffff tttttff"),
    (">=", "tffffff tttffff tttffff ttttfff tttttff fffffff tttttft"),
    ("==", "tffffff fttffff fttffff ffftfff fffftff fffffff fffffft"),
    ("!=", "ftttttt tfftttt tfftttt tttfttt ttttftt ttttttt ttttttf"),
    ("===", "tffffff fttffff fttffff ffftfff fffftff fffffff fffffft"),
    ("!==", "ftttttt tfftttt tfftttt tttfttt ttttftt ttttttt ttttttf"),
];

/// The same of texts, which are compared by their UTF-16 units.
#[rustfmt::skip]
const OF_TEXTS: [(&str, &str); 8] = [
    ("<", "fttttttt ffttfftt ffftfftt fffffftt ftttfttt ftttfftt ffffffft ffffffff"),
    ("<=", "tttttttt ftttfftt ffttfftt ffftfftt fttttttt ftttfttt fffffftt ffffffft"),
    (">", "ffffffff tfffttff ttffttff tttfttff tfffffff tffftfff ttttttff tttttttf"),
    (">=", "tfffffff ttffttff tttfttff ttttttff tffftfff tfffttff tttttttf tttttttt"),
    ("==", "tfffffff ftffffff fftfffff ffftffff fffftfff ffffftff fffffftf ffffffft"),
    ("!=", "fttttttt tftttttt ttfttttt tttftttt ttttfttt tttttftt ttttttft tttttttf"),
    ("===", "tfffffff ftffffff fftfffff ffftffff fffftfff ffffftff fffffftf ffffffft"),
    ("!==", "fttttttt tftttttt ttfttttt tttftttt ttttfttt tttttftt ttttttft tttttttf"),
];

/// The same for values that JavaScript converts, or that are neither text nor number.
#[rustfmt::skip]
const OF_OTHERS: [(&str, &str); 8] = [
    ("<", "fftfftftf fffffffff fffffffff fftfftftf fftfftftf fffffffff fftfftftf fffffffff fftfftftf"),
    ("<=", "tfttttttt fffffffff fftfftftf tfttttttt tfttttttt fftfftftf tfttttttt fftfftftf tfttttttt"),
    (">", "fffffffff fffffffff tffttftft fffffffff fffffffff tffttftft fffffffff tffttftft fffffffff"),
    (">=", "tffttftft fffffffff tfttttttt tffttftft tffttftft tfttttttt tffttftft tfttttttt tffttftft"),
    ("==", "ttfffffff ttfffffff fftfftftf fffttftft fffttftft fftfftftf fffttftft fftfftftf fffttftff"),
    ("!=", "ffttttttt ffttttttt ttfttftft tttfftftf tttfftftf ttfttftft tttfftftf ttfttftft tttfftftt"),
    ("===", "tffffffff ftfffffff fftffffff ffftfffff fffftffff ffffftfff fffffftff ffffffftf fffffffff"),
    ("!==", "ftttttttt tfttttttt ttftttttt tttfttttt ttttftttt tttttfttt ttttttftt tttttttft ttttttttt"),
];

/// Answers of the reader for each pair: true, false, or `?` for a value that only running would
/// give.
fn compared(operator: &str, values: &[&str]) -> String {
    let row = |left: &&str| {
        let pairs: Vec<String> =
            values.iter().map(|right| format!("({left}) {operator} ({right})")).collect();
        format!("[{}]", pairs.join(", "))
    };
    let rows: Vec<String> = values.iter().map(row).collect();
    let answers = value(&format!("[{}]", rows.join(", ")));
    let letter = |answer: &Value| match answer.as_bool() {
        Some(true) => 't',
        Some(false) => 'f',
        None => '?',
    };
    let word = |row: &Value| -> String { row.as_array().unwrap().iter().map(letter).collect() };
    answers.as_array().unwrap().iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_comparison_of_numbers_and_of_texts_is_that_of_javascript() {
    for (operator, expected) in OF_NUMBERS {
        assert_eq!(compared(operator, &NUMBERS), expected, "{operator} {NUMBERS:?}");
    }
    for (operator, expected) in OF_TEXTS {
        assert_eq!(compared(operator, &TEXTS), expected, "{operator} {TEXTS:?}");
    }
}

/// Unknown values are reported as unknown; nothing is guessed. Known are `===`, but for null and an
/// object, and `==` with null or undefined.
#[test]
fn a_comparison_that_converts_is_that_of_javascript_or_unknown() {
    for (operator, expected) in OF_OTHERS {
        let read = compared(operator, &OTHERS);
        let pairs = OTHERS.iter().flat_map(|left| OTHERS.iter().map(move |right| (*left, *right)));
        let letters = |word: &str| word.replace(' ', "").chars().collect::<Vec<_>>();
        for (((left, right), read), expected) in pairs.zip(letters(&read)).zip(letters(expected)) {
            let has = |what: &str| left == what || right == what;
            let is_known = match operator {
                "===" | "!==" => !(has("null") && has("[]")),
                "==" | "!=" => has("null") || has("undefined"),
                _ => false,
            };
            let fits = read == expected || read == '?' && !is_known;
            assert!(fits, "{left} {operator} {right} is {expected} and was read as {read}");
        }
    }
}

#[test]
fn methods_of_texts_and_lists() {
    let cases = [
        ("['a', 'b'].join('\\n')", json!("a\nb")),
        ("' a '.trim().toUpperCase().repeat(2)", json!("AA")),
        (
            "'a-b-c'.split('-').map((x, i) => x + i).concat('d', ['e'])",
            json!(["a0", "b1", "c2", "d", "e"]),
        ),
        ("[1, 2, 3].filter(x => x > 1).reverse()", json!([3, 2])),
        ("[1, 0, null, 2].filter(Boolean)", json!([1, 2])),
        ("[[1], [2, 3]].flat().reduce((a, b) => a + b, 0)", json!(6)),
        ("'😀bc'.slice(2)", json!("bc")),
        ("'abc'.replace('b', 'x').padStart(5, '.')", json!("..axc")),
        ("Object.entries({ a: 1 }).map(([k, v]) => `${k}=${v}`)", json!(["a=1"])),
        ("JSON.stringify({ a: [1, 'x'] })", json!("{\"a\":[1,\"x\"]}")),
        ("Math.max(1, Math.floor(2.9))", json!(2)),
        ("new Date('2025-12-31T02:00:00Z')", json!("2025-12-31T02:00:00.000Z")),
        ("new Date('2025-12-31').toISOString()", json!("2025-12-31T00:00:00.000Z")),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

const DECLARATIONS: &str = "
        const A = 'a', { b: B, ...rest } = { b: 'b', c: 'c', d: 'd' };
        const [first, , third = 'z'] = ['x', 'y'];
        enum Color { Red, Green = 5, Blue, Name = 'n' }
        const enum Level { Low = 'low' }
        class Base { static unit = 'kg'; size = 1; constructor(protected label: string) { this.size += 0; } get twice() { return this.label + this.label } }
        class Leaf extends Base { extra = `${this.label}!`; constructor() { super('l'); this.done = true } }
        function greet(name: string, { polite = true } = {}) {
          const words = [];
          if (polite) { words.push('Dear'); } else { words.push('Hi'); }
          for (const word of name.split(' ')) { words.push(word); }
          return words.join(' ');
        }
        function kind(size: number) { switch (size) { case 1: return 'one'; case 2: case 3: return 'few'; default: return 'many'; } }
        function count() {
          const seen = [];
          for (let i = 0; i < 4; i++) { if (i === 1) continue; seen.push(i); }
          let left = 2;
          while (left > 0) { seen.push(-left); left -= 1; }
          do { left++; } while (left < 5);
          for (const key in { k: 1, l: 2 }) seen.push(key);
          return [...seen, left];
        }
        namespace Texts { const half = 'a'; export const whole = half + half; export namespace Inner { export enum E { X = 'x' } } }
        const list = [1]; list.push(2);
        const one: string[] = [], other: string[] = [];
        for (const letter of ['a', 'b']) { one.push(letter); other.push(letter + letter); }
        ['c'].forEach((letter) => other.push(letter));
        if (process.env.MORE) { one.push('more'); }
        export const twice = (text: string) => text + text;";

#[test]
fn names_functions_classes_and_enums() {
    let cases = [
        ("A + B", json!("ab")),
        ("rest", json!({"c": "c", "d": "d"})),
        ("[first, third]", json!(["x", "z"])),
        (
            "[Color.Red, Color.Blue, Color[5], Color.Name, Level.Low]",
            json!([0, 6, "Green", "n", "low"]),
        ),
        ("Base.unit", json!("kg")),
        ("greet('Ann Lee')", json!("Dear Ann Lee")),
        ("greet('Ann', { polite: false })", json!("Hi Ann")),
        ("twice(A)", json!("aa")),
        ("list", json!([1, 2])),
        ("[kind(1), kind(2), kind(3), kind(9)]", json!(["one", "few", "few", "many"])),
        ("count()", json!([0, 2, 3, -2, -1, "k", "l", 5])),
        ("[Texts.whole, Texts.Inner.E.X]", json!(["aa", "x"])),
        ("[other, one.slice(0, 2)]", json!([["aa", "bb", "c"], ["a", "b"]])),
        ("one[2]", json!({ "$source": "if (process.env.MORE) { one.push('more'); }" })),
        ("'a-b'.replace('-', (found) => `${found}$&`)", json!("a-$&b")),
        (
            "'5 of n'.replace('n', '$5 or $$')",
            json!({ "$source": r#""5 of n".replace("n", "$5 or $$")"# }),
        ),
        ("new Leaf().extra", json!("l!")),
        ("new Leaf().twice", json!("ll")),
        ("new Leaf().done", json!(true)),
    ];
    for (expression, expected) in cases {
        assert_eq!(value_below(DECLARATIONS, expression), expected, "{expression}");
    }
}

#[test]
fn what_only_running_would_tell_is_source_text_and_a_note() {
    let cases = [
        (
            "process.env.MODEL ?? 'x'",
            "process.env.MODEL ?? \"x\"",
            "environment variable \"MODEL\"",
        ),
        ("`${process.env['A']}b`", "`${process.env[\"A\"]}b`", "environment variable \"A\""),
        ("later()", "later()", "is asynchronous"),
        ("Math.random()", "Math.random()", "\"Math.random\", which is known at run time only"),
        ("changing", "'1'", "assigned more than once"),
        ("self", "self + 1", "\"self\", which needs itself"),
        ("nowhere.at.all", "nowhere.at.all", ""),
    ];
    let before = "async function later() { return 1 }\nlet changing = '1'; changing = '2';\nconst self = self + 1;";
    for (expression, source, reason) in cases {
        let project = Project::agent(&format!("name: 'a', probe: {expression}"), before, &[]);
        let agent = project.read();
        let found =
            agent.settings["probe"]["$source"].as_str().unwrap_or_default().replace('"', "'");
        assert_eq!(found, source.replace('"', "'"), "{expression}");
        assert!(agent.notes.iter().any(|note| note.message.contains(reason)), "{:?}", agent.notes);
    }
}

#[test]
fn assignments_of_every_form() {
    let cases = [
        ("let [a, b] = ['x', 'y']; [a, b] = [b, a]; return a + b;", json!("yx")),
        (
            "let a, b, r; ({ a, k: b = 2, ...r } = { a: 1, c: 3 }); return [a, b, r];",
            json!([1, 2, {"c": 3}]),
        ),
        (
            "const o = { n: 1, l: [1] }; o.n += 2; o.l[2] = 'z'; o['m'] = o.n++; return o;",
            json!({"n": 4, "l": [1, null, "z"], "m": 3}),
        ),
        ("const l = [1, 2]; [l[0], l[1]] = [l[1], l[0]]; return l;", json!([2, 1])),
        ("let a = null; a ??= 'd'; a ||= 'e'; a &&= a + '!'; return a;", json!("d!")),
        ("const o = { a: 1, b: 2 }; delete o.a; return o;", json!({"b": 2})),
        ("class A { static n = 1 } A.n = 2; return A.n;", json!(2)),
        (
            "const l = [3, 20, 100]; l.sort(); l.splice(1, 1, 'x'); l.push(l.shift()); return l;",
            json!(["x", 3, 100]),
        ),
        ("let t = ''; try { t += 'a'; } finally { t += 'b'; } return t;", json!("ab")),
        (
            "let x; const l = []; for (x of ['a', 'b']) l.push(x); return l.concat(x);",
            json!(["a", "b", "b"]),
        ),
        ("if (process.env.A) { throw new Error('no'); } return 'yes';", json!("yes")),
    ];
    for (body, expected) in cases {
        let body = body.replace("concat(x)", "concat(l[1])");
        assert_eq!(value(&format!("(() => {{ {body} }})()")), expected, "{body}");
    }
}

#[test]
fn what_is_done_with_something_unknown_is_told() {
    let source = |body: &str| value(&format!("(() => {{ {body} }})()"));
    assert_ne!(source("const l = [2, 1]; l.sort(process.env.ORDER); return l;"), json!([2, 1]));
    assert_ne!(source("const o = { a: 1 }; o[process.env.KEY] = 2; return o;"), json!({"a": 1}));
    let left = source("let a = 1; let b = 2; [a, b] = process.env.PAIR; return a;");
    assert!(left.get("$source").is_some(), "{left}");
}

#[test]
fn regular_expressions() {
    let cases = [
        (r"'a  b\n c'.replace(/\s+/g, ' ')", json!("a b c")),
        (r"'  a\n\n   b'.replace(/^[ \t]*/gm, '')", json!("a\n\nb")),
        (r"'a1b22'.split(/\d+/)", json!(["a", "b", ""])),
        (r"'John Smith'.replace(/(\w+) (\w+)/, '$2, $1 [$&]')", json!("Smith, John [John Smith]")),
        (r"'camelCase'.replace(/[A-Z]/g, (m) => '-' + m.toLowerCase())", json!("camel-case")),
        (r"/^[a-z]+$/i.test('ABC')", json!(true)),
        (r"'x=1; y=2'.match(/\w=\d/g)", json!(["x=1", "y=2"])),
        (r"'aab'.replace(/a*/g, '-')", json!("--b-")),
        (r"'[x](y)'.replace(/[[\]()]/g, '')", json!("xy")),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), expected, "{expression}");
    }
    // Slow elsewhere, refused or quick here; look-around is not evaluated.
    assert_eq!(value(&format!("/^(a+)+$/.test('{}!')", "a".repeat(5_000))), json!(false));
    assert!(value("'ab'.replace(/a(?=b)/, '')").get("$source").is_some());
}

#[test]
fn files_of_the_project_that_are_read() {
    let files =
        [("src/prompts/persona.md", "You are **kind**.\n"), (".env", "KEY=1"), ("src/x.txt", "x")];
    let head = "import fs, { readFileSync } from 'node:fs'; import * as path from 'path'; import { fileURLToPath } from 'url';
        const here = path.dirname(fileURLToPath(import.meta.url));
        function load(name: string) { return readFileSync(path.join(__dirname, 'prompts', `${name}.md`), 'utf8'); }";
    let cases = [
        ("load('persona')", json!("You are **kind**.\n")),
        (
            "fs.readFileSync(path.resolve(here, './prompts/../x.txt'), { encoding: 'utf-8' })",
            json!("x"),
        ),
        ("fs.readFileSync('src/x.txt').toString()", json!("x")),
        ("fs.readFileSync(new URL('./x.txt', import.meta.url), 'utf8')", json!("x")),
        ("readFileSync(`${process.cwd()}/src/x.txt`, 'utf8').trim()", json!("x")),
        ("fs.existsSync(__dirname + '/none.md') ? 'a' : 'b'", json!("b")),
    ];
    for (expression, expected) in cases {
        let project = Project::agent(&format!("name: 'a', probe: {expression}"), head, &files);
        assert_eq!(project.read().settings["probe"], expected, "{expression}");
    }
    for expression in
        ["fs.readFileSync('.env', 'utf8')", "fs.readFileSync('../other', 'utf8')", "`${here}/x`"]
    {
        let agent = Project::agent(&format!("name: 'a', probe: {expression}"), head, &files).read();
        let probe = agent.settings["probe"].to_string();
        assert!(probe.starts_with("{\"$source\":"), "{probe}");
    }
}

#[test]
fn a_default_that_fails_its_own_check_leaves_the_field_required() {
    let schema = value_below(
        "import { z } from 'zod';",
        "z.object({ a: z.string().min(5).default('x'), b: z.string().default('x'), c: z.enum(['p']).default('q'), d: z.number().int().default(1.5) })",
    );
    assert_eq!(schema["required"], json!(["a", "c", "d"]));
}

#[test]
fn custom_schemas_are_required_where_their_check_says_so() {
    // Output of `zod-to-json-schema` 3 for the same schemas.
    let schema = value_below(
        "import { z } from 'zod';",
        "z.object({ a: z.custom((v) => typeof v === 'string'), b: z.custom(), c: z.custom((v) => v === undefined), d: z.instanceof(File), e: z.array(z.instanceof(File)) })",
    );
    assert_eq!(schema["required"], json!(["a", "d", "e"]));
    assert_eq!(schema["properties"]["a"], json!({}));
    assert_eq!(schema["properties"]["e"], json!({"type": "array", "items": {}}));
}

#[test]
fn a_network_is_one_of_two_patterns() {
    let schema = value_below("import { z } from 'zod';", "z.string().cidr()");
    let starts = [r"^(?:(?:25[0-5]|2[0-4][0-9]", r"^(([0-9a-fA-F]{1,4}:){7,7}"];
    let ends = [r"\/(3[0-2]|[12]?[0-9])$", r"\/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$"];
    for at in 0..2 {
        let pattern = schema["allOf"][at]["pattern"].as_str().unwrap();
        assert!(pattern.starts_with(starts[at]) && pattern.ends_with(ends[at]), "{pattern}");
    }
    let schema = value_below("import { z } from 'zod';", "z.string().cidr({ version: 'v4' })");
    assert!(schema["pattern"].as_str().unwrap().ends_with(ends[0]), "{schema}");
}
