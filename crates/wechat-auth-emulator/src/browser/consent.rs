//! A link is opened, and a person answers.

use http::{Response, StatusCode};

use super::complaint::Complaint;
use super::open_pages::{Place, Step};
use super::pages;
use super::request::{AuthorizeRequest, Door};
use super::{Browsed, redirect};
use crate::machine::{Call, Consent, Grants, InvalidUser, Path, QrRefusal, User, WeChat};

/// What a nickname typed into a page may have, in characters.
const MAX_NICKNAME: usize = 64;

/// What a person sent, as it came.
#[derive(Default)]
struct Form {
    nonce: String,
    decision: String,
    user: String,
    /// Only our own page has it: whoever posts the other fields by themselves gets the
    /// answer at once.
    snapshot_page: String,
    new_id: String,
    new_nickname: String,
}

impl Form {
    /// The first of several fields of one name counts.
    fn read(call: &Call<'_>) -> Self {
        let mut form = Self::default();
        for (name, value) in call.form().into_iter().rev() {
            match name.as_ref() {
                "nonce" => form.nonce = value.into_owned(),
                "decision" => form.decision = value.into_owned(),
                "user" => form.user = value.into_owned(),
                "snapshot_page" => form.snapshot_page = value.into_owned(),
                "new_id" => form.new_id = value.into_owned(),
                "new_nickname" => form.new_nickname = value.into_owned(),
                _ => {}
            }
        }
        form
    }
}

impl WeChat {
    /// Silent for `snsapi_base`, and when a user agrees to everything; `forcePopup=true`
    /// brings the page back for the latter.
    pub(super) fn open_link(&mut self, call: &Call<'_>, place: Place) -> Result<Browsed, Complaint> {
        let app = |appid: &str| self.accounts.get(appid).map(|account| &account.app);
        let request = AuthorizeRequest::read(call, place.door(), app, &self.config.behavior)?;
        let silent_user = match request.scope.grants {
            Grants::Openid => self.silent_user(),
            _ if request.force_popup => None,
            _ => self.auto_consent(),
        };
        if let Some(user) = silent_user.map(str::to_owned) {
            let code = self.code_for(&request, &user, Service::AsTheUserIs);
            return Ok(back_with_code(&request, &code, StatusCode::FOUND));
        }
        let nonce = self.mint.nonce(self.open_pages.opened());
        let page = match place {
            Place::Website => pages::website(&self.asking(call, &request, &nonce, place), &Step::Waiting),
            _ => pages::consent(
                &self.asking(call, &request, &nonce, place),
                pages::Opened::ByTheLink,
            ),
        };
        let until = call.now.plus_s(self.config.behavior.consent_page_life_s);
        self.open_pages.open(nonce, request, until);
        Ok(page.into())
    }

    /// The answer of a page that asks. A decision uses the page up, whatever it is; looking
    /// around and adding a user do not.
    pub(super) fn answer(&mut self, call: &Call<'_>, place: Place) -> Result<Browsed, Complaint> {
        let form = Form::read(call);
        let page = self.open_pages.find(&form.nonce, place.door(), call.now);
        let page = page.filter(|page| page.step.can_be_answered());
        let request = page.ok_or_else(Complaint::stale_page)?.request.clone();
        match form.decision.as_str() {
            "add_user" => return Ok(self.add_user_on_the_page(call, &request, &form, place)),
            "no_fragment" => {
                let noted = Response::builder()
                    .status(StatusCode::NO_CONTENT)
                    .body(Vec::new());
                let complaint = Complaint::fragment_missing();
                return Ok(Browsed::complaining(noted.unwrap_or_default(), complaint));
            }
            "allow" if !form.snapshot_page.is_empty() => {
                if let Some(user) = self.snapshot_visitor(&form.user, &request) {
                    return Ok(
                        pages::snapshot(&self.asking(call, &request, &form.nonce, place), user).into(),
                    );
                }
            }
            _ => {}
        }
        let decided = match form.decision.as_str() {
            "allow" | "browse_snapshot" => self
                .user(&form.user)
                .map(|user| (user.id.clone(), Service::AsTheUserIs)),
            "full_service" => self
                .snapshot_visitor(&form.user, &request)
                .map(|user| (user.id.clone(), Service::Full)),
            "refuse" => return Ok(self.refuse_login(call, &request, &form.nonce, place)),
            "close" => return Ok(self.close_page(call, &request, &form.nonce, place)),
            _ => None,
        };
        let Some((user, service)) = decided else {
            self.open_pages.close(&form.nonce);
            return Err(Complaint::no_choice());
        };
        self.choose_user(&user);
        let code = self.code_for(&request, &user, service);
        if place == Place::Phone {
            self.tell_website(call, &form.nonce, Step::Confirmed { code });
            return Ok(pages::confirmed(&self.asking(call, &request, &form.nonce, place)).into());
        }
        self.open_pages.close(&form.nonce);
        Ok(back_with_code(&request, &code, StatusCode::SEE_OTHER))
    }

