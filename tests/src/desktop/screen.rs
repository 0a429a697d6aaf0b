//! What is on the screen: windows, the pointer, pictures.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::Session;
use crate::wait::until;

/// The screen of a session.
#[derive(Debug, Clone, Copy)]
pub struct Screen<'a> {
    session: &'a Session,
}

/// A window as the window manager lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The X window id, in hexadecimal.
    pub id: String,
    /// The process that made it.
    pub pid: u32,
    /// Its title.
    pub title: String,
    /// Left, top, width and height in pixels.
    pub place: [i32; 4],
}

impl Session {
    /// What is on the screen.
    #[must_use]
    pub fn screen(&self) -> Screen<'_> {
        Screen { session: self }
    }
}

impl Screen<'_> {
    /// All windows that the window manager knows.
    ///
    /// # Errors
    /// If there is no window manager.
    pub async fn windows(&self) -> Result<Vec<Window>> {
        Ok(self.session.run("wmctrl", ["-l", "-p", "-G"]).await?.lines().filter_map(window).collect())
    }

    /// The windows of one process.
    ///
    /// # Errors
    /// If there is no window manager.
    pub async fn windows_of(&self, pid: u32) -> Result<Vec<Window>> {
        let mut windows = self.windows().await?;
        windows.retain(|window| window.pid == pid);
        Ok(windows)
    }

    /// Waits for the only window of a process.
    ///
    /// # Errors
    /// If there is none, or more than one, in time.
    pub async fn window_of(&self, pid: u32) -> Result<Window> {
        until("one window", || async {
            let mut windows = self.windows_of(pid).await?;
            ensure!(windows.len() == 1, "windows: {windows:?}");
            windows.pop().context("no window")
        })
        .await
    }

    /// Waits until a process has no window.
    ///
    /// # Errors
    /// If it still has one in the end.
    pub async fn no_window_of(&self, pid: u32) -> Result<()> {
        until("no window", || async {
            let windows = self.windows_of(pid).await?;
            ensure!(windows.is_empty(), "windows: {windows:?}");
            Ok(())
        })
        .await
    }

    /// The window that has the keyboard.
    ///
    /// # Errors
    /// If none has it.
    pub async fn active_window(&self) -> Result<u64> {
        Ok(self.session.run("xdotool", ["getactivewindow"]).await?.parse()?)
    }

    /// Asks a window to close, as its close button does.
    ///
    /// # Errors
    /// If it is gone.
    pub async fn close(&self, window: &Window) -> Result<()> {
        self.session.run("wmctrl", ["-i", "-c", &window.id]).await.map(drop)
    }

    /// Waits for the window of a class that is mapped (a popup, a panel) and returns its place.
    ///
    /// # Errors
    /// If there is none in time.
    pub async fn place_of_class(&self, class: &str) -> Result<[i32; 4]> {
        until(&format!("a window of class {class}"), || async {
            let found = self.session.run("xdotool", ["search", "--onlyvisible", "--class", class]).await?;
            let id = found.lines().next().context("no window")?;
            place(&self.session.run("xdotool", ["getwindowgeometry", "--shell", id]).await?)
        })
        .await
    }

    /// Moves the pointer to a point and leaves it there.
    ///
    /// # Errors
    /// If the screen is gone.
    pub async fn point(&self, x: i32, y: i32) -> Result<()> {
        self.session.run("xdotool", ["mousemove", "--sync", &x.to_string(), &y.to_string()]).await.map(drop)
    }

    /// How many windows of a class are mapped.
    ///
    /// # Errors
    /// If the screen is gone.
    pub async fn count_of_class(&self, class: &str) -> Result<usize> {
        let search = ["search", "--onlyvisible", "--class", class];
        // It fails where it finds none.
        let output = self.session.command("xdotool").args(search).output().await.context("xdotool")?;
        Ok(String::from_utf8(output.stdout)?.lines().count())
    }

    /// The pixels of a part of the screen, three bytes each, row by row.
    ///
    /// # Errors
    /// If it cannot be taken.
    pub async fn pixels(&self, part: [i32; 4]) -> Result<Vec<u8>> {
        let file = self.session.folder().join("pixels.png");
        self.picture(Some(part), &file).await?;
        let mut convert = self.session.command("convert");
        let output = convert.arg(&file).args(["-depth", "8", "rgb:-"]).output().await.context("convert")?;
        ensure!(output.status.success(), "convert: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    /// Moves the pointer to a point and clicks with the left button.
    ///
    /// # Errors
    /// If the screen is gone.
    pub async fn click(&self, x: i32, y: i32) -> Result<()> {
        let (x, y) = (x.to_string(), y.to_string());
        self.session.run("xdotool", ["mousemove", "--sync", &x, &y, "click", "1"]).await.map(drop)
    }

    /// Writes a picture of the whole screen, or of a part of it, as PNG.
    ///
    /// # Errors
    /// If it cannot be taken or written.
    pub async fn picture(&self, part: Option<[i32; 4]>, file: &Path) -> Result<()> {
        let mut command = self.session.command("import");
        command.args(["-silent", "-window", "root"]);
        if let Some([x, y, width, height]) = part {
            command.args(["-crop", &format!("{width}x{height}+{x}+{y}"), "+repage"]);
        }
        let output = command.arg(file).output().await.context("import")?;
        if !output.status.success() {
            bail!("import: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

/// One line of `wmctrl -lpG`: id, desktop, pid, x, y, width, height, host, title.
fn window(line: &str) -> Option<Window> {
    let mut rest = line;
    let mut fields = Vec::new();
    for _ in 0..8 {
        let (field, after) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        fields.push(field);
        rest = after;
    }
    let number = |index: usize| fields.get(index)?.parse::<i32>().ok();
    Some(Window {
        id: (*fields.first()?).to_owned(),
        pid: fields.get(2)?.parse().ok()?,
        title: rest.trim_start().to_owned(),
        place: [number(3)?, number(4)?, number(5)?, number(6)?],
    })
}

/// The lines of `xdotool getwindowgeometry --shell`.
fn place(text: &str) -> Result<[i32; 4]> {
    let find = |name: &str| -> Result<i32> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        Ok(line.with_context(|| format!("no {name} in {text}"))?.parse()?)
    };
    Ok([find("X")?, find("Y")?, find("WIDTH")?, find("HEIGHT")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_keeps_the_spaces_of_its_title() {
        let line = "0x00600003  0 4711   10   52  1180 760  host Inbox (3) · Belfry";
        let expected = Window {
            id: "0x00600003".into(),
            pid: 4711,
            title: "Inbox (3) · Belfry".into(),
            place: [10, 52, 1180, 760],
        };
        assert_eq!(window(line), Some(expected));
    }
}
