//! What a strategy chooses from: the probabilities of the next token under the rules that hold for all strategies.
//! Of most strategies the device is asked for a dozen tokens a hypothesis only; others, and the controls, need all.

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

/// What the device says about the next token of one hypothesis.
#[derive(Debug)]
pub(crate) enum Logits<'a> {
    /// All of them, and their log-partition.
    All(&'a mut [f32], f64),
    /// Log-partition, logit of `</s>`, then the highest ones and their tokens, as [`repartee_kernels::top`] returns them.
    Top(&'a [f32]),
}

/// The next token of one hypothesis.
#[derive(Debug)]
pub struct NextToken<'a> {
    candidates: Candidates<'a>,
    log_partition: f64,
    own_log_partition: f64,
    /// Logits before they were changed.
    own_logits: Vec<(u32, f32)>,
    eos: u32,
}

/// Logits by token; a forbidden one is −∞, or missing in a list.
#[derive(Debug)]
enum Candidates<'a> {
    All(&'a mut [f32]),
    /// The most probable first.
    Top(Vec<(u32, f32)>),
}

/// Tokens beside those that a strategy asks for, because the rules may forbid them whatever comes before: `<pad>`, and
/// `</s>` at the beginning.
pub(crate) const N_SPARE: usize = 2;

impl<'a> NextToken<'a> {
    /// Applies the rules to the model's logits after the hypothesis `tokens`. `None` if these hold NaN or +∞.
    ///
    /// `<pad>` never follows, and a reply has at least one token, as in fairseq (`min_len` 1). As there, what is
    /// forbidden keeps its share of the partition.
    pub(crate) fn new(logits: Logits<'a>, tokens: &[u32], rules: &Rules) -> Option<Self> {
        let eos = rules.eos;
        let next = match logits {
            Logits::All(logits, log_partition) => Self::of_all(logits, log_partition, tokens, rules),
            Logits::Top(row) => Self::of_top(row, tokens, rules),
        };
        if !next.own_log_partition.is_finite() {
            return None;
        }
        let is_full = tokens.len() >= rules.max_length;
        Some(if is_full {
            Self { candidates: Candidates::Top(vec![(eos, next.own_logit(eos))]), ..next }
        } else {
            next
        })
    }

    fn of_top(row: &[f32], tokens: &[u32], rules: &Rules) -> Self {
        let (log_partition, eos_logit) = (f64::from(row[0]), row[1]);
        let (values, numbers) = row[2..].split_at((row.len() - 2) / 2);
        let pairs = numbers.iter().map(|&token| token as u32).zip(values.iter().copied());
        let is_allowed = |&(token, logit): &(u32, f32)| {
            logit > repartee_kernels::reference::top::LOWEST
                && token != rules.pad
                && !(tokens.is_empty() && token == rules.eos)
        };
        Self {
            candidates: Candidates::Top(pairs.filter(is_allowed).collect()),
            log_partition,
            own_log_partition: log_partition,
            own_logits: vec![(rules.eos, eos_logit)],
            eos: rules.eos,
        }
    }

    fn of_all(logits: &'a mut [f32], log_partition: f64, tokens: &[u32], rules: &Rules) -> Self {
        let (mut own_logits, mut penalised_partition) = (Vec::new(), log_partition);
        let mut set = |logits: &mut [f32], token: u32, logit: f32| {
            let place = &mut logits[token as usize];
            own_logits.push((token, *place));
            *place = logit;
        };
        if rules.controls.repetition_penalty != 1.0 {
            let mut seen = tokens.to_vec();
            seen.sort_unstable();
            seen.dedup();
            for token in seen {
                let penalised = rules.controls.penalised(logits[token as usize]);
                set(logits, token, penalised);
            }
            penalised_partition = repartee_kernels::log_sum_exp(logits, logits.len())[0];
        }
        let mut forbidden = rules.controls.completing(tokens);
        forbidden.push(rules.pad);
        if tokens.is_empty() {
            forbidden.push(rules.eos);
        }
        for token in forbidden {
            set(logits, token, f32::NEG_INFINITY);
        }
        Self {
            candidates: Candidates::All(logits),
            log_partition: penalised_partition,
            own_log_partition: log_partition,
            own_logits,
            eos: rules.eos,
        }
    }

    fn own_logit(&self, token: u32) -> f32 {
        let changed = self.own_logits.iter().find(|&&(changed, _)| changed == token);
        changed.map_or_else(|| self.logit(token), |&(_, logit)| logit)
    }

    fn logit(&self, token: u32) -> f32 {
        match &self.candidates {
            Candidates::All(logits) => logits[token as usize],
            Candidates::Top(pairs) => {
                pairs.iter().find(|pair| pair.0 == token).map_or(f32::NEG_INFINITY, |pair| pair.1)
            }
        }
    }

    /// `</s>`.
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// The tokens that the rules allow, with their logits; of a strategy that asked for some, these.
    pub fn candidates(&self) -> Vec<(u32, f32)> {
        match &self.candidates {
            Candidates::All(logits) => {
                let all = (0u32..).zip(logits.iter().copied());
                all.filter(|&(_, logit)| logit > f32::NEG_INFINITY).collect()
            }
            Candidates::Top(pairs) => pairs.clone(),
        }
    }

    /// log p of a token under the rules, in nats; −∞ where they forbid it.
    pub fn log_probability(&self, token: u32) -> f64 {
        f64::from(self.logit(token)) - self.log_partition
    }

    /// log p of a token under the model alone, in nats.
    pub fn own_log_probability(&self, token: u32) -> f64 {
        f64::from(self.own_logit(token)) - self.own_log_partition
    }

    /// The `n` most probable tokens, the most probable first, ties to the lower number; fewer if the rules leave fewer.
    pub fn top(&self, n: usize) -> Vec<u32> {
        match &self.candidates {
            Candidates::Top(pairs) => pairs.iter().take(n).map(|pair| pair.0).collect(),
            Candidates::All(logits) => {
                let (mut values, mut columns) = (vec![0f32; n], vec![0f32; n]);
                repartee_kernels::reference::top::top(logits, &mut values, &mut columns);
                let found = values.iter().zip(columns);
                let found = found.filter(|&(&value, _)| value > repartee_kernels::reference::top::LOWEST);
                found.map(|(_, column)| column as u32).collect()
            }
        }
    }
}
