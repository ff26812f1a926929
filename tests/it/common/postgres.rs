//! A PostgreSQL server of the tests, from the packages of the system, with a database for each test.
//!
//! It listens on a socket in a temporary folder and syncs as it does for others. It runs as another user than root, and ends
//! with the process of the tests.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A cluster of databases.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<String>,
    /// Ends the server when its standard input is closed.
    watch: Child,
}

/// A database that no other test has.
pub struct Database {
    cluster: &'static Cluster,
    pub name: String,
}

/// Folder of `initdb` and `postgres`, the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> =
        versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name);
        version.and_then(|version| version.to_str()?.parse::<u32>().ok())
    });
    folders.pop()
}

/// A new database. `None` where PostgreSQL is not installed; that is a failure if `LUA_STORE_POSTGRES` is `required`.
pub fn database() -> Option<Database> {
    let cluster = SERVER.get_or_init(Cluster::start).as_ref();
    let Some(cluster) = cluster else {
        let why = "PostgreSQL is not tested: `.ci/run` installs it, as the package `postgresql`";
        let is_required =
            std::env::var_os("LUA_STORE_POSTGRES").is_some_and(|how| how == "required");
        assert!(!is_required, "{why}");
        let _ = writeln!(std::io::stderr(), "skipped: {why}");
        return None;
    };
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    cluster.sql("postgres", &format!("CREATE DATABASE {name}"));
    Some(Database { cluster, name })
}

impl Database {
    /// URL of the database for the user who owns everything.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub fn url_of(&self, user: &str) -> String {
        let folder = self.cluster.folder.display().to_string().replace('/', "%2F");
        format!("postgres://{user}@{folder}/{}", self.name)
    }

    /// Runs SQL, and gives the rows, a line each.
    pub fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.name, sql)
    }

    /// The same in another database of the server.
    pub fn sql_elsewhere(&self, sql: &str) {
        self.cluster.sql("postgres", sql);
    }
}

impl Cluster {
    fn start() -> Option<Cluster> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("lua-pg").tempdir_in("/tmp").unwrap().keep();
        // PostgreSQL refuses to run as root.
        let is_root = is_root_user();
        let user = is_root.then(|| "postgres".to_owned());
        if let Some(user) = &user {
            let given = Command::new("chown").arg(user).arg(&folder).status();
            given.ok().filter(|status| status.success())?;
        }
        let mut cluster = Cluster { folder, programs, user, watch: idle() };
        let data = cluster.folder.join("data");
        let mut initdb = cluster.command("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"]);
        succeed(initdb.arg(&data));
        let server = cluster.command("postgres");
        // The shell stops it at the end of the input, which comes with the end of the tests.
        let script = "folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 </dev/null & cat >/dev/null; kill -QUIT $!; wait; rm -rf \"$folder\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(&cluster.folder);
        shell.arg(server.get_program()).args(server.get_args()).arg("-D").arg(&data);
        shell.arg("-k").arg(&cluster.folder).args(["-c", "listen_addresses="]);
        shell.args(["-c", "max_connections=200", "-c", "fsync=on"]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        cluster.watch = shell.spawn().unwrap();
        for _ in 0..300 {
            if cluster.psql("postgres", "SELECT 1").status.success() {
                return Some(cluster);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let mut log = String::new();
        let file = std::fs::File::open(cluster.folder.join("log"));
        let _ = file.and_then(|mut file| file.read_to_string(&mut log));
        panic!("PostgreSQL did not start: {log}");
    }

    /// A program of PostgreSQL, as the user who owns the folder.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = match &self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                let group = format!("--regid={user}");
                command.args([&format!("--reuid={user}"), &group, "--clear-groups"]).arg(program);
                command
            }
        };
        command.current_dir("/");
        command
    }

    fn psql(&self, database: &str, sql: &str) -> Output {
        let mut psql = self.command("psql");
        psql.args([
            "--no-psqlrc",
            "-qtAX",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            database,
        ]);
        psql.arg("-h").arg(&self.folder).args(["-c", sql]).output().unwrap()
    }

    fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn idle() -> Child {
    Command::new("true").stdin(Stdio::piped()).spawn().unwrap()
}

fn is_root_user() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
