//! Between the study's types and the wire's. What raters get is copied field by field from types that know no system.

use repartee_study as study;
use repartee_study::{Expectation, report::RaterReport};
use repartee_wire::{self as wire, admin, rater};

pub(crate) fn criterion(criterion: study::Criterion) -> wire::Criterion {
    match criterion {
        study::Criterion::Sensibleness => wire::Criterion::Sensibleness,
        study::Criterion::Specificity => wire::Criterion::Specificity,
    }
}

pub(crate) fn judgement(judgement: study::Judgement) -> wire::Judgement {
    match judgement {
        study::Judgement::Unrated => wire::Judgement::Unrated,
        study::Judgement::TooNoisy => wire::Judgement::TooNoisy,
        study::Judgement::Points { points } => {
            wire::Judgement::Points { points: wire::Points::new(points.get()).expect("both scales go from 1 to 5") }
        }
        study::Judgement::Skipped { reason } => wire::Judgement::Skipped { reason },
    }
}

pub(crate) fn judged(judgement: wire::Judgement) -> study::Judgement {
    match judgement {
        wire::Judgement::Unrated => study::Judgement::Unrated,
        wire::Judgement::TooNoisy => study::Judgement::TooNoisy,
        wire::Judgement::Points { points } => {
            study::Judgement::Points { points: study::Points::new(points.get()).expect("both scales go from 1 to 5") }
        }
        wire::Judgement::Skipped { reason } => study::Judgement::Skipped { reason },
    }
}

pub(crate) fn card(card: study::Card) -> rater::Card {
    rater::Card {
        id: card.id,
        reply: card.reply,
        sensibleness: judgement(card.sensibleness),
        specificity: judgement(card.specificity),
        flagged: card.flagged,
        comment: card.comment,
    }
}

pub(crate) fn feedback(feedback: study::Feedback) -> rater::Feedback {
    let Expectation { sensibleness, specificity, explanation } = feedback.expected;
    let range = |range: Option<(u8, u8)>| range.map(|(least, most)| wire::PointsRange { least, most });
    rater::Feedback {
        card: feedback.card,
        sensibleness: range(sensibleness),
        specificity: range(specificity),
        explanation,
    }
}

pub(crate) fn page(page: study::Page, of: Vec<study::Feedback>) -> rater::Page {
    rater::Page {
        id: page.id,
        number: page.number,
        training: page.training,
        state: match page.state {
            study::PageState::Open => rater::PageState::Open,
            study::PageState::Done => rater::PageState::Done,
            study::PageState::Abandoned => rater::PageState::HandedOn,
        },
        context: page.context,
        cards: page.cards.into_iter().map(card).collect(),
        feedback: of.into_iter().map(feedback).collect(),
    }
}

pub(crate) fn overview(page: study::PageOverview) -> rater::PageSummary {
    rater::PageSummary {
        id: page.id,
        number: page.number,
        training: page.training,
        state: if page.done { rater::PageState::Done } else { rater::PageState::Open },
        n_unrated: page.n_unrated,
        n_skipped: page.n_skipped,
        n_flagged: page.n_flagged,
        excerpt: page.excerpt,
    }
}

pub(crate) fn progress(standing: study::Standing) -> rater::Progress {
    rater::Progress { n_done: standing.n_done, n_begun: standing.n_begun, n_left: standing.n_left }
}

/// What a rater is told. Of the design only what is named here.
pub(crate) fn briefing(design: &study::Design, visitor: study::Visitor, standing: study::Standing) -> rater::Study {
    let scale = |of: study::Criterion| rater::Scale {
        criterion: criterion(of),
        least: study::Points::MIN,
        most: study::Points::MAX,
        allows_too_noisy: study::Judgement::TooNoisy.check(of).is_ok(),
    };
    rater::Study {
        name: design.name.clone(),
        language: design.language.clone(),
        interface_language: visitor.language,
        rater: visitor.name,
        guidelines: design.guidelines.clone(),
        examples: design.examples.iter().cloned().map(example).collect(),
        scale: study::Criterion::ALL.map(scale).to_vec(),
        progress: progress(standing),
    }
}

fn example(example: study::Example) -> rater::Example {
    let study::Example { context, reply, sensibleness, specificity, explanation } = example;
    rater::Example { context, reply, sensibleness, specificity, explanation }
}

pub(crate) fn change(id: String, change: rater::Change) -> study::Change {
    study::Change {
        id,
        card: change.card,
        sensibleness: change.sensibleness.map(judged),
        specificity: change.specificity.map(judged),
        flagged: change.flagged,
        comment: change.comment,
        active_ms: change.active_ms,
    }
}

