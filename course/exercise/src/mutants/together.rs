//! Many wrong solutions in one compilation.
//!
//! An edit that only changes bodies of functions can be compiled beside the right code: the function
//! looks at its every call which of them it is to be. So one library and one test program serve all
//! such edits of a chapter, and each run chooses its own with a variable of the environment.
//! Compiling anew for each takes ten times as long.

use std::fmt::Write as _;
use std::ops::Range;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The variable that chooses: the number of an edit, from 1. Without it, the code is that of the book.
pub const CHOICE: &str = "COURSE_MUTANT";

/// The code at the root of the crate. It allocates nothing, since there are tests that count allocations.
pub const CHOOSE: &str = r#"
#[doc(hidden)]
pub fn is_mutant(number: u32) -> bool {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CHOSEN: AtomicU32 = AtomicU32::new(u32::MAX);
    unsafe extern "C" {
        fn getenv(name: *const std::ffi::c_char) -> *const std::ffi::c_char;
    }
    let mut chosen = CHOSEN.load(Ordering::Relaxed);
    if chosen == u32::MAX {
        let value = unsafe { getenv(c"COURSE_MUTANT".as_ptr()) };
        let value = if value.is_null() { c"0" } else { unsafe { std::ffi::CStr::from_ptr(value) } };
        chosen = value.to_str().ok().and_then(|value| value.parse().ok()).unwrap_or(0);
        CHOSEN.store(chosen, Ordering::Relaxed);
    }
    chosen == number
}
"#;

/// A body of a function.
struct Body {
    /// Its bytes in the source, braces included.
    range: Range<usize>,
    /// Its tokens.
    tokens: String,
    /// True if there can be no other beside it: the compiler may have to run it, or its type depends on the body.
    is_fixed: bool,
}

/// A file of the chapter, and the edits in it beside the right code.
pub struct Source {
    text: String,
    around: String,
    bodies: Vec<Body>,
    /// For each body the edits that change it, with what they make of it.
    edits: Vec<Vec<(usize, String)>>,
}

impl Source {
    /// A file without any edit, if it can be read at all.
    pub fn new(text: String) -> Option<Self> {
        let (around, bodies) = parts(&text)?;
        let edits = bodies.iter().map(|_| Vec::new()).collect();
        Some(Self {
            text,
            around,
            bodies,
            edits,
        })
    }

    /// Takes in an edit of this number, which makes of the file what `text` is. Says whether that was possible.
    pub fn add(&mut self, number: usize, text: &str) -> bool {
        let Some((around, bodies)) = parts(text) else {
            return false;
        };
        let same = around == self.around && bodies.len() == self.bodies.len();
        let changed: Vec<usize> = (0..bodies.len().min(self.bodies.len()))
            .filter(|&it| bodies[it].tokens != self.bodies[it].tokens)
            .collect();
        if !same || changed.iter().any(|&it| self.bodies[it].is_fixed) {
            return false;
        }
        for it in changed {
            self.edits[it].push((number, text[bodies[it].range.clone()].to_owned()));
        }
        true
    }

    /// The file with all of its edits.
    pub fn text(&self) -> String {
        let mut text = self.text.clone();
        // From the last to the first, so that what is before keeps its place.
        for (body, edits) in self.bodies.iter().zip(&self.edits).rev() {
            if edits.is_empty() {
                continue;
            }
            let mut choice = "{ ".to_owned();
            for (number, edit) in edits {
                let _ = write!(choice, "if crate::is_mutant({number}) {edit} else ");
            }
            choice += &self.text[body.range.clone()];
            choice += " }";
            text.replace_range(body.range.clone(), &choice);
        }
        text
    }
}

/// The tokens of a file around the bodies of its functions, and the bodies.
fn parts(text: &str) -> Option<(String, Vec<Body>)> {
    let tokens: TokenStream = text.parse().ok()?;
    let (mut around, mut bodies) = (String::new(), Vec::new());
    split(tokens, &mut around, &mut bodies);
    Some((around, bodies))
}

fn split(tokens: TokenStream, around: &mut String, bodies: &mut Vec<Body>) {
    // Whether a function has begun whose body is to come; whether `const` is before it, or it returns `impl`.
    let (mut begun, mut is_fixed) = (false, false);
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) if begun && group.delimiter() == Delimiter::Brace => {
                bodies.push(Body {
                    range: group.span().byte_range(),
                    tokens: group.stream().to_string(),
                    is_fixed,
                });
                around.push_str("{} ");
                (begun, is_fixed) = (false, false);
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                around.push_str(open);
                split(group.stream(), around, bodies);
                around.push_str(close);
            }
            token => {
                let word = token.to_string();
                match (word.as_str(), tokens.peek()) {
                    // A name follows, or it is a type.
                    ("fn", Some(TokenTree::Ident(_))) => begun = true,
                    ("const", _) => is_fixed = true,
                    ("impl", _) if begun => is_fixed = true,
                    (";", _) => (begun, is_fixed) = (false, false),
                    _ => {}
                }
                around.push_str(&word);
                let joint =
                    matches!(&token, TokenTree::Punct(it) if it.spacing() == Spacing::Joint);
                if !joint {
                    around.push(' ');
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "\
const fn six() -> u32 { 6 }
pub struct Answer { how: fn(u32) -> u32 }
impl Answer {
    pub fn new() -> Self where u32: Copy { Self { how: |x| x * 7 } }
    pub async fn get(&self) -> u32 { (self.how)(six()) } // and no more
    pub fn how(&self) -> impl Fn(u32) -> u32 { self.how }
}
";

    fn with(find: &str, replace: &str) -> Option<String> {
        assert_eq!(RIGHT.matches(find).count(), 1);
        let mut source = Source::new(RIGHT.to_owned()).unwrap();
        source
            .add(3, &RIGHT.replace(find, replace))
            .then(|| source.text())
    }

    #[test]
    fn edit_of_a_body_stands_beside_the_right_one() {
        let text = with("x * 7", "x + 7").unwrap();
        let both = "where u32: Copy { if crate::is_mutant(3) { Self { how: |x| x + 7 } } else { Self { how: |x| x * 7 } } }";
        assert_eq!(
            text,
            RIGHT.replace("where u32: Copy { Self { how: |x| x * 7 } }", both)
        );
    }

    #[test]
    fn edits_of_one_body_exclude_each_other() {
        let mut source = Source::new(RIGHT.to_owned()).unwrap();
        assert!(source.add(1, &RIGHT.replace("six())", "6)")));
        assert!(source.add(2, &RIGHT.replace("six())", "five())")));
        let choice = "u32 { if crate::is_mutant(1) { (self.how)(6) } else if crate::is_mutant(2) { (self.how)(five()) } \
                      else { (self.how)(six()) } } // and";
        assert!(source.text().contains(choice), "{}", source.text());
    }

    #[test]
    fn edit_around_bodies_does_not_fit() {
        for (find, replace) in [
            ("{ 6 }", "{ 5 }"),            // the compiler runs it
            ("{ self.how }", "{ |_| 7 }"), // each body would have a type of its own
            ("get(&self", "get(&mut self"),
            ("how: fn(u32) -> u32", "how: fn(u32) -> u32, more: u32"),
            ("impl Answer {", "impl Answer { fn more() {}"),
            ("six() -> u32 { 6 }", "six() -> u32 { 6"),
        ] {
            assert_eq!(with(find, replace), None, "{find}");
        }
    }
}
