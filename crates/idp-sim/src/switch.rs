//! Switches: what is only assumed about a service, settable by name.

use std::time::Duration;

use http::StatusCode;

/// One switch, for a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its name, such as `bulk_status`.
    pub name: &'static str,
    /// Its value, as it would be set.
    pub value: String,
    /// What it does, with its evidence.
    pub about: String,
}

/// A value that can be written on a command line.
pub(crate) trait SwitchValue: Sized {
    fn read(text: &str) -> Result<Self, String>;
    fn show(&self) -> String;
}

/// So many in so much time, `200/300` in text (the time in seconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub per: Duration,
}

macro_rules! by_display {
    ($($type:ty: $what:literal),*) => {$(
        impl SwitchValue for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("`{text}` is not {}", $what))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

by_display!(bool: "true or false", u32: "a number", u64: "a number", i64: "a number", usize: "a number");

impl SwitchValue for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl SwitchValue for StatusCode {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("`{text}` is not an HTTP status"))
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

impl SwitchValue for Rate {
    fn read(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(count, seconds)| {
            let (count, seconds) = (count.parse().ok()?, seconds.parse().ok()?);
            (count > 0 && seconds > 0).then_some((count, seconds))
        });
        let (count, seconds) =
            parts.ok_or_else(|| format!("`{text}` is not a rate like 200/300"))?;
        let per = Duration::from_secs(seconds);
        Ok(Self { count, per })
    }

    fn show(&self) -> String {
        format!("{}/{}", self.count, self.per.as_secs())
    }
}

impl<T: SwitchValue> SwitchValue for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(None),
            _ => T::read(text).map(Some),
        }
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), T::show)
    }
}

impl SwitchValue for Vec<String> {
    fn read(text: &str) -> Result<Self, String> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        Ok(parts.map(str::to_owned).collect())
    }

    fn show(&self) -> String {
        self.join(",")
    }
}

/// An enum whose variants have names on the command line.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$about])* $variant),* }

        impl $crate::switch::SwitchValue for $name {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("`{text}` is not one of {}", [$($text),*].join(", "))),
                }
            }
            fn show(&self) -> String {
                let text = match self { $(Self::$variant => $text),* };
                text.to_owned()
            }
        }
    };
}

/// A struct of switches with defaults, `set` and `list`.
macro_rules! switches {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[doc = $about:literal])* $field:ident: $type:ty = $default:expr),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[doc = $about])* pub $field: $type),* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),* }
            }
        }

        impl $name {
            /// Sets the switch `name` from text.
            ///
            /// # Errors
            /// A sentence for people where there is no such switch, or where it has no such value.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
                match name {
                    $(stringify!($field) => {
                        self.$field = $crate::switch::SwitchValue::read(value)
                            .map_err(|problem| format!("{name}: {problem}"))?;
                    })*
                    _ => return Err(format!("there is no switch `{name}`")),
                }
                Ok(())
            }

            /// All switches with their values.
            #[must_use]
            pub fn list(&self) -> Vec<$crate::Switch> {
                vec![$($crate::Switch {
                    name: stringify!($field),
                    value: $crate::switch::SwitchValue::show(&self.$field),
                    about: concat!($($about),*).trim().to_owned(),
                }),*]
            }
        }
    };
}

pub(crate) use {choice, switches};
