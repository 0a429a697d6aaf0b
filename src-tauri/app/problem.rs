//! The window that says why Belfry could not start. It runs without an engine, holds no script and may
//! call nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use belfry_core::words::Language;
use tauri::http::{Response, header};
use tauri::webview::NewWindowResponse;
use tauri::{WebviewUrl, WebviewWindowBuilder};

/// The scheme and the name of the only page.
const SCHEME: &str = "problem";

/// The path of the link that has the program start anew.
const AGAIN: &str = "/again";

/// What the user did about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Closed the window.
    Closed,
    /// Wants it to be tried again.
    Again,
}

/// Shows what went wrong until the user closes the window: `advice`, a key of the catalogue, and `reason` as the
/// program has it.
///
/// # Errors
/// If not even this window can be shown.
pub fn show(words: Language, advice: &'static str, reason: &str) -> tauri::Result<Answer> {
    let page = page(&Said {
        language: match words {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        },
        title: words.text("problem.title"),
        advice: words.text(advice),
        nothing_lost: words.text("problem.nothing_lost"),
        again: words.text("problem.again"),
        reason,
    });
    let again = Arc::new(AtomicBool::new(false));
    let wanted = Arc::clone(&again);
    let app = tauri::Builder::default()
        .register_uri_scheme_protocol(SCHEME, move |_, _| {
            Response::builder()
                .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
                .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'")
                .body(page.clone().into_bytes())
                .unwrap_or_default()
        })
        .setup(|app| {
            let handle = app.handle().clone();
            let address = format!("{SCHEME}://localhost/").parse()?;
            WebviewWindowBuilder::new(app, SCHEME, WebviewUrl::CustomProtocol(address))
                .title("Belfry")
                .inner_size(560.0, 320.0)
                .on_new_window(|_, _| NewWindowResponse::Deny)
                .on_navigation(move |to| {
                    if to.path() != AGAIN {
                        return true;
                    }
                    wanted.store(true, Ordering::Relaxed);
                    handle.exit(0);
                    false
                })
                .build()?;
            Ok(())
        })
        .build(crate::context())?;
    app.run_return(|_, _| {});
    Ok(if again.load(Ordering::Relaxed) { Answer::Again } else { Answer::Closed })
}

/// What the page says.
struct Said<'a> {
    language: &'a str,
    title: &'a str,
    advice: &'a str,
    nothing_lost: &'a str,
    again: &'a str,
    reason: &'a str,
}

/// The page, its texts escaped.
fn page(said: &Said<'_>) -> String {
    let Said { language, .. } = said;
    let texts = [said.title, said.advice, said.nothing_lost, said.again, said.reason];
    let [title, advice, nothing_lost, again, reason] = texts.map(escaped);
    format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1><p role=\"alert\">{advice}</p><p>{nothing_lost}</p>\
         <p><a href=\"{AGAIN}\">{again}</a></p><p class=\"reason\">{reason}</p>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "\
    :root { color-scheme: light dark; }\
    body { font: 15px/1.5 system-ui, sans-serif; margin: 32px; background: #f6f5f3; color: #1f1d1a; overflow-wrap: anywhere; }\
    h1 { font-size: 20px; }\
    a { color: #9a4d00; font-weight: 600; }\
    .reason { color: #5d5850; font-size: 13px; }\
    @media (prefers-color-scheme: dark) {\
        body { background: #1b1a18; color: #f0ede7; }\
        a { color: #f0a95b; }\
        .reason { color: #b9b3a8; }\
    }";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_text_whatever_stands_in_it() {
        let page = page(&Said {
            language: "en",
            title: "Title",
            advice: "Advice",
            nothing_lost: "<b>",
            again: "Again",
            reason: "<script>alert(\"1\")</script> & more",
        });
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more"), "{page}");
    }
}
