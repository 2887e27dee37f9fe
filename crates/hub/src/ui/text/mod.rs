//! The words of pages, in every language that they speak.
//!
//! Words stand in Fluent files beside the pages that say them, `texts/en.ftl` and one for each
//! other language; a feature registers its own with [`Registrar::texts`]. A page holds the
//! [`Texts`] of its reader, mostly in its [`Shell`](super::Shell), and says
//! `{{ shell.t.say("catalog-clear") }}`. Where a part of a sentence has markup of its own, such as
//! a link, it is [`Rich`].
//!
//! [`Registrar::texts`]: crate::feature::Registrar::texts

mod language;
mod rich;
#[cfg(test)]
mod tests;

pub use language::Language;
pub use rich::Rich;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::fmt;
use std::sync::Arc;

type Bundle = FluentBundle<FluentResource>;

/// The words of every language.
#[derive(Clone)]
pub struct Dictionary {
    /// One for each of [`Language::ALL`], in that order.
    bundles: Arc<[Bundle]>,
    /// What they were made from.
    #[cfg(test)]
    sources: Arc<[(Language, &'static str)]>,
}

/// The words of one language.
#[derive(Clone)]
pub struct Texts {
    language: Language,
    dictionary: Dictionary,
}

impl Dictionary {
    /// Puts the files of all features together; what cannot be read in one is left out of it, and
    /// found by a test.
    pub(crate) fn new(sources: &[(Language, &'static str)]) -> Dictionary {
        let bundles = Language::ALL.into_iter().map(|language| {
            let mut bundle = Bundle::new_concurrent(vec![language.identifier()]);
            // All languages here run from left to right: nothing needs to be isolated.
            bundle.set_use_isolating(false);
            for (_, source) in sources.iter().filter(|(of, _)| *of == language) {
                let resource = match FluentResource::try_new((*source).to_owned()) {
                    Ok(resource) | Err((resource, _)) => resource,
                };
                // The first one to name a text keeps it.
                let _taken = bundle.add_resource(resource);
            }
            bundle
        });
        Dictionary {
            bundles: bundles.collect(),
            #[cfg(test)]
            sources: sources.into(),
        }
    }

    /// The words of a language.
    pub fn texts(&self, language: Language) -> Texts {
        Texts {
            language,
            dictionary: self.clone(),
        }
    }
}

impl Texts {
    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of this name, plain: markup in it and in what it is given is escaped by the
    /// template.
    pub fn say<'t>(&'t self, name: &'t str) -> Text<'t> {
        Text {
            texts: self,
            name,
            values: FluentArgs::new(),
        }
    }

    /// The text of this name, for values that have markup of their own.
    pub fn rich<'t>(&'t self, name: &'t str) -> Rich<'t> {
        Rich::new(self.say(name))
    }

    /// English says what another language does not.
    fn write(
        &self,
        name: &str,
        values: &FluentArgs<'_>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let bundles = &self.dictionary.bundles;
        let own = &bundles[self.language as usize];
        let (id, attribute) = name.split_once('.').unwrap_or((name, ""));
        let found = [own, &bundles[0]].into_iter().find_map(|bundle| {
            let message = bundle.get_message(id)?;
            let pattern = match attribute {
                "" => message.value()?,
                attribute => message.get_attribute(attribute)?.value(),
            };
            Some((bundle, pattern))
        });
        let Some((bundle, pattern)) = found else {
            debug_assert!(false, "no text is called `{name}`");
            return f.write_str(name);
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(values), &mut errors);
        debug_assert!(errors.is_empty(), "`{name}`: {errors:?}");
        f.write_str(&text)
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.language).finish()
    }
}

/// A text that is said when it is shown.
pub struct Text<'t> {
    texts: &'t Texts,
    name: &'t str,
    values: FluentArgs<'t>,
}

impl<'t> Text<'t> {
    /// Gives the text one of the values that it names: a number or words.
    pub fn with(mut self, name: &'t str, value: impl Into<FluentValue<'t>>) -> Text<'t> {
        self.values.set(name, value);
        self
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> String {
        text.to_string()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts.write(self.name, &self.values, f)
    }
}

/// `text` with a capital, as the first word of a sentence or a name for people has it.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
