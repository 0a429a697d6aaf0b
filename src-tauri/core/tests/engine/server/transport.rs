//! The server as an engine's way to the network.

use belfry_core::ports::{
    BoxFuture, ConnectError, FetchError, HistoryReply, HistoryRequest, PostRequest, StreamOpened,
    StreamRequest, TellRequest, Transport,
};
use belfry_core::settings::BadValue;

use super::Server;

impl Transport for Server {
    fn connect(&self, request: StreamRequest) -> BoxFuture<'static, Result<StreamOpened, ConnectError>> {
        let server = self.clone();
        Box::pin(async move {
            let token = request.token.map(|token| token.expose().to_owned());
            if !server.ask(token).await? {
                return Err(ConnectError::Unauthorized);
            }
            server.open(request.last_event_id.map(|cursor| cursor.0))
        })
    }

    fn fetch(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let server = self.clone();
        Box::pin(async move {
            let token = request.token.map(|token| token.expose().to_owned());
            if !server.ask(token).await? {
                return Err(FetchError::Unauthorized);
            }
            if !request.url.path().ends_with("/messages") {
                return Err(FetchError::Unsupported);
            }
            Ok(HistoryReply { body: server.page(&request.url)?.into() })
        })
    }

    fn post(&self, _: PostRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        Box::pin(async { Err(FetchError::Unsupported) })
    }

    fn check(&self, _: &belfry_core::settings::Network) -> Result<(), BadValue> {
        Ok(())
    }

    fn tell(&self, request: TellRequest) -> BoxFuture<'static, Result<(), FetchError>> {
        let server = self.clone();
        Box::pin(async move {
            let token = request.token.map(|token| token.expose().to_owned());
            if !server.ask(token).await? {
                return Err(FetchError::Unauthorized);
            }
            server.told(request.url.path(), request.what)
        })
    }
}
