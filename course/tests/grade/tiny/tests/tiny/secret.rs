use listings::tiny::sum::sum;

mod inner {
    use super::sum;

    #[test]
    fn hidden_case_xyzzy() {
        let got: u64 = sum(&[40, 2]);
        assert_eq!(got, 42, "plugh");
    }
}
