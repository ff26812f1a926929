//! Names of files that hold secrets, whatever their content.

/// Reason why a file of this path is left out, or `None`.
pub fn by_path(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase();
    let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
    if is_template(name) {
        return None;
    }
    if is_environment(name) {
        return Some("environment file");
    }
    if KEY_ENDINGS.iter().any(|end| name.ends_with(end)) || KEYS.contains(&name) {
        return Some("key file");
    }
    let folder = above.rsplit('/').next().unwrap_or_default();
    if is_credentials(name) || IN_FOLDERS.contains(&(folder, name)) {
        return Some("credential file");
    }
    if HISTORIES.contains(&name) {
        return Some("history of commands");
    }
    if is_state(name) {
        return Some("state of Terraform, with its secrets");
    }
    is_dump(name).then_some("dump of a database")
}

const KEY_ENDINGS: [&str; 12] = [
    ".p12",
    ".pfx",
    ".p8",
    ".jks",
    ".keystore",
    ".ppk",
    ".kdbx",
    ".kdb",
    ".keytab",
    ".ovpn",
    ".agekey",
    ".jceks",
];

const KEYS: [&str; 7] =
    ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "master.key"];

/// Names that mean nothing elsewhere.
const IN_FOLDERS: [(&str, &str); 6] = [
    (".kube", "config"),
    (".docker", "config.json"),
    (".aws", "config"),
    (".ssh", "identity"),
    (".cargo", "credentials.toml"),
    (".gem", "credentials"),
];

const HISTORIES: [&str; 13] = [
    ".bash_history",
    ".zsh_history",
    ".sh_history",
    ".ash_history",
    ".history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".rediscli_history",
    ".irb_history",
    "fish_history",
];

/// `example.env`, `.env.sample`, `secrets.json.template`: shown to others on purpose.
fn is_template(name: &str) -> bool {
    let words = ["example", "sample", "template", "dist", "tpl", "tmpl", "schema"];
    let begins = |word: &&str| name.strip_prefix(*word).is_some_and(|rest| rest.starts_with('.'));
    let ends = |word: &&str| name.strip_suffix(*word).is_some_and(|rest| rest.ends_with('.'));
    words[..3].iter().any(begins) || words.iter().any(ends)
}

/// `.env`, `.env.local`, `.envrc`; `production.env`; `env.production` but not `env.ts`; `.dev.vars`.
fn is_environment(name: &str) -> bool {
    let stages = ["local", "dev", "development", "test", "stage", "staging", "prod", "production"];
    name.starts_with(".env")
        || name.ends_with(".env")
        || name == ".dev.vars"
        || name.starts_with(".dev.vars.")
        || name.strip_prefix("env.").is_some_and(|stage| stages.contains(&stage))
}

fn is_credentials(name: &str) -> bool {
    const WHOLE: [&str; 28] = [
        "credentials",
        "credentials.json",
        ".credentials.json",
        "credentials.toml",
        "credentials.tfrc.json",
        "secrets.json",
        "secrets.yaml",
        "secrets.yml",
        "secrets.toml",
        "application_default_credentials.json",
        "local.settings.json",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".my.cnf",
        ".mylogin.cnf",
        ".git-credentials",
        ".htpasswd",
        ".pypirc",
        ".dockercfg",
        ".dockerconfigjson",
        ".vault-token",
        ".s3cfg",
        ".boto",
        ".terraformrc",
        ".databrickscfg",
        "kubeconfig",
        "kubeconfig.yaml",
    ];
    const STARTS: [&str; 5] =
        ["service-account", "service_account", "serviceaccount", "client_secret", "client-secret"];
    let json = name.strip_suffix(".json");
    WHOLE.contains(&name)
        || name.ends_with(".kubeconfig")
        || json.is_some_and(|stem| STARTS.iter().any(|start| stem.starts_with(start)))
        || json.is_some_and(|stem| stem.contains("firebase-adminsdk"))
}

fn is_state(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json") || name.contains(".tfstate")
}

/// `dump.sql`, `shop-backup-2024.sql.gz`; not `backup_jobs.sql`.
fn is_dump(name: &str) -> bool {
    let packed = [".gz", ".zip", ".xz", ".bz2", ".zst"];
    let name = packed.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let Some(stem) = name.strip_suffix(".sql") else { return false };
    let mut words = stem.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.next_back().is_some_and(|last| ["dump", "backup", "pgdump", "mysqldump"].contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        let secret = ".env .env.local .env.production .envrc prod.env env.production .dev.vars .dev.vars.prod a.p12 \
            a.pfx id_rsa id_ed25519 config/master.key credentials.json service-account.json .netrc .ENV \
            service-account-prod.json secrets.json client_secret_123.json my-firebase-adminsdk-x1.json \
            .git-credentials terraform.tfstate terraform.tfstate.backup prod.tfstate prod.tfvars a.auto.tfvars.json \
            kubeconfig dev.kubeconfig home/.kube/config .docker/config.json x/.aws/credentials .aws/config \
            dump.sql db/shop-backup-2024.sql.gz prod_dump.sql .bash_history .zsh_history .psql_history .vault-token \
            .my.cnf local.settings.json .terraformrc vpn/office.ovpn";
        for path in secret.split_whitespace() {
            assert!(by_path(path).is_some(), "{path}");
        }
    }

    #[test]
    fn names_that_only_look_like_it() {
        let plain = ".env.example env.example example.env .env.sample .env.template .env.dist .env.local.example \
            env.ts environment.ts id_rsa.pub key.ts keys.json tokens.json credentials.ts secrets.ts \
            service-account.ts package.json .npmrc README.md secrets.json.example server.pem.example monkey \
            server.pem locales/de.key config.json docker/config.json kube/config.ts terraform.tfvars.example \
            schema.sql backup_jobs.sql dumpster.sql history.ts .history.ts config secrets.schema main.tf";
        for path in plain.split_whitespace() {
            assert_eq!(by_path(path), None, "{path}");
        }
    }
}
