use proptest::prelude::*;

use super::*;
use crate::record::sample::record;

fn verdict(text: &str) -> Verdict {
    Condition::parse(text)
        .unwrap()
        .judge(&record(), "coroutines")
        .unwrap()
}

fn fault(text: &str) -> Fault {
    match Condition::parse(text) {
        Ok(condition) => condition.judge(&record(), "coroutines").unwrap_err(),
        Err(fault) => fault,
    }
}

#[test]
fn condition_holds_only_for_the_whole_interval() {
    // The ratio is 3.51, its interval 3.42 to 3.59.
    let ratio = "go/step/pull / step/corosensei";
    for (comparison, holds) in [
        ("> 3.4", true),
        ("> 3.5", false),
        ("< 3.55", false),
        ("< 3.6", true),
        ("> 4", false),
    ] {
        let text = format!("{ratio} {comparison}");
        assert_eq!(verdict(&text).holds(), holds, "{text}");
    }
    assert!(verdict(&format!("{ratio} > 3.4 and {ratio} < 3.6")).holds());
    assert!(!verdict(&format!("{ratio} > 3.4 and {ratio} < 3.5")).holds());
}

#[test]
fn bound_itself_is_inside_only_where_the_sign_says_so() {
    // It is counted, so there is no interval.
    let bytes = "go/create/pull bytes";
    assert!(verdict(&format!("{bytes} <= 208 B")).holds());
    assert!(verdict(&format!("{bytes} >= 208 bytes")).holds());
    assert!(!verdict(&format!("{bytes} < 208 B")).holds());
    assert!(!verdict(&format!("{bytes} > 208 B")).holds());
}

#[test]
fn arithmetic_has_the_usual_order() {
    let allocs = "go/create/pull allocs"; // 6
    for (expression, value) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("12 / 2 / 3", 2.0),
        ("9 - 3 - 2", 4.0),
        ("2 * (7 - (1 + 2))", 8.0),
    ] {
        let verdict = verdict(&format!("{expression} < 100 and {allocs} > 5 allocs"));
        assert_eq!(
            verdict.comparisons[0].left.1,
            Number::exact(value, Kind::Plain),
            "{expression}"
        );
    }
}

#[test]
fn benchmarks_of_each_quantity_compare_with_a_number_of_its_unit() {
    for text in [
        "step/corosensei > 23 ns and step/corosensei < 0.025 µs",
        "held/stackful > 4 kB and held/stackful < 0.005 MB",
        "met/channel > 60 % and met/channel / met/stackful < 1.02",
        "go/create/pull allocs >= 6 allocs",
        "go/create/pull / go/create/channel < 1",
        "2 * go/step/pull + step/corosensei < 200 ns",
    ] {
        assert!(verdict(text).holds(), "{text}");
    }
}

#[test]
fn margin_is_the_factor_to_the_bound_of_the_tightest_comparison() {
    let margin = |text: &str| verdict(text).tightest().unwrap().margin;
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    // 24.1 ns ± 1.2 %.
    assert!(close(margin("step/corosensei < 48.2 ns"), 2.0 / 1.012));
    assert!(close(margin("48.2 ns > step/corosensei"), 2.0 / 1.012));
    assert!(close(margin("step/corosensei > 12.05 ns"), 2.0 * 0.988));
    assert!(close(margin("step/corosensei < 12.05 ns"), 0.5 / 1.012));
    let both = "step/corosensei < 48.2 ns and step/corosensei > 20 ns";
    assert!(close(margin(both), 24.1 * 0.988 / 20.0));
    assert_eq!(margin("step/corosensei - go/step/pull > 1 ns"), 0.0);
}

#[test]
fn comparison_shows_its_text_and_each_benchmark_once() {
    let verdict =
        verdict("2 * (step/corosensei + step/corosensei)  < 1 µs and go/create/pull bytes < 1 kB");
    let [first, second] = &verdict.comparisons[..] else {
        panic!("{verdict:?}");
    };
    let shown = |compared: &Compared| {
        let numbers = compared.numbers.iter();
        let numbers: Vec<_> = numbers
            .map(|(name, number)| format!("{name} is {number}"))
            .collect();
        (compared.to_string(), numbers.join("; "))
    };
    assert_eq!(
        shown(first),
        (
            "2 * (step/corosensei + step/corosensei) < 1 µs".to_owned(),
            "step/corosensei is 24\u{a0}ns, interval 23.8 to 24.4\u{a0}ns".to_owned()
        )
    );
    assert_eq!(
        shown(second),
        (
            "go/create/pull bytes < 1 kB".to_owned(),
            "go/create/pull bytes is 208\u{a0}B".to_owned()
        )
    );
    assert_eq!(verdict.tightest(), Some(second));
}

#[test]
fn quantities_do_not_mix() {
    for text in [
        "step/corosensei < held/stackful",
        "step/corosensei < 24",
        "step/corosensei / held/stackful < 1",
        "step/corosensei + held/stackful < 1 kB",
        "step/corosensei + 1 < 1 ns",
        "step/corosensei * step/corosensei < 1 ns",
        "1 / step/corosensei < 1",
        "go/create/pull allocs < 7",
        "go/create/pull allocs < 7 B",
        "met/channel < 1",
    ] {
        let fault = fault(text);
        assert!(
            fault.what.contains(" and "),
            "{text}: {fault:?} names two kinds"
        );
    }
}

#[test]
fn unknown_benchmark_is_a_fault_with_its_place_and_the_nearest() {
    let fault = fault("step/corosensei /\n  go/step/pul < 1");
    assert_eq!(fault.at, 20);
    assert_eq!(fault.what, "no benchmark `go/step/pul` is recorded");
    assert!(
        fault.help.starts_with("the nearest are go/step/pull"),
        "{fault:?}"
    );
}

