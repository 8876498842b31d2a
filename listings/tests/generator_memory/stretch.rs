//! Estimates: the rules by themselves, and against the scale.

use listings::generator_memory::{
    Parts, Stack,
    s6_estimate::{PAGE, block},
};

#[test]
fn block_is_rounded_as_glibc_does() {
    for (bytes, taken) in [
        (0, 32),
        (1, 32),
        (24, 32),
        (25, 48),
        (40, 48),
        (41, 64),
        (1000, 1008),
        (1001, 1024),
    ] {
        assert_eq!(block(bytes), taken, "{bytes}");
    }
}

#[test]
fn place_in_a_vector_costs_its_size() {
    let cost = Parts {
        inline: 16,
        ..Parts::default()
    }
    .cost();
    assert_eq!(
        (
            cost.heap,
            cost.resident,
            cost.address_space,
            cost.kernel,
            cost.mappings
        ),
        (16, 16, 16, 0, 0)
    );
}

#[test]
fn stack_costs_the_pages_that_were_touched() {
    for (touched, pages) in [(1, 1), (4096, 1), (4097, 2), (20_000, 5)] {
        let stack = Stack {
            reserved: 1 << 20,
            touched,
        };
        let cost = Parts {
            stacks: vec![stack],
            ..Parts::default()
        }
        .cost();
        assert_eq!(cost.resident, pages * PAGE);
        assert_eq!(cost.address_space, (1 << 20) + PAGE);
        assert_eq!((cost.heap, cost.mappings), (0, 2));
    }
}

#[test]
fn stack_shares_a_page_of_tables_until_it_is_longer_than_that_covers() {
    let tables = |reserved| {
        Parts {
            stacks: vec![Stack {
                reserved,
                touched: 1,
            }],
            ..Parts::default()
        }
        .cost()
        .kernel
    };
    assert_eq!(tables(1 << 20), (PAGE * ((1 << 20) + PAGE)) / (2 << 20));
    assert!(tables(64 << 10) < PAGE / 10);
    assert_eq!(tables(8 << 20), PAGE);
    assert_eq!(tables(1 << 30), PAGE);
}

#[test]
fn thread_has_a_stack_in_the_kernel() {
    assert_eq!(
        Parts {
            threads: 3,
            ..Parts::default()
        }
        .cost()
        .kernel,
        3 * 4 * PAGE
    );
}

/// Where the rules were made for.
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn estimate_is_within_a_factor_of_two_of_the_scale() {
    use std::mem::size_of;

    use listings::{
        coroutines::{Fibonacci, s3_generator},
        generator_memory::Kind,
    };

    use super::child::weight;

    let state = size_of::<Fibonacci>() as u64;
    let generator = size_of_val(&s3_generator::sequence()) as u64;
    let stack = |reserved| Stack {
        reserved,
        touched: 1000,
    };
    let cases = [
        (
            Kind::Iterator,
            Parts {
                inline: state,
                ..Parts::default()
            },
        ),
        (
            Kind::Boxed,
            Parts {
                inline: 16,
                blocks: vec![state],
                ..Parts::default()
            },
        ),
        // The future, and the slot: two counts, and an `Option<u64>` in a cell.
        (
            Kind::Generator,
            Parts {
                inline: generator,
                blocks: vec![48, 32],
                ..Parts::default()
            },
        ),
        (
            Kind::Stackful(64),
            Parts {
                inline: 48,
                stacks: vec![stack(64 << 10)],
                ..Parts::default()
            },
        ),
        (
            Kind::Stackful(1024),
            Parts {
                inline: 48,
                stacks: vec![stack(1 << 20)],
                ..Parts::default()
            },
        ),
    ];
    for (kind, parts) in cases {
        let (seen, said) = (weight(kind, 2000).each(), parts.cost());
        let within = |seen: f64, said: u64| {
            let ratio = seen / said as f64;
            assert!(
                (0.5..2.0).contains(&ratio),
                "{kind}: seen {seen}, said {said}"
            );
        };
        within(seen.resident, said.resident);
        within(seen.mappings + 1.0, said.mappings + 1);
        // The allocator has addresses in store. Only a stack needs new ones.
        if said.mappings > 0 {
            within(seen.address_space, said.address_space);
            within(seen.page_tables, said.kernel);
        }
    }
}
