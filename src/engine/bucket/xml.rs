//! XML of answers: elements by their names. An S3 answer has no attributes that matter, no comments and no sections of
//! raw text.

use std::borrow::Cow;

/// Contents of all elements of a name, in order.
pub fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((inside, after)) = after.split_once(&close) else { break };
        found.push(inside);
        rest = after;
    }
    found
}

/// Text of the first element of a name.
pub fn text<'a>(xml: &'a str, name: &str) -> Option<Cow<'a, str>> {
    elements(xml, name).first().map(|text| unescape(text))
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let Some((name, after)) = after.split_once(';') else { break };
        plain.extend(character(name));
        rest = after;
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// Text with its characters of markup written as entities.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_their_text() {
        let xml = "<?xml version=\"1.0\"?><A xmlns=\"x\"><B>1</B><C><B>&lt;2&#34;&#x41;&amp;amp;</B></C></A>";
        assert_eq!(elements(xml, "B"), ["1", "&lt;2&#34;&#x41;&amp;amp;"]);
        assert_eq!(text(elements(xml, "C")[0], "B").unwrap(), "<2\"A&amp;");
        assert_eq!(text(xml, "D"), None);
        assert_eq!(elements("<B>1</B><B>cut", "B"), ["1"]);
        assert_eq!(text(&format!("<B>{}</B>", escape("a<\"&>")), "B").unwrap(), "a<\"&>");
    }
}
