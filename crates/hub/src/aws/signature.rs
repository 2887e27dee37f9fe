//! Signature version 4, in the address of a request.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqsign_aws_core::Credential;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What stands as it is in an address that is signed.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A `GET` whose address carries its own proof.
#[derive(Debug)]
pub(crate) struct Presigned<'a> {
    /// The service, such as `rds-db`.
    pub(crate) service: &'a str,
    /// The region, such as `eu-central-1`.
    pub(crate) region: &'a str,
    /// The host, with the port where it is none that goes without saying.
    pub(crate) host: &'a str,
    /// The path, from its first slash.
    pub(crate) path: &'a str,
    /// What is asked, in plain text.
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// How long the proof is good, from when it was made.
    pub(crate) valid: Duration,
    /// The SHA-256 of the body in hexadecimal digits, or what stands for it.
    pub(crate) payload: &'a str,
}

impl Presigned<'_> {
    /// The SHA-256 of no body.
    pub(crate) const NO_BODY: &'static str =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// The address, without its scheme.
    pub(crate) fn address(&self, credential: &Credential, at: Timestamp) -> String {
        let time = at.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = &time[..8];
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let identity = format!("{}/{scope}", credential.access_key_id);
        let valid = self.valid.as_secs().to_string();
        let mut query = self.query.to_vec();
        query.extend([
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &identity),
            ("X-Amz-Date", &time),
            ("X-Amz-Expires", &valid),
            ("X-Amz-SignedHeaders", "host"),
        ]);
        if let Some(token) = &credential.session_token {
            query.push(("X-Amz-Security-Token", token));
        }
        let query = canonical(&query);
        let Presigned {
            host,
            path,
            payload,
            ..
        } = self;
        let request = format!("GET\n{path}\n{query}\nhost:{host}\n\nhost\n{payload}");
        let digest = hex(&Sha256::digest(request.as_bytes()));
        let statement = format!("{ALGORITHM}\n{time}\n{scope}\n{digest}");
        let signature = hex(&hmac(&self.key(credential, day), &statement));
        format!("{host}{path}?{query}&X-Amz-Signature={signature}")
    }

    /// The key of one day, region and service, made from the secret.
    fn key(&self, credential: &Credential, day: &str) -> [u8; 32] {
        let secret = format!("AWS4{}", credential.secret_access_key);
        let of_day = hmac(secret.as_bytes(), day);
        let of_region = hmac(&of_day, self.region);
        let of_service = hmac(&of_region, self.service);
        hmac(&of_service, "aws4_request")
    }
}

/// Names and values, encoded and in the order of the encoded names.
fn canonical(query: &[(&str, &str)]) -> String {
    let encoded = |text| utf8_percent_encode(text, ENCODED);
    let mut pairs: Vec<_> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of Amazon's published examples.
    fn example() -> Credential {
        Credential {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            expires_in: None,
        }
    }

    #[test]
    fn the_published_example_of_a_presigned_request_has_this_signature() {
        let request = Presigned {
            service: "s3",
            region: "us-east-1",
            host: "examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            query: &[],
            valid: Duration::from_hours(24),
            payload: "UNSIGNED-PAYLOAD",
        };

        let address = request.address(&example(), "2013-05-24T00:00:00Z".parse().unwrap());

        assert_eq!(
            address,
            "examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=\
             aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn the_token_of_a_session_is_signed_with_the_rest() {
        let credential = Credential {
            session_token: Some("a/b+c=".to_owned()),
            ..example()
        };
        let request = Presigned {
            service: "rds-db",
            region: "eu-central-1",
            host: "db.example.com:5432",
            path: "/",
            query: &[("Action", "connect"), ("DBUser", "hub")],
            valid: Duration::from_mins(15),
            payload: Presigned::NO_BODY,
        };
        let at = "2026-01-02T03:04:05Z".parse().unwrap();

        let with = request.address(&credential, at);
        let without = request.address(&example(), at);

        assert!(with.contains("&X-Amz-Security-Token=a%2Fb%2Bc%3D&X-Amz-SignedHeaders=host&"));
        let signature = |address: &str| address.rsplit_once('=').map(|(_, end)| end.to_owned());
        assert_ne!(signature(&with), signature(&without));
    }
}
