//! Editing the persona by a form: the TypeScript gets the text and nothing else changes.

use super::browser::{Browser, encode, text};
use super::{next_version, publish, signed_in};
use crate::common::http::Reply;
use crate::common::server::{Server, token};
use crate::common::{Project, shop};
use crate::secrets::anthropic;

const FORM: &str = "/shop/-/persona/edit";
const DRAFT: &str = "You are Ava.\nYou help customers shop well.";

fn served() -> (Project, Server, Browser) {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let browser = editor(&project, &server);
    (project, server, browser)
}

fn editor(project: &Project, server: &Server) -> Browser {
    let mut browser = Browser::new(server);
    let token = token(project, "--agent shop --scope push --for wanda@example.com");
    assert_eq!(browser.sign_in(server, &token).status, 303);
    browser
}

/// Text of an area of a form, as a browser reads it.
fn area(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("<textarea name=\"{name}\"")).expect(page);
    let inner = rest.split_once('>').unwrap().1.split_once("</textarea>").unwrap().0;
    text(inner.strip_prefix('\n').expect("one line break that is no text"))
}

fn expected(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"expected\" value=\"").expect(page);
    rest.split('"').next().unwrap().to_owned()
}

/// Sends a text and a reason, about the push that a page names.
fn send(browser: &Browser, server: &Server, page: &str, words: (&str, &str), saves: bool) -> Reply {
    let (expected, key) = (expected(page), browser.form_key(server));
    let crlf = words.0.replace('\n', "\r\n");
    let mut fields =
        vec![("persona", &*crlf), ("reason", words.1), ("expected", &expected), ("key", &key)];
    fields.extend(saves.then_some(("save", "1")));
    browser.post(server, FORM, &fields)
}

fn pushes(project: &Project) -> usize {
    project.ok("fetch");
    project.ok("pull");
    project.list("source list").as_array().unwrap().len()
}

#[test]
fn a_text_becomes_a_push_and_a_staged_version_by_that_person() {
    let (project, server, browser) = served();
    let before = project.read("src/index.ts");
    assert!(browser.page(&server, "/shop/-/persona/v2").contains(FORM));
    let page = browser.page(&server, FORM);
    assert_eq!(area(&page, "persona"), DRAFT);
    let new = DRAFT.replace("shop well", "choose `well`, for ${price}");
    let preview = send(&browser, &server, &page, (&new, ""), false);
    assert_eq!(preview.status, 200, "{}", preview.text());
    let words = text(&preview.text());
    assert!(
        words.contains("- You help customers") && words.contains("Create a staged version"),
        "{words}"
    );
    assert_eq!(area(&preview.text(), "persona"), new);
    assert_eq!(pushes(&project), 2, "a preview stores nothing");
    let reply = send(&browser, &server, &preview.text(), (&new, "warmer"), true);
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/shop/-/versions/3")),
        "{}",
        reply.text()
    );
    let version = text(&browser.page(&server, "/shop/-/versions/3"));
    for words in ["v3 staged", "warmer", "by wanda@example.com"] {
        assert!(version.contains(words), "{words}: {version}");
    }
    let source = text(&browser.page(&server, "/shop/-/source/v3"));
    assert!(
        source.contains("Persona: v2 → v3") && source.contains("No changes: skills"),
        "{source}"
    );
    // A developer gets exactly this, and has nothing to push.
    assert_eq!(pushes(&project), 3);
    let after = project.read("src/index.ts");
    assert_eq!(after, before.replace("shop well", "choose \\`well\\`, for \\${price}"));
    let pushed = project.run("push");
    assert_eq!(pushed.code, 0, "{pushed}");
    assert_eq!(pushes(&project), 3, "nothing was left to push: {pushed}");
    assert_eq!(area(&browser.page(&server, FORM), "persona"), new);
}

