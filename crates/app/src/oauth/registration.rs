//! Registering an app.

use ferrodon_db as db;
use ferrodon_db::oauth_applications::{Application, NewApplication};
use url::Url;

use super::authorization::OUT_OF_BAND;
use super::scopes;
use crate::{App, Error, Result, secrets};

const MOST_NAME: usize = 60;
const MOST_ADDRESS: usize = 2000;

/// What an app says of itself.
#[derive(Clone, Debug, Default)]
pub struct NewApp {
    pub name: String,
    /// Separated by white space.
    pub redirect_uris: String,
    /// Separated by spaces; nothing asks for `read`.
    pub scopes: String,
    pub website: Option<String>,
}

/// An app and the credentials that it alone is told. Not for logs.
#[derive(Clone)]
pub struct Registered {
    pub application: Application,
    pub client_id: String,
    pub client_secret: String,
}

/// Registers an app and gives it its id and secret.
pub async fn register(app: &App, new: NewApp) -> Result<Registered> {
    let mut wrong = Vec::new();
    if new.name.trim().is_empty() {
        wrong.push("Application name can't be blank".to_owned());
    }
    if new.name.chars().count() > MOST_NAME {
        wrong.push(format!("Application name is too long (maximum is {MOST_NAME} characters)"));
    }
    if let Some(problem) = redirect_problem(&new.redirect_uris) {
        wrong.push(problem);
    }
    let website = new.website.filter(|website| !website.trim().is_empty());
    if let Some(website) = &website {
        if website.chars().count() > MOST_ADDRESS {
            wrong.push(format!("Website is too long (maximum is {MOST_ADDRESS} characters)"));
        }
        let address = Url::parse(website).ok().filter(Url::has_host);
        if !address.is_some_and(|url| matches!(url.scheme(), "http" | "https")) {
            wrong.push("Application website is not a valid URL".to_owned());
        }
    }
    let asked = Some(&*new.scopes).filter(|asked| !asked.trim().is_empty());
    let asked = scopes::parse(asked.unwrap_or(scopes::DEFAULT));
    if asked.iter().any(|scope| !scopes::ALL.contains(scope)) {
        wrong.push("Scopes doesn't match configured on the server.".to_owned());
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong.join(", ")));
    }

    let redirect_uris: Vec<&str> = new.redirect_uris.split_whitespace().collect();
    let (client_id, client_secret) = (secrets::token(), secrets::token());
    let row = NewApplication {
        name: &new.name,
        uid: &client_id,
        secret: &client_secret,
        redirect_uri: &redirect_uris.join("\n"),
        scopes: &asked.join(" "),
        website: website.as_deref(),
    };
    let now = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    let application = db::oauth_applications::insert(&mut conn, &row, now).await?;
    Ok(Registered { application, client_id, client_secret })
}

fn redirect_problem(addresses: &str) -> Option<String> {
    if addresses.trim().is_empty() {
        return Some("Redirect URI can't be blank".to_owned());
    }
    if addresses.chars().count() > MOST_ADDRESS {
        return Some(format!("Redirect URI is too long (maximum is {MOST_ADDRESS} characters)"));
    }
    for address in addresses.split_whitespace() {
        if address == OUT_OF_BAND {
            continue;
        }
        let Ok(url) = Url::parse(address) else {
            return Some("Redirect URI must be an absolute URI.".to_owned());
        };
        if matches!(url.scheme(), "data" | "vbscript" | "javascript") {
            return Some("Redirect URI is forbidden by the server.".to_owned());
        }
        if url.fragment().is_some() {
            return Some("Redirect URI cannot contain a fragment.".to_owned());
        }
        if matches!(url.scheme(), "http" | "https") && !url.has_host() {
            return Some("Redirect URI must be an absolute URI.".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_must_lead_somewhere_safe() {
        let fine = "https://app.test/cb\nurn:ietf:wg:oauth:2.0:oob app://cb http://localhost:1/";
        assert_eq!(redirect_problem(fine), None);
        for bad in ["", "not a uri", "/path", "https://a.test/#x", "javascript:alert(1)"] {
            assert!(redirect_problem(bad).is_some(), "{bad}");
        }
    }
}