#[test]
fn division_by_what_may_be_0_is_a_fault() {
    let fault = fault("1 / (step/corosensei / step/corosensei - 1) < 2");
    assert!(fault.what.contains("may be 0"), "{fault:?}");
}

#[test]
fn comparison_with_nothing_is_a_fault() {
    for text in [
        "go/step/pull - step/corosensei > 0 ns",
        "step/corosensei >= 0 s",
    ] {
        assert!(fault(text).what.contains("0 or less"), "{text}");
    }
}

#[test]
fn other_text_is_a_fault_at_its_place() {
    let key = "step/corosensei";
    for (text, at, part) in [
        ("", 0, "found the end"),
        (key, 15, "expected a comparison, found the end"),
        ("step/corosensei <", 17, "found the end"),
        ("step/corosensei < 1 ns < 2 ns", 23, "unexpected `<`"),
        ("step/corosensei < 1 ns 2", 23, "unexpected `2`"),
        ("step/corosensei < 1 ns or 1 < 2", 23, "unexpected `or`"),
        ("step/corosensei < 1ns", 18, "`1ns` is not a number"),
        ("step/corosensei < 1e9 ns", 18, "`1e9` is not a number"),
        ("step/corosensei<1 ns", 0, "found `step/corosensei<1`"),
        ("step/corosensei = 1 ns", 16, "found `=`"),
        ("corosensei < 1 ns", 0, "found `corosensei`"),
        ("- step/corosensei < 1 ns", 0, "found `-`"),
        ("step/corosensei / < 1", 18, "found `<`"),
        ("(step/corosensei < 1 ns", 0, "not closed"),
        ("step/corosensei) < 1 ns", 15, "found `)`"),
        ("1 < 2", 0, "names no benchmark"),
        ("step/corosensei < 1 µs and", 27, "found the end"),
    ] {
        let fault = Condition::parse(text).unwrap_err();
        assert!(
            fault.at == at && fault.what.contains(part) && !fault.help.is_empty(),
            "{text}: {fault:?}"
        );
    }
    let deep = format!("{}{key}{} < 1 ns", "(".repeat(100), ")".repeat(100));
    assert!(fault(&deep).what.contains("too many parentheses"));
}

/// An expression on four plain benchmarks, `k/0` to `k/3`, and numbers.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0_u8..4).prop_map(|key| format!("k/{key}")),
        (0_u32..500).prop_map(|tenths| format!("{:.1}", f64::from(tenths) / 10.0)),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        (
            inner.clone(),
            prop::sample::select(vec!["+", "-", "*", "/"]),
            inner,
        )
            .prop_map(|(left, operator, right)| format!("({left} {operator} {right})"))
    })
}

/// Four intervals, and a point in each.
fn intervals() -> impl Strategy<Value = Vec<(Estimate, f64)>> {
    let one = (0.0_f64..100.0, 0.0_f64..20.0, 0.0_f64..=1.0, 0.0_f64..=1.0).prop_map(
        |(low, width, value, point)| {
            let inside = |part: f64| (low + part * width).min(low + width);
            let estimate = Estimate {
                value: inside(value),
                low,
                high: low + width,
            };
            (estimate, inside(point))
        },
    );
    prop::collection::vec(one, 4)
}

fn index(key: &Key) -> usize {
    key.id["k/".len()..].parse().unwrap()
}

proptest! {
    #[test]
    fn interval_of_an_expression_contains_its_value_at_each_point(
        text in expressions(),
        intervals in intervals(),
    ) {
        let condition = Condition::parse(&format!("{text} < k/0")).unwrap();
        let expression = &condition.comparisons[0].left.expression;
        let wide = expression.evaluate(&|key: &Key| {
            Ok(Number { estimate: intervals[index(key)].0, kind: Kind::Plain })
        });
        // A division by what may be 0 has no interval.
        prop_assume!(wide.is_ok());
        let wide = wide.unwrap().estimate;
        let at_point = expression
            .evaluate(&|key: &Key| Ok(Number::exact(intervals[index(key)].1, Kind::Plain)))
            .unwrap()
            .estimate
            .value;
        prop_assert!(wide.low <= at_point && at_point <= wide.high, "{at_point} of {wide:?}");
        prop_assert!(wide.low <= wide.value && wide.value <= wide.high, "{wide:?}");
    }

    #[test]
    fn condition_that_holds_does_so_at_each_point(
        left in expressions(),
        sign in prop::sample::select(vec!["<", "<=", ">", ">="]),
        right in expressions(),
        intervals in intervals(),
    ) {
        let condition = Condition::parse(&format!("{left} {sign} {right} and k/0 <= k/0 + 1"));
        let comparison = &condition.unwrap().comparisons[0];
        let wide = comparison.judge(&|key: &Key| {
            Ok(Number { estimate: intervals[index(key)].0, kind: Kind::Plain })
        });
        prop_assume!(wide.is_ok_and(|compared| compared.holds));
        let value = |side: &Side| {
            let number = side
                .expression
                .evaluate(&|key: &Key| Ok(Number::exact(intervals[index(key)].1, Kind::Plain)));
            number.unwrap().estimate.value
        };
        let (left, right) = (value(&comparison.left), value(&comparison.right));
        let holds = match sign {
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            _ => left >= right,
        };
        prop_assert!(holds, "{left} {sign} {right}");
    }

    #[test]
    fn text_never_panics(text in "[ ()<>=/*+-]*|(\\(|\\)|a/b|1|<|>=|/|\\+|and|ns|%| ){0,20}|.*") {
        if let Err(fault) = Condition::parse(&text) {
            prop_assert!(fault.at <= text.len() && text.is_char_boundary(fault.at));
        }
    }
}
