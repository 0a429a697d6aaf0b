//! Whom a source trusts and what it shows of itself: the system's certificates, and where its settings ask for them,
//! further ones, a pinned key, a certificate of its own.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use belfry_core::settings::{BadValue, HttpVersion, Network, Pin, SourceField};
use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::certificate::{self, Telling};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// What a way to a server asks for beside the system's certificates. A file that has changed since makes another one.
#[derive(Default, PartialEq)]
pub(super) struct Trust {
    ca_file: Option<Stamped>,
    client_certificate: Option<Stamped>,
    pin: Option<(Pin, ServerName<'static>)>,
}

/// A file as it was last seen.
#[derive(PartialEq)]
struct Stamped {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

/// Looks at the files that a way to a server names.
pub(super) fn check(network: &Network) -> Result<(), BadValue> {
    network.check()?;
    let ca_file = stamped(network.ca_file.as_deref(), SourceField::CaFile)?;
    let client_certificate = stamped(network.client_certificate.as_deref(), SourceField::ClientCertificate)?;
    Trust { ca_file, client_certificate, pin: None }.config(network.http).map(drop)
}

impl Trust {
    /// What the settings ask for.
    pub fn of(network: &Network, url: &Url) -> Result<Self, BadValue> {
        let pin = match (network.pin, server_name(url)) {
            (Some(pin), Some(name)) => Some((pin, name)),
            (Some(_), None) => return Err(bad(SourceField::Pin, "the server has no name to pin")),
            (None, _) => None,
        };
        let ca_file = stamped(network.ca_file.as_deref(), SourceField::CaFile)?;
        let client_certificate =
            stamped(network.client_certificate.as_deref(), SourceField::ClientCertificate)?;
        Ok(Self { ca_file, client_certificate, pin })
    }

    /// The same for rustls.
    pub fn config(&self, http: HttpVersion) -> Result<ClientConfig, BadValue> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(SourceField::CaFile, error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.client_certificate {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let (chain, key) = identity(&file.path)?;
                let field = SourceField::ClientCertificate;
                builder.with_client_auth_cert(chain, key).map_err(|error| bad(field, error))?
            }
        };
        config.alpn_protocols = match http {
            HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
            HttpVersion::Http2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, BadValue> {
        let roots = match &self.ca_file {
            Some(file) => certificates(&read(&file.path, SourceField::CaFile)?, SourceField::CaFile)?,
            None => Vec::new(),
        };
        let verifier = match roots.is_empty() {
            true => Verifier::new(Arc::clone(provider)),
            false => Verifier::new_with_extra_roots(roots, Arc::clone(provider)),
        };
        let inner: Arc<dyn ServerCertVerifier> =
            Arc::new(Telling(Arc::new(verifier.map_err(|error| bad(SourceField::CaFile, error))?)));
        Ok(match &self.pin {
            None => inner,
            Some((pin, server)) => Arc::new(Pinned { inner, pin: *pin, server: server.clone() }),
        })
    }
}

/// The server's name as its certificate has it.
fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::IpAddress(std::net::IpAddr::from(address).into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress(std::net::IpAddr::from(address).into())),
    }
}

fn stamped(path: Option<&Path>, field: SourceField) -> Result<Option<Stamped>, BadValue> {
    let Some(path) = path else { return Ok(None) };
    let found = fs::metadata(path).map_err(|error| bad_file(path, field, error))?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(bad_file(path, field, "it is no file of up to 1 MiB"));
    }
    let modified = found.modified().ok();
    Ok(Some(Stamped { path: path.to_owned(), bytes: found.len(), modified }))
}

fn read(path: &Path, field: SourceField) -> Result<Zeroizing<Vec<u8>>, BadValue> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize));
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
        .map_err(|error| bad_file(path, field, error))?;
    Ok(bytes)
}

fn certificates(pem: &[u8], field: SourceField) -> Result<Vec<CertificateDer<'static>>, BadValue> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(bad(field, "the file holds no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(error) => Err(bad(field, format!("the file holds a certificate that is damaged: {error}"))),
    }
}

/// A certificate with what leads to its issuer, and its key. The file is for the user alone.
fn identity(path: &Path) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), BadValue> {
    let field = SourceField::ClientCertificate;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(|error| bad_file(path, field, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(bad_file(path, field, "others can read the key in it; chmod 600 helps"));
        }
    }
    let pem = read(path, field)?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| bad_file(path, field, "it holds no private key in PEM without a password"))?;
    Ok((certificates(&pem, field)?, key))
}

fn bad_file(path: &Path, field: SourceField, why: impl ToString) -> BadValue {
    bad(field, format!("{} cannot be used: {}", path.display(), why.to_string()))
}

fn bad(field: SourceField, why: impl ToString) -> BadValue {
    BadValue { field, why: why.to_string() }
}

/// The normal verification, and of one server the key that it must have. A proxy on the way has its own.
#[derive(Debug)]
struct Pinned {
    inner: Arc<dyn ServerCertVerifier>,
    pin: Pin,
    server: ServerName<'static>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        if *server_name != self.server {
            return Ok(verified);
        }
        let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        let found = Pin(Sha256::digest(&key).into());
        if found == self.pin {
            Ok(verified)
        } else {
            Err(certificate::of_other_key(end_entity, server_name, found.to_string()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
