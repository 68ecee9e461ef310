//! What this process has claimed and not sent yet, by host. A host gets a few deliveries at a
//! time, and of one sender one after the other.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ferrodon_core::AccountId;

use super::send::{Outcome, Prepared};
use super::verdict;
use crate::keys::Signer;

/// Deliveries to one host at the same time.
const AT_ONCE: usize = 4;
/// A host with so many waiting gets no more for now.
const FULL: usize = 250;

/// A delivery that is ready to go.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: i64,
    pub(super) account_id: AccountId,
    pub(super) inbox_url: String,
    pub(super) host: Arc<str>,
    pub(super) priority: i16,
    /// Tries before this one.
    pub(super) attempt: i32,
    pub(super) leased_until: DateTime<Utc>,
    pub(super) activity: Arc<Prepared>,
    pub(super) signer: Arc<Signer>,
}

impl Item {
    /// What is written down if trying it panics.
    pub(super) fn panicked(&self) -> Outcome {
        Outcome {
            id: self.id,
            account_id: self.account_id,
            host: self.host.clone(),
            priority: self.priority,
            attempt: self.attempt,
            verdict: verdict::of_trouble("panicked: a mistake in Ferrodon, see its log".to_owned()),
        }
    }
}

#[derive(Debug, Default)]
struct Host {
    waiting: BTreeMap<(i16, i64), Item>,
    busy: HashSet<AccountId>,
    /// It failed last time: one delivery tries whether it is back.
    doubtful: bool,
    /// It stands among those that may start something.
    listed: bool,
}

impl Host {
    fn may_start(&self) -> bool {
        let most = if self.doubtful { 1 } else { AT_ONCE };
        self.busy.len() < most
            && self.waiting.values().any(|item| !self.busy.contains(&item.account_id))
    }
}

/// All hosts for which something waits or is on its way.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    hosts: HashMap<Arc<str>, Host>,
    startable: VecDeque<Arc<str>>,
    waiting: usize,
}

impl Lanes {
    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds what was claimed. `doubtful` hosts have failed lately.
    pub(super) fn push(&mut self, item: Item, doubtful: bool) {
        let name = item.host.clone();
        let host = self.hosts.entry(name.clone()).or_default();
        host.doubtful |= doubtful;
        if host.waiting.insert((item.priority, item.id), item).is_none() {
            self.waiting += 1;
        }
        self.list(&name);
    }

    /// The next delivery to start; hosts take turns.
    pub(super) fn next(&mut self) -> Option<Item> {
        while let Some(name) = self.startable.pop_front() {
            let Some(host) = self.hosts.get_mut(&name) else { continue };
            host.listed = false;
            if !host.may_start() {
                continue;
            }
            let key = host
                .waiting
                .iter()
                .find(|(_, item)| !host.busy.contains(&item.account_id))
                .map(|(key, _)| *key);
            let Some(item) = key.and_then(|key| host.waiting.remove(&key)) else { continue };
            host.busy.insert(item.account_id);
            self.waiting -= 1;
            self.list(&name);
            return Some(item);
        }
        None
    }

