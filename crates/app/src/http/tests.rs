//! The client against small servers of our own on 127.0.0.1, reached by names fixed in the settings.

use std::collections::HashMap;
use std::net::SocketAddr;

use small_server::serve;

use super::*;

/// A server that answers by path with raw bytes; keeps no state.
mod small_server {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{HashMap, SocketAddr, plain};

    pub(super) async fn serve(answers: HashMap<&'static str, Vec<u8>>) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let answers = answers.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap();
                    let answer = match answers.get(path) {
                        Some(answer) => answer.clone(),
                        None => plain(&head),
                    };
                    stream.write_all(&answer).await.unwrap();
                    stream.shutdown().await.ok();
                });
            }
        });
        address
    }
}

fn plain(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into()
}

fn redirect(to: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .into()
}

fn client(names: &[(&str, SocketAddr)]) -> Client {
    let fixed_names = names.iter().map(|(name, address)| ((*name).to_owned(), *address)).collect();
    let user_agent = "Ferrodon/0 (hyper/1; +https://ferro.test/)".to_owned();
    Client::with(&Options { fixed_names, user_agent, ..Options::default() }).unwrap()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_request_says_who_we_are_and_what_we_want() {
    let client = client(&[("peer.test", serve(HashMap::new()).await)]);
    let url = url("http://peer.test:8080/x?y=1#z");
    let response = client.get(Get::new(&url).accept("application/activity+json")).await.unwrap();
    let head = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(head.starts_with("GET /x?y=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: peer.test:8080\r\n"), "{head}");
    assert!(head.contains("\r\naccept: application/activity+json\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: Ferrodon/"), "{head}");
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_not_in_circles() {
    let answers = HashMap::from([
        ("/1", redirect("/2")),
        ("/2", redirect("http://peer.test/3")),
        ("/3", redirect("4")),
        ("/4", plain("there")),
        ("/0", redirect("/1")),
        ("/loop", redirect("/pool")),
        ("/pool", redirect("/loop")),
    ]);
    let client = client(&[("peer.test", serve(answers).await)]);
    let get = async |path: &str| {
        let url = url(&format!("http://peer.test{path}"));
        client.get(Get::new(&url)).await
    };
    let response = get("/1").await.unwrap();
    assert_eq!((response.url.path(), &response.body[..]), ("/4", &b"there"[..]));
    assert!(matches!(get("/0").await, Err(Error::Redirect)));
    assert!(matches!(get("/loop").await, Err(Error::Redirect)));
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let answers = HashMap::from([
        ("/a", redirect("http://127.0.0.1:1/")),
        ("/b", redirect("http://[::ffff:10.0.0.1]/")),
        ("/c", redirect("http://localhost:1/")),
        ("/d", redirect("http://169.254.169.254/latest/meta-data")),
        ("/e", redirect("file:///etc/passwd")),
    ]);
    let client = client(&[("peer.test", serve(answers).await)]);
    for path in ["/a", "/b", "/c", "/d"] {
        let url = url(&format!("http://peer.test{path}"));
        assert!(matches!(client.get(Get::new(&url)).await, Err(Error::Forbidden)), "{path}");
    }
    let url = url("http://peer.test/e");
    assert!(matches!(client.get(Get::new(&url)).await, Err(Error::Address)));
}

#[tokio::test]
async fn bodies_have_a_limit_that_counts_inflated_bytes() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &[b'a'; 100_000]).unwrap();
    let small = encoder.finish().unwrap();
    assert!(small.len() < 500);
    let mut zipped = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        small.len()
    )
    .into_bytes();
    zipped.extend(small);
    let answers = HashMap::from([("/zipped", zipped), ("/plain", plain(&"b".repeat(2000)))]);
    let client = client(&[("peer.test", serve(answers).await)]);

    let zipped = url("http://peer.test/zipped");
    let whole = client.get(Get::new(&zipped)).await.unwrap();
    assert_eq!(whole.body.len(), 100_000);
    let refused = client.get(Get::new(&zipped).limit(Limit::Refuse(99_999))).await;
    assert!(matches!(refused, Err(Error::TooLarge)));
    let cut = client.get(Get::new(&zipped).limit(Limit::Cut(1000))).await.unwrap();
    assert_eq!(cut.body.len(), 1000);

    let plain = url("http://peer.test/plain");
    let refused = client.get(Get::new(&plain).limit(Limit::Refuse(1999))).await;
    assert!(matches!(refused, Err(Error::TooLarge)));
    let cut = client.get(Get::new(&plain).limit(Limit::Cut(10))).await.unwrap();
    assert_eq!(&cut.body[..], b"bbbbbbbbbb");
}
