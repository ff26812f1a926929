//! Environment of an engine: the variables with which the users of PostgreSQL and of buckets name a server and their secrets. The
//! front end reads them, since the library never asks for the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Clone, Debug, Default)]
pub struct EngineEnvironment {
    variables: BTreeMap<&'static str, String>,
    /// Folder of the user.
    home: Option<PathBuf>,
}

impl EngineEnvironment {
    /// The variables that are looked for.
    pub const NAMES: [&'static str; 19] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_CA_BUNDLE",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "PGDATABASE",
        "PGHOST",
        "PGPASSFILE",
        "PGPASSWORD",
        "PGPORT",
        "PGSSLMODE",
        "PGSSLROOTCERT",
        "PGUSER",
        "SSL_CERT_FILE",
    ];

    /// With the values that `variable` gives.
    pub fn new(
        home: Option<PathBuf>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> EngineEnvironment {
        let value = |name| Some((name, variable(name).filter(|value| !value.is_empty())?));
        let variables = EngineEnvironment::NAMES.into_iter().filter_map(value).collect();
        EngineEnvironment { variables, home }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The file with keys of AWS.
    pub fn aws_file(&self) -> Option<PathBuf> {
        let named = self.get("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
        named.or_else(|| Some(self.home.as_ref()?.join(".aws").join("credentials")))
    }

    /// The file with passwords.
    pub fn password_file(&self) -> Option<PathBuf> {
        let named = self.get("PGPASSFILE").map(PathBuf::from);
        named.or_else(|| Some(self.home.as_ref()?.join(".pgpass")))
    }
}
