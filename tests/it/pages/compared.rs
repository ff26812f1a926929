//! The compare page says what `version diff` says.

use super::browser::{text, texts_of};
use super::{next_version, publish, served, signed_in};
use crate::common::shop;

/// Lines of `version diff` before its files, without their indentation.
fn printed(output: &str) -> Vec<String> {
    let words = output.lines().take_while(|line| *line != "Files:" && !line.starts_with("Files: "));
    words.skip(1).map(|line| line.trim_start().to_owned()).collect()
}

#[test]
fn the_sentences_are_those_of_the_command_in_its_order() {
    let (project, server, browser) = served();
    for (from, to) in [(1, 2), (2, 1), (1, 1)] {
        let page = browser.page(&server, &format!("/shop/-/compare/v{from}...v{to}"));
        let words = page.split_once("In words").unwrap().1.split_once("</section>").unwrap().0;
        let shown = texts_of(words, "<li class=\"line", "</li>");
        let told = printed(&project.ok(&format!("version diff v{from} v{to}")));
        assert!(from == to || told.len() > 3, "{told:?}");
        assert_eq!(shown, told, "v{from} v{to}");
    }
}

/// Omissions of the stock compiler, which are read from the files of both versions.
#[test]
fn what_the_stock_compiler_leaves_out_is_told_too() {
    let project = shop::versioned();
    shop::edit(
        &project,
        "src/skills/catalog.skill.ts",
        "tools: [search]",
        "tools: [search].filter(Boolean)",
    );
    next_version(&project, 1);
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = browser.page(&server, "/shop/-/compare/v1...v2");
    let words = page.split_once("In words").unwrap().1.split_once("</section>").unwrap().0;
    let shown = texts_of(words, "<li class=\"line", "</li>");
    assert_eq!(shown, printed(&project.ok("version diff v1 v2")));
}

#[test]
fn files_are_side_by_side_or_in_one_column() {
    let (_project, server, browser) = served();
    let sides = browser.page(&server, "/shop/-/compare/v1...v2");
    assert!(sides.contains("lines diff sides"));
    assert!(sides.contains("<strong>well</strong>") || sides.contains("well"), "{sides}");
    let one = browser.page(&server, "/shop/-/compare/v1...v2?view=unified");
    assert!(!one.contains("lines diff sides") && one.contains("lines diff"));
    for page in [&sides, &one] {
        for sign in ["<span class=\"sign\">−</span>", "<span class=\"sign\">+</span>"] {
            assert!(page.contains(sign), "{sign}");
        }
    }
    let only = browser.page(&server, "/shop/-/compare/v1...v2?file=src%2Findex.ts");
    assert_eq!(only.matches("<article").count(), 1);
}

#[test]
fn white_space_can_be_left_out() {
    let project = shop::versioned();
    shop::edit(&project, "package.json", "{ \"name\"", "{   \"name\"");
    next_version(&project, 2);
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = browser.page(&server, "/shop/-/compare/v1...v2");
    assert!(page.contains("class=\"removed\""), "{page}");
    let page = browser.page(&server, "/shop/-/compare/v1...v2?w=1");
    assert!(page.contains("Only white space differs"), "{page}");
}

#[test]
fn renames_modes_links_and_binary_files_are_said_in_words() {
    let project = shop::versioned();
    project.write("data/logo.bin", [0, 1, 2, 255]);
    project.write("data/note.txt", "one\ntwo\n");
    project.write("run.sh", "echo hello\n");
    next_version(&project, 3);
    project.write("data/logo.bin", [0, 1, 2, 3, 4]);
    std::fs::rename(project.path("data/note.txt"), project.path("data/remark.txt")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(project.path("run.sh"), std::fs::Permissions::from_mode(0o755))
            .unwrap();
    }
    next_version(&project, 4);
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = text(&browser.page(&server, "/shop/-/compare/v2...v3"));
    assert!(page.contains("renamed from data/note.txt"), "{page}");
    assert!(page.contains("Binary: 4 → 5 bytes"), "{page}");
    assert!(cfg!(not(unix)) || page.contains("executable now"), "{page}");
    let file = text(&browser.page(&server, "/shop/-/files/v3/data/logo.bin"));
    assert!(file.contains("This file is binary"), "{file}");
}
