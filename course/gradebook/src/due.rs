//! Local times, such as a deadline: an instant, and the clock that shows it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

/// A date and time with its offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    local: DateTime,
    offset: Offset,
}

impl LocalTime {
    /// The instant.
    ///
    /// # Panics
    ///
    /// Never: parsing has excluded what is no instant.
    #[must_use]
    pub fn instant(self) -> Timestamp {
        self.offset
            .to_timestamp(self.local)
            .expect("checked when it was parsed")
    }

    /// The clock on the wall.
    #[must_use]
    pub fn local(self) -> DateTime {
        self.local
    }

    /// As it is written in files: `2027-02-01T17:00:00+01:00`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        format!(
            "{}{}",
            self.local.strftime("%Y-%m-%dT%H:%M:%S"),
            sign(self.offset)
        )
    }
}

/// `+01:00`.
fn sign(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

impl FromStr for LocalTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let help = "write it as 2027-02-01T17:00+01:00";
        let pieces =
            Pieces::parse(text).map_err(|_| format!("this is no date and time: {help}"))?;
        let time = pieces
            .time()
            .ok_or_else(|| format!("the time of day is missing: {help}"))?;
        let offset = pieces.to_numeric_offset().ok_or_else(|| {
            format!("the offset from UTC is missing, and students may live in another one: {help}")
        })?;
        let local = DateTime::from_parts(pieces.date(), time);
        offset
            .to_timestamp(local)
            .map_err(|_| format!("this is no instant: {help}"))?;
        Ok(Self { local, offset })
    }
}

/// `Monday, 1 February 2027, 17:00 (UTC+01:00)`.
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (UTC{})",
            self.local.strftime("%A, %-d %B %Y, %H:%M"),
            sign(self.offset)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_is_an_instant_and_says_its_weekday() {
        let due: LocalTime = "2027-02-01T17:00+01:00".parse().unwrap();
        assert_eq!(
            due.to_string(),
            "Monday, 1 February 2027, 17:00 (UTC+01:00)"
        );
        assert_eq!(due.instant().to_string(), "2027-02-01T16:00:00Z");
        assert_eq!(due.rfc3339(), "2027-02-01T17:00:00+01:00");
        assert_eq!(due.rfc3339().parse(), Ok(due));
        let west: LocalTime = "2027-07-01T23:59-03:30".parse().unwrap();
        assert_eq!(west.to_string(), "Thursday, 1 July 2027, 23:59 (UTC-03:30)");
        assert_eq!(
            "2027-02-01T16:00Z".parse::<LocalTime>().unwrap().instant(),
            due.instant()
        );
    }

    #[test]
    fn due_without_an_offset_is_refused() {
        for (text, missing) in [
            ("2027-02-01T17:00", "offset"),
            ("2027-02-01", "time of day"),
            ("tomorrow", "no date"),
            ("2027-02-30T17:00+01:00", "no date"),
        ] {
            let error = text.parse::<LocalTime>().unwrap_err();
            assert!(
                error.contains(missing) && error.ends_with("2027-02-01T17:00+01:00"),
                "{error}"
            );
        }
    }
}
