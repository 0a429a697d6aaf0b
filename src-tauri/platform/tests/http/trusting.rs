//! Whom a source trusts, what it shows of itself, and in which version of HTTP it speaks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::Request;
use belfry_core::ports::{
    BadCertificate, CertificateFault, ConnectError, Route, StreamRequest, Transport, TransportFault,
};
use belfry_core::settings::{HttpVersion, Network, NetworkForm, Pin, SourceField};
use belfry_platform::HttpTransport;

use super::server::*;
use super::tls::{Authority, Signed, serve_tls};

/// What rcgen names where nobody is named.
const NOBODY: &str = "CN=rcgen self signed cert";

const BOTH: &[&str] = &["h2", "http/1.1"];

/// A server whose stream tells in which version it was asked for.
fn version() -> Router {
    Router::new().fallback(|request: Request<axum::body::Body>| async move {
        typed("text/event-stream", format!("data: {:?}\n\n", request.version()))
    })
}

async fn ask(server: SocketAddr, network: Network) -> Result<String, ConnectError> {
    let route = Route { network: Arc::new(network), ..Route::default() };
    let url = format!("https://{server}/sse/connect?q={QUERY}").parse().unwrap();
    let mut stream = HttpTransport::new().connect(StreamRequest { route, ..request(url) }).await?;
    Ok(next_data(&mut stream).await)
}

/// What a TLS fault says.
#[track_caller]
fn refused(result: Result<String, ConnectError>) -> String {
    match result {
        Err(ConnectError::Fault(TransportFault::Tls(why))) => why,
        other => panic!("{other:?}"),
    }
}

