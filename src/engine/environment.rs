//! Environment of an engine: the variables with which the users of PostgreSQL name a server and their password. The front end
//! reads them, since the library never asks for the environment.

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
    pub const NAMES: [&'static str; 9] = [
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

    /// The file with passwords.
    pub fn password_file(&self) -> Option<PathBuf> {
        let named = self.get("PGPASSFILE").map(PathBuf::from);
        named.or_else(|| Some(self.home.as_ref()?.join(".pgpass")))
    }
}
