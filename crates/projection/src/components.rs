//! Principal components by power iteration.

/// Rounds of the power iteration; far more than the eye needs.
const N_POWER_STEPS: usize = 500;

/// Coordinates of the centred points along the two directions of most variance. A direction's sign is that of its largest
/// part.
pub fn principal_components(points: &[&[f64]]) -> Vec<[f64; 2]> {
    let Some(first_point) = points.first() else { return Vec::new() };
    let (n, size) = (points.len(), first_point.len());
    let mean: Vec<f64> = (0..size).map(|d| points.iter().map(|point| point[d]).sum::<f64>() / n as f64).collect();
    let centred: Vec<Vec<f64>> =
        points.iter().map(|point| point.iter().zip(&mean).map(|(a, b)| a - b).collect()).collect();
    let mut places = vec![[0.0; 2]; n];
    let mut first: Option<Vec<f64>> = None;
    for axis in 0..2 {
        // Any start does that is orthogonal to nothing; this one is fixed.
        let mut direction: Vec<f64> = (0..size).map(|d| 1.0 + ((d * 7 + axis * 3) % 11) as f64).collect();
        for _ in 0..N_POWER_STEPS {
            if let Some(first) = &first {
                let along = dot(&direction, first);
                direction.iter_mut().zip(first).for_each(|(value, part)| *value -= along * part);
            }
            let mut next = vec![0.0; size];
            for point in &centred {
                let along = dot(point, &direction);
                next.iter_mut().zip(point).for_each(|(value, part)| *value += along * part);
            }
            let length = dot(&next, &next).sqrt();
            if length == 0.0 {
                break; // No variance is left.
            }
            direction = next.into_iter().map(|value| value / length).collect();
        }
        let largest = direction.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        for (place, point) in places.iter_mut().zip(&centred) {
            place[axis] = sign * dot(point, &direction);
        }
        first.get_or_insert(direction);
    }
    places
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
