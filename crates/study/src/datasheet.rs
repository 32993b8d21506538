//! The Human Evaluation Datasheet, HEDS 3.0 (arXiv 2412.07940), filled in with what a study knows.
//!
//! Questions go by their numbers there, in our own short words. What only people know stays open. The JSON is our own:
//! a list of questions, for the form has no published format that we follow.

use serde::Serialize;

use crate::{
    Criterion, ItemKind,
    report::{AgreementStatistic, Measure, Report},
    store::Ratings,
};

/// A datasheet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Datasheet {
    /// Which form of the datasheet it is.
    pub version: &'static str,
    /// Title of the study.
    pub study: String,
    /// Hash of design and items.
    pub design_hash: String,
    /// The questions in order.
    pub questions: Vec<Question>,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// Its number in HEDS 3.0.
    pub number: &'static str,
    /// The criterion that it is about, in section 4.
    pub criterion: Option<Criterion>,
    /// What is asked.
    pub question: &'static str,
    /// The answer, if the study knows it.
    pub answer: Option<String>,
}

const SECTIONS: [(char, &str); 5] = [
    ('1', "Paper and resources"),
    ('2', "Systems"),
    ('3', "Sample, evaluators, experimental design"),
    ('4', "Quality criteria"),
    ('5', "Ethics"),
];

impl Datasheet {
    /// The datasheet of a study; the report gives the figures of agreement, if there is one.
    #[must_use]
    pub fn of(ratings: &Ratings, report: Option<&Report>) -> Self {
        let mut sheet = Self {
            version: "HEDS 3.0",
            study: ratings.design.name.clone(),
            design_hash: ratings.design_hash.clone(),
            questions: Vec::new(),
        };
        sheet.resources();
        sheet.systems(ratings);
        sheet.sample(ratings);
        sheet.evaluators(ratings);
        sheet.procedure(ratings);
        for criterion in Criterion::ALL {
            sheet.criterion(criterion, ratings, report);
        }
        sheet.ethics();
        sheet
    }

    fn open(&mut self, number: &'static str, question: &'static str) {
        self.questions.push(Question { number, criterion: None, question, answer: None });
    }

    fn answered(&mut self, number: &'static str, question: &'static str, answer: impl Into<String>) {
        self.questions.push(Question { number, criterion: None, question, answer: Some(answer.into()) });
    }

    fn resources(&mut self) {
        self.open("1.1.1", "Link to the paper that reports the experiment");
        self.open("1.1.2", "Which experiment of the paper this is");
        self.open("1.2.1", "Links to the data, code and other resources of the evaluation");
        self.open("1.3.1.1", "Name of the person who fills in this sheet");
        self.open("1.3.1.2", "Affiliation of that person");
        self.open("1.3.1.3", "Address of that person");
        self.open("1.3.2.1", "Name of the contact author");
        self.open("1.3.2.2", "Affiliation of the contact author");
        self.open("1.3.2.3", "Address of the contact author");
    }

    fn systems(&mut self, ratings: &Ratings) {
        let language = &ratings.design.language;
        self.answered("2.1", "Type of input", "text: an utterance, or the turns of a dialogue so far");
        self.answered("2.2", "Type of output", "text: a reply");
        self.answered("2.3", "Task", "dialogue response generation");
        self.answered("2.4", "Languages of the input", language);
        self.answered("2.5", "Languages of the output", language);
    }

    fn sample(&mut self, ratings: &Ratings) {
        let n_items = ratings.content.items.iter().filter(|item| item.kind == ItemKind::Main).count();
        let n_systems = ratings.content.systems.len();
        let total = n_items * n_systems;
        self.answered(
            "3.1.1",
            "Number of outputs that are evaluated",
            format!("{total}: replies of {n_systems} systems (human references included, if any) to {n_items} inputs"),
        );
        self.open("3.1.2", "How the outputs were selected");
        self.open("3.1.3.1", "How the statistical power of the sample was found (`repartee study plan` computes it)");
        self.open("3.1.3.2", "Where the computation of the power can be seen");
    }

