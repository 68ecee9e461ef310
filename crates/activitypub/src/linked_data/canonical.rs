//! RDFC-1.0: names for blank nodes that depend on nothing but what is stated, so that equal
//! graphs have equal text.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest::{SHA256, digest};

use super::Error;
use super::rdf::{Object, Resource, Triple, line};

/// Blank nodes of one document: one for each attachment, tag and cell of a list.
const MAX_BLANKS: usize = 1_000;
/// Steps among blank nodes that look alike, each counted with the triples and names it goes
/// through. A hundred equal attachments need fewer; a graph made to be hard would need more than
/// there are atoms.
const MAX_STEPS: usize = 200_000;
/// How far alike nodes are followed from one to the next.
const MAX_DEPTH: usize = 100;

/// The canonical N-Quads of these triples.
pub(super) fn n_quads(triples: &[Triple]) -> Result<String, Error> {
    let canonical = Canonicalization::new(triples)?.run()?;
    let name = |blank: &str| canonical.names.get(blank).cloned().unwrap_or_default();
    let mut lines: Vec<String> = triples.iter().map(|triple| line(triple, name)).collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(lines.concat())
}

/// SHA-256, in lower-case hex.
pub(super) fn sha256_hex(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

/// Hands out names in order.
#[derive(Clone, Debug)]
struct Issuer<'a> {
    prefix: &'static str,
    names: HashMap<&'a str, String>,
    order: Vec<&'a str>,
}

impl<'a> Issuer<'a> {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, names: HashMap::new(), order: Vec::new() }
    }

    fn issue(&mut self, blank: &'a str) -> &str {
        let (next, prefix) = (self.order.len(), self.prefix);
        let order = &mut self.order;
        self.names.entry(blank).or_insert_with(|| {
            order.push(blank);
            format!("{prefix}{next}")
        })
    }
}

struct Canonicalization<'a> {
    /// The triples in which each blank node stands.
    mentions: BTreeMap<&'a str, Vec<&'a Triple>>,
    first_degree: HashMap<&'a str, String>,
    canonical: Issuer<'a>,
    steps: usize,
    depth: usize,
}

impl<'a> Canonicalization<'a> {
    fn new(triples: &'a [Triple]) -> Result<Self, Error> {
        let mut mentions: BTreeMap<&str, Vec<&Triple>> = BTreeMap::new();
        for triple in triples {
            let subject = triple.subject.blank();
            let object = object_blank(triple).filter(|object| Some(*object) != subject);
            for blank in subject.into_iter().chain(object) {
                mentions.entry(blank).or_default().push(triple);
            }
        }
        if mentions.len() > MAX_BLANKS {
            return Err(Error::TooLarge);
        }
        let first_degree = mentions
            .iter()
            .map(|(blank, triples)| {
                let label = |other: &str| if other == *blank { "a" } else { "z" }.to_owned();
                let mut lines: Vec<String> =
                    triples.iter().map(|triple| line(triple, label)).collect();
                lines.sort_unstable();
                lines.dedup();
                (*blank, sha256_hex(&lines.concat()))
            })
            .collect();
        Ok(Self { mentions, first_degree, canonical: Issuer::new("c14n"), steps: 0, depth: 0 })
    }

