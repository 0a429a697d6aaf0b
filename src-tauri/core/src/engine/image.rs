//! Images of messages' texts, fetched because somebody asked to see one. The window gets what has been looked at, as
//! data; it fetches nothing itself.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imagesize::{ImageType, blob_size, image_type};
use tokio::time::timeout;

use super::acts::Job;
use super::run::Engine;
use super::secrets::ProbeReply;
use crate::action::{Answer, Failure, FailureCode, ImageData};
use crate::dialect::{ImageAddress, image_in_body};
use crate::model::MessageId;
use crate::ports::{BoxFuture, HistoryRequest, Route};
use crate::settings::Network;

/// The largest image, in bytes.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// The largest image as it is drawn, in pixels: a small file can unfold to more than the memory holds.
const MOST_PIXELS: usize = 40_000_000;
/// How long it may take as a whole.
const WHOLE: Duration = Duration::from_secs(20);

impl Engine {
    /// Fetches an image that stands in a message's text. Ends when nobody waits for it.
    pub(super) fn image(&mut self, id: MessageId, address: &str, mut reply: ProbeReply) {
        let request = match self.image_request(id, address) {
            Ok(request) => request,
            Err(failure) => return drop(reply.send(Err(failure))),
        };
        let transport = self.ports.transport.clone();
        self.jobs.push(Box::pin(async move {
            let fetching = async { transport.image(request.await).await };
            let fetched = tokio::select! {
                fetched = timeout(WHOLE, fetching) => fetched,
                () = reply.closed() => return Job::Abandoned,
            };
            let answer = match fetched {
                Ok(Ok(image)) => looked_at(&image.body).map(Answer::Image),
                Ok(Err(error)) => Err(no_image(&error.to_string())),
                Err(_) => Err(no_image("it did not come in time")),
            };
            // Whoever asked may have gone.
            let _ = reply.send(answer);
            Job::Abandoned
        }));
    }

    /// The token and the user's headers go to the source's own server and nowhere else.
    fn image_request(
        &self,
        id: MessageId,
        address: &str,
    ) -> Result<BoxFuture<'static, HistoryRequest>, Failure> {
        let (message, source) = self.message(id)?;
        let refused = || Failure::new(FailureCode::LinkRefused, "no image that may be loaded");
        let ImageAddress { url, is_own } = image_in_body(&message, source, address).ok_or_else(refused)?;
        let run = self.sources.iter().find(|run| run.id() == source.id).ok_or_else(refused)?;
        let token = run.tokens.session().or(run.tokens.in_use()).filter(|_| is_own).cloned();
        let way = self.way(run);
        Ok(Box::pin(async move {
            let route = way.await;
            let route = if is_own { route } else { bare(&route) };
            HistoryRequest { route, url, token, max_bytes: MOST_BYTES }
        }))
    }
}

/// The way to a stranger: the proxy, and nothing else that was meant for the source's server.
fn bare(route: &Route) -> Route {
    let network = Network { proxy: route.network.proxy.clone(), ..Network::default() };
    Route { network: Arc::new(network), ..route.clone() }
}

/// What came, if it is an image by what stands in it: what the server calls it counts for nothing.
fn looked_at(body: &[u8]) -> Result<ImageData, Failure> {
    let mime = match image_type(body) {
        Ok(ImageType::Png) => "image/png",
        Ok(ImageType::Jpeg) => "image/jpeg",
        Ok(ImageType::Gif) => "image/gif",
        Ok(ImageType::Webp) => "image/webp",
        Ok(_) | Err(_) => return Err(no_image("it is no PNG, JPEG, GIF or WebP")),
    };
    let size = blob_size(body).map_err(|_| no_image("its size cannot be read"))?;
    let pixels = size.width.saturating_mul(size.height);
    let (Ok(width), Ok(height), 1..=MOST_PIXELS) =
        (u32::try_from(size.width), u32::try_from(size.height), pixels)
    else {
        return Err(no_image("it is too large to be drawn"));
    };
    let url = format!("data:{mime};base64,{}", STANDARD.encode(body));
    Ok(ImageData { url, width, height })
}

fn no_image(why: &str) -> Failure {
    Failure::new(FailureCode::NoImage, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a GIF of this size.
    fn gif(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"GIF89a".to_vec();
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        bytes.extend([0; 32]);
        bytes
    }

    #[test]
    fn an_image_is_known_by_what_stands_in_it() {
        let image = looked_at(&gif(3, 2)).unwrap();
        assert!(image.url.starts_with("data:image/gif;base64,R0lGODlhAwACA"), "{}", image.url);
        assert_eq!((image.width, image.height), (3, 2));
        for other in [
            &b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x()\"/>"[..],
            b"<html></html>",
            b"GIF89a",
            b"BM000000000000000000000000000000",
            b"",
        ] {
            assert_eq!(looked_at(other).unwrap_err().code, FailureCode::NoImage);
        }
    }

    #[test]
    fn what_unfolds_to_too_much_is_not_drawn() {
        assert!(looked_at(&gif(8_000, 5_000)).is_ok());
        assert!(looked_at(&gif(8_001, 5_000)).is_err());
        assert!(looked_at(&gif(0, 5)).is_err());
    }
}