    fn evaluators(&mut self, ratings: &Ratings) {
        let n_raters = ratings.raters.len();
        let k = ratings.design.raters_per_item;
        self.answered("3.2.1", "Number of evaluators", format!("{n_raters} so far; {k} for each item"));
        self.open("3.2.2.1", "Kind of evaluators: experts or not");
        self.open("3.2.2.2", "Whether evaluators were paid");
        self.open("3.2.2.3", "Whether evaluators were known to the authors");
        self.open("3.2.2.4", "Whether authors were among the evaluators");
        self.open("3.2.3", "How evaluators were recruited");
        let n_training = ratings.content.items.iter().filter(|item| item.kind == ItemKind::Training).count();
        let n_examples = ratings.design.examples.len();
        self.answered(
            "3.2.4",
            "Training and practice of evaluators",
            format!("written guidelines with {n_examples} examples; {n_training} practice items with feedback before the study"),
        );
        self.open("3.2.5", "Other characteristics of evaluators");
    }

    fn procedure(&mut self, ratings: &Ratings) {
        let quality = ratings.design.quality;
        let n_gold = ratings.content.items.iter().filter(|item| item.kind == ItemKind::Gold).count();
        let frozen = if ratings.design_hash.is_empty() {
            None
        } else {
            Some(format!(
                "design and items were frozen before the first rating, hash {}; registry and link: to be filled in",
                ratings.design_hash
            ))
        };
        let question = "Whether the experiment was preregistered, and where";
        self.questions.push(Question { number: "3.3.1", criterion: None, question, answer: frozen });
        self.answered(
            "3.3.2",
            "How responses were collected",
            "Repartee's own pages or terminal, each key saved at once",
        );
        let mut checks = vec!["an append-only log whose events are chained by hashes".to_owned()];
        if quality.control_every > 0 {
            checks.push(format!("every {}th page is a control", quality.control_every));
            if n_gold > 0 {
                checks.push(format!("{n_gold} items with known answers"));
            }
            if quality.degraded {
                checks.push("repeated items with one degraded reply".to_owned());
            }
            if quality.repeats {
                checks.push("repeated items".to_owned());
            }
        }
        self.answered("3.3.3.1", "Means of quality assurance", checks.join("; "));
        self.open("3.3.3.2", "What was done with ratings that failed them");
        self.answered(
            "3.3.4.1",
            "What evaluators see",
            "one input with the replies of all systems to it, without names, in an order that is counter-balanced over \
             items and evaluators; under each reply a scale for each criterion, skip with reason, flag and comment",
        );
        self.open("3.3.4.2", "Link to screenshots of the form");
        self.answered(
            "3.3.5",
            "Freedom in when and how fast to rate",
            format!(
                "free; an item that was not touched for {} minutes may go to another evaluator",
                ratings.design.lease_minutes
            ),
        );
        self.answered("3.3.6", "Whether evaluators could give feedback", "yes: a comment and a flag at every reply");
        self.open("3.3.7.1", "Conditions under which evaluators worked");
        self.open("3.3.7.2", "Whether these conditions were controlled");
        self.open("3.3.8", "Whether conditions differed between evaluators");
    }

