//! How often somebody may be wrong: limits on guessing, by account and by address.
//!
//! Each account and each address has a bucket of attempts that fills again with time. A failed
//! attempt takes one; while a bucket is empty nothing more is tried, right or wrong, and the
//! answer is 429 with the time after which it makes sense again. Buckets are in memory, each
//! replica has its own, and there are at most [`BUCKETS`] of them: those that are asked for most
//! stay, so that an attacker with many addresses does not wash out his own.

use crate::clock::Clock;
use crate::error::Error;
use moka::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How many buckets there are at most; each is some 150 bytes.
const BUCKETS: u64 = 100_000;

/// After how long a bucket that nobody asks for is surely full.
const FORGET_AFTER: Duration = Duration::from_secs(60 * 60);

/// What is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Attempt {
    /// Signing in, with any provider: what a browser brings back from one is guessed at, too.
    SignIn,
    /// The code of a device that waits for its person.
    DeviceCode,
    /// A token that somebody chose or was given, unlike one that is signed.
    Token,
}

/// How many attempts a full bucket holds, and how long one takes to come back.
#[derive(Debug, Clone, Copy)]
struct Budget {
    burst: i64,
    refill: Duration,
}

impl Attempt {
    fn by_account(self) -> Budget {
        match self {
            Attempt::SignIn | Attempt::DeviceCode => Budget::of(10, 30),
            Attempt::Token => Budget::of(30, 10),
        }
    }

    /// An address may be that of many people.
    fn by_address(self) -> Budget {
        match self {
            Attempt::SignIn => Budget::of(50, 6),
            Attempt::DeviceCode => Budget::of(20, 15),
            Attempt::Token => Budget::of(100, 2),
        }
    }
}

impl Budget {
    const fn of(burst: i64, refill_seconds: u64) -> Budget {
        Budget {
            burst,
            refill: Duration::from_secs(refill_seconds),
        }
    }

    fn refill_milliseconds(self) -> i64 {
        i64::try_from(self.refill.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Account(String),
    Address(IpAddr),
}

/// Counts failed attempts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Limiter {
    clock: Arc<dyn Clock>,
    /// When each bucket is full again, in milliseconds since 1970.
    full_at: Cache<(Attempt, Who), Arc<AtomicI64>>,
}

impl Limiter {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Limiter {
        Limiter {
            clock,
            full_at: Cache::builder()
                .max_capacity(BUCKETS)
                .time_to_idle(FORGET_AFTER)
                .build(),
        }
    }