    /// Notes that a delivery has ended, well or not.
    pub(super) fn ended(&mut self, name: &Arc<str>, account: AccountId, well: bool) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        host.busy.remove(&account);
        if well {
            host.doubtful = false;
        }
        if host.busy.is_empty() && host.waiting.is_empty() {
            self.hosts.remove(name);
        } else {
            self.list(name);
        }
    }

    /// Takes out all that waits for a host.
    pub(super) fn drain_host(&mut self, name: &Arc<str>) -> Vec<i64> {
        let Some(host) = self.hosts.get_mut(name) else { return Vec::new() };
        host.doubtful = true;
        let ids: Vec<i64> = std::mem::take(&mut host.waiting).into_values().map(|i| i.id).collect();
        self.waiting -= ids.len();
        ids
    }

    /// Takes out all that one sender has waiting for a host.
    pub(super) fn drain_lane(&mut self, name: &Arc<str>, account: AccountId) -> Vec<i64> {
        let Some(host) = self.hosts.get_mut(name) else { return Vec::new() };
        let keys: Vec<(i16, i64)> = host
            .waiting
            .iter()
            .filter(|(_, item)| item.account_id == account)
            .map(|(key, _)| *key)
            .collect();
        for key in &keys {
            host.waiting.remove(key);
        }
        self.waiting -= keys.len();
        keys.into_iter().map(|(_, id)| id).collect()
    }

    /// Takes out everything.
    pub(super) fn drain(&mut self) -> Vec<i64> {
        self.startable.clear();
        self.waiting = 0;
        let hosts = self.hosts.values_mut();
        hosts
            .flat_map(|host| {
                host.listed = false;
                std::mem::take(&mut host.waiting).into_values().map(|item| item.id)
            })
            .collect()
    }

    /// The hosts that have enough waiting.
    pub(super) fn full(&self) -> Vec<String> {
        let full = self.hosts.iter().filter(|(_, host)| host.waiting.len() >= FULL);
        full.map(|(name, _)| name.to_string()).collect()
    }

    fn list(&mut self, name: &Arc<str>) {
        if let Some(host) = self.hosts.get_mut(name)
            && !host.listed
            && host.may_start()
        {
            host.listed = true;
            self.startable.push_back(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrodon_activitypub::keys::{SigningKey, generate};

    fn signer() -> Arc<Signer> {
        let pem = generate().unwrap();
        Arc::new(Signer {
            account_id: AccountId(1),
            key_id: String::new(),
            actor: String::new(),
            username: String::new(),
            suspended: false,
            key: SigningKey::from_pem(&pem.private).unwrap(),
        })
    }

    fn item(signer: &Arc<Signer>, id: i64, host: &str, account: i64, priority: i16) -> Item {
        Item {
            id,
            account_id: AccountId(account),
            inbox_url: format!("https://{host}/inbox"),
            host: host.into(),
            priority,
            attempt: 0,
            leased_until: DateTime::UNIX_EPOCH,
            activity: Arc::new(Prepared::default()),
            signer: signer.clone(),
        }
    }

    #[test]
    fn one_sender_waits_for_the_previous_delivery_and_others_do_not() {
        let signer = signer();
        let mut lanes = Lanes::default();
        for (id, host, account) in [(1, "a", 1), (2, "a", 1), (3, "a", 2), (4, "b", 1)] {
            lanes.push(item(&signer, id, host, account, 2), false);
        }
        let mut started = Vec::new();
        while let Some(item) = lanes.next() {
            started.push(item.id);
        }
        started.sort_unstable();
        assert_eq!(started, [1, 3, 4]);
        lanes.ended(&"a".into(), AccountId(1), true);
        assert_eq!(lanes.next().map(|item| item.id), Some(2));
        assert_eq!(lanes.waiting(), 0);
    }

    #[test]
    fn a_host_gets_a_few_at_once_and_a_doubtful_one_a_single() {
        let signer = signer();
        let mut lanes = Lanes::default();
        for account in 1..=10 {
            lanes.push(item(&signer, account, "good", account, 2), false);
            lanes.push(item(&signer, 100 + account, "bad", account, 2), true);
        }
        let mut started: HashMap<String, usize> = HashMap::new();
        while let Some(item) = lanes.next() {
            *started.entry(item.host.to_string()).or_default() += 1;
        }
        assert_eq!(started["good"], AT_ONCE);
        assert_eq!(started["bad"], 1);
        assert_eq!(lanes.drain_host(&"bad".into()).len(), 9);
        assert_eq!(lanes.waiting(), 6);
    }

    #[test]
    fn what_a_person_waits_for_goes_first() {
        let signer = signer();
        let mut lanes = Lanes::default();
        lanes.push(item(&signer, 1, "a", 1, 2), false);
        lanes.push(item(&signer, 2, "a", 1, 0), false);
        assert_eq!(lanes.next().map(|item| item.id), Some(2));
    }
}
