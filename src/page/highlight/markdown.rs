//! Markdown: headings, code, quotes, marks of lists.

use super::{Scanner, Tint, Tints};

pub fn tints(text: &str) -> Tints {
    let mut found = Tints::new();
    let (mut start, mut fence) = (0, None);
    for line in text.split('\n') {
        let mut mark = |from: usize, to: usize, tint| found.push((start + from..start + to, tint));
        let inner = line.trim_start_matches(' ');
        let indent = line.len() - inner.len();
        let opens = ["```", "~~~"].into_iter().find(|mark| indent < 4 && inner.starts_with(mark));
        match (fence, opens) {
            (Some(open), close) => {
                mark(0, line.len(), Tint::Text);
                fence = if close == Some(open) { None } else { fence };
            }
            (None, Some(open)) => {
                mark(0, line.len(), Tint::Text);
                fence = Some(open);
            }
            (None, None) if is_heading(inner) => mark(0, line.len(), Tint::Name),
            (None, None) if inner.starts_with('>') => mark(0, line.len(), Tint::Comment),
            (None, None) => {
                let list = list_mark(inner);
                if list > 0 {
                    mark(indent, indent + list, Tint::Word);
                }
                code(line, indent + list, &mut mark);
            }
        }
        start += line.len() + 1;
    }
    found.retain(|(range, _)| !range.is_empty());
    found
}

fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(' '))
}

/// Length of `-`, `*`, `+` or `12.` at the start of an item; 0 if it is none.
fn list_mark(line: &str) -> usize {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let length = match line.as_bytes().get(digits) {
        Some(b'-' | b'*' | b'+') if digits == 0 => 1,
        Some(b'.' | b')') if (1..=9).contains(&digits) => digits + 1,
        _ => return 0,
    };
    if line.as_bytes().get(length) == Some(&b' ') { length } else { 0 }
}

/// Code between backticks of one line.
fn code(line: &str, from: usize, mark: &mut impl FnMut(usize, usize, Tint)) {
    let mut scanner = Scanner::new(line);
    scanner.at = from;
    let last = line.rfind('`').unwrap_or_default();
    loop {
        scanner.skip_while(|byte| byte != b'`');
        let start = scanner.at;
        if start >= last {
            return;
        }
        scanner.at += 1;
        scanner.skip_past("`");
        mark(start, scanner.at, Tint::Text);
    }
}
