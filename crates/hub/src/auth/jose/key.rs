//! One public key.

use super::algorithm::Algorithm;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;

/// The longest modulus of an RSA key, in bytes: beyond it verifying becomes a way to keep us busy.
const MAX_MODULUS: usize = 1024;

/// A key that verifies signatures, of a kind and, for curves, on a curve that fixes how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::auth) enum PublicKey {
    /// Modulus and exponent, big-endian. Keys below 2048 bits verify nothing.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point of the curve P-256.
    P256(Box<[u8; 65]>),
    /// An uncompressed point of the curve P-384.
    P384(Box<[u8; 97]>),
    /// A point of Edwards25519.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Reads a JSON Web Key; `None` for kinds that sign nothing here, shared secrets first of all.
    pub(in crate::auth) fn from_jwk(jwk: &Value) -> Option<PublicKey> {
        let bytes = |member: &str| URL_SAFE_NO_PAD.decode(jwk[member].as_str()?).ok();
        match (jwk["kty"].as_str()?, jwk["crv"].as_str()) {
            ("RSA", _) => {
                let (n, e) = (unpadded(bytes("n")?), unpadded(bytes("e")?));
                (n.len() <= MAX_MODULUS).then_some(PublicKey::Rsa { n, e })
            }
            ("EC", Some("P-256")) => point(&bytes("x")?, &bytes("y")?).map(PublicKey::P256),
            ("EC", Some("P-384")) => point(&bytes("x")?, &bytes("y")?).map(PublicKey::P384),
            ("OKP", Some("Ed25519")) => bytes("x")?.try_into().ok().map(PublicKey::Ed25519),
            _ => None,
        }
    }

    /// Whether signatures of this kind can be its.
    pub(in crate::auth) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.verifier(algorithm).is_some()
    }

    /// Whether `signature` (base64url) is this key's over `signed`, made as `algorithm` says.
    pub(in crate::auth) fn verifies(
        &self,
        algorithm: Algorithm,
        signed: &str,
        signature: &str,
    ) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        self.verifier(algorithm)
            .is_some_and(|verifier| verifier.verifies(signed.as_bytes(), &signature))
    }

    fn verifier(&self, algorithm: Algorithm) -> Option<Verifier<'_>> {
        let rsa = |parameters| match self {
            PublicKey::Rsa { n, e } => Some(Verifier::Rsa(parameters, n, e)),
            PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::Ed25519(_) => None,
        };
        match (algorithm, self) {
            (Algorithm::Rs256, _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            (Algorithm::Rs384, _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            (Algorithm::Rs512, _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            (Algorithm::Ps256, _) => rsa(&signature::RSA_PSS_2048_8192_SHA256),
            (Algorithm::Ps384, _) => rsa(&signature::RSA_PSS_2048_8192_SHA384),
            (Algorithm::Ps512, _) => rsa(&signature::RSA_PSS_2048_8192_SHA512),
            (Algorithm::Es256, PublicKey::P256(point)) => Some(Verifier::Curve(
                &signature::ECDSA_P256_SHA256_FIXED,
                point.as_slice(),
            )),
            (Algorithm::Es384, PublicKey::P384(point)) => Some(Verifier::Curve(
                &signature::ECDSA_P384_SHA384_FIXED,
                point.as_slice(),
            )),
            (Algorithm::EdDsa, PublicKey::Ed25519(point)) => {
                Some(Verifier::Curve(&signature::ED25519, point.as_slice()))
            }
            (Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa, _) => None,
        }
    }
}

/// A key with the one way of verifying that was asked for.
enum Verifier<'k> {
    Rsa(&'static RsaParameters, &'k [u8], &'k [u8]),
    Curve(&'static dyn VerificationAlgorithm, &'k [u8]),
}

impl Verifier<'_> {
    fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match *self {
            Verifier::Rsa(parameters, n, e) => RsaPublicKeyComponents { n, e }
                .verify(parameters, signed, signature)
                .is_ok(),
            Verifier::Curve(algorithm, point) => UnparsedPublicKey::new(algorithm, point)
                .verify(signed, signature)
                .is_ok(),
        }
    }
}

/// A number without leading zeros: some issuers write them, though they must not.
fn unpadded(bytes: Vec<u8>) -> Vec<u8> {
    match bytes.iter().position(|byte| *byte != 0) {
        Some(0) | None => bytes,
        Some(first) => bytes[first..].to_vec(),
    }
}

