//! The part of a source that a measurement can depend on.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};

/// Words after which parentheses hold a tuple, not arguments.
const BEFORE_A_TUPLE: [&str; 17] = [
    "as", "break", "const", "dyn", "else", "for", "if", "impl", "in", "let", "match", "mut", "pub",
    "return", "where", "while", "yield",
];

/// A Rust source's tokens, without documentation and without what rustfmt adds or removes: line
/// breaks, trailing commas, commas after a block, braces around an expression that is a match arm
/// or a closure's body, semicolons after a last `return`, `break` or `continue`, indentation after
/// a `\` in a string.
///
/// Two sources with the same tokens are the same program, but for contrived ones: `a > (b,)` is
/// read like the arguments of `a::<T>(b,)`. The same program can have other tokens: rustfmt also
/// merges derives and sorts imports, and that counts as a change. `None` for a text that cannot be
/// split into tokens, such as one with an open bracket.
pub fn rust(text: &str) -> Option<String> {
    let mut out = String::new();
    write(text.parse().ok()?, Delimiter::Brace, true, &mut out);
    Some(out)
}

/// A Go source without blank lines and lines of comments. Directives such as `//go:noinline` stay,
/// and so does every line of a file with a raw string, which may hold any line.
pub fn go(text: &str) -> String {
    let counts = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && (!line.starts_with("//") || line.starts_with("//go:"))
    };
    if text.contains('`') {
        return text.to_owned();
    }
    text.lines()
        .filter(counts)
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Writes what is between two delimiters; `arguments` when a single item with a comma is no tuple.
fn write(stream: TokenStream, within: Delimiter, arguments: bool, out: &mut String) {
    let trees = unbraced(undocumented(stream));
    let mut bounds = false;
    for (at, tree) in trees.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &trees[at]);
        let after = trees.get(at + 1);
        match tree {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                let last = match after {
                    None => {
                        arguments
                            || within != Delimiter::Parenthesis
                            || trees[..at].iter().any(is(','))
                    }
                    Some(next) => is('>')(next) || bounds && (is_block(next) || is(';')(next)),
                };
                let after_block = within == Delimiter::Brace && before.is_some_and(is_block);
                if !last && !after_block {
                    out.push_str(", ");
                }
            }
            TokenTree::Punct(punct) => {
                out.push(punct.as_char());
                // `a && b` is not `a & &b`; other pairs with a space between them are no other program.
                let pair = punct.as_char() == '&' && punct.spacing() == Spacing::Joint;
                if !(pair && after.is_some_and(is('&'))) {
                    out.push(' ');
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("( ", ") "),
                    Delimiter::Bracket => ("[ ", "] "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                let arguments = before.is_some_and(takes_arguments) && !is_arrow(&trees[..at]);
                write(group.stream(), group.delimiter(), arguments, out);
                out.push_str(close);
            }
            TokenTree::Literal(literal) => {
                let _ = write!(out, "{} ", joined(&literal.to_string()));
            }
            TokenTree::Ident(ident) => {
                let _ = write!(out, "{ident} ");
            }
        }
        bounds = is_word("where")(tree) || bounds && !is_block(tree) && !is(';')(tree);
    }
}

/// The tokens without `#[doc…]` and `#![doc…]`, as which comments of documentation are read too.
fn undocumented(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept: Vec<TokenTree> = Vec::new();
    for tree in stream {
        let first = match &tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                group.stream().into_iter().next()
            }
            _ => None,
        };
        let marks = match &kept[..] {
            [.., hash, inner] if is('#')(hash) && is('!')(inner) => 2,
            [.., hash] if is('#')(hash) => 1,
            _ => 0,
        };
        if marks > 0 && first.as_ref().is_some_and(is_word("doc")) {
            kept.truncate(kept.len() - marks);
        } else {
            kept.push(tree);
        }
    }
    kept
}

/// The tokens with each match arm and closure whose body is an expression in braces as if it had none.
fn unbraced(trees: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut rest = unended(trees);
    rest.reverse();
    let mut done: Vec<TokenTree> = Vec::new();
    while let Some(tree) = rest.pop() {
        let closure = done.last().is_some_and(is('|'))
            && rest
                .last()
                .is_none_or(|next| is(',')(next) || is(';')(next));
        let arm = is_arrow(&done) && done[done.len() - 2].to_string() == "=";
        match &tree {
            TokenTree::Group(group) if closure || arm => match expression(group) {
                Some(inner) => {
                    if arm && rest.last().is_some_and(|next| !is(',')(next)) {
                        rest.push(Punct::new(',', Spacing::Alone).into());
                    }
                    rest.extend(inner.into_iter().rev());
                }
                None => done.push(tree),
            },
            _ => done.push(tree),
        }
    }
    done
}

/// The tokens of a block that is a single expression. More than that has a semicolon, or is no
/// program without the braces.
fn expression(block: &Group) -> Option<Vec<TokenTree>> {
    let inner = unended(undocumented(block.stream()));
    let single = block.delimiter() == Delimiter::Brace && !inner.is_empty();
    (single && !inner.iter().any(is(';'))).then_some(inner)
}

/// The tokens without a last semicolon, if that ends a `return`, `break` or `continue`.
fn unended(mut trees: Vec<TokenTree>) -> Vec<TokenTree> {
    if let [before @ .., last] = &trees[..]
        && is(';')(last)
    {
        let mut statement = before.iter().rev().take_while(|tree| !is(';')(tree));
        if statement.any(|tree| {
            ["return", "break", "continue"]
                .iter()
                .any(|word| is_word(word)(tree))
        }) {
            trees.pop();
        }
    }
    trees
}

