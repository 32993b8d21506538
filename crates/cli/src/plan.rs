//! The table of what a run will need.

use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, HumanDuration};
use repartee_engine::{Plan, RanksPlan};

/// One fact a line.
pub(crate) fn table(plan: &Plan) -> String {
    let parts: Vec<_> =
        plan.n_parameters_by_part.iter().map(|(part, n)| format!("{part} {}", HumanCount(*n))).collect();
    let duration = |seconds: f64| HumanDuration(Duration::from_secs_f64(seconds.max(0.0)));
    let giga = |flops: f64| format!("{:.1}", flops / 1e9);
    let lines = [
        ("parameters", format!("{} ({})", HumanCount(plan.n_parameters), parts.join(", "))),
        (
            "training pairs",
            format!("{}, {} updates an epoch", HumanCount(plan.n_pairs), HumanCount(plan.updates_per_epoch)),
        ),
        (
            "an update",
            format!(
                "{:.0} target tokens, {:.0} cells with sources and pads, {} GFLOP",
                plan.target_tokens_per_update,
                plan.cells_per_update,
                giga(plan.flops_per_update)
            ),
        ),
        (
            "memory",
            format!(
                "{} for parameters, gradients and Adam, about {} for the backward pass",
                HumanBytes(plan.state_memory_bytes),
                HumanBytes(plan.activation_memory_bytes)
            ),
        ),
        ("a checkpoint", HumanBytes(plan.checkpoint_bytes).to_string()),
        (
            "measured here",
            format!(
                "{:.0} target tokens/s, {:.3} s an update, {} GFLOP/s",
                plan.target_tokens_per_second,
                plan.seconds_per_update,
                giga(plan.flops_per_second)
            ),
        ),
        (
            "the whole run",
            format!(
                "{} updates in about {}, evaluations left out",
                HumanCount(plan.max_updates),
                duration(plan.total_seconds)
            ),
        ),
    ];
    lines.map(|(name, fact)| format!("{name:15} {fact}")).join("\n")
}

/// The same for several ranks.
pub(crate) fn ranks_table(plan: &RanksPlan) -> String {
    let seconds = |seconds: f64| format!("{seconds:.3} s");
    let lines = [
        ("ranks", format!("{}, at most {} micro-batches each", plan.network.n_ranks, plan.micro_batches_per_rank)),
        (
            "between them",
            format!(
                "{} sent and received by a rank in an update, in buckets of {}",
                HumanBytes(plan.bytes_sent_per_update as u64),
                HumanBytes(plan.bucket_bytes as u64)
            ),
        ),
        (
            "an update",
            format!(
                "{} = {} computing + {} in the host's memory + {} on the network",
                seconds(plan.seconds_per_update),
                seconds(plan.compute_seconds),
                seconds(plan.host_seconds),
                seconds(plan.communication_seconds)
            ),
        ),
        ("speed-up", format!("{:.2}, efficiency {:.0} %", plan.speedup, 100.0 * plan.efficiency)),
        ("the whole run", HumanDuration(Duration::from_secs_f64(plan.total_seconds.max(0.0))).to_string()),
    ];
    lines.map(|(name, fact)| format!("{name:15} {fact}")).join("\n")
}
