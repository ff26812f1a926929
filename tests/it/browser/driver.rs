//! Chromium of a test, driven by chromedriver: W3C WebDriver, as JSON over HTTP.

use crate::common::skip::skipped;
use base64::Engine;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Name of an element in answers of WebDriver.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Chromium {
    driver: Child,
    agent: ureq::Agent,
    /// Address of the session.
    session: String,
    /// Everything that the browser writes, and the home of its profile.
    folder: TempDir,
}

/// Options of a browser.
#[derive(Clone, Copy, Default)]
pub struct BrowserOptions {
    pub without_scripts: bool,
}

fn programs() -> Option<[&'static Path; 2]> {
    let found = ["/usr/bin/chromium", "/usr/bin/chromedriver"].map(Path::new);
    if found.iter().all(|path| path.exists()) {
        return Some(found);
    }
    let why =
        "pages are not tested in a browser: install Debian's `chromium` and `chromium-driver`";
    let is_required = std::env::var_os("LUA_STORE_BROWSER").is_some_and(|how| how == "required");
    assert!(!is_required, "{why}");
    skipped(why);
    None
}

impl Chromium {
    /// A new browser with a profile of its own. `None` where there is none; that is a failure if `LUA_STORE_BROWSER` is
    /// `required`.
    pub fn start(options: BrowserOptions) -> Option<Chromium> {
        let [program, driver] = programs()?;
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(driver);
        command.arg("--port=0").env("HOME", folder.path()).env("TMPDIR", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().expect("chromedriver starts");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        // Later lines are read too, so that it never waits.
        std::thread::spawn(move || lines.for_each(drop));
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
        let session =
            format!("http://127.0.0.1:{}/session", port.expect("chromedriver has a port"));
        let mut browser = Chromium { driver, agent, session, folder };
        let wanted = browser.capabilities(program, options);
        let begun = browser.call("POST", "", &wanted);
        let id = begun["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {begun}"));
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    fn capabilities(&self, program: &Path, options: BrowserOptions) -> Value {
        let profile = self.folder.path().join("profile");
        let mut args = vec![
            "--headless=new".to_owned(),
            format!("--user-data-dir={}", profile.display()),
            "--window-size=1200,900".to_owned(),
            "--force-device-scale-factor=1".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
        ];
        // The sandbox of Chromium refuses root.
        #[cfg(unix)]
        args.extend(rustix::process::getuid().is_root().then(|| "--no-sandbox".to_owned()));
        let scripts = if options.without_scripts { 2 } else { 1 };
        json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": program,
                "args": args,
                "prefs": { "profile.managed_default_content_settings.javascript": scripts },
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } })
    }

    /// A command of WebDriver, and its answer or error.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = match method {
            "POST" => self.agent.post(&url).send(body.to_string()),
            "DELETE" => self.agent.delete(&url).call(),
            _ => self.agent.get(&url).call(),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = answer.body_mut().with_config().limit(100 << 20).read_to_string().unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["value"].take()
    }

    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.call(method, path, body);
        assert!(answer.get("error").is_none(), "{method} {path} {body}: {answer}");
        answer
    }

    pub fn open(&self, url: &str) {
        self.done("POST", "/url", &json!({ "url": url }));
    }

    pub fn address(&self) -> String {
        self.done("GET", "/url", &Value::Null).as_str().unwrap().to_owned()
    }

    /// Path of the page with its query.
    pub fn path(&self) -> String {
        let address = self.address();
        let (_, rest) = address.split_once("://").unwrap();
        rest.find('/').map_or("/", |at| &rest[at..]).to_owned()
    }

    /// Value of some JavaScript, which ends with `return`.
    pub fn run(&self, script: &str) -> Value {
        self.done("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The same of one that calls its last argument.
    pub fn run_async(&self, script: &str) -> Value {
        self.done("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// An element, which is there.
    pub fn find(&self, css: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": css });
        let found = self.call("POST", "/element", &wanted);
        let id = found[ELEMENT].as_str();
        id.unwrap_or_else(|| panic!("{css} is not on {}: {}", self.address(), self.text()))
            .to_owned()
    }

    /// A link or a button with a text.
    pub fn named(&self, text: &str) -> String {
        let path =
            format!("//a[normalize-space()=\"{text}\"]|//button[normalize-space()=\"{text}\"]");
        let found = self.call("POST", "/element", &json!({ "using": "xpath", "value": path }));
        let id = found[ELEMENT].as_str();
        id.unwrap_or_else(|| panic!("{text} is not on {}: {}", self.address(), self.text()))
            .to_owned()
    }

    pub fn click(&self, element: &str) {
        self.done("POST", &format!("/element/{element}/click"), &json!({}));
    }

    pub fn fill(&self, css: &str, text: &str) {
        let path = format!("/element/{}/value", self.find(css));
        self.done("POST", &path, &json!({ "text": text }));
    }

    /// Value of a field.
    pub fn value_of(&self, css: &str) -> String {
        let path = format!("/element/{}/property/value", self.find(css));
        self.done("GET", &path, &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// Text of the page, as it is shown.
    pub fn text(&self) -> String {
        let wanted = json!({ "using": "css selector", "value": "body" });
        let body = self.call("POST", "/element", &wanted);
        let path = format!("/element/{}/text", body[ELEMENT].as_str().unwrap_or_default());
        self.call("GET", &path, &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page has a text.
    pub fn wait_for(&self, text: &str) {
        let start = Instant::now();
        while !self.text().contains(text) {
            let late = start.elapsed() > Duration::from_secs(20);
            assert!(!late, "no \"{text}\" on {}: {}", self.address(), self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses keys one after the other, wherever the focus is.
    pub fn press(&self, keys: &str) {
        let press = |key: char| {
            let key = key.to_string();
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        };
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.done("POST", "/actions", &json!({ "actions": [source] }));
    }

    /// Picture of the window, as PNG.
    pub fn picture(&self) -> Vec<u8> {
        let picture = self.done("GET", "/screenshot", &Value::Null);
        base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap()).unwrap()
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, name: &str, params: Value) -> Value {
        self.done("POST", "/goog/cdp/execute", &json!({ "cmd": name, "params": params }))
    }

    /// Entries of a log since the last call.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.done("POST", "/se/log", &json!({ "type": kind }));
        entries.as_array().cloned().unwrap_or_default()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver ends its browser.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
