//! Programs we did not write, against the built `ferrodon`: a command-line app, a federated server,
//! a browser. They find each other under names in `.test`, by TLS, through nginx.
//!
//! `./dev test` installs what these need (`tests/peers/`, `scripts/peers.sh`).

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ferrodon_test_support::{TestDatabase, tls};
use serde_json::{Value, json};

mod browser;
mod fedify;
mod toot;

/// How long anything here may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The names of a test and the nginx in front of them.
struct Network {
    folder: tempfile::TempDir,
    port: u16,
    /// Host name and the port of the program behind it.
    names: Vec<(&'static str, u16)>,
    _nginx: Process,
}

impl Network {
    /// Starts nginx for these names; what listens behind them may start later.
    fn start(names: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let names: Vec<_> = names.iter().map(|name| (*name, free_port())).collect();
        let place = folder.path();
        let servers: String =
            names.iter().map(|(name, to)| server(place, port, name, *to)).collect();
        let config = format!(
            "daemon off;\nmaster_process off;\nworker_processes 1;\npid {0}/nginx.pid;\n\
             error_log {0}/nginx.log;\nevents {{ worker_connections 256; }}\nhttp {{\n\
             access_log {0}/access.log;\n\
             client_body_temp_path {0}/body;\nproxy_temp_path {0}/proxy;\n\
             fastcgi_temp_path {0}/fastcgi;\nuwsgi_temp_path {0}/uwsgi;\n\
             scgi_temp_path {0}/scgi;\n{servers}}}\n",
            place.display()
        );
        std::fs::write(place.join("nginx.conf"), config).expect("a file");
        let nginx = Command::new(program("nginx", "/usr/sbin/nginx"))
            .arg("-e")
            .arg(place.join("nginx.log"))
            .arg("-c")
            .arg(place.join("nginx.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("nginx starts");
        let nginx = Process(nginx);
        wait_until("nginx listens", || listens(port));
        Self { folder, port, names, _nginx: nginx }
    }

    /// Where `name` listens behind nginx.
    fn port_behind(&self, name: &str) -> u16 {
        self.names.iter().find(|(known, _)| *known == name).expect("a name of this network").1
    }

    /// `name=port` pairs, as the programs on Node and Python are told them.
    fn pairs(&self) -> String {
        let pair = |(name, _): &(&str, u16)| format!("{name}={}", self.port);
        self.names.iter().map(pair).collect::<Vec<_>>().join(",")
    }

    /// A client that knows the names and trusts the authority.
    fn client(&self) -> reqwest::Client {
        tls::install_provider();
        let ca = std::fs::read(tls::ca_file()).expect("the authority's certificate");
        let ca = reqwest::Certificate::from_pem(&ca).expect("a certificate");
        let at = SocketAddr::from(([127, 0, 0, 1], self.port));
        let builder = reqwest::Client::builder().tls_certs_only([ca]).timeout(PATIENCE);
        let builder =
            self.names.iter().fold(builder, |builder, (name, _)| builder.resolve(name, at));
        builder.build().expect("a client")
    }
}

/// One `server` of nginx's configuration: TLS for `name`, passed on to `to`.
fn server(folder: &Path, port: u16, name: &str, to: u16) -> String {
    let (certificate, key) = tls::certificate(name);
    let certificate_file = folder.join(format!("{name}.pem"));
    let key_file = folder.join(format!("{name}.key"));
    std::fs::write(&certificate_file, certificate).expect("a file");
    std::fs::write(&key_file, key).expect("a file");
    format!(
        "server {{\n  listen 127.0.0.1:{port} ssl;\n  server_name {name};\n\
         ssl_certificate {};\n  ssl_certificate_key {};\n  location / {{\n\
         proxy_pass http://127.0.0.1:{to};\n    proxy_http_version 1.1;\n\
         proxy_set_header Host $host;\n    proxy_set_header Connection \"\";\n\
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         proxy_set_header X-Forwarded-Proto https;\n  }}\n}}\n",
        certificate_file.display(),
        key_file.display(),
    )
}

/// The built `ferrodon` as a process, with a database of its own.
struct Site {
    name: &'static str,
    settings: Vec<(&'static str, String)>,
    folder: PathBuf,
    client: reqwest::Client,
    _process: Process,
    _database: TestDatabase,
}

impl Site {
    /// Starts `ferrodon server` as `name` of this network and waits until it answers.
    async fn start(network: &Network, name: &'static str) -> Self {
        let database = TestDatabase::take().await;
        let folder = network.folder.path().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned();
        let resolve = network.names.iter().filter(|(other, _)| *other != name);
        let resolve: Vec<_> =
            resolve.map(|(other, _)| format!("{other}=127.0.0.1:{}", network.port)).collect();
        let settings = vec![
            ("LOCAL_DOMAIN", name.to_owned()),
            ("DATABASE_URL", database.url()),
            ("PORT", network.port_behind(name).to_string()),
            ("FERRODON_STREAMING_PORT", free_port().to_string()),
            ("FERRODON_CA_FILE", tls::ca_file().display().to_string()),
            ("FERRODON_RESOLVE", resolve.join(" ")),
            ("ALLOWED_PRIVATE_ADDRESSES", "127.0.0.0/8".to_owned()),
            ("PAPERCLIP_ROOT_PATH", folder.join("media").display().to_string()),
            ("SECRET_KEY_BASE", secret.clone()),
            ("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY", secret.clone()),
            ("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY", secret.clone()),
            ("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT", secret),
        ];
        let log = std::fs::File::create(folder.join("log")).expect("a file");
        let process = ferrodon(&folder, &settings)
            .arg("server")
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("ferrodon starts");
        let process = Process(process);
        let client = network.client();
        let site = Self { name, settings, folder, client, _process: process, _database: database };
        let deadline = Instant::now() + PATIENCE;
        while site
            .client
            .get(site.url("/health"))
            .send()
            .await
            .is_ok_and(|r| !r.status().is_success())
        {
            assert!(Instant::now() < deadline, "ferrodon does not answer: {}", site.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        site
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.name)
    }

    /// What it has logged so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Creates an account as an operator does.
    fn account(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let mut command = ferrodon(&self.folder, &self.settings);
        command.args(["accounts", "create", name, "--email", &email, "--confirmed", "--approve"]);
        let said = text(&command.output().expect("ferrodon starts"));
        let password = said.lines().find_map(|line| line.strip_prefix("New password: "));
        let password = password.unwrap_or_else(|| panic!("no password in: {said}")).trim();
        Person { email, password: password.to_owned() }
    }

    /// An access token for a person, got as apps get one: through the pages.
    async fn token(&self, network: &Network, person: &Person) -> String {
        let redirect = "urn:ietf:wg:oauth:2.0:oob";
        let scopes = "read write follow";
        let app = [("client_name", "Test"), ("redirect_uris", redirect), ("scopes", scopes)];
        let app = form(self.client.post(self.url("/api/v1/apps")), &app);
        let app: Value = app.send().await.expect("an answer").json().await.expect("JSON");
        let text = |name: &str| app[name].as_str().expect("a text").to_owned();
        let (id, secret) = (text("client_id"), text("client_secret"));
        let page = url::Url::parse_with_params(
            &self.url("/oauth/authorize"),
            [
                ("client_id", id.as_str()),
                ("redirect_uri", redirect),
                ("scope", scopes),
                ("response_type", "code"),
            ],
        );
        let code = browse(network, &consent(page.expect("an address").as_str(), person));
        let code = code["code"].as_str().expect("a code");
        let grant = [
            ("grant_type", "authorization_code"),
            ("client_id", &id),
            ("client_secret", &secret),
            ("redirect_uri", redirect),
            ("code", code),
        ];
        let token = form(self.client.post(self.url("/oauth/token")), &grant);
        let token: Value = token.send().await.expect("an answer").json().await.expect("JSON");
        token["access_token"].as_str().unwrap_or_else(|| panic!("no token: {token}")).to_owned()
    }

    /// Asks the API.
    async fn get(&self, token: &str, path: &str) -> Value {
        self.send(self.client.get(self.url(path)).bearer_auth(token)).await
    }

    /// Tells the API.
    async fn post(&self, token: &str, path: &str, body: Value) -> Value {
        self.send(self.client.post(self.url(path)).bearer_auth(token).json(&body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer");
        let (status, url) = (answer.status(), answer.url().clone());
        let body = answer.text().await.expect("a body");
        assert!(status.is_success(), "{url}: {status} {body}\n{}", self.log());
        serde_json::from_str(&body).expect("JSON")
    }

    /// Asks the API until the answer is as it should be.
    async fn get_until(&self, token: &str, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(token, path).await;
            if is_so(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{path} stays {answer}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A request with a form as its body.
fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// Someone with an account.
struct Person {
    email: String,
    password: String,
}

/// `ferrodon` with these settings and no others.
fn ferrodon(folder: &Path, settings: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(below_target("debug/ferrodon"));
    command.env_clear().envs(settings.iter().map(|(name, value)| (name, value)));
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(folder).arg("--i-know");
    command
}

/// What a person does in the browser to let an app in; see `tests/peers/consent.mjs`.
fn consent(address: &str, person: &Person) -> Value {
    json!({
        "consent": address,
        "email": person.email,
        "password": person.password,
    })
}

/// Lets a person do `plan` in Chromium and returns what happened.
fn browse(network: &Network, plan: &Value) -> Value {
    let mut plan = plan.clone();
    plan["names"] = network.names.iter().map(|(name, _)| (*name, json!(network.port))).collect();
    let mut command = node("consent.mjs");
    let output = command.arg(plan.to_string()).output().expect("node starts");
    assert!(output.status.success(), "the browser failed: {}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

/// A script of `tests/peers/` on the Node that came with it.
fn node(script: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let node = folder.join("node_modules/.bin/node");
    assert!(node.exists(), "tests/peers is not installed: run ./dev test");
    let mut command = Command::new(node);
    command.arg(folder.join(script)).current_dir(folder);
    command
}

/// A file below the build folder, which the running test is in too.
fn below_target(path: &str) -> PathBuf {
    let this = std::env::current_exe().expect("the path of this test");
    let target = this.ancestors().nth(3).expect("target/debug/deps/it");
    let file = target.join(path);
    assert!(file.exists(), "{} is not there: run ./dev test", file.display());
    file
}

/// A program of the system, where it is on Debian or else in the search path.
fn program(name: &str, path: &str) -> PathBuf {
    if Path::new(path).exists() { PathBuf::from(path) } else { PathBuf::from(name) }
}

/// A folder for what people may want to look at after the tests.
fn kept(name: &str) -> PathBuf {
    let folder = below_target("debug").with_file_name("peers").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn text(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn listens(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Writes a line to a program that waits for it.
fn tell(child: &mut Child, line: &str) {
    let input = child.stdin.as_mut().expect("a program that is told things");
    writeln!(input, "{line}").expect("it listens");
}
