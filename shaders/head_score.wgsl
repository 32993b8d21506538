// head_score: of each row its maximal logit m and sum_v exp(x . E_v - m) over a part of the vocabulary ("split");
//   x = s where s >= 0, else slope * s, with s = a[b, t] + latent[b, k], row = (b K + k) T + t.
// Why here:  the logits of K latents are K T V numbers a sentence; here a tile of 64 by 128 lives in registers, and x is
//            built while the tile is loaded.
// Dispatch:  one workgroup per (64 rows from `first` on, split), splits fastest, folded into (65535, rows, 1) workgroups.
// Reads:     states [B, T, D], latents [B, K, D], embedding [V, D] f32 in vectors of four; info [9] u32 = end of the rows,
//            first, K, T, D / 4, V, tokens a split, splits, bits of slope.
// Writes:    every cell of partials [end - first, splits, 2] f32 = m, sum.
// Twin:      crates/kernels/src/reference/head_score.rs           Tolerance: 1e-5 absolute for m + log(sum).
// #import score_tile
// #import tile_sizes
// #import single_products
