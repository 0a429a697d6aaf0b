//! Why whoever answers is not trusted: one table of what a source's state and a look at its server say of it.

use crate::action::CheckCode;
use crate::dialect;
use crate::link::Reason;
use crate::ports::{BadCertificate, CertificateFault};
use crate::settings::SourceSettings;

/// Why a certificate on the way is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Distrust {
    /// As a source's state says it.
    pub reason: Reason,
    /// As a look at a server says it.
    pub code: CheckCode,
    /// Who has shown the certificate.
    pub whose: Whose,
}

/// Who has shown a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The server itself.
    Server,
    /// A proxy on the way.
    Proxy,
}

impl Distrust {
    /// What a certificate on the way to a source's server means.
    pub fn of(certificate: &BadCertificate, source: &SourceSettings) -> Self {
        let (reason, code) = match certificate.fault {
            _ if !is_of_server(certificate, source) => {
                let (reason, code) = (Reason::ProxyNotTrusted, CheckCode::ProxyNotTrusted);
                return Self { reason, code, whose: Whose::Proxy };
            }
            CertificateFault::Expired => (Reason::CertificateExpired, CheckCode::CertificateExpired),
            CertificateFault::NotYetValid => {
                (Reason::CertificateNotYetValid, CheckCode::CertificateNotYetValid)
            }
            CertificateFault::UnknownIssuer => (Reason::CertificateIssuer, CheckCode::CertificateIssuer),
            CertificateFault::WrongName => (Reason::CertificateName, CheckCode::CertificateName),
            CertificateFault::OtherKey(_) => (Reason::OtherKey, CheckCode::OtherKey),
            CertificateFault::Other(_) => (Reason::NotTrusted, CheckCode::NotTrusted),
        };
        Self { reason, code, whose: Whose::Server }
    }
}

/// Whether the server itself has shown it, and not a proxy on the way.
fn is_of_server(certificate: &BadCertificate, source: &SourceSettings) -> bool {
    let url = dialect::stream_url(source);
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case(&certificate.host)
}
