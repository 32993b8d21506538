//! The table of scores.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_engine::Scores;

/// One row for the model, one for the references.
pub(crate) fn table(scores: &Scores) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["", "BLEU", "BLEU all refs", "dist-1", "dist-2", "KL", "NLL", "NLL/token", "length"]);
    let two = |value: f64| format!("{value:.2}");
    let dash = || "–".to_owned();
    table.add_row([
        "model".to_owned(),
        two(scores.bleu),
        two(scores.bleu_all_references),
        two(scores.distinct_1),
        two(scores.distinct_2),
        scores.kl_nats_per_sentence.map_or_else(dash, two),
        two(scores.nll_nats_per_sentence),
        format!("{:.3}", scores.nll_nats_per_token),
        two(scores.length_tokens_per_reply),
    ]);
    table.add_row([
        "references".to_owned(),
        dash(),
        dash(),
        two(scores.reference_distinct_1),
        two(scores.reference_distinct_2),
        dash(),
        dash(),
        dash(),
        two(scores.reference_length_tokens_per_reply),
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!(
        "{table}\n{} utterances of {}, one latent each; {} pairs for KL and NLL (nats per sentence); tokens of BLEU, dist-n \
         and length: {}; model after {} updates",
        scores.n_utterances, scores.split, scores.n_pairs, scores.segmentation, scores.update
    )
}
