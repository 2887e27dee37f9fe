//! Of several operators one acts: the one that holds the Lease.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use std::time::Duration;
use tokio::time::Instant;

/// The name of the Lease; upstream's, so that the two never act at the same time.
pub const LEASE: &str = "06bdbdd5.rhdh.redhat.com";

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// After how long a Lease that nobody renews is free.
    pub lease: Duration,
    /// For how long a holder tries to renew it before it gives up acting; less than `lease`.
    pub deadline: Duration,
    /// How often the Lease is looked at.
    pub period: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            deadline: Duration::from_secs(10),
            period: Duration::from_secs(2),
        }
    }
}

/// One who wants to hold the Lease.
pub struct Candidate {
    api: Api<Lease>,
    identity: String,
    timing: Timing,
    clock: fn() -> Timestamp,
    /// Which version of the Lease was seen last, and since when it has not changed.
    ///
    /// The clocks of two machines differ, so only the own one is asked how long that is.
    seen: Option<(String, Instant)>,
}

/// What the Lease says to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Mine,
    Free,
    Taken,
}

impl Candidate {
    /// Makes a candidate for the Lease in the namespace of `api`; no two have the same `identity`.
    pub fn new(
        api: Api<Lease>,
        identity: String,
        timing: Timing,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            api,
            identity,
            timing,
            clock,
            seen: None,
        }
    }

    /// Completes once this candidate holds the Lease.
    pub async fn acquire(&mut self) {
        loop {
            match self.attempt().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "cannot read or write the Lease `{LEASE}`"),
            }
            tokio::time::sleep(self.timing.period).await;
        }
    }

    /// Renews the Lease, and completes when it is lost.
    pub async fn hold(&mut self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(self.timing.period).await;
            let left = self.timing.deadline.saturating_sub(renewed.elapsed());
            match tokio::time::timeout(left, self.attempt()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => return,
                Ok(Err(error)) => tracing::warn!(%error, "cannot renew the Lease `{LEASE}`"),
                Err(_) => return,
            }
            if renewed.elapsed() >= self.timing.deadline {
                return;
            }
        }
    }

    /// Gives the Lease back, so that nobody has to wait until it runs out.
    pub async fn release(&self) {
        let Ok(Some(mut lease)) = self.api.get_opt(LEASE).await else {
            return;
        };
        if standing(lease.spec.as_ref(), &self.identity, Duration::ZERO) != Standing::Mine {
            return;
        }
        if let Some(spec) = &mut lease.spec {
            spec.holder_identity = Some(String::new());
            spec.renew_time = Some(MicroTime((self.clock)()));
        }
        if let Err(error) = self
            .api
            .replace(LEASE, &PostParams::default(), &lease)
            .await
        {
            tracing::debug!(%error, "cannot give the Lease back");
        }
    }

    /// Takes or renews the Lease if it is free or held already, and tells whether it is held then.
    async fn attempt(&mut self) -> Result<bool, kube::Error> {
        let parameters = PostParams::default();
        let result = match self.api.get_opt(LEASE).await? {
            None => self.api.create(&parameters, &self.lease(None)).await,
            Some(existing) => {
                let unchanged = self.unchanged_for(&existing.metadata);
                match standing(existing.spec.as_ref(), &self.identity, unchanged) {
                    Standing::Taken => return Ok(false),
                    Standing::Mine | Standing::Free => {
                        // The version in it lets only one of several writers through.
                        self.api
                            .replace(LEASE, &parameters, &self.lease(Some(existing)))
                            .await
                    }
                }
            }
        };
        match result {
            Ok(written) => {
                self.unchanged_for(&written.metadata);
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn unchanged_for(&mut self, metadata: &ObjectMeta) -> Duration {
        let version = metadata.resource_version.clone().unwrap_or_default();
        match &self.seen {
            Some((seen, since)) if *seen == version => since.elapsed(),
            _ => {
                self.seen = Some((version, Instant::now()));
                Duration::ZERO
            }
        }
    }

    /// The Lease as it is when this candidate holds it.
    fn lease(&self, existing: Option<Lease>) -> Lease {
        let now = MicroTime((self.clock)());
        let is_new = existing.is_none();
        let Lease { metadata, spec } = existing.unwrap_or_else(|| Lease {
            metadata: ObjectMeta {
                name: Some(LEASE.to_owned()),
                ..ObjectMeta::default()
            },
            spec: None,
        });
        let previous = spec.unwrap_or_default();
        let was_mine = previous.holder_identity.as_deref() == Some(&self.identity);
        let transitions = previous.lease_transitions.unwrap_or(0);
        Lease {
            metadata,
            spec: Some(LeaseSpec {
                holder_identity: Some(self.identity.clone()),
                lease_duration_seconds: i32::try_from(self.timing.lease.as_secs().max(1)).ok(),
                acquire_time: previous
                    .acquire_time
                    .filter(|_| was_mine)
                    .or(Some(now.clone())),
                renew_time: Some(now),
                lease_transitions: Some(transitions + i32::from(!was_mine && !is_new)),
                ..LeaseSpec::default()
            }),
        }
    }
}

fn standing(lease: Option<&LeaseSpec>, identity: &str, unchanged_for: Duration) -> Standing {
    let holder = lease
        .and_then(|lease| lease.holder_identity.as_deref())
        .unwrap_or_default();
    let seconds = lease
        .and_then(|lease| lease.lease_duration_seconds)
        .unwrap_or(0);
    let lifetime = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    match holder {
        "" => Standing::Free,
        holder if holder == identity => Standing::Mine,
        _ if unchanged_for > lifetime => Standing::Free,
        _ => Standing::Taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_free_when_its_holder_has_not_renewed_it_for_its_whole_time() {
        let lease = LeaseSpec {
            holder_identity: Some("other".to_owned()),
            lease_duration_seconds: Some(15),
            ..LeaseSpec::default()
        };
        let after = |seconds| standing(Some(&lease), "me", Duration::from_secs(seconds));

        assert_eq!(after(0), Standing::Taken);
        assert_eq!(after(15), Standing::Taken);
        assert_eq!(after(16), Standing::Free);
        assert_eq!(
            standing(Some(&lease), "other", Duration::ZERO),
            Standing::Mine
        );
        assert_eq!(standing(None, "me", Duration::ZERO), Standing::Free);
    }
}
