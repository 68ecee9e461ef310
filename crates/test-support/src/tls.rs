//! A certificate authority for one test process, and listeners that use it.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem_file: PathBuf,
    _folder: tempfile::TempDir,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(rcgen::DnType::CommonName, "Tests");
    let certificate = params.self_signed(&key).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let pem_file = folder.path().join("ca.pem");
    std::fs::write(&pem_file, certificate.pem()).expect("a file");
    Authority { issuer: Issuer::new(params, key), pem_file, _folder: folder }
});

/// The file with the authority's certificate, for `FERRODON_CA_FILE`.
#[must_use]
pub fn ca_file() -> PathBuf {
    AUTHORITY.pem_file.clone()
}

/// A certificate for `host` and its key, as PEM, for programs that take files.
#[must_use]
pub fn certificate(host: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
    // What strict clients insist on.
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &AUTHORITY.issuer).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// Uses the one TLS implementation we have; may be called any number of times.
pub fn install_provider() {
    // The second call finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Serves `router` as `host` (which may be `*.domain`) on `listener` until the task is dropped.
pub fn serve(listener: TcpListener, host: &str, router: Router) -> tokio::task::JoinHandle<()> {
    install_provider();
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &AUTHORITY.issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = TowerToHyperService::new(router);
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                // A peer that hangs up is no one's mistake.
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}
