//! Buckets that others wrote: `moto` of PyPI, and any engine that `LUA_STORE_TEST_S3` names.

use super::{KEYS, S3Place};
use crate::common::skip::skipped;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A bucket of `moto`, which ends with the test.
pub struct Moto {
    child: Child,
    port: u16,
}

impl Moto {
    /// `None` where it is not installed.
    pub fn start() -> Option<Moto> {
        let has = |module: &str| {
            let mut python = Command::new("python3");
            python.args(["-c", module]).stdin(Stdio::null());
            python.output().is_ok_and(|output| output.status.success())
        };
        if !has("import moto.server, flask") {
            skipped("moto is not tested: `pip install 'moto[s3,server]'` installs it");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Its own program may be out of the path.
        let code = "import sys; from moto.server import main; main(sys.argv[1:])";
        let mut python = Command::new("python3");
        python.args(["-c", code, "-H", "127.0.0.1", "-p", &port.to_string()]);
        python.envs(KEYS).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let moto = Moto { child: python.spawn().unwrap(), port };
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                let agent = ureq::agent();
                agent.put(format!("{}/agents", moto.endpoint())).send_empty().unwrap();
                return Some(moto);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("moto did not start")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl S3Place for Moto {
    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn name(&self) -> String {
        "agents".to_owned()
    }
}

/// The engine that `LUA_STORE_TEST_S3` names: `http://HOST:PORT/BUCKET`. Its keys are in the usual variables. `tools/ceph`
/// starts one.
pub struct Named {
    endpoint: String,
    name: String,
}

impl Named {
    pub fn find() -> Option<Named> {
        let Ok(place) = std::env::var("LUA_STORE_TEST_S3") else {
            skipped("no other bucket is tested: LUA_STORE_TEST_S3 names one");
            return None;
        };
        let (endpoint, name) = place.rsplit_once('/').expect("http://HOST:PORT/BUCKET");
        Some(Named { endpoint: endpoint.to_owned(), name: name.to_owned() })
    }
}

impl S3Place for Named {
    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn variables(&self) -> Vec<(String, String)> {
        let value = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        KEYS.iter().filter_map(|(name, _)| value(name)).collect()
    }
}
