//! Structured fields (RFC 8941): as much of them as signatures and digests need.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// More members than any signature has.
const MAX_MEMBERS: usize = 64;

/// It is not a structured field, or a larger one than we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// `key=value` pairs behind an item or a list, in their order.
pub(crate) type Parameters = Vec<(String, Bare)>;

/// A value without parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bare {
    Integer(i64),
    /// Kept as written.
    Decimal(String),
    String(String),
    Token(String),
    Bytes(Vec<u8>),
    Boolean(bool),
}

/// A member of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Item(Bare, Parameters),
    List(Vec<(Bare, Parameters)>, Parameters),
}

impl Member {
    /// The bytes, if it is a byte sequence.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Member::Item(Bare::Bytes(bytes), _) => Some(bytes),
            _ => None,
        }
    }
}

/// Reads a dictionary. A name that comes twice is malformed, because readers differ on which one
/// counts.
pub(crate) fn dictionary(text: &str) -> Result<Vec<(String, Member)>> {
    let mut input = Input(text.trim_matches(' '));
    let mut members: Vec<(String, Member)> = Vec::new();
    while !input.0.is_empty() {
        let name = input.key()?;
        let member = if input.eat('=') {
            input.member()?
        } else {
            Member::Item(Bare::Boolean(true), input.parameters()?)
        };
        if members.iter().any(|(known, _)| *known == name) || members.len() == MAX_MEMBERS {
            return Err(Malformed);
        }
        members.push((name, member));
        input.blanks();
        if input.0.is_empty() {
            break;
        }
        if !input.eat(',') {
            return Err(Malformed);
        }
        input.blanks();
        if input.0.is_empty() {
            return Err(Malformed);
        }
    }
    Ok(members)
}

/// Writes an inner list with its parameters.
pub(crate) fn write_list(items: &[(Bare, Parameters)], parameters: &Parameters) -> String {
    let items: Vec<String> = items.iter().map(|(item, of)| write_item(item, of)).collect();
    let mut text = format!("({})", items.join(" "));
    write_parameters(&mut text, parameters);
    text
}

/// Writes an item with its parameters.
pub(crate) fn write_item(item: &Bare, parameters: &Parameters) -> String {
    let mut text = String::new();
    write_bare(&mut text, item);
    write_parameters(&mut text, parameters);
    text
}

fn write_parameters(text: &mut String, parameters: &Parameters) {
    for (name, value) in parameters {
        text.push(';');
        text.push_str(name);
        if *value != Bare::Boolean(true) {
            text.push('=');
            write_bare(text, value);
        }
    }
}

fn write_bare(text: &mut String, value: &Bare) {
    match value {
        Bare::Integer(number) => text.push_str(&number.to_string()),
        Bare::Decimal(written) | Bare::Token(written) => text.push_str(written),
        Bare::String(string) => {
            text.push('"');
            for c in string.chars() {
                if matches!(c, '"' | '\\') {
                    text.push('\\');
                }
                text.push(c);
            }
            text.push('"');
        }
        Bare::Bytes(bytes) => {
            text.push(':');
            text.push_str(&STANDARD.encode(bytes));
            text.push(':');
        }
        Bare::Boolean(truth) => text.push_str(if *truth { "?1" } else { "?0" }),
    }
}

/// What is still to be read.
struct Input<'a>(&'a str);

