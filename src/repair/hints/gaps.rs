//! Numbers that were got in the place of others: `12099` where `11999` is wanted, `(3, 19.0)` where `(3, 7.0)` is.

/// A number that was got and the one that was wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    pub got: f64,
    pub wanted: f64,
    /// What the last digit that is shown counts for.
    pub unit: f64,
}

/// How many numbers of one comparison may differ; what tells them all apart is no number.
const GAPS_MAX: usize = 3;

/// The numbers that differ between two values which are alike but for some numbers.
pub(super) fn gaps(got: &str, wanted: &str) -> Vec<Gap> {
    // How near is near enough is no part of what is wanted.
    let wanted = wanted.split(" ± ").next().unwrap_or(wanted);
    let (got, wanted) = (pieces(got), pieces(wanted));
    let are_alike = |(a, b): (&Piece<'_>, &Piece<'_>)| match (a, b) {
        (Piece::Number(_), Piece::Number(_)) => true,
        (a, b) => a == b,
    };
    if got.len() != wanted.len() || !got.iter().zip(&wanted).all(are_alike) {
        return Vec::new();
    }
    let gaps: Vec<Gap> = got.iter().zip(&wanted).filter_map(|(a, b)| gap(a, b)).collect();
    if gaps.len() > GAPS_MAX { Vec::new() } else { gaps }
}

/// A number or what stands between numbers.
#[derive(PartialEq)]
enum Piece<'t> {
    Number(&'t str),
    Other(&'t str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let is_part = |ch: char| ch.is_ascii_digit() || ch == '.';
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_number = rest.starts_with(|ch: char| ch.is_ascii_digit());
        let end = match is_number {
            true => rest.find(|ch: char| !is_part(ch)),
            false => rest.find(|ch: char| ch.is_ascii_digit()),
        };
        let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
        pieces.push(if is_number { Piece::Number(piece) } else { Piece::Other(piece) });
        rest = behind;
    }
    pieces
}

fn gap(got: &Piece<'_>, wanted: &Piece<'_>) -> Option<Gap> {
    let (Piece::Number(a), Piece::Number(b)) = (got, wanted) else { return None };
    let n_decimals = |text: &str| text.split_once('.').map_or(0, |(_, behind)| behind.len());
    let unit = 0.1_f64.powi(n_decimals(a).min(n_decimals(b)) as i32);
    let (got, wanted) = (a.parse().ok()?, b.parse().ok()?);
    (got != wanted).then_some(Gap { got, wanted, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_differ_are_told() {
        let check = |got: &str, wanted: &str| {
            let gaps = gaps(got, wanted);
            let told = gaps.iter().map(|gap| format!("{} for {}", gap.wanted, gap.got));
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(check("12099", "11999"), "11999 for 12099");
        assert_eq!(check("0.19", "0.07 ± 7.0e-08"), "0.07 for 0.19");
        assert_eq!(check("Cart(3, 19.5)", "Cart(3, 7)"), "7 for 19.5");
        assert_eq!(check("'a 3'", "'b 4'"), "");
        assert_eq!(check("[1, 2]", "[1, 2, 3]"), "");
        assert_eq!(check("[1, 2, 3, 4]", "[2, 3, 4, 5]"), "");
    }
}
