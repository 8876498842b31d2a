//! Do two trees of different shapes have the same leaves in the same order?
//!
//! The visitor belongs to the tree and pushes; the comparison needs both trees at once and must be in charge.

use std::{cell::Cell, rc::Rc};

use listings::coroutines::stackful;

// ANCHOR: tree
enum Tree {
    Leaf(&'static str),
    Fork(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// Visits the leaves from left to right. This function is not ours to edit.
    fn visit(&self, f: &mut dyn FnMut(&'static str)) {
        match self {
            Tree::Leaf(name) => f(name),
            Tree::Fork(left, right) => {
                left.visit(f);
                right.visit(f);
            }
        }
    }
}
// ANCHOR_END: tree

// ANCHOR: fringe
/// The leaves of a tree as a sequence, and how many of them have been visited.
fn leaves(tree: Tree) -> (impl Iterator<Item = &'static str>, Rc<Cell<usize>>) {
    let visited = Rc::new(Cell::new(0));
    let count = Rc::clone(&visited);
    let leaves = stackful(move |emit| {
        tree.visit(&mut |leaf| {
            count.set(count.get() + 1);
            emit(leaf);
        });
    });
    (leaves, visited)
}

fn compare(name: &str, left: Tree, right: Tree) {
    let (left, seen_left) = leaves(left);
    let (right, seen_right) = leaves(right);
    let same = left.eq(right); // stops at the first difference, and drops both
    println!(
        "{name}: {same}, after {} and {} leaves",
        seen_left.get(),
        seen_right.get()
    );
}
// ANCHOR_END: fringe

fn fork(left: Tree, right: Tree) -> Tree {
    Tree::Fork(Box::new(left), Box::new(right))
}

/// A tree that leans to the left, and one that leans to the right.
fn leaning_left(names: &[&'static str]) -> Tree {
    names[1..].iter().fold(Tree::Leaf(names[0]), |tree, name| {
        fork(tree, Tree::Leaf(name))
    })
}

fn leaning_right(names: &[&'static str]) -> Tree {
    let (last, rest) = names.split_last().expect("a tree has a leaf");
    rest.iter()
        .rev()
        .fold(Tree::Leaf(last), |tree, name| fork(Tree::Leaf(name), tree))
}

fn main() {
    let names = ["ash", "birch", "cedar", "elm", "fir", "gum"];
    let other = ["ash", "beech", "cedar", "elm", "fir", "gum"];
    compare("same leaves", leaning_left(&names), leaning_right(&names));
    compare(
        "second leaf differs",
        leaning_left(&names),
        leaning_right(&other),
    );
}
