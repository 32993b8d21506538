//! What raters read. Keys and terms are those of `repartee study rate`.

messages! {
    opening() { "Opening your study …", "調査を開いています…" }
    bad_link() { "This link does not work", "このリンクは使えません" }
    bad_link_text() { "It may have expired or been withdrawn. Ask whoever sent it for a new one.", "期限切れか、取り消された可能性があります。リンクの送り主に新しいリンクを依頼してください。" }
    not_yet() { "The study has not begun yet", "調査はまだ始まっていません" }
    not_yet_text() { "This page looks again by itself and goes on as soon as it has.", "開始されると自動的に次へ進みます。" }
    no_session() { "Please open your personal link", "個人用リンクを開いてください" }
    no_session_text() { "This browser does not know you, or your session has ended. Open the link that you were sent; you go on where you stopped. What was not sent yet is kept here until then.", "このブラウザーではまだ開始していないか、セッションが終了しました。お送りしたリンクを開くと、続きから再開できます。未送信の評価はそれまでこの端末に保存されます。" }
    out_of_reach() { "The server cannot be reached", "サーバーに接続できません" }
    out_of_reach_text() { "This page tries again by itself. Nothing that you rated is lost.", "自動的に再接続します。評価した内容は失われません。" }

    saved() { "All saved", "保存済み" }
    saving() { "Saving …", "保存中…" }
    waiting(n: usize) { "Offline: {n} kept on this device", "オフライン：{n}件を端末に保存中" }
    offline() { "Offline", "オフライン" }
    unkept() { "Not kept: this browser's storage is full or blocked. Stay on this page until all is saved.", "端末に保存できません（容量不足または禁止）。保存が終わるまでこのページを閉じないでください。" }
    full(n: usize) { "Storage full: {n} kept on this device", "容量不足：{n}件を端末に保存中" }
    refused(reason: String) { "The server refused a change: {reason}", "サーバーが変更を受け付けませんでした：{reason}" }
    handed_on() { "You were away for long, so this page went to another rater. Here is the next.", "しばらく操作がなかったため、このページは別の評価者に渡りました。次のページを表示します。" }

    guidelines() { "Guidelines", "評価の手引き" }
    hello(name: String) { "Welcome, {name}", "{name}さん、ようこそ" }
    guidelines_short() { "Guidelines", "手引き" }
    examples() { "Examples", "評価の例" }
    utterance() { "Utterance", "発話" }
    begin() { "Begin", "評価を始める" }
    go_on() { "Continue", "続ける" }
    how_it_works() { "How it works", "進め方" }
    step_read() { "Read the utterance, then each reply. The order of the replies means nothing.", "まず発話を読み、続いて各返答を読みます。返答の並び順に意味はありません。" }
    step_keys() { "Two keys rate a reply: 1 to 5 for sensibleness, then 1 to 5 (or Q W E R T) for specificity. 0: too noisy to judge. Buttons work, too.", "1つの返答につきキーを2回押します。1〜5で妥当性、続けて1〜5（または Q W E R T）で具体性。0は判定不能です。ボタンでも操作できます。" }
    step_save() { "Each key is saved at once, and kept on this device while you are offline. Stop whenever you like: the same link goes on from there.", "入力のたびに保存され、オフラインの間は端末に保存されます。いつでも中断でき、同じリンクから再開できます。" }
    step_help() { "? shows all keys.", "? でキー一覧を表示します。" }

    page_number(n: u32) { "Page {n}", "{n}ページ目" }
    practice() { "Practice", "練習" }
    finished_page() { "Finished; changes are still saved", "完了済み（変更も保存されます）" }
    progress(done: u64, all: u64) { "{done} of {all} pages done", "{all}ページ中{done}ページ完了" }
    replies(n: usize) { "{n} replies", "返答{n}件" }
    reply_of(n: usize, all: usize) { "Reply {n} of {all}", "返答 {n}/{all}" }
    question_sensibleness() { "Does the reply make sense here?", "この返答は、発話への返事として意味が通りますか。" }
    question_specificity() { "Does it belong to this utterance?", "この発話だからこその返答ですか。" }
    ends_sensibleness() { "1 not at all … 5 completely", "1 まったく通らない … 5 完全に通る" }
    ends_specificity() { "1 fits anything … 5 fits only here; 0 too noisy", "1 何にでも合う … 5 ここにしか合わない/0 判定不能" }
    all_judged() { "Everything is judged", "すべて評価しました" }
    enter_next() { "Enter: next page", "Enter で次のページへ" }
    too_noisy_key() { "0, too noisy to judge", "0、判定不能" }

    next_page() { "Next page", "次のページ" }
    next_unrated() { "Next unrated", "未評価へ" }
    previous() { "Back", "戻る" }
    undo() { "Undo", "元に戻す" }
    skip() { "Skip", "スキップ" }
    flag() { "Flag", "印を付ける" }
    flagged() { "Flagged", "印あり" }
    comment() { "Comment", "コメント" }
    commented() { "Commented", "コメントあり" }
    pages() { "Pages", "一覧" }
    help() { "Keys", "キー一覧" }
    skipped(reason: String) { "Skipped: {reason}", "スキップ：{reason}" }
    rated(criterion: &str, score: String) { "{criterion} {score}", "{criterion} {score}" }

    missing(n: usize) { "{n} judgements are missing", "未評価が{n}件あります" }
    undone() { "Undone", "元に戻しました" }
    nothing_to_undo() { "Nothing to undo on this page", "このページで元に戻せる操作はありません" }
    first_page() { "This is your first page", "最初のページです" }
    press_help() { "Press ? for the keys", "? でキー一覧を表示します" }
    waits_for_server() { "The next page comes as soon as the server can be reached. All you said is kept on this device.", "サーバーに接続でき次第、次のページへ進みます。評価した内容は端末に保存されています。" }
    odd_too_noisy() { "It makes sense, yet is too noisy to judge? If that is meant, go on.", "意味が通るのに判定不能でよろしいですか。意図どおりならそのまま進んでください。" }
    odd_specific() { "It makes no sense here, yet fits only here? If that is meant, go on.", "意味が通らないのに、ここにしか合わないでよろしいですか。意図どおりならそのまま進んでください。" }
    odd_all_same() { "All replies have the same two scores. If that is meant, go on.", "すべての返答が同じ評価です。意図どおりならそのまま進んでください。" }

    skip_title() { "Why can this not be judged?", "評価できない理由は何ですか" }
    skip_button() { "Skip this reply", "この返答をスキップ" }
    reason_language() { "I do not understand the language", "言葉の意味が分からない" }
    reason_knowledge() { "I would need to know the topic", "話題の知識がないと判断できない" }
    reason_offensive() { "It is offensive or disturbing", "不快な内容である" }
    reason_broken() { "The text is cut off or broken", "文が途切れている、または壊れている" }
    reason_other() { "Another reason", "その他の理由" }
    comment_title() { "Comment on this reply", "この返答へのコメント" }
    comment_hint() { "Only the researchers read it. Ctrl+Enter saves.", "研究者だけが読みます。Ctrl+Enter で保存します。" }

    pages_title() { "Your pages", "あなたのページ" }
    pages_hint() { "Go back to any page; changes are saved.", "どのページにも戻って変更できます。" }
    to_first_unrated() { "To the first unrated", "最初の未評価へ" }
    n_unrated(n: u32) { "{n} missing", "未評価{n}件" }
    page_done() { "done", "完了" }
    page_open() { "open", "途中" }
    page_handed_on() { "handed on", "別の評価者へ" }

    feedback_title() { "That was practice", "練習の結果" }
    feedback_text() { "This is what a careful rater says. Differences of a point are normal.", "丁寧に評価した場合の例です。1点程度の差は普通です。" }
    you(score: String) { "you: {score}", "あなた：{score}" }
    expected(range: String) { "expected: {range}", "目安：{range}" }
    as_expected() { "as expected", "目安どおり" }
    otherwise() { "differs", "目安と異なる" }

    wait_title() { "Nothing is free at the moment", "今は空きがありません" }
    wait_text() { "Other raters have the rest. Some of it may come back; this page looks again by itself.", "残りは他の評価者が担当しています。空きが出ることがあり、このページは自動的に確認します。" }
    thanks() { "Thank you!", "ありがとうございました" }
    thanks_text(n: u64) { "Everything is rated and saved. You finished {n} pages.", "すべての評価が完了し、保存されました。{n}ページを終えました。" }
    thanks_back() { "You can still look through your pages and change what you said.", "ページを見直して、評価を変更することもできます。" }
    look_through() { "Look through my pages", "ページを見直す" }
    leave() { "Finish on this device", "この端末で終了する" }
    left() { "This device has forgotten you. You may close the page.", "この端末での利用を終了しました。ページを閉じてください。" }

    key_digits() { "sensibleness, then specificity of the marked reply", "選択中の返答の妥当性、続けて具体性" }
    key_letters() { "specificity 1 to 5", "具体性 1〜5" }
    key_zero() { "specificity: too noisy to judge", "具体性：判定不能" }
    key_enter() { "next page, or to what is missing", "次のページへ、または未評価の箇所へ" }
    key_backspace() { "previous reply, then previous page", "前の返答へ、先頭では前のページへ" }
    key_arrows() { "previous and next reply", "前後の返答へ" }
    key_undo() { "undo", "元に戻す" }
    key_skip() { "skip the reply, with a reason", "理由を添えてスキップ" }
    key_flag() { "flag the reply", "印を付ける" }
    key_comment() { "comment on the reply", "コメントを書く" }
    key_next() { "next reply that is not judged", "次の未評価の返答へ" }
    key_pages() { "previous and next page", "前後のページへ" }
    key_list() { "list of pages", "ページ一覧" }
    key_guidelines() { "guidelines", "評価の手引き" }
    key_help() { "this list", "このキー一覧" }
}
