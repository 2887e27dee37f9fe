//! How often a sign-in may fail, by the address that it comes from: whose it would have been shows
//! only when it succeeds.

use super::refusal::Refusal;
use crate::app::App;
use crate::audit::Requester;
use crate::auth::limit::Attempt;
use crate::error::Error;

/// Refuses to try anything for an address from which too much has failed.
///
/// # Errors
///
/// 429 with the time after which to try again.
pub(super) fn check(app: &App, requester: &Requester) -> Result<(), Error> {
    let limiter = app.auth().limiter();
    limiter.check(Attempt::SignIn, None, requester.ip())
}

/// Counts a sign-in that failed, unless there was nothing to guess at.
pub(super) fn failed(app: &App, requester: &Requester, refusal: &Refusal) {
    if is_guess(refusal) {
        let limiter = app.auth().limiter();
        limiter.failed(Attempt::SignIn, None, requester.ip());
    }
}

/// Whether somebody who guesses is refused like this. Neither a fault of ours or of the provider
/// nor a request that shows nothing is held against whoever makes it: a front end without a
/// session asks for one each time that it is opened.
fn is_guess(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Rejected(_)
        | Refusal::Disproved(_)
        | Refusal::Unexpected
        | Refusal::NoEmail { .. }
        | Refusal::NoUser { .. }
        | Refusal::SeveralUsers(_) => true,
        Refusal::Unreachable { .. } | Refusal::NoSecret => false,
        Refusal::Other(error) => matches!(
            error,
            Error::Authentication(_) | Error::NotAllowed(_) | Error::NotFound(_)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_guessed_at_is_counted() {
        let not_allowed = Error::NotAllowed("Invalid nonce".to_owned());
        let no_cookie = Error::Input("Missing session cookie".to_owned());
        let outage = Refusal::unreachable("the token endpoint does not answer", &"timed out");

        assert!(is_guess(&Refusal::Disproved("invalid_grant".to_owned())));
        assert!(is_guess(&not_allowed.into()));
        assert!(!is_guess(&no_cookie.into()));
        assert!(!is_guess(&outage));
        assert!(!is_guess(&Error::unavailable("the database").into()));
    }
}
