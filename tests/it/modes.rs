//! Mode coverage on the planted corpus: which replies get a mode, and which none.

use repartee_corpus::{
    Language,
    planted::{generate, known_replies},
};
use repartee_metrics::{KnownModes, MODE_CHRF};

/// Replies with one character left out keep their mode; of replies whose whole template is unknown, hardly any gets one.
#[test]
fn slips_keep_their_mode_and_unknown_wordings_have_none() {
    for language in [Language::English, Language::Japanese] {
        let (mut n_slips, mut n_kept, mut n_unknown, mut n_taken) = (0, 0, 0, 0);
        for (idx, pair) in generate(language, 5, 240).expect("there are so many").into_iter().enumerate().step_by(2) {
            let known = known_replies(language, &pair.context).expect("it is the grammar's");
            let own = known.iter().find(|reply| reply.text == pair.response).expect("it is known");
            let modes = |keep: &dyn Fn(usize, usize) -> bool| {
                let kept = known.iter().filter(|reply| keep(reply.mode, reply.template));
                KnownModes::new(kept.map(|reply| (reply.text.clone(), reply.mode)))
            };
            let mut slip: Vec<char> = pair.response.chars().collect();
            if slip.len() >= 20 {
                slip.remove(5 + idx % 10);
                n_slips += 1;
                let mode = modes(&|_, _| true).mode(&String::from_iter(slip), MODE_CHRF);
                n_kept += usize::from(mode == Some(own.mode));
            }
            n_unknown += 1;
            let others = modes(&|mode, template| (mode, template) != (own.mode, own.template));
            n_taken += usize::from(others.mode(&pair.response, MODE_CHRF).is_some());
        }
        assert!(n_slips > 20 && n_kept * 20 >= n_slips * 19, "{language}: {n_kept} of {n_slips} slips kept their mode");
        assert!(
            n_taken * 40 <= n_unknown,
            "{language}: {n_taken} of {n_unknown} unknown wordings were taken for known"
        );
    }
}
