//! The design of a study: what is fixed before the first rating. Owns its TOML form and its limits.

use serde::{Deserialize, Serialize};

use crate::StudyError;

/// The design. Its TOML form is a file format; its canonical JSON enters the design hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Title of the study; raters see it.
    pub name: String,
    /// Language of the replies, for instance `en` or `ja`.
    #[serde(default = "default_language")]
    pub language: String,
    /// Raters of each item, k.
    pub raters_per_item: u32,
    /// The system that the others are tested against; without it no tests are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The system that is people's replies: rated like the others, but left out of tests and of the correlation with
    /// automatic metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Seed of orders, controls and degraded copies.
    #[serde(default)]
    pub seed: u64,
    /// An item that its rater has not touched for so long may be handed to another.
    #[serde(default = "default_lease")]
    pub lease_minutes: u32,
    /// What raters are told.
    #[serde(default = "default_guidelines")]
    pub guidelines: String,
    /// Examples that belong to the guidelines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// Controls among the items.
    #[serde(default)]
    pub quality: Quality,
}

/// An example of the guidelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The utterance that was replied to.
    pub context: String,
    /// The reply.
    pub reply: String,
    /// What a careful rater gives for sensibleness, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensibleness: Option<u8>,
    /// What a careful rater gives for specificity, 1 to 5, or 0 for too noisy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specificity: Option<u8>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explanation: String,
}

/// Quality control: which control pages a rater meets between the items of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quality {
    /// Every how many pages one is a control; 0 for none.
    pub control_every: u32,
    /// An item is repeated after at least so many other pages.
    pub repeat_gap: u32,
    /// Whether items are repeated as they were (consistency of a rater).
    pub repeats: bool,
    /// Whether items are repeated with one reply degraded (attention of a rater).
    pub degraded: bool,
}

impl Default for Quality {
    fn default() -> Self {
        Self { control_every: 10, repeat_gap: 5, repeats: true, degraded: true }
    }
}

fn default_language() -> String {
    "en".to_owned()
}

fn default_lease() -> u32 {
    30
}

fn default_guidelines() -> String {
    "Sensibleness, 1 to 5: does the reply make sense as an answer to the utterance? 1: not at all. 5: completely.\n\
     Specificity, 1 to 5: does the reply say something that belongs to this utterance and would not fit almost any \
     other? 1: it would fit anything. 5: it fits only here.\n\
     Specificity 0: the reply is too noisy to judge how specific it is."
        .to_owned()
}

impl Design {
    /// A design with the defaults.
    #[must_use]
    pub fn new(name: &str, raters_per_item: u32) -> Self {
        Self {
            name: name.to_owned(),
            language: default_language(),
            raters_per_item,
            baseline: None,
            reference: None,
            seed: 0,
            lease_minutes: default_lease(),
            guidelines: default_guidelines(),
            examples: Vec::new(),
            quality: Quality::default(),
        }
    }

    /// From its TOML form, checked.
    ///
    /// # Errors
    /// [`StudyError::DesignSyntax`] if it does not parse, [`StudyError::Design`] if a value makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, StudyError> {
        let design: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                format!("line {}: ", text[..span.start.min(text.len())].matches('\n').count() + 1)
            });
            StudyError::DesignSyntax { problem: format!("{place}{}", error.message()) }
        })?;
        design.check()?;
        Ok(design)
    }

    /// Its TOML form.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a design has only values that TOML has")
    }

    /// Checks the limits.
    ///
    /// # Errors
    /// [`StudyError::Design`] names the field.
    pub fn check(&self) -> Result<(), StudyError> {
        if self.name.trim().is_empty() {
            return Err(StudyError::design("name", "is empty; give the study a title"));
        }
        if !(1..=100).contains(&self.raters_per_item) {
            return Err(StudyError::design("raters_per_item", format!("is {}; give 1 to 100", self.raters_per_item)));
        }
        if !(1..=10_080).contains(&self.lease_minutes) {
            let problem = format!("is {}; give 1 to 10080 (a week)", self.lease_minutes);
            return Err(StudyError::design("lease_minutes", problem));
        }
        if self.quality.control_every == 1 {
            let problem = "is 1, which leaves no page for the study; give 0 for none, or 2 or more";
            return Err(StudyError::design("quality.control_every", problem));
        }
        if self.baseline.is_some() && self.baseline == self.reference {
            return Err(StudyError::design(
                "reference",
                "is the baseline, too; people's replies are not tested against",
            ));
        }
        for (example, number) in self.examples.iter().zip(1..) {
            let on_scale = |score: Option<u8>, least: u8| score.is_none_or(|score| (least..=5).contains(&score));
            if !on_scale(example.sensibleness, 1) || !on_scale(example.specificity, 0) {
                let problem = format!("has a score in example {number} that is not on its scale; give 1 to 5");
                return Err(StudyError::design("examples", problem));
            }
        }
        // SQLite and JSON numbers of other languages end at 2^63.
        if i64::try_from(self.seed).is_err() {
            return Err(StudyError::design("seed", "is 2^63 or more; give a smaller number"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_back() {
        let design = Design { baseline: Some("T-CVAE".to_owned()), ..Design::new("応答の評価", 2) };
        assert_eq!(Design::from_toml(&design.to_toml()).unwrap(), design);
        let short = Design::from_toml("name = \"x\"\nraters_per_item = 3\n").unwrap();
        assert_eq!(short, Design::new("x", 3));
    }

    #[test]
    fn bad_designs_name_the_field() {
        for (text, part) in [
            ("name = \"x\"\nraters_per_item = 0\n", "`raters_per_item` is 0"),
            ("name = \" \"\nraters_per_item = 1\n", "`name` is empty"),
            ("name = \"x\"\nraters_per_item = 1\nlease_minutes = 0\n", "`lease_minutes` is 0"),
            ("name = \"x\"\nraters_per_item = 1\n[quality]\ncontrol_every = 1\n", "`quality.control_every` is 1"),
            ("name = \"x\"\nraters_per_item = 1\nraters = 1\n", "line 3: unknown field `raters`"),
            ("name = \"x\"\n", "missing field `raters_per_item`"),
            ("name = \"x\"\nraters_per_item = 1\nbaseline = \"a\"\nreference = \"a\"\n", "`reference` is the baseline"),
        ] {
            let error = Design::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
