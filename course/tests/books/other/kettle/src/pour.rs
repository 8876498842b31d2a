fn main() {
    let mut cups = 3;
    cups -= 1;
    assert_eq!(cups, 2);
}
