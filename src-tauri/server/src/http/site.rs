//! What stands at no route: an error, and while samples are published a page in place of the site to which a click on
//! one leads, so that the first click of a newcomer does not end in an error.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::response::{Html, IntoResponse, Response};

use super::Shared;
use super::problem::Problem;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

pub(super) async fn page(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let person = request.method() == Method::GET && accept.is_some_and(|accept| accept.contains("text/html"));
    let path = request.uri().path();
    if shared.demo.is_none() || !person || path.starts_with("/api/") {
        return Problem::NotFound.into_response();
    }
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html(path))).into_response()
}

fn html(path: &str) -> String {
    let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Belfry demo</title>\
         <style>:root{{color-scheme:light dark}}body{{font:16px/1.6 system-ui,sans-serif;max-width:34rem;\
         margin:18vh auto;padding:0 1.5rem}}code{{font-size:1.1em}}</style>\
         <h1>Belfry demo</h1><p>With a real server, your site's page <code>{path}</code> would be here.\
         <p lang=\"zh-CN\">接入真实服务器后，这里会打开站点页面 <code>{path}</code>。</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn a_path_is_shown_as_text() {
        let page = html("/a<script>&\"");
        assert!(page.contains("/a&lt;script&gt;&amp;&quot;") && !page.contains("<script"));
    }
}
