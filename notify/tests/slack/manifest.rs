//! The guide's manifest of the app: what the program calls needs no scope that it does not name.

use super::*;

#[test]
fn the_manifest_in_the_guide_is_json_and_asks_for_what_the_program_uses() {
    let guide = include_str!("../../../docs/slack.md");
    let block = guide.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let manifest: Value = serde_json::from_str(block).unwrap();
    let scopes = manifest["oauth_config"]["scopes"]["bot"].as_array().unwrap();
    let mut scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str().unwrap()).collect();
    scopes.sort_unstable();
    // chat.postMessage and chat.update; the slash command; conversations.open; users.info and users.lookupByEmail.
    let needed = ["chat:write", "chat:write.public", "commands", "im:write", "users:read", "users:read.email"];
    assert_eq!(scopes, needed);
    let hook = "https://flows.example.com/v1/hooks/slack";
    assert_eq!(manifest["settings"]["interactivity"]["request_url"], hook);
    assert_eq!(manifest["features"]["slash_commands"][0]["url"], hook);
    assert_eq!(manifest["features"]["slash_commands"][0]["command"], "/stepwell");
    for variable in [notify::slack::TOKEN, notify::slack::SIGNING_SECRET, notify::slack::API, notify::slack::OWNER] {
        assert!(guide.contains(variable), "{variable}");
    }
}
