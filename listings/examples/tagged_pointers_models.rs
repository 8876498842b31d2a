//! What loom has been through, with every cell that has a generation.

use listings::tagged_pointers::{
    TaggedPointer,
    under_loom::{
        hand_out_once, handover, s2_stack::Node, s3_locked::Locked, s4_wide::Wide, s5_indexed::Indexed,
    },
};

fn row<H: TaggedPointer<Node> + 'static>(name: &str) -> usize {
    let executions = [hand_out_once::<H>(), handover::<H>(1), handover::<H>(2)];
    let [once, one, two] = executions;
    println!("{name:<8} {once:>18} {one:>18} {two:>18}");
    executions.into_iter().sum()
}

fn main() {
    println!("{:<8} {:>18} {:>18} {:>18}", "", "each once, of 3", "handover of 1", "handover of 2");
    let all = row::<Locked<_>>("Locked") + row::<Wide<_>>("Wide") + row::<Indexed<_>>("Indexed");
    println!("{all} executions, none wrong");
}
