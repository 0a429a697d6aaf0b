//! The table on standard output and the same in `bench.json`.

use std::io::Write;

use anyhow::{Result, ensure};
use belfry_tests::programs;
use serde_json::{Value, json};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As much as the promises speak of.
    Full,
    /// Just enough to see that it works.
    Quick,
}

impl Size {
    /// One of two counts.
    pub fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// What was measured so far.
pub struct Report {
    /// How much is measured.
    pub size: Size,
    rows: Vec<Value>,
}

/// One figure.
pub struct Figure<'a> {
    /// What it is of.
    pub name: &'a str,
    /// What was measured.
    pub value: f64,
    /// Its unit.
    pub unit: &'a str,
    /// What is promised, and in which direction.
    pub goal: Goal,
    /// The bare path in the same run, in the same unit.
    pub bare: Option<f64>,
}

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At most so much.
    AtMost(f64),
    /// At least so much.
    AtLeast(f64),
    /// Nothing; it explains another figure.
    Explains,
}

impl Report {
    /// An empty report.
    pub fn new(size: Size) -> Self {
        Self { size, rows: Vec::new() }
    }

    /// Prints a line about what is going on, on standard error.
    pub fn progress(&self, words: &str) -> Result<()> {
        Ok(writeln!(std::io::stderr(), "{words}")?)
    }

    /// Adds a figure and prints it.
    pub fn add(&mut self, figure: &Figure<'_>) -> Result<()> {
        let Figure { name, value, unit, goal, bare } = *figure;
        let (wanted, kept) = match goal {
            Goal::AtMost(most) => (format!("≤ {most}"), Some(value <= most)),
            Goal::AtLeast(least) => (format!("≥ {least}"), Some(value >= least)),
            Goal::Explains => (String::new(), None),
        };
        let ratio = bare.filter(|bare| *bare > 0.0).map(|bare| match goal {
            Goal::AtLeast(_) => bare / value,
            Goal::AtMost(_) | Goal::Explains => value / bare,
        });
        let verdict = match (self.size, kept) {
            (Size::Quick, _) | (_, None) => "",
            (Size::Full, Some(true)) => "kept",
            (Size::Full, Some(false)) => "missed",
        };
        let beside = match (bare, ratio) {
            (Some(bare), Some(ratio)) => format!("bare {bare:>10.2} {unit}  {ratio:.2} ×"),
            _ => String::new(),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{name:<46} {value:>10.2} {unit:<10} {wanted:<12} {verdict:<7} {beside}")?;
        self.rows.push(json!({
            "name": name, "value": value, "unit": unit, "goal": wanted, "kept": kept, "bare": bare, "ratio": ratio
        }));
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// If it cannot be written, or a promise was missed; with a few counts only nothing is promised.
    pub fn finish(self) -> Result<()> {
        let path = programs::output_folder("bench")?.join("bench.json");
        let quick = self.size == Size::Quick;
        let all = json!({ "version": env!("CARGO_PKG_VERSION"), "quick": quick, "figures": self.rows });
        std::fs::write(&path, serde_json::to_vec_pretty(&all)?)?;
        writeln!(std::io::stderr(), "{}", path.display())?;
        let missed = missed(self.size, &self.rows);
        ensure!(missed.is_empty(), "missed: {}", missed.join(", "));
        Ok(())
    }
}

/// The names of the figures whose promise was missed.
fn missed(size: Size, rows: &[Value]) -> Vec<&str> {
    match size {
        Size::Quick => Vec::new(),
        Size::Full => {
            let missed = rows.iter().filter(|row| row["kept"] == false);
            missed.filter_map(|row| row["name"].as_str()).map(str::trim).collect()
        }
    }
}

/// The value below which this share of the sorted values lies (nearest rank).
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_that_is_missed_is_named_unless_only_a_few_were_counted() {
        let mut report = Report::new(Size::Full);
        for (name, value, goal) in [
            ("kept", 1.0, Goal::AtMost(1.0)),
            ("  slow", 4.1, Goal::AtMost(4.0)),
            ("  nothing", f64::NAN, Goal::AtMost(4.0)),
            ("few", 1.0, Goal::AtLeast(2.0)),
            ("told", 9.0, Goal::Explains),
        ] {
            report.add(&Figure { name, value, unit: "ms", goal, bare: None }).unwrap();
        }
        assert_eq!(missed(Size::Full, &report.rows), ["slow", "nothing", "few"]);
        assert!(missed(Size::Quick, &report.rows).is_empty());
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((percentile(&values, 0.5), percentile(&values, 0.99)), (100.0, 198.0));
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
    }
}
