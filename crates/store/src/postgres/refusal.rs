//! Why a server and the program did not come together.

use std::io;

use rustls::CertificateError;
use sqlx::Error;
use sqlx::error::DatabaseError;

/// What keeps the program from a PostgreSQL server, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody answers at the address, or the connection breaks.
    Unreachable,
    /// The server's certificate is of an authority that is not trusted.
    UnknownAuthority,
    /// The server's certificate is for other names than the one it was asked by.
    OtherName,
    /// The time of the server's certificate is over, or has not begun.
    OutOfTime,
    /// The server's certificate cannot be used for another reason.
    Certificate,
    /// The server does not encrypt.
    Unencrypted,
    /// The server lets in nobody who does not encrypt.
    EncryptionWanted,
    /// The server does not believe the user, or does not let them in.
    Credentials,
    /// There is no such database.
    NoDatabase,
    /// The user may not make what is missing, or not use what is there.
    NotAllowed,
}

impl Refusal {
    /// What the administrator may do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "check that the server runs, `host` and `port` of `backend.database.connection`, \
                 and firewalls and security groups in between"
            }
            Self::UnknownAuthority => {
                "name its authority, in `backend.database.connection.ssl: {ca: {$file: …}}` or \
                 `NODE_EXTRA_CA_CERTS`; for Amazon RDS that is `global-bundle.pem`"
            }
            Self::OtherName => {
                "give `backend.database.connection.host` a name that the certificate has, or the \
                 server a certificate with this name"
            }
            Self::OutOfTime => {
                "give the server a new certificate, unless it is the clock of this machine that \
                 is wrong"
            }
            Self::Certificate => {
                "give the server a certificate of an authority, with its name among the \
                 alternative names"
            }
            Self::Unencrypted => {
                "turn on `ssl` at the server, or leave out `backend.database.connection.ssl` and \
                 `PGSSLMODE`"
            }
            Self::EncryptionWanted => {
                "encrypt with `backend.database.connection.ssl: {ca: {$file: …}}`, naming the \
                 authority of the server; for Amazon RDS that is `global-bundle.pem`"
            }
            Self::Credentials => {
                "check `user` and `password` of `backend.database.connection`, and `pg_hba.conf` \
                 of the server"
            }
            Self::NoDatabase => {
                "make it, or let the hub make it with `backend.database.ensureExists: true`"
            }
            Self::NotAllowed => {
                "give the user `CREATEDB`, or make a database yourself, let the user in with \
                 `GRANT`, and name it in `backend.database.connection.database`"
            }
        }
    }

    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Database(error) => of_server(error.as_ref()),
            Error::Io(error) => of_connection(error),
            // The driver's own word, before any certificate was shown.
            Error::Tls(error) if error.to_string().contains("does not support TLS") => {
                Self::Unencrypted
            }
            Error::Tls(_) => Self::Certificate,
            _ => Self::Unreachable,
        }
    }
}

fn of_server(error: &dyn DatabaseError) -> Refusal {
    let without_encryption = ["no encryption", "SSL off"];
    match error.code().as_deref() {
        // invalid_authorization_specification
        Some("28000")
            if without_encryption
                .iter()
                .any(|end| error.message().ends_with(end)) =>
        {
            Refusal::EncryptionWanted
        }
        // invalid_authorization_specification, invalid_password
        Some("28000" | "28P01") => Refusal::Credentials,
        // invalid_catalog_name
        Some("3D000") => Refusal::NoDatabase,
        // insufficient_privilege
        Some("42501") => Refusal::NotAllowed,
        _ => Refusal::Unreachable,
    }
}

fn of_connection(error: &io::Error) -> Refusal {
    let cause = error.get_ref();
    let cause = cause.and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(fault)) = cause else {
        return Refusal::Unreachable;
    };
    match fault {
        CertificateError::UnknownIssuer => Refusal::UnknownAuthority,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Refusal::OtherName
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Refusal::OutOfTime,
        _ => Refusal::Certificate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_apart() {
        let of = |fault| {
            let error = rustls::Error::InvalidCertificate(fault);
            Refusal::of(&Error::Io(io::Error::other(error)))
        };

        assert_eq!(
            of(CertificateError::UnknownIssuer),
            Refusal::UnknownAuthority
        );
        assert_eq!(of(CertificateError::NotValidForName), Refusal::OtherName);
        assert_eq!(of(CertificateError::Expired), Refusal::OutOfTime);
        assert_eq!(of(CertificateError::BadSignature), Refusal::Certificate);
        let broken = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(Refusal::of(&Error::Io(broken)), Refusal::Unreachable);
    }

    #[test]
    fn every_refusal_has_advice_of_its_own() {
        let all = [
            Refusal::Unreachable,
            Refusal::UnknownAuthority,
            Refusal::OtherName,
            Refusal::OutOfTime,
            Refusal::Certificate,
            Refusal::Unencrypted,
            Refusal::EncryptionWanted,
            Refusal::Credentials,
            Refusal::NoDatabase,
            Refusal::NotAllowed,
        ];

        let advice: std::collections::BTreeSet<_> = all.map(Refusal::help).into();
        assert_eq!(advice.len(), all.len());
    }
}
