//! TLS servers with certificates of a private authority.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use belfry_core::settings::Pin;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A private authority, and the folder where what it made is kept.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    pub folder: TempDir,
}

/// A certificate of an authority, with its key.
pub struct Signed {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate, folder: tempfile::tempdir().unwrap() }
    }

    /// A certificate for this name or address.
    pub fn sign(&self, name: &str) -> Signed {
        self.signed(&CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    /// A certificate for this name or address whose time is over.
    pub fn sign_expired(&self, name: &str) -> Signed {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2025, 4, 1);
        self.signed(&params)
    }

    /// One whose time has not come.
    pub fn sign_early(&self, name: &str) -> Signed {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2190, 1, 1);
        self.signed(&params)
    }

    fn signed(&self, params: &CertificateParams) -> Signed {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Signed { certificate, key }
    }

    /// Its own certificate, as a server shows it.
    pub fn itself(&self) -> Signed {
        let key = KeyPair::try_from(self.issuer.key().serialize_der()).unwrap();
        Signed { certificate: self.certificate.der().clone(), key }
    }

    /// The file that a user names as CA file.
    pub fn file(&self) -> PathBuf {
        self.write("ca.pem", &self.certificate.pem())
    }

    /// The file that a user names as client certificate, for the user alone.
    pub fn identity(&self) -> PathBuf {
        let signed = self.sign("me");
        let path = self.write("me.pem", &(signed.pem() + &signed.key.serialize_pem()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        roots
    }
}

impl Signed {
    /// The pin of its key, worked out from the key itself.
    pub fn pin(&self) -> Pin {
        use rcgen::PublicKeyData;
        use sha2::Digest;
        Pin(sha2::Sha256::digest(self.key.subject_public_key_info()).into())
    }

    fn pem(&self) -> String {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// What a server needs that shows it and asks for none.
    pub fn server(&self) -> ServerConfig {
        let chain = vec![self.certificate.clone()];
        config().with_no_client_auth().with_single_cert(chain, self.private_key()).unwrap()
    }

    /// The same for a server that asks for a certificate of this authority.
    pub fn demanding_server(&self, authority: &Authority) -> ServerConfig {
        belfry_platform::install_crypto_provider();
        let verifier = WebPkiClientVerifier::builder(Arc::new(authority.roots())).build().unwrap();
        let chain = vec![self.certificate.clone()];
        config().with_client_cert_verifier(verifier).with_single_cert(chain, self.private_key()).unwrap()
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

fn config() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// Serves `router` over TLS, in the versions of HTTP that are named, for as long as the test's runtime lives.
pub async fn serve_tls(router: Router, mut config: ServerConfig, versions: &[&str]) -> SocketAddr {
    config.alpn_protocols = versions.iter().map(|version| version.as_bytes().to_vec()).collect();
    accept_tls(config, move |stream| {
        let service = TowerToHyperService::new(router.clone());
        async move {
            // A client that closes its connection is no failure.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await
}

/// Leads what comes over TLS to another address, in the clear.
pub async fn lead_tls(to: SocketAddr, config: ServerConfig) -> SocketAddr {
    accept_tls(config, move |mut stream| async move {
        let Ok(mut other) = TcpStream::connect(to).await else { return };
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut other).await;
    })
    .await
}

async fn accept_tls<F, Fut>(config: ServerConfig, serving: F) -> SocketAddr
where
    F: Fn(TlsStream<TcpStream>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, serving) = (acceptor.clone(), serving.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                serving(stream).await;
            });
        }
    });
    address
}
