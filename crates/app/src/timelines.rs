//! Who gets to see a new status, and where: home and list feeds, live streams, notifications.

use chrono::TimeDelta;
use ferrodon_core::{AccountId, Job, NotificationKind, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;

use crate::feeds::{self, Entry, Key};
use crate::{App, Result, broadcast, entities};

/// Puts a status into the feeds it belongs in, sends it to those who listen, and tells those who
/// are to be told.
pub async fn fan_out(app: &App, id: StatusId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = db::statuses::find(&mut conn, id).await? else { return Ok(()) };
    let Some(author) = db::accounts::find(&mut conn, status.account_id).await? else {
        return Ok(());
    };
    let places = places(app, &mut conn, id).await?;
    tell(app, &mut conn, &status, &author).await?;
    drop(conn);

    let entry = Entry { id, reblog_of_id: status.reblog_of_id };
    let mut shown = app.feeds.insert(entry, &places.feeds).await;
    // Whoever follows a hashtag has the status perhaps because they follow its author.
    shown.dedup();
    publish_to_people(app, id, "update", &places, &shown).await?;
    publish_to_all(app, &status, &author, "update").await
}

/// Sends a status that was edited to all who may be looking at it, and tells those who boosted
/// or quoted it.
pub async fn fan_out_edit(app: &App, id: StatusId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = db::statuses::find(&mut conn, id).await? else { return Ok(()) };
    let Some(author) = db::accounts::find(&mut conn, status.account_id).await? else {
        return Ok(());
    };
    let places = places(app, &mut conn, id).await?;
    let mentioned = db::mentions::of_local_people(&mut conn, id).await?;
    // Those mentioned anew are told; the others were told before.
    let mentions = mentioned.iter().map(|(id, account_id)| Job::Notify {
        account_id: *account_id,
        about: NotificationKind::Mention,
        activity_id: *id,
    });
    let mut jobs: Vec<Job> = db::feeds::concerned_by_edit(&mut conn, id)
        .await?
        .into_iter()
        .filter(|(account_id, _)| *account_id != author.id)
        .map(|(account_id, quoting)| match quoting {
            None => (account_id, NotificationKind::Update, id),
            Some(quoting) => (account_id, NotificationKind::QuotedUpdate, quoting),
        })
        .map(|(account_id, about, id)| Job::Notify { account_id, about, activity_id: id.0 })
        .collect();
    jobs.extend(mentions);
    db::jobs::enqueue_all(&mut conn, &jobs, app.clock.now()).await?;
    drop(conn);
    let all: Vec<Key> = places.feeds.iter().map(|(key, _)| *key).collect();
    publish_to_people(app, id, "status.update", &places, &all).await?;
    for (_, account_id) in mentioned {
        let channel = format!("timeline:{account_id}:notifications");
        publish_status(app, id, account_id, "status.update", channel).await?;
    }
    publish_to_all(app, &status, &author, "status.update").await
}

/// Takes a status that is going away out of feeds and tells those who listen.
pub async fn withdraw(app: &App, status: &Status) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let (people, lists) = db::feeds::holders(&mut conn, status.id).await?;
    let mentioned = db::mentions::of_local_people(&mut conn, status.id).await?;
    let tags = db::tags::by_statuses(&mut conn, &[status.id]).await?;
    let with_media = !db::media_attachments::by_statuses(&mut conn, &[status.id]).await?.is_empty();
    drop(conn);

    let entry = Entry { id: status.id, reblog_of_id: status.reblog_of_id };
    let keys: Vec<Key> = people
        .iter()
        .map(|id| Key::Home(*id))
        .chain(lists.iter().map(|id| Key::List(*id)))
        .collect();
    let removed = app.feeds.remove(entry, &keys).await;
    publish_delete(app, status.id, removed.iter().map(channel).collect()).await;
    for (_, account_id) in mentioned {
        publish_delete(app, status.id, vec![format!("timeline:{account_id}")]).await;
    }
    if status.visibility == Visibility::Public && status.reblog_of_id.is_none() {
        let names: Vec<String> = tags.into_iter().map(|tag| tag.name).collect();
        let local = status.local.unwrap_or(status.uri.is_none());
        let mut open = public_channels(local, with_media);
        open.extend(hashtag_channels(&names, local));
        open.retain(|channel| app.broadcast.may_be_heard(channel));
        send_delete(app, status.id, &open).await;
    }
    Ok(())
}

