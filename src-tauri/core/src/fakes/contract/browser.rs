//! The contract of [`Browser`].

use crate::model::{ActivationToken, SiteUrl, WebLink};
use crate::ports::Browser;

/// Checks a browser that works. `opened` says which addresses have reached it, in any order; it is asked
/// after each page and may wait until there are as many as it is told.
pub async fn browser<B: Browser>(browser: B, opened: impl AsyncFn(usize) -> Vec<String>) {
    let site: SiteUrl = "https://example.org/".parse().expect("an address");
    // An address reaches the browser as one argument, whatever a shell would make of it.
    let links = ["/community/post/7", "/a?b=c&d=e;f#g", "/$(id)/`id`/%22%27*?x={y}|z", "/通知/1"];
    let pages: Vec<WebLink> = links.iter().filter_map(|link| site.link(link)).collect();
    assert_eq!(pages.len(), links.len());
    let mut expected = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let activation = ActivationToken::new(format!("belfry-{number}")).filter(|_| number % 2 == 0);
        browser.open(page, activation).await.expect("the browser starts");
        expected.push(page.as_str().to_owned());
        assert_eq!(opened(expected.len()).await, expected);
    }
}
