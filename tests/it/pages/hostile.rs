//! An agent whose every text is an attack: none of it comes out as markup.

use super::browser::Browser;
use super::{publish, signed_in};
use crate::common::{Project, shop};

const ATTACK: &str = "\"><script>x()</script>";

/// A file of this name, where the system has such names.
fn hostile_file(project: &Project) -> bool {
    let name = "data/\"><script>x()<";
    cfg!(unix) && std::fs::create_dir_all(project.path("data")).is_ok() && {
        std::fs::write(project.path(name), format!("{ATTACK}\n")).is_ok()
    }
}

#[test]
fn no_text_of_others_is_markup() {
    let mut project = shop::project();
    project.set("LUA_STORE_AUTHOR", ATTACK);
    let quoted = ATTACK.replace('"', "\\\"");
    shop::edit(&project, "src/index.ts", "You are Ava.", ATTACK);
    shop::edit(&project, "src/index.ts", "openai/gpt-4o", &quoted);
    shop::edit(
        &project,
        "src/skills/catalog.skill.ts",
        "name: 'catalog'",
        &format!("name: '{ATTACK}'"),
    );
    shop::edit(
        &project,
        "src/skills/catalog.skill.ts",
        "name: 'search'",
        &format!("name: '{ATTACK}'"),
    );
    let has_file = hostile_file(&project);
    let message = |project: &Project, verb: &str, option: &str| {
        let mut command = project.lua_store(verb);
        let output = command.args([option, ATTACK]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    message(&project, "push", "-m");
    message(&project, "version create", "-m");
    shop::edit(&project, "src/index.ts", "You help", &format!("{ATTACK} You help"));
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", ATTACK);
    project.write("data/changed.txt", format!("{ATTACK}\n"));
    message(&project, "push", "-m");
    message(&project, "version create", "-m");
    let server = publish(&project, "");
    message(&project, "version promote v2", "--reason");
    let mut browser = Browser::new(&server);
    let note =
        project.lua_store("serve token create --agent shop --scope admin --data ../data --note");
    let token = Some(note).map(|mut command| command.arg(ATTACK).output().unwrap().stdout).unwrap();
    browser.sign_in(&server, String::from_utf8(token).unwrap().trim());
    let mut paths = vec![
        "/".to_owned(),
        format!("/{}", "%22%3E%3Cscript%3Ex()%3C%2Fscript%3E"),
        format!("/shop?by={}", "%22%3E%3Cscript%3Ex()%3C%2Fscript%3E"),
        "/shop/-/versions/%22%3E%3Cscript%3Ex()".to_owned(),
        "/-/login?to=/%22%3E%3Cscript%3Ex()".to_owned(),
    ];
    for page in [
        "",
        "/-/versions/1",
        "/-/versions/2",
        "/-/compare/v1...v2",
        "/-/compare/v1...v2?view=unified",
        "/-/compare/v1...v2?file=%22%3E%3Cscript%3Ex()",
        "/-/files/v2",
        "/-/files/v2/data",
        "/-/files/v2/src/index.ts",
        "/-/files/v2/data/%22%3E%3Cscript%3Ex()%3C",
        "/-/files/v2/%22%3E%3Cscript%3Ex()",
        "/-/persona/v1",
        "/-/persona/v2",
        "/-/persona/edit",
        "/-/persona/v1...v2",
        "/-/source/v1",
        "/-/source/v2",
        "/-/ledger",
        "/-/promote/v1",
        "/-/delete/v1",
        "/-/tokens",
        "/-/tokens/%22%3E%3Cscript%3Ex()",
        "/-/feed",
        "/-/search?q=%3Cscript%3Ex()",
        "/-/search?q=x&version=%22%3E%3Cscript%3Ex()",
    ] {
        paths.push(format!("/shop{page}"));
    }
    let mut seen = 0;
    for path in &paths {
        let reply = browser.get(&server, path);
        let text = reply.text();
        assert!(!text.contains("<script>"), "{path}: {text}");
        assert_eq!(
            text.matches("<script").count(),
            usize::from(text.contains("</main>")),
            "{path}"
        );
        seen += usize::from(text.contains("&lt;script&gt;x()"));
    }
    assert!(seen >= if has_file { 12 } else { 10 }, "the text is there, as text: {seen}");
    let nobody = Browser::new(&server);
    assert!(!nobody.get(&server, "/shop/-/ledger").text().contains("<script>"));
}

/// Text that hides or turns around is shown by the numbers of its characters.
#[test]
fn nothing_hides_in_a_text() {
    let project = shop::project();
    project.write("data/hidden.txt", "pay\u{202e}lap\u{200b}al \u{1b}[31m\n");
    project.write("data/latin1.txt", [b'c', b'a', b'f', 0xe9, b'\n']);
    project.write("data/page.svg", "<svg onload=\"x()\"></svg>\n");
    project.ok("push");
    project.ok("version create -m one");
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = browser.page(&server, "/shop/-/files/v1/data/hidden.txt");
    assert!(page.contains("pay\\u{202e}lap\\u{200b}al \\u{1b}[31m"), "{page}");
    let page = browser.page(&server, "/shop/-/files/v1/data/latin1.txt");
    assert!(page.contains("caf\u{fffd}"), "{page}");
    let page = browser.page(&server, "/shop/-/files/v1/data/page.svg");
    assert!(!page.contains("<svg"), "{page}");
    let raw = browser.get(&server, "/shop/-/raw/v1/data/page.svg");
    assert_eq!(raw.header("content-type"), Some("text/plain; charset=utf-8"));
}

/// The templates escape every text: the one way around that is not used.
#[test]
fn no_template_leaves_text_as_it_is() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = 0;
    for folder in ["page", "server/pages"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("PreEscaped"), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 20);
}
