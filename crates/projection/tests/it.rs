//! Projections of points that are known.

use repartee_projection::{Tsne, correlation, distance, principal_components};

/// Numbers in [−1, 1) that look random and are the same everywhere.
fn noise(n: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Three clouds of 30 points in ten dimensions, 8 apart.
fn clouds() -> Vec<Vec<f64>> {
    let mut points: Vec<Vec<f64>> = noise(900).chunks(10).map(<[f64]>::to_vec).collect();
    for (number, point) in points.iter_mut().enumerate() {
        point[number / 30] += 8.0;
    }
    points
}

fn slices(points: &[Vec<f64>]) -> Vec<&[f64]> {
    points.iter().map(Vec::as_slice).collect()
}

#[test]
fn principal_components_are_the_axes_of_most_variance() {
    let points = [vec![3.0, 0.0, 1.0], vec![-3.0, 0.0, 1.0], vec![0.0, 2.0, 1.0], vec![0.0, -2.0, 1.0]];
    let places = principal_components(&slices(&points));
    for (place, expected) in places.iter().zip([[3.0, 0.0], [-3.0, 0.0], [0.0, 2.0], [0.0, -2.0]]) {
        assert!(distance(place, &expected) <= 1e-9, "{place:?} is not {expected:?}");
    }
    assert!(principal_components(&[]).is_empty());
}

#[test]
fn clouds_stay_together_and_apart() {
    let points = clouds();
    let mut tsne = Tsne::new(&slices(&points), 10.0).expect("it fits");
    while !tsne.is_done() {
        tsne.step();
    }
    let places = tsne.places();
    for (i, place) in places.iter().enumerate() {
        let nearest = (0..places.len())
            .filter(|&j| j != i)
            .min_by(|&a, &b| distance(place, &places[a]).total_cmp(&distance(place, &places[b])));
        assert_eq!(nearest.map(|j| j / 30), Some(i / 30), "the nearest of point {i} is of its own cloud");
    }
    assert!(places.iter().flatten().all(|value| value.is_finite()));
}

#[test]
fn it_ends_about_as_low_as_the_library() {
    let points = clouds();
    let slices = slices(&points);
    let mut ours = Tsne::new(&slices, 10.0).expect("it fits");
    while !ours.is_done() {
        ours.step();
    }
    let start: Vec<f64> = principal_components(&slices).iter().flatten().map(|value| value * 1e-5).collect();
    let mut theirs = bhtsne::tSNE::<f64, &[f64], 2>::new(&slices);
    theirs.perplexity(10.0).epochs(1000).initial_embedding(start).exact(|a, b| distance(a, b).powi(2));
    let (ours, theirs) = (ours.kl_nats(), theirs.kl_divergence().expect("it was fitted"));
    // Both end in a local minimum; the library's depends on its threads.
    assert!(ours > 0.0 && ours <= theirs * 1.2, "KL is {ours}, the library's {theirs}");
}

#[test]
fn going_on_after_a_pause_changes_nothing() {
    let points = clouds();
    let mut whole = Tsne::new(&slices(&points), 10.0).expect("it fits");
    let mut paused = whole.clone();
    (0..100).for_each(|_| whole.step());
    (0..40).for_each(|_| paused.step());
    let mut paused = paused.clone();
    (0..60).for_each(|_| paused.step());
    assert_eq!((whole.places(), whole.n_steps()), (paused.places(), 100));
}

#[test]
fn a_perplexity_needs_points() {
    let points = clouds();
    for perplexity in [0.5, f64::NAN, 29.7] {
        assert!(Tsne::new(&slices(&points), perplexity).is_err(), "{perplexity} does not fit 90 points");
    }
    assert!(Tsne::new(&slices(&points), 29.6).is_ok());
}

#[test]
fn correlation_needs_variance() {
    assert_eq!(correlation(&[1.0, 1.0], &[0.0, 2.0]), None);
    let r = correlation(&[0.0, 1.0, 2.0], &[5.0, 3.0, 1.0]).expect("both vary");
    assert!((r + 1.0).abs() <= 1e-12, "{r}");
}
