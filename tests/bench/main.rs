//! The figures that Belfry promises, measured in one run, each with the bare path beside it: this machine's
//! noise hits both.
//!
//! `bench [notify] [popups] [flood] [resting] [replay] [server] [window] [--quick]`: what to measure (all of them if nothing is
//! said), with small counts to see that it works. What the figures mean stands in `docs/performance.md`.

#[cfg(target_os = "linux")]
mod client;
#[cfg(target_os = "linux")]
mod flood;
#[cfg(target_os = "linux")]
mod notify;
#[cfg(target_os = "linux")]
mod popups;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod replay;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod resting;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod window;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    belfry_platform::install_crypto_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [what @ (client::ENGINE | client::DEFAULTS | client::STORED | client::BARE), api] => {
            return runtime.block_on(client::run(what, api));
        }
        [popups::SHOW, way, count] => return runtime.block_on(popups::run(way, count.parse()?)),
        _ => {}
    }
    let known = ["notify", "popups", "flood", "resting", "replay", "server", "window", "--quick"];
    if let Some(unknown) = words.iter().find(|word| !known.contains(&word.as_str())) {
        anyhow::bail!("unknown argument {unknown:?}; allowed: {}", known.join(", "));
    }
    let size =
        if words.iter().any(|word| word == "--quick") { report::Size::Quick } else { report::Size::Full };
    let all = words.iter().all(|word| word == "--quick");
    let asked = |name: &str| all || words.iter().any(|word| word == name);
    runtime.block_on(async {
        let mut report = report::Report::new(size);
        if asked("notify") {
            notify::measure(&mut report).await?;
        }
        if asked("popups") {
            popups::measure(&mut report).await?;
        }
        if asked("flood") {
            flood::measure(&mut report).await?;
        }
        if asked("resting") {
            resting::measure(&mut report).await?;
        }
        if asked("replay") {
            replay::measure(&mut report).await?;
        }
        if asked("server") {
            server::measure(&mut report).await?;
        }
        if asked("window") {
            window::measure(&mut report).await?;
        }
        report.finish()
    })
}

#[cfg(not(target_os = "linux"))]
fn main() {
    // The figures are read from /proc and from a session bus.
}
