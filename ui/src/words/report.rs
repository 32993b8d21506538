//! The report on the screen. Its documents (HTML, Markdown, LaTeX) are the server's.

messages! {
    computing() { "Computing intervals and tests …", "区間と検定を計算しています…" }
    none_yet() { "There are no ratings to report on yet.", "まだ評価がありません。" }
    unfinished(done: u64, wanted: u64) { "The study is not finished ({done} of {wanted} pages): these numbers will change.", "調査は途中です（{wanted}ページ中{done}ページ）。数値は変わります。" }
    facts(items: u64, systems: usize, raters: u64, replies: u64) { "{items} items, {systems} systems, {raters} raters, {replies} judged replies", "{items}項目、{systems}システム、評価者{raters}人、評価{replies}件" }
    again() { "Compute again", "再計算" }
    names() { "Raters by name", "評価者を名前で表示" }
    full_html() { "Full report (HTML)", "完全なレポート（HTML）" }
    scores() { "Scores", "スコア" }
    scores_note(draws: u64) { "Means over all judgements with 95 % intervals: BCa bootstrap over items, {draws} samples. 0 is read three ways; what is skipped or not rated is in none.", "全評価の平均と95%区間（項目のBCaブートストラップ、{draws}標本）。0は3通りに扱い、スキップと未評価は含みません。" }
    system() { "System", "システム" }
    specificity_counted() { "Specificity, 0 counted", "具体性（0を含む）" }
    specificity_left_out() { "Specificity, 0 left out", "具体性（0を除く）" }
    share_of_zero() { "Share of 0", "0の割合" }
    histograms() { "How often each score was given", "スコアの分布" }
    score_times(score: usize, times: u64) { "score {score}: {times} times", "スコア{score}：{times}回" }
    contrasts(baseline: String) { "Against {baseline}", "{baseline}との比較" }
    contrasts_note() { "Paired permutation test over items, corrected by Holm over the systems of a criterion.", "項目の対応のある並べ替え検定、各観点のシステム間でHolm補正。" }
    measure() { "Measure", "指標" }
    difference() { "Difference", "差" }
    p() { "p", "p" }
    p_holm() { "p (Holm)", "p（Holm）" }
    delta() { "Cliff's δ", "クリフのδ" }
    agreement() { "Agreement of raters", "評価者間の一致" }
    agreement_note() { "Of the average score. The full report has all measures.", "平均スコアについて。全指標は完全なレポートにあります。" }
    statistic() { "Statistic", "統計量" }
    value() { "Value and 95 % interval", "値と95%区間" }
    pearson() { "Pearson r, systems pooled", "ピアソンの r（全システム）" }
    pearson_within() { "Pearson r, within systems", "ピアソンの r（システム内）" }
    spearman() { "Spearman ρ", "スピアマンの ρ" }
    alpha_ordinal() { "Krippendorff α, ordinal", "クリッペンドルフの α（順序）" }
    alpha_interval() { "Krippendorff α, interval", "クリッペンドルフの α（間隔）" }
    kappa() { "Weighted κ, quadratic", "重み付き κ（2次）" }
    icc() { "ICC, absolute agreement", "ICC（絶対一致）" }
    icc_average() { "ICC of the raters' mean", "ICC（評価者平均）" }
    within_one() { "Within one point", "1点以内の一致" }
    paper() { "Table 3 as the authors compute it", "著者の計算による表3" }
    paper_note() { "For comparison with the paper only.", "論文との比較のためだけのものです。" }
    paper_pearson() { "Correlation between evaluators", "評価者間の相関" }
    too_few() { "too few ratings", "評価が少なすぎる" }
    no_variance() { "all ratings are equal", "すべて同じ評価" }
    no_overlap() { "no two raters judged the same items", "共通の項目がない" }
    unstable() { "undefined in too many resamples", "再標本で定まらない" }
    chart_means(measure: &str) { "{measure}: mean and 95 % interval of each system", "{measure}：各システムの平均と95%区間" }
    chart_histogram(measure: &str) { "{measure}: share of each score", "{measure}：スコアの割合" }
}