/// Tells those who listen to these channels that a status is gone from there.
pub(crate) async fn publish_delete(app: &App, id: StatusId, channels: Vec<String>) {
    let heard = app.broadcast.with_listeners(channels).await;
    send_delete(app, id, &heard).await;
}

async fn send_delete(app: &App, id: StatusId, channels: &[String]) {
    if channels.is_empty() {
        return;
    }
    match broadcast::message("delete", Some(&id.to_string())) {
        Ok(message) => app.broadcast.publish(channels, message).await,
        Err(error) => tracing::error!(%error, "could not write an event"),
    }
}

/// The feeds a status goes into.
#[derive(Debug, Default)]
struct Places {
    /// Each with whether boosts of the same are shown once.
    feeds: Vec<(Key, bool)>,
    /// The owners of lists among them.
    list_owners: Vec<(i64, AccountId)>,
}

async fn places(app: &App, conn: &mut PgConnection, id: StatusId) -> Result<Places> {
    let since = app.clock.now().naive_utc() - TimeDelta::days(app.config.user_active_days);
    let mut places = Places::default();
    let mut people = db::feeds::home_recipients(conn, id, since).await?;
    people.extend(db::feeds::tag_recipients(conn, id, since).await?);
    people.sort_by_key(|person| person.account_id);
    people.dedup_by_key(|person| person.account_id);
    for person in people {
        let aggregate = feeds::wants_aggregates(person.settings.as_deref());
        places.feeds.push((Key::Home(person.account_id), aggregate));
    }
    for list in db::feeds::list_recipients(conn, id, since).await? {
        let aggregate = feeds::wants_aggregates(list.settings.as_deref());
        places.feeds.push((Key::List(list.list_id), aggregate));
        places.list_owners.push((list.list_id, list.account_id));
    }
    Ok(places)
}

/// Queues notifications for those mentioned and for followers who expect each post, and files a
/// direct post under its author's conversations.
async fn tell(app: &App, conn: &mut PgConnection, status: &Status, author: &Account) -> Result<()> {
    let now = app.clock.now();
    if status.reblog_of_id.is_some() {
        return Ok(());
    }
    let mut jobs: Vec<Job> = db::mentions::of_local_people(conn, status.id)
        .await?
        .into_iter()
        .map(|(id, account_id)| Job::Notify {
            account_id,
            about: NotificationKind::Mention,
            activity_id: id,
        })
        .collect();
    for account_id in db::feeds::expecting(conn, status.id).await? {
        let about = NotificationKind::Status;
        jobs.push(Job::Notify { account_id, about, activity_id: status.id.0 });
    }
    db::jobs::enqueue_all(conn, &jobs, now).await?;
    if status.visibility == Visibility::Direct && author.is_local() {
        add_to_conversations(conn, author.id, status.id, false).await?;
    }
    Ok(())
}

/// Files a direct post under someone's conversations.
pub(crate) async fn add_to_conversations(
    conn: &mut PgConnection,
    owner: AccountId,
    status_id: StatusId,
    unread: bool,
) -> Result<()> {
    if let Some((conversation_id, people)) =
        db::account_conversations::circle(conn, status_id).await?
    {
        let others: Vec<AccountId> = people.into_iter().filter(|id| *id != owner).collect();
        db::account_conversations::add_status(
            conn,
            owner,
            conversation_id,
            &others,
            status_id,
            unread,
        )
        .await?;
    }
    Ok(())
}

