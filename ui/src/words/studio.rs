//! What the pages of the engine say.

messages! {
    generate() { "Generate", "生成" }
    compare() { "Compare", "比較" }
    latent_space() { "Latent space", "潜在空間" }
    train() { "Train", "学習" }
    studies() { "Studies", "調査" }
    models() { "Models", "モデル" }
    settings() { "Settings", "設定" }
    pages() { "Pages", "ページ" }
    no_engine() { "These pages came without an engine", "エンジンが含まれていません" }
    no_engine_text() { "Generating and training need the app or the browser demo.", "生成と学習には、アプリまたはブラウザー版が必要です。" }

    tagline() { "One utterance, many sensible replies", "ひとつの発話に、いくつもの自然な応答を" }
    tagline_text() { "A small model answers in your browser. Nothing that you write leaves this device.", "小さなモデルがブラウザーの中で応答します。入力した文がこの端末の外へ出ることはありません。" }
    tagline_elsewhere() { "Draw several latents, and the model finds several things to say.", "潜在変数を何度も引くと、モデルはいくつもの答えを見つけます。" }
    utterance() { "Utterance", "発話" }
    utterance_hint() { "What somebody says", "誰かのひとこと" }
    reply_action() { "Reply", "応答する" }
    again() { "Other replies", "別の応答" }
    stop() { "Stop", "停止" }
    examples() { "Try one of these", "例から試す" }
    more_examples() { "Other examples", "別の例" }
    model() { "Model", "モデル" }
    other_model() { "Beside it", "比較相手" }
    controls() { "How replies are made", "応答の作り方" }
    n_replies() { "Replies", "応答の数" }
    strategy() { "Strategy", "方式" }
    beam() { "Beam search", "ビームサーチ" }
    sampling() { "Sampling", "サンプリング" }
    greedy() { "Greedy", "貪欲法" }
    beam_size() { "Beam size", "ビーム幅" }
    temperature() { "Temperature", "温度" }
    top_p() { "Top-p", "Top-p" }
    seed() { "Seed", "シード" }
    strategy_note() { "The variety comes from the latent z. Sampling adds chance from word to word.", "多様性は潜在変数 z から生まれます。サンプリングは単語ごとの偶然を加えます。" }
    pinned() { "Pinned", "ピン留め" }
    pin() { "Pin", "ピン留め" }
    unpin() { "Unpin", "ピンを外す" }
    in_the_making() { "in the making …", "生成中…" }
    empty_reply() { "(says nothing)", "（無言）" }
    per_token(percent: String) { "{percent} % a token", "トークンあたり{percent}%" }
    per_token_title() { "Geometric mean of the tokens' probabilities under this z", "この z の下での各トークンの確率の幾何平均" }
    log_p(value: String) { "log p {value}", "log p {value}" }
    z_seed(seed: String) { "z {seed}", "z {seed}" }
    z_seed_title() { "Names the latent: the same z gives the same reply again", "潜在変数の名前。同じ z からは同じ応答が得られます" }
    method_vanilla() { "vanilla T-CVAE", "標準 T-CVAE" }
    method_speculative(k: u64) { "speculative, K = {k}", "投機的、K = {k}" }
    summary(replies: usize, latents: usize, rate: String) { "Different replies: {replies}, from {latents} latents. {rate} tokens/s", "{latents}個の潜在変数から{replies}通りの応答、毎秒{rate}トークン" }
    summary_each(different: usize, latents: usize, rate: String) { "Different replies from the same {latents} latents: {different}. {rate} tokens/s", "同じ{latents}個の潜在変数から{different}通りの応答、毎秒{rate}トークン" }
    fewer(wanted: usize) { "The model has no {wanted} different things to say to this.", "この発話への応答は{wanted}通りもありませんでした。" }
    compare_text() { "Two models answer from the same noise: row by row the same z seed, so that what differs is what training made of it.", "2つのモデルが同じ乱数から応答します。各行の z シードは同じなので、違いは学習の違いです。" }

    fetching(done: String, total: String) { "Fetching the model: {done} of {total} MB", "モデルを取得中：{total} MBのうち{done} MB" }
    loading_model() { "Loading the model …", "モデルを読み込み中…" }
    ready_on(device: String) { "Ready, on {device}", "準備完了（{device}）" }
    not_open(megabytes: String) { "{megabytes} MB to fetch, once", "初回のみ{megabytes} MBを取得します" }
    is_kept() { "On this device", "保存済み" }
    not_kept(why: String) { "Not kept on this device: {why}.", "この端末に保存できませんでした：{why}" }
    open_model() { "Fetch and open", "取得して開く" }
    open_kept() { "Open", "開く" }
    close_model() { "Close", "閉じる" }
    remove_model() { "Remove from this device", "この端末から削除" }
    retry() { "Try again", "もう一度試す" }
    size() { "Download", "サイズ" }
    size_here() { "Size", "サイズ" }
    memory() { "Memory when open", "使用メモリー" }
    parameters() { "Parameters", "パラメーター数" }
    updates() { "Updates", "更新回数" }
    licence() { "Licence", "ライセンス" }
    licence_unknown() { "not stated", "記載なし" }
    english() { "English", "英語" }
    japanese() { "Japanese", "日本語" }
    card() { "Model card", "モデルカード" }
    models_text() { "Each model is fetched once, checked by its SHA-256 and kept in this browser; then it works offline.", "モデルは一度だけ取得し、SHA-256で確認してブラウザーに保存します。以後はオフラインでも動作します。" }
    little_memory(needed: String, has: String) { "It needs about {needed} MB of memory; this device says that it has {has} GB in all.", "約{needed} MBのメモリーが必要です。この端末のメモリーは合計{has} GBです。" }
    no_models() { "There is no model yet.", "モデルがまだありません。" }
    no_models_train() { "Train one: a tiny one takes minutes", "学習する（tinyなら数分）" }

    error_invalid() { "That cannot be done", "実行できません" }
    error_unauthorized() { "No key to the engine", "エンジンの鍵がありません" }
    error_not_found() { "That is not there", "見つかりません" }
    error_not_open() { "The model is not open", "モデルが開かれていません" }
    error_unsupported() { "Not in this home", "ここでは利用できません" }
    error_corrupt() { "A file is damaged", "ファイルが破損しています" }
    error_wrong_version() { "A file is of another version", "ファイルのバージョンが違います" }
    error_unreachable() { "Cannot be fetched", "取得できません" }
    error_quota() { "The storage is full", "保存領域がいっぱいです" }
    error_out_of_memory() { "Not enough memory", "メモリーが足りません" }
    error_no_webgpu() { "No WebGPU", "WebGPUが使えません" }
    error_lost_device() { "The graphics device was lost", "グラフィックスデバイスが失われました" }
    error_busy() { "Something else is under way", "別の処理が実行中です" }
    error_stopped() { "Stopped", "停止しました" }
    error_internal() { "The engine has failed", "エンジンでエラーが発生しました" }

    engine() { "Engine", "エンジン" }
    home_browser() { "in a worker of this tab", "このタブのワーカー内" }
    home_desktop() { "in the app", "アプリ内" }
    home_server() { "on a server", "サーバー上" }
    version() { "Version", "バージョン" }
    computes_on() { "Compute on", "計算に使うもの" }
    by_itself(name: String) { "As it sees fit: {name}", "自動（{name}）" }
    devices_note() { "Models that are open are opened anew when this changes.", "変更すると、開いているモデルは開き直されます。" }
    software() { "computes in software, slower than the CPU engine", "ソフトウェア実装（CPUエンジンより低速）" }
    missing_no_webgpu() { "This browser has no WebGPU. The engine computes on the CPU: the same replies, only slower.", "このブラウザーはWebGPUに対応していません。CPUで計算します。応答は同じですが、遅くなります。" }
    missing_no_adapter() { "WebGPU finds no graphics adapter here. The engine computes on the CPU: the same replies, only slower.", "WebGPUで使えるグラフィックスアダプターがありません。CPUで計算します。応答は同じですが、遅くなります。" }
    missing_no_timestamp_query() { "The graphics adapter lacks the feature timestamp-query, which the engine needs. It computes on the CPU: the same replies, only slower.", "グラフィックスアダプターに、エンジンが必要とする timestamp-query 機能がありません。CPUで計算します。応答は同じですが、遅くなります。" }
    adapter() { "Graphics adapter", "グラフィックスアダプター" }
    max_binding() { "Largest binding", "最大バインディング" }
    max_buffer() { "Largest buffer", "最大バッファー" }
    max_invocations() { "Largest workgroup", "最大ワークグループ" }
    max_shared() { "Shared memory", "共有メモリー" }
    features() { "Features", "機能" }
    storage() { "Storage of this site", "このサイトの保存領域" }
    storage_of(used: String, of: String) { "{used} MB of {of} MB", "{of} MB中 {used} MB" }
    offline_ready() { "This page works offline.", "このページはオフラインでも使えます。" }
    offline_not() { "This page is not kept for offline use yet.", "オフライン用の保存はまだ完了していません。" }

    train_browser() { "Training needs the app", "学習にはアプリが必要です" }
    train_browser_text() { "A browser tab has neither the memory nor the time for it. The desktop app and the command line train on your own graphics card or CPU:", "ブラウザーのタブではメモリーも時間も足りません。デスクトップアプリやコマンドラインなら、お手元のGPUやCPUで学習できます。" }
    train_here() { "What was trained there opens here: export it, and it is a model of this site.", "学習したモデルは、書き出せばこのサイトで使えます。" }
    studies_browser() { "Studies need a server or the app", "調査にはサーバーかアプリが必要です" }
    studies_browser_text() { "Raters judge replies blindly, each on their own link; their judgements go to one file on your machine:", "評価者は個別のリンクからシステム名を伏せた応答を評価し、結果はお手元の1つのファイルに保存されます。" }
    studies_here() { "Replies from the latent space can be saved here as a file for a study.", "潜在空間のページで選んだ応答は、調査用のファイルとして保存できます。" }
    studies_project_text() { "Raters judge replies blindly, each on their own link, in English or Japanese. Studies of this project are made, followed and reported here; each is one file in its folder `studies`.", "評価者は個別のリンクから、システム名を伏せた応答を日本語または英語で評価します。このプロジェクトの調査はここで作成し、進み具合と報告を確認できます。調査は `studies` フォルダーの1つのファイルです。" }
    studies_open() { "To the studies", "調査の一覧へ" }
}
