//! The password file of PostgreSQL: lines `host:port:database:user:password`, where `*` is any value and a backslash escapes
//! a colon and itself. <https://www.postgresql.org/docs/current/libpq-pgpass.html>

/// The server and the database that a password is wanted for.
#[derive(Clone, Copy, Debug)]
pub struct PasswordPlace<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// Password of the first line that matches.
pub fn find(text: &str, place: &PasswordPlace<'_>) -> Option<String> {
    let port = place.port.to_string();
    let wanted = [place.host, &port, place.database, place.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line).into_iter();
        let matches = |wanted: &str, field: Option<(String, bool)>| {
            field.is_some_and(|(field, is_escaped)| field == wanted || field == "*" && !is_escaped)
        };
        let all = wanted.iter().all(|wanted| matches(wanted, fields.next()));
        fields.next().filter(|_| all).map(|(password, _)| password)
    })
}

/// The fields of a line, each with whether something in it was escaped.
fn fields(line: &str) -> Vec<(String, bool)> {
    let mut fields = vec![(String::new(), false)];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let last = fields.len() - 1;
        match c {
            ':' if fields.len() < 5 => fields.push((String::new(), false)),
            '\\' => {
                fields[last].0.extend(chars.next());
                fields[last].1 = true;
            }
            c => fields[last].0.push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: PasswordPlace<'_> =
        PasswordPlace { host: "db.example", port: 5432, database: "agents", user: "lua" };

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        let text = "# comment\ndb.example:5433:*:*:other port\ndb.example:5432:agents:ana:other user\n\
                    *:*:agents:lua:it\\:s\\\\me\n*:*:*:*:last\n";
        assert_eq!(find(text, &PLACE).as_deref(), Some("it:s\\me"));
        let elsewhere = PasswordPlace { database: "shop", ..PLACE };
        assert_eq!(find(text, &elsewhere).as_deref(), Some("last"));
    }

    #[test]
    fn a_line_that_is_too_short_has_none_and_a_password_may_have_colons() {
        assert_eq!(find("db.example:5432:agents:lua\n", &PLACE), None);
        assert_eq!(find("", &PLACE), None);
        assert_eq!(find("*:*:*:*:a:b:c", &PLACE).as_deref(), Some("a:b:c"));
        assert_eq!(find("\\*:*:*:*:escaped", &PLACE), None);
    }
}
