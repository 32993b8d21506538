//! What several pages say.

messages! {
    skip_to_content() { "Skip to content", "本文へ移動" }
    language() { "Language", "表示言語" }
    theme(name: &str) { "Colours: {name}. Change", "配色：{name}。変更する" }
    theme_system() { "as the system", "システムに合わせる" }
    theme_light() { "light", "ライト" }
    theme_dark() { "dark", "ダーク" }
    close() { "Close", "閉じる" }
    cancel() { "Cancel", "キャンセル" }
    save() { "Save", "保存" }
    copy() { "Copy", "コピー" }
    copied() { "Copied", "コピーしました" }
    loading() { "Loading …", "読み込み中…" }
    unreachable() { "The server cannot be reached. Check the connection, then try again.", "サーバーに接続できません。接続を確認して、もう一度お試しください。" }
    storage_full() { "The storage is full. What you rated is kept on this device and saved as soon as there is space; free some, for instance by removing models.", "保存領域がいっぱいです。評価した内容はこの端末に残り、空きができ次第保存されます。モデルを削除するなどして空きを作ってください。" }
    row(row: u64) { ", row {row}", "、{row}行目" }
    column(column: String) { ", column {column}", "、列「{column}」" }
    not_found() { "There is no such page", "ページが見つかりません" }
    not_found_text() { "Raters: open the personal link that you were sent. Administrators: go to the studies.", "評価者の方は、お送りした個人用リンクを開いてください。管理者の方は、調査の一覧へお進みください。" }
    to_studies() { "To the studies", "調査の一覧へ" }
    sensibleness() { "Sensibleness", "妥当性" }
    specificity() { "Specificity", "具体性" }
    average() { "Average", "平均" }
    too_noisy() { "too noisy", "判定不能" }
}
