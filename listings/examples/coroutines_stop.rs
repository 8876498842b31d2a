//! When does the producer run, and when does it clean up?

use listings::coroutines::{Pull, generator};

struct Connection;

impl Drop for Connection {
    fn drop(&mut self) {
        println!("    producer: connection closed");
    }
}

fn main() {
    println!("consumer: makes the sequence");
    let mut rows = generator(|y| async move {
        println!("    producer: connection opened");
        let _connection = Connection;
        for row in 1.. {
            println!("    producer: reads row {row}");
            y.yield_(row).await;
        }
    });
    println!("consumer: asks");
    println!("consumer: has {:?}", rows.next());
    println!("consumer: asks");
    println!("consumer: has {:?}", rows.next());
    println!("consumer: stops");
    rows.stop();
    println!("consumer: goes on");
}
