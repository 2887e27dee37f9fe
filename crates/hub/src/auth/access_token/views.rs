//! `/settings/tokens` and `/settings/service-accounts`: the pages where tokens are made.

use super::api::{holder, manager};
use super::form::{Shown, TokenFields, TokenForm, TokenRow, field_of};
use super::service::AccessTokens;
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::device::DeviceSession;
use crate::auth::service_account::{self, ServiceAccount};
use crate::auth::{CsrfForm, NoFields, Viewer};
use crate::callboard::{SERVICE_ACCOUNT_MANAGE, has};
use crate::error::Error;
use crate::guard::Guard;
use crate::settings::{Tab, tabs};
use crate::ui::{Crumb, Icon, Moment, Page, PageRequest, Place, Shell, Texts, Tone, see_other};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use callboard_policy::EntityRef;
use serde::Deserialize;
use serde_json::json;
use smol_str::SmolStr;
use std::sync::Arc;

const TOKENS: &str = "/settings/tokens";
const ACCOUNTS: &str = "/settings/service-accounts";

/// The pages.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route(TOKENS, get(tokens).post(create))
        .route("/settings/tokens/{id}/revoke", post(revoke))
        .route(ACCOUNTS, get(accounts).post(create_account))
        .route(
            "/settings/service-accounts/{name}",
            get(account).post(create_for_account),
        )
        .route(
            "/settings/service-accounts/{name}/delete",
            post(delete_account),
        )
        .route(
            "/settings/service-accounts/{name}/{id}/revoke",
            post(revoke_of_account),
        )
}

#[derive(Template)]
#[template(path = "auth/access_token/templates/tokens_page.html")]
struct TokensPage {
    shell: Shell,
    tabs: Vec<Tab>,
    /// Whether there are none, as everybody is the same guest.
    is_guest: bool,
    form: TokenForm,
    tokens: Vec<TokenRow>,
    shown: Option<Shown>,
    devices: Vec<DeviceRow>,
}

/// A program that one let in.
struct DeviceRow {
    id: SmolStr,
    client: String,
    address: Option<String>,
    since: Moment,
    used: Moment,
}

#[derive(Template)]
#[template(path = "auth/access_token/templates/accounts_page.html")]
struct AccountsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    accounts: Vec<AccountRow>,
    form: AccountForm,
}

#[derive(Template)]
#[template(path = "auth/access_token/templates/account_page.html")]
struct AccountPage {
    shell: Shell,
    tabs: Vec<Tab>,
    account: AccountRow,
    /// Why it was not removed.
    error: Option<String>,
    form: TokenForm,
    tokens: Vec<TokenRow>,
    shown: Option<Shown>,
}

/// A service account in the list.
struct AccountRow {
    name: SmolStr,
    href: String,
    entity_ref: String,
    description: String,
    created_by: String,
    roles: Vec<String>,
    tokens: usize,
}

/// The form that makes a service account, with what was filled in.
#[derive(Default, Deserialize)]
struct AccountForm {
    name: SmolStr,
    #[serde(default)]
    description: String,
    /// Why it was not taken.
    #[serde(skip)]
    error: Option<String>,
}

/// `GET /settings/tokens`.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn tokens(asked: PageRequest) -> Result<Response, Error> {
    let form = TokenForm::new(&asked.app, TOKENS.to_owned());
    Ok(Page(asked.tokens_page(form, None)?).into_response())
}

/// `POST /settings/tokens`: the same page, with the token this once.
///
/// For people who are signed in: a token never exceeds its owner.
async fn create(
    asked: PageRequest,
    requester: Requester,
    CsrfForm(fields): CsrfForm<TokenFields>,
) -> Result<Response, Error> {
    let owner = holder(&asked.app, &asked.viewer.user)?;
    let made = asked.make(owner, requester, &fields).await;
    let form = TokenForm::new(&asked.app, TOKENS.to_owned());
    answer(&asked.texts(), made, form, &fields, |form, shown| {
        asked.tokens_page(form, shown)
    })
}

/// `POST /settings/tokens/{id}/revoke`.
///
/// For people who are signed in, about themselves: no permission is needed.
async fn revoke(
    State(app): State<App>,
    viewer: Viewer,
    requester: Requester,
    Path(id): Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    let owner = holder(&app, &viewer.user)?;
    end_token(&app, &viewer, requester, owner, &id).await?;
    Ok(see_other(TOKENS))
}

/// Whom the pages of service accounts are for.
fn of_managers() -> Guard {
    Guard::Judged {
        by: |app, principal| has(app, principal, &SERVICE_ACCOUNT_MANAGE),
        permission: SERVICE_ACCOUNT_MANAGE.clone(),
    }
}

