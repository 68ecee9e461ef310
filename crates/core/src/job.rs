//! Every kind of background work, in one list.

use serde::{Deserialize, Serialize};

use crate::delivery::{Priority, Recipients};
use crate::{AccountId, NotificationId, NotificationKind, PollId, StatusId};

/// Work to be done after the request, stored as JSON in `ferrodon.jobs.payload`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "args", rename_all = "snake_case")]
pub enum Job {
    /// Put a status into home feeds and streams, and notify the people it mentions.
    FanOutStatus { status_id: StatusId },
    /// Write one delivery for each inbox that must hear of a new status.
    DistributeStatus { status_id: StatusId },
    /// Tell of a status whose text or terms changed; `at` is set for what is no edit.
    DistributeUpdate { status_id: StatusId, at: Option<chrono::DateTime<chrono::Utc>> },
    /// Tell of the numbers of a poll.
    DistributePoll { status_id: StatusId },
    /// Tell of a changed profile.
    DistributeProfile { account_id: AccountId },
    /// Write one delivery for each recipient: the activity stands in the job because its object
    /// may be gone when it runs.
    DistributeActivity {
        /// Who signs the requests.
        account_id: AccountId,
        activity: serde_json::Value,
        to: Recipients,
        priority: Priority,
        /// Whether the activity itself is signed too, so that others can pass it on.
        signed: bool,
    },
    /// Take an activity that a verified sender put into our inbox.
    ProcessActivity {
        sender_id: AccountId,
        body: String,
        /// The local account whose own inbox it came to; none for the shared inbox.
        recipient_id: Option<AccountId>,
    },
    /// Remove a deleted status from feeds, streams and counters.
    RemoveStatus { status_id: StatusId, reblog_of_id: Option<StatusId>, account_id: AccountId },
    /// Put a followed account's recent statuses into the follower's home feed.
    MergeFeed { from_account_id: AccountId, into_account_id: AccountId },
    /// Take an unfollowed account's statuses out of the follower's home feed.
    UnmergeFeed { from_account_id: AccountId, into_account_id: AccountId },
    /// Tell a local account of something, if it wants to hear of it: `activity_id` is the row that
    /// the kind is about.
    Notify { account_id: AccountId, about: NotificationKind, activity_id: i64 },
    /// Tell people that a poll has ended.
    EndPoll { poll_id: PollId },
    /// Post what was to come out at this time.
    PublishScheduled { scheduled_status_id: i64 },
    /// Tell whoever listens that a notification was made.
    PushNotification { notification_id: NotificationId },
    /// Fetch the status at this address as part of a thread, and file `child_status_id` under it.
    FetchThreadParent {
        child_status_id: StatusId,
        parent_uri: String,
        /// The chain of requests that led here, so that it ends somewhere.
        #[serde(default)]
        chain: Option<String>,
    },
    /// Fetch these replies to a post, and the first few of a collection of them.
    FetchReplies { uris: Vec<String>, collection: Option<String>, chain: String },
    /// Take over which posts a remote account shows first.
    FetchPins { account_id: AccountId },
    /// Show an edited status anew, and tell those who boosted or quoted it.
    FanOutEdit { status_id: StatusId },
    /// Remove an account that its own server deleted, with everything of it.
    DeleteRemoteAccount { account_id: AccountId },
    /// Compare the people of ours who follow an account with the list at `url`.
    SynchronizeFollowers { account_id: AccountId, url: String, digest: Option<String> },
    /// Let everyone here who follows an account that moved follow where it moved to.
    MoveFollowers { from_account_id: AccountId, to_account_id: AccountId },
    /// Look a remote account up again.
    RefreshAccount { account_id: AccountId },
}

/// How a job is queued and retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which workers take it: the names of Mastodon's queues.
    pub queue: &'static str,
    /// Tries before it is set aside for the operator.
    pub max_attempts: i32,
}

impl Job {
    /// The policy of each kind.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let (queue, max_attempts) = match self {
            Job::FanOutStatus { .. } => ("default", 25),
            Job::DistributeStatus { .. }
            | Job::DistributeUpdate { .. }
            | Job::DistributePoll { .. }
            | Job::DistributeProfile { .. }
            | Job::DistributeActivity { .. } => ("push", 25),
            Job::ProcessActivity { .. } => ("ingress", 8),
            Job::RemoveStatus { .. } => ("default", 25),
            Job::MergeFeed { .. } => ("default", 25),
            Job::UnmergeFeed { .. } => ("pull", 25),
            Job::Notify { .. } | Job::EndPoll { .. } | Job::PublishScheduled { .. } => {
                ("default", 25)
            }
            Job::PushNotification { .. } => ("push", 5),
            Job::FetchThreadParent { .. } | Job::FetchReplies { .. } | Job::FetchPins { .. } => {
                ("pull", 3)
            }
            Job::FanOutEdit { .. } => ("default", 25),
            Job::RefreshAccount { .. } => ("pull", 3),
            Job::SynchronizeFollowers { .. } => ("pull", 3),
            Job::DeleteRemoteAccount { .. } | Job::MoveFollowers { .. } => ("pull", 25),
        };
        Policy { queue, max_attempts }
    }
}