    fn refuse_login(
        &mut self,
        call: &Call<'_>,
        request: &AuthorizeRequest,
        nonce: &str,
        place: Place,
    ) -> Browsed {
        if place == Place::Phone {
            self.tell_website(call, nonce, Step::Cancelled);
            return pages::cancelled(&self.asking(call, request, nonce, place)).into();
        }
        self.open_pages.close(nonce);
        self.back_refused(request)
    }

    /// The app is told nothing. A QR code that was scanned can be scanned again.
    fn close_page(
        &mut self,
        call: &Call<'_>,
        request: &AuthorizeRequest,
        nonce: &str,
        place: Place,
    ) -> Browsed {
        match place {
            Place::Phone => self.tell_website(call, nonce, Step::Waiting),
            Place::Authorize | Place::Website => self.open_pages.close(nonce),
        }
        pages::closed(&self.asking(call, request, nonce, place)).into()
    }

    fn tell_website(&mut self, call: &Call<'_>, nonce: &str, step: Step) {
        if let Some(page) = self.open_pages.find(nonce, Door::Website, call.now) {
            page.step = step;
        }
    }

    fn add_user_on_the_page(
        &mut self,
        call: &Call<'_>,
        request: &AuthorizeRequest,
        form: &Form,
        place: Place,
    ) -> Browsed {
        let id = match form.new_id.trim() {
            "" => self.unused_user_id(),
            typed => typed.to_owned(),
        };
        let added = if self.user(&id).is_some() {
            Err(Complaint::user_id_taken())
        } else if form.new_nickname.chars().count() > MAX_NICKNAME {
            Err(Complaint::nickname_too_long(MAX_NICKNAME))
        } else {
            let user = User::new(&id, form.new_nickname.trim());
            self.add_user(user).map_err(|invalid| match invalid {
                InvalidUser::TooMany => Complaint::too_many_users(),
                _ => Complaint::user_id(),
            })
        };
        let mut asking = self.asking(call, request, &form.nonce, place);
        let show = |asking: &pages::Asking<'_>, opened| match place {
            Place::Website => pages::website(asking, &Step::Waiting),
            _ => pages::consent(asking, opened),
        };
        match added {
            Ok(()) => {
                asking.chosen = Some(&id);
                show(&asking, pages::Opened::Again(None)).into()
            }
            Err(complaint) => {
                let mut page = show(&asking, pages::Opened::Again(Some(&complaint)));
                *page.status_mut() = StatusCode::BAD_REQUEST;
                Browsed::complaining(page, complaint)
            }
        }
    }

    fn unused_user_id(&self) -> String {
        let mut ids = (1_u64..).map(|nth| format!("user{nth}"));
        ids.find(|id| self.user(id).is_none()).unwrap_or_default()
    }

    /// The user, if WeChat would show this login on its snapshot page.
    fn snapshot_visitor(&self, user: &str, request: &AuthorizeRequest) -> Option<&User> {
        self.user(user)
            .filter(|user| user.snapshot && request.scope.grants == Grants::Profile)
    }

    fn code_for(&mut self, request: &AuthorizeRequest, user: &str, service: Service) -> String {
        let code = self.mint.code(self.codes);
        self.codes = self.codes.saturating_add(1);
        let consent = Consent {
            appid: request.appid.clone(),
            user: user.to_owned(),
            scope: request.scope.clone(),
            full_service: service == Service::Full,
        };
        self.logins
            .add_code(code.clone(), consent, self.now, self.config.behavior.code_life_s);
        code
    }

    /// With the state and without a code, which is how an app learns of a refusal.
    pub(super) fn back_refused(&self, request: &AuthorizeRequest) -> Browsed {
        if request.door == Door::Website && self.config.behavior.qr_refusal == QrRefusal::NoRedirect {
            return pages::refused().into();
        }
        let state = request.state.as_deref().map(|state| ("state", state));
        let params: Vec<_> = state.into_iter().collect();
        redirect(StatusCode::SEE_OTHER, request.redirect_uri.location(&params)).into()
    }

    /// All that the pages of one login show.
    pub(super) fn asking<'a>(
        &'a self,
        call: &'a Call<'_>,
        request: &'a AuthorizeRequest,
        nonce: &'a str,
        place: Place,
    ) -> pages::Asking<'a> {
        pages::Asking {
            request,
            nonce,
            origin: self.origin(call),
            mount: call.mount,
            action: match place {
                Place::Authorize => Path::Authorize,
                Place::Website => Path::QrConnect,
                Place::Phone => Path::QrScan,
            },
            users: self.users(),
            chosen: self.silent_user(),
        }
    }
}

/// What a visitor of the snapshot page gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    AsTheUserIs,
    Full,
}

/// The browser goes back to the app, with what it came for.
pub(super) fn back_with_code(request: &AuthorizeRequest, code: &str, status: StatusCode) -> Browsed {
    let mut params = vec![("code", code)];
    params.extend(request.state.as_deref().map(|state| ("state", state)));
    redirect(status, request.redirect_uri.location(&params)).into()
}
