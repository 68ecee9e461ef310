//! A person signs in and lets an app in.

use axum::http::StatusCode;
use ferrodon_test_support::browser::{Browser, forms, location};
use ferrodon_test_support::{PASSWORD, TestServer};
use url::Url;

const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Registers an app; the address at which it asks for access.
async fn app_asks(server: &TestServer, redirect_uri: &str) -> (String, String, String) {
    let fields = [
        ("client_name", "Tusky"),
        ("redirect_uris", redirect_uri),
        ("scopes", "read write follow"),
        ("website", "https://tusky.app"),
    ];
    let app = server.anonymous().post_form("/api/v1/apps", &fields).await.ok();
    let (id, secret) = (app.str("/client_id").to_owned(), app.str("/client_secret").to_owned());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", "read write follow")
        .append_pair("state", "x&y")
        .finish();
    (format!("/oauth/authorize?{query}"), id, secret)
}

async fn sign_in(browser: &mut Browser<'_>, ask: &str, password: &str) -> StatusCode {
    let redirect = browser.open(ask).await;
    let page = browser.follow(&redirect).await;
    let form = forms(&page).remove(0);
    let form = form.with("user[email]", "Alice@mail.test").with("user[password]", password);
    browser.submit(&form).await.status
}

#[tokio::test]
async fn a_person_signs_in_and_an_app_gets_a_token() {
    let server = TestServer::start().await;
    server.sign_in("alice", "read").await;
    let (ask, id, secret) = app_asks(&server, "https://tusky.test/cb").await;
    let mut browser = server.browser();

    assert_eq!(sign_in(&mut browser, &ask, PASSWORD).await, StatusCode::FOUND);
    let consent = browser.open(&ask).await.ok();
    for words in ["Tusky", "@alice", "Change everything of your account"] {
        assert!(consent.text.contains(words), "{words} is missing in {}", consent.text);
    }
    let allow = forms(&consent).into_iter().find(|form| form.action == "/oauth/authorize").unwrap();
    let answer = browser.submit(&allow).await;
    let back = Url::parse(&location(&answer)).unwrap();
    assert_eq!(back.host_str(), Some("tusky.test"));
    let query: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(query["state"], "x&y");

    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("client_secret", &secret),
        ("redirect_uri", "https://tusky.test/cb"),
        ("code", &query["code"]),
    ];
    let token = server.anonymous().post_form("/oauth/token", &exchange).await.ok();
    assert_eq!(token.str("/scope"), "read write follow");
    // A code counts once.
    let again = server.anonymous().post_form("/oauth/token", &exchange).await;
    assert_eq!((again.status, again.str("/error")), (StatusCode::BAD_REQUEST, "invalid_grant"));
    // The second time nobody is asked.
    let second = browser.open(&ask).await;
    assert!(location(&second).starts_with("https://tusky.test/cb?code="));
}

#[tokio::test]
async fn a_person_says_no() {
    let server = TestServer::start().await;
    server.sign_in("alice", "read").await;
    let (ask, ..) = app_asks(&server, "https://tusky.test/cb").await;
    let mut browser = server.browser();
    sign_in(&mut browser, &ask, PASSWORD).await;
    let consent = browser.open(&ask).await.ok();
    let deny = forms(&consent)
        .into_iter()
        .find(|form| form.fields.iter().any(|(name, _)| name == "_method"))
        .unwrap();
    let answer = location(&browser.submit(&deny).await);
    assert!(answer.starts_with("https://tusky.test/cb?error=access_denied"), "{answer}");
}

#[tokio::test]
async fn an_app_without_an_address_is_given_the_code_by_hand() {
    let server = TestServer::start().await;
    server.sign_in("alice", "read").await;
    let (ask, ..) = app_asks(&server, OUT_OF_BAND).await;
    let mut browser = server.browser();
    sign_in(&mut browser, &ask, PASSWORD).await;
    let consent = browser.open(&ask).await.ok();
    let allow = forms(&consent).into_iter().find(|form| form.action == "/oauth/authorize").unwrap();
    let answer = browser.submit(&allow).await;
    let page = browser.follow(&answer).await.ok();
    let code = location(&answer).rsplit_once("code=").unwrap().1.to_owned();
    assert!(page.text.contains(&code));
}

#[tokio::test]
async fn a_wrong_password_and_a_forged_form_do_nothing() {
    let server = TestServer::start().await;
    server.sign_in("alice", "read").await;
    let (ask, ..) = app_asks(&server, "https://tusky.test/cb").await;
    let mut browser = server.browser();
    let refused = sign_in(&mut browser, &ask, "wrong password").await;
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(location(&browser.open(&ask).await).starts_with("/auth/sign_in?"));

    // The token of one browser is worth nothing in another.
    sign_in(&mut browser, &ask, PASSWORD).await;
    let consent = browser.open(&ask).await.ok();
    let form = forms(&consent).into_iter().find(|form| form.action == "/oauth/authorize").unwrap();
    let mut other = server.browser();
    assert_eq!(other.submit(&form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let forged = form.with("authenticity_token", "0000");
    assert_eq!(browser.submit(&forged).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_app_that_asks_wrongly_is_shown_to_the_person_and_not_sent_back() {
    let server = TestServer::start().await;
    let (ask, ..) = app_asks(&server, "https://tusky.test/cb").await;
    let mut browser = server.browser();
    for (from, to) in [
        ("tusky.test", "evil.test"),
        ("response_type=code", "response_type=token"),
        ("scope=read", "scope=admin%3Aread"),
        ("client_id=", "client_id=x"),
        ("state=", "code_challenge=abc&code_challenge_method=plain&state="),
    ] {
        let wrong = ask.replacen(from, to, 1);
        assert_ne!(wrong, ask);
        assert_eq!(browser.open(&wrong).await.status, StatusCode::BAD_REQUEST, "{to}");
    }
}

#[tokio::test]
async fn whoever_guesses_passwords_is_stopped() {
    let server = TestServer::start().await;
    server.sign_in("alice", "read").await;
    let mut browser = server.browser();
    for _ in 0..25 {
        let status =
            sign_in(&mut browser, "/oauth/authorize/native?code=x", "wrong password").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let status = sign_in(&mut browser, "/oauth/authorize/native?code=x", PASSWORD).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}
