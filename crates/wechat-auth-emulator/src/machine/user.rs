//! The people who log in: made-up users a test can choose from.

use serde::{Deserialize, Serialize};

/// The most users a machine holds.
pub(crate) const MAX_USERS: usize = 1_000;

/// A made-up WeChat user.
///
/// The openid is not here: it follows from the seed, the app and [`User::id`], so
/// that the same user is the same openid in every run. As JSON only the id is required.
///
/// # Source
///
/// The fields are those of the official page on fetching a user's profile after web
/// authorization; `language` is *observed*, and not on that page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct User {
    /// What tests call the user: 1 to 64 characters of `[A-Za-z0-9_-]`.
    pub id: String,
    /// The display name; may hold anything, control characters included.
    #[serde(default)]
    pub nickname: String,
    /// 0 unknown, 1 male, 2 female.
    #[serde(default)]
    pub sex: u8,
    /// Empty when the user did not say, like the next two.
    #[serde(default)]
    pub province: String,
    /// See [`User::province`].
    #[serde(default)]
    pub city: String,
    /// See [`User::province`].
    #[serde(default)]
    pub country: String,
    /// Empty when there is no picture.
    #[serde(default)]
    pub headimgurl: String,
    /// The language of the user's WeChat, such as `zh_CN`.
    #[serde(default = "simplified_chinese")]
    pub language: String,
    /// A visitor of the read-only snapshot page: an `snsapi_userinfo` login then gives
    /// a virtual openid, unionid and profile.
    #[serde(default)]
    pub snapshot: bool,
    /// What ties the user's openids together.
    #[serde(default)]
    pub unionid: Unionid,
}

impl User {
    /// A user of whom nothing but a name is known.
    #[must_use]
    pub fn new(id: impl Into<String>, nickname: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            nickname: nickname.into(),
            sex: 0,
            province: String::new(),
            city: String::new(),
            country: String::new(),
            headimgurl: String::new(),
            language: simplified_chinese(),
            snapshot: false,
            unionid: Unionid::FromSeed,
        }
    }

    /// The users every machine begins with: `xiaoming`, an ordinary one; `odd`, whose
    /// name holds markup, control characters and an emoji; `blank`, of whom nothing is
    /// known, not even a unionid; and `snapshot`, a visitor of the snapshot page.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        let xiaoming = Self {
            sex: 1,
            province: "广东".to_owned(),
            city: "深圳".to_owned(),
            country: "中国".to_owned(),
            headimgurl: "https://thirdwx.qlogo.cn/mmopen/vi_32/emulated/132".to_owned(),
            ..Self::new("xiaoming", "小明")
        };
        let odd = Self {
            sex: 2,
            city: "\u{8}".to_owned(),
            ..Self::new("odd", "<script>alert('x')</script>\u{14}\u{7}🦊\\\"&")
        };
        let blank = Self {
            unionid: Unionid::None,
            ..Self::new("blank", "")
        };
        let snapshot = Self {
            snapshot: true,
            ..Self::new("snapshot", "微信用户")
        };
        vec![xiaoming, odd, blank, snapshot]
    }

    pub(crate) fn check(&self) -> Result<(), InvalidUser> {
        let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !(1..=64).contains(&self.id.len()) || !self.id.bytes().all(named) {
            return Err(InvalidUser::Id);
        }
        if self.sex > 2 {
            return Err(InvalidUser::Sex);
        }
        Ok(())
    }
}

fn simplified_chinese() -> String {
    "zh_CN".to_owned()
}

/// What ties one user's openids in several apps together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unionid {
    /// One that follows from the seed and the user's id.
    #[default]
    FromSeed,
    /// This one.
    Given(String),
    /// None: the accounts are not bound to the open platform.
    None,
}

/// Why a user cannot be added or chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUser {
    /// The id is empty, too long, or has other characters than `[A-Za-z0-9_-]`.
    #[error("a user id must be 1 to 64 characters of [A-Za-z0-9_-]")]
    Id,
    /// `sex` is none of 0, 1 and 2.
    #[error("sex must be 0, 1 or 2")]
    Sex,
    /// There is no user with this id.
    #[error("there is no user with this id")]
    Unknown,
    /// There are 1000 users already.
    #[error("there are as many users as fit")]
    TooMany,
}