fn channel(key: &Key) -> String {
    match key {
        Key::Home(id) => format!("timeline:{id}"),
        Key::List(id) => format!("timeline:list:{id}"),
    }
}

/// Sends a status to the people (and lists) in whose feeds it is, as each of them sees it.
async fn publish_to_people(
    app: &App,
    id: StatusId,
    event: &str,
    places: &Places,
    keys: &[Key],
) -> Result<()> {
    let channels: Vec<String> = keys.iter().map(channel).collect();
    let heard = app.broadcast.with_listeners(channels).await;
    for key in keys {
        let channel = channel(key);
        if !heard.contains(&channel) {
            continue;
        }
        let viewer = match key {
            Key::Home(account_id) => Some(*account_id),
            Key::List(list_id) => {
                places.list_owners.iter().find(|(id, _)| id == list_id).map(|(_, owner)| *owner)
            }
        };
        if let Some(viewer) = viewer {
            publish_status(app, id, viewer, event, channel).await?;
        }
    }
    Ok(())
}

/// Sends a status on one channel as `viewer` sees it, if someone listens.
async fn publish_status(
    app: &App,
    id: StatusId,
    viewer: AccountId,
    event: &str,
    channel: String,
) -> Result<()> {
    let heard = app.broadcast.with_listeners(vec![channel]).await;
    if heard.is_empty() {
        return Ok(());
    }
    let mut conn = app.db.acquire().await?;
    let rendered = entities::Status::render_ids(app, &mut conn, Some(viewer), &[id]).await?;
    drop(conn);
    if let Some(status) = rendered.first() {
        let message = broadcast::message(event, Some(status)).map_err(anyhow::Error::from)?;
        app.broadcast.publish(&heard, message).await;
    }
    Ok(())
}

/// Sends a public status to public and hashtag streams, as a stranger sees it.
async fn publish_to_all(app: &App, status: &Status, author: &Account, event: &str) -> Result<()> {
    if status.visibility != Visibility::Public
        || status.reblog_of_id.is_some()
        || author.silenced_at.is_some()
        || author.suspended_at.is_some()
    {
        return Ok(());
    }
    let mut conn = app.db.acquire().await?;
    let names: Vec<String> = db::tags::by_statuses(&mut conn, &[status.id])
        .await?
        .into_iter()
        .map(|tag| tag.name)
        .collect();
    let mut channels = hashtag_channels(&names, author.is_local());
    if !status.reply || status.in_reply_to_account_id == Some(status.account_id) {
        let with_media =
            !db::media_attachments::by_statuses(&mut conn, &[status.id]).await?.is_empty();
        channels.extend(public_channels(author.is_local(), with_media));
    }
    channels.retain(|channel| app.broadcast.may_be_heard(channel));
    if channels.is_empty() {
        return Ok(());
    }
    let rendered = entities::Status::render_ids(app, &mut conn, None, &[status.id]).await?;
    drop(conn);
    if let Some(status) = rendered.first() {
        let message = broadcast::message(event, Some(status)).map_err(anyhow::Error::from)?;
        app.broadcast.publish(&channels, message).await;
    }
    Ok(())
}

fn public_channels(local: bool, with_media: bool) -> Vec<String> {
    let origin = if local { "local" } else { "remote" };
    let mut channels = vec!["timeline:public".to_owned(), format!("timeline:public:{origin}")];
    if with_media {
        channels.push("timeline:public:media".to_owned());
        channels.push(format!("timeline:public:{origin}:media"));
    }
    channels
}

fn hashtag_channels(names: &[String], local: bool) -> Vec<String> {
    let mut channels = Vec::new();
    for name in names {
        channels.push(format!("timeline:hashtag:{}", name.to_lowercase()));
        if local {
            channels.push(format!("timeline:hashtag:{}:local", name.to_lowercase()));
        }
    }
    channels
}
