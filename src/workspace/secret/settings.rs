//! Files that are secret when a value is written out in them: registries, MCP servers, keys.

use super::find;
use super::pattern::is_random;
use serde_json::Value;

/// Reason why a file of this name is secret, and the line; `None` for any other name.
pub fn find(path: &str, text: &[u8]) -> Option<(String, usize)> {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    match name {
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" => {
            Some(("a registry token".to_owned(), registry_token(text)?))
        }
        ".mcp.json" | "mcp.json" | "mcp_config.json" | "claude_desktop_config.json" => {
            mcp_value(text)
        }
        _ if name.ends_with(".pem") || name.ends_with(".key") => {
            Some(("a key".to_owned(), bare_key(text)?))
        }
        _ => None,
    }
}

/// The line of a token for a package registry that is written out, not taken from the environment.
fn registry_token(text: &[u8]) -> Option<usize> {
    const NAMES: [&str; 5] = ["_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"];
    let text = String::from_utf8_lossy(text);
    let holds = |line: &str| {
        // `//host/:_authToken=value` in one file, `npmAuthToken: value` in the other.
        let Some((name, value)) = line.split_once('=').or_else(|| line.split_once(": ")) else {
            return false;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        NAMES.iter().any(|end| name.trim().ends_with(end))
            && !value.is_empty()
            && !value.starts_with("${")
    };
    text.lines().position(holds).map(|line| line + 1)
}

/// A variable or a header of an MCP server that is a secret by its name, and is not taken from elsewhere.
fn mcp_value(text: &[u8]) -> Option<(String, usize)> {
    let file: Value = serde_json::from_slice(text).ok()?;
    let servers = ["mcpServers", "servers"].iter().filter_map(|key| file.get(key)?.as_object());
    let values = servers.flat_map(|servers| servers.values());
    let values = values.flat_map(|server| {
        ["env", "headers"].into_iter().filter_map(|key| server.get(key)?.as_object())
    });
    let (name, value) = values.flatten().find_map(|(name, value)| {
        let value = value.as_str()?;
        is_written_out(name, value).then_some((name, value))
    })?;
    let quoted = serde_json::to_string(value).ok()?;
    let at = text.windows(quoted.len()).position(|part| part == quoted.as_bytes());
    Some((format!("a value for \"{name}\""), find::line_of(text, at.unwrap_or(0))))
}

fn is_written_out(name: &str, value: &str) -> bool {
    let words = ["key", "token", "secret", "pass", "auth", "credential", "cookie"];
    let name = name.to_ascii_lowercase();
    let told = ["${", "$(", "<", "your", "xxx", "...", "{{", "example"];
    let lower = value.to_ascii_lowercase();
    value.len() >= 8
        && words.iter().any(|word| name.contains(word))
        && !told.iter().any(|word| lower.contains(word))
        && !["true", "false", "none"].contains(&&*lower)
}

/// Line of a file that is nothing but one key, as `*.key` files are. Keys with words of their own
/// are found without the name; a certificate or a list of translations is no key.
fn bare_key(text: &[u8]) -> Option<usize> {
    let text = text.trim_ascii();
    let is_one = text.iter().all(|byte| byte.is_ascii_graphic());
    (text.len() >= 16 && is_one && is_random(text)).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_file_is_judged_by_its_token() {
        assert_eq!(find(".npmrc", b"registry=https://r\n//r/:_authToken=${NPM_TOKEN}\n"), None);
        let token = b"a=b\n//registry.npmjs.org/:_authToken=0a1b2c3d-4e5f-6789-abcd-ef0123456789\n";
        assert_eq!(find("x/.npmrc", token), Some(("a registry token".to_owned(), 2)));
        assert_eq!(find("readme", token), None);
    }

    #[test]
    fn a_file_of_mcp_servers_is_judged_by_its_values() {
        let with = |value: &str| {
            format!("{{\"mcpServers\": {{\"a\": {{\n\"env\": {{\"A_TOKEN\": \"{value}\"}}}}}}}}")
        };
        let found = find(".mcp.json", with("correct-horse-battery").as_bytes());
        assert_eq!(found, Some(("a value for \"A_TOKEN\"".to_owned(), 2)));
        for plain in ["${A_TOKEN}", "", "your-token-here", "<token>"] {
            assert_eq!(find(".mcp.json", with(plain).as_bytes()), None, "{plain}");
        }
        assert_eq!(
            find(".mcp.json", b"{\"mcpServers\": {\"a\": {\"env\": {\"PORT\": \"8080-8080\"}}}}"),
            None
        );
    }

    #[test]
    fn a_key_file_is_judged_by_what_it_holds() {
        assert_eq!(
            find("config/rails.key", b"7f3a9c1e5b8d2f4a6c0e9b7d5f3a1c8e\n"),
            Some(("a key".to_owned(), 1))
        );
        assert_eq!(find("locales/de.key", b"greeting = Guten Tag\nbye = Auf Wiedersehen\n"), None);
        let public = b"-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----\n";
        assert_eq!(find("ca.pem", public), None);
    }
}
