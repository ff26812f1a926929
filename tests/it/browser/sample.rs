//! Sample: a server with an agent that has something on every page, and a browser that is signed in.

use super::driver::{BrowserOptions, Chromium};
use super::look;
use crate::common::server::{Server, token};
use crate::common::{Project, shop};
use crate::pages::{next_version, publish};

pub struct Sample {
    /// Its folder lasts as long as the server.
    _project: Project,
    pub server: Server,
    pub browser: Chromium,
    pub token: String,
}

/// Pages of the sample, by the name of their picture.
pub const PAGES: [(&str, &str); 25] = [
    ("agents", "/"),
    ("home", "/shop"),
    ("home-filtered", "/shop?status=deleted&by=ana%40example.com&day=2026-11-21"),
    ("home-none", "/shop?status=active&by=nobody"),
    ("empty", "/bare"),
    ("version", "/shop/-/versions/3"),
    ("version-deleted", "/shop/-/versions/2"),
    ("compare-form", "/shop/-/compare"),
    ("compare", "/shop/-/compare/v1...v4"),
    ("compare-unified", "/shop/-/compare/v1...v4?view=unified"),
    ("compare-same", "/shop/-/compare/v1...v1"),
    ("folder", "/shop/-/files/v4/src"),
    ("file", "/shop/-/files/v4/src/index.ts#L2-L4"),
    ("file-binary", "/shop/-/files/v4/data/logo.bin"),
    ("persona", "/shop/-/persona/v1"),
    ("persona-diff", "/shop/-/persona/v1...v2"),
    ("source", "/shop/-/source/v4"),
    ("ledger", "/shop/-/ledger"),
    ("promote", "/shop/-/promote/v1"),
    ("delete", "/shop/-/delete/v4"),
    ("persona-edit", "/shop/-/persona/edit"),
    ("tokens", "/shop/-/tokens"),
    ("search", "/shop/-/search?q=customer"),
    ("login", "/-/login"),
    ("missing", "/shop/-/versions/99"),
];

impl Sample {
    /// `None` where there is no browser.
    pub fn new() -> Option<Sample> {
        Sample::with(BrowserOptions::default())
    }

    pub fn with(options: BrowserOptions) -> Option<Sample> {
        let browser = Chromium::start(options)?;
        let project = shop::two_versions();
        let server = publish(&project, "");
        project.ok("version promote v2 --reason \"the team liked the new description\"");
        fill(&project);
        let token =
            token(&project, "--agent shop --agent bare --scope admin --for rita@example.com");
        let sample = Sample { _project: project, server, browser, token };
        sample.sign_in();
        Some(sample)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    pub fn open(&self, path: &str) {
        self.browser.open(&self.url(path));
    }

    /// Signs in as a person does, from the page that they wanted.
    fn sign_in(&self) {
        self.open("/shop");
        self.browser.fill("input[name=token]", &self.token);
        self.browser.click(&self.browser.named("Sign in"));
        self.browser.wait_for("Live now");
        assert_eq!(self.browser.path(), "/shop");
    }

    /// The end of every test: nothing of another origin, nothing against the policy.
    pub fn done(&self, expected: &[u16]) {
        look::assert_clean(&self.browser, &self.server.url, expected);
    }
}

/// Adds changes of all kinds, a deleted version and a longer ledger.
fn fill(project: &Project) {
    project.write("README.md", "# Shop\n\nAn agent that *sells* things.\n");
    project.write("config/limits.json", "{\n  \"most\": 3,\n  \"names\": [\"a\", \"b\"]\n}\n");
    let bytes: Vec<u8> = (0..=255).collect();
    std::fs::create_dir_all(project.path("data")).unwrap();
    std::fs::write(project.path("data/logo.bin"), bytes).unwrap();
    next_version(project, 3);
    project.ok("version promote v3 --reason \"rita@example.com asked for it\"");
    project.ok("version delete v2 --force");
    std::fs::rename(project.path("README.md"), project.path("docs.md")).unwrap();
    let long = "You answer in the language of the customer, and never promise a price that the catalog does not have.";
    shop::edit(project, "src/index.ts", "You help", &format!("{long} You help"));
    next_version(project, 4);
    project.ok("push");
}
