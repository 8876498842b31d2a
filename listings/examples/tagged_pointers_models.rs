//! What loom has been through, with every cell that has a generation.

use listings::tagged_pointers::{
    TaggedPointer,
    under_loom::{
        hand_out_once, handover, pops_and_pushes, s2_stack::Node, s3_locked::Locked, s4_wide::Wide,
        s5_indexed::Indexed,
    },
};

fn row<H: TaggedPointer<Node> + 'static>(name: &str) -> usize {
    let executions = [
        hand_out_once::<H>(),
        pops_and_pushes::<H>(),
        handover::<H>(1),
        handover::<H>(2),
    ];
    let [once, both, one, two] = executions;
    println!("{name:<8} {once:>14} {both:>14} {one:>14} {two:>14}");
    executions.into_iter().sum()
}

fn main() {
    println!(
        "{:<8} {:>14} {:>14} {:>14} {:>14}",
        "", "handed out", "given back", "handover of 1", "handover of 2"
    );
    let all = row::<Locked<_>>("Locked") + row::<Wide<_>>("Wide") + row::<Indexed<_>>("Indexed");
    println!("{all} executions, none wrong");
}
