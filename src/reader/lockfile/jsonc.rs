//! JSON with comments and commas after the last item, made plain JSON.

/// The same text without comments and without such commas. Line breaks stay, for messages.
pub fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    // Where a comma stands that nothing but white space follows so far.
    let mut comma = None;
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('"', _) => {
                plain.push(c);
                while let Some(inside) = rest.next() {
                    plain.push(inside);
                    match inside {
                        '"' => break,
                        '\\' => plain.extend(rest.next()),
                        _ => {}
                    }
                }
                comma = None;
            }
            ('/', Some('/')) => while rest.next_if(|&c| c != '\n').is_some() {},
            ('/', Some('*')) => {
                rest.next();
                let mut last = ' ';
                for inside in rest.by_ref() {
                    if inside == '\n' {
                        plain.push(inside);
                    }
                    if (last, inside) == ('*', '/') {
                        break;
                    }
                    last = inside;
                }
            }
            (',', _) => {
                comma = Some(plain.len());
                plain.push(c);
            }
            ('}' | ']', _) => {
                if let Some(at) = comma.take() {
                    plain.remove(at);
                }
                plain.push(c);
            }
            _ => {
                plain.push(c);
                if !c.is_whitespace() {
                    comma = None;
                }
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn comments_and_last_commas_go_and_strings_stay() {
        let text = "{ // a\n \"b\": [1, /* , */ ], \"c\\\"//\": \",}\", }";
        assert_eq!(strip(text), "{ \n \"b\": [1  ], \"c\\\"//\": \",}\" }");
        assert_eq!(strip("/* open"), "");
    }
}