impl<'a> Input<'a> {
    fn eat(&mut self, expected: char) -> bool {
        match self.0.strip_prefix(expected) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn blanks(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !belongs(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn key(&mut self) -> Result<String> {
        let key = self.take_while(|c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | '*')
        });
        match key.chars().next() {
            Some(first) if first.is_ascii_lowercase() || first == '*' => Ok(key.to_owned()),
            _ => Err(Malformed),
        }
    }

    fn member(&mut self) -> Result<Member> {
        if !self.eat('(') {
            let item = self.bare()?;
            return Ok(Member::Item(item, self.parameters()?));
        }
        let mut items = Vec::new();
        loop {
            self.0 = self.0.trim_start_matches(' ');
            if self.eat(')') {
                return Ok(Member::List(items, self.parameters()?));
            }
            if items.len() == MAX_MEMBERS {
                return Err(Malformed);
            }
            let item = self.bare()?;
            items.push((item, self.parameters()?));
            if !self.0.starts_with([' ', ')']) {
                return Err(Malformed);
            }
        }
    }

    fn parameters(&mut self) -> Result<Parameters> {
        let mut parameters = Parameters::new();
        while self.eat(';') {
            self.0 = self.0.trim_start_matches(' ');
            let name = self.key()?;
            let value = if self.eat('=') { self.bare()? } else { Bare::Boolean(true) };
            if parameters.iter().any(|(known, _)| *known == name) || parameters.len() == MAX_MEMBERS
            {
                return Err(Malformed);
            }
            parameters.push((name, value));
        }
        Ok(parameters)
    }

    fn bare(&mut self) -> Result<Bare> {
        match self.0.chars().next().ok_or(Malformed)? {
            '"' => self.string(),
            ':' => {
                self.eat(':');
                let base64 = self.take_while(|c| c != ':');
                if !self.eat(':') {
                    return Err(Malformed);
                }
                STANDARD.decode(base64).map(Bare::Bytes).map_err(|_| Malformed)
            }
            '?' => {
                self.eat('?');
                if self.eat('1') {
                    Ok(Bare::Boolean(true))
                } else if self.eat('0') {
                    Ok(Bare::Boolean(false))
                } else {
                    Err(Malformed)
                }
            }
            c if c == '-' || c.is_ascii_digit() => self.number(),
            c if c == '*' || c.is_ascii_alphabetic() => {
                let token = self
                    .take_while(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c));
                Ok(Bare::Token(token.to_owned()))
            }
            _ => Err(Malformed),
        }
    }

    fn number(&mut self) -> Result<Bare> {
        let written = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
        match written.split_once('.') {
            None if written.len() <= 16 => {
                written.parse().map(Bare::Integer).map_err(|_| Malformed)
            }
            Some((whole, fraction))
                if whole.len() <= 13
                    && whole.parse::<i64>().is_ok()
                    && (1..=3).contains(&fraction.len())
                    && fraction.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Bare::Decimal(written.to_owned()))
            }
            _ => Err(Malformed),
        }
    }

    fn string(&mut self) -> Result<Bare> {
        self.eat('"');
        let mut string = String::new();
        let mut chars = self.0.chars();
        loop {
            match chars.next().ok_or(Malformed)? {
                '"' => break,
                '\\' => match chars.next() {
                    Some(c @ ('"' | '\\')) => string.push(c),
                    _ => return Err(Malformed),
                },
                c @ ' '..='~' => string.push(c),
                _ => return Err(Malformed),
            }
        }
        self.0 = chars.as_str();
        Ok(Bare::String(string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_input_is_read_and_written_back() {
        let text = r#"("@method" "x-a";key="b");created=17;alg="rsa";n=1.5;t=tok;f=?0;y"#;
        let read = dictionary(&format!("sig1={text}, other=:AAEC:")).unwrap();
        let Member::List(items, parameters) = &read[0].1 else { panic!("{read:?}") };
        assert_eq!(write_list(items, parameters), text);
        assert_eq!(read[1].1.bytes(), Some(&[0, 1, 2][..]));
    }

    #[test]
    fn what_is_no_dictionary_is_malformed() {
        for text in
            ["A=1", "a=", "a=1,", "a=(1", "a=(1\t2)", "a=\"x", "a=:!:", "a=1 b=2", "a=1,a=2"]
        {
            assert_eq!(dictionary(text), Err(Malformed), "{text}");
        }
        assert_eq!(dictionary(""), Ok(Vec::new()));
    }
}
