//! What happens at the limit of mappings: in this process, which is brought near it first.

#[cfg(target_os = "linux")]
fn main() {
    use listings::generator_memory::{Kind, s7_crowded::crowd};

    match crowd(2000) {
        Err(why) => println!("skipped: {why}"),
        Ok(limit) => {
            println!("vm.max_map_count is {limit}; about 2000 mappings are left");
            match Kind::Stackful(16).hold(10_000) {
                Ok(_) => println!("10 000 stackful coroutines: made"),
                Err(refused) => println!("10 000 stackful coroutines: {refused}"),
            }
            println!("and the process goes on: {}", Kind::Stackful(16).hold(500).is_ok());
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: only Linux has this limit");
}
