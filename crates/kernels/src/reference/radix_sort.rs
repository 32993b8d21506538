//! Twin of `shaders/radix_sort.wgsl`.

/// The rows sorted by their numbers, equal ones in their order, and where in that order each number's rows start;
/// `n_numbers + 1` starts, so that the last is also the end of what has a number. Numbers below 0 or past the last come last.
pub fn radix_sort(ids: &[i32], n_numbers: usize) -> (Vec<usize>, Vec<usize>) {
    let number = |id: i32| usize::try_from(id).map_or(n_numbers, |id| id.min(n_numbers));
    let mut starts = vec![0; n_numbers + 2];
    ids.iter().for_each(|&id| starts[number(id) + 1] += 1);
    (1..starts.len()).for_each(|v| starts[v] += starts[v - 1]);
    let mut places = starts.clone();
    let mut order = vec![0; ids.len()];
    for (i, &id) in ids.iter().enumerate() {
        let place = &mut places[number(id)];
        order[*place] = i;
        *place += 1;
    }
    starts.truncate(n_numbers + 1);
    (order, starts)
}
