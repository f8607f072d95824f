//! A map that remembers the newest entries and forgets the oldest.

use std::collections::{HashMap, VecDeque};

/// At most `capacity` entries; one more makes the oldest go, used or not.
pub(crate) struct Recent<V> {
    capacity: usize,
    order: VecDeque<String>,
    entries: HashMap<String, V>,
}

impl<V> Recent<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            order: VecDeque::new(),
            entries: HashMap::new(),
        }
    }

    /// Remembers `value`, and gives back what had to be forgotten for it.
    pub(crate) fn insert(&mut self, key: String, value: V) -> Option<V> {
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() <= self.capacity {
            return None;
        }
        let oldest = self.order.pop_front()?;
        self.entries.remove(&oldest)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let value = self.entries.remove(key)?;
        self.order.retain(|known| known != key);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room_for_the_newest() {
        let mut recent = Recent::new(2);
        assert_eq!(recent.insert("a".into(), 1), None);
        assert_eq!(recent.insert("b".into(), 2), None);
        assert_eq!(recent.insert("c".into(), 3), Some(1));
        assert_eq!(
            (recent.get("a"), recent.get("b"), recent.get("c")),
            (None, Some(&2), Some(&3))
        );
    }

    #[test]
    fn a_removed_entry_leaves_its_place_free() {
        let mut recent = Recent::new(2);
        recent.insert("a".into(), 1);
        recent.insert("b".into(), 2);
        assert_eq!(recent.remove("a"), Some(1));
        assert_eq!(recent.insert("c".into(), 3), None);
    }
}