    /// Refuses an attempt for an account or from an address that has failed too often. Ask before
    /// anything is tried; it takes nothing from the buckets.
    ///
    /// Without an account or an address there is no limit on that side.
    ///
    /// # Errors
    ///
    /// 429 with the time after which to try again.
    pub(crate) fn check(
        &self,
        attempt: Attempt,
        account: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<(), Error> {
        let now = self.now();
        let wait = buckets(attempt, account, address).filter_map(|(who, budget)| {
            let full_at = self.full_at.get(&(attempt, who))?;
            let owed = full_at.load(Ordering::Relaxed) - now;
            let allowed = (budget.burst - 1) * budget.refill_milliseconds();
            u64::try_from(owed - allowed).ok().filter(|wait| *wait > 0)
        });
        match wait.max() {
            None => Ok(()),
            Some(wait) => Err(Error::TooManyRequests {
                retry_after: Duration::from_millis(wait),
            }),
        }
    }

    /// Counts a failed attempt.
    pub(crate) fn failed(&self, attempt: Attempt, account: Option<&str>, address: Option<IpAddr>) {
        let now = self.now();
        for (who, budget) in buckets(attempt, account, address) {
            let full_at = self
                .full_at
                .get_with((attempt, who), || Arc::new(AtomicI64::new(now)));
            let refill = budget.refill_milliseconds();
            // Attempts at the same moment may overdraw a bucket; nobody waits longer for that.
            let owed = |at: i64| Some(at.max(now).min(now + budget.burst * refill) + refill);
            // INVARIANT: the closure always gives a value, so the update takes place.
            let _updated = full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, owed);
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

fn buckets(
    attempt: Attempt,
    account: Option<&str>,
    address: Option<IpAddr>,
) -> impl Iterator<Item = (Who, Budget)> {
    let account = account.map(|account| (Who::Account(account.to_owned()), attempt.by_account()));
    let address = address.map(|address| (Who::Address(network(address)), attempt.by_address()));
    account.into_iter().chain(address)
}

/// Whoever has an address of version 6 has a whole network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::ManualClock;

    const ADDRESS: &str = "192.0.2.7";

    fn limiter() -> (Limiter, ManualClock) {
        let clock = ManualClock::default();
        (Limiter::new(Arc::new(clock.clone())), clock)
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    /// How long to wait for the next attempt.
    fn wait(limiter: &Limiter, account: Option<&str>, address: Option<IpAddr>) -> Option<u64> {
        match limiter.check(Attempt::SignIn, account, address) {
            Ok(()) => None,
            Err(Error::TooManyRequests { retry_after }) => Some(retry_after.as_secs()),
            Err(other) => panic!("{other}"),
        }
    }

    fn fail(limiter: &Limiter, times: usize, account: Option<&str>, address: Option<IpAddr>) {
        for _ in 0..times {
            limiter.failed(Attempt::SignIn, account, address);
        }
    }

    #[test]
    fn an_account_is_guessed_at_ten_times_and_then_twice_a_minute() {
        let (limiter, clock) = limiter();

        fail(&limiter, 9, Some("alice"), None);
        assert_eq!(wait(&limiter, Some("alice"), None), None);
        fail(&limiter, 1, Some("alice"), None);
        assert_eq!(wait(&limiter, Some("alice"), None), Some(30));
        assert_eq!(wait(&limiter, Some("bob"), None), None);

        clock.advance(Duration::from_secs(30));
        assert_eq!(wait(&limiter, Some("alice"), None), None);
        fail(&limiter, 1, Some("alice"), None);
        assert_eq!(wait(&limiter, Some("alice"), None), Some(30));
    }

    #[test]
    fn many_accounts_from_one_address_are_limited_together() {
        let (limiter, _) = limiter();

        for account in 0..50 {
            fail(&limiter, 1, Some(&account.to_string()), address(ADDRESS));
        }

        assert_eq!(wait(&limiter, Some("alice"), address(ADDRESS)), Some(6));
        assert_eq!(wait(&limiter, Some("alice"), address("192.0.2.8")), None);
        assert_eq!(wait(&limiter, Some("alice"), None), None);
    }

    #[test]
    fn an_overdrawn_bucket_is_paid_back_within_a_bounded_time() {
        let (limiter, clock) = limiter();

        fail(&limiter, 10_000, Some("alice"), None);
        clock.advance(Duration::from_secs(11 * 30));

        assert_eq!(wait(&limiter, Some("alice"), None), None);
    }

    #[test]
    fn a_network_of_version_6_is_one_address() {
        let (limiter, _) = limiter();

        fail(&limiter, 50, None, address("2001:db8::1"));

        assert!(wait(&limiter, None, address("2001:db8::ffff")).is_some());
        assert_eq!(wait(&limiter, None, address("2001:db8:0:1::1")), None);
        fail(&limiter, 50, None, address(ADDRESS));
        assert!(wait(&limiter, None, address("::ffff:192.0.2.7")).is_some());
    }

    #[test]
    fn what_is_tried_is_counted_apart() {
        let (limiter, _) = limiter();

        fail(&limiter, 50, None, address(ADDRESS));

        let device = limiter.check(Attempt::DeviceCode, None, address(ADDRESS));
        assert!(device.is_ok());
    }
}