/// The design with the defaults filled in.
pub(crate) fn designed(new: admin::Design) -> study::Design {
    let defaults = study::Design::new(&new.name, new.raters_per_item);
    let quality = defaults.quality;
    study::Design {
        language: new.language.unwrap_or(defaults.language),
        baseline: new.baseline,
        reference: new.reference,
        seed: new.seed.unwrap_or(defaults.seed),
        lease_minutes: new.lease_minutes.unwrap_or(defaults.lease_minutes),
        guidelines: new.guidelines.unwrap_or(defaults.guidelines),
        examples: new.examples.into_iter().map(exemplified).collect(),
        quality: study::Quality {
            control_every: new.control_every.unwrap_or(quality.control_every),
            repeat_gap: new.repeat_gap.unwrap_or(quality.repeat_gap),
            repeats: new.repeats.unwrap_or(quality.repeats),
            degraded: new.degraded.unwrap_or(quality.degraded),
        },
        name: defaults.name,
        raters_per_item: defaults.raters_per_item,
    }
}

fn exemplified(example: rater::Example) -> study::Example {
    let rater::Example { context, reply, sensibleness, specificity, explanation } = example;
    study::Example { context, reply, sensibleness, specificity, explanation }
}

pub(crate) fn design(design: &study::Design) -> admin::Design {
    admin::Design {
        name: design.name.clone(),
        language: Some(design.language.clone()),
        raters_per_item: design.raters_per_item,
        baseline: design.baseline.clone(),
        reference: design.reference.clone(),
        seed: Some(design.seed),
        lease_minutes: Some(design.lease_minutes),
        guidelines: Some(design.guidelines.clone()),
        examples: design.examples.iter().cloned().map(example).collect(),
        control_every: Some(design.quality.control_every),
        repeat_gap: Some(design.quality.repeat_gap),
        repeats: Some(design.quality.repeats),
        degraded: Some(design.quality.degraded),
    }
}

pub(crate) fn invite(invite: study::Invite) -> admin::Invite {
    admin::Invite {
        id: invite.id,
        rater: invite.rater,
        language: invite.language,
        created_ms: invite.created_ms,
        expires_ms: invite.expires_ms,
        revoked_ms: invite.revoked_ms,
        opened_ms: invite.opened_ms,
    }
}

/// Each rater, by name.
pub(crate) fn raters(ratings: &study::Ratings, reports: Vec<RaterReport>) -> Vec<admin::Rater> {
    let progress = ratings.progress();
    let both = progress.raters.into_iter().zip(reports).enumerate();
    let mut raters: Vec<admin::Rater> = both
        .map(|(index, (progress, report))| {
            let cards = || ratings.pages.iter().filter(move |page| page.rater == index).flat_map(|page| &page.cards);
            let check = |share: f64, n: usize| admin::Check { share, n: n as u64 };
            admin::Rater {
                id: progress.id,
                name: progress.name,
                n_done: progress.n_done as u64,
                n_open: progress.n_open as u64,
                n_abandoned: progress.n_abandoned as u64,
                n_controls_done: progress.n_controls_done as u64,
                n_skipped: report.n_skipped as u64,
                n_too_noisy: report.n_too_noisy as u64,
                n_flagged: cards().filter(|card| card.is_flagged()).count() as u64,
                n_comments: cards().filter(|card| !card.comment().is_empty()).count() as u64,
                last_saved_ms: cards().filter_map(study::RatedCard::last_saved_ms).max(),
                mean: report.mean,
                standard_deviation: report.standard_deviation,
                severity: report.severity,
                agreement: report.agreement,
                longest_run: report.longest_run as u64,
                gold: report.gold.map(|(share, n)| check(share, n)),
                repeats: report.repeats.map(|(same, _, n)| check(same, n)),
                repeats_close: report.repeats.map(|(_, close, n)| check(close, n)),
                degraded: report.degraded.map(|(points, p, n)| admin::Drop { points, p, n: n as u64 }),
                median_seconds: report.median_seconds,
            }
        })
        .collect();
    raters.sort_by(|one, other| one.name.cmp(&other.name));
    raters
}

/// What raters flagged, commented or skipped, the latest first.
pub(crate) fn notes(ratings: &study::Ratings) -> Vec<admin::Note> {
    let mut notes = Vec::new();
    for page in &ratings.pages {
        let item = &ratings.content.items[page.item];
        for card in &page.cards {
            let judgements = study::Criterion::ALL.map(|criterion| card.judgement(criterion));
            let skipped: Vec<String> =
                judgements.iter().filter_map(|judgement| judgement.reason().map(str::to_owned)).collect();
            if !card.is_flagged() && card.comment().is_empty() && skipped.is_empty() {
                continue;
            }
            let reply = &item.replies[card.reply];
            notes.push(admin::Note {
                rater: ratings.raters[page.rater].1.clone(),
                item: item.key.clone(),
                context: item.context.clone(),
                reply: card.degraded.as_ref().unwrap_or(&reply.text).clone(),
                system: if card.degraded.is_some() { None } else { reply.system.clone() },
                flagged: card.is_flagged(),
                comment: card.comment().to_owned(),
                skipped,
                saved_ms: card.last_saved_ms().unwrap_or(page.taken_ms),
            });
        }
    }
    notes.sort_by_key(|note| std::cmp::Reverse(note.saved_ms));
    notes
}
