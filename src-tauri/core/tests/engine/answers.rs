//! Whatever a server, or something on the way, answers to the request for a stream: it has its state, its sentence in
//! both languages, and its next step; none is followed by more requests than that.

use std::time::Duration;

use belfry_core::fakes::Request;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::Timestamp;
use belfry_core::ports::{BadCertificate, CertificateFault, ConnectError, TransportFault};
use belfry_core::words::Language;
use tokio::time::sleep;

use crate::connecting::stream_cursors;
use crate::world::{EMPTY_PAGE, World};

const HOUR: Duration = Duration::from_secs(3600);

/// What is asked for in the hour after an answer, which stays the same.
enum Next {
    /// Nothing, until somebody acts.
    Nothing,
    /// The stream, once an hour.
    EachHour,
    /// The stream, every ten minutes.
    EachTenMinutes,
    /// The stream twice more; then the history, and the stream now and then.
    HistoryAfterThree,
    /// The stream nine times more, with growing pauses; then the history, and the stream now and then.
    HistoryAfterTen,
    /// The same, but nothing before this time.
    NotBefore(Duration),
}

fn status(status: u16, retry_after: Option<u64>) -> ConnectError {
    ConnectError::Status { status, retry_after: retry_after.map(Duration::from_secs) }
}

fn fault(fault: fn(String) -> TransportFault) -> ConnectError {
    ConnectError::Fault(fault("why".to_owned()))
}

fn certificate(fault: CertificateFault) -> ConnectError {
    certificate_of("example.org", fault)
}

fn certificate_of(host: &str, fault: CertificateFault) -> ConnectError {
    let moment = Timestamp(0);
    ConnectError::Fault(TransportFault::Certificate(Box::new(BadCertificate {
        host: host.to_owned(),
        fault,
        subject: String::new(),
        issuer: String::new(),
        not_before: moment,
        not_after: moment,
        names: Vec::new(),
    })))
}