/// `GET /settings/service-accounts`.
///
/// Permission: `callboard.service-account.manage`.
async fn accounts(asked: PageRequest) -> Result<Response, Error> {
    Ok(Page(asked.accounts_page(AccountForm::default())?).into_response())
}

/// `POST /settings/service-accounts`.
///
/// Permission: `callboard.service-account.manage`.
async fn create_account(
    asked: PageRequest,
    requester: Requester,
    CsrfForm(form): CsrfForm<AccountForm>,
) -> Result<Response, Error> {
    let user = manager(&asked.app, &asked.viewer.principal)?;
    let account = ServiceAccount {
        name: form.name.trim().into(),
        description: form.description.trim().to_owned(),
        created_by: user.entity_ref.to_string(),
        created_at: asked.app.core().clock.now(),
    };
    let requester = requester.known_as(user.entity_ref.as_str());
    let meta = json!({"serviceAccount": account.name});
    let operation = Operation::begin(requester, "auth", "service-account-create", meta);
    match AccessTokens::create_account(&asked.app, account, operation).await {
        Ok(account) => Ok(see_other(&href_of(&account.name))),
        Err(error @ (Error::Input(_) | Error::Conflict(_))) => {
            let error = Some(refused_account(&asked.texts(), &error));
            let page = asked.accounts_page(AccountForm { error, ..form })?;
            Ok(Page(page).with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// `GET /settings/service-accounts/{name}`.
///
/// Permission: `callboard.service-account.manage`.
async fn account(asked: PageRequest, Path(name): Path<String>) -> Result<Response, Error> {
    let form = TokenForm::new(&asked.app, href_of(&name));
    Ok(Page(asked.account_page(&name, form, None)?).into_response())
}

/// `POST /settings/service-accounts/{name}`: makes a token for it, and shows it this once.
///
/// Permission: `callboard.service-account.manage`.
async fn create_for_account(
    asked: PageRequest,
    requester: Requester,
    Path(name): Path<String>,
    CsrfForm(fields): CsrfForm<TokenFields>,
) -> Result<Response, Error> {
    manager(&asked.app, &asked.viewer.principal)?;
    let known = asked.app.access_tokens().account(&name)?;
    let owner = service_account::reference(&known.name);
    let made = asked.make(owner, requester, &fields).await;
    let form = TokenForm::new(&asked.app, href_of(&name));
    answer(&asked.texts(), made, form, &fields, |form, shown| {
        asked.account_page(&name, form, shown)
    })
}

/// `POST /settings/service-accounts/{name}/delete`.
///
/// Permission: `callboard.service-account.manage`.
async fn delete_account(
    asked: PageRequest,
    requester: Requester,
    Path(name): Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    let user = manager(&asked.app, &asked.viewer.principal)?;
    let requester = requester.known_as(user.entity_ref.as_str());
    let meta = json!({"serviceAccount": name});
    let operation = Operation::begin(requester, "auth", "service-account-delete", meta);
    match AccessTokens::delete_account(&asked.app, &name, operation).await {
        Ok(()) => Ok(see_other(ACCOUNTS)),
        Err(Error::Conflict(_)) => {
            let form = TokenForm::new(&asked.app, href_of(&name));
            let mut page = asked.account_page(&name, form, None)?;
            let t = asked.texts();
            let text = t.say("account-in-roles");
            let text = text.with("roles", page.account.roles.join(", "));
            page.error = Some(text.to_string());
            Ok(Page(page).with_status(StatusCode::CONFLICT))
        }
        Err(error) => Err(error),
    }
}

/// `POST /settings/service-accounts/{name}/{id}/revoke`.
///
/// Permission: `callboard.service-account.manage`.
async fn revoke_of_account(
    State(app): State<App>,
    viewer: Viewer,
    requester: Requester,
    Path((name, id)): Path<(String, String)>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    manager(&app, &viewer.principal)?;
    let known = app.access_tokens().account(&name)?;
    let owner = service_account::reference(&known.name);
    end_token(&app, &viewer, requester, owner, &id).await?;
    Ok(see_other(&href_of(&name)))
}

impl PageRequest {
    fn rows(&self, owner: &str) -> Vec<TokenRow> {
        let now = self.app.core().clock.now();
        let t = self.texts();
        let tokens = self.app.access_tokens().of_owner(owner);
        tokens
            .iter()
            .map(|token| TokenRow::new(&t, token, now))
            .collect()
    }

    fn devices(&self) -> Vec<DeviceRow> {
        let now = self.app.core().clock.now();
        let t = self.texts();
        let row = |session: &Arc<DeviceSession>| DeviceRow {
            id: session.id.clone(),
            client: session.client.clone(),
            address: session.address.clone(),
            since: Moment::new(&t, session.created_at, now),
            used: Moment::new(&t, session.refreshed_at, now),
        };
        let user = &self.viewer.user.entity_ref;
        self.app
            .device_sessions()
            .of_user(user)
            .iter()
            .map(row)
            .collect()
    }

    fn tokens_page(&self, form: TokenForm, shown: Option<Shown>) -> Result<TokensPage, Error> {
        let t = self.texts();
        let above = [Crumb::link(t.say("settings"), "/settings")];
        Ok(TokensPage {
            shell: self.shell(Place::below(above, t.say("settings-tokens")))?,
            tabs: tabs(self, TOKENS),
            is_guest: holder(&self.app, &self.viewer.user).is_err(),
            form,
            tokens: self.rows(&self.viewer.user.entity_ref),
            shown,
            devices: self.devices(),
        })
    }

    fn accounts_page(&self, form: AccountForm) -> Result<AccountsPage, Error> {
        self.enter(&of_managers())?;
        let t = self.texts();
        let above = [Crumb::link(t.say("settings"), "/settings")];
        let accounts = self.app.access_tokens().accounts();
        Ok(AccountsPage {
            shell: self.shell(Place::below(above, t.say("settings-accounts")))?,
            tabs: tabs(self, ACCOUNTS),
            accounts: accounts.iter().map(|account| self.row(account)).collect(),
            form,
        })
    }

    fn account_page(
        &self,
        name: &str,
        form: TokenForm,
        shown: Option<Shown>,
    ) -> Result<AccountPage, Error> {
        self.enter(&of_managers())?;
        let account = self.app.access_tokens().account(name)?;
        let account = self.row(&account);
        let t = self.texts();
        let above = [
            Crumb::link(t.say("settings"), "/settings"),
            Crumb::link(t.say("settings-accounts"), ACCOUNTS),
        ];
        Ok(AccountPage {
            shell: self.shell(Place::below(above, account.name.as_str()))?,
            tabs: tabs(self, ACCOUNTS),
            tokens: self.rows(&account.entity_ref),
            account,
            error: None,
            form,
            shown,
        })
    }

    fn row(&self, account: &ServiceAccount) -> AccountRow {
        let entity_ref = service_account::reference(&account.name).to_string();
        AccountRow {
            name: account.name.clone(),
            href: href_of(&account.name),
            description: account.description.clone(),
            created_by: account.created_by.clone(),
            roles: service_account::roles(&self.app, &account.name),
            tokens: self.app.access_tokens().of_owner(&entity_ref).len(),
            entity_ref,
        }
    }

    /// Makes the token of a form.
    async fn make(
        &self,
        owner: EntityRef,
        requester: Requester,
        fields: &TokenFields,
    ) -> Result<Shown, Error> {
        let new = fields.to_request()?;
        let name = new.name.trim().to_owned();
        let maker = &self.viewer.user.entity_ref;
        let meta = json!({"name": name, "scope": new.scope});
        let requester = requester.known_as(maker.as_str());
        let operation = Operation::begin(requester, "auth", "access-token-create", meta);
        let created = AccessTokens::create(&self.app, owner, maker, new, operation).await?;
        Ok(Shown {
            name,
            token: created.secret,
        })
    }
}

/// The page with the new token, which nobody keeps, or with what is wrong with the form.
fn answer<T: Template>(
    t: &Texts,
    made: Result<Shown, Error>,
    form: TokenForm,
    fields: &TokenFields,
    page: impl FnOnce(TokenForm, Option<Shown>) -> Result<T, Error>,
) -> Result<Response, Error> {
    match made {
        Ok(shown) => {
            let mut response = Page(page(form, Some(shown))?).into_response();
            let no_store = HeaderValue::from_static("no-store");
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, no_store);
            Ok(response)
        }
        Err(error @ (Error::Input(_) | Error::Conflict(_))) => {
            let page = page(form.again(t, fields, &error), None)?;
            Ok(Page(page).with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// Why a service account was not made, in words.
fn refused_account(t: &Texts, error: &Error) -> String {
    let name = match field_of(error) {
        Some("name") => "account-wrong-name",
        Some("description") => "account-wrong-description",
        Some(_) | None => "account-taken",
    };
    t.say(name).to_string()
}

async fn end_token(
    app: &App,
    viewer: &Viewer,
    requester: Requester,
    owner: EntityRef,
    id: &str,
) -> Result<(), Error> {
    let requester = requester.known_as(viewer.user.entity_ref.as_str());
    let meta = json!({"tokenId": id});
    let operation = Operation::begin(requester, "auth", "access-token-revoke", meta);
    AccessTokens::revoke(app, owner, id, operation).await
}

fn href_of(name: &str) -> String {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("{ACCOUNTS}/{name}")
}
