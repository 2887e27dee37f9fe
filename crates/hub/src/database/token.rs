//! A token in place of a password, and how one follows the other.
//!
//! A token opens connections for a quarter of an hour; those that are open stay so. The hub shows
//! a new one well before that.

use super::iam::Iam;
use crate::clock::Clock;
use crate::task::Shutdown;
use callboard_config::Secret;
use jiff::Timestamp;
use std::time::Duration;

/// How long before its end the next one is made.
const AHEAD: Duration = Duration::from_mins(5);
/// When it is tried again; no token is asked for more often.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// What stands in for a password.
#[derive(Debug)]
pub(crate) struct Token {
    /// The token itself.
    pub(super) password: Secret<String>,
    /// When it opens no more connections: after its own time, or with who signed it.
    pub(super) until: Timestamp,
}

impl Token {
    /// How long it may rest until the next one is made.
    fn rest(&self, now: Timestamp) -> Duration {
        let left = Duration::try_from(self.until.duration_since(now)).unwrap_or_default();
        left.saturating_sub(AHEAD).max(RETRY_AFTER)
    }
}

/// Gives a new token to `show` before the one before ends, until the hub stops.
///
/// The first comes at once: nobody knows any more when that one ends with which the hub started.
pub(crate) async fn renew(
    iam: &Iam,
    clock: &dyn Clock,
    mut shutdown: Shutdown,
    show: impl Fn(&Secret<String>) + Send,
) {
    loop {
        let now = clock.now();
        let pause = match iam.token(now).await {
            Ok(token) => {
                show(&token.password);
                token.rest(now)
            }
            Err(error) => {
                tracing::warn!(
                    plugin = "hub",
                    help = error.help(),
                    "no new token for the database; the hub asks again, and new connections may \
                     fail until then: {error}"
                );
                RETRY_AFTER
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.signalled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection;
    use super::super::iam::VALID;
    use super::super::iam::tests::{KEYS, config, iam, rds};
    use super::*;
    use crate::auth::test::ManualClock;
    use crate::aws::Fake;
    use callboard_store::{PostgresConfig, Store};
    use callboard_testkit::{Authority, Postgres};
    use serde_json::json;
    use std::sync::Mutex;

    #[tokio::test]
    async fn a_token_ends_with_who_signed_it_and_the_next_is_made_before() {
        let fake = Fake::start("2026-11-21T18:07:00Z").await;
        let address = fake.url("/v1/credentials");
        let token = fake.token("pod-token");
        let agent = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*address),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &*token),
        ];
        let now = ManualClock::default().now();

        let of_agent = iam(&config(&rds("db"), &agent)).token(now).await.unwrap();
        let of_keys = iam(&config(&rds("db"), &KEYS)).token(now).await.unwrap();

        assert_eq!(of_agent.until, now + Duration::from_mins(7));
        assert_eq!(of_agent.rest(now), Duration::from_mins(2));
        assert_eq!(of_keys.until, now + VALID);
        assert_eq!(of_keys.rest(now), Duration::from_mins(10));
        assert_eq!(of_keys.rest(now + VALID), RETRY_AFTER);
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_follow_each_other_well_before_their_ends() {
        let iam = iam(&config(&rds("db"), &KEYS));
        let clock = ManualClock::default();
        let (stop, shutdown) = Shutdown::channel();
        let begin = tokio::time::Instant::now();
        let shown = Mutex::new(Vec::new());

        renew(&iam, &clock, shutdown, |token| {
            let mut shown = shown.lock().unwrap();
            shown.push((begin.elapsed().as_secs(), token.expose().clone()));
            clock.advance(Duration::from_mins(10));
            stop.send_replace(shown.len() == 3);
        })
        .await;

        let shown = shown.into_inner().unwrap();
        let times: Vec<_> = shown.iter().map(|(at, _)| *at).collect();
        assert_eq!(times, [0, 600, 1200]);
        assert!(shown[2].1.contains("X-Amz-Date=20261121T182000Z"));
    }

    /// A server that believes this token of the user `hub`, and no other.
    async fn believe(postgres: &Postgres, url: &str, token: &Token) {
        let token = token.password.expose();
        let role = format!("ALTER ROLE hub PASSWORD '{token}'");
        postgres.execute(url, &role).await;
    }

    #[tokio::test]
    async fn the_database_is_entered_with_a_token_and_again_with_the_next() {
        let authority = Authority::new();
        let postgres = Postgres::own_with_tls(&authority).await;
        let url = postgres.database("iam").await;
        let roles = "CREATE ROLE guarded; CREATE ROLE hub LOGIN SUPERUSER IN ROLE guarded";
        postgres.execute(&url, roles).await;
        let address = postgres.tcp_address();
        let port = address.rsplit(':').next().unwrap();
        let database = PostgresConfig::from_url(&url).unwrap().database;
        let connected = json!({
            "type": "rds", "host": "localhost", "port": port, "user": "hub",
            "region": "eu-central-1", "database": database, "ssl": {"ca": authority.pem()},
        });
        let config = config(&connected, &KEYS);
        let iam = iam(&config);
        let clock = ManualClock::default();
        believe(&postgres, &url, &iam.token(clock.now()).await.unwrap()).await;

        let opened = connection(&config, &clock).await.unwrap();
        let store = Store::open(&opened).await.unwrap();
        clock.advance(Duration::from_mins(10));
        believe(&postgres, &url, &iam.token(clock.now()).await.unwrap()).await;
        postgres.cut(&url).await;
        let before = store.read().await.map(drop);
        let (stop, shutdown) = Shutdown::channel();
        renew(&iam, &clock, shutdown, |token| {
            store.show_password(token.expose());
            stop.send_replace(true);
        })
        .await;
        let after = store.read().await.map(drop);

        assert!(before.is_err() && after.is_ok(), "{before:?} {after:?}");
    }
}
