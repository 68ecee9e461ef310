//! Connections to the outside: names are looked up once, the addresses found are checked, and
//! exactly those are connected to, so no second answer of a name server can slip in between.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ferrodon_core::Config;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::Service;
use url::Url;

use super::Options;
use super::guard::Guard;

const DNS_TIME: Duration = Duration::from_secs(5);
const CONNECT_TIME: Duration = Duration::from_secs(5);
const TLS_TIME: Duration = Duration::from_secs(5);
/// Addresses of each family that are tried.
const TRIED_OF_EACH: usize = 2;

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the address has no host")]
    NoHost,
    #[error("hidden services are not reached")]
    Hidden,
    #[error("the name was not found")]
    NotFound,
    #[error("all addresses of the name are private or special")]
    Forbidden,
    #[error("time ran out while connecting")]
    Timeout,
    #[error("the proxy refused the connection")]
    Proxy,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes guarded connections, with TLS for `https`. Build a hyper client on it.
#[derive(Clone, Debug)]
pub struct Connector(HttpsConnector<Tcp>);

/// The connector this configuration asks for.
pub fn connector(config: &Config) -> anyhow::Result<Connector> {
    Connector::new(&Options::of(config))
}

impl Connector {
    pub(super) fn new(options: &Options) -> anyhow::Result<Self> {
        Ok(Self(HttpsConnector::from((Tcp::new(options)?, tls(options)?))))
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            match timeout(DNS_TIME + CONNECT_TIME + TLS_TIME, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(ConnectError::Timeout.into()),
            }
        })
    }
}

/// Trust in the system's authorities (the built-in list where the system has none) and in the
/// operator's own.
fn tls(options: &Options) -> anyhow::Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // A certificate of the system that we cannot read is no reason not to start.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(file) = &options.ca_file {
        let name = file.display();
        for certificate in CertificateDer::pem_file_iter(file)
            .with_context(|| format!("cannot read certificates from {name}"))?
        {
            let certificate = certificate.with_context(|| format!("no certificate in {name}"))?;
            roots.add(certificate).with_context(|| format!("unusable certificate in {name}"))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Makes the TCP connection.
#[derive(Clone, Debug)]
struct Tcp(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    guard: Guard,
    /// Names that lead elsewhere than DNS says. The operator wrote them, so they are not checked.
    fixed: HashMap<String, SocketAddr>,
    proxy: Option<Proxy>,
    lookup: Lookup,
}

impl Tcp {
    fn new(options: &Options) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Rules {
            guard: Guard::new(options.allowed.clone()),
            fixed: options.fixed_names.iter().cloned().collect(),
            proxy: options.proxy.as_deref().map(Proxy::parse).transpose()?,
            lookup: Lookup::System,
        })))
    }
}

impl Service<Uri> for Tcp {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let rules = self.0.clone();
        Box::pin(async move { rules.connect(&uri).await.map(TokioIo::new) })
    }
}

impl Rules {
    async fn connect(&self, uri: &Uri) -> Result<TcpStream, ConnectError> {
        let host = uri.host().ok_or(ConnectError::NoHost)?.to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default_port);

        if let Some(address) = self.fixed.get(host) {
            return race(vec![*address]).await;
        }
        if host.ends_with(".onion") || host.ends_with(".i2p") {
            return Err(ConnectError::Hidden);
        }
        if let Some(proxy) = &self.proxy {
            return proxy.connect(uri.host().unwrap_or(host), port).await;
        }

        let addresses = self.lookup.addresses(host).await?;
        let permitted: Vec<SocketAddr> = chosen(&addresses)
            .into_iter()
            .filter(|address| self.guard.permits(*address))
            .map(|address| SocketAddr::new(address, port))
            .collect();
        if permitted.is_empty() {
            return Err(ConnectError::Forbidden);
        }
        race(permitted).await
    }
}

/// A name server of a test.
#[cfg(test)]
type Answers = Box<dyn Fn(&str) -> Vec<IpAddr> + Send + Sync>;

/// How names become addresses.
enum Lookup {
    System,
    #[cfg(test)]
    Answers(Answers),
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookup")
    }
}

impl Lookup {
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ConnectError> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let found: Vec<IpAddr> = match self {
            Lookup::System => timeout(DNS_TIME, tokio::net::lookup_host((host, 0)))
                .await
                .map_err(|_| ConnectError::Timeout)?
                .map_err(|_| ConnectError::NotFound)?
                .map(|address| address.ip())
                .collect(),
            #[cfg(test)]
            Lookup::Answers(answer) => answer(host),
        };
        if found.is_empty() { Err(ConnectError::NotFound) } else { Ok(found) }
    }
}

/// The first few addresses of each family, IPv6 first.
fn chosen(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let v6 = addresses.iter().filter(|address| address.is_ipv6()).take(TRIED_OF_EACH);
    let v4 = addresses.iter().filter(|address| address.is_ipv4()).take(TRIED_OF_EACH);
    v6.chain(v4).copied().collect()
}

