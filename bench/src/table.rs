//! What is printed: Markdown, so that it can be pasted into the book as it is.

use crate::figures::{Figure, Goal};

/// A table that is printed once it is whole.
pub struct Table {
    title: &'static str,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these words above it and these above its columns.
    pub fn new(title: &'static str, head: &[&str]) -> Self {
        let head = head.iter().map(|&cell| cell.to_owned()).collect();
        Self {
            title,
            rows: vec![head],
        }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Adds a row for each side: what it measured, the ratio to the side at `base`, and what becomes of
    /// that side's goal.
    pub fn compare(&mut self, measured: &[(&'static str, Vec<f64>)], base: usize, goals: &[Goal]) {
        for ((name, values), goal) in measured.iter().zip(goals) {
            let ratio = Figure::of_ratios(values, &measured[base].1);
            let [wanted, met] = goal.judged(ratio.median);
            let measured = Figure::of(values.iter().copied());
            self.row([
                (*name).to_owned(),
                measured.to_string(),
                ratio.to_string(),
                wanted,
                met,
            ]);
        }
    }

    /// Prints it.
    pub fn print(self) {
        let columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        println!("\n{}\n", self.title);
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"));
            println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
            if number == 0 {
                let lines = widths.iter().map(|width| "-".repeat(*width));
                println!("|-{}-|", lines.collect::<Vec<_>>().join("-|-"));
            }
        }
    }
}
