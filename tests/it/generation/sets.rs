//! Sets of replies: merged, ranked, chosen; made again from their latents; stopped within a step.

use std::{collections::BTreeSet, ops::ControlFlow};

use repartee_generate::{
    GenerateError, GenerateOptions, Generator, Latent, MAX_MARGINAL_LATENTS, Reply, Strategy, block_on,
};
use repartee_model::Tcvae;
use repartee_tests::{cpu, small_config};

use super::{GREEDY, beam, model, options, sample, strategies, utterances, vocabulary};

fn latents(options: &GenerateOptions) -> Vec<Vec<Latent>> {
    let numbered =
        |text: &String| (0..options.n_samples as u64).map(|n| Latent::numbered(options.seed, text, n)).collect();
    utterances().iter().map(numbered).collect()
}

fn set(generator: &Generator<'_>, options: &GenerateOptions, diverse: Option<usize>) -> Vec<Vec<Reply>> {
    let watch = &mut |_: &dyn Fn() -> _| ControlFlow::Continue(());
    block_on(generator.sets(&utterances(), &latents(options), options, diverse, watch)).expect("it generates")
}

/// Under its own latent a reply's score is the probability that it was generated with; the mean over latents is what the
/// set is ranked by.
#[test]
fn sets_are_merged_and_ranked_by_the_probability_over_the_drawn_latents() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let mut n_merged = 0;
    for strategy in [GREEDY, sample(1.0, 3, 1.0, 0.0), beam(3, 1.2, 2)] {
        let options = options(strategy, 8);
        let each = generator.replies(&utterances(), &options).expect("it generates");
        for (((text, each), set), latents) in
            utterances().iter().zip(each).zip(set(&generator, &options, None)).zip(latents(&options))
        {
            let texts: BTreeSet<_> = set.iter().map(|reply| reply.text.clone()).collect();
            assert_eq!(texts, each.iter().map(|reply| reply.text.clone()).collect());
            assert_eq!(texts.len(), set.len());
            assert_eq!(set.iter().map(|reply| 1 + reply.also_from.len()).sum::<usize>(), each.len());
            n_merged += each.len() - set.len();
            let mut source = vocabulary.encode(text).expect("it encodes");
            source.push(vocabulary.eos());
            let noise: Vec<_> = latents.iter().map(|latent| latent.noise(small_config().latent_size)).collect();
            let tokens: Vec<&[u32]> = set.iter().map(|reply| &reply.tokens[..]).collect();
            let go_on = &mut || ControlFlow::Continue(());
            let scores = block_on(generator.decoder().log_probabilities(&source, &tokens, &noise, go_on));
            let mut last = f64::INFINITY;
            for (reply, scores) in set.iter().zip(scores.expect("they are numbers")) {
                let own = latents.iter().position(|&latent| latent == reply.latent).expect("it is one of them");
                assert!((scores[own] - reply.log_probability_nats).abs() < 1e-4, "{} and {reply:?}", scores[own]);
                let mean = (scores.iter().map(|score| score.exp()).sum::<f64>() / 8.0).ln();
                let marginal = reply.marginal.expect("the set is ranked");
                assert!((marginal.log_probability_nats - mean).abs() < 1e-4, "{mean} and {marginal:?}");
                assert_eq!(marginal.score, strategy.strategy().score(marginal.log_probability_nats, reply.n_tokens));
                assert!((marginal.n_latents, marginal.score <= last) == (8, true), "{marginal:?} after {last}");
                last = marginal.score;
            }
        }
    }
    assert!(n_merged > 0, "no reply came twice, so nothing was merged");
}

#[test]
fn a_diverse_set_begins_with_the_most_probable_and_repeats_itself_less() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let options = options(sample(1.0, 0, 0.9, 0.0), 40);
    let distinct = |replies: &[Reply]| replies.iter().flat_map(|reply| &reply.tokens).collect::<BTreeSet<_>>().len();
    let (mut n_diverse, mut n_ranked) = (0, 0);
    for (ranked, diverse) in set(&generator, &options, None).iter().zip(set(&generator, &options, Some(4))) {
        assert_eq!((diverse.len(), &diverse[0]), (4, &ranked[0]));
        let likely = &ranked[..ranked.len().div_ceil(2)];
        assert!(diverse.iter().all(|reply| likely.contains(reply)), "only the more probable half is chosen from");
        n_diverse += distinct(&diverse);
        n_ranked += distinct(&ranked[..4]);
    }
    assert!(n_diverse > n_ranked, "{n_diverse} and {n_ranked} different pieces");
    for (ranked, all) in set(&generator, &options, None).iter().zip(set(&generator, &options, Some(1000))) {
        assert_eq!(all.len(), ranked.len());
    }
}

