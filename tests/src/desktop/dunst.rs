//! The real notification daemon, asked and clicked as a person would.

use anyhow::{Result, bail, ensure};

use super::{Session, Urgency};
use crate::wait::until;

/// dunst in a session.
#[derive(Debug, Clone, Copy)]
pub struct Dunst<'a> {
    session: &'a Session,
}

/// A popup as dunst has shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// dunst's number of it.
    pub id: u32,
    /// The program that sent it, by its own name.
    pub app: String,
    /// The first line.
    pub summary: String,
    /// The text below it, as it was sent.
    pub body: String,
    /// How strongly it asks for attention.
    pub urgency: Urgency,
    /// How long it stays, in milliseconds; 0 = until dismissed.
    pub timeout_ms: u64,
}

impl Session {
    /// The notification daemon; the session must have been started with it.
    #[must_use]
    pub fn dunst(&self) -> Dunst<'_> {
        Dunst { session: self }
    }
}

impl Dunst<'_> {
    /// How many popups are on the screen.
    ///
    /// # Errors
    /// If dunst is gone.
    pub async fn displayed(&self) -> Result<usize> {
        Ok(self.session.run("dunstctl", ["count", "displayed"]).await?.trim().parse()?)
    }

    /// Waits until exactly so many popups are on the screen.
    ///
    /// # Errors
    /// If there are more or fewer in the end.
    pub async fn shows(&self, count: usize) -> Result<()> {
        until(&format!("{count} popups"), || async {
            let displayed = self.displayed().await?;
            ensure!(displayed == count, "{displayed} popups");
            Ok(())
        })
        .await
    }

    /// Clicks on the popup; with several on the screen, on the topmost.
    ///
    /// # Errors
    /// If there is none in time.
    pub async fn click(&self) -> Result<()> {
        let [x, y, width, _] = self.session.screen().place_of_class("Dunst").await?;
        self.session.screen().click(x + width / 2, y + 20).await
    }

    /// Chooses an action of the only popup in dunst's menu, by its label.
    ///
    /// # Errors
    /// If dunst is gone.
    pub async fn choose(&self, label: &str) -> Result<()> {
        std::fs::write(self.session.variable("DESKTOP_SESSION_CHOICE")?, label)?;
        self.session.run("dunstctl", ["context"]).await.map(drop)
    }

    /// Takes all popups off the screen.
    ///
    /// # Errors
    /// If dunst is gone.
    pub async fn close_all(&self) -> Result<()> {
        self.session.run("dunstctl", ["close-all"]).await.map(drop)
    }

    /// The popups that it has shown so far, in order.
    ///
    /// # Errors
    /// If the session's record of them cannot be read.
    pub fn shown(&self) -> Result<Vec<Shown>> {
        let record = std::fs::read_to_string(self.session.variable("DESKTOP_SESSION_POPUPS")?)?;
        let fields: Vec<&str> = record.split_terminator('\0').collect();
        fields.chunks(6).map(shown).collect()
    }
}

fn shown(fields: &[&str]) -> Result<Shown> {
    let [id, app, summary, body, urgency, timeout_ms] = fields else {
        bail!("{} fields instead of six", fields.len());
    };
    Ok(Shown {
        id: id.parse()?,
        app: (*app).to_owned(),
        summary: (*summary).to_owned(),
        body: (*body).to_owned(),
        urgency: match *urgency {
            "LOW" => Urgency::Low,
            "NORMAL" => Urgency::Normal,
            "CRITICAL" => Urgency::Critical,
            other => bail!("dunst knows an urgency {other}"),
        },
        timeout_ms: timeout_ms.parse()?,
    })
}
