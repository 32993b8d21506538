//! The harness itself: what must fail, fails.

use repartee_tests::{Tolerance, compare};

#[test]
fn a_perturbed_value_a_nan_and_swapped_arguments_fail() {
    let expected = [1.0, 2.0, 4.0];
    let tolerance = Tolerance::new(0.0, 0.1);
    assert!(compare("equal", &expected, &expected, Tolerance::EXACT).is_ok());
    assert!(compare("within", &[1.05, 2.0, 4.0], &expected, tolerance).is_ok());
    assert!(compare("perturbed", &[1.2, 2.0, 4.0], &expected, tolerance).is_err());
    assert!(compare("nan", &[f32::NAN, 2.0, 4.0], &expected, tolerance).is_err());
    assert!(compare("nan in the reference", &expected, &[f32::NAN, 2.0, 4.0], tolerance).is_err());
    assert!(compare("both infinite", &[f32::INFINITY], &[f32::INFINITY], tolerance).is_err());
    assert!(compare("shorter", &expected[..2], &expected, tolerance).is_err());
    // The difference of 1.05 lies within a tenth of 11, not within a tenth of 9.95.
    assert!(compare("forward", &[9.95], &[11.0], tolerance).is_ok());
    assert!(compare("swapped", &[11.0], &[9.95], tolerance).is_err());
}
