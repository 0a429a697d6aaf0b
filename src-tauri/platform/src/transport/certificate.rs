//! The normal verification of certificates, and the words for one that does not pass it: whose it is, who signed it,
//! when it is valid, for whom, and what of that is wrong.

use std::net::IpAddr;
use std::sync::Arc;

use belfry_core::model::Timestamp;
use belfry_core::ports::{BadCertificate, CertificateFault};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// The most names of one certificate that are kept.
const MOST_NAMES: usize = 16;

/// Another verification, which tells of the certificate that it refuses.
#[derive(Debug)]
pub(super) struct Telling(pub Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for Telling {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match &error {
            rustls::Error::InvalidCertificate(why) => {
                let chain = std::iter::once(end_entity).chain(intermediates);
                match refused(chain, server_name, now, why) {
                    Some(told) => rustls::Error::Other(OtherError(Arc::new(told))),
                    None => error,
                }
            }
            _ => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// The certificate that was refused, if it lies beneath this error.
pub(super) fn beneath(error: &rustls::Error) -> Option<&BadCertificate> {
    match error {
        rustls::Error::Other(OtherError(told)) => told.downcast_ref(),
        _ => None,
    }
}

/// Which certificate of the chain is meant, in words; `None` where it is none that can be read.
fn refused<'a>(
    chain: impl Iterator<Item = &'a CertificateDer<'a>>,
    host: &ServerName<'_>,
    now: UnixTime,
    why: &CertificateError,
) -> Option<BadCertificate> {
    let mut certificates = Vec::new();
    for der in chain {
        let Ok((_, certificate)) = parse_x509_certificate(der) else { break };
        certificates.push(certificate);
    }
    // It is the server's own, unless the time of another one is what is wrong.
    let own = certificates.first()?;
    let out_of_time = || certificates.iter().find(|certificate| !is_valid_at(certificate, now));
    let (fault, meant) = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            (CertificateFault::Expired, out_of_time().unwrap_or(own))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            (CertificateFault::NotYetValid, out_of_time().unwrap_or(own))
        }
        // The second: somebody goes by the name of one who is trusted.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            (CertificateFault::UnknownIssuer, own)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            (CertificateFault::WrongName, own)
        }
        // One that was signed by itself and may sign others is refused for that before its issuer is looked for.
        CertificateError::Other(_) if own.subject() == own.issuer() => (CertificateFault::UnknownIssuer, own),
        other => (CertificateFault::Other(other.to_string()), own),
    };
    Some(told(meant, host, fault))
}

/// The certificate whose key is not the one that is pinned; `pin` is its own.
pub(super) fn of_other_key(der: &CertificateDer<'_>, host: &ServerName<'_>, pin: String) -> rustls::Error {
    match parse_x509_certificate(der) {
        Ok((_, own)) => {
            rustls::Error::Other(OtherError(Arc::new(told(&own, host, CertificateFault::OtherKey(pin)))))
        }
        Err(_) => CertificateError::BadEncoding.into(),
    }
}

fn told(meant: &X509Certificate<'_>, host: &ServerName<'_>, fault: CertificateFault) -> BadCertificate {
    let validity = meant.validity();
    BadCertificate {
        host: host.to_str().into_owned(),
        fault,
        subject: meant.subject().to_string(),
        issuer: meant.issuer().to_string(),
        not_before: Timestamp(validity.not_before.timestamp().saturating_mul(1000)),
        not_after: Timestamp(validity.not_after.timestamp().saturating_mul(1000)),
        names: names(meant),
    }
}

fn is_valid_at(certificate: &X509Certificate<'_>, now: UnixTime) -> bool {
    let (validity, now) = (certificate.validity(), i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    alternatives.value.general_names.iter().filter_map(name).take(MOST_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
    v4.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok()).map(|address| address.to_string())
}
