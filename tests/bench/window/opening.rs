//! From the click on the tray until the new window has painted something (Paint Timing, W3C), by the page's own word.

use std::time::UNIX_EPOCH;

use anyhow::{Result, ensure};
use belfry_tests::desktop::Stage;
use belfry_tests::wait::until;

use super::{explain, figure, number, page};
use crate::report::{Report, percentile};

pub async fn measure(report: &mut Report, stage: &Stage) -> Result<()> {
    let openings = report.size.pick(7, 2);
    let (mut painted, mut listed) = (Vec::new(), Vec::new());
    for _ in 0..openings {
        let (window, clicked) = stage.drive_from_tray().await?;
        let clicked = clicked.duration_since(UNIX_EPOCH)?.as_secs_f64() * 1e3;
        let first = until("a painted window", || async { number(&window.run(page::FIRST_PAINT).await?) });
        painted.push(first.await? - clicked);
        listed.push(number(&window.run(page::LOADED).await?)? - clicked);
        window.quit().await?;
        until("the end of the program", || async {
            ensure!(stage.session.trays().await?.is_empty(), "it still has its tray icon");
            Ok(())
        })
        .await?;
    }
    painted.sort_by(f64::total_cmp);
    listed.sort_by(f64::total_cmp);
    figure(report, "click on the tray → the window is painted, p50", percentile(&painted, 0.5), 400.0)?;
    explain(report, "  the slowest of them", percentile(&painted, 1.0), "ms")?;
    explain(report, "  its page is loaded, p50", percentile(&listed, 0.5), "ms")
}
