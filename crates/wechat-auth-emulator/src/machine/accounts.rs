//! The accounts and every token that belongs to one of them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize, Serializer};

use super::app::App;
use super::introspection::{Family, MintedBy, Standing};
use super::lineage::{Issued, Lineage, Rotation};
use super::mint::Mint;
use super::quota::Quotas;
use super::secret::Secrets;
use super::time::Millis;

/// An app, its tokens and tickets, and what it has used up.
#[derive(Deserialize, Serialize)]
pub(crate) struct Account {
    #[serde(serialize_with = "with_its_secret")]
    pub(crate) app: App,
    pub(crate) quotas: Quotas,
    classic: Lineage,
    stable: Lineage,
    jsapi_tickets: Lineage,
    wx_card_tickets: Lineage,
}

impl Account {
    fn new(app: App) -> Self {
        Self {
            app,
            quotas: Quotas::default(),
            classic: Lineage::default(),
            stable: Lineage::default(),
            jsapi_tickets: Lineage::default(),
            wx_card_tickets: Lineage::default(),
        }
    }

    /// The newest token of `family` that is still alive.
    pub(crate) fn alive(&self, family: AppFamily, now: Millis) -> Option<&Issued> {
        self.lineage(family).alive(now)
    }

    pub(crate) const fn lineage(&self, family: AppFamily) -> &Lineage {
        match family {
            AppFamily::Classic => &self.classic,
            AppFamily::Stable => &self.stable,
            AppFamily::JsapiTicket => &self.jsapi_tickets,
            AppFamily::WxCardTicket => &self.wx_card_tickets,
        }
    }

    pub(crate) const fn lineage_mut(&mut self, family: AppFamily) -> &mut Lineage {
        match family {
            AppFamily::Classic => &mut self.classic,
            AppFamily::Stable => &mut self.stable,
            AppFamily::JsapiTicket => &mut self.jsapi_tickets,
            AppFamily::WxCardTicket => &mut self.wx_card_tickets,
        }
    }
}

/// The state of a machine holds everything.
fn with_its_secret<S: Serializer>(app: &App, serializer: S) -> Result<S::Ok, S::Error> {
    app.shown(Secrets::Show).serialize(serializer)
}

/// What an account, and not one of its users, holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppFamily {
    Classic,
    Stable,
    JsapiTicket,
    WxCardTicket,
}

impl AppFamily {
    pub(crate) const ALL: [Self; 4] = [Self::Classic, Self::Stable, Self::JsapiTicket, Self::WxCardTicket];

    pub(crate) const fn is_token(self) -> bool {
        matches!(self, Self::Classic | Self::Stable)
    }

    fn mint(self, mint: &Mint, appid: &str, nth: u64) -> String {
        match self {
            Self::Classic => mint.classic_token(appid, nth),
            Self::Stable => mint.stable_token(appid, nth),
            Self::JsapiTicket => mint.ticket("jsapi", appid, nth),
            Self::WxCardTicket => mint.ticket("wx_card", appid, nth),
        }
    }
}

impl TryFrom<Family> for AppFamily {
    type Error = NotOfAnApp;

    fn try_from(family: Family) -> Result<Self, NotOfAnApp> {
        match family {
            Family::Classic => Ok(Self::Classic),
            Family::Stable => Ok(Self::Stable),
            Family::JsapiTicket => Ok(Self::JsapiTicket),
            Family::WxCardTicket => Ok(Self::WxCardTicket),
            Family::User | Family::Refresh | Family::Code => Err(NotOfAnApp),
        }
    }
}

/// The family belongs to a web login.
pub(crate) struct NotOfAnApp;

impl From<AppFamily> for Family {
    fn from(family: AppFamily) -> Self {
        match family {
            AppFamily::Classic => Self::Classic,
            AppFamily::Stable => Self::Stable,
            AppFamily::JsapiTicket => Self::JsapiTicket,
            AppFamily::WxCardTicket => Self::WxCardTicket,
        }
    }
}

/// A remembered token of an account.
pub(crate) struct Found<'a> {
    pub(crate) account: &'a Account,
    pub(crate) family: AppFamily,
    pub(crate) standing: Standing,
    pub(crate) issued: &'a Issued,
}

/// How a new token comes about.
#[derive(Clone, Copy)]
pub(crate) struct Minting {
    pub(crate) family: AppFamily,
    pub(crate) life_s: u64,
    pub(crate) rotation: Rotation,
    pub(crate) minted_by: MintedBy,
}

/// Every account by appid, and every remembered token by its text.
#[derive(Default, Deserialize)]
#[serde(from = "BTreeMap<String, Account>")]
pub(crate) struct Accounts {
    by_appid: BTreeMap<String, Account>,
    owners: HashMap<String, (String, AppFamily)>,
}

/// The index of tokens follows from the rest.
impl From<BTreeMap<String, Account>> for Accounts {
    fn from(by_appid: BTreeMap<String, Account>) -> Self {
        let mut owners = HashMap::new();
        for (appid, account) in &by_appid {
            for family in AppFamily::ALL {
                for issued in account.lineage(family).iter() {
                    owners.insert(issued.token.clone(), (appid.clone(), family));
                }
            }
        }
        Self { by_appid, owners }
    }
}

impl Serialize for Accounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_appid.serialize(serializer)
    }
}

impl Accounts {
    /// Adds an app, or changes what is said about one and leaves its tokens alone.
    pub(crate) fn add(&mut self, app: App) {
        match self.by_appid.get_mut(&app.appid) {
            Some(account) => account.app = app,
            None => {
                self.by_appid.insert(app.appid.clone(), Account::new(app));
            }
        }
    }

    pub(crate) fn get(&self, appid: &str) -> Option<&Account> {
        self.by_appid.get(appid)
    }

    pub(crate) fn get_mut(&mut self, appid: &str) -> Option<&mut Account> {
        self.by_appid.get_mut(appid)
    }

    /// Every account stands under its own appid.
    pub(crate) fn are_named_right(&self) -> bool {
        self.by_appid
            .iter()
            .all(|(appid, account)| *appid == account.app.appid)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.by_appid.values()
    }

    pub(crate) fn find(&self, token: &str, now: Millis) -> Option<Found<'_>> {
        let (appid, family) = self.owners.get(token)?;
        let account = self.by_appid.get(appid)?;
        let (standing, issued) = account.lineage(*family).find(token, now)?;
        Some(Found {
            account,
            family: *family,
            standing,
            issued,
        })
    }

    /// A remembered token, to be taken back or ended.
    pub(crate) fn issued_mut(&mut self, token: &str) -> Option<&mut Issued> {
        let (appid, family) = self.owners.get(token)?;
        self.by_appid.get_mut(appid)?.lineage_mut(*family).get_mut(token)
    }

    /// Mints a token of `appid` and moves the earlier ones on. `None` when there is no
    /// such app.
    pub(crate) fn mint(&mut self, mint: &Mint, appid: &str, now: Millis, minting: Minting) -> Option<Issued> {
        let Minting {
            family,
            life_s,
            rotation,
            minted_by,
        } = minting;
        let lineage = self.by_appid.get_mut(appid)?.lineage_mut(family);
        let token = family.mint(mint, appid, lineage.minted());
        let issued = Issued::new(token, now, life_s, minted_by);
        let forgotten = lineage.rotate(now, issued.clone(), rotation);
        self.owners
            .insert(issued.token.clone(), (appid.to_owned(), family));
        if let Some(forgotten) = forgotten {
            self.owners.remove(&forgotten);
        }
        Some(issued)
    }
}
