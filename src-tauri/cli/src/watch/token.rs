//! The token that a watch was given, on its way into the engine. Where the messages of a user are known, the server is
//! asked first whose token it is; a server that is out of reach just then is asked again, as a stream would be.

use belfry_core::action::{Credentials, FailureCode, SecretUse};
use belfry_core::engine::EngineHandle;
use belfry_core::model::{SourceId, Token};
use belfry_core::settings::Limits;

use crate::problem::Problem;

/// Hands it in, and asks again for as long as the server cannot be reached; `trouble` says why it could not.
///
/// # Errors
/// If the engine refuses it for any other reason.
pub(super) async fn hand_in(
    engine: &EngineHandle,
    source: SourceId,
    token: Token,
    limits: &Limits,
    trouble: &mut Option<String>,
) -> Result<(), Problem> {
    let mut pause = limits.retry_base.max(limits.retry_min);
    loop {
        let credentials = Credentials::Token(token.clone());
        match engine.secret(SecretUse::Keep { source }, credentials).await {
            Ok(_) => {
                *trouble = None;
                return Ok(());
            }
            Err(failure) if failure.code == FailureCode::Unreachable => {
                tracing::warn!("{failure}; it is tried again in {pause:?}");
                *trouble = Some(failure.to_string());
            }
            Err(failure) => return Err(Problem::failed(failure)),
        }
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(limits.retry_max.max(limits.retry_base));
    }
}
