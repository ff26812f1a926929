//! The address that is read from the files is the one that git prints, for generated configurations.

#![allow(clippy::disallowed_methods, reason = "tests write the files of a person")]

use super::*;
use std::fs::{create_dir_all, write};
use std::process::Command;

/// Parts of a configuration; N is a number that differs each time.
const PARTS: [&str; 34] = [
    "[user]\n\temail = nN@example.com\n",
    "[user]\n\tname = Ana\n\temail=nN@example.com",
    "[user] email = nN@example.com # mine\n",
    "[USER]\n\tEMail = \"nN@example.com\"\n",
    "[user]\n\temail = \"n \"N\" @x\" ; or\n",
    "[user]\n\temail = nN@\\\nexample.com\n",
    "[user]\n\temail = n\\\"N\\\\@x   \n",
    "[user]\n\temail = two words N  \n",
    "[user]\n\temail = n\\tN@x\n",
    "[user]\n\temail =\n",
    "[user]\n\temail\n",
    "[user]\n\temail # nN@x\n",
    "[user \"work\"]\n\temail = nN@work.com\n",
    "[user.work]\n\temail = nN@dot.com\n",
    "[user]\n\tname = nN@x # email = no@x\n",
    "# [user]\n#\temail = nN@x\n",
    "; email = nN@x\n\n\n",
    "[core]\n\teditor = \"vi -c 'N'\"\n\tautocrlf\n",
    "[alias]\n\tlg = \"!git log \\\"--oneline\\\" # N\"\n\tst = status \\\n\t\t--short\n",
    "[url \"git@x:\"]\n\tinsteadOf = https://x/\n",
    "[url \"a]\\\"b\"]\n\tx-y = 1\n",
    "[author]\n\temail = nN@author.com\n",
    "[committer]\n\temail = nN@committer.com\n",
    "[user]\n\tuseConfigOnly = true\n\tsigningKey = N\n",
    "[include]\n\tpath = other\n",
    "[includeIf \"gitdir:/\"]\n\tpath = other\n",
    "[user]\n\temail = nN@x\n[include]\n\tpath = missing\n",
    "[user]\r\n\temail = nN@crlf.com\r\n",
    "[user]\n\temail = \u{e4}N@x\n",
    "[user]\n\temail = \"nN@x\n",
    "[user\n\temail = nN@x\n",
    "[user]\n\t1email = nN@x\n",
    "[user]\n\temail nN@x\n",
    "[user]\n\temail = nN\\q@x\n",
];

/// Numbers that look random, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// Up to three parts, most of them well formed.
    fn config(&mut self) -> String {
        let parts = self.below(4);
        let part = |numbers: &mut Numbers| {
            let end = if numbers.below(6) == 0 { PARTS.len() } else { 24 };
            let number = numbers.below(1000).to_string();
            PARTS[numbers.below(end)].replace('N', &number)
        };
        (0..parts).map(|_| part(self) + "\n").collect()
    }
}

/// Exit code and answer of git; no answer if it prints nothing, or refuses a file.
fn printed(folder: &Path, variables: &[(&str, OsString)]) -> (Option<i32>, Option<String>) {
    let mut git = Command::new("git");
    git.args(["config", "user.email"]).current_dir(folder).env_clear();
    git.env("PATH", std::env::var_os("PATH").unwrap()).env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.envs(variables.iter().cloned()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), output.status.success().then(|| text.trim_end_matches('\n').to_owned()))
}

fn read(folder: &Path, variables: &[(&str, OsString)]) -> Option<String> {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    from_files(folder, &|name| find(name).map(|(_, value)| value.clone()))
}

fn git(folder: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(args).current_dir(folder);
    assert!(git.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap().status.success());
}

#[test]
fn of_generated_configurations_the_address_is_the_one_of_git() {
    let place = tempfile::tempdir().unwrap();
    let (home, repository) = (place.path().join("home"), place.path().join("repository"));
    let project = repository.join("agents/shop");
    create_dir_all(home.join(".config/git")).unwrap();
    create_dir_all(&project).unwrap();
    git(&repository, &["init", "--quiet"]);
    write(repository.join(".git/other"), "[user]\n\temail = included@x\n").unwrap();
    write(home.join("other"), "[user]\n\temail = included@home\n").unwrap();
    let (mut numbers, mut by_files, mut by_git) = (Numbers(7), 0, 0);
    for case in 0..400 {
        let configs = [(); 3].map(|()| numbers.config());
        write(
            repository.join(".git/config"),
            format!("[core]\n\trepositoryformatversion = 0\n{}", configs[0]),
        )
        .unwrap();
        write(home.join(".gitconfig"), &configs[1]).unwrap();
        write(home.join(".config/git/config"), &configs[2]).unwrap();
        let mut variables = vec![("HOME", home.clone().into_os_string())];
        if numbers.below(8) == 0 {
            variables.push(("GIT_CONFIG_GLOBAL", home.join("other").into_os_string()));
        }
        let (code, expected) = printed(&project, &variables);
        let found = read(&project, &variables);
        // A file that git refuses counts for nobody; one after the value is not looked at.
        if found.is_some() && code != Some(128) {
            assert_eq!(found, expected, "{case}: {configs:#?}");
        }
        by_files += usize::from(found.is_some());
        by_git += usize::from(expected.is_some_and(|email| !email.is_empty()));
    }
    assert!(by_git > 150 && by_files * 10 > by_git * 8, "{by_files} of {by_git}");
}

#[test]
fn the_repository_is_the_one_that_git_finds() {
    let place = tempfile::tempdir().unwrap();
    let (home, main) = (place.path().join("home"), place.path().join("main"));
    create_dir_all(&home).unwrap();
    create_dir_all(&main).unwrap();
    write(home.join(".gitconfig"), "[user]\n\temail = home@x\n").unwrap();
    git(&main, &["init", "--quiet"]);
    git(&main, &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    git(&main, &["config", "user.email", "main@x"]);
    git(&main, &["worktree", "add", "--quiet", "../linked"]);
    git(&main, &["init", "--quiet", "--bare", "../bare"]);
    git(place.path(), &["init", "--quiet", "--separate-git-dir", "elsewhere", "apart"]);
    create_dir_all(main.join("inner/.git")).unwrap();
    create_dir_all(place.path().join("none")).unwrap();
    let variables = [("HOME", home.into_os_string())];
    let cases = [
        ("main", true),
        ("linked", true),
        ("apart", true),
        ("none", true),
        ("bare", false),
        ("main/inner", false),
    ];
    for (folder, is_read) in cases {
        let folder = place.path().join(folder);
        let found = read(&folder, &variables);
        assert_eq!(found.is_some(), is_read, "{}", folder.display());
        if is_read {
            assert_eq!(found, printed(&folder, &variables).1, "{}", folder.display());
        }
    }
    git(&main, &["config", "extensions.worktreeConfig", "true"]);
    assert_eq!(read(&main, &variables), None);
}

#[test]
fn with_variables_that_lead_elsewhere_git_is_asked() {
    let place = tempfile::tempdir().unwrap();
    write(place.path().join(".gitconfig"), "[user]\n\temail = home@x\n").unwrap();
    let home = ("HOME", place.path().to_owned().into_os_string());
    assert_eq!(read(place.path(), std::slice::from_ref(&home)), Some("home@x".to_owned()));
    for name in ASK_GIT {
        assert_eq!(read(place.path(), &[home.clone(), (name, "1".into())]), None);
    }
    assert_eq!(read(place.path(), &[]), None);
}
