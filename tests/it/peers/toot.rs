//! `toot`, a command-line app from PyPI, from signing in to following someone.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use ferrodon_test_support::tls;
use serde_json::Value;

use super::{Network, Person, Site, below_target, browse, consent, kept, tell, text};

/// `toot` with a configuration of its own, and what was said so far.
struct Toot<'a> {
    network: &'a Network,
    transcript: String,
}

impl Toot<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let home = self.network.folder.path();
        let mut command = Command::new(below_target("venv/toot/bin/toot"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/python"))
            .env("PYTHONUNBUFFERED", "1")
            .env("LC_ALL", "C.UTF-8")
            .env("NAMES", self.network.pairs())
            .env("REQUESTS_CA_BUNDLE", tls::ca_file());
        command
    }

    /// Runs a command, which must succeed, and returns what it printed.
    fn run(&mut self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("toot starts");
        let said = text(&output);
        writeln!(self.transcript, "$ toot {}\n{}", arguments.join(" "), said.trim_end()).unwrap();
        assert!(output.status.success(), "{}", self.transcript);
        String::from_utf8(output.stdout).expect("text")
    }

    fn json(&mut self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.run(&arguments)).expect("JSON")
    }

    /// Signs in: toot names a page, the person agrees there, toot is given the code.
    fn sign_in(&mut self, site: &Site, person: &Person) {
        let mut child = self
            .command(&["login", "--instance", &site.url("")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("toot starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut said = String::new();
        let page = loop {
            let mut line = String::new();
            if output.read_line(&mut line).expect("text") == 0 {
                let output = child.wait_with_output().expect("it ended");
                panic!("toot named no page: {said}{}\n{}", text(&output), site.log());
            }
            said.push_str(&line);
            if line.starts_with("https://") {
                break line.trim().to_owned();
            }
        };
        tell(&mut child, "n"); // Do not open a browser.
        let agreed = browse(self.network, &consent(&page, person));
        tell(&mut child, agreed["code"].as_str().expect("a code"));
        output.read_to_string(&mut said).expect("text");
        let status = child.wait().expect("it ended");
        let secret = agreed["code"].as_str().expect("a code");
        writeln!(self.transcript, "$ toot login\n{}", said.replace(secret, "[code]")).unwrap();
        assert!(status.success(), "{}\n{}", self.transcript, site.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn toot_signs_in_posts_reads_favourites_boosts_and_follows() {
    let network = Network::start(&["home.test"]);
    let site = Site::start(&network, "home.test").await;
    let alice = site.account("alice");
    let bob = site.account("bob");
    let bobs = site.token(&network, &bob).await;
    let from_bob = serde_json::json!({ "status": "Hello, I am new here" });
    let from_bob = site.post(&bobs, "/api/v1/statuses", from_bob).await;
    let from_bob = from_bob["id"].as_str().expect("an id").to_owned();

    let mut toot = Toot { network: &network, transcript: String::new() };
    toot.sign_in(&site, &alice);
    assert!(toot.run(&["auth"]).contains("alice@home.test"));
    assert!(toot.run(&["whoami"]).contains("@alice"));

    let posted = toot.json(&["post", "Posted with #toot at @bob"]);
    let content = posted["content"].as_str().expect("text");
    assert!(content.contains("https://home.test/tags/toot"), "{content}");
    assert!(content.contains("https://home.test/@bob"), "{content}");
    let id = posted["id"].as_str().expect("an id");
    assert!(toot.run(&["status", id]).contains("Posted with #toot"));

    toot.run(&["favourite", &from_bob]);
    toot.run(&["reblog", &from_bob]);
    toot.run(&["follow", "bob"]);
    let shown = toot.json(&["status", &from_bob]);
    assert_eq!(shown["favourited"], true);
    assert_eq!(shown["reblogged"], true);
    assert_eq!(shown["favourites_count"], 1);
    assert_eq!(shown["reblogs_count"], 1);

    // What follows is done by jobs.
    let told = |all: &Value| {
        let kinds: Vec<_> = all.as_array().expect("a list").iter().map(|n| &n["type"]).collect();
        ["follow", "favourite", "reblog", "mention"]
            .iter()
            .all(|kind| kinds.iter().any(|k| *k == kind))
    };
    site.get_until(&bobs, "/api/v1/notifications", told).await;
    let again = serde_json::json!({ "status": "For those who follow me", "visibility": "private" });
    site.post(&bobs, "/api/v1/statuses", again).await;
    let mut home = String::new();
    for _ in 0..50 {
        home = toot.run(&["timelines", "home", "--no-pager", "--no-clear"]);
        if home.contains("For those who follow me") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(home.contains("For those who follow me"), "{home}\n{}", site.log());
    assert!(home.contains("Posted with #toot"), "{home}");

    toot.run(&["unfavourite", &from_bob]);
    toot.run(&["unreblog", &from_bob]);
    toot.run(&["unfollow", "bob"]);
    toot.run(&["delete", id]);
    std::fs::write(kept("toot").join("transcript.txt"), &toot.transcript).expect("a file");
    println!("{}", toot.transcript);
}