/// Each answer with what becomes of it.
fn answers() -> Vec<(ConnectError, LinkState, Reason, Next)> {
    use LinkState::{Stopped, Waiting};
    let page = |content_type: &str| ConnectError::NotAStream { content_type: content_type.to_owned() };
    let circle = |for_good| ConnectError::Moved { origin: "https://example.org".to_owned(), for_good };
    let moved = |for_good| ConnectError::Moved { origin: "https://new.example".to_owned(), for_good };
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    vec![
        (ConnectError::Unauthorized, Stopped, Reason::Rejected, Next::Nothing),
        (ConnectError::Forbidden, Stopped, Reason::Forbidden, Next::EachHour),
        (ConnectError::NoContent, Stopped, Reason::Ended, Next::EachHour),
        (moved(true), Stopped, Reason::Moved, Next::Nothing),
        (moved(false), Stopped, Reason::Moved, Next::EachTenMinutes),
        (ConnectError::NotEncrypted, Stopped, Reason::NotEncrypted, Next::Nothing),
        (fault(TransportFault::ProxyLogin), Stopped, Reason::ProxyLogin, Next::Nothing),
        (page("text/html; charset=utf-8"), Waiting, Reason::WebPage, Next::HistoryAfterThree),
        (page("application/json"), Waiting, Reason::NoStream, Next::HistoryAfterThree),
        (circle(true), Stopped, Reason::Circle, Next::EachTenMinutes),
        (circle(false), Stopped, Reason::Circle, Next::EachTenMinutes),
        (status(404, None), Waiting, Reason::NoStream, Next::HistoryAfterThree),
        (status(405, None), Waiting, Reason::NoStream, Next::HistoryAfterThree),
        (status(406, None), Waiting, Reason::NoStream, Next::HistoryAfterThree),
        (status(501, None), Waiting, Reason::NoStream, Next::HistoryAfterThree),
        (status(429, Some(600)), Waiting, Reason::Busy, Next::NotBefore(minutes(10))),
        (status(503, Some(120)), Waiting, Reason::Busy, Next::NotBefore(minutes(2))),
        (status(503, None), Waiting, Reason::Busy, Next::HistoryAfterTen),
        (status(400, None), Waiting, Reason::ServerError, Next::HistoryAfterTen),
        (status(500, None), Waiting, Reason::ServerError, Next::HistoryAfterTen),
        (fault(TransportFault::Proxy), Waiting, Reason::Proxy, Next::HistoryAfterTen),
        (certificate(CertificateFault::Expired), Waiting, Reason::CertificateExpired, Next::HistoryAfterTen),
        (
            certificate(CertificateFault::UnknownIssuer),
            Waiting,
            Reason::CertificateIssuer,
            Next::HistoryAfterTen,
        ),
        (certificate(CertificateFault::WrongName), Waiting, Reason::CertificateName, Next::HistoryAfterTen),
        (
            certificate(CertificateFault::NotYetValid),
            Waiting,
            Reason::CertificateNotYetValid,
            Next::HistoryAfterTen,
        ),
        (
            certificate(CertificateFault::Other("why".into())),
            Waiting,
            Reason::NotTrusted,
            Next::HistoryAfterTen,
        ),
        // A proxy's, before there is a way to the server.
        (
            certificate_of("proxy.example", CertificateFault::UnknownIssuer),
            Waiting,
            Reason::ProxyNotTrusted,
            Next::HistoryAfterTen,
        ),
        (
            certificate(CertificateFault::OtherKey("p".into())),
            Waiting,
            Reason::OtherKey,
            Next::HistoryAfterTen,
        ),
        (fault(TransportFault::Dns), Waiting, Reason::Unreachable, Next::HistoryAfterTen),
        (fault(TransportFault::Connect), Waiting, Reason::Unreachable, Next::HistoryAfterTen),
        (fault(TransportFault::Tls), Waiting, Reason::Unreachable, Next::HistoryAfterTen),
        (ConnectError::Fault(TransportFault::TimedOut), Waiting, Reason::TimedOut, Next::HistoryAfterThree),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_answer_has_its_state_its_sentence_and_its_next_step() {
    for (answer, state, reason, next) in answers() {
        let world = World::signed_in().await;
        world.transport.page_next(EMPTY_PAGE);
        for _ in 0..100 {
            world.transport.refuse_next(answer.clone());
            world.transport.page_next(EMPTY_PAGE);
        }
        let running = world.start();
        let view = running.until(|view| view.sources[0].link.reason == Some(reason)).await;
        assert_eq!(view.sources[0].link.state, state, "{answer:?}");
        let code = serde_json::to_value(reason).unwrap();
        for language in [Language::English, Language::Chinese] {
            let sentence = language.lookup(&format!("reason.{}", code.as_str().unwrap()));
            assert!(sentence.is_some_and(|sentence| !sentence.is_empty()), "{reason:?}");
        }

        let polls = || {
            let page = |request: &&Request| matches!(request, Request::Page { .. });
            world.transport.requests().iter().filter(page).count() - 1
        };
        let streams = || stream_cursors(&world).len();
        if let Next::NotBefore(pause) = next {
            sleep(pause - Duration::from_secs(1)).await;
            assert_eq!((streams(), polls()), (1, 0), "{answer:?}");
        }
        sleep(HOUR + Duration::from_secs(1)).await;
        let asked = (streams(), polls());
        // The probes of an hour come after 1, 2, 4, 8 and then each 10 minutes.
        let good = match next {
            Next::Nothing => asked == (1, 0),
            Next::EachHour => asked == (2, 0),
            Next::EachTenMinutes => asked == (7, 0),
            Next::HistoryAfterThree => (3 + 4..=3 + 9).contains(&asked.0) && (50..=61).contains(&asked.1),
            Next::HistoryAfterTen => (10 + 4..=10 + 9).contains(&asked.0) && (45..=60).contains(&asked.1),
            // One stream in each such pause. Once ten attempts are spent, the history each minute beside it.
            Next::NotBefore(pause) => {
                let (pauses, rest) = (3600 / pause.as_secs(), 3600_u64.saturating_sub(9 * pause.as_secs()));
                (2..=2 + pauses as usize).contains(&asked.0) && asked.1 <= rest as usize / 60
            }
        };
        assert!(good, "{answer:?}: {} streams and {} pages in an hour", asked.0, asked.1);
        running.stop().await;
    }
}

/// 410 has a step of its own: first the place is suspected, then the address.
#[tokio::test(start_paused = true)]
async fn what_is_gone_twice_is_gone_for_good() {
    let world = World::signed_in().await;
    for _ in 0..3 {
        world.transport.page_next(EMPTY_PAGE);
        world.transport.refuse_next(ConnectError::Gone);
    }
    let running = world.start();
    let view = running.until(|view| view.sources[0].link.reason == Some(Reason::Gone)).await;
    assert_eq!(view.sources[0].link.state, LinkState::Stopped);
    sleep(24 * HOUR).await;
    assert_eq!((stream_cursors(&world).len(), world.pages_asked()), (2, 2));
    running.stop().await;
}