/// Connects to all at once; the first that answers wins.
async fn race(addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectError> {
    let mut attempts: FuturesUnordered<_> = addresses.into_iter().map(TcpStream::connect).collect();
    let first = async {
        let mut failure = ConnectError::NotFound;
        while let Some(attempt) = attempts.next().await {
            match attempt {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    };
    timeout(CONNECT_TIME, first).await.map_err(|_| ConnectError::Timeout)?
}

/// An HTTP proxy that everything goes through. It decides what may be reached.
struct Proxy {
    host: String,
    port: u16,
    authorization: Option<String>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}

impl Proxy {
    fn parse(address: &str) -> anyhow::Result<Self> {
        let url = Url::parse(address).context("http_proxy is not an address")?;
        if url.scheme() != "http" {
            bail!("http_proxy must start with http://");
        }
        let host = url.host_str().context("http_proxy has no host")?.to_owned();
        let authorization = (!url.username().is_empty()).then(|| {
            let pair = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair))
        });
        Ok(Self { host, port: url.port_or_known_default().unwrap_or(8080), authorization })
    }

    /// Asks the proxy for a tunnel.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let name = self.host.trim_start_matches('[').trim_end_matches(']');
        let addresses = Lookup::System.addresses(name).await?;
        let addresses = chosen(&addresses);
        let mut stream =
            race(addresses.into_iter().map(|ip| SocketAddr::new(ip, self.port)).collect()).await?;
        let authorization = self.authorization.as_deref().unwrap_or_default();
        let request =
            format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n");
        let tunnel = async {
            stream.write_all(request.as_bytes()).await?;
            // Byte by byte: what follows the head belongs to the tunnel.
            let mut head = Vec::with_capacity(128);
            while !head.ends_with(b"\r\n\r\n") {
                if head.len() > 8192 {
                    return Err(ConnectError::Proxy);
                }
                head.push(stream.read_u8().await?);
            }
            let agreed = head.starts_with(b"HTTP/1.1 200") || head.starts_with(b"HTTP/1.0 200");
            if agreed { Ok(()) } else { Err(ConnectError::Proxy) }
        };
        timeout(CONNECT_TIME, tunnel).await.map_err(|_| ConnectError::Timeout)??;
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    fn rules(answer: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static) -> Rules {
        Rules {
            guard: Guard::default(),
            fixed: HashMap::new(),
            proxy: None,
            lookup: Lookup::Answers(Box::new(answer)),
        }
    }

    #[tokio::test]
    async fn literal_special_addresses_are_refused() {
        let rules = rules(|_| vec![]);
        for uri in ["http://127.0.0.1/", "http://[::1]/", "https://[::ffff:10.0.0.1]:444/"] {
            let refused = rules.connect(&uri.parse().unwrap()).await;
            assert!(matches!(refused, Err(ConnectError::Forbidden)), "{uri}");
        }
    }

    #[tokio::test]
    async fn names_of_private_addresses_and_hidden_services_are_refused() {
        let rules = rules(|_| vec!["192.168.1.1".parse().unwrap(), "fe80::1".parse().unwrap()]);
        let refused = rules.connect(&"https://sly.test/".parse().unwrap()).await;
        assert!(matches!(refused, Err(ConnectError::Forbidden)));
        let refused = rules.connect(&"http://abc.onion/".parse().unwrap()).await;
        assert!(matches!(refused, Err(ConnectError::Hidden)));
    }

    #[tokio::test]
    async fn a_name_is_asked_once_and_the_checked_address_is_the_one_connected() {
        // The first answer is on a network that the operator allows, all later ones are not: a
        // second question, after the check, would lead elsewhere.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let mut rules = rules(move |_| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            vec![if first { "127.0.0.1" } else { "10.0.0.1" }.parse().unwrap()]
        });
        rules.guard = Guard::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let uri: Uri = format!("http://rebind.test:{port}/").parse().unwrap();

        let stream = rules.connect(&uri).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(matches!(rules.connect(&uri).await, Err(ConnectError::Forbidden)));
    }

    #[test]
    fn two_addresses_of_each_family_are_tried_with_ipv6_first() {
        let all = ["1.1.1.1", "1.1.1.2", "1.1.1.3", "2606::1", "2606::2", "2606::3"]
            .map(|ip| ip.parse().unwrap());
        let expected: [IpAddr; 4] =
            ["2606::1", "2606::2", "1.1.1.1", "1.1.1.2"].map(|ip| ip.parse().unwrap());
        assert_eq!(chosen(&all), expected);
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_a_tunnel() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut rules = rules(|_| vec![]);
        rules.proxy = Some(Proxy::parse(&format!("http://u:p@127.0.0.1:{port}")).unwrap());
        let answer = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 1024];
            let length = stream.read(&mut head).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        });
        rules.connect(&"https://far.test/".parse().unwrap()).await.unwrap();
        let head = answer.await.unwrap();
        assert!(head.starts_with("CONNECT far.test:443 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Proxy-Authorization: Basic dTpw\r\n"), "{head}");
    }
}
