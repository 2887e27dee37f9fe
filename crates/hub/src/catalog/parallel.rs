//! Work on many things at once, on all processors.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many things a thread takes at a time: enough to be worth it, few enough that none is left
/// with the last ones.
const PORTION: usize = 64;

/// How many threads run at once.
pub(super) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// What `work` makes of each of the items, in their order. Blocks.
///
/// A few items are not worth a second thread.
pub(super) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = processors().min(items.len().div_ceil(PORTION));
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let ahead = Mutex::new(items.into_iter().enumerate());
    let portion = || -> Vec<(usize, T)> {
        let mut ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.by_ref().take(PORTION).collect()
    };
    let portions = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let portion = portion();
            let Some((first, _)) = portion.first() else {
                return done;
            };
            let first = *first;
            done.push((
                first,
                portion.into_iter().map(|(_, item)| work(item)).collect(),
            ));
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(portions)).collect();
        let mut done = portions();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(first, _)| *first);
    done.into_iter().flat_map(|(_, portion)| portion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, PORTION, 10 * PORTION + 7] {
            let items: Vec<usize> = (0..count).collect();

            let doubled = map(items.clone(), |item| item * 2);

            assert_eq!(
                doubled,
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
    }
}
