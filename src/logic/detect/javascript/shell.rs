//! Scripts of a `package.json` as lists of commands: quotes, operators and variables as the shell has them, without
//! running one.

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Whether the shell takes it for a pattern of file names.
    pub is_pattern: bool,
}

/// One command with the variables set for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    pub env: Vec<(String, String)>,
    pub words: Vec<Word>,
}

/// A piece of a script.
enum Token {
    Word(Word),
    /// What follows runs after what came before.
    Next,
    /// What follows runs only when what came before failed, or reads what it prints.
    Aside,
    /// The next word names a file to read or write.
    Redirect,
}

/// The commands that a script runs when nothing fails.
pub fn commands(script: &str) -> Vec<Command> {
    let mut commands = vec![Command::default()];
    let (mut is_aside, mut is_redirect) = (false, false);
    for token in tokens(script) {
        match token {
            Token::Next => {
                is_aside = false;
                commands.push(Command::default());
            }
            Token::Aside => is_aside = true,
            Token::Redirect => is_redirect = true,
            Token::Word(_) if is_aside || std::mem::take(&mut is_redirect) => {}
            Token::Word(word) => {
                let last = commands.last_mut().expect("there is a command from the start");
                match assignment(&word.text).filter(|_| last.words.is_empty()) {
                    Some(variable) => last.env.push(variable),
                    None => last.words.push(word),
                }
            }
        }
    }
    commands.retain(|command| !command.words.is_empty());
    commands
}

/// `NAME=value`.
pub fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
    let is_variable = !name.is_empty()
        && name.chars().all(is_name)
        && !name.starts_with(|ch: char| ch.is_ascii_digit());
    is_variable.then(|| (name.to_owned(), value.trim().to_owned()))
}

fn tokens(script: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = script.chars().peekable();
    while let Some(ch) = chars.next() {
        let open = || Word { text: String::new(), is_pattern: false };
        match ch {
            '\'' | '"' => {
                let word = word.get_or_insert_with(open);
                quoted(ch, &mut chars, &mut word.text);
            }
            '\\' => word.get_or_insert_with(open).text.extend(chars.next()),
            '$' => skip_variable(&mut chars),
            '&' | '|' | ';' | '\n' | '(' | ')' | '>' | '<' | ' ' | '\t' => {
                let finished = word.take();
                // `2>&1` begins with the number of a stream.
                let is_stream =
                    finished.as_ref().is_some_and(|word| word.text.parse::<u8>().is_ok());
                if !(ch == '>' && is_stream) {
                    tokens.extend(finished.map(Token::Word));
                }
                tokens.extend(operator(ch, &mut chars));
            }
            _ => {
                let word = word.get_or_insert_with(open);
                word.is_pattern |= "*?[".contains(ch);
                word.text.push(ch);
            }
        }
    }
    tokens.extend(word.map(Token::Word));
    tokens
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn operator(ch: char, rest: &mut Chars<'_>) -> Option<Token> {
    match ch {
        ' ' | '\t' => None,
        '|' => {
            rest.next_if_eq(&'|');
            Some(Token::Aside)
        }
        '>' | '<' => {
            while rest.next_if(|next| "><&".contains(*next)).is_some() {}
            Some(Token::Redirect)
        }
        _ => {
            rest.next_if_eq(&'&');
            Some(Token::Next)
        }
    }
}

fn quoted(quote: char, rest: &mut Chars<'_>, text: &mut String) {
    while let Some(ch) = rest.next() {
        match ch {
            _ if ch == quote => return,
            '\\' if quote == '"' && rest.peek().is_some_and(|next| "\"\\$`".contains(*next)) => {
                text.extend(rest.next());
            }
            '$' if quote == '"' => skip_variable(rest),
            _ => text.push(ch),
        }
    }
}

/// What a variable holds is not known here.
fn skip_variable(rest: &mut Chars<'_>) {
    if rest.next_if_eq(&'{').is_some() {
        while rest.next().is_some_and(|ch| ch != '}') {}
    } else {
        while rest.next_if(|ch| ch.is_ascii_alphanumeric() || *ch == '_').is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(script: &str) -> String {
        let command = |command: &Command| {
            let env = command.env.iter().map(|(name, value)| format!("{name}={value}"));
            let words = command.words.iter().map(|word| {
                format!("{}{}", word.text, if word.is_pattern { " (pattern)" } else { "" })
            });
            env.chain(words).collect::<Vec<_>>().join(" | ")
        };
        commands(script).iter().map(command).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn scripts_are_taken_apart_as_a_shell_does() {
        insta::assert_snapshot!(told("npm run lint && A=1 B='x y' jest --coverage"), @r"
        npm | run | lint
        A=1 | B=x y | jest | --coverage
        ");
        insta::assert_snapshot!(told(r#"mocha "test/**/*.js" test/*.ts --grep 'a b' 2>&1 | tap-spec || true; tsc>log"#), @r"
        mocha | test/**/*.js | test/*.ts (pattern) | --grep | a b
        tsc
        ");
        insta::assert_snapshot!(told(r#"NODE_OPTIONS="$NODE_OPTIONS --no-warnings" jest ${ARGS:-x} $CI a\ b"#), @r"NODE_OPTIONS=--no-warnings | jest | a b");
        insta::assert_snapshot!(told("echo \"Error: no test specified\" && exit 1"), @r"
        echo | Error: no test specified
        exit | 1
        ");
        assert_eq!(told(""), "");
        assert_eq!(told("' \" $ \\"), " \" $ \\");
    }
}
