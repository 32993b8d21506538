//! What administrators read, but for the form of a new study and the report.

messages! {
    log_in() { "Log in", "ログイン" }
    password() { "Password", "パスワード" }
    password_hint() { "The one that was set when the server was started.", "サーバー起動時に設定したものです。" }
    log_out() { "Log out", "ログアウト" }
    studies() { "Studies", "調査" }
    new_study() { "New study", "新しい調査" }
    no_studies() { "No study yet", "調査はまだありません" }
    no_studies_text() { "Drop the replies of your systems, choose how many raters see each item, and send out links.", "各システムの返答ファイルを読み込み、評価者数を決めて、リンクを送るだけです。" }
    not_frozen() { "draft", "下書き" }
    frozen() { "frozen", "確定済み" }
    complete() { "complete", "完了" }
    n_items(n: u64) { "{n} items", "{n}項目" }
    n_systems(n: u64) { "{n} systems", "{n}システム" }
    pages_of(done: u64, wanted: u64) { "{done} of {wanted} pages", "{wanted}ページ中{done}ページ" }

    tab_progress() { "Progress", "進捗" }
    tab_raters() { "Raters", "評価者" }
    tab_report() { "Report", "レポート" }
    tab_export() { "Export", "書き出し" }
    tabs() { "Parts of the study", "調査の各ページ" }

    freeze() { "Freeze and begin", "確定して開始" }
    freeze_title() { "Freeze the design?", "設計を確定しますか" }
    freeze_text() { "Design and items cannot be changed afterwards; raters can begin. The hash may go into a pre-registration.", "確定後は設計と項目を変更できません。評価を開始できるようになり、ハッシュは事前登録に使えます。" }
    draft_text() { "This study is a draft. Raters can begin once it is frozen.", "この調査は下書きです。確定すると評価を開始できます。" }
    hash() { "Design hash", "設計のハッシュ" }
    telling() { "Replies that name a system", "システム名を含む返答" }
    telling_text() { "Raters could tell from these who wrote them. Consider other names or other replies before you freeze.", "評価者がシステムを推測できる可能性があります。確定前に名前か返答の変更を検討してください。" }
    telling_line(item: String, system: String, names: String) { "Item {item}, reply of {system}: contains “{names}”", "項目{item}、{system}の返答に「{names}」" }
    pages_done() { "Pages done", "完了ページ" }
    pages_open() { "Open now", "評価中" }
    items() { "Items", "項目" }
    systems() { "Systems", "システム" }
    raters_each() { "Raters of each item", "1項目あたりの評価者" }
    practice_items() { "Practice items", "練習項目" }
    gold_items() { "Items with known answers", "正解付き項目" }
    by_raters_done() { "Items by raters who finished them", "完了した評価者数ごとの項目数" }
    by_n_raters(n: u32) { "{n} raters", "{n}人" }
    live() { "Updates by itself", "自動更新中" }
    over(n: u64) { "{n} items have more raters than the design asks for, after a merge.", "{n}項目で、統合の結果、設計より多くの評価者がいます。" }

    invites() { "Invitations", "招待" }
    invite_title() { "Invite raters", "評価者を招待" }
    invite_names() { "Names, one a line", "名前（1行に1人）" }
    invite_hint() { "Only you see names. Each gets a personal link; the same name later is the same rater.", "名前は管理者だけに表示されます。1人ずつ個人用リンクを発行します。同じ名前は同じ評価者です。" }
    invite_language() { "Language of their pages", "ページの言語" }
    invite_days() { "Link ends after days (empty: never)", "有効日数（空欄で無期限）" }
    invite() { "Make links", "リンクを発行" }
    links_once() { "Copy the links now: they are shown this once, the server keeps only their hashes.", "リンクは今だけ表示されます。サーバーにはハッシュしか残りません。今コピーしてください。" }
    copy_all() { "Copy all", "すべてコピー" }
    copy_link(rater: String) { "Copy the link of {rater}", "{rater}さんのリンクをコピー" }
    revoke() { "Revoke", "取り消す" }
    revoke_of(rater: String) { "Revoke the link of {rater}", "{rater}さんのリンクを取り消す" }
    revoked() { "revoked", "取り消し済み" }
    expired() { "expired", "期限切れ" }
    opened() { "opened", "開封済み" }
    not_opened() { "not opened yet", "未開封" }
    until(day: String) { "until {day}", "{day}まで" }

    quality() { "Quality", "品質" }
    quality_hint() { "Whom to leave out should be declared before the study. Marks are hints, no verdicts.", "除外の基準は調査前に決めておくべきです。印は目安であり、判定ではありません。" }
    no_raters() { "No rater has begun yet.", "まだ評価者がいません。" }
    rater() { "Rater", "評価者" }
    done() { "Done", "完了" }
    open() { "Open", "評価中" }
    handed_on() { "Handed on", "引き継ぎ" }
    mean() { "Mean", "平均" }
    spread() { "SD", "標準偏差" }
    severity() { "Severity", "厳しさ" }
    agreement() { "r with others", "他者との相関" }
    run() { "Longest run", "最長連続" }
    gold() { "Known answers", "正解率" }
    repeats() { "Repeats equal", "再評価一致" }
    repeats_close() { "Repeats ±1", "再評価±1" }
    degraded() { "Degraded drop", "劣化の検出" }
    seconds() { "Seconds a page", "秒/ページ" }
    skipped() { "Skipped", "スキップ" }
    too_noisy() { "Too noisy", "判定不能" }
    last_saved() { "Last saved", "最終保存" }
    share_of(percent: u64, n: u64) { "{percent} % of {n}", "{n}件中{percent}%" }
    drop_of(points: String, p: String, n: u64) { "{points} (p {p}, n {n})", "{points}（p {p}、n {n}）" }
    notes() { "Flags, comments and skips", "印・コメント・スキップ" }
    no_notes() { "Nothing was flagged, commented or skipped.", "印、コメント、スキップはありません。" }
    control() { "practice or control", "練習または統制" }

    export_title() { "Raw data", "生データ" }
    export_text() { "Every revision in long form. Each re-imports to the same study.", "すべての改訂を1行ずつ含みます。いずれも再読み込みで同じ調査に戻ります。" }
    with_names() { "With raters' names (personal data)", "評価者名を含める（個人情報）" }
    export_csv() { "CSV, one row a revision", "CSV（1改訂1行）" }
    export_design() { "Design (TOML), to go with the CSV", "設計（TOML、CSVに添える）" }
    export_jsonl() { "JSON lines, design included", "JSON Lines（設計を含む）" }
    export_xlsx() { "Excel workbook", "Excel ブック" }
    export_study() { "The study's file itself, with names and log", "調査ファイル本体（名前とログを含む）" }
    datasheet() { "Datasheet (HEDS 3.0)", "データシート（HEDS 3.0）" }
    datasheet_text() { "The Human Evaluation Datasheet, pre-filled with what the study knows.", "Human Evaluation Datasheet を、調査から分かる範囲で記入済みです。" }
    as_json() { "JSON", "JSON" }
    as_markdown() { "Markdown", "Markdown" }
    verify_title() { "Log", "ログ" }
    verify() { "Verify the log", "ログを検証" }
    verified(events: u64, revisions: u64) { "In order: {events} events, {revisions} judgements, replayed and equal to the tables.", "正常：イベント{events}件、評価{revisions}件を再現し、表と一致しました。" }
    head() { "Hash of the last event", "最後のイベントのハッシュ" }
}
