//! Guidelines and their standard examples, in the language of the replies. They become part of the design.

use repartee_wire::rater::Example;

use crate::locale::Language;

/// Utterance, reply, sensibleness, specificity, why.
type Line = (&'static str, &'static str, u8, u8, &'static str);

const ENGLISH: [Line; 6] = [
    (
        "I left my umbrella on the train this morning.",
        "Did you ask at the lost property office of the line?",
        5,
        5,
        "It answers, and only fits something lost on a train.",
    ),
    (
        "I left my umbrella on the train this morning.",
        "Oh no, I am sorry to hear that.",
        5,
        1,
        "It answers well, and would fit any bad news.",
    ),
    (
        "I left my umbrella on the train this morning.",
        "Umbrellas are the best dessert of all.",
        1,
        4,
        "It makes no sense, though it is about umbrellas.",
    ),
    (
        "My sister is learning to play the cello.",
        "How long has she been playing?",
        5,
        3,
        "It answers, and fits any instrument or sport.",
    ),
    ("My sister is learning to play the cello.", "Yes.", 2, 1, "Hardly an answer, and it fits anything."),
    (
        "My sister is learning to play the cello.",
        "the the she of play cello the",
        1,
        0,
        "No sentence: too noisy to judge how specific it is.",
    ),
];

const JAPANESE: [Line; 6] = [
    (
        "今朝、電車に傘を忘れちゃった。",
        "その路線のお忘れ物センターに問い合わせてみた？",
        5,
        5,
        "返事になっており、電車の忘れ物にしか合わない。",
    ),
    ("今朝、電車に傘を忘れちゃった。", "それは残念だったね。", 5, 1, "返事として自然だが、どんな悪い知らせにも合う。"),
    ("今朝、電車に傘を忘れちゃった。", "傘は一番おいしいデザートだよ。", 1, 4, "傘の話ではあるが、意味が通らない。"),
    (
        "妹がチェロを習い始めたんだ。",
        "もうどのくらいやっているの？",
        5,
        3,
        "返事になっているが、どんな習い事にも合う。",
    ),
    ("妹がチェロを習い始めたんだ。", "はい。", 2, 1, "返事とは言いにくく、何にでも合う。"),
    ("妹がチェロを習い始めたんだ。", "をチェロがのは妹をを", 1, 0, "文になっておらず、具体性を判定できない。"),
];

/// The guidelines of a language, as a form begins with them.
pub(crate) fn guidelines(language: Language) -> &'static str {
    match language {
        Language::English => {
            "Sensibleness, 1 to 5: does the reply make sense as an answer to the utterance? 1: not at all. 5: completely.\n\
             Specificity, 1 to 5: does the reply say something that belongs to this utterance and would not fit almost \
             any other? 1: it would fit anything. 5: it fits only here.\n\
             Specificity 0: the reply is too noisy to judge how specific it is."
        }
        Language::Japanese => {
            "妥当性（1〜5）：返答は、発話への返事として意味が通りますか。1：まったく通らない。5：完全に通る。\n\
             具体性（1〜5）：この発話だからこその内容で、ほかの発話には当てはまりにくいですか。1：何にでも当てはまる。5：この発話にしか当てはまらない。\n\
             具体性 0：文が乱れていて、具体性を判定できない。"
        }
    }
}

/// The examples of a language.
pub(crate) fn standard(language: Language) -> Vec<Example> {
    let lines = match language {
        Language::English => ENGLISH,
        Language::Japanese => JAPANESE,
    };
    let example = |(context, reply, sensibleness, specificity, explanation): Line| Example {
        context: context.to_owned(),
        reply: reply.to_owned(),
        sensibleness: Some(sensibleness),
        specificity: Some(specificity),
        explanation: explanation.to_owned(),
    };
    lines.into_iter().map(example).collect()
}
