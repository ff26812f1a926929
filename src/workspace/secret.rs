//! Secrets: what a file's name says, and what its text looks like.

use super::shapes;
use crate::object::is_binary;

/// Why a file with this name is left out, or `None`. Names only; the path above does not matter.
pub fn by_name(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".example") || is_template(&name) {
        return None;
    }
    if is_environment(&name) {
        return Some("environment file");
    }
    let key_files = [".pem", ".key", ".p12", ".pfx", ".p8", ".jks", ".keystore", ".ppk", ".kdbx"];
    if key_files.iter().any(|end| name.ends_with(end)) || SSH_KEYS.contains(&name.as_str()) {
        return Some("key file");
    }
    is_credentials(&name).then_some("credential file")
}

const SSH_KEYS: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// `example.env`, `env.example`: shown to others on purpose.
fn is_template(name: &str) -> bool {
    let words = ["example", "sample", "template"];
    words.iter().any(|word| name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.')))
}

/// `.env`, `.env.local`, `.envrc`; `production.env`; `env.production` but not `env.ts`.
fn is_environment(name: &str) -> bool {
    let stages = ["local", "dev", "development", "test", "stage", "staging", "prod", "production"];
    name.starts_with(".env")
        || name.ends_with(".env")
        || name.strip_prefix("env.").is_some_and(|stage| stages.contains(&stage))
}

fn is_credentials(name: &str) -> bool {
    const WHOLE: [&str; 14] = [
        "credentials",
        "credentials.json",
        "secrets.json",
        "secrets.yaml",
        "secrets.yml",
        "secrets.toml",
        "application_default_credentials.json",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".git-credentials",
        ".htpasswd",
        ".pypirc",
        ".dockercfg",
    ];
    const STARTS: [&str; 5] =
        ["service-account", "service_account", "serviceaccount", "client_secret", "client-secret"];
    let json = name.strip_suffix(".json");
    WHOLE.contains(&name)
        || json.is_some_and(|stem| STARTS.iter().any(|start| stem.starts_with(start)))
        || json.is_some_and(|stem| stem.contains("firebase-adminsdk"))
}

/// Whether a file is kept out of what is pushed, for its name or for what it holds.
pub fn is_secret(path: &str, bytes: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    by_name(name).is_some() || by_content(name, bytes).is_some()
}

/// Why a file with this name and these bytes is left out, or `None`. Binary files are not looked at.
pub fn by_content(name: &str, bytes: &[u8]) -> Option<String> {
    if is_binary(bytes) {
        return None;
    }
    let registry = matches!(name, ".npmrc" | ".yarnrc" | ".yarnrc.yml");
    if registry && let Some(line) = shapes::registry_token(bytes) {
        return Some(format!("contains a registry token in line {line}"));
    }
    let (line, what) = shapes::find(bytes)?;
    Some(reason(what, line))
}

/// The words for a key found in a text.
pub fn reason(what: &str, line: usize) -> String {
    format!("contains what looks like {what} in line {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        let secret = ".env .env.local .env.production .envrc prod.env env.production server.pem tls.KEY a.p12 \
            a.pfx id_rsa id_ed25519 credentials.json service-account.json service-account-prod.json .netrc \
            secrets.json client_secret_123.json my-firebase-adminsdk-x1.json .git-credentials .ENV";
        for name in secret.split_whitespace() {
            assert!(by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_like_it() {
        let plain = ".env.example env.example example.env env.ts environment.ts id_rsa.pub key.ts keys.json \
            tokens.json credentials.ts secrets.ts service-account.ts package.json .npmrc README.md \
            secrets.json.example server.pem.example monkey";
        for name in plain.split_whitespace() {
            assert_eq!(by_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_registry_file_is_judged_by_its_token() {
        assert_eq!(by_content(".npmrc", b"registry=https://r\n//r/:_authToken=${NPM_TOKEN}\n"), None);
        let token = b"a=b\n//registry.npmjs.org/:_authToken=0a1b2c3d-4e5f-6789-abcd-ef0123456789\n";
        assert_eq!(by_content(".npmrc", token).as_deref(), Some("contains a registry token in line 2"));
        assert_eq!(by_content("readme", token), None);
    }

    #[test]
    fn binary_files_are_not_searched() {
        let key = format!("AKIA{}", "Z7Q2M4N8B6V5C3X1");
        assert!(by_content("a.ts", key.as_bytes()).is_some());
        assert_eq!(by_content("a.bin", format!("\0{key}").as_bytes()), None);
    }
}
