//! What is said of studies in this tab.

messages! {
    about() { "Studies made here stay in this browser. Take one away as a file, and repartee opens it; a file from repartee opens here.", "ここで作成した調査はこのブラウザーに保存されます。ファイルとして書き出すと repartee で開け、repartee のファイルもここで開けます。" }
    none_yet() { "Make one from files of replies, or from replies that you pinned; or open a study's file.", "返答ファイルやピン留めした応答から作成するか、調査ファイルを開いてください。" }
    rate() { "Rate", "評価する" }
    rate_title() { "Who rates?", "評価者のお名前" }
    rater_name() { "Name", "名前" }
    rater_hint() { "It stays in the study's file. The same name later goes on where it stopped.", "名前は調査ファイルに残ります。次回も同じ名前なら、続きから再開できます。" }
    export() { "Save as a file", "ファイルに保存" }
    import() { "Open a study's file", "調査ファイルを開く" }
    unreadable(file: String) { "{file} cannot be read; choose it again", "{file} を読み込めません。もう一度選択してください" }
    delete() { "Delete", "削除" }
    delete_title() { "Delete this study?", "この調査を削除しますか" }
    delete_text(done: u64) { "It is gone from this browser for good, with {done} finished pages. Save it as a file first if anyone may need it.", "完了した{done}ページを含め、このブラウザーから完全に削除されます。必要なら先にファイルに保存してください。" }

    elsewhere() { "Your studies are open in another tab", "調査は別のタブで開かれています" }
    elsewhere_text() { "One tab at a time can change them. This one goes on as soon as the other is closed, or now, if you want. What you rated here meanwhile is kept on this device.", "同時に変更できるのは1つのタブだけです。もう一方を閉じるとこのタブで続行できます。下のボタンで今すぐ切り替えることもできます。その間の評価はこの端末に保存されます。" }
    take() { "Use them here", "このタブで使う" }
    broken() { "The studies cannot be opened", "調査を開けません" }
    broken_text() { "Load the page again. What is saved stays saved.", "ページを再読み込みしてください。保存済みの内容は失われません。" }
    no_worker() { "this browser starts no workers; use a newer one", "このブラウザーではワーカーを起動できません。新しいブラウザーをお使いください" }
    in_memory() { "This browser does not keep studies", "このブラウザーには調査を保存できません" }
    in_memory_text() { "They last as long as this tab. Save them as files before you close it.", "調査はこのタブを開いている間だけ有効です。閉じる前にファイルに保存してください。" }
    later() { "The studies are not open in this tab. It tries again by itself.", "このタブでは調査が開かれていません。自動的に再試行します。" }

    waiting(n: usize) { "Not in the study yet: {n} kept on this device", "未保存{n}件を端末に保存中" }
    offline() { "The study is not open here", "調査が開かれていません" }
    waits() { "The next page comes as soon as the study is open here. All you said is kept on this device.", "調査が開かれ次第、次のページへ進みます。評価した内容は端末に保存されています。" }
    refused(reason: String) { "The study did not take a change: {reason}", "変更を保存できませんでした：{reason}" }
    out_of_reach() { "The study is not open here", "調査が開かれていません" }
    no_seat() { "Choose a study to rate", "評価する調査を選んでください" }
    no_seat_text() { "Nobody rates in this tab at the moment.", "現在このタブで評価中の調査はありません。" }
    step_save() { "Each key is saved in this browser at once. Stop whenever you like: the same name goes on from there.", "入力のたびにこのブラウザーに保存されます。いつでも中断でき、同じ名前で再開できます。" }
    to_studies() { "To the studies", "調査の一覧へ" }
}