    fn criterion(&mut self, criterion: Criterion, ratings: &Ratings, report: Option<&Report>) {
        let is_specificity = criterion == Criterion::Specificity;
        let definition = if is_specificity {
            "the reply says something that belongs to this input and would not fit almost any other"
        } else {
            "the reply makes sense as an answer to the input"
        };
        let values = if is_specificity { "1, 2, 3, 4, 5; 0 for too noisy to judge" } else { "1, 2, 3, 4, 5" };
        let size = if is_specificity { "5, and 0 apart" } else { "5" };
        let measure = if is_specificity { Measure::SpecificityZeroLeftOut } else { Measure::Sensibleness };
        let between = report.and_then(|report| agreement_of(report, measure));
        let within = report.and_then(consistency);
        let answers: [(&str, &str, Option<String>); 18] = [
            ("4.1.1", "Type of quality", Some("goodness".to_owned())),
            ("4.1.2", "Aspect of the output", Some("content".to_owned())),
            ("4.1.3", "Frame of reference", Some("relative to the input".to_owned())),
            ("4.2.1", "Objective or subjective", Some("subjective".to_owned())),
            ("4.2.2", "Absolute or relative", Some("absolute, with the replies of all systems in view".to_owned())),
            ("4.2.3", "Intrinsic or extrinsic", Some("intrinsic".to_owned())),
            ("4.3.1", "Name of the criterion", Some(criterion.name().to_owned())),
            ("4.3.2", "Definition", Some(definition.to_owned())),
            ("4.3.3", "Size of the scale", Some(size.to_owned())),
            ("4.3.4", "Values of the scale", Some(values.to_owned())),
            ("4.3.5", "Instrument", Some("numeric rating scale".to_owned())),
            ("4.3.6", "What evaluators are asked", Some(ratings.design.guidelines.clone())),
            ("4.3.7", "Form of elicitation", Some("direct quality estimation".to_owned())),
            (
                "4.3.8",
                "How ratings are aggregated",
                Some("means over items and evaluators with BCa bootstrap intervals over items; medians, shares".to_owned()),
            ),
            (
                "4.3.9",
                "Tests and effect sizes",
                ratings.design.baseline.as_ref().map(|baseline| {
                    format!("paired permutation tests against `{baseline}` with Holm's correction; mean differences, Cliff's delta")
                }),
            ),
            ("4.3.11.1", "Method of agreement between evaluators", between.as_ref().map(|(method, _)| method.clone())),
            ("4.3.11.2", "Agreement between evaluators", between.map(|(_, value)| value)),
            ("4.3.12.1", "Method of agreement within evaluators", Some("share of repeated judgements that stay the same".to_owned())),
        ];
        for (number, question, answer) in answers {
            self.questions.push(Question { number, criterion: Some(criterion), question, answer });
        }
        let question = "Agreement within evaluators";
        self.questions.push(Question { number: "4.3.12.2", criterion: Some(criterion), question, answer: within });
    }

    fn ethics(&mut self) {
        self.open("5.1", "Ethical approval");
        self.answered(
            "5.2",
            "Personal data",
            "names of evaluators, as given by whoever invites them, in the study's file; exports leave them out unless asked",
        );
        self.open("5.3", "Personal data of special categories");
        self.open("5.4", "Assessments of impact");
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a datasheet is plain data") + "\n"
    }

    /// As Markdown, with gaps to fill in.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# {}: {}\n", self.version, self.study);
        let mut last: Option<(char, Option<Criterion>)> = None;
        for Question { number, criterion, question, answer } in &self.questions {
            let section = number.chars().next().unwrap_or_default();
            if last != Some((section, *criterion)) {
                let title = SECTIONS.iter().find(|(digit, _)| *digit == section).map_or("", |(_, title)| title);
                let of = criterion.map_or_else(String::new, |criterion| format!(": {criterion}"));
                text += &format!("\n## {section} {title}{of}\n");
                last = Some((section, *criterion));
            }
            let answer =
                answer.as_deref().map_or_else(|| "_to be filled in_".to_owned(), |answer| answer.replace('\n', "  \n"));
            text += &format!("\n**{number} {question}**  \n{answer}\n");
        }
        text
    }
}

/// Krippendorff's ordinal α of a measure with its interval.
fn agreement_of(report: &Report, measure: Measure) -> Option<(String, String)> {
    let agreement = report.agreement.iter().find(|agreement| agreement.measure == measure)?;
    let (statistic, estimate) =
        agreement.statistics.iter().find(|(statistic, _)| *statistic == AgreementStatistic::AlphaOrdinal)?;
    Some((statistic.name().to_owned(), crate::report::shown_estimate(estimate)))
}

/// The mean share of repeated judgements that stayed the same, over raters.
fn consistency(report: &Report) -> Option<String> {
    let shares: Vec<(f64, usize)> =
        report.raters.iter().filter_map(|rater| rater.repeats.map(|(same, _, n)| (same, n))).collect();
    let n: usize = shares.iter().map(|(_, n)| n).sum();
    let n_same: f64 = shares.iter().map(|&(share, n)| share * n as f64).sum();
    (n > 0).then(|| format!("{:.2} of {n} judgements (both criteria)", n_same / n as f64))
}
