//! What was got and what was wanted, as the messages of test frameworks and people show it.

/// The two sides of each comparison that a message shows: `3 != 4`, `assert 3 == 4`, `left: 3` over `right: 4`, `+ 3` over
/// `- 4`.
pub(in crate::repair) fn pairs(message: &str) -> Vec<(&str, &str)> {
    let lines: Vec<&str> =
        message.lines().map(|line| line.trim_start_matches("E ").trim()).collect();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let shown = line
            .rsplit_once(": ")
            .filter(|(start, _)| start.ends_with("Error"))
            .map_or(*line, |(_, rest)| rest);
        let shown = shown.split_once(" differ: ").map_or(shown, |(_, rest)| rest);
        let shown = shown.strip_prefix("assert ").unwrap_or(shown);
        let operators = [" !== ", " != ", " == "];
        pairs.extend(operators.iter().find_map(|operator| shown.split_once(operator)));
        pairs.extend(expectation(shown));
        pairs.extend(wanted(shown));
        let next = lines.get(at + 1).copied().unwrap_or_default();
        for (first, second) in [("Expected: ", "Received: "), ("expected: ", "actual: ")] {
            let expected = line.strip_prefix(first);
            pairs.extend(next.strip_prefix(second).zip(expected));
        }
        let before = at.checked_sub(1).map_or("", |before| lines[before]);
        let after = lines.get(at + 2).copied().unwrap_or_default();
        pairs.extend(changed([before, line, next, after]));
        if let Some(left) = line.strip_prefix("left: ") {
            let below = lines.get(at + 1).and_then(|line| line.strip_prefix("right: "));
            pairs.extend(below.map(|right| (left, right)));
        }
        if let Some((left, right)) =
            line.strip_prefix("left: ").and_then(|line| line.split_once(", right: "))
        {
            pairs.push((left, right));
        }
    }
    pairs.into_iter().map(|(a, b)| (a.trim(), b.trim())).collect()
}

/// What `+` and `-` stand before in two lines of a comparison by lines, without the key that both have and what ends them: of
/// more lines it is not known which belong together.
fn changed<'m>([before, first, second, after]: [&'m str; 4]) -> Option<(&'m str, &'m str)> {
    let side = |line: &'m str, mark: char| line.strip_prefix(mark)?.strip_prefix(' ');
    let sides = side(first, '+').zip(side(second, '-'));
    let (got, wanted) = sides.or_else(|| side(second, '+').zip(side(first, '-')))?;
    let is_alone = [before, after].iter().all(|line| !line.starts_with(['+', '-']));
    let is_key = |key: &str| key.chars().all(|ch| ch.is_alphanumeric() || matches!(ch, '_' | '$'));
    let [got, wanted] = [got, wanted].map(|text| text.trim().trim_end_matches(','));
    let value = |text: &'m str| text.split_once(": ").filter(|(key, _)| is_key(key));
    let values = value(got).zip(value(wanted)).filter(|((a, _), (b, _))| a == b);
    is_alone.then(|| values.map_or((got, wanted), |((_, got), (_, wanted))| (got, wanted)))
}

/// What was got and what was wanted in `f(1) = 3, want 4`, `got 3; want 4`, `expected 4, got 3`, as people write it.
fn wanted(line: &str) -> Option<(&str, &str)> {
    const WANTED: [&str; 4] = ["want ", "wanted ", "expected ", "expect "];
    let (at, word) = WANTED.iter().find_map(|word| Some((line.find(word)?, word)))?;
    let (before, after) = (&line[..at], &line[at + word.len()..]);
    if let Some((wanted, got)) = after.split_once(" got ") {
        let wanted = wanted.trim_end_matches(" but").trim_end_matches([',', ';']);
        return Some((got.trim_start_matches(": "), wanted));
    }
    let before = before.trim_end().trim_end_matches([',', ';']);
    let got = before.rsplit_once(" = ").or_else(|| before.rsplit_once("got "));
    let got = got.or_else(|| before.rsplit_once(": ")).map_or(before, |(_, got)| got);
    Some((got, after))
}

/// `expected 3 to be 4 // Object.is equality` as the two values.
fn expectation(text: &str) -> Option<(&str, &str)> {
    let claim = text.strip_prefix("expected ")?;
    let claim = claim.split_once(" // ").map_or(claim, |(claim, _)| claim);
    let relations = [" to be ", " to equal ", " to deeply equal ", " to strictly equal "];
    relations.iter().find_map(|relation| claim.split_once(relation))
}
