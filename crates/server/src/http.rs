//! What surrounds every request of the web role: its id, its client's address, the host it is
//! for, its log line; and the listener that ends gracefully.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use ferrodon_app::App;
use ferrodon_core::client::behind_proxies;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps `router` in what every request goes through, outermost first: log line, request id,
/// host check, `https`.
pub fn surround(router: Router, app: App) -> Router {
    router.layer(middleware::from_fn_with_state(app, around))
}

/// Takes a slash at the end of an address as not written, as Mastodon does: apps are known to ask for
/// `/oauth/authorize/`. What is posted stays as it is, because a signature may cover the address.
pub fn without_last_slash(router: Router) -> Router {
    let strip = |mut request: Request| {
        let path = request.uri().path();
        let bare = path.trim_end_matches('/');
        if bare.len() < path.len() && !bare.is_empty() && request.method().is_safe() {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            if let Ok(uri) = format!("{bare}{query}").parse() {
                *request.uri_mut() = uri;
            }
        }
        request
    };
    Router::new().fallback_service(tower::ServiceExt::map_request(router, strip))
}

async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    // Queries may hold tokens and search words, so only the path is logged.
    let path = request.uri().path().to_owned();

    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let client = behind_proxies(peer, &forwarded.join(","), &app.config.trusted_proxies);
    request.extensions_mut().insert(client);

    let mut response = match refuse(&app, &request, &path) {
        Some(refusal) => refusal,
        // Whatever is logged on the way tells which request it was.
        None => {
            next.run(request).instrument(tracing::error_span!("request", request.id = %id)).await
        }
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    tracing::info!(
        request.id = %id,
        http.method = %method,
        http.path = %path,
        http.status = response.status().as_u16(),
        duration.ms = started.elapsed().as_millis() as u64,
        "answered"
    );
    response
}

/// The id a proxy gave the request, if it looks like one, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(&X_REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| {
        (1..=255).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    });
    given.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

/// Requests for another host, and plain ones where addresses are `https`, go no further.
fn refuse(app: &App, request: &Request, path: &str) -> Option<Response> {
    if path == "/health" {
        return None;
    }
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| request.uri().host()).unwrap_or_default().to_ascii_lowercase();
    if !app.config.is_local_host(&host) && !app.config.is_local_host(strip_port(&host)) {
        let text = "Blocked host. Set LOCAL_DOMAIN, WEB_DOMAIN or ALTERNATE_DOMAINS to the name \
                    this server is reached by.\n";
        let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Some((StatusCode::FORBIDDEN, plain, text).into_response());
    }
    let proto = request.headers().get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let secure = proto.is_some_and(|proto| proto.split(',').next() == Some("https"));
    if app.config.https && !secure && !strip_port(&host).ends_with(".onion") {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let to = format!("https://{host}{path}{query}");
        let safe = request.method().is_safe();
        let status =
            if safe { StatusCode::MOVED_PERMANENTLY } else { StatusCode::TEMPORARY_REDIRECT };
        return Some((status, [(LOCATION, to)]).into_response());
    }
    None
}

fn strip_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Binds `addr`; the error says which setting to change.
pub async fn listen(addr: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| {
        anyhow::anyhow!(
            "cannot listen on {addr}: {error}. Set {setting} to a free address and port"
        )
    })
}

/// Serves until `shutdown`, then stops accepting and gives open requests 20 seconds.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server =
        axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let overtime = async {
        shutdown.cancelled().await;
        tokio::time::sleep(Duration::from_secs(20)).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = overtime => tracing::warn!("some requests did not end in time and were cut off"),
    }
    Ok(())
}