    fn run(mut self) -> Result<Issuer<'a>, Error> {
        let mut alike: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        for blank in self.mentions.keys() {
            alike.entry(self.first_degree[blank].clone()).or_default().push(blank);
        }
        for blanks in alike.values() {
            if let [blank] = blanks.as_slice() {
                self.canonical.issue(blank);
            }
        }
        for blanks in alike.values().filter(|blanks| blanks.len() > 1) {
            let mut paths = Vec::new();
            for blank in blanks {
                if self.canonical.names.contains_key(blank) {
                    continue;
                }
                let mut issuer = Issuer::new("b");
                issuer.issue(blank);
                paths.push(self.n_degree(blank, issuer)?);
            }
            paths.sort_by(|one, other| one.0.cmp(&other.0));
            for (_, issuer) in paths {
                for blank in issuer.order {
                    self.canonical.issue(blank);
                }
            }
        }
        Ok(self.canonical)
    }

    fn step(&mut self, cost: usize) -> Result<(), Error> {
        self.steps += 1 + cost;
        if self.steps > MAX_STEPS { Err(Error::TooLarge) } else { Ok(()) }
    }

    /// Hash N-Degree Quads: tells a blank node from those alike by the way its neighbours are
    /// reached.
    fn n_degree(
        &mut self,
        blank: &'a str,
        mut issuer: Issuer<'a>,
    ) -> Result<(String, Issuer<'a>), Error> {
        self.step(self.mentions[blank].len())?;
        let mut neighbours: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        for triple in self.mentions[blank].clone() {
            let both = [(triple.subject.blank(), 's'), (object_blank(triple), 'o')];
            for (other, position) in both {
                if let Some(other) = other
                    && other != blank
                {
                    let hash = self.related(other, triple, &issuer, position);
                    neighbours.entry(hash).or_default().push(other);
                }
            }
        }
        let mut data = String::new();
        for (hash, blanks) in neighbours {
            data.push_str(&hash);
            let mut chosen: Option<(String, Issuer<'a>)> = None;
            let mut permutation = blanks;
            permutation.sort_unstable();
            loop {
                if let Some(found) = self.path(&permutation, issuer.clone(), &chosen)? {
                    chosen = Some(found);
                }
                if !next_permutation(&mut permutation) {
                    break;
                }
            }
            if let Some((path, next)) = chosen {
                data.push_str(&path);
                issuer = next;
            }
        }
        Ok((sha256_hex(&data), issuer))
    }

    /// The path through neighbours in this order; none if it is not less than the chosen one.
    fn path(
        &mut self,
        order: &[&'a str],
        mut issuer: Issuer<'a>,
        chosen: &Option<(String, Issuer<'a>)>,
    ) -> Result<Option<(String, Issuer<'a>)>, Error> {
        self.step(issuer.order.len())?;
        let is_worse = |path: &str| {
            chosen
                .as_ref()
                .is_some_and(|(best, _)| path.len() >= best.len() && path > best.as_str())
        };
        let mut path = String::new();
        let mut to_visit = Vec::new();
        for other in order {
            path.push_str("_:");
            if let Some(name) = self.canonical.names.get(other) {
                path.push_str(name);
            } else {
                if !issuer.names.contains_key(other) {
                    to_visit.push(*other);
                }
                path.push_str(issuer.issue(other));
            }
            if is_worse(&path) {
                return Ok(None);
            }
        }
        for other in to_visit {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(Error::TooLarge);
            }
            let (hash, next) = self.n_degree(other, issuer.clone())?;
            self.depth -= 1;
            path.push_str("_:");
            path.push_str(issuer.issue(other));
            path.push('<');
            path.push_str(&hash);
            path.push('>');
            issuer = next;
            if is_worse(&path) {
                return Ok(None);
            }
        }
        let is_better = chosen.as_ref().is_none_or(|(best, _)| path < *best);
        Ok(is_better.then_some((path, issuer)))
    }

    fn related(&self, other: &str, triple: &Triple, issuer: &Issuer<'a>, position: char) -> String {
        let name = self.canonical.names.get(other).or_else(|| issuer.names.get(other));
        let name = match name {
            Some(name) => format!("_:{name}"),
            None => self.first_degree[other].clone(),
        };
        sha256_hex(&format!("{position}<{}>{name}", triple.predicate))
    }
}

fn object_blank(triple: &Triple) -> Option<&str> {
    match &triple.object {
        Object::Resource(Resource::Blank(label)) => Some(label),
        _ => None,
    }
}

/// Turns a sorted list into the next of its orders; false after the last.
fn next_permutation(list: &mut [&str]) -> bool {
    let Some(pivot) = (1..list.len()).rev().find(|&index| list[index - 1] < list[index]) else {
        return false;
    };
    let swap = (pivot..list.len()).rev().find(|&index| list[index] > list[pivot - 1]);
    list.swap(pivot - 1, swap.unwrap_or(pivot));
    list[pivot..].reverse();
    true
}