/// The uncompressed form of a point; `None` unless both coordinates have the curve's length.
fn point<const LENGTH: usize>(x: &[u8], y: &[u8]) -> Option<Box<[u8; LENGTH]>> {
    (x.len() == y.len())
        .then(|| [&[4], x, y].concat())
        .and_then(|bytes| bytes.try_into().ok())
        .map(Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The signature and the key of RFC 7515, appendix A.2.
    const RSA_SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const RSA_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

    /// The signature and the key of RFC 7515, appendix A.3.
    const P256_SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const P256_SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    /// The signature and the key of RFC 8037, appendix A.
    const ED25519_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    const ED25519_SIGNATURE: &str =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn rsa() -> PublicKey {
        PublicKey::from_jwk(&json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"})).unwrap()
    }

    fn p256() -> PublicKey {
        let jwk = json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        PublicKey::from_jwk(&jwk).unwrap()
    }

    fn ed25519() -> PublicKey {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        PublicKey::from_jwk(&json!({"kty": "OKP", "crv": "Ed25519", "x": x})).unwrap()
    }

    #[test]
    fn the_examples_of_the_standards_verify() {
        assert!(rsa().verifies(Algorithm::Rs256, RSA_SIGNED, RSA_SIGNATURE));
        assert!(p256().verifies(Algorithm::Es256, P256_SIGNED, P256_SIGNATURE));
        assert!(ed25519().verifies(Algorithm::EdDsa, ED25519_SIGNED, ED25519_SIGNATURE));
    }

    #[test]
    fn a_key_verifies_in_the_ways_of_its_kind_only() {
        for key in [rsa(), p256(), ed25519()] {
            for algorithm in Algorithm::ALL {
                let is_of_kind = match &key {
                    PublicKey::Rsa { .. } => {
                        matches!(algorithm.as_str().as_bytes(), [b'R' | b'P', ..])
                    }
                    PublicKey::P256(_) => algorithm == Algorithm::Es256,
                    PublicKey::P384(_) => algorithm == Algorithm::Es384,
                    PublicKey::Ed25519(_) => algorithm == Algorithm::EdDsa,
                };
                assert_eq!(key.is_for(algorithm), is_of_kind, "{key:?} {algorithm}");
            }
        }
        assert!(!rsa().verifies(Algorithm::Ps256, RSA_SIGNED, RSA_SIGNATURE));
        assert!(!rsa().verifies(Algorithm::Rs512, RSA_SIGNED, RSA_SIGNATURE));
        assert!(!p256().verifies(Algorithm::EdDsa, P256_SIGNED, P256_SIGNATURE));
    }

    #[test]
    fn what_another_library_signed_is_verified_under_its_own_algorithm_only() {
        // Signed with Node's OpenSSL.
        let vectors: Vec<Value> = serde_json::from_str(include_str!("key_vectors.json")).unwrap();
        assert_eq!(vectors.len(), Algorithm::ALL.len());

        for vector in &vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let own = Algorithm::parse(text("alg")).unwrap();
            let key = PublicKey::from_jwk(&vector["jwk"]).unwrap();
            for algorithm in Algorithm::ALL {
                let verifies = key.verifies(algorithm, text("text"), text("signature"));
                assert_eq!(verifies, algorithm == own, "{own} as {algorithm}");
            }
            let other = format!("{}x", text("text"));
            assert!(!key.verifies(own, &other, text("signature")));
            assert!(!key.verifies(own, text("text"), ""));
        }
    }

    #[test]
    fn another_text_or_another_signature_does_not_verify() {
        let changed = RSA_SIGNED.replace("eyJhbGci", "eyJhbGcj");

        assert!(!rsa().verifies(Algorithm::Rs256, &changed, RSA_SIGNATURE));
        assert!(!rsa().verifies(Algorithm::Rs256, RSA_SIGNED, ""));
        assert!(!rsa().verifies(Algorithm::Rs256, RSA_SIGNED, "not/base64url"));
        assert!(!p256().verifies(Algorithm::Es256, P256_SIGNED, &P256_SIGNATURE[4..]));
        let zero = URL_SAFE_NO_PAD.encode([0; 64]);
        assert!(!p256().verifies(Algorithm::Es256, P256_SIGNED, &zero));
        assert!(!ed25519().verifies(Algorithm::EdDsa, ED25519_SIGNED, &zero));
    }

    #[test]
    fn a_short_or_an_immense_rsa_key_verifies_nothing() {
        let of = |bytes: usize| {
            let n = URL_SAFE_NO_PAD.encode(vec![0xc1; bytes]);
            PublicKey::from_jwk(&json!({"kty": "RSA", "n": n, "e": "AQAB"}))
        };

        let short = of(128).unwrap();
        assert!(!short.verifies(Algorithm::Rs256, RSA_SIGNED, &RSA_SIGNATURE[..172]));
        assert_eq!(of(1025), None);
    }

    #[test]
    fn what_is_no_public_key_is_none() {
        let secret = json!({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"});

        assert_eq!(PublicKey::from_jwk(&secret), None);
        assert_eq!(PublicKey::from_jwk(&json!({})), None);
        assert_eq!(PublicKey::from_jwk(&json!("RSA")), None);
        let short = json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"});
        assert_eq!(PublicKey::from_jwk(&short), None);
        let other = json!({"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"});
        assert_eq!(PublicKey::from_jwk(&other), None);
    }
}
