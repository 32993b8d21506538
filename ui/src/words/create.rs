//! The form of a new study and its planner.

messages! {
    title() { "New study", "新しい調査" }
    step_files() { "Replies", "返答" }
    files_text() { "One file a system, or one file whose rows name it: CSV with columns context and reply (also utterance, response; 発話, 応答), or JSON lines, such as repartee generate writes.", "システムごとに1ファイル、または各行にシステム名を含む1ファイル。列 context と reply（utterance、response、発話、応答も可）の CSV、または repartee generate などの JSON Lines に対応します。" }
    drop_here() { "Drop files here", "ここにファイルをドロップ" }
    choose() { "or choose files", "またはファイルを選択" }
    holds() { "Holds", "内容" }
    holds_system() { "Replies of a system", "1システムの返答" }
    holds_named() { "Replies; rows name the system", "返答（行にシステム名）" }
    holds_sheet() { "The authors' score sheet", "著者形式の評価シート" }
    holds_training() { "Practice items", "練習項目" }
    holds_gold() { "Items with known answers", "正解付き項目" }
    system_name() { "System", "システム名" }
    remove() { "Remove", "取り除く" }
    remove_file(file: String) { "Remove {file}", "{file}を取り除く" }
    add_pinned(n: usize) { "Add the {n} pinned replies", "ピン留めした応答{n}件を追加" }
    lines(n: usize) { "{n} lines", "{n}行" }
    unreadable(file: String) { "{file} is not text in UTF-8", "{file} は UTF-8 のテキストではありません" }

    step_design() { "Design", "設計" }
    name() { "Title (raters see it)", "調査名（評価者に表示）" }
    language() { "Language of the replies", "返答の言語" }
    raters_per_item() { "Raters of each item", "1項目あたりの評価者数" }
    baseline() { "Baseline: the others are tested against it", "ベースライン（他と比較する基準）" }
    reference() { "Reference: people's replies, not tested", "参照（人間の返答、検定しない）" }
    none() { "none", "なし" }
    guidelines() { "Guidelines for raters", "評価の手引き" }
    with_examples() { "Show the six standard examples with them", "標準の例6件を添える" }
    more() { "Quality control and more", "品質管理など" }
    control_every() { "A control page every … pages (0: none)", "何ページごとに統制ページを入れるか（0でなし）" }
    repeats() { "Repeat items as they were (consistency)", "同じ項目を再提示（一貫性）" }
    degraded() { "Repeat items with a degraded reply (attention)", "劣化させた返答で再提示（注意力）" }
    repeat_gap() { "Fewest pages before a repeat", "再提示までの最少ページ数" }
    lease() { "Minutes until an untouched page goes to another rater", "放置されたページを引き継ぐまでの分数" }
    seed() { "Seed of all orders", "順序の乱数シード" }
    freeze_now() { "Freeze at once, so that rating can begin", "すぐに確定し、評価を開始できるようにする" }
    create() { "Create the study", "調査を作成" }
    creating() { "Creating …", "作成中…" }
    needs_files() { "Add the replies of at least one system.", "少なくとも1つのシステムの返答を追加してください。" }
    needs_name() { "Give the study a title.", "調査名を入力してください。" }

    planner() { "Is it large enough?", "規模は十分ですか" }
    planner_text(items: usize, raters: u32) { "{items} items, {raters} raters each", "{items}項目、各{raters}人" }
    difference() { "Difference you want to find, in points", "検出したい差（点）" }
    power(percent: u64) { "{percent} % chance to find it", "検出できる確率 {percent}%" }
    detectable(points: String) { "Found in 80 of 100 such studies: a difference of {points} points.", "80%の確率で検出できる差：{points}点" }
    advice_items(items: usize) { "For 80 %, take {items} items, or look for a larger difference. More items help more than more raters.", "80%には{items}項目が必要です。評価者より項目を増やす方が効果的です。" }
    advice_fine() { "That is enough for this difference.", "この差には十分な規模です。" }
    assumptions() { "Paired test of two systems at 5 %, by the normal approximation, with standard deviations of 0.8 between replies and 0.8 of a judgement. repartee study plan simulates it, also from a pilot.", "2システムの対応のある検定（5%）、正規近似。標準偏差は返答間0.8、評価0.8と仮定。repartee study plan では予備調査も用いたシミュレーションができます。" }
}
