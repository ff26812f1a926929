//! Headers of every page, in one place.

/// Headers that every answer of a page has: also redirects, files and errors.
pub const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // With `no-referrer` browsers send `Origin: null` with forms.
    ("referrer-policy", "same-origin"),
    ("x-robots-tag", "noindex, nofollow"),
];