/// A literal without the line breaks that a `\` in a string removes, and the space after them.
fn joined(literal: &str) -> String {
    if !literal.trim_start_matches(['b', 'c']).starts_with('"') {
        return literal.to_owned();
    }
    let mut out = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        if after.starts_with('\n') {
            rest = after.trim_start_matches([' ', '\t', '\n', '\r']);
        } else {
            out.push('\\');
            let escaped = after.chars().next().map_or(0, char::len_utf8);
            out.push_str(&after[..escaped]);
            rest = &after[escaped..];
        }
    }
    out + rest
}

fn is(char: char) -> impl Fn(&TokenTree) -> bool {
    move |tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn is_word(word: &str) -> impl Fn(&TokenTree) -> bool {
    move |tree| matches!(tree, TokenTree::Ident(ident) if ident == word)
}

fn is_block(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Tells an end like that of `=>` or `->`.
fn is_arrow(trees: &[TokenTree]) -> bool {
    matches!(trees, [.., TokenTree::Punct(line), TokenTree::Punct(head)]
        if head.as_char() == '>' && line.spacing() == Spacing::Joint && ['=', '-'].contains(&line.as_char()))
}

/// Classifies what is before parentheses around arguments.
fn takes_arguments(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(ident) => !BEFORE_A_TUPLE.iter().any(|word| ident == word),
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Punct(punct) => ['>', '?', '!'].contains(&punct.as_char()),
        TokenTree::Literal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells that two texts are the same program.
    fn same(one: &str, other: &str) -> bool {
        let read = |text| rust(text).unwrap_or_else(|| panic!("no tokens: {text}"));
        read(one) == read(other)
    }

    #[test]
    fn rust_leaves_out_comments_and_documentation() {
        let plain = "mod a { fn f() { g(1); } }";
        for documented in [
            "mod a { fn f() { /* first */ g(1); } } // last\n",
            "//! Of all.\nmod a { //! Of a.\n /// Of f.\nfn f() { g(1); } }",
            "/** Of a. */ mod a { #![doc = \"more\"] #[doc(hidden)] fn f() { g(1); } }",
            "// ANCHOR: solution_a\nmod a { fn f() { g(1); } }\n// ANCHOR_END: solution_a\n",
        ] {
            assert!(same(plain, documented), "{documented}");
        }
        assert!(!same("fn f() { vec![doc] }", "fn f() { vec }"));
    }

    #[test]
    fn rust_leaves_out_what_rustfmt_changes() {
        for (one, other) in [
            ("fn f(a: A, b: B) {}", "fn f(\n    a: A,\n    b: B,\n) {}"),
            ("fn f(a: A) {}", "fn f(\n    a: A,\n) {}"),
            ("f::<A>(a)", "f::<A>(\n    a,\n)"),
            ("S { a, b }", "S {\n    a,\n    b,\n}"),
            ("use a::{b, c};", "use a::{\n    b, c,\n};"),
            ("[1, 2]", "[\n    1, 2,\n]"),
            ("type A = B<C<D>>;", "type A = B<\n    C<D>,\n>;"),
            ("f(a?)", "f(\n    a?,\n)"),
            (
                "fn f<T>() where T: A {}",
                "fn f<T>()\nwhere\n    T: A,\n{\n}",
            ),
            (
                "match a { B => c, D => e }",
                "match a { B => { c } D => { e } }",
            ),
            (
                "match a { B => { c; } D => e }",
                "match a { B => { c; }, D => e, }",
            ),
            (
                "match a { B => if c {} else {}, _ => {} }",
                "match a { B => { if c {} else {} } _ => {} }",
            ),
            (
                "match a { B => return c, _ => {} }",
                "match a { B => { return c; } _ => {} }",
            ),
            ("f(|a| b)", "f(|a| { b })"),
            (
                "let f = || match a { _ => b };",
                "let f = || { match a { _ => b } };",
            ),
            ("loop { break }", "loop { break; }"),
            ("\"a \\\n  b\"", "\"a \\\n      b\""),
        ] {
            assert!(same(one, other), "{one}\n{other}");
        }
    }

    #[test]
    fn rust_keeps_what_makes_another_program() {
        for (one, other) in [
            ("f(1)", "f(2)"),
            ("a + b", "a - b"),
            ("a && b", "a & &b"),
            ("f(a)", "f(b)"),
            ("#[inline] fn f() {}", "fn f() {}"),
            ("#[inline] fn f() {}", "#[inline(always)] fn f() {}"),
            ("\"a b\"", "\"a  b\""),
            ("\"a\\n b\"", "\"a\\nb\""),
            ("\"\\\\\n a\"", "\"\\\\\na\""),
            ("r\"\\\n a\"", "r\"\\\na\""),
            ("let a = (b,);", "let a = (b);"),
            ("fn f() -> (A,) {}", "fn f() -> (A) {}"),
            ("f((a, b))", "f(a, b)"),
            ("let a = [{ b }, -c];", "let a = [{ b } - c];"),
            ("let a = { b; };", "let a = { b };"),
            ("match a { B => { c; } }", "match a { B => { c } }"),
            ("f(|a| { b; })", "f(|a| { b })"),
        ] {
            assert!(!same(one, other), "{one}\n{other}");
        }
    }

    #[test]
    fn rust_without_tokens_is_none() {
        assert_eq!(rust("fn f() {"), None);
        assert_eq!(rust("\"open"), None);
    }

    #[test]
    fn go_leaves_out_blank_lines_and_comments() {
        let plain = "package a\n//go:noinline\nfunc f() {}\n";
        assert_eq!(go(plain), plain);
        assert_eq!(
            go("// Of a.\npackage a\n\n//go:noinline\n\t// Of f.\nfunc f() {}\n"),
            plain
        );
        let raw = "var a = `\n// kept\n\n`\n";
        assert_eq!(go(raw), raw);
    }
}
