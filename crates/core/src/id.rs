//! Typed ids. All are 64-bit numbers that sort by creation time; clients see them as strings.

/// Declares id types, so that an account's id cannot be passed where a status's is wanted.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_str($crate::id::IdVisitor).map(Self)
            }
        }
    )+};
}

/// Reads an id from text or a number, as leniently as Mastodon: leading digits count, garbage is
/// 0, which is nobody's id. Only blank text is an error.
pub(crate) struct IdVisitor;

impl serde::de::Visitor<'_> for IdVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<i64, E> {
        if text.trim().is_empty() {
            return Err(E::custom("an id is blank"));
        }
        Ok(crate::page::leading_digits(text))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<i64, E> {
        Ok(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

ids! {
    /// An actor we know, local or remote.
    AccountId,
    /// A client application (`oauth_applications`).
    ApplicationId,
    /// A conversation: statuses that answer each other.
    ConversationId,
    /// A row in `ferrodon.jobs`.
    JobId,
    /// A media attachment.
    MediaId,
    /// A notification.
    NotificationId,
    /// A poll.
    PollId,
    /// A status; a reblog is a status too.
    StatusId,
    /// A hashtag.
    TagId,
    /// An access token (`oauth_access_tokens`).
    TokenId,
    /// The login of a local account.
    UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_string_in_json() {
        let id = StatusId(116_029_461_504_000_123);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, r#""116029461504000123""#);
        assert_eq!(serde_json::from_str::<StatusId>(&json).unwrap(), id);
        assert_eq!(serde_json::from_str::<StatusId>(r#""12abc""#).unwrap(), StatusId(12));
        assert_eq!(serde_json::from_str::<StatusId>(r#""x""#).unwrap(), StatusId(0));
        assert!(serde_json::from_str::<StatusId>(r#""""#).is_err());
    }
}
