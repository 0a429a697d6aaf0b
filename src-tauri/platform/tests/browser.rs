//! The real browser port, with a fake `xdg-open` first in the search path.
#![cfg(target_os = "linux")]

#[allow(clippy::unwrap_used, clippy::expect_used)]
mod browser {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use belfry_core::fakes::contract;
    use belfry_core::model::{ActivationToken, SiteUrl};
    use belfry_core::ports::Browser;
    use belfry_platform::SystemBrowser;

    /// Names the folder with the fake, and says that this process is the one that searches there.
    const FOLDER: &str = "BELFRY_TEST_BROWSER";

    /// Runs this test once more in a process whose search path is one folder, with this `xdg-open` in it.
    fn with_opener(script: Option<&str>, body: impl AsyncFn(&Path)) {
        if let Some(folder) = std::env::var_os(FOLDER) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            return runtime.block_on(body(Path::new(&folder)));
        }
        let folder = tempfile::tempdir().unwrap();
        if let Some(script) = script {
            let opener = folder.path().join("xdg-open");
            std::fs::write(&opener, script).unwrap();
            std::fs::set_permissions(&opener, PermissionsExt::from_mode(0o700)).unwrap();
        }
        let test = std::thread::current().name().unwrap().to_owned();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &test])
            .env(FOLDER, folder.path())
            .env("PATH", folder.path())
            .env("XDG_ACTIVATION_TOKEN", "of-the-start")
            .env("DESKTOP_STARTUP_ID", "of-the-start")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    }

    async fn until(condition: impl Fn() -> bool) {
        let wait = async {
            let mut looks = tokio::time::interval(Duration::from_millis(5));
            while !condition() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("it comes to be in time");
    }

    #[test]
    fn pages_reach_the_opener_as_one_argument_each() {
        // One line for each call: how many arguments, and the first.
        let script = "#!/bin/sh\nprintf '%s %s\\n' \"$#\" \"$1\" >> \"$BELFRY_TEST_BROWSER/log\"\n";
        with_opener(Some(script), async |folder| {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            contract::browser(SystemBrowser, async |count| {
                until(|| log().lines().count() == count).await;
                log().lines().map(|line| line.strip_prefix("1 ").expect("one argument").to_owned()).collect()
            })
            .await;
        });
    }

    #[test]
    fn the_token_of_a_click_reaches_the_opener_and_that_of_the_own_start_does_not() {
        let script = "#!/bin/sh\nprintf '%s %s\\n' \"$XDG_ACTIVATION_TOKEN\" \"$DESKTOP_STARTUP_ID\" \
                      >> \"$BELFRY_TEST_BROWSER/log\"\n";
        with_opener(Some(script), async |folder| {
            let site: SiteUrl = "https://example.org/".parse().unwrap();
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            for (count, token) in [(1, ActivationToken::new("of-the-click".to_owned())), (2, None)] {
                SystemBrowser.open(&site.link("/").unwrap(), token).await.unwrap();
                until(|| log().lines().count() == count).await;
            }
            assert_eq!(log(), "of-the-click of-the-click\n \n");
        });
    }

    #[test]
    fn an_opener_that_finds_no_browser_says_so_and_leaves_no_zombie() {
        with_opener(Some("#!/bin/sh\nexit 3\n"), async |_| {
            let site: SiteUrl = "https://example.org/".parse().unwrap();
            let error = SystemBrowser.open(&site.link("/?secret=1").unwrap(), None).await.unwrap_err();
            assert!(error.to_string().contains('3'), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
            until(|| children().is_empty()).await;
        });
    }

    #[test]
    fn an_opener_that_becomes_the_browser_is_not_waited_for() {
        // Ends with the pipe that the test holds open until it has its answer.
        let script =
            "#!/bin/sh\n: > \"$BELFRY_TEST_BROWSER/started\"\nread -r _ < \"$BELFRY_TEST_BROWSER/end\"\n";
        with_opener(Some(script), async |folder| {
            let (started, end) = (folder.join("started"), folder.join("end"));
            assert!(Command::new("/usr/bin/mkfifo").arg(&end).status().unwrap().success());
            let site: SiteUrl = "https://example.org/".parse().unwrap();
            SystemBrowser.open(&site.link("/").unwrap(), None).await.unwrap();
            until(|| started.exists()).await;
            assert_eq!(children().len(), 1);
            std::fs::write(&end, "\n").unwrap();
            until(|| children().is_empty()).await;
        });
    }

    #[test]
    fn a_system_without_an_opener_says_so() {
        with_opener(None, async |_| {
            let site: SiteUrl = "https://example.org/".parse().unwrap();
            let error = SystemBrowser.open(&site.link("/?secret=1").unwrap(), None).await.unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        });
    }

    /// The processes, zombies too, that this one has started: its number stands after the state.
    fn children() -> Vec<String> {
        let own = std::process::id().to_string();
        let stats = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok());
        stats
            .filter(|stat| {
                let after_name = stat.rsplit(')').next().unwrap_or_default();
                after_name.split_whitespace().nth(1) == Some(own.as_str())
            })
            .collect()
    }
}
