//! Catalogs of any size, the same at every run.
//!
//! ```
//! use callboard_testkit::generate::World;
//!
//! let world = World::of(1_000);
//! assert_eq!(world.len(), 1_000);
//! assert_eq!(world.entity(999)["kind"], "Component");
//! ```

mod entity;
mod name;
mod random;

use callboard_catalog::{Entity, Stitch, StitchSource, relation};
use serde_json::Value;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What an entity is, in the order in which a world numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A field of business.
    Domain,
    /// Some components that belong together.
    System,
    /// A team, or a department above teams.
    Group,
    /// Somebody in one to three teams.
    User,
    /// A database, a queue or a bucket.
    Resource,
    /// What a component offers to others.
    Api,
    /// A service, a website or a library.
    Component,
}

/// A made-up organisation: how many there are of each kind, and from that everything else.
///
/// An entity depends on its number and on these counts only, so any of them can be made alone.
/// As JSON it has 1 to 2 KB. Teams, tags, systems and dependencies are unevenly popular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    counts: [usize; Kind::ALL.len()],
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Kind; 7] = [
        Kind::Domain,
        Kind::System,
        Kind::Group,
        Kind::User,
        Kind::Resource,
        Kind::Api,
        Kind::Component,
    ];
}

impl World {
    /// A world of `size` entities: of 400, about 1 is a domain, 10 are systems, 4 groups,
    /// 20 users, 50 resources, 90 APIs, and the rest are components.
    ///
    /// # Panics
    ///
    /// When `size` is below 20, which leaves no room for one of each kind.
    pub fn of(size: usize) -> World {
        assert!(size >= 20, "a world has at least 20 entities");
        let part = |of_400: usize| (size * of_400 / 400).max(1);
        let mut counts = [1, 10, 4, 20, 50, 90, 0].map(part);
        counts[Kind::Component as usize] = 0;
        counts[Kind::Component as usize] = size - counts.iter().sum::<usize>();
        World { counts }
    }

    /// The same things with so many users and groups instead, at least one group.
    #[must_use]
    pub fn with_people(mut self, users: usize, groups: usize) -> World {
        self.counts[Kind::User as usize] = users;
        self.counts[Kind::Group as usize] = groups.max(1);
        self
    }

    /// How many entities of one kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Whether there are none, which is never so.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The reference of an entity by its place among those of its kind.
    pub fn reference(&self, kind: Kind, index: usize) -> String {
        name::reference(kind, index)
    }

    /// An entity as its author writes it, by its number from 0.
    ///
    /// # Panics
    ///
    /// When there is no such number.
    pub fn entity(&self, number: usize) -> Value {
        let mut index = number;
        for kind in Kind::ALL {
            match index.checked_sub(self.count(kind)) {
                None => return entity::written(self, kind, index),
                Some(beyond) => index = beyond,
            }
        }
        panic!("the world has {} entities, and no {number}", self.len())
    }

    /// All entities as their authors write them.
    pub fn entities(&self) -> impl Iterator<Item = Value> {
        let world = *self;
        (0..world.len()).map(move |number| world.entity(number))
    }

    /// All entities as the catalog serves them, with relations, identifier and etag.
    ///
    /// # Panics
    ///
    /// When an entity is not valid, which is a mistake in this module.
    pub fn stitched(&self) -> impl Iterator<Item = Entity> {
        let edges = self
            .entities()
            .flat_map(|entity| relation::edges(&entity).expect("references are well formed"));
        let mut relations = relation::by_entity(edges);
        self.entities().enumerate().map(move |(number, entity)| {
            let json = entity.to_string();
            let written = Entity::parse(&*json).expect("it has a kind and a name");
            let relations = relations.remove(written.entity_ref()).unwrap_or_default();
            let stitch = Stitch {
                source: StitchSource::Written(&json),
                uid: Uuid::from_u64_pair(random::mixed(number as u64), number as u64),
                annotations: &[],
                relations: &relations,
                status: &[],
                is_orphan: false,
            };
            stitch.finish().expect("it has a kind and a name")
        })
    }

    /// Writes all entities into files of `per_file` each, in a folder that is there, and gives
    /// the glob that names the files.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    ///
    /// # Panics
    ///
    /// When `per_file` is 0.
    pub fn write(&self, folder: &Path, per_file: usize) -> io::Result<PathBuf> {
        let numbers: Vec<usize> = (0..self.len()).collect();
        for (file, numbers) in numbers.chunks(per_file).enumerate() {
            let path = folder.join(format!("entities-{file:06}.yaml"));
            let mut file = BufWriter::new(std::fs::File::create(path)?);
            for number in numbers {
                write!(
                    file,
                    "---\n{}",
                    callboard_yaml::to_string(&self.entity(*number))
                )?;
            }
            file.flush()?;
        }
        Ok(folder.join("entities-*.yaml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_catalog::{EntityRef, validate};
    use std::collections::HashSet;

    #[test]
    fn a_world_has_as_many_different_entities_as_it_says() {
        let world = World::of(2_000);

        let references: HashSet<EntityRef> = world
            .stitched()
            .map(|entity| entity.entity_ref().clone())
            .collect();

        assert_eq!((world.len(), references.len()), (2_000, 2_000));
    }

    #[test]
    fn every_entity_is_valid_and_of_realistic_size() {
        let world = World::of(2_000);

        let sizes: Vec<usize> = world
            .entities()
            .inspect(|entity| validate(entity).expect("a valid entity"))
            .map(|entity| entity.to_string().len())
            .collect();

        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((1_000..1_600).contains(&mean), "{mean} bytes");
    }

    #[test]
    fn relations_lead_to_entities_of_the_world() {
        let world = World::of(2_000);
        let all: Vec<Entity> = world.stitched().collect();
        let known: HashSet<&str> = all.iter().map(|one| one.entity_ref().as_str()).collect();

        for entity in &all {
            for relation in entity.relations() {
                assert!(known.contains(relation.target.as_str()), "{relation:?}");
            }
        }
    }

    #[test]
    fn people_can_be_counted_apart() {
        let world = World::of(1_000).with_people(5_000, 700);

        assert_eq!(world.count(Kind::User), 5_000);
        assert_eq!(world.count(Kind::Group), 700);
        assert_eq!(
            world.count(Kind::Component),
            World::of(1_000).count(Kind::Component)
        );
    }

    #[test]
    fn yaml_files_say_what_the_values_say() {
        let world = World::of(200);
        let folder = tempfile::TempDir::new().expect("a folder");

        let glob = world.write(folder.path(), 64).expect("files are written");

        let mut read = Vec::new();
        for file in 0..4 {
            let path = glob.with_file_name(format!("entities-{file:06}.yaml"));
            let text = std::fs::read_to_string(path).expect("the file is there");
            let documents = callboard_yaml::parse_documents(&text).into_iter();
            read.extend(documents.map(|document| document.expect("YAML").to_json()));
        }
        assert_eq!(read, world.entities().collect::<Vec<_>>());
    }
}
