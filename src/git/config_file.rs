//! Configuration file of git, read by git's own grammar (`config.c`). What this parser does not know, it refuses: then git is asked.

/// Settings of one file, in its order, without those of sections with a second name (`[remote "origin"]`).
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Name in lower case, as in `user.email`; no value where there is no `=`.
    settings: Vec<(String, Option<String>)>,
}

/// Sections that name other files to read, or that change which files git reads.
const REFUSED: [&str; 3] = ["include", "includeif", "extensions"];

impl ConfigFile {
    /// `None`: the file has an error, or something that needs git.
    pub fn parse(text: &str) -> Option<ConfigFile> {
        let mut input = ConfigText { rest: text };
        let (mut section, mut settings) = (None, Vec::new());
        // A byte order mark, and lines as Windows ends them, are for git.
        if text.contains(['\r', '\0', '\u{feff}']) {
            return None;
        }
        while let Some(c) = input.next() {
            match c {
                '#' | ';' => input.skip_line(),
                '[' => section = Some(input.section()?),
                c if is_space(c) => {}
                c if c.is_ascii_alphabetic() => {
                    let (key, value) = input.setting(c)?;
                    if let Some(section) = section.as_ref()? {
                        settings.push((format!("{section}.{key}"), value));
                    }
                }
                _ => return None,
            }
        }
        Some(ConfigFile { settings })
    }

    /// The last value of a setting: that is the one that counts.
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        let found = self.settings.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_deref())
    }
}

struct ConfigText<'a> {
    rest: &'a str,
}

impl ConfigText<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// The name of a section after its `[`; `Some(None)` for one with a second name.
    fn section(&mut self) -> Option<Option<String>> {
        let mut name = String::new();
        let second = loop {
            match self.next()? {
                ']' => break false,
                ' ' | '\t' => break true,
                c if is_key(c) || c == '.' => name.push(c.to_ascii_lowercase()),
                _ => return None,
            }
        };
        let first = name.split('.').next().unwrap_or_default();
        if first.is_empty() || REFUSED.contains(&first) {
            return None;
        }
        if !second {
            return Some(Some(name));
        }
        self.second_name()?;
        Some(None)
    }

    fn second_name(&mut self) -> Option<()> {
        let rest = self.rest.trim_start_matches([' ', '\t']);
        self.rest = rest.strip_prefix('"')?;
        loop {
            match self.next()? {
                '"' => break,
                '\n' => return None,
                '\\' if self.next()? == '\n' => return None,
                _ => {}
            }
        }
        (self.next()? == ']').then_some(())
    }

    /// A key that begins with `first`, and its value.
    fn setting(&mut self, first: char) -> Option<(String, Option<String>)> {
        let end = self.rest.find(|c| !is_key(c)).unwrap_or(self.rest.len());
        let key = format!("{first}{}", &self.rest[..end]).to_ascii_lowercase();
        self.rest = self.rest[end..].trim_start_matches([' ', '\t']);
        match self.next() {
            None | Some('\n') => Some((key, None)),
            Some('=') => Some((key, Some(self.value()?))),
            Some(_) => None,
        }
    }

    fn value(&mut self) -> Option<String> {
        // Spaces at the end count only inside of quotes.
        let (mut value, mut end, mut quoted) = (String::new(), 0, false);
        loop {
            match self.next() {
                None | Some('\n') if quoted => return None,
                None | Some('\n') => break,
                Some(c) if is_space(c) && !quoted => {
                    if !value.is_empty() {
                        value.push(c);
                    }
                    continue;
                }
                Some('#' | ';') if !quoted => {
                    self.skip_line();
                    break;
                }
                Some('\\') => match self.next()? {
                    '\n' => {}
                    't' => value.push('\t'),
                    'b' => value.push('\u{8}'),
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    _ => return None,
                },
                Some('"') => quoted = !quoted,
                Some(c) => value.push(c),
            }
            end = value.len();
        }
        value.truncate(end);
        Some(value)
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_setting_counts() {
        let file = "[user]\n\temail = a@b.c ; mine\n[core]bare\n[User \"x\"] email = no\n[USER]Email=\" d \"\\\n e # it\n";
        let file = ConfigFile::parse(file).unwrap();
        assert_eq!(file.get("user.email"), Some(Some(" d  e")));
        assert_eq!((file.get("core.bare"), file.get("user.name")), (Some(None), None));
    }

    #[test]
    fn what_needs_git_is_refused() {
        let lines = [
            "[include]\npath = x",
            "[includeIf \"gitdir:x\"]\npath = x",
            "[extensions]\n",
            "email = x",
        ];
        let errors = [
            "[user\n",
            "[]\n",
            "[user]\n1x = y",
            "[user]\nemail x",
            "[user]\nemail = \"x",
            "[user]\nemail = \\x",
        ];
        for text in lines.iter().chain(&errors) {
            assert_eq!(ConfigFile::parse(text), None, "{text}");
        }
    }
}
