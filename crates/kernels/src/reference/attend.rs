//! Attention of one row over the cells of a memory that it names.
//!
//! A memory is a list of cells, a key and a value each. Rows that share a past name the same cells, so a beam is
//! reordered by its list of numbers and no key is ever moved or copied.

/// softmax(q kᵀ/√(D/H)) v over the cells `cells` of `memory`, for each of `n_heads` heads, into `out`.
///
/// `query` and `out` hold D values, a cell of `memory` 2 D: its key, then its value. `scores` is scratch space.
#[inline(always)]
pub fn attend(query: &[f32], memory: &[f32], cells: &[i32], n_heads: usize, scores: &mut Vec<f32>, out: &mut [f32]) {
    let d_model = query.len();
    let (d_head, n_cells) = (d_model / n_heads, cells.len());
    let scale = 1.0 / (d_head as f32).sqrt();
    scores.clear();
    scores.resize(n_heads * n_cells, 0.0);
    for (t, &cell) in cells.iter().enumerate() {
        let key = &memory[cell as usize * 2 * d_model..][..d_model];
        for head in 0..n_heads {
            let columns = head * d_head..(head + 1) * d_head;
            scores[head * n_cells + t] = dot(&query[columns.clone()], &key[columns]) * scale;
        }
    }
    for row in scores.chunks_mut(n_cells) {
        softmax(row);
    }
    out.fill(0.0);
    for (t, &cell) in cells.iter().enumerate() {
        let value = &memory[cell as usize * 2 * d_model + d_model..][..d_model];
        for head in 0..n_heads {
            let (columns, weight) = (head * d_head..(head + 1) * d_head, scores[head * n_cells + t]);
            for (out, &value) in out[columns.clone()].iter_mut().zip(&value[columns]) {
                *out += weight * value;
            }
        }
    }
}

/// In sixteen independent lanes, so that the compiler can keep the sums in one vector register.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    lanes.into_iter().sum()
}

#[inline(always)]
fn softmax(row: &mut [f32]) {
    let max = row.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for x in row.iter_mut() {
        *x = super::exp::exp(*x - max);
        sum += *x;
    }
    let scale = 1.0 / sum;
    row.iter_mut().for_each(|x| *x *= scale);
}
