//! The window that says why Belfry could not start. It runs without an engine, holds no script and may
//! call nothing.

use belfry_core::words::Language;
use tauri::http::{Response, header};
use tauri::webview::NewWindowResponse;
use tauri::{WebviewUrl, WebviewWindowBuilder};

/// The scheme and the name of the only page.
const SCHEME: &str = "problem";

/// Shows what went wrong until the user closes the window.
///
/// # Errors
/// If not even this window can be shown.
pub fn show(words: Language, reason: &str) -> tauri::Result<()> {
    let page = page(words.text("problem.title"), reason, words.text("problem.advice"));
    let app = tauri::Builder::default()
        .register_uri_scheme_protocol(SCHEME, move |_, _| {
            Response::builder()
                .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
                .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'")
                .body(page.clone().into_bytes())
                .unwrap_or_default()
        })
        .setup(|app| {
            let address = format!("{SCHEME}://localhost/").parse()?;
            WebviewWindowBuilder::new(app, SCHEME, WebviewUrl::CustomProtocol(address))
                .title("Belfry")
                .inner_size(560.0, 320.0)
                .on_new_window(|_, _| NewWindowResponse::Deny)
                .build()?;
            Ok(())
        })
        .build(crate::context())?;
    app.run_return(|_, _| {});
    Ok(())
}

/// The page, its texts escaped.
fn page(title: &str, reason: &str, advice: &str) -> String {
    let [title, reason, advice] = [title, reason, advice].map(escaped);
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1><p role=\"alert\">{reason}</p><p class=\"advice\">{advice}</p>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "\
    :root { color-scheme: light dark; }\
    body { font: 15px/1.5 system-ui, sans-serif; margin: 32px; background: #f6f5f3; color: #1f1d1a; overflow-wrap: anywhere; }\
    h1 { font-size: 20px; }\
    .advice { color: #5d5850; }\
    @media (prefers-color-scheme: dark) {\
        body { background: #1b1a18; color: #f0ede7; }\
        .advice { color: #b9b3a8; }\
    }";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_text_whatever_stands_in_it() {
        let page = page("Title", "<script>alert(\"1\")</script> & more", "/tmp/<b>");
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more"), "{page}");
    }
}
