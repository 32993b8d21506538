//! What a strategy chooses from: the probabilities of the next token under the rules that hold for all strategies.
//! Computed on the host from one read-back of logits, the sums in f64: the same on every device up to the logits.

use crate::controls::Controls;

/// The rules of a generation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) pad: u32,
    pub(crate) eos: u32,
    /// At this length only `</s>` may follow.
    pub(crate) max_length: usize,
    pub(crate) controls: Controls,
}

/// The next token of one hypothesis.
#[derive(Debug)]
pub struct NextToken<'a> {
    logits: &'a mut [f32],
    log_partition: f64,
    own_log_partition: f64,
    /// Logits before they were changed.
    own_logits: Vec<(u32, f32)>,
    eos: u32,
}

impl<'a> NextToken<'a> {
    /// Applies the rules to the model's logits, whose log-partition is given, after the hypothesis `tokens`. `None` if
    /// the logits hold NaN or +∞.
    ///
    /// `<pad>` never follows, and a reply has at least one token, as in fairseq (`min_len` 1). As there, what is
    /// forbidden keeps its share of the partition.
    pub(crate) fn new(logits: &'a mut [f32], log_partition: f64, tokens: &[u32], rules: &Rules) -> Option<Self> {
        if !log_partition.is_finite() {
            return None;
        }
        let (pad, eos) = (rules.pad, rules.eos);
        let mut next = Self { logits, log_partition, own_log_partition: log_partition, own_logits: Vec::new(), eos };
        if rules.controls.repetition_penalty != 1.0 {
            next.penalise(tokens, &rules.controls);
        }
        let mut forbidden = rules.controls.completing(tokens);
        forbidden.push(pad);
        if tokens.is_empty() {
            forbidden.push(eos);
        }
        for token in forbidden {
            next.set(token, f32::NEG_INFINITY);
        }
        if tokens.len() >= rules.max_length {
            let logit = next.own_logit(eos);
            next.logits.fill(f32::NEG_INFINITY);
            next.logits[eos as usize] = logit;
            next.own_logits = vec![(eos, logit)];
        }
        Some(next)
    }

    fn penalise(&mut self, tokens: &[u32], controls: &Controls) {
        let mut seen = tokens.to_vec();
        seen.sort_unstable();
        seen.dedup();
        for token in seen {
            let penalised = controls.penalised(self.logits[token as usize]);
            self.set(token, penalised);
        }
        self.log_partition = repartee_kernels::log_sum_exp(self.logits, self.logits.len())[0];
    }

    fn set(&mut self, token: u32, logit: f32) {
        let place = &mut self.logits[token as usize];
        self.own_logits.push((token, *place));
        *place = logit;
    }

    fn own_logit(&self, token: u32) -> f32 {
        let changed = self.own_logits.iter().find(|&&(changed, _)| changed == token);
        changed.map_or(self.logits[token as usize], |&(_, logit)| logit)
    }

    /// `</s>`.
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// A logit a token; −∞ where the rules forbid it.
    pub fn logits(&self) -> &[f32] {
        self.logits
    }

    /// log p of a token under the rules, in nats; −∞ where they forbid it.
    pub fn log_probability(&self, token: u32) -> f64 {
        f64::from(self.logits[token as usize]) - self.log_partition
    }

    /// log p of a token under the model alone, in nats.
    pub fn own_log_probability(&self, token: u32) -> f64 {
        f64::from(self.own_logit(token)) - self.own_log_partition
    }

    /// The `n` most probable tokens, the most probable first, ties to the lower number; fewer if the rules leave fewer.
    pub fn top(&self, n: usize) -> Vec<u32> {
        // Blocks whose maximum is too low are skipped: the maximum of a block needs no branch, so it runs in SIMD.
        const BLOCK: usize = 64;
        let mut best: Vec<(f32, u32)> = Vec::with_capacity(n + 1);
        for (block, first) in self.logits.chunks(BLOCK).zip((0u32..).step_by(BLOCK)) {
            let worst = |best: &[(f32, u32)]| if best.len() < n { f32::NEG_INFINITY } else { best[n - 1].0 };
            if block.iter().fold(f32::NEG_INFINITY, |max, &x| if x > max { x } else { max }) <= worst(&best) {
                continue;
            }
            for (&logit, token) in block.iter().zip(first..) {
                if logit > worst(&best) {
                    let place = best.partition_point(|&(other, _)| other >= logit);
                    best.insert(place, (logit, token));
                    best.truncate(n);
                }
            }
        }
        best.into_iter().map(|(_, token)| token).collect()
    }
}
