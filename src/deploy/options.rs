//! Options of a deployment, which a person gives.

use super::read_scope::ReadScope;
use crate::platform::EnvValues;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Clone, Debug, Default)]
pub struct DeployOptions {
    /// Output of `lua compile` that was made elsewhere.
    pub compiled: Option<PathBuf>,
    /// Send questions only: GET requests.
    pub is_dry_run: bool,
    /// Leave `lua.skill.yaml` as it is.
    pub no_yaml: bool,
    /// Send what depends on this machine: other packages than the locked ones, values of the environment.
    pub force: bool,
    /// Primitives to delete there, by name.
    pub retire: BTreeSet<String>,
    /// The plan to which the deployment must be equal.
    pub plan: Option<String>,
    pub scope: ReadScope,
    /// Folders of the kinds to send although no version contains them: `workflows`, `devices`, `device-triggers`.
    pub include: BTreeSet<&'static str>,
    /// Values of the environment that workflows take along.
    pub values: Option<EnvValues>,
    /// Environment of this process, for the compiler.
    pub environment: Vec<(OsString, OsString)>,
}