fn again(generator: &Generator<'_>, text: &str, latent: Latent, options: &GenerateOptions) -> Vec<Reply> {
    generator.replies_from(&[text.to_owned()], &[vec![latent]], options).expect("it generates").remove(0)
}

#[test]
fn every_reply_is_made_again_from_its_latent_and_the_options() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    for strategy in strategies() {
        let options = options(strategy, 3);
        for (text, replies) in utterances().iter().zip(set(&generator, &options, None)) {
            for reply in replies {
                // As a program would that reads the JSON: the latent in its written form, another seed.
                let latent: Latent = reply.latent.to_string().parse().expect("it is written as it is read");
                let other = GenerateOptions { seed: 99, ..options.clone() };
                let made = again(&generator, text, latent, &other).remove(reply.hypothesis);
                assert_eq!((&made.text, made.n_tokens), (&reply.text, reply.n_tokens), "{strategy:?}");
                assert!((made.score - reply.score).abs() < 1e-4, "{strategy:?}: {made:?} and {reply:?}");
            }
        }
    }
}

#[test]
fn a_walk_between_two_latents_begins_and_ends_at_them() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let (from, to) = (Latent::new(5), Latent::new(7));
    for (share, end) in [(0.0, from), (1.0, to)] {
        let [made, expected] =
            [from.toward(to, share), end].map(|latent| again(&generator, "rain", latent, &options(GREEDY, 1)));
        assert_eq!((&made[0].text, made[0].latent.toward.is_some()), (&expected[0].text, true));
    }
    let norm = |latent: Latent| latent.noise(256).iter().map(|x| x * x).sum::<f32>().sqrt();
    // The middle of a straight line would be shorter by a factor of √½.
    let (middle, ends) = (norm(from.toward(to, 0.5)), (norm(from) + norm(to)) / 2.0);
    assert!((middle / ends - 1.0).abs() < 0.01, "{middle} and {ends}");
    assert_eq!(from.toward(from, 0.5).noise(8), from.noise(8));
    for wrong in ["", "x", "1-2", "1-2@", "1-2@1.5", "1-2@NaN", "-3"] {
        assert!(wrong.parse::<Latent>().is_err(), "{wrong}");
    }
}

#[test]
fn a_stop_takes_effect_within_one_step() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    for strategy in [GREEDY, sample(1.0, 0, 1.0, 0.0), beam(5, 1.2, 1)] {
        let (options, mut n_steps, mut texts) = (options(strategy, 2), 0, Vec::new());
        let watch = &mut |partials: &dyn Fn() -> Vec<repartee_generate::Partial>| {
            n_steps += 1;
            texts.push(partials().iter().map(|partial| partial.text.len()).sum::<usize>());
            if n_steps == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let stopped = block_on(generator.stream(&utterances(), &latents(&options), &options, watch));
        assert!(matches!(stopped, Err(GenerateError::Stopped)), "{strategy:?}");
        assert_eq!(n_steps, 3);
        assert!(texts[0] > 0 && texts[0] < texts[2], "replies grow while they are watched: {texts:?}");
    }
}

#[test]
fn a_thousand_latents_are_answered_and_ranked() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model: Tcvae = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let strategies: [Strategy; 2] = [beam(5, 1.2, 1), sample(1.0, 0, 1.0, 0.0)];
    for strategy in strategies {
        let options = GenerateOptions { max_length: 6, ..options(strategy, 1000) };
        let text = ["the cat".to_owned()];
        let latents = [(0..1000).map(|n| Latent::numbered(1, &text[0], n)).collect()];
        let watch = &mut |_: &dyn Fn() -> _| ControlFlow::Continue(());
        let set = block_on(generator.sets(&text, &latents, &options, None, watch)).expect("it generates").remove(0);
        assert_eq!(set.iter().map(|reply| 1 + reply.also_from.len()).sum::<usize>(), 1000);
        assert_eq!(set[0].marginal.expect("it is ranked").n_latents, MAX_MARGINAL_LATENTS);
    }
}
