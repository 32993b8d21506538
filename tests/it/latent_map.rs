//! Maps of latents: projections that can be checked by eye, and scores that another path through the model confirms.

use repartee_engine::{
    ColourScale, ComputeDevice, DeviceChoice, Latent, LatentMap, LatentMapOptions, LoadedRun, MapPair, NamedRun,
    Projection, latent_map,
};

use crate::training::{corpus, settings, train};

/// Two clouds far apart in 8 dimensions, 40 points each.
fn clouds() -> Vec<Vec<f64>> {
    let noise = |i: usize, d: usize| (((i * 31 + d * 17) % 23) as f64 - 11.0) / 20.0;
    (0..80).map(|i| (0..8).map(|d| noise(i, d) + if i < 40 { 0.0 } else { 6.0 }).collect()).collect()
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn clouds_stay_apart_and_places_are_equal_to_the_bit() {
    let clouds = clouds();
    let points: Vec<&[f64]> = clouds.iter().map(Vec::as_slice).collect();
    for projection in [Projection::Tsne, Projection::Pca] {
        let places = projection.places(&points, 10.0);
        let within = places[..40].iter().map(|&place| distance(place, places[0])).fold(0.0, f64::max);
        let across = places[40..].iter().map(|&place| distance(place, places[0])).fold(f64::INFINITY, f64::min);
        assert!(across > within, "{projection:?}: {across} across, {within} within");
        assert_eq!(places, projection.places(&points, 10.0), "{projection:?}");
    }
}

#[test]
fn components_are_those_of_a_known_plane() {
    // 3a e₀ + b e₂ with a, b uncorrelated: the axes are e₀ and e₂.
    let points = [[3.0, 0.0, 0.0], [-3.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]];
    let points: Vec<&[f64]> = points.iter().map(|point| point.as_slice()).collect();
    for (place, point) in Projection::Pca.places(&points, 1.0).into_iter().zip(points) {
        assert!((place[0] - point[0]).abs() < 1e-9 && (place[1] - point[2]).abs() < 1e-9, "{place:?} {point:?}");
    }
}

fn loaded(folder: &std::path::Path, n_updates: u64) -> LoadedRun {
    let run = folder.join("run");
    let mut settings = settings(n_updates);
    settings.training.evaluate_every = n_updates;
    train(settings, &corpus(folder), &run, false, &mut |_| ()).expect("it trains");
    LoadedRun::open(&run, &ComputeDevice::open(DeviceChoice::Cpu).expect("there is a cpu")).expect("it is a run")
}

/// Each prior draw gives the reply on the map the probability that the decoder of generation, which goes token by token,
/// gives it under the latent of that name.
#[test]
fn scores_on_the_map_are_the_decoders() {
    let folder = tempfile::tempdir().expect("there is a disk");
    let run = loaded(folder.path(), 8);
    let pair =
        MapPair { context: "I lost my keys again.".to_owned(), response: "Did you look in your coat?".to_owned() };
    let options = LatentMapOptions {
        n_prior: 20,
        n_posterior: 6,
        perplexity: 5.0,
        joint: true,
        seed: 4,
        ..LatentMapOptions::default()
    };
    let named = [NamedRun { name: "a", run: &run }, NamedRun { name: "<b>", run: &run }];
    let map = latent_map(&named, std::slice::from_ref(&pair), &options, &mut |_| ()).expect("it is mapped");
    let [first, second] = &map.pairs[0].panels[..] else { panic!("there is a panel a run") };
    assert_eq!((first.prior.len(), first.posterior.len()), (20, 6));
    let latents: Vec<Latent> = first.prior.iter().map(|point| Latent::new(point.z_seed.expect("a name"))).collect();
    let expected = run.score(&pair.context, &pair.response, &latents).expect("it is scored");
    for (point, expected) in first.prior.iter().zip(expected) {
        let expected = expected / map.pairs[0].n_tokens as f64;
        let found = point.log_probability;
        assert!((found - expected).abs() < 1e-5, "{found} on the map, {expected} by the decoder");
    }
    // Equal runs lie equally, also in the projection of both.
    assert_eq!(first.prior[3].place, second.prior[3].place);
    let joint = [&first.prior[3], &second.prior[3]].map(|point| point.joint.expect("there is a joint projection"));
    assert!(distance(joint[0], joint[1]) < 1.0, "{joint:?}");

    let out = folder.path().join("map");
    let (files, without_png) = map.write(&out).expect("it is written");
    let read = |name: &str| std::fs::read(out.join(name)).expect("it is there");
    let again: LatentMap = serde_json::from_slice(&read("map.json")).expect("it is a map");
    assert_eq!((&again.options, &again.runs, &again.pairs[0].pair), (&map.options, &map.runs, &pair));
    // JSON readers may round a last digit.
    let apart = again.pairs[0].panels[1].prior.iter().zip(&second.prior).map(|(a, b)| distance(a.place, b.place));
    assert!(apart.clone().count() == 20 && apart.fold(0.0, f64::max) < 1e-9);
    let svg = String::from_utf8(read("pair-1.svg")).expect("it is text");
    assert_eq!(svg.matches("<circle").count(), 2 * 20 + 1, "all prior draws and the legend's mark");
    assert!(svg.contains("&lt;b&gt;") && !svg.contains("<b>"), "names are escaped");
    if without_png.is_none() {
        assert!(files.contains(&"pair-1-joint.png".to_owned()), "{files:?}");
        assert_eq!(&read("pair-1.png")[..8], b"\x89PNG\r\n\x1a\n");
    }
}

#[test]
fn numbers_that_make_no_map_are_refused() {
    let folder = tempfile::tempdir().expect("there is a disk");
    let run = loaded(folder.path(), 2);
    let named = [NamedRun { name: "a", run: &run }];
    let pair = |response: &str| [MapPair { context: "Hello.".to_owned(), response: response.to_owned() }];
    let default = LatentMapOptions { colours: ColourScale::Pair, ..LatentMapOptions::default() };
    let refused = |response: &str, options: LatentMapOptions| {
        latent_map(&named, &pair(response), &options, &mut |_| ()).expect_err("it is refused").to_string()
    };
    let message = refused("Hi.", LatentMapOptions { perplexity: 200.0, ..default.clone() });
    assert!(message.contains("less than a third"), "{message}");
    let message = refused("Hi.", LatentMapOptions { perplexity: f64::NAN, ..default.clone() });
    assert!(message.contains("less than a third"), "{message}");
    let message = refused("Hi.", LatentMapOptions { n_prior: 1, ..default.clone() });
    assert!(message.contains("at least 2"), "{message}");
    let message = refused("", default);
    assert!(message.contains("the response `` has 0 tokens"), "{message}");
}

/// A benchmark: 350 latents of a pair in one call against 350 passes of the whole model, at the paper's sizes.
/// Run it alone and optimised; it prints the ratio.
#[test]
#[ignore = "a benchmark of half a minute; run with --ignored --nocapture"]
fn one_pass_against_one_a_latent() {
    use std::time::Instant;

    use repartee_model::{
        Architecture, Batch, Heads, ModelConfig, Pass, RandomStreams, Tcvae, batch::Specials,
        losses::reconstruction::score, random::noise,
    };
    use repartee_tests::{Tolerance, assert_close, cpu, values};

    const N_LATENTS: usize = 350;
    let device = cpu();
    let config: ModelConfig = repartee_engine::run_file("base".as_ref()).expect("it is built in").model;
    let size = config.latent_size;
    let architecture = Architecture { config, heads: Heads::GAUSSIAN, vocabulary_size: 16_000, pad: 1 };
    let model = Tcvae::new(&architecture, RandomStreams::new(1), &device).expect("the configuration is right");
    let tokens = |n: u32| (0..n).map(|t| 5 + 37 * t).collect::<Vec<u32>>();
    let pair = (vec![tokens(14)], vec![tokens(13)]);
    let z = noise(&mut RandomStreams::new(2).stream("z", &[]), [N_LATENTS, size], &device);
    let scored = |first: usize, n: usize| {
        let batch = Batch::new(&pair.0, &pair.1, Specials { pad: 1, eos: 2 }, &device);
        let trunk = model.trunk(&batch, &mut Pass::plain());
        let z = z.clone().slice([first..first + n, 0..size]).unsqueeze_dim::<3>(0);
        values(score(&model, trunk.projected, z, &batch).nll_nats)
    };
    let at_once = || scored(0, N_LATENTS);
    let each = || (0..N_LATENTS).flat_map(|k| scored(k, 1)).collect::<Vec<f32>>();
    assert_close("nll", &at_once(), &each(), Tolerance::new(1e-3, 1e-4));
    let seconds = |work: &dyn Fn() -> Vec<f32>| {
        let start = Instant::now();
        assert_eq!(work().len(), N_LATENTS);
        start.elapsed().as_secs_f64()
    };
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..3 {
        times[0].push(seconds(&at_once));
        times[1].push(seconds(&each));
    }
    let [at_once, each] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!("350 latents: {at_once:.3} s in one call, {each:.3} s in 350 passes, ratio {:.4}", at_once / each);
}
