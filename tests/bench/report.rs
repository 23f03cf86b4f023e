//! The table that is printed.

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// No more than this.
    AtMost(f64),
    /// This.
    Exactly(f64),
    /// The design sets none.
    Unset,
}

/// Prints rows as they come, and counts those that miss their target.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: usize,
    over: Vec<String>,
}

impl Report {
    /// Begin a part of the table.
    pub(crate) fn part(&mut self, title: &str) {
        println!("\n{title}\n{}", "-".repeat(96));
    }

    /// A line below a part's title that says how it was measured.
    pub(crate) fn note(&mut self, note: &str) {
        println!("  ({note})");
    }

    /// One figure.
    pub(crate) fn row(&mut self, what: &str, figure: f64, unit: &str, target: Target) {
        let (wanted, holds) = match target {
            Target::AtMost(most) => (format!("≤ {}", shown(most)), Some(figure <= most)),
            Target::Exactly(exactly) => (format!("= {}", shown(exactly)), Some(figure == exactly)),
            Target::Unset => (String::new(), None),
        };
        let verdict = holds.map_or("", |holds| if holds { "ok" } else { "over" });
        println!("  {what:<58} {:>10} {unit:<8} {wanted:>9}  {verdict}", shown(figure));
        self.rows += 1;
        if holds == Some(false) {
            self.over.push(what.to_owned());
        }
    }

    /// The last line.
    pub(crate) fn end(self) {
        println!("\n{} figures, {} over their target{}", self.rows, self.over.len(), if self.over.is_empty() { "" } else { ":" });
        self.over.iter().for_each(|what| println!("  {what}"));
    }
}

/// Whole numbers as they are, others with two or three digits that tell.
fn shown(figure: f64) -> String {
    if figure.fract() == 0.0 {
        format!("{figure:.0}")
    } else if figure < 1.0 {
        format!("{figure:.3}")
    } else {
        format!("{figure:.2}")
    }
}