/// Of what is live and what the page made, `sync` shows the persona alone.
#[test]
fn the_sync_of_a_developer_shows_this_change_alone() {
    let (project, server, browser) = served();
    project.ok("version promote v2 --reason on");
    let page = browser.page(&server, FORM);
    let new = DRAFT.replace("well", "gladly");
    assert_eq!(send(&browser, &server, &page, (&new, "gladly"), true).status, 303);
    let mut reviewer = Browser::new(&server);
    reviewer.sign_in(&server, &token(&project, "--agent shop --scope promote --note rita"));
    let page = reviewer.page(&server, "/shop/-/promote/v3");
    let (expected, key) = (expected(&page), reviewer.form_key(&server));
    let fields = [("reason", "good"), ("expected", &*expected), ("key", &*key)];
    assert_eq!(reviewer.post(&server, "/shop/-/promote/v3", &fields).status, 303);
    let check = project.run("sync --check");
    assert!(
        check.stdout.contains("behind the server") && check.stdout.contains("gladly"),
        "{check}"
    );
    assert!(!check.stdout.to_lowercase().contains("skill"), "{check}");
    project.ok("sync --accept");
    assert!(project.read("src/index.ts").contains("shop gladly."));
}

#[test]
fn a_push_meanwhile_is_shown_and_nothing_typed_is_lost() {
    let (project, server, browser) = served();
    let page = browser.page(&server, FORM);
    shop::edit(&project, "src/index.ts", "You are Ava", "You are Eve");
    project.ok("push");
    let new = DRAFT.replace("well", "fast");
    let reply = send(&browser, &server, &page, (&new, "faster <i>"), true);
    let page = reply.text();
    assert_eq!(reply.status, 409, "{page}");
    assert_eq!(
        (area(&page, "persona"), area(&page, "reason")),
        (new.clone(), "faster <i>".to_owned())
    );
    let words = text(&page);
    for word in ["Somebody else pushed meanwhile", "Source v3", "ana@example.com", "You are Eve"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    assert_eq!(pushes(&project), 3, "nothing was saved");
    // Sent again from that page it replaces the other text, and sent twice it has one effect.
    assert_eq!(send(&browser, &server, &page, (&new, "faster"), true).status, 303);
    assert_eq!(send(&browser, &server, &page, (&new, "faster"), true).status, 409);
    assert_eq!(pushes(&project), 4);
    assert!(project.read("src/index.ts").contains("You are Ava.\nYou help customers shop fast."));
}

#[test]
fn each_field_has_its_limit() {
    let (project, server, browser) = served();
    let page = browser.page(&server, FORM);
    let (full, over) = ("ä".repeat(50_000), "ä".repeat(50_001));
    let secret = format!("Use {}", anthropic());
    for (persona, reason) in [
        ("", "x"),
        (&*over, "x"),
        ("new", ""),
        ("new", &*"r".repeat(501)),
        (DRAFT, "x"),
        (&secret, "x"),
        ("new", &secret),
    ] {
        let reply = send(&browser, &server, &page, (persona, reason), true);
        assert_eq!(reply.status, 400, "{} {}", persona.len(), reason.len());
        assert_eq!(area(&reply.text(), "reason"), reason, "nothing typed is lost");
        assert!(reply.text().contains("role=\"alert\""));
    }
    assert_eq!(send(&browser, &server, &page, (&"x".repeat(2 << 20), "x"), true).status, 413);
    assert_eq!(pushes(&project), 2);
    for (persona, reason) in [(&*full, "x"), ("n", &*"r".repeat(500))] {
        let page = browser.page(&server, FORM);
        let reply = send(&browser, &server, &page, (persona, reason), true);
        assert_eq!(reply.status, 303, "{}", text(&reply.text()));
        assert_eq!(area(&browser.page(&server, FORM), "persona"), persona);
    }
    for hostile in
        ["\n\nfirst lines", "</textarea><script>x()</script>", "`${1}\\n' \"&amp;\u{202e}"]
    {
        let page = browser.page(&server, FORM);
        let reply = send(&browser, &server, &page, (hostile, "odd"), true);
        assert_eq!(reply.status, 303, "{hostile}: {}", text(&reply.text()));
        let page = browser.page(&server, FORM);
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(area(&page, "persona").replace("&amp;", "&"), hostile.replace("&amp;", "&"));
    }
}

/// Serves the shop with another persona in its file.
fn with_persona(code: &str) -> (Project, Server, Browser) {
    let project = shop::versioned();
    let known = "persona: `You are Ava.\nYou help customers shop.`";
    shop::edit(&project, "src/index.ts", known, code);
    project.ok("push");
    project.ok("version create");
    let server = publish(&project, "");
    let browser = editor(&project, &server);
    (project, server, browser)
}

#[test]
fn each_text_of_an_object_is_edited_by_itself() {
    let code = "persona: { base: 'You are Ava.', voice: 'calm', examples: ['x'] }";
    let (project, server, browser) = with_persona(code);
    let page = browser.page(&server, FORM);
    assert_eq!(area(&page, "persona.base"), "You are Ava.");
    assert_eq!(area(&page, "persona.voice"), "calm");
    let (id, key) = (expected(&page), browser.form_key(&server));
    let send = |fields: &[(&str, &str)]| {
        let rest = [("reason", "x"), ("expected", &*id), ("key", &*key), ("save", "1")];
        browser.post(&server, FORM, &[fields, &rest].concat())
    };
    for wrong in [
        &[("persona", "new")][..],
        &[("persona.base", "new")],
        &[("persona.base", ""), ("persona.voice", "x")],
    ] {
        assert_eq!(send(wrong).status, 400, "{wrong:?}");
    }
    let reply = send(&[("persona.base", "You are Ava."), ("persona.voice", "kind")]);
    assert_eq!(reply.status, 303, "{}", text(&reply.text()));
    assert_eq!(pushes(&project), 3);
    assert!(project.read("src/index.ts").contains(&code.replace("calm", "kind")));
    project.ok("push");
    assert_eq!(pushes(&project), 3, "the state is that of a push of these files");
}

#[test]
fn what_code_computes_is_not_guessed() {
    let (_project, server, browser) = with_persona("persona: `You are ${process.env.NAME}.`");
    let reply = browser.get(&server, FORM);
    assert_eq!(reply.status, 409, "{}", reply.text());
    assert!(text(&reply.text()).contains("code computes it"), "{}", reply.text());
}

#[test]
fn nobody_edits_without_the_scope_a_name_or_our_own_form() {
    let (project, server, browser) = served();
    let page = browser.page(&server, FORM);
    for scope in ["read", "push"] {
        // Neither names an author.
        let other = signed_in(&project, &server, scope);
        assert_eq!(other.get(&server, FORM).status, 403, "{scope}");
        assert!(!other.page(&server, "/shop/-/persona/v2").contains(FORM), "{scope}");
        assert_eq!(send(&other, &server, &page, ("new", "x"), true).status, 403, "{scope}");
    }
    let (id, key) = (expected(&page), browser.form_key(&server));
    let fields = [("persona", "new"), ("reason", "x"), ("expected", &*id), ("save", "1")];
    assert_eq!(browser.post(&server, FORM, &fields).status, 403, "no value of the session");
    let fields = [&fields[..], &[("key", &*key)]].concat();
    let headers =
        "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: cross-site\r\n";
    assert_eq!(browser.ask(&server, "POST", FORM, headers, &encode(&fields)).status, 403);
    assert_eq!(Browser::new(&server).post(&server, FORM, &fields).status, 303);
    assert_eq!(pushes(&project), 2);
}

/// The version contains what others pushed too, and the page says so.
#[test]
fn what_is_pushed_and_in_no_version_is_shown() {
    let (project, server, browser) = served();
    assert!(!browser.page(&server, FORM).contains("Also in the new version"));
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Searches products");
    project.ok("push");
    let page = text(&browser.page(&server, FORM));
    assert!(
        page.contains("Also in the new version") && page.contains("Searches products"),
        "{page}"
    );
    next_version(&project, 1);
    project.ok("push");
    assert!(!browser.page(&server, FORM).contains("Also in the new version"));
}
