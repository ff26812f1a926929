//! Secrets, and texts that only look like one. A sample of every kind is in
//! `tests/it/secrets/samples.rs`.

use super::*;

/// Put together at run time, so that no scanner takes this file for a leak.
fn anthropic() -> String {
    ["sk-ant-", "api03-q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0W_eR5tY6u"].concat()
}

fn found(text: &str) -> Vec<String> {
    find_all(text.as_bytes()).map(|hit| text[hit.range].to_owned()).collect()
}

#[test]
fn keys_are_found_behind_whatever_is_no_letter() {
    let key = anthropic();
    let before = [
        "",
        "a\n",
        "'",
        "x=",
        "/",
        "https://example.com/v1/",
        "-",
        "_",
        "key_",
        "a-",
        "+",
        "a\\n",
        "%20",
        "%3D",
        "\\u0022",
        "(",
    ];
    for before in before {
        assert_eq!(found(&format!("{before}{key}\"")), std::slice::from_ref(&key), "{before}");
    }
    assert_eq!(found(&format!("ta{key}")), Vec::<String>::new(), "the end of a word");
    let blob = "q9Zx8Wc7".repeat(20);
    assert_eq!(found(&format!("{blob}/{key}")), Vec::<String>::new(), "somewhere in a blob");
}

#[test]
fn placeholders_and_words_are_not_keys() {
    let plain = [
        "OPENAI_API_KEY=sk-...",
        "sk-your-key-here",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-proj-your-openai-api-key-goes-here-123456",
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "task-9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6u",
        "class=\"sk-fading-circle sk-circle-container-element\"",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) parse(text)",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "const AIzaPrefix = 'AIza'",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "postgres://user:password@localhost:5432/db",
        "postgres://app:${DB_PASSWORD}@db/prod",
        "mysql://root:root@127.0.0.1/x",
        "mongodb://user:pass@host",
        "redis://:authpassword@127.0.0.1:6380/4",
        "postgres://dbuser:secretpassword@database.server.com:3211/mydb",
        "https://user:pass@example.com/",
        "HEROKU_API_KEY=00000000-0000-0000-0000-000000000000",
        "MISTRAL_API_KEY=your_mistral_api_key_goes_here__",
        "mistral: 0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "const secret_name = getSecretByItsNameFromTheProviderOfAll",
    ];
    for text in plain {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_masked_text_shows_of_a_secret_only_how_its_kind_begins() {
    let text = format!(
        "use {} and {} here",
        anthropic(),
        ["ghp_", "q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6"].concat()
    );
    assert_eq!(masked(&text).as_deref(), Some("use sk-ant-… and ghp_… here"));
    assert_eq!(masked("nothing"), None);
    let url = ["postgres://app:", "S3cr3tHorse@db.internal/x"].concat();
    assert_eq!(masked(&url).as_deref(), Some("postgres://app:…@db.internal/x"));
}

#[test]
fn binary_files_are_not_searched_and_those_of_windows_are() {
    let key = anthropic();
    assert!(by_content("a.ts", key.as_bytes()).is_some());
    assert_eq!(by_content("a.bin", format!("\0{key}").as_bytes()), None);
    let expected = Some("contains what looks like an Anthropic API key in line 2".to_owned());
    let text = format!("\u{feff}x\n{key}\n");
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(by_content("a.ts", &little), expected);
    assert_eq!(by_content("a.ts", &big), expected);
}

#[test]
fn a_key_file_is_one_only_with_a_key_in_it() {
    let body = "MIIEpAIBAAKCAQEA7q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6uI8oP0aSdFg\n";
    let file =
        |words: &str| format!("-----BEGIN {words}-----\n{body}{body}-----END {words}-----\n");
    assert_eq!(of_file("tls/ca.pem", file("CERTIFICATE").as_bytes()), None);
    assert_eq!(of_file("a.pem", file("PUBLIC KEY").as_bytes()), None);
    assert!(of_file("tls/ca.pem", file(&["RSA ", "PRIVATE KEY"].concat()).as_bytes()).is_some());
    assert_eq!(of_file("locales/de.key", b"hello = Guten Tag\n"), None);
    assert_eq!(of_file("slides.key", b"PK\x03\x04\0\0"), None);
    assert!(of_file("server.key", &[0x30, 0x82, 0x04, 0xa3, 0x02, 0x01, 0x00]).is_some());
}
