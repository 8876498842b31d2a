//! Parts of a kettle.

// ANCHOR: kettle
/// A kettle.
pub struct Kettle {
    // ANCHOR: cups
    /// How much water is in it.
    pub cups: u32,
    // ANCHOR_END: cups
}
// ANCHOR_END: kettle

// ANCHOR: fill
/// Fills a kettle.
pub fn fill(cups: u32) -> Kettle {
    Kettle { cups }
}
// ANCHOR_END: fill

// ANCHOR: spare
/// A lid that no page shows.
pub struct Lid;
// ANCHOR_END: spare

/// Makes a kettle heard.
#[cfg(feature = "whistle")]
pub fn whistle(kettle: &Kettle) -> String {
    "i".repeat(kettle.cups as usize)
}
