//! The stock command of a project: which one it is, and the surroundings in which it compiles.

use super::copy::Copy;
use crate::error::{Error, Result};
use crate::fs;
use semver::Version;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Earlier ones speak to the platform while they compile, and create there what is new.
const FIRST: Version = Version::new(3, 33, 0);

/// Variables with folders in which a program looks for settings and keys.
const HOMES: [&str; 5] = ["HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"];

/// The lua-cli of a project.
pub struct LuaCli {
    pub version: Version,
    /// Folder with the packages of the project.
    pub modules: PathBuf,
    /// The script of the command.
    script: PathBuf,
}

impl LuaCli {
    /// The package that an import of the project finds. A command on the PATH is another one on each machine.
    pub fn find(root: &Path) -> Result<LuaCli> {
        let folders = root.ancestors().map(|folder| folder.join("node_modules"));
        for modules in folders {
            let folder = modules.join("lua-cli");
            if let Some(bytes) = fs::read_if_exists(&folder.join("package.json"))? {
                return LuaCli::of(modules, &folder, &bytes);
            }
        }
        Err(Error::not_found("cannot find lua-cli among the packages of the project")
            .hint("run `npm install` in the project"))
    }

    fn of(modules: PathBuf, folder: &Path, package: &[u8]) -> Result<LuaCli> {
        let package: Value = serde_json::from_slice(package).unwrap_or_default();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let bin = package.get("bin");
        let script = text(bin).or_else(|| text(bin.and_then(|bin| bin.get("lua"))));
        let version = text(package.get("version"));
        let version = version.and_then(|version| Version::parse(&version).ok());
        let (Some(version), Some(script)) = (version, script) else {
            let path = folder.join("package.json");
            return Err(Error::failed(format!("\"{}\" is not of lua-cli", path.display())));
        };
        if version < FIRST {
            return Err(Error::failed(format!(
                "lua-cli {version} of the project changes the platform while it compiles"
            ))
            .hint(format!("run `npm install lua-cli@latest`: {FIRST} and later do not")));
        }
        Ok(LuaCli { version, modules, script: folder.join(script) })
    }

    /// The command that compiles a copy, ready to run.
    pub fn compile(&self, copy: &Copy, environment: &[(OsString, OsString)]) -> Command {
        let mut command = Command::new("node");
        command.arg(&self.script).arg("compile").current_dir(copy.root());
        command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
        for name in HOMES {
            command.env(name, copy.home());
        }
        command.env("LUA_TELEMETRY", "false").env("NO_COLOR", "1");
        command
    }
}

/// The environment of the compiler: without keys and addresses of the platform, and without the user's folders.
pub fn environment(own: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let is_kept = |name: &OsString| {
        let name = name.to_string_lossy().to_uppercase();
        !name.starts_with("LUA_") && !HOMES.contains(&&*name)
    };
    own.iter().filter(|(name, _)| is_kept(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_gets_no_key_no_address_and_no_home() {
        let own = ["PATH", "LUA_API_KEY", "Lua_Api_Url", "HOME", "UserProfile", "TINS_AT"];
        let own = own.map(|name| (OsString::from(name), OsString::from("x")));
        let kept = environment(&own);
        let names: Vec<_> = kept.iter().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(names, ["PATH", "TINS_AT"]);
    }
}
