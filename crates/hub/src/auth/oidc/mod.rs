//! Sign-in through OpenID Connect: Amazon Cognito, Keycloak, any other provider.
//!
//! A sign-in has two halves, [`flow`]. Between them the browser keeps what it needs in a sealed
//! cookie, [`pending`], so that no other browser can finish it and any replica can. Back from the
//! provider the code is exchanged and the id token verified, [`client`]; then the resolvers find
//! out who that is here. Other front ends get their session as the original gives it, [`api`] and
//! [`callback`]; our pages end in [`super::signed_in::enter`], [`page`].

pub(super) mod api;
mod attempt;
pub(super) mod callback;
mod claims;
mod client;
mod cookie;
mod examination;
mod failure;
mod flow;
mod frame;
mod id_token;
mod metadata;
mod origin;
mod page;
mod pending;
mod provider;
mod refusal;
mod renewal;
mod resolver;
mod scope;
mod seal;
mod settings;
mod state;

pub(super) use examination::register_examinations;
pub use failure::SignInFailure;
pub use page::{Door, begin};
pub(super) use provider::{Providers, is_one};
pub(super) use renewal::{discover, renew, revoke};
