//! A bounded memory that forgets the oldest first.

use std::collections::{HashMap, VecDeque};

use wechat_auth::login::{LOGIN_LIFE, LoginId};

/// What is known of recent logins, each for as long as a login lives, and of so many at most.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    most: usize,
    known: HashMap<Key, V>,
    /// Oldest first, each with the second in which it may be forgotten. All live equally long, so the
    /// order of arrival is the order of expiry.
    order: VecDeque<(u64, Key)>,
}

/// Half of a login's id: 128 bits of a hash, at an eighth of the memory that its text takes.
type Key = u128;

impl<V> Recent<V> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            known: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Remembers; what has expired is forgotten, and the oldest too when there is no room.
    pub(crate) fn insert(&mut self, id: &LoginId, value: V, now_unix: u64) {
        while let Some(&(until, key)) = self.order.front()
            && (until <= now_unix || self.order.len() >= self.most)
        {
            self.order.pop_front();
            self.known.remove(&key);
        }
        let key = key(id);
        let until = now_unix.saturating_add(LOGIN_LIFE.as_secs());
        self.order.push_back((until, key));
        self.known.insert(key, value);
    }

    pub(crate) fn get(&self, id: &LoginId) -> Option<&V> {
        self.known.get(&key(id))
    }

    pub(crate) fn get_mut(&mut self, id: &LoginId) -> Option<&mut V> {
        self.known.get_mut(&key(id))
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}

fn key(id: &LoginId) -> Key {
    let half = id.as_str().get(..32).unwrap_or_default();
    u128::from_str_radix(half, 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_auth::login::Callback;

    fn id(n: usize) -> LoginId {
        Callback::from_query(&format!("state={n}")).unwrap().login_id()
    }

    #[test]
    fn the_oldest_goes_when_there_is_no_room() {
        let mut recent = Recent::new(100);
        for n in 0..1_000 {
            recent.insert(&id(n), n, 50);
        }
        assert_eq!((recent.len(), recent.order.len()), (100, 100));
        assert_eq!((recent.get(&id(899)), recent.get(&id(900))), (None, Some(&900)));
    }

    #[test]
    fn what_has_expired_makes_room_by_itself() {
        let mut recent = Recent::new(100);
        recent.insert(&id(1), 1, 50);
        recent.insert(&id(2), 2, 51);
        recent.insert(&id(3), 3, 650);
        assert_eq!((recent.get(&id(1)), recent.get(&id(2))), (None, Some(&2)));
    }

    #[test]
    fn a_clock_that_jumps_breaks_no_bound() {
        let mut recent = Recent::new(10);
        for (n, now) in [u64::MAX, 0, 5, u64::MAX, 0]
            .into_iter()
            .cycle()
            .take(99)
            .enumerate()
        {
            recent.insert(&id(n), n, now);
            recent.insert(&id(n), n, now);
        }
        assert!(recent.len() <= 10 && recent.order.len() <= 10);
    }
}