/// The certificate that is not trusted.
#[track_caller]
fn untrusted(result: Result<String, ConnectError>) -> BadCertificate {
    match result {
        Err(ConnectError::Fault(TransportFault::Certificate(certificate))) => *certificate,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_named_with_what_is_wrong() {
    let authority = Authority::new();
    let network = Network { ca_file: Some(authority.file()), ..Network::default() };
    let of = async |signed: Signed, network: &Network| {
        let server = serve_tls(version(), signed.server(), BOTH).await;
        untrusted(ask(server, network.clone()).await)
    };
    let expired = of(authority.sign_expired("127.0.0.1"), &network).await;
    assert_eq!((expired.fault, expired.host.as_str()), (CertificateFault::Expired, "127.0.0.1"));
    assert_eq!(expired.not_before.to_string(), "2025-01-01T00:00:00.000Z");
    assert_eq!(expired.not_after.to_string(), "2025-04-01T00:00:00.000Z");
    assert_eq!(expired.names, ["127.0.0.1"]);
    assert_eq!((expired.subject.as_str(), expired.issuer.as_str()), (NOBODY, NOBODY));
    let early = of(authority.sign_early("127.0.0.1"), &network).await;
    assert_eq!(early.fault, CertificateFault::NotYetValid);
    let wrong = of(authority.sign("*.other.example"), &network).await;
    assert_eq!((wrong.fault, wrong.names), (CertificateFault::WrongName, vec!["*.other.example".to_owned()]));
    // The second goes by the name of one who is trusted.
    for trusted in [Network::default(), network] {
        let stranger = of(Authority::new().sign("127.0.0.1"), &trusted).await;
        assert_eq!(stranger.fault, CertificateFault::UnknownIssuer);
    }
    // One that is its own authority, as many a small server has.
    let own = of(authority.itself(), &Network::default()).await;
    assert_eq!(own.fault, CertificateFault::UnknownIssuer);
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_its_file_is_named_and_nowhere_else() {
    let authority = Authority::new();
    let server = serve_tls(version(), authority.sign("127.0.0.1").server(), BOTH).await;
    untrusted(ask(server, Network::default()).await);
    let other = Authority::new();
    untrusted(ask(server, Network { ca_file: Some(other.file()), ..Network::default() }).await);
    let network = Network { ca_file: Some(authority.file()), ..Network::default() };
    assert_eq!(ask(server, network.clone()).await.unwrap(), "HTTP/2.0");

    let elsewhere = serve_tls(version(), authority.sign("other.example").server(), BOTH).await;
    assert_eq!(untrusted(ask(elsewhere, network).await).fault, CertificateFault::WrongName);
}

#[tokio::test]
async fn a_certificate_is_shown_to_a_server_that_asks_for_one() {
    let authority = Authority::new();
    let config = authority.sign("127.0.0.1").demanding_server(&authority);
    let server = serve_tls(version(), config, BOTH).await;
    let without = Network { ca_file: Some(authority.file()), ..Network::default() };
    // In TLS 1.3 the client is done before the server has judged it: any fault will do.
    let error = ask(server, without.clone()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Fault(_)), "{error:?}");
    let network = Network { client_certificate: Some(authority.identity()), ..without.clone() };
    ask(server, network).await.unwrap();
    let stranger = Network { client_certificate: Some(Authority::new().identity()), ..without };
    assert!(ask(server, stranger).await.is_err());
}

#[tokio::test]
async fn a_pinned_key_is_asked_for_beside_the_normal_verification() {
    let authority = Authority::new();
    let certificate = authority.sign("127.0.0.1");
    let server = serve_tls(version(), certificate.server(), BOTH).await;
    let pinned = |pin, ca_file| Network { pin: Some(pin), ca_file, ..Network::default() };
    let ca_file = Some(authority.file());
    ask(server, pinned(certificate.pin(), ca_file.clone())).await.unwrap();
    let other = untrusted(ask(server, pinned(Pin([7; 32]), ca_file)).await);
    assert_eq!(other.fault, CertificateFault::OtherKey(certificate.pin().to_string()));
    // The right key in a certificate that nobody trusts is not enough.
    untrusted(ask(server, pinned(certificate.pin(), None)).await);
}

#[tokio::test]
async fn the_version_of_http_is_what_both_speak_or_the_one_that_is_asked_for() {
    let authority = Authority::new();
    let config = || authority.sign("127.0.0.1").server();
    let network = |http| Network { http, ca_file: Some(authority.file()), ..Network::default() };
    let both = serve_tls(version(), config(), BOTH).await;
    let old = serve_tls(version(), config(), &["http/1.1"]).await;
    assert_eq!(ask(both, network(HttpVersion::Auto)).await.unwrap(), "HTTP/2.0");
    assert_eq!(ask(both, network(HttpVersion::Http1)).await.unwrap(), "HTTP/1.1");
    assert_eq!(ask(both, network(HttpVersion::Http2)).await.unwrap(), "HTTP/2.0");
    assert_eq!(ask(old, network(HttpVersion::Auto)).await.unwrap(), "HTTP/1.1");
    assert_eq!(ask(old, network(HttpVersion::Http1)).await.unwrap(), "HTTP/1.1");
    assert!(ask(old, network(HttpVersion::Http2)).await.is_err());
}

#[tokio::test]
async fn a_certificate_that_is_renewed_is_read_again() {
    let authority = Authority::new();
    let server = serve_tls(version(), authority.sign("127.0.0.1").server(), BOTH).await;
    let path = authority.write("trusted.pem", &std::fs::read_to_string(Authority::new().file()).unwrap());
    let route = Route {
        network: Arc::new(Network { ca_file: Some(path.clone()), ..Network::default() }),
        ..Route::default()
    };
    let url: url::Url = format!("https://{server}/sse").parse().unwrap();
    let ask = || StreamRequest { route: route.clone(), ..request(url.clone()) };
    let transport = HttpTransport::new();
    assert!(transport.connect(ask()).await.is_err());
    // A comment makes it longer: the file system's clock may be coarse.
    let renewed = format!("renewed\n{}", std::fs::read_to_string(authority.file()).unwrap());
    std::fs::write(&path, renewed).unwrap();
    transport.connect(ask()).await.unwrap();
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let authority = Authority::new();
    let check = |ca_file: &PathBuf, client_certificate: Option<PathBuf>| {
        let ca_file = Some(ca_file.clone());
        HttpTransport::new().check(&Network { ca_file, client_certificate, ..Network::default() })
    };
    let fine = authority.file();
    check(&fine, Some(authority.identity())).unwrap();
    let missing = authority.folder.path().join("missing.pem");
    let empty = authority.write("empty.pem", "no certificate");
    let folder = authority.folder.path().to_owned();
    for path in [&missing, &empty, &folder] {
        assert_eq!(check(path, None).unwrap_err().field, SourceField::CaFile, "{}", path.display());
        let error = check(&fine, Some(path.clone())).unwrap_err();
        assert_eq!(error.field, SourceField::ClientCertificate, "{error}");
    }
    // A certificate without a key.
    assert_eq!(check(&fine, Some(fine.clone())).unwrap_err().field, SourceField::ClientCertificate);
    assert_eq!(NetworkForm::from(&Network::default()).ca_file, "");
}

#[tokio::test]
async fn a_client_certificate_is_never_shown_to_a_proxy() {
    let authority = Authority::new();
    let server = serve_tls(version(), authority.sign("127.0.0.1").demanding_server(&authority), BOTH).await;
    let network = Network {
        ca_file: Some(authority.file()),
        client_certificate: Some(authority.identity()),
        proxy: format!("https://{server}").parse().unwrap(),
        ..Network::default()
    };
    assert_eq!(HttpTransport::new().check(&network).unwrap_err().field, SourceField::ClientCertificate);
    let why = refused(ask(server, network).await);
    assert!(why.contains("https proxy"), "{why}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let authority = Authority::new();
    let path = authority.identity();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let network = Network { client_certificate: Some(path), ..Network::default() };
    let error = HttpTransport::new().check(&network).unwrap_err();
    assert!(error.why.contains("others can read"), "{error}");
}
