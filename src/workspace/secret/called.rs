//! Keys that look like any other random text, and are known by the name before them.

use super::pattern::CharSet::{Alnum, Base64, Dotted, Hex, OneCase, Uuid, Word};
use super::pattern::{CharRun, PatternForm, SecretPattern, just, run};

const fn of(
    name: &'static str,
    what: &'static str,
    anchors: &'static [&'static str],
    runs: &'static [CharRun],
) -> SecretPattern {
    SecretPattern { name, what, anchors, form: PatternForm::Called(runs) }
}

const HEX32: &[CharRun] = &[just(Hex, 32)];
const HEX40: &[CharRun] = &[just(Hex, 40)];
const HEX64: &[CharRun] = &[just(Hex, 64)];
const UUID: &[CharRun] = &[just(Uuid, 36)];
const LOWER32: &[CharRun] = &[just(OneCase, 32)];

#[rustfmt::skip]
pub const PATTERNS: &[SecretPattern] = &[
    of("aws-secret", "an AWS secret key", &["aws_secret", "aws-secret", "awssecret", "secret_access_key", "secretaccesskey", "secret-access-key", "aws_key"], &[just(Base64, 40).that(is_aws_secret)]),
    of("aws-session", "an AWS session token", &["aws_session_token", "awssessiontoken", "aws_security_token"], &[run(Base64, 100, 2000)]),
    of("azure", "an Azure API key", &["azure", "cognitive", "ocp-apim"], &[just(Hex, 32), just(Alnum, 84)]),
    of("mistral", "a Mistral API key", &["mistral"], &[just(Alnum, 32)]),
    of("cohere", "a Cohere API key", &["cohere", "co_api_key"], &[just(Alnum, 40)]),
    of("together-old", "a Together API key", &["together"], HEX64),
    of("deepgram", "a Deepgram API key", &["deepgram"], HEX40),
    of("assemblyai", "an AssemblyAI API key", &["assemblyai", "assembly_ai", "assembly-ai"], HEX32),
    of("ai21", "an AI21 API key", &["ai21"], &[just(Alnum, 32)]),
    of("deepl", "a DeepL API key", &["deepl"], UUID),
    of("elevenlabs-old", "an ElevenLabs API key", &["elevenlabs", "eleven_labs", "xi-api-key", "xi_api_key"], HEX32),
    of("stability", "a Stability API key", &["stability"], &[run(Alnum, 32, 64)]),
    of("weights-and-biases", "a Weights & Biases key", &["wandb"], HEX40),
    of("serper", "a Serper API key", &["serper"], HEX40),
    of("serpapi", "a SerpApi key", &["serpapi", "serp_api"], HEX64),
    of("exa", "an Exa API key", &["exa_api", "exaapi", "exa-api"], UUID),
    of("vapi", "a Vapi key", &["vapi"], UUID),
    of("livekit", "a LiveKit secret", &["livekit"], &[run(Alnum, 32, 50)]),
    of("private-ai", "a Private AI key", &["privateai", "private_ai", "private-ai"], LOWER32),
    of("lua", "a Lua API key", &["lua_api_key", "luaapikey", "lua-api-key"], &[run(Word, 24, 200), just(Uuid, 36)]),
    of("adafruit", "an Adafruit key", &["adafruit"], &[just(Word, 32)]),
    of("airtable", "an Airtable key", &["airtable"], &[just(Alnum, 17)]),
    of("algolia", "an Algolia key", &["algolia"], LOWER32),
    of("alibaba-secret", "an Alibaba secret key", &["alibaba", "aliyun"], &[just(Alnum, 30)]),
    of("tencent-secret", "a Tencent secret key", &["tencent", "qcloud"], &[just(Alnum, 32)]),
    of("yandex-secret", "a Yandex key", &["yandex"], &[just(Word, 40), run(Dotted, 90, 250)]),
    of("asana-secret", "an Asana secret", &["asana"], LOWER32),
    of("atlassian-old", "an Atlassian token", &["atlassian", "confluence", "jira"], &[just(Alnum, 24)]),
    of("bitbucket-secret", "a Bitbucket secret", &["bitbucket"], &[just(OneCase, 32), just(Dotted, 64)]),
    of("bittrex", "a Bittrex key", &["bittrex"], LOWER32),
    of("meraki", "a Meraki key", &["meraki"], HEX40),
    of("cloudflare", "a Cloudflare key", &["cloudflare", "cf_api", "cf-api"], &[just(Word, 40), just(Hex, 37)]),
    of("codecov", "a Codecov token", &["codecov"], &[just(OneCase, 32), just(Uuid, 36)]),
    of("coinbase", "a Coinbase token", &["coinbase"], &[just(Word, 64)]),
    of("confluent", "a Confluent key", &["confluent"], &[just(OneCase, 16), just(Base64, 64)]),
    of("contentful-delivery", "a Contentful token", &["contentful"], &[just(Word, 43)]),
    of("datadog", "a Datadog key", &["datadog", "dd_api", "dd-api", "dd_app", "dd-app"], &[just(OneCase, 40), just(Hex, 32)]),
    of("discord", "a Discord token", &["discord"], &[run(Dotted, 50, 80).that(is_discord), just(Hex, 64), just(Word, 32)]),
    of("drone", "a Drone token", &["droneci", "drone_"], LOWER32),
    of("dropbox-secret", "a Dropbox key", &["dropbox"], &[just(OneCase, 15), just(Word, 64)]),
    of("etsy", "an Etsy token", &["etsy"], &[just(OneCase, 24)]),
    of("facebook", "a Facebook secret", &["facebook", "fb_app", "fb_secret", "meta_app"], HEX32),
    of("fastly", "a Fastly key", &["fastly"], &[just(Word, 32)]),
    of("finicity", "a Finicity key", &["finicity"], &[just(Hex, 32), just(OneCase, 20)]),
    of("finnhub", "a Finnhub token", &["finnhub"], &[just(OneCase, 20), just(OneCase, 40)]),
    of("flickr", "a Flickr token", &["flickr"], LOWER32),
    of("freshbooks", "a FreshBooks token", &["freshbooks"], HEX64),
    of("gitter", "a Gitter token", &["gitter"], HEX40),
    of("heroku-old", "a Heroku API key", &["heroku"], UUID),
    of("hubspot-old", "a HubSpot key", &["hubspot", "hapikey"], UUID),
    of("intercom", "an Intercom token", &["intercom"], &[just(Dotted, 60)]),
    of("jfrog", "a JFrog key", &["jfrog", "artifactory", "bintray"], &[just(Alnum, 73), just(Alnum, 64)]),
    of("kraken", "a Kraken key", &["kraken"], &[run(Base64, 80, 90)]),
    of("kucoin", "a KuCoin key", &["kucoin"], &[just(Hex, 24), just(Uuid, 36)]),
    of("linear-secret", "a Linear secret", &["linear"], HEX32),
    of("linkedin", "a LinkedIn secret", &["linkedin", "linked_in", "linked-in"], &[just(Alnum, 16)]),
    of("mailgun-signing", "a Mailgun key", &["mailgun"], &[just(Word, 50), just(Hex, 32)]),
    of("mattermost", "a Mattermost token", &["mattermost"], &[just(OneCase, 26)]),
    of("messagebird", "a MessageBird key", &["messagebird", "message_bird", "message-bird"], &[just(Alnum, 25)]),
    of("netlify-old", "a Netlify token", &["netlify"], &[run(Word, 40, 46)]),
    of("newrelic-license", "a New Relic key", &["new_relic", "newrelic", "new-relic"], &[just(OneCase, 40), just(OneCase, 64)]),
    of("nytimes", "a New York Times key", &["nytimes", "newyorktimes", "new-york-times"], &[just(Word, 32)]),
    of("okta", "an Okta token", &["okta"], &[just(Word, 42)]),
    of("plaid-secret", "a Plaid secret", &["plaid"], &[just(OneCase, 30)]),
    of("postmark", "a Postmark token", &["postmark"], UUID),
    of("rapidapi", "a RapidAPI key", &["rapidapi"], &[just(Word, 50)]),
    of("razorpay-secret", "a Razorpay secret", &["razorpay"], &[just(Alnum, 24)]),
    of("sendbird", "a Sendbird token", &["sendbird"], &[just(Hex, 40), just(Uuid, 36)]),
    of("sentry-old", "a Sentry token", &["sentry"], HEX64),
    of("snyk", "a Snyk token", &["snyk"], UUID),
    of("sonar-old", "a Sonar token", &["sonar"], HEX40),
    of("sourcegraph-old", "a Sourcegraph token", &["sourcegraph"], HEX40),
    of("squarespace", "a Squarespace token", &["squarespace"], UUID),
    of("sumologic", "a Sumo Logic key", &["sumologic", "sumo_"], &[just(Alnum, 64), just(Alnum, 14)]),
    of("travis", "a Travis token", &["travis"], &[just(Alnum, 22)]),
    of("trello-key", "a Trello key", &["trello"], &[just(Hex, 32), just(Hex, 64)]),
    of("twilio-token", "a Twilio token", &["twilio"], HEX32),
    of("twitch", "a Twitch token", &["twitch"], &[just(OneCase, 30)]),
    of("twitter", "a Twitter secret", &["twitter"], &[run(Alnum, 44, 50), just(Alnum, 25), run(Word, 36, 66).that(is_twitter_token)]),
    of("zendesk", "a Zendesk key", &["zendesk"], &[just(OneCase, 40)]),
    of("vault-old", "a Vault token", &["vault"], &[just(Dotted, 26).that(is_vault)]),
    of("hetzner", "a Hetzner token", &["hetzner", "hcloud"], &[just(Alnum, 64)]),
    of("linode", "a Linode token", &["linode"], HEX64),
    of("vultr", "a Vultr key", &["vultr"], &[just(OneCase, 36)]),
    of("upstash", "an Upstash token", &["upstash"], &[run(Base64, 40, 120)]),
    of("ably", "an Ably key", &["ably_api", "ablyapi", "ably_key"], &[run(Base64, 40, 80)]),
    of("pusher", "a Pusher secret", &["pusher"], &[just(Hex, 20)]),
    of("auth0", "an Auth0 secret", &["auth0"], &[just(Word, 64)]),
    of("vercel", "a Vercel token", &["vercel"], &[just(Alnum, 24)]),
    of("railway", "a Railway token", &["railway"], UUID),
    of("calendly", "a Calendly token", &["calendly"], &[run(Dotted, 100, 1000)]),
];

/// A hash of SHA-1 in hexadecimal digits is as long.
fn is_aws_secret(run: &[u8]) -> bool {
    let both = run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase);
    both && super::pattern::is_random(run)
}

fn is_discord(run: &[u8]) -> bool {
    let groups: Vec<usize> = run.split(|byte| *byte == b'.').map(<[u8]>::len).collect();
    matches!(groups[..], [23..=28, 6..=7, 27..=45]) && super::pattern::is_random(run)
}

fn is_twitter_token(run: &[u8]) -> bool {
    let digits = run.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (15..=25).contains(&digits) && run.get(digits) == Some(&b'-') && super::pattern::is_random(run)
}

fn is_vault(run: &[u8]) -> bool {
    run.starts_with(b"s.") && super::pattern::is_random(run)
}
