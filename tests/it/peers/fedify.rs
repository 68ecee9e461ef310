//! A federated server built on Fedify: it follows someone here, hears a post and answers it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use ferrodon_test_support::tls;
use serde_json::{Value, json};

use super::{Network, PATIENCE, Process, Site, kept, node};

/// `tests/peers/fedify.mjs` as `fedify.test`.
struct Fedify {
    url: String,
    client: reqwest::Client,
    _process: Process,
}

impl Fedify {
    fn start(network: &Network) -> Self {
        let port = network.port_behind("fedify.test");
        let mut child = node("fedify.mjs")
            .env("ORIGIN", "https://fedify.test")
            .env("PORT", port.to_string())
            .env("NAMES", network.pairs())
            .env("CA_FILE", tls::ca_file())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let output = child.stdout.take().expect("its output");
        let process = Process(child);
        let first = BufReader::new(output).lines().next().expect("a line").expect("text");
        assert_eq!(first, "ready");
        let url = format!("http://127.0.0.1:{port}/control");
        Self { url, client: network.client(), _process: process }
    }

    /// Tells it to do something.
    async fn tell(&self, site: &Site, what: &str, with: Value) -> Value {
        let request = self.client.post(format!("{}/{what}", self.url)).json(&with);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert!(answer["error"].is_null(), "{what}: {}\n{}", answer["error"], site.log());
        answer
    }

    /// The first activity it received and verified that is as described.
    async fn received(&self, site: &Site, is_it: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let all = self.tell(site, "received", json!({})).await;
            let list = all["received"].as_array().expect("a list");
            if let Some(found) = list.iter().find(|activity| is_it(activity)) {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "it received only {all}\n{}", site.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_fedify_follows_hears_a_post_and_its_reply_is_read_here() {
    let network = Network::start(&["home.test", "fedify.test"]);
    let site = Site::start(&network, "home.test").await;
    let fedify = Fedify::start(&network);
    let alice = site.account("alice");
    let alice = site.token(&network, &alice).await;

    // It finds alice by her handle and follows her; we accept.
    fedify.tell(&site, "follow", json!({ "handle": "@alice@home.test" })).await;
    fedify.received(&site, |activity| activity["type"] == "Accept").await;
    let me = site.get(&alice, "/api/v1/accounts/verify_credentials").await;
    let id = me["id"].as_str().expect("an id");
    let followers = format!("/api/v1/accounts/{id}/followers");
    let followers = site.get_until(&alice, &followers, |list| list[0].is_object()).await;
    assert_eq!(followers[0]["acct"], "fred@fedify.test");

    // Alice finds fred by his handle and follows him; it accepts.
    let found = site.get(&alice, "/api/v2/search?q=%40fred%40fedify.test&resolve=true").await;
    let fred = found["accounts"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
    site.post(&alice, &format!("/api/v1/accounts/{fred}/follow"), json!({})).await;
    let relation = format!("/api/v1/accounts/relationships?id[]={fred}");
    site.get_until(&alice, &relation, |answer| answer[0]["following"] == true).await;

    // Alice posts; it receives the Create and verifies our signature.
    let draft = json!({ "status": "Hello, other servers! #greeting" });
    let post = site.post(&alice, "/api/v1/statuses", draft).await;
    let create = fedify
        .received(&site, |activity| {
            activity["type"] == "Create" && activity["object"]["id"] == post["uri"]
        })
        .await;
    let content = create["object"]["content"].as_str().expect("a text");
    assert!(content.contains("Hello, other servers!"), "{content}");

    // It replies; the reply is read here, in the thread, at home and among the notifications.
    fedify.tell(&site, "reply", json!({ "to": post["uri"], "text": "<p>Hello back</p>" })).await;
    let post_id = post["id"].as_str().expect("an id");
    let context = format!("/api/v1/statuses/{post_id}/context");
    let context =
        site.get_until(&alice, &context, |context| context["descendants"][0].is_object()).await;
    let reply = &context["descendants"][0];
    assert_eq!(reply["content"], "<p>Hello back</p>");
    assert_eq!(reply["account"]["acct"], "fred@fedify.test");
    assert_eq!(reply["in_reply_to_id"], post["id"]);
    let is_there = |list: &Value| {
        list.as_array().expect("a list").iter().any(|status| status["id"] == reply["id"])
    };
    site.get_until(&alice, "/api/v1/timelines/home", is_there).await;
    let notified = site
        .get_until(&alice, "/api/v1/notifications?types[]=mention", |all| all[0].is_object())
        .await;
    assert_eq!(notified[0]["status"]["id"], reply["id"]);

    // Alice favourites and boosts the reply, then deletes her post; it hears of all three.
    let reply_id = reply["id"].as_str().expect("an id");
    site.post(&alice, &format!("/api/v1/statuses/{reply_id}/favourite"), json!({})).await;
    site.post(&alice, &format!("/api/v1/statuses/{reply_id}/reblog"), json!({})).await;
    for kind in ["Like", "Announce"] {
        fedify.received(&site, |a| a["type"] == kind && a["object"] == reply["uri"]).await;
    }
    let delete = site.client.delete(site.url(&format!("/api/v1/statuses/{post_id}")));
    site.send(delete.bearer_auth(&alice)).await;
    fedify.received(&site, |a| a["type"] == "Delete").await;

    let all = fedify.tell(&site, "received", json!({})).await;
    assert_eq!(all["refused"], json!([]));
    let all = serde_json::to_string_pretty(&all["received"]).expect("JSON");
    std::fs::write(kept("fedify").join("received.json"), all).expect("a file");
}
