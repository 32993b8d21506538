//! What the pages say in the desktop app alone.

messages! {
    project() { "Project", "プロジェクト" }
    project_text() { "A folder with corpora, runs, models and studies. Whatever you make here lies in it.", "コーパス、学習、モデル、調査を収めるフォルダーです。ここで作ったものはすべてこの中に保存されます。" }
    choose_project() { "Choose a folder", "フォルダーを選ぶ" }
    recent() { "Recent projects", "最近のプロジェクト" }
    import_corpus() { "Import pairs", "対話データを取り込む" }
    import_corpus_text() { "A JSONL or TSV file with an utterance and a reply a line, as `context` and `response`. Some are held out for evaluation.", "1行に発話と応答を1組ずつ（`context` と `response`）並べたJSONLまたはTSVファイル。一部は評価用に取り分けます。" }
    import_model() { "Import a model", "モデルを取り込む" }
    import_model_text() { "A folder that `repartee export` wrote; it is copied into the project.", "`repartee export` が書き出したフォルダー。プロジェクトへコピーします。" }
    importing() { "Importing …", "取り込み中…" }
    imported(name: String) { "Imported: {name}", "取り込みました：{name}" }

    closing() { "A run is under way", "学習の実行中です" }
    closing_text() { "What is to become of it when the window closes?", "ウィンドウを閉じた後、学習をどうしますか？" }
    closing_hint() { "A run that goes on is found again when the app is next opened. One that is stopped is saved and can be resumed.", "続行した学習は、次にアプリを開いたときに表示されます。停止した学習は保存され、再開できます。" }
    go_on() { "Go on in the background", "バックグラウンドで続行" }
    save_and_stop() { "Save and stop", "保存して停止" }
    stopping() { "Saving …", "保存中…" }

    engine_lost() { "The engine has ended", "エンジンが終了しました" }
    engine_lost_text() { "It computes in a process of its own, which is gone; a graphics driver may have taken it down. The window and your files are unharmed, and runs go on by themselves.", "計算を担う別プロセスが終了しました。グラフィックスドライバーが原因かもしれません。ウィンドウとファイルは無事で、学習は単独で続いています。" }
    start_again() { "Start again", "もう一度起動" }

    studies_window() { "Studies open in a window of their own.", "調査は別のウィンドウで開きます。" }
}
