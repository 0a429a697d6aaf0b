//! `send`: publishes one message.

use belfry_platform::{PublishError, publish};
use belfry_protocol::Publish;

use crate::args::{SendArgs, TokenArgs};
use crate::output::{Format, Output};
use crate::problem::Problem;
use crate::{network, plain_http, token};

/// Publishes a message and prints what the server made of it.
///
/// # Errors
/// If the server did not take it.
pub async fn run(args: SendArgs, format: Format) -> Result<(), Problem> {
    let Some(token) = token::given(&TokenArgs::from(args.token))? else {
        return Err(Problem::Usage("a token is missing; allowed: --token-stdin, --token-env VAR".to_owned()));
    };
    let route = network::route_with(&args.network, &args.headers, args.plain_http)?;
    plain_http::check(&args.url.join(""), &route.network, true, args.plain_http)?;
    let message = Publish {
        to: args.to,
        kind: args.kind,
        title: args.title,
        content: args.content,
        related_id: args.related_id,
        link: args.link,
        priority: args.priority,
        ..Publish::default()
    };
    let published = publish(&route, &args.url, &token, args.idempotency_key.as_deref(), &message).await;
    let published = published.map_err(|error| match &error {
        PublishError::Fault(_) => Problem::Unreachable(error.to_string()),
        PublishError::Unauthorized | PublishError::Forbidden => Problem::Refused(error.to_string()),
        PublishError::NotEncrypted
        | PublishError::Moved { .. }
        | PublishError::NotTaken { .. }
        | PublishError::Unintelligible
        | PublishError::WebPage => Problem::failed(error),
    })?;
    let mut out = Output::lock();
    match format {
        Format::Json => out.json(&published)?,
        Format::Text => out.line(&published.id)?,
    }
    Ok(out.flush()?)
}
