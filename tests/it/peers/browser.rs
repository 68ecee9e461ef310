//! A person in Chromium signs in and lets an app in, and looks at every page we have.

use serde_json::{Value, json};

use super::{Network, Site, browse, consent, kept};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_consents_and_every_page_is_accessible() {
    let network = Network::start(&["home.test"]);
    let site = Site::start(&network, "home.test").await;
    let alice = site.account("alice");
    let token = site.token(&network, &alice).await;
    let draft = json!({ "status": "Look at https://example.com/a/long/address and #this, @alice" });
    let post = site.post(&token, "/api/v1/statuses", draft).await;
    let hidden = json!({ "status": "Behind a warning", "spoiler_text": "Careful" });
    site.post(&token, "/api/v1/statuses", hidden).await;

    let redirect = "urn:ietf:wg:oauth:2.0:oob";
    let app = json!({
        "client_name": "An app",
        "redirect_uris": redirect,
        "scopes": "read write:statuses follow push",
        "website": "https://app.example.com",
    });
    let app = site.post("", "/api/v1/apps", app).await;
    let address = url::Url::parse_with_params(
        &site.url("/oauth/authorize"),
        [
            ("client_id", app["client_id"].as_str().expect("an id")),
            ("redirect_uri", redirect),
            ("scope", "read write:statuses follow push"),
            ("response_type", "code"),
        ],
    );
    let shots = kept("screenshots");
    let mut plan = consent(address.expect("an address").as_str(), &alice, true);
    plan["shots"] = json!(shots);
    let post_id = post["id"].as_str().expect("an id");
    plan["pages"] = json!({
        "front": site.url("/"),
        "about": site.url("/about"),
        "profile": site.url("/@alice"),
        "post": site.url(&format!("/@alice/{post_id}")),
        "not-found": site.url("/@nobody"),
    });
    let seen = browse(&network, &plan);

    assert!(seen["code"].as_str().is_some_and(|code| !code.is_empty()), "{seen}");
    let pages = seen["pages"].as_array().expect("a list");
    assert_eq!(pages.len(), 9, "{seen}");
    let problems: Vec<&Value> = pages.iter().filter(|page| page["problems"] != json!([])).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    println!("the pictures are in {}", shots.display());
}
