//! Whether a server shows signs of life while it has nothing to tell.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::dialect;
use crate::ports::{StreamEvent, StreamOpened};
use crate::settings::Dialect;

/// What comes sooner belongs to what the stream begins with.
const BEGINNING: Duration = Duration::from_secs(1);

/// A stream that lives for a shorter time is of little use.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What is to be done about the heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Heartbeat {
    /// Nothing.
    Ignored,
    /// It is known from a connection that there is or was.
    Known(Duration),
    /// It is waited for.
    Awaited,
}

/// What is known of the heartbeat; `detail` is for developers.
pub(super) enum Beat {
    Heard {
        detail: String,
    },
    Missing {
        detail: String,
    },
    /// The stream has ended before it could be heard.
    Ended {
        detail: String,
    },
    Unknown,
}

impl Heartbeat {
    /// Finds out, on a stream that has said its first words by `since`.
    pub(super) async fn of(self, dialect: Dialect, stream: &mut StreamOpened, since: Instant) -> Beat {
        match self {
            Self::Ignored => Beat::Unknown,
            Self::Known(beat) => Beat::Heard { detail: format!("every {} s", beat.as_secs()) },
            Self::Awaited => wait(dialect, stream, since).await,
        }
    }
}

async fn wait(dialect: Dialect, stream: &mut StreamOpened, since: Instant) -> Beat {
    // A little longer than the longest pause that the dialect allows: the network takes its time, too.
    let patience = dialect::beat(dialect) * 6 / 5;
    let mut told = false;
    loop {
        match timeout_at(since + patience, stream.events.next()).await {
            Err(_) if told => return Beat::Unknown,
            Err(_) => return Beat::Missing { detail: format!("nothing within {} s", patience.as_secs()) },
            Ok(None | Some(Err(_))) if since.elapsed() < AT_ONCE => {
                return Beat::Ended { detail: format!("after {:.1} s", since.elapsed().as_secs_f32()) };
            }
            Ok(None | Some(Err(_))) => return Beat::Unknown,
            Ok(Some(Ok(StreamEvent::Frame(frame))))
                if dialect::decode_frame(dialect, &frame.event, &frame.data).is_news() =>
            {
                told = true;
            }
            Ok(Some(Ok(_))) if since.elapsed() < BEGINNING => {}
            Ok(Some(Ok(_))) => {
                return Beat::Heard { detail: format!("after {} s", since.elapsed().as_secs()) };
            }
        }
    }
}
