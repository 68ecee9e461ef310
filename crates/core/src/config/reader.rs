//! Where a value came from, and how text becomes a value or a complaint that says what would be right.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use ipnet::IpNet;

/// Names with our prefix that are meant for other programs: `./dev world` sets them for its command.
const NOT_OURS: [&str; 1] = ["FERRODON_URL"];

/// Where a setting was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The environment of the process.
    Environment,
    /// A line of a file.
    File { path: PathBuf, line: usize },
    /// Nowhere: it should have been set.
    Missing,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Missing => f.write_str("not set"),
        }
    }
}

/// One thing that is wrong with the settings. The value itself is not repeated: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the setting; empty when a whole file or line is meant.
    pub setting: String,
    /// Where it stands.
    pub place: Place,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.setting.is_empty() {
            write!(f, "{}: {}", self.place, self.expected)
        } else {
            write!(f, "{} ({}): {}", self.setting, self.place, self.expected)
        }
    }
}

/// Everything that is wrong with the settings, in one error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong, in the order it was found; never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigError {}

/// A value and where it was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) value: String,
    pub(super) place: Place,
}

/// Looks names up (environment, then files, then defaults), parses, and collects what is wrong.
#[derive(Clone)]
pub(super) struct Reader {
    found: BTreeMap<String, Found>,
    defaults: BTreeMap<String, String>,
    read: RefCell<BTreeSet<&'static str>>,
    problems: RefCell<Vec<Problem>>,
}

impl Reader {
    pub(super) fn new(
        found: BTreeMap<String, Found>,
        defaults: BTreeMap<String, String>,
        problems: Vec<Problem>,
    ) -> Self {
        Self { found, defaults, read: RefCell::default(), problems: RefCell::new(problems) }
    }

    /// What was set, if it is not blank.
    pub(super) fn set(&self, name: &'static str) -> Option<&Found> {
        self.read.borrow_mut().insert(name);
        self.found.get(name).filter(|found| !found.value.trim().is_empty())
    }

    /// What was set, or else the default, if either is not blank.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        let value = match self.set(name) {
            Some(found) => Some(found.value.trim()),
            None => self.defaults.get(name).map(String::as_str),
        };
        value.filter(|value| !value.is_empty()).map(ToOwned::to_owned)
    }

    /// Parses a value; on failure says that `expected` would be right.
    pub(super) fn parse<T>(
        &self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.wrong(name, expected);
        }
        value
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &'static str) -> Option<bool> {
        self.parse(name, "write true or false", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    /// A whole number within bounds; `least` stands in after a complaint.
    pub(super) fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
        &self,
        name: &'static str,
        least: T,
        most: T,
    ) -> T {
        let expected = format!("write a whole number from {least} to {most}");
        self.parse(name, &expected, |text| {
            text.parse().ok().filter(|number| *number >= least && *number <= most)
        })
        .unwrap_or(least)
    }

    /// A list separated by commas or spaces.
    pub(super) fn list<T>(
        &self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        self.parse(name, expected, |text| {
            let parts = text.split([',', ' ', '\t', '\n']).filter(|part| !part.is_empty());
            parts.map(&parse).collect::<Option<Vec<T>>>()
        })
        .unwrap_or_default()
    }

    /// A list of addresses and networks.
    pub(super) fn networks(&self, name: &'static str) -> Vec<IpNet> {
        self.list(name, "write addresses or networks, such as 10.0.0.0/8, fd00::/8", |text| {
            IpNet::from_str(text).ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        })
    }

    /// A list of `host=address:port`.
    pub(super) fn resolved(&self, name: &'static str) -> Vec<(String, SocketAddr)> {
        self.list(name, "write host=address:port, such as peer.test=127.0.0.1:4100", |text| {
            let (host, address) = text.split_once('=')?;
            Some((super::values::host(host)?, address.parse().ok()?))
        })
    }

    /// These settings, and `names` from `file` where they are not set otherwise.
    pub(super) fn with(
        mut self,
        file: &std::path::Path,
        mut kept: BTreeMap<String, String>,
        names: &[&str],
    ) -> Self {
        for name in names {
            if let Some(value) = kept.remove(*name) {
                let place = Place::File { path: file.to_owned(), line: 1 };
                self.found.insert((*name).to_owned(), Found { value, place });
            }
        }
        self
    }

    /// Notes that `name` is not as it should be.
    pub(super) fn wrong(&self, name: &'static str, expected: impl Into<String>) {
        let place = self.found.get(name).map_or(Place::Missing, |found| found.place.clone());
        let problem = Problem { setting: name.to_owned(), place, expected: expected.into() };
        // A setting may be read more than once.
        if !self.problems.borrow().contains(&problem) {
            self.problems.borrow_mut().push(problem);
        }
    }

    /// Notes every set name that begins with `FERRODON_` and is no setting.
    pub(super) fn refuse_unknown(&self) {
        for (name, found) in &self.found {
            let ours = name.starts_with("FERRODON_") && !NOT_OURS.contains(&name.as_str());
            if ours && !self.defaults.contains_key(name) {
                let expected = match nearest(name, self.defaults.keys()) {
                    Some(known) => format!("there is no such setting; did you mean {known}?"),
                    None => "there is no such setting".to_owned(),
                };
                let problem =
                    Problem { setting: name.clone(), place: found.place.clone(), expected };
                self.problems.borrow_mut().push(problem);
            }
        }
    }

    /// The problems found, as an error if there are any.
    pub(super) fn finish(&self) -> Result<(), ConfigError> {
        let problems = self.problems.borrow().clone();
        if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
    }

    #[cfg(test)]
    pub(super) fn names_read(&self) -> BTreeSet<&'static str> {
        self.read.borrow().clone()
    }
}

/// The known name that differs least from `name`, if it is near enough to be meant.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    known
        .filter(|known| known.starts_with("FERRODON_"))
        .map(|known| (edits(name, known), known))
        .min()
        .filter(|(edits, _)| *edits <= 4)
        .map(|(_, known)| known)
}

/// How many letters must be changed, added or taken away to make `b` of `a`.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
