//! By which date calls grow old.
//!
//! A clock whose battery is empty, or a time server that is wrong, can be years ahead for a day. What grew old by that would be
//! gone for good. So the book has a date of its own, which follows the clock by a tenth of what is kept for each day on which it
//! looks: a machine that was off for long needs some days to catch up, and a clock that jumped ahead costs that tenth at most.

use rusqlite::{OptionalExtension, params};

use super::{BookError, BookFile};

const DAY_S: i64 = 86_400;

/// The part of what is kept that one look may forget.
const PART: u32 = 10;

/// At least so many days, that who was away catches up.
const SHORTEST_STEP: u32 = 3;

/// Two looks that are no further apart show a clock that goes as it should.
const STEADY_S: i64 = 7 * DAY_S;

impl BookFile {
    /// The date by which calls grow old, which follows the clock; a step for each day on which this is asked.
    pub(super) fn aged_to(&mut self, now_s: i64) -> Result<i64, BookError> {
        let looked = self.date("looked_s")?;
        let aged = match self.date("aged_s")? {
            Some(aged) => aged,
            None => self.newest(now_s)?.unwrap_or(now_s),
        };
        // The same day is no second evidence, however often the program is started on it.
        if looked.is_some_and(|looked| now_s.abs_diff(looked) < DAY_S.unsigned_abs()) {
            return Ok(aged.min(now_s));
        }
        let step = i64::from((self.rules.keep_days / PART).max(SHORTEST_STEP)) * DAY_S;
        let is_steady = looked.is_some_and(|looked| (0..=STEADY_S).contains(&now_s.saturating_sub(looked)));
        let aged = match aged {
            aged if aged < now_s => now_s.min(aged.saturating_add(step)),
            // It followed a clock that was ahead, and is not any more.
            _ if is_steady => now_s,
            aged => aged,
        };
        self.set_dates(aged, now_s)?;
        Ok(aged.min(now_s))
    }

    /// Takes the clock at its word.
    pub(super) fn believe(&mut self, now_s: i64) -> Result<(), BookError> {
        self.set_dates(now_s, now_s)
    }

    /// When the newest call was, of those that were not in what is the future now.
    fn newest(&self, now_s: i64) -> Result<Option<i64>, BookError> {
        let sql = "SELECT max(started_s) FROM history WHERE started_s <= ?1";
        Ok(self.db.query_row(sql, [now_s], |row| row.get(0))?)
    }

    fn date(&self, name: &str) -> Result<Option<i64>, BookError> {
        let sql = "SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?1";
        Ok(self.db.query_row(sql, [name], |row| row.get(0)).optional()?)
    }

    fn set_dates(&mut self, aged: i64, looked: i64) -> Result<(), BookError> {
        let sql = "INSERT INTO setting VALUES ('aged_s', ?1), ('looked_s', ?2)
            ON CONFLICT DO UPDATE SET value = excluded.value";
        self.db.execute(sql, params![aged.to_string(), looked.to_string()])?;
        Ok(())
    }
}
