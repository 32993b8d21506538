//! What the page of training says.

messages! {
    lead() { "A run goes on when this window is closed, and is found again when it is opened.", "学習はウィンドウを閉じても続き、開き直すとまた表示されます。" }
    new_run() { "New run", "新しい学習" }
    name() { "Name", "名前" }
    corpus() { "Corpus", "コーパス" }
    corpus_option(name: String, pairs: String) { "{name}, {pairs} pairs", "{name}（{pairs}対）" }
    no_corpus() { "There is no corpus with a vocabulary in the project's folder yet.", "プロジェクトのフォルダーに、語彙のあるコーパスがまだありません。" }
    method() { "Method", "手法" }
    size() { "Size", "モデルの大きさ" }
    k() { "Latents, K", "潜在変数の数 K" }
    updates() { "Updates", "更新回数" }
    as_configured() { "as configured", "設定どおり" }
    device() { "Compute on", "計算に使うもの" }
    more_settings() { "More settings", "詳細設定" }
    settings() { "Single values of the run file, one a line", "設定ファイルの値（1行に1つ）" }
    plan() { "Plan", "見積もる" }
    planning() { "Measuring a few updates …", "数回の更新を計測中…" }
    start() { "Start", "学習を開始" }
    starting() { "Starting …", "開始しています…" }
    plan_title() { "What it would need", "必要なもの" }
    parameters() { "Parameters", "パラメーター数" }
    pairs() { "Training pairs", "学習用の対" }
    time() { "Time", "時間" }
    time_note() { "evaluations left out", "評価の時間を除く" }
    memory() { "Memory", "メモリー" }
    checkpoint() { "A saved state", "保存ファイル" }
    passes(updates: String, epochs: String) { "{updates}, which reads every pair {epochs} times", "{updates}回（各対を{epochs}回学習）" }
    warnings() { "To consider", "ご確認ください" }

    size_tiny() { "tiny: minutes on a CPU", "tiny：CPUで数分" }
    size_small() { "small: hours on a CPU", "small：CPUで数時間" }
    size_base() { "base: the paper's, for a GPU", "base：論文と同じ、GPU向け" }
    method_vanilla() { "Vanilla T-CVAE: one draw", "標準T-CVAE：1つだけ引く" }
    method_cyclical() { "KL annealing: in cycles", "KLアニーリング：周期的" }
    method_spacefusion() { "SpaceFusion: points of one space", "SpaceFusion：共通の空間" }
    method_bow() { "Bag of words: z predicts words", "BoW損失：zから単語も予測" }
    method_monte_carlo() { "Monte Carlo: the mean of 5 draws", "モンテカルロ：5つの平均" }
    method_speculative() { "Speculative: the best of K draws", "投機的：K個のうち最良" }

    runs() { "Runs", "学習の一覧" }
    no_runs() { "No run yet. The first one takes a few minutes: a tiny model on an embedded corpus.", "まだありません。内蔵コーパスと tiny なら、数分で最初のモデルができます。" }
    show(run: String) { "Show {run} in the curves", "{run}を曲線に表示" }
    state_starting() { "starting", "開始中" }
    state_running() { "running", "学習中" }
    state_stopping() { "saving", "保存中" }
    state_stopped() { "stopped", "停止中" }
    state_finished() { "finished", "完了" }
    state_failed() { "failed", "失敗" }
    progress(update: String, of: String) { "{update} of {of} updates", "{of}回中{update}回" }
    left(time: String) { "about {time} left", "残り約{time}" }
    seconds(n: u64) { "{n} s", "{n}秒" }
    minutes(n: u64) { "{n} min", "{n}分" }
    hours(n: u64) { "{n} h", "{n}時間" }
    days(n: u64) { "{n} days", "{n}日" }
    stop() { "Stop", "停止" }
    stop_title() { "Saved after the present update; it can be resumed", "現在の更新後に保存して停止します。あとで再開できます" }
    resume() { "Resume", "再開" }
    resume_title() { "Goes on where it was saved", "保存したところから続けます" }
    use_model() { "Generate with it", "このモデルで生成" }

    curves() { "Curves", "学習曲線" }
    choose_runs() { "Choose runs above to see their curves.", "上の一覧で選んだ学習の曲線が表示されます。" }
    on_train() { "line: training, with dropout", "線：学習（ドロップアウトあり）" }
    on_dev() { "dots: dev", "点：開発データ" }
    chart_nll() { "Reconstruction, NLL", "再構成誤差（NLL）" }
    chart_kl() { "KL(q‖p)", "KL(q‖p)" }
    chart_objective() { "Loss", "損失" }
    chart_bow() { "Bag of words", "BoW損失" }
    chart_gain() { "Gain of the winner over the mean of K", "勝者とK個の平均との差" }
    chart_rate() { "Learning rate", "学習率" }
    chart_speed() { "Target tokens per second", "毎秒の目的側トークン数" }
    chart_norm() { "Gradient norm", "勾配ノルム" }
    chart_units() { "Active units of z", "zの活性次元数" }
    chart_information() { "Mutual information", "相互情報量" }
    chart_weight() { "KL weight β", "KLの重み β" }
    unit_nats() { "nats per sentence", "nat／文" }
    unit_nats_alone() { "nats", "nat" }
    unit_none() { "", "" }
    chart_label(chart: String, values: String) { "{chart} by update. Last values: {values}", "更新ごとの{chart}。最新値：{values}" }
    at_update(update: String) { "update {update}", "更新{update}回" }
    winners() { "Winning latents", "勝った潜在変数" }
    winners_note(k: usize) { "How often each of the K = {k} draws was the best, over the last lines; evenly, if none is favoured.", "K = {k}個のうち、最も良かった回数（最近の記録）。偏りがなければ均等になります。" }
    winner(k: usize, share: String) { "draw {k}: {share} %", "{k}番目：{share}%" }
    share_of_wins(run: String) { "Shares of wins, {run}", "勝った割合（{run}）" }
    values() { "Last values as a table", "最新値の表" }
    run() { "Run", "学習" }

    samples() { "What it says", "応答の例" }
    samples_note() { "The same utterances of dev and the same three latents at each evaluation.", "評価のたびに、開発データの同じ発話と同じ3つの潜在変数から応答します。" }
    no_samples() { "Samples come with the first evaluation.", "最初の評価のときに表示されます。" }
    evaluation() { "Evaluation", "評価" }
    after(update: String) { "after {update} updates", "更新{update}回後" }
}
