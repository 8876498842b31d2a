use listings::tiny::sum::sum;

#[test]
fn sum_of_three() {
    let got: u64 = sum(&[1, 2, 3]);
    assert_eq!(got, 6);
}

#[test]
fn sum_of_nothing_is_zero() {
    let got: u64 = sum(&[]);
    assert_eq!(got, 0);
}

#[test]
#[should_panic(expected = "the words")]
fn panic_is_expected() {
    assert_eq!(sum(&[]), 1, "the words");
}
