use listings::tiny::more::largest;

#[test]
fn largest_of_two() -> Result<(), &'static str> {
    let got: u64 = largest(&[3, 5]).ok_or("none")?;
    assert_eq!(got, 5);
    Ok(())
}
