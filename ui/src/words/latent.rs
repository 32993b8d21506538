//! What the map of the latent space says.

messages! {
    text() { "Each dot is a z drawn for the utterance. The brighter, the more probable it makes the reply below.", "点のひとつひとつが、この発話のために引かれた z です。明るいほど、下の応答の確率が高くなります。" }
    response() { "Reply whose probability is shown", "確率を表示する応答" }
    draw() { "Draw", "描画" }
    prior() { "prior", "事前分布" }
    posterior() { "posterior", "事後分布" }
    posterior_mean() { "its mean", "その平均" }
    n_prior() { "Draws of the prior", "事前分布からの標本数" }
    components() { "Principal components", "主成分" }
    tsne() { "t-SNE", "t-SNE" }
    tsne_start() { "Arrange by t-SNE", "t-SNEで配置" }
    tsne_pause() { "Pause", "一時停止" }
    tsne_go_on() { "Go on", "再開" }
    tsne_restart() { "From the start", "最初から" }
    tsne_step(step: usize, steps: usize) { "t-SNE: step {step} of {steps}", "t-SNE：{steps}中{step}ステップ" }
    tool() { "What dragging does", "ドラッグの動作" }
    tool_move() { "Move", "移動" }
    tool_line() { "Line", "線" }
    tool_lasso() { "Lasso", "投げ縄" }
    tool_move_hint() { "Drag to move, wheel to zoom, click a dot to hear its reply.", "ドラッグで移動、ホイールで拡大縮小、点をクリックすると応答を表示します。" }
    tool_line_hint() { "Drag from one dot to another: replies on the way between them.", "点から点へドラッグすると、その間の応答を表示します。" }
    tool_lasso_hint() { "Draw around dots to take their replies.", "点を囲むと、その応答を選べます。" }
    zoom_in() { "Nearer", "拡大" }
    zoom_out() { "Farther", "縮小" }
    fit() { "Whole", "全体" }
    map_label(points: usize) { "Map of {points} draws", "{points}個の標本の地図" }
    range(low: String, high: String) { "log p(y|x,z) per token: {low} to {high} nats", "トークンあたりの log p(y|x,z)：{low}〜{high} nat" }
    correlation(r: String) { "correlation with the distance to the posterior's mean: {r}", "事後分布の平均までの距離との相関：{r}" }
    hearing(done: usize, of: usize) { "Replies of {done} of {of} draws are known", "{of}個中{done}個の標本の応答を取得済み" }
    this_draw() { "This draw", "この標本" }
    between() { "On the way", "線上の応答" }
    taken(dots: usize, different: usize) { "{dots} draws, {different} different replies", "{dots}個の標本、{different}通りの応答" }
    save_for_study() { "Save for a study", "調査用に保存" }
    all_draws() { "Replies by how many draws give them", "標本の数ごとの応答" }
    draws_of(n: usize) { "{n} ×", "{n}個" }
    nothing_yet() { "Point at a dot.", "点にカーソルを合わせてください。" }
    no_reply_yet() { "not heard yet", "未取得" }
}
