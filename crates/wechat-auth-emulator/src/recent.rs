//! A map that remembers the newest entries and forgets the oldest.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At most `CAPACITY` entries; one more makes the oldest go, used or not.
pub(crate) struct Recent<V, const CAPACITY: usize, K = String> {
    order: VecDeque<K>,
    entries: HashMap<K, V>,
}

impl<V, const CAPACITY: usize, K> Default for Recent<V, CAPACITY, K> {
    fn default() -> Self {
        Self {
            order: VecDeque::new(),
            entries: HashMap::new(),
        }
    }
}

impl<V, const CAPACITY: usize, K: Clone + Eq + Hash> Recent<V, CAPACITY, K> {
    /// Remembers `value`, and gives back what had to be forgotten for it.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() <= CAPACITY {
            return None;
        }
        let oldest = self.order.pop_front()?;
        self.entries.remove(&oldest)
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(crate) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key)
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let value = self.entries.remove(key)?;
        self.order.retain(|known| known.borrow() != key);
        Some(value)
    }

    /// Every entry, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.order
            .iter()
            .filter_map(|key| self.entries.get_key_value(key))
    }
}

/// Oldest first, so that reading it back forgets in the same order.
impl<V, const CAPACITY: usize, K> Serialize for Recent<V, CAPACITY, K>
where
    V: Serialize,
    K: Serialize + Clone + Eq + Hash,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, V, const CAPACITY: usize, K> Deserialize<'de> for Recent<V, CAPACITY, K>
where
    V: Deserialize<'de>,
    K: Deserialize<'de> + Clone + Eq + Hash,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut recent = Self::default();
        for (key, value) in Vec::<(K, V)>::deserialize(deserializer)? {
            recent.insert(key, value);
        }
        Ok(recent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room_for_the_newest() {
        let mut recent = Recent::<_, 2>::default();
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
        let mut recent = Recent::<_, 2>::default();
        recent.insert("a".into(), 1);
        recent.insert("b".into(), 2);
        assert_eq!(recent.remove("a"), Some(1));
        assert_eq!(recent.insert("c".into(), 3), None);
    }

    #[test]
    fn what_was_written_is_read_back_in_its_order_and_within_its_bound() {
        let mut recent = Recent::<u8, 3>::default();
        for (key, value) in [("b", 1), ("a", 2), ("c", 3)] {
            recent.insert(key.into(), value);
        }
        let written = serde_json::to_string(&recent).unwrap();
        assert_eq!(written, r#"[["b",1],["a",2],["c",3]]"#);
        let smaller: Recent<u8, 2> = serde_json::from_str(&written).unwrap();
        assert_eq!(
            smaller.iter().collect::<Vec<_>>(),
            [(&"a".to_owned(), &2), (&"c".to_owned(), &3)]
        );
    }
}
